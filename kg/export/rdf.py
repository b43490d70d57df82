"""The graph as RDF: which triples say what, in the terms of ``schemas/ontology.ttl``.

The model is a stream of descriptions, one a resource, in an order that depends on the ids alone: papers by id, each
followed by its results, mentions and links, then entities, authors and communities, what most papers share, and last
what is known of the graph as a whole. Every serialisation writes this stream as it comes, so that a file never needs
the whole in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple

import networkx as nx
import oxrdflib
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID

from kg.export.resources import Description, Fact, Minter, describe, types
from kg.export.terms import (
    boolean,
    check_base_iri,
    decimal,
    encode,
    integer,
    string,
    web_iri,
    writable,
    year,
)
from kg.export.vocabulary import (
    BASE_IRI,
    DCAT,
    DCTERMS,
    FABIO,
    KG,
    MLS,
    OA,
    PRISM,
    RDF,
    RDFS,
    SCHEMA,
    SKOS,
    prefixes,
)
from kg.export.whole import Census, about, shared
from kg.graph import PAPER_RELATIONS
from kg.naming import name_key
from kg.tallies import tallies

#: The classes of an entity of each kind, the standard ones first; a named system is an mls:Model instead.
ENTITY_CLASSES: dict[str, tuple[NamedNode, ...]] = {
    "method": (MLS.Algorithm, SKOS.Concept, KG.Method),
    "dataset": (DCAT.Dataset, MLS.Dataset, SKOS.Concept, KG.Dataset),
    "metric": (MLS.EvaluationMeasure, SKOS.Concept, KG.Metric),
    "task": (MLS.Task, SKOS.Concept, KG.Task),
}
#: The property that each relation of the graph becomes.
PROPERTY: dict[str, NamedNode] = {
    **{relation: KG[relation] for relation in PAPER_RELATIONS},
    "reports": KG.reports,
    "ofMethod": KG.ofMethod,
    "byMetric": MLS.specifiedBy,
    "onDataset": KG.onDataset,
    "broader": SKOS.broader,
    "sharesEntitiesWith": KG.sharesEntitiesWith,
    "buildsOn": KG.buildsOn,
}
#: How much text a quote selector gives before and after what it quotes, in code points.
CONTEXT = 32

#: Descriptions that are counted at a time.
_COUNTED = 1_000
_INNER_CAPITAL = re.compile(r"\w[A-Z0-9]")
_CONCEPT_SCHEMES = re.compile(r"https?://(?:cso\.kmi\.open\.ac\.uk|dbpedia\.org|purl\.obolibrary\.org|w3id\.org)/")


def to_rdf(graph: nx.MultiDiGraph, base_iri: str = BASE_IRI) -> rdflib.Graph:
    """The graph as an `rdflib.Graph` that keeps its triples in an Oxigraph store.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it.
    base_iri : str
        What instance IRIs begin with; ends in ``/``, ``#`` or ``:``.

    Returns
    -------
    rdflib.Graph
        With every prefix bound; ``graph.query`` runs in Oxigraph.
    """
    store = Store()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object) for t in triples(graph, base_iri))
    result = rdflib.Graph(oxrdflib.OxigraphStore(store=store), DATASET_DEFAULT_GRAPH_ID, bind_namespaces="none")
    for prefix, iri in prefixes(base_iri).items():
        result.bind(prefix, iri)
    return result


def triples(graph: nx.MultiDiGraph, base_iri: str = BASE_IRI) -> Iterator[Triple]:
    """Every triple once, those of one subject together, in an order that depends on the ids alone."""
    for described in descriptions(graph, base_iri):
        for predicate, value in described.facts:
            yield Triple(described.subject, predicate, value)


def quads(graph: nx.MultiDiGraph, base_iri: str = BASE_IRI) -> Iterator[Quad]:
    """The same statements, what was read from a paper in the named graph of that paper."""
    for described in descriptions(graph, base_iri):
        for predicate, value in described.facts:
            yield Quad(described.subject, predicate, value, described.source)


def descriptions(graph: nx.MultiDiGraph, base_iri: str = BASE_IRI) -> Iterator[Description]:
    """One description a resource; see the module's head for the order.

    Raises
    ------
    UsageError
        When `base_iri` is no base for IRIs.
    """
    mint = Minter(check_base_iri(base_iri))
    census = Census()
    told = chain(things(graph, mint), shared(mint, tallies(graph)))
    while some := list(islice(told, _COUNTED)):
        census.count(some)
        yield from some
    yield from about(graph, mint, census)


def things(graph: nx.MultiDiGraph, mint: Minter) -> Iterator[Description]:
    """What is said of papers, entities, authors and communities; it depends on no more than what they are tied to."""
    keys = sorted(key for key, data in graph.nodes(data=True) if "kind" in data)
    authors: set[str] = set()
    for key in keys:
        if graph.nodes[key]["kind"] == "paper":
            authors.update(graph.nodes[key]["authors"])
            yield from _of_paper(graph, mint, key)
    for key in keys:
        if graph.nodes[key]["kind"] in ENTITY_CLASSES:
            yield _entity(graph, mint, key)
    yield from (_author(mint, name) for name in sorted(authors))
    yield from _communities(graph, mint)


# Papers and what was read from them


def _of_paper(graph: nx.MultiDiGraph, mint: Minter, key: str) -> Iterator[Description]:
    data = graph.nodes[key]
    subject = mint.paper(key)
    edges = _edges(graph, mint, key)
    classes = (FABIO.ResearchPaper, SCHEMA.ScholarlyArticle, KG.Paper)
    facts = [*_bibliography(mint, key, data), *_relations(edges), *_membership(mint, data)]
    yield describe(subject, classes, facts, subject)
    for edge in edges:
        if edge.relation == "reports":
            yield _result(graph, mint, edge, subject)
    yield from _mentions(mint, key, data, edges)
    for edge in edges:
        if edge.relation == "sharesEntitiesWith":
            yield _shared_link(mint, key, edge)
        elif edge.relation == "buildsOn":
            yield _lineage_link(mint, key, edge)


class _Edge(NamedTuple):
    relation: str
    target: str
    iri: NamedNode
    data: Mapping[str, Any]


def _edges(graph: nx.MultiDiGraph, mint: Minter, key: str) -> list[_Edge]:
    """The edges that leave a node, in the order in which they are written."""
    found = [
        _Edge(data["relation"], target, mint.node(target, graph.nodes[target]["kind"]), data)
        for _, target, data in graph.out_edges(key, data=True)
        if "kind" in graph.nodes[target]
    ]
    return sorted(found, key=lambda e: (_RELATION_ORDER[e.relation], e.target, str(e.data.get("via", ""))))


_RELATION_ORDER = {relation: place for place, relation in enumerate(PROPERTY)}


def _relations(edges: Iterable[_Edge]) -> Iterator[Fact]:
    edges = list(edges)
    for edge in edges:
        yield PROPERTY[edge.relation], edge.iri
    for edge in edges:
        if edge.relation in PAPER_RELATIONS:
            yield SCHEMA.mentions, edge.iri


def _bibliography(mint: Minter, key: str, data: Mapping[str, Any]) -> Iterator[Fact]:
    yield DCTERMS.identifier, string(key)
    yield DCTERMS.title, string(data["title"])
    if data["abstract"]:
        yield DCTERMS.abstract, string(data["abstract"])
    for name in data["authors"]:
        yield DCTERMS.creator, mint("author", encode(name))
    if data["authors"]:
        yield KG.authorList, string("; ".join(data["authors"]))
    issued = year(data["year"])
    if issued is not None:
        yield DCTERMS.issued, issued
    if data["venue"]:
        yield PRISM.publicationName, string(data["venue"])
    for keyword in data["keywords"]:
        yield PRISM.keyword, string(keyword)
    yield from _identifiers(data)


def _identifiers(data: Mapping[str, Any]) -> Iterator[Fact]:
    if data["doi"]:
        yield PRISM.doi, string(data["doi"])
    if data["arxiv"]:
        yield FABIO.hasArXivId, string(data["arxiv"])
    page = web_iri(data["url"])
    if page is not None:
        yield SCHEMA.url, page
    for resolver, identifier in (("https://doi.org/", data["doi"]), ("https://arxiv.org/abs/", data["arxiv"])):
        if identifier:
            yield SCHEMA.sameAs, NamedNode(resolver + "/".join(encode(part) for part in identifier.split("/")))


def _result(graph: nx.MultiDiGraph, mint: Minter, edge: _Edge, source: NamedNode) -> Description:
    data = graph.nodes[edge.target]
    facts: list[Fact] = [(DCTERMS.identifier, string(edge.target)), (RDFS.label, string(data["name"]))]
    facts += [(PROPERTY[e.relation], e.iri) for e in _edges(graph, mint, edge.target)]
    facts.append((MLS.hasValue, decimal(float(data["value"]))))
    facts.append((KG.resultKind, string(data["result_kind"])))
    if data["unit"]:
        facts.append((KG.unit, string(data["unit"])))
    if data["setting"]:
        facts.append((KG.setting, string(data["setting"])))
    return describe(edge.iri, (MLS.ModelEvaluation, KG.Result), facts, source)


def _mentions(mint: Minter, key: str, data: Mapping[str, Any], edges: Iterable[_Edge]) -> Iterator[Description]:
    """An annotation a span, however many things it names, with its target and the target's two selectors."""
    text = writable(f"{data['title']}\n{data['abstract']}")
    bodies: dict[tuple[int, int], list[Fact]] = {}
    for edge in edges:
        for span in edge.data.get("evidence", ()):
            bodies.setdefault(tuple(span), []).append((OA.hasBody, edge.iri))
    source, encoded = mint.paper(key), encode(key)
    whose = (OA.hasSource, source)
    # Most of all triples are said here, and none of them twice: no need to look.
    for (start, end), named in sorted(bodies.items()):
        local = f"{encoded}/{start}-{end}"
        target, position, quote = mint("target", local), mint("position", local), mint("quote", local)
        yield Description(mint("mention", local), (*_ANNOTATION, *named, (OA.hasTarget, target)), source)
        selectors = ((OA.hasSelector, position), (OA.hasSelector, quote))
        yield Description(target, (*_TARGET, whose, *selectors), source)
        offsets = ((OA.start, integer(start)), (OA.end, integer(end)))
        yield Description(position, (*_POSITION, *offsets), source)
        yield Description(quote, (*_QUOTE, *_quotation(text, start, end)), source)


_ANNOTATION = types(OA.Annotation, KG.Mention)
_TARGET = types(OA.SpecificResource)
_POSITION = types(OA.TextPositionSelector)
_QUOTE = types(OA.TextQuoteSelector)


def _quotation(text: str, start: int, end: int) -> Iterator[Fact]:
    yield OA.exact, Literal(text[start:end])
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    if before:
        yield OA.prefix, Literal(before)
    if after:
        yield OA.suffix, Literal(after)


def _shared_link(mint: Minter, key: str, edge: _Edge) -> Description:
    facts = [
        *_statement(mint, key, edge),
        (KG.weight, decimal(float(edge.data["weight"]))),
        *((KG.sharedEntity, mint.entity(entity_id)) for entity_id in edge.data["shared"]),
    ]
    local = f"{encode(key)}/{encode(edge.target)}"
    return describe(mint("link", local), (RDF.Statement, KG.Link), facts, mint.paper(key))


def _lineage_link(mint: Minter, key: str, edge: _Edge) -> Description:
    via = mint.entity(edge.data["via"])
    local = f"{encode(key)}/{encode(edge.target)}/{via.value.removeprefix(mint.base_iri)}"
    facts = [*_statement(mint, key, edge), (KG.via, via)]
    return describe(mint("lineage", local), (RDF.Statement, KG.Link), facts, mint.paper(key))


def _statement(mint: Minter, key: str, edge: _Edge) -> list[Fact]:
    return [(RDF.subject, mint.paper(key)), (RDF.predicate, PROPERTY[edge.relation]), (RDF.object, edge.iri)]


# Entities, authors, communities


def _entity(graph: nx.MultiDiGraph, mint: Minter, key: str) -> Description:
    data = graph.nodes[key]
    facts: list[Fact] = [(DCTERMS.identifier, string(key)), (SKOS.prefLabel, string(data["name"]))]
    facts += [(SKOS.altLabel, string(alias)) for alias in data["aliases"] if alias != data["name"]]
    facts += [(SKOS.hiddenLabel, string(label)) for label in _search_keys(data)]
    facts += [(PROPERTY[e.relation], e.iri) for e in _edges(graph, mint, key)]
    facts += _same_as(data["same_as"])
    if data.get("higher_is_better") is not None:
        facts.append((KG.higherIsBetter, boolean(data["higher_is_better"])))
    facts.append((KG.paperCount, integer(data["papers"])))
    if data.get("centrality") is not None:
        facts.append((KG.centrality, decimal(float(data["centrality"]))))
    facts += _membership(mint, data)
    return describe(mint.entity(key), _entity_classes(graph, key, data), facts)


def _search_keys(data: Mapping[str, Any]) -> list[str]:
    """The normal forms under which a query finds the entity: no scan over all labels, one look into an index."""
    return sorted({name_key(name) for name in (data["name"], *data["aliases"])})


def _entity_classes(graph: nx.MultiDiGraph, key: str, data: Mapping[str, Any]) -> tuple[NamedNode, ...]:
    classes = ENTITY_CLASSES[data["kind"]]
    if data["kind"] == "method" and _is_system(graph, key, data["name"]):
        return (MLS.Model, *classes[1:])
    return classes


def _is_system(graph: nx.MultiDiGraph, key: str, name: str) -> bool:
    """Whether a method is a system with a name of its own: so spelt, and proposed by a paper or measured by one."""
    named = _INNER_CAPITAL.search(name) is not None
    return named and any(data["relation"] in ("proposes", "ofMethod") for *_, data in graph.in_edges(key, data=True))


def _same_as(identifiers: Iterable[str]) -> Iterator[Fact]:
    """Wikidata items are the same thing, terms of other vocabularies much the same, a DOI is a work about it."""
    for identifier in identifiers:
        iri = web_iri(identifier)
        if iri is None:
            yield SCHEMA.identifier, string(identifier)
        elif "wikidata.org/entity/" in identifier:
            yield SKOS.exactMatch, iri
        elif _CONCEPT_SCHEMES.match(identifier):
            yield SKOS.closeMatch, iri
        elif "doi.org/" in identifier or "arxiv.org/" in identifier:
            yield SCHEMA.subjectOf, iri
        else:
            yield SCHEMA.sameAs, iri


def _author(mint: Minter, name: str) -> Description:
    return describe(mint("author", encode(name)), (SCHEMA.Person, KG.Author), [(SCHEMA.name, string(name))])


def _membership(mint: Minter, data: Mapping[str, Any]) -> Iterator[Fact]:
    if data.get("community") is not None:
        yield KG.inCommunity, mint("community", encode(str(data["community"])))


def _communities(graph: nx.MultiDiGraph, mint: Minter) -> Iterator[Description]:
    names = {str(data["community"]): "" for _, data in graph.nodes(data=True) if data.get("community") is not None}
    names |= {str(community["id"]): community.get("name", "") for community in graph.graph.get("communities", ())}
    for identifier, name in sorted(names.items()):
        facts: list[Fact] = [(DCTERMS.identifier, string(identifier))]
        facts.append((SKOS.prefLabel, string(name or f"Community {identifier}")))
        yield describe(mint("community", encode(identifier)), (SKOS.Collection, KG.Community), facts)
