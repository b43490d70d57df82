from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))

import hostile
from example import entities, graph, papers

from kg.analytics import analyse
from kg.cli import app
from kg.errors import KgError, UsageError
from kg.export.ladybug import check, query_ladybug, write_ladybug
from kg.export.properties import LABELS, relationship_type
from kg.export.terms import writable
from kg.graph import build_graph, count_by_kind
from kg.store import write_entities, write_papers

pytest.importorskip("ladybug")

NODES = "MATCH (n) RETURN label(n) AS label, count(*) AS number"
EDGES = "MATCH ()-[r]->() RETURN label(r) AS type, count(*) AS number"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ladybug") / "graph.lbug"
    write_ladybug(analyse(graph()), path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("built")
    write_papers(papers(), made)
    write_entities(entities(), {}, made)
    return made


def test_the_database_holds_every_node_and_relationship(database: Path) -> None:
    nodes, edges = count_by_kind(graph())
    assert dict(query_ladybug(database, NODES)[1]) == {LABELS[kind]: n for kind, n in nodes.items()}
    assert dict(query_ladybug(database, EDGES)[1]) == {relationship_type(r): n for r, n in edges.items()}


def test_it_is_one_file(database: Path) -> None:
    assert [path.name for path in database.parent.iterdir()] == ["graph.lbug"]


def test_properties_have_types(database: Path) -> None:
    columns, rows = query_ladybug(
        database,
        "MATCH (r:Result)-[:OF_METHOD]->(m:Method {name: 'deep tidal network'}) MATCH (r)-[:BY_METRIC]->(q:Metric) "
        "RETURN r.value AS value, r.spanStart AS at, q.higherIsBetter AS higher, m.aliases AS aliases",
    )
    assert columns == ["value", "at", "higher", "aliases"]
    assert rows == [[0.31, 90, False, None]]


def test_nodes_relationships_and_paths_come_as_what_is_set_in_them(database: Path) -> None:
    query = "MATCH path = (p:Paper {id: 'example:2'})-[r:PROPOSES]->(m:Method) RETURN m, r, path"
    _, [[method, relationship, path]] = query_ladybug(database, query)
    assert method["_label"] == "Method" and method["name"] == "deep tidal network" and "aliases" not in method
    assert relationship == {"_label": "PROPOSES", "spanStarts": [17], "spanEnds": [35]}
    assert [node["id"] for node in path["nodes"]] == ["example:2", "method:deep-tidal-network"]
    assert path["relationships"] == [relationship]


def test_evidence_is_the_text_where_the_entity_stands(database: Path) -> None:
    _, rows = query_ladybug(
        database, "MATCH (p:Paper)-[r:USES]->(m:Method) RETURN p.title, p.abstract, r.spanStarts, r.spanEnds, m.name"
    )
    assert rows
    for title, abstract, starts, ends, name in rows:
        quoted = [f"{title}\n{abstract}"[start:end] for start, end in zip(starts, ends, strict=True)]
        assert {text.lower() for text in quoted} == {name}


@settings(max_examples=hostile.examples(5), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=hostile.text, name=hostile.text, key=hostile.identifier)
@example(title="".join(hostile.PIECES), name="'}) DETACH DELETE n //", key="\x00'")
def test_any_text_survives(title: str, name: str, key: str, tmp_path: Path) -> None:
    original = hostile.small_graph(title, name, key)
    write_ladybug(original, tmp_path / "graph.lbug")
    _, rows = query_ladybug(
        tmp_path / "graph.lbug", "MATCH (p:Paper)-[:USES]->(m:Method) RETURN p.id, p.title, p.authors, m.name"
    )
    authors = [writable(author) for author in (name or "m", title) if author]
    assert rows == [[writable(key), writable(title) or None, authors, writable(name or "m")]]
    found = Counter(dict(query_ladybug(tmp_path / "graph.lbug", EDGES)[1]))
    assert found.total() == original.number_of_edges()


def test_a_new_export_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    write_ladybug(hostile.small_graph("one", "m", "k"), tmp_path / "graph.lbug")
    write_ladybug(hostile.small_graph("two", "m", "k"), tmp_path / "graph.lbug")
    assert query_ladybug(tmp_path / "graph.lbug", "MATCH (p:Paper {id: 'k'}) RETURN p.title")[1] == [["two"]]


def test_too_little_address_space_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.export.ladybug.ADDRESS_SPACE", 1 << 60)
    with pytest.raises(KgError, match=r"cannot begin a database in .*ulimit"):
        write_ladybug(graph(), tmp_path / "graph.lbdb")
    assert not list(tmp_path.iterdir())


def test_a_failed_export_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "graph.lbug"
    write_ladybug(hostile.small_graph("one", "m", "k"), path)
    monkeypatch.setattr("kg.export.ladybug._copy", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_ladybug(hostile.small_graph("two", "m", "k"), path)
    assert [left.name for left in tmp_path.iterdir()] == ["graph.lbug"]
    assert query_ladybug(path, "MATCH (p:Paper {id: 'k'}) RETURN p.title")[1] == [["one"]]


@pytest.mark.parametrize(
    "query",
    [
        "LOAD FROM '/etc/hostname' (file_format='csv', header=false) RETURN *",
        "MATCH (p:Paper) LOAD FROM '/etc/hostname' (file_format='csv') RETURN *",
        "MATCH (p:Paper) WHERE p.year > 1. LOAD FROM 'x.csv' RETURN *",
        "MATCH (p:Paper) /* ' */ load/**/from 'x.csv' RETURN '*'",
        "COPY (MATCH (p:Paper) RETURN p.id) TO 'x.csv'",
        "EXPLAIN COPY Paper FROM 'x.csv'",
        "EXPORT DATABASE 'x'",
        "IMPORT DATABASE 'x'",
        "INSTALL httpfs",
        "ATTACH 'other.lbug' AS other",
        "CALL read_csv_serial('/etc/hostname') RETURN *",
        "RETURN 1; INSTALL httpfs",
        "RETURN 1;;INSTALL httpfs",
        "CREATE (p:Paper {id: 'x'})",
        "DROP TABLE Paper",
        "",
        "// nothing",
        "RETURN '" + "x" * 30_000 + "'",
    ],
)
def test_a_query_reads_the_graph_and_nothing_else(query: str, database: Path) -> None:
    with pytest.raises(UsageError):
        check(query)
    with pytest.raises(UsageError):
        query_ladybug(database, query)


@pytest.mark.parametrize("query", ["MATCH (n:Paper) SET n.title = 'x'", "MATCH (n:Paper) DETACH DELETE n"])
def test_a_query_changes_nothing(query: str, database: Path) -> None:
    with pytest.raises(UsageError):
        query_ladybug(database, query)


@pytest.mark.parametrize(
    "query",
    [
        "MATCH (p:Paper) WHERE p.title CONTAINS 'load from' OR p.title = \"copy\" RETURN p.id // LOAD",
        "RETURN 'it\\'s; COPY' AS x;  ",
        "MATCH (p:Paper) RETURN p.id AS `load`",
        "/* COPY */ RETURN 1 AS x",
        "UNWIND [1, 2] AS x RETURN x",
        "CALL show_tables() RETURN name",
    ],
)
def test_words_in_texts_names_and_comments_are_no_commands(query: str, database: Path) -> None:
    query_ladybug(database, query)


@pytest.mark.parametrize("query", ["MATCH (n", "RETURN m", "MATCH (n:Nothing) RETURN n", "RETURN '\\ud83d'"])
def test_a_wrong_query_says_what_is_wrong(query: str, database: Path) -> None:
    with pytest.raises(UsageError) as caught:
        query_ladybug(database, query)
    assert "exception" not in str(caught.value).partition("\n")[0]


def test_no_database_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="kg export"):
        query_ladybug(tmp_path / "none.lbug", "RETURN 1")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ladybug", None)
    with pytest.raises(UsageError, match=r"pip install 'kg-abstracts\[ladybug\]'"):
        write_ladybug(graph(), tmp_path / "graph.lbug")


# The command


def ask(folder: Path, query: str, *options: str) -> str:
    done = CliRunner().invoke(app, ["query", str(folder), "--cypher", query, *options], catch_exceptions=False)
    return done.stdout


def test_the_command_makes_the_database_once_and_again_when_the_graph_changes(folder: Path) -> None:
    query = "MATCH (p:Paper) RETURN count(*) AS papers"
    assert ask(folder, query) == "papers\n------\n     7\n"
    made = (folder / "graph.lbug").stat().st_mtime_ns
    assert ask(folder, query, "--format", "csv") == "papers\n7\n"
    assert (folder / "graph.lbug").stat().st_mtime_ns == made
    write_papers(papers()[:6], folder)
    os.utime(folder / "papers.jsonl", ns=(made + 10**9, made + 10**9))
    assert json.loads(ask(folder, query, "--format", "json")) == {"columns": ["papers"], "rows": [[6]]}


def test_the_command_shows_nodes_paths_and_lists(database: Path, folder: Path) -> None:
    query = "MATCH x = (:Paper {id: 'example:2'})-[:PROPOSES]->(m) RETURN m, x, [1, 2] AS l, true AS t, null AS n"
    line = ask(folder, query).splitlines()[2]
    assert line.split("  ")[:1] == ["(:Method method:deep-tidal-network)"]
    assert "(:Paper example:2)—[:PROPOSES]—(:Method method:deep-tidal-network)" in line
    assert line.rstrip().endswith("1, 2  true")


def test_the_command_refuses_other_formats_and_two_queries(folder: Path) -> None:
    for options in (["--format", "xml"], ["--name", "papers"]):
        with pytest.raises(UsageError):
            CliRunner().invoke(
                app,
                ["query", str(folder), "--cypher", "RETURN 1", *options],
                catch_exceptions=False,
                standalone_mode=False,
            )


def test_a_graph_that_was_not_analysed_can_be_written(tmp_path: Path) -> None:
    write_ladybug(build_graph(papers(), entities()), tmp_path / "graph.lbug")
    assert query_ladybug(tmp_path / "graph.lbug", "MATCH (p:Paper) RETURN p.community LIMIT 1")[1] == [[None]]
