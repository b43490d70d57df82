"""Where everything lies: a map of communities with their members packed inside, and the lineage from left to right.

The picture is finished before a browser opens it. Positions are computed from a fixed seed and rounded, so the same
graph gives the same map.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from kg.export.page.data import Selection
from kg.graph import PAPER_RELATIONS
from kg.records import ENTITY_KINDS

#: Distance kept between neighbours on the map; every other length follows from it.
SPACING = 44.0
#: Most papers and entities drawn; the tables hold the rest.
MAX_PAPERS = 900
MAX_ENTITIES = 260
#: Width over height of the map: on a laptop's screen beside the filters, and on a phone.
WIDE, TALL = 1.5, 0.6

_SEED = 7
_TRIES = 8
_LINKS_PER_PAPER = 2


@dataclass(frozen=True)
class Circle:
    """The part of the map that a community takes."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Picture:
    """A finished map: drawn nodes with their places, drawn links with their weights, communities with their circles.

    `tall` has the same circles in an order for screens higher than wide; members keep their place in their circle.
    """

    places: dict[str, tuple[float, float]]
    links: list[tuple[str, str, float]]
    circles: dict[int, Circle]
    tall: dict[int, Circle]


def draw(graph: nx.MultiDiGraph, selection: Selection) -> Picture:
    """Lay out the papers and entities of a selection that stand out most.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        Analysed by `kg.analytics.analyse`.
    selection : Selection
        What the page holds.
    """
    papers = sorted(selection.papers, key=lambda p: (-selection.importance[p], p))[:MAX_PAPERS]
    drawn = [*papers, *_landmarks(graph, selection, len(papers))]
    ties = _ties(graph, drawn)
    members: dict[int, list[str]] = {}
    for node in drawn:
        members.setdefault(graph.nodes[node]["community"], []).append(node)
    circles = _place_communities(members, ties, graph, WIDE)
    places: dict[str, tuple[float, float]] = {}
    for community in sorted(members):
        places |= _place_members(members[community], ties, circles[community])
    return Picture(places, _strongest(ties, graph), circles, _place_communities(members, ties, graph, TALL))


def _landmarks(graph: nx.MultiDiGraph, selection: Selection, papers: int) -> list[str]:
    """The entities worth a place on the map: shared, and central."""
    shared = [e for e in selection.entities if graph.nodes[e]["papers"] >= 2]
    shared.sort(key=lambda e: (-graph.nodes[e]["centrality"], e))
    return shared[: min(MAX_ENTITIES, max(12, papers * 2 // 3))]


def _ties(graph: nx.MultiDiGraph, drawn: Sequence[str]) -> dict[tuple[str, str], float]:
    """Weights between drawn nodes: of papers to papers as linked, of papers to entities 1."""
    there = set(drawn)
    ties: dict[tuple[str, str], float] = {}
    for source in drawn:
        for _, target, data in graph.out_edges(source, data=True):
            if target not in there or source == target:
                continue
            if data["relation"] == "sharesEntitiesWith":
                pair = (min(source, target), max(source, target))
                ties[pair] = max(ties.get(pair, 0.0), data["weight"])
            elif data["relation"] in PAPER_RELATIONS:
                ties[source, target] = 1.0
    return ties


def _strongest(ties: Mapping[tuple[str, str], float], graph: nx.MultiDiGraph) -> list[tuple[str, str, float]]:
    """Each paper's strongest links to papers, and links to entities within a community."""
    degree: dict[str, int] = {}
    kept = []
    for (a, b), weight in sorted(ties.items(), key=lambda item: (-item[1], item[0])):
        if graph.nodes[b]["kind"] in ENTITY_KINDS:
            if graph.nodes[a]["community"] == graph.nodes[b]["community"]:
                kept.append((a, b, 0.0))
        elif min(degree.get(a, 0), degree.get(b, 0)) < _LINKS_PER_PAPER:
            kept.append((a, b, weight))
            degree[a], degree[b] = degree.get(a, 0) + 1, degree.get(b, 0) + 1
    return kept


def _place_communities(
    members: Mapping[int, Sequence[str]], ties: Mapping[tuple[str, str], float], graph: nx.MultiDiGraph, aspect: float
) -> dict[int, Circle]:
    """Circles that do not touch, near to each other where their members are tied."""
    if not members:
        return {}
    ids = sorted(members)
    radius = np.array([SPACING * (0.75 * math.sqrt(len(members[c])) + 0.6) for c in ids])
    between = nx.Graph()
    between.add_nodes_from(ids)
    for (a, b), weight in sorted(ties.items()):
        one, other = graph.nodes[a]["community"], graph.nodes[b]["community"]
        if one != other:
            before = between.edges[one, other]["weight"] if between.has_edge(one, other) else 0.0
            between.add_edge(one, other, weight=before + weight)
    spread = math.sqrt((radius**2).sum())
    tries = []
    for seed in range(_SEED, _SEED + _TRIES):
        start = nx.spring_layout(between, seed=seed, iterations=100, method="force")
        at = np.array([start[c] for c in ids], dtype=float).reshape(-1, 2) * [spread * aspect, spread]
        tries.append(_pack(at, radius + 0.8 * SPACING, aspect))
    best = min(tries, key=lambda at: round(_height(at, radius, aspect), 3))
    return {c: Circle(_round(x), _round(y), _round(r)) for c, (x, y), r in zip(ids, best, radius, strict=True)}


def _height(at: np.ndarray, radius: np.ndarray, aspect: float) -> float:
    """How high a screen of the given aspect must be to show all circles."""
    width, height = np.ptp(np.concatenate([at - radius[:, None], at + radius[:, None]]), axis=0)
    return float(max(width / aspect, height))


def _pack(at: np.ndarray, radius: np.ndarray, aspect: float) -> np.ndarray:
    """Circles drawn to the middle and pushed apart until none overlap, in a shape `aspect` times as wide as high."""
    for step in range(600):
        if step < 450:
            at = at * [1 - 0.008 / aspect, 1 - 0.008 * aspect]
        at = at + _push(at, radius[:, None] + radius[None, :])
    return np.asarray(at - (at.max(axis=0) + at.min(axis=0)) / 2)


def _push(at: np.ndarray, least: np.ndarray) -> np.ndarray:
    """How each point must move so that pairs nearer than `least` come apart; pairs share the way evenly."""
    away = at[:, None, :] - at[None, :, :]
    distance = np.maximum(np.sqrt((away**2).sum(axis=2)), 1e-6)
    lack = np.maximum(0, least - distance)
    np.fill_diagonal(lack, 0)
    return np.asarray((away / distance[:, :, None] * lack[:, :, None]).sum(axis=1) * 0.45)


def _place_members(
    nodes: Sequence[str], ties: Mapping[tuple[str, str], float], circle: Circle
) -> dict[str, tuple[float, float]]:
    """Members near those they are tied to, evenly spread over the community's circle."""
    inside = set(nodes)
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_weighted_edges_from((a, b, w) for (a, b), w in sorted(ties.items()) if a in inside and b in inside)
    if len(nodes) == 1:
        return {nodes[0]: (circle.x, circle.y)}
    start = nx.spring_layout(graph, seed=_SEED, iterations=120, weight="weight", method="force")
    at = np.array([start[n] for n in nodes])
    at = _even_radius(at - at.mean(axis=0)) * (circle.radius - 0.45 * SPACING)
    # A little less than the distance at which as many points would fill the circle in a honeycomb.
    apart = 1.7 * (circle.radius - 0.4 * SPACING) / math.sqrt(len(nodes))
    for _ in range(250):
        at = at + _push(at, np.full((len(nodes), len(nodes)), apart)) * 0.4
        far = np.sqrt((at**2).sum(axis=1)) / (circle.radius - 0.4 * SPACING)
        at = at / np.maximum(far, 1)[:, None]
    return {n: (_round(circle.x + x), _round(circle.y + y)) for n, (x, y) in zip(nodes, at, strict=True)}


def _even_radius(at: np.ndarray) -> np.ndarray:
    """The same directions with radii such that the unit disc is filled evenly."""
    far = np.sqrt((at**2).sum(axis=1))
    rank = np.empty(len(at))
    rank[np.argsort(far, kind="stable")] = np.arange(len(at))
    return np.asarray(at / np.maximum(far, 1e-9)[:, None] * np.sqrt((rank + 0.5) / len(at))[:, None])


def _round(value: float) -> float:
    return round(float(value), 1)


def mark_sizes(graph: nx.MultiDiGraph, selection: Selection) -> dict[str, float]:
    """The radius of every node's mark: papers by importance, entities by the square root of their papers."""
    most = max((graph.nodes[e]["papers"] for e in selection.entities), default=1) or 1
    weightiest = max((selection.importance[p] for p in selection.papers), default=1) or 1
    sizes = {p: round(3.5 + 7 * selection.importance[p] / weightiest, 1) for p in selection.papers}
    return sizes | {e: round(4.5 + 13 * math.sqrt(graph.nodes[e]["papers"] / most), 1) for e in selection.entities}


def lineage(papers: Sequence[str], graph: nx.MultiDiGraph) -> list[tuple[str, int, int]]:
    """Places of the papers that build on each other: (paper, column, row), what is built on to the left.

    Papers of different lines of descent share no row. Papers that build on each other in a circle share a column.
    """
    there = set(papers)
    descent = nx.DiGraph()
    for paper in papers:
        for _, target, data in graph.out_edges(paper, data=True):
            if data["relation"] == "buildsOn" and target in there:
                descent.add_edge(target, paper)
    order = {paper: i for i, paper in enumerate(papers)}
    lines = sorted(nx.weakly_connected_components(descent), key=lambda c: (-len(c), min(order[p] for p in c)))
    placed: list[tuple[str, int, int]] = []
    top = 0
    for line in lines:
        columns = _columns(descent.subgraph(line), order)
        for number, column in enumerate(columns):
            placed += [(paper, number, top + row) for row, paper in enumerate(column)]
        top += max(len(column) for column in columns)
    return placed


def _columns(line: nx.DiGraph, order: Mapping[str, int]) -> list[list[str]]:
    """Papers by the longest way to them, each column sorted so that papers lie near what they build on."""
    circles = nx.condensation(line)
    depth: dict[int, int] = {}
    for circle in nx.topological_sort(circles):
        depth[circle] = max((depth[p] + 1 for p in circles.predecessors(circle)), default=0)
    columns: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for paper in sorted(line, key=order.__getitem__):
        columns[depth[circles.graph["mapping"][paper]]].append(paper)
    row = {paper: i for column in columns for i, paper in enumerate(column)}
    for sweep in range(4):
        neighbours = line.predecessors if sweep % 2 == 0 else line.successors
        for column in columns:
            middle = {p: np.mean([row[n] for n in neighbours(p)] or [row[p]]) for p in column}
            column.sort(key=lambda p: (middle[p], order[p]))
            row |= {paper: i for i, paper in enumerate(column)}
    return columns
