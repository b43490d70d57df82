"""How many papers share something: what most papers name, and what most papers name together.

Counting every pair of a large graph takes seconds, so the commonest are counted once, when the graph is built.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, combinations, product
from typing import NamedTuple

import networkx as nx

from kg.graph import PAPER_RELATIONS, nodes_of_kind
from kg.records import entity_kind, known_year

#: How many of each kind are kept, and of the entities of each year.
KEPT = 1_000
KEPT_A_YEAR = 100


class Shared(NamedTuple):
    """What papers share.

    `kind` is ``method``, ``dataset``, ``metric`` or ``task`` for an entity; ``entity`` for one in a year's papers;
    ``comparison`` for two methods that are held against each other, ``evaluation`` for a task and the dataset that
    it is tried on, ``measurement`` for two metrics. Where the order of two says nothing, they are sorted.
    """

    kind: str
    first: str
    second: str = ""
    year: int = 0


class Tally(NamedTuple):
    """Something shared and in how many papers."""

    shared: Shared
    papers: int


def shared(named: Mapping[str, Collection[str]], year: int) -> Iterator[Shared]:
    """What one paper shares with others, each once.

    Parameters
    ----------
    named : mapping of relation to entity ids
        What the paper names, by what it has to do with it.
    year : int
        When the paper appeared; 0 when that is unknown.
    """
    for entity in set(chain.from_iterable(named.values())):
        yield Shared(entity_kind(entity).lower(), entity)
        if year:
            yield Shared("entity", entity, year=year)
    baselines = set(named.get("comparesWith", ()))
    for proposed, baseline in product(set(named.get("proposes", ())) - baselines, baselines):
        yield Shared("comparison", min(proposed, baseline), max(proposed, baseline))
    for one, other in combinations(sorted(baselines), 2):
        yield Shared("comparison", one, other)
    for task, dataset in product(set(named.get("addresses", ())), set(named.get("evaluatesOn", ()))):
        yield Shared("evaluation", task, dataset)
    for one, other in combinations(sorted(set(named.get("measures", ()))), 2):
        yield Shared("measurement", one, other)


def tallies(graph: nx.MultiDiGraph) -> list[Tally]:
    """The commonest of each kind in a graph, the commonest first; among as common ones the order is that of ids."""
    counts: Counter[Shared] = Counter()
    for paper in nodes_of_kind(graph, "paper"):
        named: dict[str, list[str]] = {}
        for _, entity, data in graph.out_edges(paper, data=True):
            if data["relation"] in PAPER_RELATIONS:
                named.setdefault(data["relation"], []).append(entity)
        counts.update(shared(named, known_year(graph.nodes[paper]["year"])))
    return commonest(Tally(*item) for item in counts.items())


def commonest(counted: Iterable[Tally]) -> list[Tally]:
    """The `KEPT` commonest of each kind, or `KEPT_A_YEAR` of each year, in order."""
    kept: list[Tally] = []
    seen: Counter[tuple[str, int]] = Counter()
    for tally in sorted(counted, key=order):
        group = tally.shared.kind, tally.shared.year
        seen[group] += 1
        if seen[group] <= kept_of(tally.shared.kind):
            kept.append(tally)
    return kept


def order(tally: Tally) -> tuple[str, int, int, Shared]:
    """What tallies are sorted by: kind and year, then how common."""
    return tally.shared.kind, tally.shared.year, -tally.papers, tally.shared


def kept_of(kind: str) -> int:
    """How many of a kind are kept, of a year where the kind has years."""
    return KEPT_A_YEAR if kind == "entity" else KEPT
