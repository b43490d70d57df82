"""Queries that are out to do harm: each ends in a status, and meanwhile everybody else is served."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pyoxigraph
import pytest
from conftest import LIMITS, running
from pyoxigraph import Literal, NamedNode, Quad

DIRECT = {"content-type": "application/sparql-query"}
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
POINT = "ASK { <a:1> <a:next> ?x }"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """A server of a graph that is small, and large enough to blow up."""
    path = tmp_path_factory.mktemp("hostile")
    quads = [Quad(NamedNode(f"a:{i}"), NamedNode("a:next"), NamedNode(f"a:{(i * 7 + 3) % 900}")) for i in range(900)]
    quads += [Quad(NamedNode(f"a:{i}"), NamedNode("a:text"), Literal("ab" * 20 + str(i))) for i in range(900)]
    pyoxigraph.serialize((quad.triple for quad in quads), str(path / "graph.ttl"), pyoxigraph.RdfFormat.TURTLE)
    with running(path) as client:
        yield client


def post(web, query, **more):
    return web.post("/sparql", content=query, headers=DIRECT, **more)


GROWING = "BIND('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' AS ?a0) " + " ".join(
    f"BIND(CONCAT(?a{i}, ?a{i}, ?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(16)
)
QUERIES = {
    "cross product": CROSS,
    "cross product in rows": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "cross product in triples": "CONSTRUCT { ?a ?e ?i } { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "sorting a cross product": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f",
    "strings that grow": f"SELECT (STRLEN(?a16) AS ?n) {{ {GROWING} }}",
    "strings joined": "SELECT (GROUP_CONCAT(?c) AS ?x) { ?a <a:text> ?c . ?d ?e ?f . ?g ?h ?i }",
    "paths that go everywhere": "SELECT (COUNT(*) AS ?n) { ?a (!<a:x>)* ?b . ?c (!<a:y>)* ?d . ?e (<a:next>|^<a:next>)* ?f }",
    "backtracking": "SELECT (COUNT(*) AS ?n) { ?a <a:text> ?b . ?c <a:text> ?d . ?e <a:text> ?f "
                    "FILTER(REGEX(CONCAT(?b, ?d), CONCAT('(.*)(.*)(.*)(.*)', ?f, '$x'))) }",
    "a large automaton": "SELECT * { ?s ?p ?o FILTER(REGEX(?o, '((a{1,100}){1,100}){1,100}')) }",
    "a long chain of paths": "SELECT * { ?s " + "<a:next>/" * 1900 + "<a:next> ?o }",
    "a long chain of joins": "SELECT * {" + "?s ?p ?o." * 1900 + "}",
    "a list without end": "ASK { (" + "1 " * 9000 + ") ?p ?o }",
    "many values": "SELECT * {" + "".join(f"VALUES ?v{i}{{1 2 3 4 5 6 7 8 9}}" for i in range(500)) + "}",
    "a negated cross product": "SELECT * { ?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f . ?g ?h ?i FILTER(?a = ?g && ?d = 5) } }",
    "three thousand braces": "SELECT * " + "{" * 3000 + "}" * 3000,
    "three thousand brackets": "SELECT * { ?s ?p ?o FILTER(" + "(" * 3000 + "1" + ")" * 3000 + ") }",
    "a call elsewhere": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "another graph": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "a download": "LOAD <http://127.0.0.1:9/>",
}  # fmt: skip
#: Long, but nothing that an engine could not do.
HARMLESS = {
    "negations": "ASK { FILTER(" + "!" * 18_000 + "true) }",
    "sum": "SELECT (1" + "+1" * 3000 + " AS ?x) {}",
    "prefixes": "PREFIX a:<a:b> " * 1300 + "ASK {}",
    "nesting": "SELECT * " + "{" * 60 + " <a:1> ?p ?o " + "}" * 60,
    "brackets": "ASK {" + "[ <a:a> " * 60 + "1" + "]" * 60 + "}",
}


@pytest.fixture
def others(web):
    """Somebody who asks small questions all the time; gives the seconds that each took."""
    took: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=web.base_url, timeout=20, trust_env=False) as client:
            while not over.is_set():
                start = time.perf_counter()
                answer = client.get("/sparql", params={"query": POINT})
                took.append(time.perf_counter() - start)
                assert answer.status_code == 200 and answer.json()["boolean"] is True
                time.sleep(0.01)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        yield took
        over.set()
        asking.result(20)


@pytest.mark.parametrize("name", QUERIES)
def test_harm_ends_in_a_status_and_others_are_served(web, others, name):
    answer = post(web, QUERIES[name])
    assert answer.status_code in (400, 413, 503)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8" and len(answer.text) > 20
    wait_until(lambda: others)
    assert max(others) < 1


@pytest.mark.parametrize("name", HARMLESS)
def test_length_alone_does_no_harm(web, name):
    assert post(web, HARMLESS[name]).status_code == 200


def test_reasons_are_told(web):
    assert "did not end within 1.5 s" in post(web, CROSS).text
    assert "more memory than the 128 MiB" in post(web, QUERIES["strings that grow"]).text
    assert "4 MiB" in post(web, QUERIES["cross product in rows"]).text


def test_many_at_once_are_answered_or_refused(web, others):
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: post(web, CROSS), range(12)))
    assert {answer.status_code for answer in answers} == {503}
    refused = [answer for answer in answers if "retry-after" in answer.headers]
    assert len(answers) - len(refused) >= LIMITS.long
    assert others and sorted(others)[len(others) // 2] < 1
    assert post(web, POINT).json()["boolean"] is True


def test_a_burst_of_small_questions_is_served(web):
    limits = httpx.Limits(max_connections=60)
    with httpx.Client(base_url=web.base_url, limits=limits, timeout=20, trust_env=False) as client:
        with ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(lambda _: post(client, POINT), range(240)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) > 100
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)


def test_an_answer_that_comes_as_patience_ends_is_an_answer(tmp_path):
    (tmp_path / "graph.ttl").write_text("<a:1> <a:next> <a:2> .\n")
    with running(tmp_path, replace(LIMITS, patience=0.001, long=1)) as web, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: post(web, f"ASK {{ <a:{number}> ?p ?o }}"), range(100)))
    assert {answer.status_code for answer in answers} <= {200, 503}


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_client_that_leaves_takes_its_query_along(web):
    with pytest.raises(httpx.ReadTimeout):
        post(web, CROSS, timeout=0.3)
    wait_until(lambda: web.get("/health").json()["long"] == 0, LIMITS.seconds / 2)


def test_a_killed_worker_is_replaced(web):
    before = {worker.pid for worker in web.pool._workers}
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(web.pool._idle) == LIMITS.workers and not before & {w.pid for w in web.pool._workers})
    assert post(web, POINT).status_code == 200


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
def test_workers_have_nothing_open_and_end_with_the_server(tmp_path):
    (tmp_path / "graph.ttl").write_text("<a:1> <a:next> <a:2> .\n")
    with running(tmp_path) as client:
        wait_until(lambda: all(worker.pid for worker in client.pool._workers))
        pids = [worker.pid for worker in client.pool._workers]
        nursery = client.pool._nursery._process.pid
        assert len(pids) == LIMITS.workers
        for pid in pids:
            targets = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
            assert sorted({t.partition(":")[0] for t in targets}) == ["/dev/null", "socket"]
            assert sum(target.startswith("socket") for target in targets) == 1
            assert "Max open files            0                    0" in Path(f"/proc/{pid}/limits").read_text()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in [*pids, nursery]))


def test_the_graph_is_loaded_anew_when_its_process_dies(tmp_path):
    (tmp_path / "graph.ttl").write_text("<a:1> <a:next> <a:2> .\n")
    with running(tmp_path) as client:
        client.pool._nursery._process.kill()
        wait_until(lambda: not client.pool.ready)
        wait_until(lambda: client.get("/health").json()["status"] == "ok", 20)
        assert post(client, POINT).json()["boolean"] is True


def test_a_query_known_to_be_long_leaves_the_short_ones_alone(web, others):
    """Many at once who ask the same long query again and again."""

    def insist(_: int) -> set[int]:
        return {post(web, CROSS).status_code for _ in range(2)}

    with ThreadPoolExecutor(10) as pool:
        statuses = set().union(*pool.map(insist, range(10)))
    assert statuses == {503}
    assert sorted(others)[len(others) * 95 // 100] < 0.5
    wait_until(lambda: web.get("/health").json()["long"] == 0)
    assert web.pool._free_slots == LIMITS.long
