"""Papers and entities as a `networkx.MultiDiGraph`: the only place that knows node and edge attributes.

Nodes (key → attributes), all with ``kind``:

======== ==========================================================================================
paper    the fields of `Paper`; ``community`` (int), ``name`` (its title)
entity   ``kind`` method, dataset, metric or task; ``name``, ``aliases``, ``papers`` (how many),
         ``higher_is_better``, ``same_as``, ``community``, ``centrality`` (PageRank)
result   ``name`` (as printed), ``value``, ``unit``, ``result_kind``, ``setting``, ``start``, ``end``
======== ==========================================================================================

Edges carry their type as key and as ``relation``. Every edge from a paper to an entity or a result carries
``evidence``: a tuple of (start, end) spans of the paper's text, in text order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import networkx as nx

from kg.records import Entity, PaperEntity, ReadPaper, Result, Role

#: The relation that a paper has to an entity in each role.
RELATION: dict[Role, str] = {
    "proposed": "proposes",
    "used": "uses",
    "compared": "comparesWith",
    "studied": "studies",
    "evaluated_on": "evaluatesOn",
    "measured": "measures",
    "addressed": "addresses",
    "mentioned": "mentions",
}
#: Relations of a paper to an entity, in the order in which people read them.
PAPER_RELATIONS = tuple(RELATION.values())
#: Relations of a result to what it is a result of.
RESULT_RELATIONS = {"method": "ofMethod", "metric": "byMetric", "dataset": "onDataset"}


def build_graph(papers: Sequence[ReadPaper], entities: Mapping[str, Entity]) -> nx.MultiDiGraph:
    """The graph of the given papers.

    Parameters
    ----------
    papers : sequence of ReadPaper
        With their links to each other already computed.
    entities : mapping of entity id to Entity
        Every entity that the papers or other entities' ``broader`` name.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes and edges in the order of `papers`, entities by id: the same input gives the same order.
    """
    graph = nx.MultiDiGraph(name="kg")
    for entity in sorted(entities.values(), key=lambda e: e.id):
        _add_entity(graph, entity)
    for entity in sorted(entities.values(), key=lambda e: e.id):
        for wider in entity.broader:
            graph.add_edge(entity.id, wider, key="broader", relation="broader")
    for read in papers:
        graph.add_node(read.paper.id, kind="paper", name=read.paper.title, **_without_id(read))
    for read in papers:
        _add_findings(graph, read)
        _add_links(graph, read)
    return graph


def _without_id(read: ReadPaper) -> dict[str, object]:
    return {key: value for key, value in read.paper.as_dict().items() if key != "id"}


def _add_entity(graph: nx.MultiDiGraph, entity: Entity) -> None:
    graph.add_node(
        entity.id,
        kind=entity.label.lower(),
        name=entity.name,
        aliases=entity.aliases,
        papers=entity.papers,
        same_as=entity.same_as,
        higher_is_better=entity.higher_is_better,
    )


def _add_findings(graph: nx.MultiDiGraph, read: ReadPaper) -> None:
    for entity in read.entities:
        relation = RELATION[entity.role]
        graph.add_edge(read.paper.id, entity.id, key=relation, relation=relation, evidence=_spans(entity))
    for number, result in enumerate(read.results, 1):
        _add_result(graph, read, number, result)


def _spans(entity: PaperEntity) -> tuple[tuple[int, int], ...]:
    return tuple((m.start, m.end) for m in entity.mentions)


def result_id(paper_id: str, number: int) -> str:
    """The key of a paper's result node; results count from 1 in text order."""
    return f"result:{paper_id}#{number}"


def _add_result(graph: nx.MultiDiGraph, read: ReadPaper, number: int, result: Result) -> None:
    key = result_id(read.paper.id, number)
    graph.add_node(
        key,
        kind="result",
        name=read.paper.text[result.start : result.end],
        value=result.value,
        unit=result.unit,
        result_kind=result.kind,
        setting=result.setting,
        start=result.start,
        end=result.end,
    )
    graph.add_edge(read.paper.id, key, key="reports", relation="reports", evidence=((result.start, result.end),))
    for field, relation in RESULT_RELATIONS.items():
        target = getattr(result, field)
        if target:
            graph.add_edge(key, target, key=relation, relation=relation)


def _add_links(graph: nx.MultiDiGraph, read: ReadPaper) -> None:
    for link in read.related:
        if link.id not in graph:
            continue
        graph.add_edge(
            read.paper.id,
            link.id,
            key="sharesEntitiesWith",
            relation="sharesEntitiesWith",
            weight=link.weight,
            shared=link.shared,
        )
    for older in read.builds_on:
        if older.id not in graph:
            continue
        key = f"buildsOn {older.via}"
        graph.add_edge(read.paper.id, older.id, key=key, relation="buildsOn", via=older.via)


def nodes_of_kind(graph: nx.MultiDiGraph, kind: str) -> Iterable[str]:
    """The keys of all nodes of one kind, in the graph's order."""
    return (node for node, data in graph.nodes(data=True) if data.get("kind") == kind)


def count_by_kind(graph: nx.MultiDiGraph) -> tuple[dict[str, int], dict[str, int]]:
    """How many nodes of each kind and edges of each relation the graph has."""
    nodes: dict[str, int] = {}
    for _, data in graph.nodes(data=True):
        nodes[data["kind"]] = nodes.get(data["kind"], 0) + 1
    edges: dict[str, int] = {}
    for *_, data in graph.edges(data=True):
        edges[data["relation"]] = edges.get(data["relation"], 0) + 1
    return dict(sorted(nodes.items())), dict(sorted(edges.items()))
