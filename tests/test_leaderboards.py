"""Results that compare, and the look-up of what a user means."""

import example
import pytest

from kg.errors import UsageError
from kg.leaderboards import leaderboards
from kg.lookup import find_entities, find_paper
from kg.records import Entity, Paper, ReadPaper, Result

PAPERS, ENTITIES = example.papers(), example.entities()
TITLES = {read.paper.id: read.paper.title for read in PAPERS}


def test_the_best_comes_first_where_lower_is_better():
    (board,) = leaderboards(PAPERS, ENTITIES)
    assert (board.dataset, board.metric, board.higher_is_better) == ("Harbour-10k", "wave error", False)
    assert [(e.value, e.method, e.year) for e in board.entries] == [
        (0.31, "deep tidal network", 2023),
        (0.42, "tidal network", 2021),
    ]


@pytest.mark.parametrize("asked", [("harbour 10K", None), ("dataset:harbour-10k", "Wave Errors"), (None, "wave error")])
def test_boards_are_found_by_any_spelling(asked):
    assert len(leaderboards(PAPERS, ENTITIES, *asked)) == 1


@pytest.mark.parametrize("asked", [("BarkBench", None), ("Harbour-10k", "accuracy"), ("moss", None)])
def test_no_board_of_what_has_no_results(asked):
    assert leaderboards(PAPERS, ENTITIES, *asked) == []


def test_settings_units_and_kinds_stay_apart():
    entities = {"dataset:d": Entity("dataset:d", "DATASET", "D"), "metric:m": Entity("metric:m", "METRIC", "M")}
    kinds = [("", "", "absolute"), ("%", "", "absolute"), ("", "256x256", "absolute"), ("", "", "gain")]
    results = tuple(Result("", "metric:m", "dataset:d", 1.0, unit, kind, at, 0, 1) for unit, at, kind in kinds)
    results += (Result("", "metric:m", "", 1.0, "", "absolute", "", 0, 1),)
    boards = leaderboards([ReadPaper(Paper("a", "1", ""), (), results)], entities)
    assert [(b.setting, b.unit, len(b.entries)) for b in boards] == [("", "", 1), ("", "%", 1), ("256x256", "", 1)]
    assert boards[0].higher_is_better is None


def test_entities_are_found_by_id_name_or_surface():
    assert [e.id for e in find_entities(ENTITIES, "method:tidal-network")] == ["method:tidal-network"]
    assert [e.id for e in find_entities(ENTITIES, "Tidal Networks")] == ["method:tidal-network"]
    with pytest.raises(UsageError, match=r"no entity 'moss'\n  moss transformer\n  moss segmentation"):
        find_entities(ENTITIES, "moss")


def test_papers_are_found_by_id_title_or_part_of_it():
    assert find_paper(TITLES, "example:2") == "example:2"
    assert find_paper(TITLES, "tides") == "example:1"
    assert find_paper(TITLES, "=SUM") == "example:4"
    with pytest.raises(UsageError, match="2 papers match 'moss'"):
        find_paper(TITLES, "moss")
    for nothing in ("no such title", "", "\n"):
        with pytest.raises(UsageError, match="no paper"):
            find_paper(TITLES, nothing)
