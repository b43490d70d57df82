"""The records: what a line of papers.jsonl holds, there and back."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.records import (
    LABELS,
    ROLES,
    BuildsOn,
    Entity,
    EntityMention,
    Mention,
    Paper,
    PaperEntity,
    ReadPaper,
    Related,
    Result,
    entity_kind,
)

PAPER = Paper(
    id="doi:10.1234/tide",
    title="Tidal Networks 🌊",
    abstract="TideNet has a wave error of 4.2% on Harbour-10k.",
    authors=("Ada Brook", "Wei Li"),
    year=2021,
    venue="Journal of Invented Water",
    doi="10.1234/tide",
    arxiv="2103.00001",
    url="https://example.org/tide",
    keywords=("tides",),
)
READ = ReadPaper(
    PAPER,
    entities=(
        PaperEntity("method:tidenet", "METHOD", "TideNet", "proposed", (EntityMention(17, 24, "TideNet"),)),
        PaperEntity(
            "dataset:harbour-10k", "DATASET", "Harbour-10k", "evaluated_on", (EntityMention(53, 64, "Harbour-10k"),)
        ),
    ),
    results=(Result("method:tidenet", "metric:wave-error", "dataset:harbour-10k", 4.2, "%", "absolute", "", 45, 48),),
    related=(Related("arxiv:2103.00002", 7.31, ("method:tidenet",)),),
    builds_on=(BuildsOn("arxiv:1412.00001", "method:moss"),),
)  # fmt: skip


def test_a_line_has_the_keys_of_the_contract_in_order() -> None:
    line = READ.as_dict()
    assert list(line) == [
        "id", "title", "abstract", "authors", "year", "venue", "doi", "arxiv", "url", "keywords",
        "entities", "results", "related", "builds_on",
    ]  # fmt: skip
    assert list(line["entities"][0]) == ["id", "label", "name", "role", "mentions"]
    assert line["entities"][0]["mentions"] == [{"start": 17, "end": 24, "text": "TideNet"}]
    assert line["results"] == [
        {"method": "method:tidenet", "metric": "metric:wave-error", "dataset": "dataset:harbour-10k", "value": 4.2,
         "unit": "%", "kind": "absolute", "setting": "", "start": 45, "end": 48}
    ]  # fmt: skip
    assert line["related"] == [{"id": "arxiv:2103.00002", "weight": 7.31, "shared": ["method:tidenet"]}]
    assert line["builds_on"] == [{"id": "arxiv:1412.00001", "via": "method:moss"}]


def test_offsets_count_code_points_of_title_newline_abstract() -> None:
    assert PAPER.text == f"{PAPER.title}\n{PAPER.abstract}"
    for entity in READ.entities:
        for mention in entity.mentions:
            assert PAPER.text[mention.start : mention.end] == mention.text
    (result,) = READ.results
    assert PAPER.text[result.start : result.end] == "4.2"


def test_a_line_comes_back_as_the_same_record() -> None:
    line = json.loads(json.dumps(READ.as_dict(), ensure_ascii=False))
    assert ReadPaper.from_dict(line) == READ
    assert Paper.from_dict(line) == PAPER


text = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    st.builds(
        Paper,
        id=text, title=text, abstract=text, authors=st.lists(text, max_size=3).map(tuple),
        year=st.none() | st.integers(1500, 2100), venue=text, doi=text, arxiv=text, url=text,
        keywords=st.lists(text, max_size=3).map(tuple),
    )
)  # fmt: skip
def test_any_paper_comes_back_as_the_same_record(paper: Paper) -> None:
    assert Paper.from_dict(json.loads(json.dumps(paper.as_dict()))) == paper


def test_unknown_facts_are_empty() -> None:
    paper = Paper.from_dict({"id": "x", "title": "On x", "abstract": "We wait.", "venue": None, "authors": None})
    assert paper == Paper("x", "On x", "We wait.")
    assert paper.year is None and paper.authors == () and paper.venue == ""
    assert ReadPaper.from_dict(paper.as_dict()) == ReadPaper(paper)


def test_links_are_added_to_a_copy() -> None:
    linked = ReadPaper(PAPER).with_links(READ.related, READ.builds_on)
    assert (linked.related, linked.builds_on) == (READ.related, READ.builds_on)
    assert ReadPaper(PAPER).related == ()


@pytest.mark.parametrize("record", [PAPER, READ, READ.entities[0], READ.results[0], READ.related[0], READ.builds_on[0]])
def test_records_are_frozen_and_hashable(record: Any) -> None:
    with pytest.raises((FrozenInstanceError, AttributeError)):
        setattr(record, fields(record)[0].name, "other")
    assert hash(record) == hash(type(record)(*(getattr(record, f.name) for f in fields(record))))


def test_mentions_sort_by_place() -> None:
    late, early = Mention(9, 12, "moss", "METHOD"), Mention(0, 4, "tide", "TASK")
    assert sorted([late, early]) == [early, late]


def test_every_label_has_roles_and_every_label_may_be_mentioned() -> None:
    assert list(ROLES) == list(LABELS)
    assert all(roles[-1] == "mentioned" and len(set(roles)) == len(roles) for roles in ROLES.values())


@pytest.mark.parametrize(
    ("identity", "label"), [("method:adam", "METHOD"), ("task:a:b", "TASK"), ("dataset:x", "DATASET")]
)
def test_the_kind_of_an_entity_id(identity: str, label: str) -> None:
    assert entity_kind(identity) == label


def test_an_entity_without_papers_is_bare() -> None:
    entity = Entity("metric:wave-error", "METRIC", "wave error")
    assert (entity.aliases, entity.papers, dict(entity.surfaces), entity.higher_is_better) == ((), 0, {}, None)
