"""The graph as the page holds it: papers and entities in lists that refer to each other by position.

Short lists instead of ids keep the file small: a page holds the whole of a few thousand papers. Of a larger graph it
holds an overview, the same share of every community, the papers that are tied to most others first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from kg.graph import PAPER_RELATIONS, RESULT_RELATIONS, nodes_of_kind
from kg.records import ENTITY_KINDS

#: Bytes of JSON that a page may hold, so that the file with its scripts stays under 6 MB.
BUDGET = 4_800_000

Json = dict[str, Any]


@dataclass(frozen=True)
class Selection:
    """The papers and entities that a page holds, in the order in which it refers to them.

    `importance` is a paper's, from 0 to 1 each for its ties to other papers and for how many build on it.
    """

    papers: list[str]
    entities: list[str]
    importance: dict[str, float]
    whole: bool


def importance(graph: nx.MultiDiGraph) -> dict[str, float]:
    """How much each paper stands out: its share of the strongest ties plus its share of the most built-on paper."""
    ties = dict.fromkeys(nodes_of_kind(graph, "paper"), 0.0)
    built: dict[str, float] = dict.fromkeys(ties, 0.0)
    for source, target, data in graph.edges(data=True):
        if data["relation"] == "sharesEntitiesWith":
            ties[source] += data["weight"]
            ties[target] += data["weight"]
        elif data["relation"] == "buildsOn":
            built[target] += 1
    most_ties, most_built = max(ties.values(), default=0) or 1, max(built.values(), default=0) or 1
    return {paper: round(ties[paper] / most_ties + built[paper] / most_built, 4) for paper in ties}


def select(graph: nx.MultiDiGraph, budget: int = BUDGET) -> Selection:
    """What a page holds of an analysed graph: everything if it fits into `budget` bytes, else an overview."""
    weight = importance(graph)
    ranked = _evenly(graph, weight)
    papers: list[str] = []
    entities: dict[str, None] = {}
    used = 0
    for paper in ranked:
        news = [e for e in _with_wider(graph, _named(graph, paper)) if e not in entities]
        used += _size(graph, [paper, *news]) + 40 * graph.out_degree(paper)
        if used > budget:
            break
        papers.append(paper)
        entities.update(dict.fromkeys(news))
    chosen = set(papers)
    return Selection(
        papers=[paper for paper in weight if paper in chosen],
        entities=[node for node in graph if node in entities],
        importance=weight,
        whole=len(papers) == len(weight),
    )


def _evenly(graph: nx.MultiDiGraph, weight: dict[str, float]) -> list[str]:
    """All papers such that every beginning of the list holds about the same share of each community."""
    members: dict[int, list[str]] = {}
    for paper in weight:
        members.setdefault(graph.nodes[paper]["community"], []).append(paper)
    ranked = []
    for community, papers in members.items():
        best = sorted(papers, key=lambda p: (-weight[p], p))
        ranked += [((place + 0.5) / len(best), community, paper) for place, paper in enumerate(best)]
    return [paper for *_, paper in sorted(ranked)]


def _named(graph: nx.MultiDiGraph, paper: str) -> Iterable[str]:
    """The entities a paper names, those its results are of and those through which it builds on others."""
    for _, target, data in graph.out_edges(paper, data=True):
        if data["relation"] in PAPER_RELATIONS:
            yield target
        elif data["relation"] == "reports":
            yield from graph.successors(target)
        elif data["relation"] == "buildsOn":
            yield data["via"]


def _with_wider(graph: nx.MultiDiGraph, entities: Iterable[str]) -> list[str]:
    """The entities and every wider one, each once."""
    found = dict.fromkeys(entities)
    queue = list(found)
    for entity in queue:
        for wider in graph.successors(entity):
            if wider not in found:
                found[wider] = None
                queue.append(wider)
    return list(found)


def _size(graph: nx.MultiDiGraph, nodes: Sequence[str]) -> int:
    """Roughly how many bytes of JSON the nodes' own attributes take."""
    return sum(
        len(json.dumps({**graph.nodes[n]}, default=str, ensure_ascii=False).encode("utf-8", "replace")) for n in nodes
    )


def page_data(graph: nx.MultiDiGraph, selection: Selection, title: str) -> Json:
    """Everything that the page tells, apart from the picture.

    Returns
    -------
    dict
        ``papers`` and ``entities`` are lists of dicts; wherever one refers to another it is by position in them.
        ``relations`` names what a paper's entities list by number. ``totals`` counts the whole graph.
    """
    paper_at = {paper: i for i, paper in enumerate(selection.papers)}
    entity_at = {entity: i for i, entity in enumerate(selection.entities)}
    return {
        "title": title,
        "whole": selection.whole,
        "totals": _totals(graph),
        "relations": PAPER_RELATIONS,
        "communities": [
            {**c, "top": [entity_at[e] for e in c["top"] if e in entity_at]} for c in graph.graph["communities"]
        ],
        "papers": [_paper(graph, p, selection.importance[p], paper_at, entity_at) for p in selection.papers],
        "entities": [_entity(graph, e, entity_at) for e in selection.entities],
    }


def _totals(graph: nx.MultiDiGraph) -> dict[str, int]:
    totals = dict.fromkeys(("paper", *ENTITY_KINDS, "result"), 0)
    for _, kind in graph.nodes(data="kind"):
        totals[kind] += 1
    return totals


def _paper(
    graph: nx.MultiDiGraph, paper: str, weight: float, paper_at: dict[str, int], entity_at: dict[str, int]
) -> Json:
    data = graph.nodes[paper]
    out = list(graph.out_edges(paper, data=True))
    return {
        "id": paper,
        "title": data["title"],
        "abstract": data["abstract"],
        "authors": list(data["authors"]),
        "year": data["year"],
        "venue": data["venue"],
        "link": paper_link(data),
        "community": data["community"],
        "importance": weight,
        "entities": [
            [entity_at[t], PAPER_RELATIONS.index(d["relation"]), [n for span in d["evidence"] for n in span]]
            for _, t, d in out
            if d["relation"] in PAPER_RELATIONS
        ],
        "results": [_result(graph, t, entity_at) for _, t, d in out if d["relation"] == "reports"],
        "related": [
            [paper_at[t], d["weight"], [entity_at[e] for e in d["shared"] if e in entity_at]]
            for _, t, d in out
            if d["relation"] == "sharesEntitiesWith" and t in paper_at
        ],
        "builds": [
            [paper_at[t], entity_at[d["via"]]] for _, t, d in out if d["relation"] == "buildsOn" and t in paper_at
        ],
    }


def _result(graph: nx.MultiDiGraph, result: str, entity_at: dict[str, int]) -> Json:
    data = graph.nodes[result]
    of = {d["relation"]: entity_at[t] for _, t, d in graph.out_edges(result, data=True)}
    return {
        "text": data["name"],
        "value": data["value"],
        "unit": data["unit"],
        "kind": data["result_kind"],
        "setting": data["setting"],
        "span": [data["start"], data["end"]],
        **{field: of.get(relation) for field, relation in RESULT_RELATIONS.items()},
    }


def _entity(graph: nx.MultiDiGraph, entity: str, entity_at: dict[str, int]) -> Json:
    data = graph.nodes[entity]
    wider = [t for _, t, d in graph.out_edges(entity, data=True) if d["relation"] == "broader"]
    return {
        "id": entity,
        "kind": data["kind"],
        "name": data["name"],
        "aliases": list(data["aliases"]),
        "papers": data["papers"],
        "community": data["community"],
        "centrality": data["centrality"],
        "timeline": [list(point) for point in data["timeline"]],
        "higher": data["higher_is_better"],
        "same": list(data["same_as"]),
        "broader": [entity_at[t] for t in wider],
    }


def paper_link(data: Json) -> str:
    """Where a paper can be read: its own address if that is http(s), else by DOI or arXiv id, else empty."""
    url = str(data["url"]).strip()
    if url.lower().startswith(("https://", "http://")):
        return url
    if data["doi"]:
        return f"https://doi.org/{data['doi']}"
    return f"https://arxiv.org/abs/{data['arxiv']}" if data["arxiv"] else ""
