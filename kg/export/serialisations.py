"""The RDF in files: Turtle, TriG, N-Triples, RDF/XML and JSON-LD, each written as it is made.

The same graph gives the same bytes, whatever the order in which it was put together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import networkx as nx
import pyoxigraph
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple

from kg.export.rdf import descriptions, quads, triples
from kg.export.resources import Description
from kg.export.vocabulary import BASE_IRI, INSTANCE_KINDS, RDF, VOCABULARIES, XSD, prefixes
from kg.files import atomic_writer
from kg.schemas import schema_path


def write_turtle(graph: nx.MultiDiGraph, path: Path, base_iri: str = BASE_IRI) -> None:
    """Write the graph as Turtle, every namespace under a prefix: ``method:adam`` is a method's IRI.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it.
    path : Path
        The file; it appears when it is complete.
    base_iri : str
        What instance IRIs begin with.
    """
    _write(triples(graph, base_iri), path, RdfFormat.TURTLE, prefixes(base_iri))


def write_trig(graph: nx.MultiDiGraph, path: Path, base_iri: str = BASE_IRI) -> None:
    """Write the graph as TriG: what was read from a paper in a graph of that paper's IRI, the rest in the default."""
    _write(quads(graph, base_iri), path, RdfFormat.TRIG, prefixes(base_iri))


def write_ntriples(graph: nx.MultiDiGraph, path: Path, base_iri: str = BASE_IRI) -> None:
    """Write the graph as N-Triples, a line a triple."""
    _write(triples(graph, base_iri), path, RdfFormat.N_TRIPLES, None)


def write_rdfxml(graph: nx.MultiDiGraph, path: Path, base_iri: str = BASE_IRI) -> None:
    """Write the graph as RDF/XML."""
    vocabularies = {prefix: vocabulary.iri for prefix, vocabulary in VOCABULARIES.items()}
    _write(triples(graph, base_iri), path, RdfFormat.RDF_XML, vocabularies)


def _write(
    statements: Iterable[Triple] | Iterable[Quad], path: Path, rdf_format: RdfFormat, known: dict[str, str] | None
) -> None:
    with atomic_writer(path, "wb") as file:
        pyoxigraph.serialize(statements, file, rdf_format, prefixes=known)


# JSON-LD


def write_jsonld(graph: nx.MultiDiGraph, path: Path, base_iri: str = BASE_IRI) -> None:
    """Write the graph as JSON-LD, the context of ``schemas/context.jsonld`` in the file, one resource a line.

    Nothing has to be fetched to read it: the context stands in the file in full.
    """
    shorten = _shortener(base_iri)
    with atomic_writer(path) as file:
        file.write(f'{{"@context": {_json(jsonld_context(base_iri))},\n"@graph": [')
        for number, described in enumerate(descriptions(graph, base_iri)):
            file.write(",\n" if number else "\n")
            file.write(_json(jsonld_node(described, shorten)))
        file.write("\n]}\n")


def jsonld_context(base_iri: str = BASE_IRI) -> dict[str, Any]:
    """The context's terms, with a prefix for every kind of instance under `base_iri`."""
    own: dict[str, Any] = _context()
    return own | {kind: f"{base_iri}{kind}/" for kind in INSTANCE_KINDS}


def jsonld_node(described: Description, shorten: Callable[[str], str]) -> dict[str, Any]:
    """A description as a JSON-LD node object; its keys are terms of the context."""
    node: dict[str, Any] = {"id": shorten(described.subject.value)}
    for predicate, facts in groupby(described.facts, key=lambda fact: fact[0]):
        term, coerced = _term(predicate.value)
        values = [_value(value, coerced, shorten) for _, value in facts]
        known = node.setdefault(term, [])
        known += values
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in node.items()}


def _value(value: NamedNode | Literal, coerced: str, shorten: Callable[[str], str]) -> Any:
    if isinstance(value, NamedNode):
        return shorten(value.value) if coerced else {"id": shorten(value.value)}
    if value.datatype == XSD.integer:
        return int(value.value)
    if value.datatype == XSD.boolean:
        return value.value == "true"
    if coerced or value.datatype == XSD.string:
        return value.value
    return {"@value": value.value, "@type": value.datatype.value}


@cache
def _context() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(schema_path("context.jsonld").read_text(encoding="utf-8"))["@context"]
    return content


@cache
def _term(predicate: str) -> tuple[str, str]:
    """The context's term for a property and the type that the context gives its values; else its short IRI."""
    if predicate == RDF.type.value:
        return "type", "@id"
    for term, meaning in _context().items():
        if isinstance(meaning, dict) and _expand(meaning.get("@id", "")) == predicate:
            return term, meaning.get("@type", "")
        if isinstance(meaning, str) and _expand(meaning) == predicate and not predicate.endswith(("#", "/")):
            return term, ""
    return _shortener(BASE_IRI)(predicate), ""


def _expand(short: str) -> str:
    prefix, colon, local = short.partition(":")
    return VOCABULARIES[prefix].iri + local if colon and prefix in VOCABULARIES else short


def _shortener(base_iri: str) -> Callable[[str], str]:
    """A function from an IRI to its compact form, for the namespaces that the context has prefixes for."""
    known = sorted(prefixes(base_iri).items(), key=lambda item: -len(item[1]))

    def shorten(iri: str) -> str:
        for prefix, namespace in known:
            if iri.startswith(namespace):
                return f"{prefix}:{iri[len(namespace) :]}"
        return iri

    return shorten


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# By name

WRITERS: dict[str, tuple[str, Callable[[nx.MultiDiGraph, Path, str], None]]] = {
    "turtle": ("graph.ttl", write_turtle),
    "trig": ("graph.trig", write_trig),
    "ntriples": ("graph.nt", write_ntriples),
    "rdfxml": ("graph.rdf", write_rdfxml),
    "jsonld": ("graph.jsonld", write_jsonld),
}
