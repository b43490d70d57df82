"""A web page saved as text: titles and abstracts are told from the page's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.readers import Skipped, read
from kg.readers.page import MAX_TITLE, MIN_ABSTRACT, read_page

ABSTRACT = (
    "We introduce the tidal network, a model of coastal water that needs no gauge. It is trained on ten years of "
    "buoy readings from twelve harbours and predicts the level of the next six hours. On Harbour-10k it lowers the "
    "wave error by 12%, and it runs on a phone."
)
OTHER = ABSTRACT.replace("tidal network", "moss transformer").replace("buoy", "lichen")


def test_an_abstract_here_is_long_enough_to_be_one() -> None:
    assert len(ABSTRACT) >= MIN_ABSTRACT


def test_titles_and_abstracts_in_turn_are_papers() -> None:
    rows = list(read_page(["Tidal Networks", ABSTRACT, "Moss Transformers", OTHER]))
    assert rows == [
        (1, {"title": "Tidal Networks", "abstract": ABSTRACT}),
        (3, {"title": "Moss Transformers", "abstract": OTHER}),
    ]


@pytest.mark.parametrize(
    "line",
    ["", "   ", "Get trending papers by pigeon!", "Upvote", "Sign Up", "Log in", "17", "by tideteam",
     "· 12 authors", "Cookie settings", "Privacy policy and more", "Next", "previous"],
)  # fmt: skip
def test_lines_of_the_page_itself_are_not_titles(line: str) -> None:
    rows = list(read_page([line, "Tidal Networks", line, ABSTRACT, line]))
    assert rows == [(2, {"title": "Tidal Networks", "abstract": ABSTRACT})]


@pytest.mark.parametrize("button", ["Subscribe", "Sign up", "Upvote", "Follow", "Next"])
def test_a_button_glued_to_a_title_is_cut_off(button: str) -> None:
    ((_, record),) = read_page([f"{button}TideNet: Water That Waits", ABSTRACT])
    assert record == {"title": "TideNet: Water That Waits", "abstract": ABSTRACT}


@pytest.mark.parametrize(
    "title", ["Following Water", "Sharing Is Caring for Moss", "Next-Tide Prediction", "Submitted Moss"]
)
def test_a_title_that_begins_like_a_button_stays_whole(title: str) -> None:
    ((_, record),) = read_page([title, ABSTRACT])
    assert record == {"title": title, "abstract": ABSTRACT}


def test_a_title_without_an_abstract_costs_only_itself() -> None:
    rows = list(read_page(["Lonely Title", "Tidal Networks", ABSTRACT, "At the End"]))
    assert rows == [
        (1, "no abstract after this title: Lonely Title"),
        (2, {"title": "Tidal Networks", "abstract": ABSTRACT}),
        (4, "no abstract after this title: At the End"),
    ]


def test_an_abstract_without_a_title_costs_only_itself() -> None:
    lonely = (ABSTRACT + " " + OTHER)[: MAX_TITLE + 100]
    number, problem = next(read_page([lonely]))
    assert number == 1
    assert isinstance(problem, str) and problem.startswith("an abstract without a title before it: We introduce")
    rows = list(read_page([lonely, "Tidal Networks", ABSTRACT]))
    assert rows[1] == (2, {"title": "Tidal Networks", "abstract": ABSTRACT})


def test_a_title_may_be_long_and_an_abstract_may_follow_after_blank_lines() -> None:
    title = "On " + "Very " * 45 + "Long Titles"
    ((_, record),) = read_page([title, "", "", ABSTRACT])
    assert isinstance(record, dict) and record["title"] == title


def test_a_page_file_is_read_with_line_numbers_and_any_line_end(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(f"Upvote\r\nLonely\r\nTidal Networks\r\n{ABSTRACT}\r\n".encode())
    skipped: list[Skipped] = []
    papers = list(read([page], skipped=skipped.append))
    assert [(p.title, p.abstract) for p in papers] == [("Tidal Networks", ABSTRACT)]
    assert [str(s) for s in skipped] == [f"{page}:2: no abstract after this title: Lonely"]


def test_an_empty_page_holds_no_papers(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("")
    assert list(read([page], strict=True)) == []
