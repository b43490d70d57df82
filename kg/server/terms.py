"""The classes and properties that a query can ask for, with what the ontology says of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pyoxigraph
from pyoxigraph import RdfFormat

from kg.export.vocabulary import RDFS, VOCABULARIES
from kg.schemas import schema_path


@dataclass(frozen=True, slots=True)
class Term:
    """A class or property under its prefixed name; `words` is what it means, empty for terms of other vocabularies."""

    name: str
    words: str


@cache
def used_terms() -> tuple[Term, ...]:
    """Every term that the graph uses, our own first."""
    parsed = pyoxigraph.parse(path=str(schema_path("ontology.ttl")), format=RdfFormat.TURTLE)
    meaning = {quad.subject: quad.object.value for quad in parsed if quad.predicate.value == f"{RDFS.iri}comment"}
    return tuple(
        Term(f"{prefix}:{term.value.removeprefix(vocabulary.iri)}", meaning.get(term, "").partition(". ")[0])
        for prefix, vocabulary in VOCABULARIES.items()
        for term in vocabulary
    )
