"""What is said of one resource, and the IRIs that resources get."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from kg.export.terms import encode, encode_slug
from kg.export.vocabulary import RDF

Fact = tuple[NamedNode, NamedNode | Literal]


class Description(NamedTuple):
    """All that is said of one resource.

    `source` is the paper that it was read from: the name of its graph in TriG; None for what belongs to no one paper.
    """

    subject: NamedNode
    facts: tuple[Fact, ...]
    source: NamedNode | None = None


@dataclass(frozen=True)
class Minter:
    """The IRIs of a graph's things under one base IRI; two things never get the same one."""

    base_iri: str

    def __call__(self, kind: str, local: str) -> NamedNode:
        """The IRI of a local part that is already encoded."""
        return NamedNode(f"{self.base_iri}{kind}/{local}")

    def paper(self, paper_id: str) -> NamedNode:
        """``doi:10.1/x`` → ``…/paper/doi:10.1%2Fx``."""
        return self("paper", encode(paper_id))

    def entity(self, entity_id: str) -> NamedNode:
        """``method:c%2B%2B`` → ``…/method/c%2B%2B``."""
        return _entity_iri(self.base_iri, entity_id)

    def result(self, key: str) -> NamedNode:
        """``result:doi:10.1/x#2`` → ``…/result/doi:10.1%2Fx/2``."""
        paper_id, _, number = key.removeprefix("result:").rpartition("#")
        return self("result", f"{encode(paper_id)}/{encode(number)}")

    def node(self, key: str, kind: str) -> NamedNode:
        """The IRI of any node of the graph."""
        if kind == "paper":
            return self.paper(key)
        return self.result(key) if kind == "result" else self.entity(key)


@lru_cache(maxsize=100_000)
def _entity_iri(base_iri: str, entity_id: str) -> NamedNode:
    kind, _, slug = entity_id.partition(":")
    return NamedNode(f"{base_iri}{kind}/{encode_slug(slug)}")


def describe(
    subject: NamedNode, classes: Iterable[NamedNode], facts: Iterable[Fact], source: NamedNode | None = None
) -> Description:
    """A description that says nothing twice."""
    return Description(subject, tuple(dict.fromkeys([*types(*classes), *facts])), source)


def types(*classes: NamedNode) -> tuple[Fact, ...]:
    """The facts that a resource is of these classes."""
    return tuple((RDF.type, cls) for cls in classes)
