from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import HealthCheck, example, given, settings

sys.path.insert(0, str(Path(__file__).parents[1]))

import bolt
import hostile
from example import graph

from kg.analytics import analyse
from kg.errors import UsageError
from kg.export.neo4j import ARRAY_SEPARATOR, constraints, literal, push, write_neo4j
from kg.export.properties import LABELS, relationship_type
from kg.export.terms import writable
from kg.graph import count_by_kind

PARSED = {"long": int, "double": float, "boolean": "true".__eq__, "string": str, "ID": str, "LABEL": str}


@pytest.fixture(autouse=True)
def _not_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.files.os.fsync", lambda handle: None)


def read_csv(path: Path) -> list[dict[str, Any]]:
    """The rows as the importer reads them: nothing between two commas is no property, lists are split."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, strict=True)
    return [{cell: converted(cell, text) for cell, text in zip(header, line, strict=True) if text} for line in lines]


def converted(cell: str, text: str) -> Any:
    kind = cell.partition(":")[2]
    if kind.endswith("[]"):
        return [PARSED[kind[:-2]](item) for item in text.split(ARRAY_SEPARATOR)]
    return PARSED.get(kind, str)(text)


def nodes_of(folder: Path) -> dict[str, dict[str, Any]]:
    rows = [row for path in (folder / "nodes").iterdir() for row in read_csv(path)]
    return {row["id:ID"]: row for row in rows}


def edges_of(folder: Path) -> list[dict[str, Any]]:
    return [row for path in (folder / "relationships").iterdir() for row in read_csv(path)]


def test_csvs_hold_every_node_and_relationship(tmp_path: Path) -> None:
    original = analyse(graph())
    write_neo4j(original, tmp_path)
    nodes, edges = count_by_kind(original)
    found = nodes_of(tmp_path)
    assert Counter(row[":LABEL"] for row in found.values()) == {LABELS[kind]: n for kind, n in nodes.items()}
    relationships = edges_of(tmp_path)
    assert Counter(row[":TYPE"] for row in relationships) == {relationship_type(r): n for r, n in edges.items()}
    assert {row[end] for row in relationships for end in (":START_ID", ":END_ID")} <= set(found)
    assert found["method:tidal-network"]["sameAs:string[]"] == ["https://example.org/tidal", "javascript:alert(3)"]
    assert found["metric:accuracy"]["higherIsBetter:boolean"] is True
    assert found["result:example:1#1"]["value:double"] == 0.42
    assert found["example:1"]["authors:string[]"] == ["Ada Example"]


def test_relationship_types_are_in_capitals() -> None:
    assert relationship_type("comparesWith") == "COMPARES_WITH"
    assert relationship_type("sharesEntitiesWith") == "SHARES_ENTITIES_WITH"
    assert relationship_type("proposes") == "PROPOSES"


@settings(max_examples=hostile.examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=hostile.text, name=hostile.text, key=hostile.identifier)
@example(title="".join(hostile.PIECES), name="a\x1fb;c", key='"\n",')
def test_any_text_survives_the_csvs(title: str, name: str, key: str, tmp_path: Path) -> None:
    original = hostile.small_graph(title, name, key)
    write_neo4j(original, tmp_path)
    found = nodes_of(tmp_path)
    row = found[writable(key)]
    assert len(found) == len(original) and len(edges_of(tmp_path)) == original.number_of_edges()
    assert row.get("title:string", "") == writable(title)
    assert row["authors:string[]"] == [writable(author) for author in (name or "m", title) if author]
    assert found["method:m"]["name:string"] == writable(name or "m")


# Cypher


def cypher_parser() -> Any:
    dialects = pytest.importorskip("graphglot.dialect", reason="needs a parser of Cypher: pip install graphglot")
    return dialects.Dialect.get_or_raise("neo4j")


def statements(folder: Path) -> list[str]:
    script = (folder / "load.cypher").read_text(encoding="utf-8")
    return [statement for statement in script.split(";\n") if statement]


def test_the_script_is_cypher_to_a_parser(tmp_path: Path) -> None:
    neo4j = cypher_parser()
    write_neo4j(hostile.small_graph("".join(hostile.PIECES), "\\u0027", '"'), tmp_path)
    for statement in statements(tmp_path):
        checked = neo4j.validate(statement)
        assert checked.success, (checked.error, statement)


@settings(max_examples=hostile.examples(60), deadline=None)
@given(text=hostile.text)
@example(text="".join(hostile.PIECES))
def test_a_literal_means_the_text_that_it_was_made_from(text: str) -> None:
    neo4j = cypher_parser()
    parsed = str(neo4j.parse(f"RETURN {literal(writable(text))} AS x"))
    assert f"CharacterStringLiteral(value={writable(text)!r})" in parsed


@settings(max_examples=hostile.examples(200), deadline=None)
@given(text=hostile.text)
@example(text="".join(hostile.PIECES))
@example(text="\\\\\\u0022")
def test_no_text_ends_its_literal_whenever_escapes_of_unicode_are_replaced(text: str) -> None:
    """Before strings are looked for, as Neo4j did up to version 5, or with the other escapes."""
    written = literal(writable(text))
    assert meaning(written, early=False) == meaning(written, early=True) == writable(text)


def meaning(written: str, early: bool) -> str:
    if early:
        written = unicode_replaced(written)
    assert written[0] == written[-1] == '"'
    found, at = "", 1
    while at < len(written) - 1:
        assert written[at] != '"', "the literal ends too soon"
        if written[at] != "\\":
            found, at = found + written[at], at + 1
        elif written[at + 1] == "u":
            found, at = found + chr(int(written[at + 2 : at + 6], 16)), at + 6
        else:
            found, at = found + {"n": "\n", "t": "\t"}.get(written[at + 1], written[at + 1]), at + 2
    assert at == len(written) - 1
    return found


def unicode_replaced(written: str) -> str:
    """As a scanner does it that looks at one backslash at a time, whatever stands before it."""
    found, at = "", 0
    while at < len(written):
        if written.startswith("\\u", at):
            found, at = found + chr(int(written[at + 2 : at + 6], 16)), at + 6
        else:
            found, at = found + written[at], at + 1
    return found


class Engine:
    """An openCypher engine with the face of Neo4j's driver. Constraints, which are Neo4j's own, it only notes."""

    def __init__(self) -> None:
        self.graph = pytest.importorskip("ocg", reason="needs an openCypher engine: pip install ocg").Graph()
        self.constraints: list[str] = []

    def execute_query(self, statement: str, parameters_: dict[str, Any] | None = None) -> Any:
        if statement.startswith("CREATE CONSTRAINT"):
            return self.constraints.append(statement)
        return self.graph.execute(statement, parameters_)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        nodes = self.graph.execute("MATCH (n) RETURN labels(n)[0] AS name, count(*) AS number")
        edges = self.graph.execute("MATCH ()-[r]->() RETURN type(r) AS name, count(*) AS number")
        return {r["name"]: r["number"] for r in nodes}, {r["name"]: r["number"] for r in edges}


def expected_counts(original: nx.MultiDiGraph) -> tuple[dict[str, int], dict[str, int]]:
    nodes, edges = count_by_kind(original)
    return {LABELS[kind]: n for kind, n in nodes.items()}, {relationship_type(r): n for r, n in edges.items()}


def test_the_script_makes_the_graph_and_running_it_again_changes_nothing(tmp_path: Path) -> None:
    engine, original = Engine(), analyse(graph())
    write_neo4j(original, tmp_path)
    for _ in range(2):
        for statement in statements(tmp_path):
            engine.execute_query(statement.removeprefix("// A graph of papers. Running this again changes nothing.\n"))
        assert engine.counts() == expected_counts(original)


def test_a_push_makes_the_graph_and_can_be_done_again() -> None:
    engine, original = Engine(), analyse(graph())
    for _ in range(2):
        assert push(original, "", "", "", engine) == (original.number_of_nodes(), original.number_of_edges())
        assert engine.counts() == expected_counts(original)
    assert engine.constraints == constraints() * 2


def test_the_official_driver_carries_the_push_over_bolt() -> None:
    pytest.importorskip("neo4j")
    engine = Engine()
    original = hostile.small_graph("".join(hostile.PIECES) * 50, "naïve 😀", "k" * 70_000)
    with bolt.serving(engine.execute_query) as uri:
        push(original, uri, "neo4j", "secret")
        push(original, uri, "neo4j", "secret")
    assert engine.counts() == expected_counts(original)
    [row] = engine.graph.execute("MATCH (p:Paper)-[:USES]->(m:Method) RETURN p.id AS id, p.title AS t, m.name AS n")
    assert row == {"id": "k" * 70_000, "t": writable("".join(hostile.PIECES) * 50), "n": "naïve 😀"}


def test_a_statement_that_the_server_refuses_is_one_line() -> None:
    pytest.importorskip("neo4j")

    def refuse(statement: str, parameters: object) -> None:
        raise ValueError("no\nwrites here")

    with bolt.serving(refuse) as uri, pytest.raises(UsageError, match="no writes here") as caught:
        push(graph(), uri, "neo4j", "secret")
    assert "\n" not in str(caught.value)


def test_hostile_text_arrives_unchanged_by_script_and_by_push(tmp_path: Path) -> None:
    title = "".join(hostile.PIECES)
    original = hostile.small_graph(title, '"}) DETACH DELETE n //', "\\u0022")
    write_neo4j(original, tmp_path)
    scripted, pushed = Engine(), Engine()
    for statement in statements(tmp_path):
        scripted.execute_query(statement.removeprefix("// A graph of papers. Running this again changes nothing.\n"))
    push(original, "", "", "", pushed)
    for engine in (scripted, pushed):
        rows = engine.graph.execute("MATCH (p:Paper)-[:USES]->(m:Method) RETURN p.id AS id, p.title AS t, m.name AS n")
        assert rows == [{"id": "\\u0022", "t": writable(title), "n": '"}) DETACH DELETE n //'}]


def test_a_push_without_the_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neo4j", None)
    with pytest.raises(UsageError, match=r"pip install 'kg-abstracts\[neo4j\]'"):
        push(graph(), "bolt://127.0.0.1:1", "neo4j", "x")


@pytest.mark.parametrize("uri", ["bolt://127.0.0.1:1", "http://127.0.0.1:1", "nonsense"])
def test_a_push_to_no_server_is_one_line(uri: str) -> None:
    pytest.importorskip("neo4j")
    with pytest.raises(UsageError) as caught:
        push(graph(), uri, "neo4j", "x")
    assert str(caught.value).startswith(uri) and "\n" not in str(caught.value)


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    turned = nx.MultiDiGraph()
    turned.add_nodes_from(reversed(list(graph().nodes(data=True))))
    turned.add_edges_from(reversed(list(graph().edges(keys=True, data=True))))
    write_neo4j(graph(), tmp_path / "one")
    write_neo4j(turned, tmp_path / "two")
    paths = [path for path in sorted((tmp_path / "one").rglob("*")) if path.is_file()]
    assert paths
    for path in paths:
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
