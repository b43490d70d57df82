from __future__ import annotations

import csv
import io
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import QueryResultsFormat

sys.path.insert(0, str(Path(__file__).parent))

from example import HOSTILE_TITLE, graph

from kg.errors import UsageError
from kg.export.serialisations import write_turtle
from kg.sparql import MAX_DEPTH, check, named_queries, named_query, query
from kg.triplestore import GraphStore, load_store

BASE = "https://example.org/id/"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
    folder = tmp_path_factory.mktemp("build")
    write_turtle(graph(), folder / "graph.ttl", BASE)
    return load_store(folder)


def ask(store: GraphStore, name: str, **values: object) -> list[tuple[object, ...]]:
    return query(store, named_query(name, **values)).values()


# Asking


def test_prefixes_are_known_under_the_build_s_own_base(store: GraphStore) -> None:
    rows = query(store, "SELECT ?name WHERE { method:tidal-network skos:prefLabel ?name }").values()
    assert rows == [("tidal network",)]
    assert store.prefixes["method"] == f"{BASE}method/"


def test_a_folder_can_be_asked_directly(tmp_path: Path) -> None:
    write_turtle(graph(), tmp_path / "graph.ttl")
    assert query(tmp_path, "ASK { ?p a kg:Paper }").boolean is True
    assert query(tmp_path / "graph.ttl", "ASK { ?p a kg:Nothing }").to_table() == "no"


def test_a_missing_graph_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="kg build"):
        load_store(tmp_path)


def test_a_broken_graph_says_where(tmp_path: Path) -> None:
    (tmp_path / "graph.ttl").write_text("<a> <b> .\n")
    with pytest.raises(UsageError, match=r"graph\.ttl is not Turtle.*line 1"):
        load_store(tmp_path)


def test_a_syntax_error_shows_line_and_place(store: GraphStore) -> None:
    with pytest.raises(UsageError) as caught:
        query(store, "SELECT ?p WHERE {\n  ?p a kg:Paper\n  LIMIT 3")
    assert "line 3, column" in str(caught.value)
    assert str(caught.value).splitlines()[1] == "  LIMIT 3"
    assert str(caught.value).splitlines()[2].strip() == "^"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("INSERT DATA { <a:a> <a:b> 1 }", "INSERT"),
        ("PREFIX x: <http://x/>\n# SELECT\ndelete where { ?s ?p ?o }", "DELETE"),
        ("LOAD <http://127.0.0.1/x>", "LOAD"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * { ?s ?p ?o.service#x\nSilent ?where { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * { FILTER(?a<'x>y') SERVICE <http://h/> { ?s ?p ?o } FILTER(?b='z') }", "SERVICE"),
        ("SELECT * { FILTER(?a<#c>'''\n3) SERVICE <http://h/> { } #'''\n}", "SERVICE"),
        ("SELECT * { ?s <http://e/\\u0070'> 1 . SERVICE kg:x { ?s ?p 'o' } }", "SERVICE"),
        ("SELECT * FROM <http://x> { ?s ?p ?o }", "FROM"),
        ("", "asks nothing"),
        ("# SELECT", "asks nothing"),
    ],
)
def test_what_changes_the_graph_or_leaves_it_is_refused(store: GraphStore, text: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        query(store, text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?service <http://e/from#SERVICE> 'INSERT FROM' }",
        "PREFIX insert: <http://x/> ASK { ?load insert:delete ?myservice . ?myservice ?with ?from }",
        'SELECT ?x { ?x dcterms:title ?t FILTER(CONTAINS(?t, "quality of service")) } # FROM here',
        "SELECT ?a { ?a kg:paperCount ?n FILTER(?n<3 && 3>?n) }",
    ],
)
def test_keywords_elsewhere_are_no_keywords(store: GraphStore, text: str) -> None:
    query(store, text)


def test_deep_and_long_queries_never_reach_the_engine(store: GraphStore) -> None:
    for opening, closing in ("{}", "()", "[]"):
        with pytest.raises(UsageError, match="deep"):
            query(store, "SELECT * {" + opening * 3000 + closing * 3000 + "}")
    with pytest.raises(UsageError, match="characters"):
        check("ASK { ?s ?p 1" + " . ?s ?p 1" * 3000 + "}")
    assert query(store, "ASK " + "{" * MAX_DEPTH + "}" * MAX_DEPTH).boolean


# Answers


def test_each_form_of_answer_has_each_format(store: GraphStore) -> None:
    for text in (
        "SELECT ?t { ?p dcterms:title ?t }",
        "ASK { ?p a kg:Paper }",
        "CONSTRUCT WHERE { ?p dcterms:title ?t }",
        "DESCRIBE method:tidal-network",
    ):
        answer = query(store, text)
        for form in (answer.to_table, answer.to_csv, answer.to_tsv, answer.to_json, answer.to_xml):
            assert form()


def test_answers_are_standard(store: GraphStore) -> None:
    text = "SELECT ?p ?t ?y ?none { ?p dcterms:title ?t OPTIONAL { ?p dcterms:issued ?y } OPTIONAL { ?p <a:b> ?none } }"
    answer = query(store, text)
    for written, form in (
        (answer.to_json(), QueryResultsFormat.JSON),
        (answer.to_xml(), QueryResultsFormat.XML),
        (answer.to_tsv(), QueryResultsFormat.TSV),
    ):
        parsed = pyoxigraph.parse_query_results(written, form)
        assert {tuple(row) for row in parsed} == set(answer.rows)  # type: ignore[union-attr]
    ET.fromstring(answer.to_xml())
    assert json.loads(answer.to_json())["head"]["vars"] == ["p", "t", "y", "none"]
    listed = list(csv.reader(io.StringIO(answer.to_csv(), newline="")))
    assert listed[0] == ["p", "t", "y", "none"]
    assert HOSTILE_TITLE in {row[1] for row in listed}


def test_a_table_lines_up_and_shortens_iris(store: GraphStore) -> None:
    text = (
        "SELECT ?method ?papers { ?method a kg:Method ; kg:paperCount ?papers } ORDER BY DESC(?papers) ?method LIMIT 2"
    )
    assert query(store, text).to_table().splitlines() == [
        "method                   papers",
        "-----------------------  ------",
        "method:moss-transformer       3",
        "method:tidal-network          3",
    ]


# Named queries


def test_every_named_query_runs_and_explains_itself(store: GraphStore) -> None:
    known = list(named_queries())
    assert len(known) >= 15
    for named in known:
        given_values = {p.name: "tidal network" for p in named.parameters if p.default is None}
        query(store, named.fill(given_values))
        assert named.description and not named.description.startswith("$")
        assert "$" not in named.fill(given_values)


def test_shared_methods(store: GraphStore) -> None:
    rows = ask(store, "most-shared-methods", limit=2)
    assert [(name, papers) for _, name, papers in rows] == [("moss transformer", 3), ("tidal network", 3)]


def test_datasets_of_tasks(store: GraphStore) -> None:
    assert ask(store, "datasets-per-task") == [
        ("moss segmentation", "BarkBench", 2),
        ("tide forecasting", "Harbour-10k", 1),
    ]
    assert [row[1:] for row in ask(store, "datasets-of-task", task="Tide Forecasting")] == [("Harbour-10k", 1)]


def test_papers_like_a_paper(store: GraphStore) -> None:
    rows = ask(store, "papers-like", paper="lichen")
    assert {row[0] for row in rows} == {"Lichen", "Moss and lichen"}
    weights = [row[3] for row in ask(store, "papers-like", paper="example:5")]
    assert weights == sorted(weights, reverse=True)


def test_who_proposes_and_who_uses(store: GraphStore) -> None:
    for name in ("tidal network", "Tidal Networks", "tidal-network", "TideNet", "method:tidal-network"):
        assert [row[1:] for row in ask(store, "who-proposes", method=name)] == [("Tides", 2021)]
    assert [row[1:] for row in ask(store, "who-uses", entity="Tidal network")] == [
        ("Tides", "proposes", 2021),
        (HOSTILE_TITLE, "studies", 2024),
        ("Deeper tides", "uses", 2023),
    ]


def test_results_and_leaderboard(store: GraphStore) -> None:
    rows = ask(store, "results-on", dataset="harbour 10k")
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("wave error", 0.31, "deep tidal network"),
        ("wave error", 0.42, "tidal network"),
    ]
    board = ask(store, "leaderboard", dataset="Harbour-10k", metric="wave errors")
    assert [row[0] for row in board] == [0.31, 0.42]


def test_what_goes_together(store: GraphStore) -> None:
    assert ask(store, "metrics-used-together") == []
    assert ask(store, "methods-compared-together") == [("lichen pooling", "moss transformer", 1)]
    assert [row[1:] for row in ask(store, "datasets-by-metric", metric="accuracy")] == [("BarkBench", 1)]


def test_lineage(store: GraphStore) -> None:
    rows = ask(store, "builds-on", paper="example:1")
    assert {(row[2], row[3]) for row in rows} == {("Deeper tides", "tidal network"), (HOSTILE_TITLE, "tidal network")}
    assert [row[:3] for row in ask(store, "lineage-path", paper="deeper")] == [
        ("Deeper tides", "tidal network", "Tides")
    ]
    assert [row[1] for row in ask(store, "narrower-methods", method="tidal networks")] == ["deep tidal network"]


def test_years_and_authors(store: GraphStore) -> None:
    assert ask(store, "entities-by-year", least=1)[0] == (2024, "tidal network", 1)
    assert ask(store, "papers-by-year", entity="tidal network") == [(2021, 1), (2023, 1), (2024, 1)]
    assert [row[1] for row in ask(store, "papers-by-author", author="ada")] == ["Tides"]
    assert {row[1] for row in ask(store, "papers-of-task", task="task:moss-segmentation")} == {
        "=SUM(A1:A9) of moss",
        "Lichen",
    }


def test_the_very_words(store: GraphStore) -> None:
    rows = ask(store, "where-named", entity="lichen pooling")
    assert {(row[0], row[3]) for row in rows} == {("Lichen", "lichen pooling"), ("Moss and lichen", "Lichen pooling")}
    assert ("https://w3id.org/kg-abstracts/ontology#Paper", 7) in ask(store, "counts")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_value_changes_the_question(value: str) -> None:
    filled = named_query("who-proposes", method=value)
    assert filled.count("\n") == named_query("who-proposes", method="x").count("\n")
    asked = pyoxigraph.Store().query(filled, prefixes={"kg": "a:", "dcterms": "b:", "skos": "c:"})
    assert [v.value for v in asked.variables] == ["paper", "title", "year"]  # type: ignore[union-attr]


def test_wrong_parameters_say_what_is_taken() -> None:
    with pytest.raises(UsageError, match=r"there are .*papers-like"):
        named_query("nothing")
    with pytest.raises(UsageError, match="needs method"):
        named_query("who-proposes")
    with pytest.raises(UsageError, match=r"no parameter 'task'.*it takes method"):
        named_query("who-proposes", method="x", task="y")
    with pytest.raises(UsageError, match="whole number"):
        named_query("who-proposes", method="x", limit="1; DROP")
