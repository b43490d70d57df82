"""What most papers share: counted rightly, cut off where it says."""

from __future__ import annotations

from collections import Counter

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from kg.graph import build_graph
from kg.records import Entity, Paper, PaperEntity, ReadPaper
from kg.tallies import KEPT, KEPT_A_YEAR, Shared, Tally, commonest, shared, tallies


def graph(*papers: dict[str, list[str]], year: object = 2020) -> nx.MultiDiGraph:
    roles = {"METHOD": {"p": "proposed", "c": "compared"}}
    read, known = [], {}
    for number, paper in enumerate(papers):
        named = tuple(
            PaperEntity(f"method:{name}", "METHOD", name, roles["METHOD"][role], ())
            for role, names in paper.items()
            for name in names
        )
        read.append(ReadPaper(Paper(str(number), "t", "a", year=year), named))
        known |= {one.id: Entity(one.id, "METHOD", one.name, papers=1) for one in named}
    return build_graph(read, known)


def of_kind(kind: str, found: list[Tally]) -> list[tuple[str, str, int]]:
    return [(t.shared.first, t.shared.second, t.papers) for t in found if t.shared.kind == kind]


def test_a_pair_counts_once_a_paper_whichever_of_the_two_was_proposed() -> None:
    found = tallies(graph({"p": ["moss"], "c": ["fern", "tide"]}, {"p": ["fern"], "c": ["moss"]}))
    assert of_kind("comparison", found) == [
        ("method:fern", "method:moss", 2),
        ("method:fern", "method:tide", 1),
        ("method:moss", "method:tide", 1),
    ]
    assert of_kind("method", found)[:2] == [("method:fern", "", 2), ("method:moss", "", 2)]
    years = [(t.shared.first, t.shared.year) for t in found if t.shared.kind == "entity"]
    assert years[0] == ("method:fern", 2020)


def test_a_year_that_is_none_is_not_counted() -> None:
    for year in (None, "2020", True, -3, 99_999):
        found = tallies(graph({"p": ["moss"]}, year=year))
        assert [t.shared.kind for t in found] == ["method"]


def test_tasks_go_with_datasets_and_metrics_with_metrics() -> None:
    named = {"addresses": ["task:a"], "evaluatesOn": ["dataset:b", "dataset:c"], "measures": ["metric:e", "metric:d"]}
    found = {one for one in shared(named, 0) if one.second}
    assert found == {
        Shared("evaluation", "task:a", "dataset:b"),
        Shared("evaluation", "task:a", "dataset:c"),
        Shared("measurement", "metric:d", "metric:e"),
    }


@given(st.permutations(range(KEPT + 20)))
def test_the_commonest_are_kept_whatever_the_order(numbers: list[int]) -> None:
    found = commonest(Tally(Shared("method", f"method:{n:05}"), 1 + n) for n in numbers)
    assert [t.papers for t in found] == list(range(KEPT + 20, 20, -1))


def test_a_hundred_of_each_year_are_kept() -> None:
    every = [Tally(Shared("entity", f"task:{n:03}", year=2000 + n % 2), 1) for n in range(400)]
    found = commonest(every)
    assert Counter(t.shared.year for t in found) == {2000: KEPT_A_YEAR, 2001: KEPT_A_YEAR}
    assert [t.shared.first for t in found[:2]] == ["task:000", "task:002"]
