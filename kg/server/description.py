"""The service description: what the endpoint can do, as RDF (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import BlankNode, NamedNode, Triple

from kg.export.terms import integer
from kg.export.vocabulary import RDF, VOID, Vocabulary
from kg.sparql_results import QueryResult

_SD = Vocabulary(
    "http://www.w3.org/ns/sparql-service-description#",
    "Service Dataset Graph SPARQL11Query endpoint supportedLanguage resultFormat defaultDataset defaultGraph",
)
_FORMATS = Vocabulary(
    "http://www.w3.org/ns/formats/",
    "SPARQL_Results_JSON SPARQL_Results_XML SPARQL_Results_CSV SPARQL_Results_TSV Turtle N-Triples JSON-LD RDF_XML",
)
_PREFIXES = {"sd": _SD.iri, "formats": _FORMATS.iri, "void": VOID.iri}


def describe_service(address: str, triples: int) -> QueryResult:
    """The description.

    Parameters
    ----------
    address : str
        Of the endpoint.
    triples : int
        In the graph.
    """
    return QueryResult(triples=tuple(_facts(NamedNode(address), triples)), prefixes=_PREFIXES)


def _facts(service: NamedNode, triples: int) -> Iterator[Triple]:
    dataset, graph = BlankNode("dataset"), BlankNode("graph")
    yield Triple(service, RDF.type, _SD.Service)
    yield Triple(service, _SD.endpoint, service)
    yield Triple(service, _SD.supportedLanguage, _SD.SPARQL11Query)
    for known in _FORMATS:
        yield Triple(service, _SD.resultFormat, known)
    yield Triple(service, _SD.defaultDataset, dataset)
    yield Triple(dataset, RDF.type, _SD.Dataset)
    yield Triple(dataset, _SD.defaultGraph, graph)
    yield Triple(graph, RDF.type, _SD.Graph)
    yield Triple(graph, VOID.triples, integer(triples))
