from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap

import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat, Store

from kg.server.limits import Limits
from kg.server.messages import Outcome, Question
from kg.server.names import Names
from kg.server.worker import Holdings, count_rows, respond
from kg.triplestore import GraphStore

HOSTILE = ['}},{"', "a\\", '\\"},{', "\r\n,\t\"'", "<result>", "}, {", "", "[{"]


@pytest.fixture(scope="module")
def held() -> Holdings:
    quads = [Quad(NamedNode(f"a:{i}"), NamedNode("a:p"), Literal(text)) for i, text in enumerate(HOSTILE)]
    store = Store()
    store.extend(quads)
    return Holdings(GraphStore(store, {"x": "a:"}), Names(store))


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize("query", ["SELECT ?s ?o { ?s ?p ?o }", "SELECT ?o ?none { ?s ?p ?o }", "SELECT * { ?s x:q ?o }",
                                   "SELECT ?none { ?s ?p ?o }"])  # fmt: skip
def test_rows_are_counted_whatever_is_in_them(held, name, query):
    written = respond(held, Question(query, table=name), Limits())
    assert count_rows(written.content, name) == len(list(held.graph.store.query(query, prefixes=held.graph.prefixes)))


def test_as_many_rows_as_allowed_and_no_more(held):
    query = "SELECT * { ?s ?p ?o }"
    exact, fewer = Limits(rows=len(HOSTILE)), Limits(rows=len(HOSTILE) - 1)
    assert respond(held, Question(query), exact).outcome is Outcome.ROWS
    refused = respond(held, Question(query), fewer)
    assert refused.outcome is Outcome.TOO_LARGE and b"7 rows" in refused.content
    query = "CONSTRUCT { ?s ?p ?o . ?o ?p ?s } { ?s ?p ?o }"
    assert respond(held, Question(query), exact).outcome is Outcome.TRIPLES
    assert respond(held, Question(query), fewer).outcome is Outcome.TOO_LARGE


def test_what_the_engine_writes_is_what_the_library_answers(held):
    query = "SELECT ?s ?o { ?s x:p ?o } ORDER BY ?s"
    expected = [tuple(row) for row in held.graph.store.query(query, prefixes=held.graph.prefixes)]
    for name, form in (("json", QueryResultsFormat.JSON), ("xml", QueryResultsFormat.XML)):
        content = respond(held, Question(query, table=name), Limits()).content
        assert [tuple(row) for row in pyoxigraph.parse_query_results(content, form)] == expected


def test_a_form_that_nobody_wants_is_not_made(held):
    assert respond(held, Question("ASK {}", table=""), Limits()).outcome is Outcome.UNACCEPTABLE
    assert respond(held, Question("CONSTRUCT WHERE { ?s ?p ?o }", graph=""), Limits()).content == b"triples"


SEALED = """
    import os, socket, sys
    from kg.server.limits import Limits
    from kg.server.worker import seal
    line = os.dup(1)
    seal(Limits(memory=64 << 20))
    def tried(what, *arguments):
        try:
            what(*arguments)
        except (OSError, MemoryError) as error:
            return type(error).__name__
        return "done"
    attempts = [tried(open, "/etc/passwd"), tried(open, sys.argv[1], "w"), tried(socket.socket), tried(os.pipe),
                tried(os.dup, line), tried(bytearray, 256 << 20), tried(bytearray, 1 << 20)]
    os.write(line, " ".join(attempts).encode())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how much memory is taken is only known on Linux")
def test_a_sealed_process_opens_nothing_and_takes_no_more_memory(tmp_path):
    script = [sys.executable, "-c", textwrap.dedent(SEALED), str(tmp_path / "file")]
    said = subprocess.run(script, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["OSError"] * 5 + ["MemoryError", "done"]
    assert not os.listdir(tmp_path)
    assert socket.socket().close() is None
