"""Hostile queries and requests against a live ``kg serve`` on the loopback address, with ordinary clients beside them."""

from __future__ import annotations

import asyncio
import http.client
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

from benchmarks.robustness.report import Row
from benchmarks.robustness.sandbox import run
from benchmarks.serving import CROSS

CLIENTS = 200
MOST_POINT_SECONDS = 0.05
POINT = "SELECT ?t { ?p a kg:Paper ; dcterms:title ?t } LIMIT 1"

QUERIES: dict[str, list[str]] = {
    "cross products": [
        CROSS, "SELECT * { ?a ?b ?c . ?d ?e ?f }", "SELECT DISTINCT ?a ?d { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a = ?g && ?d = 5) }",
        "SELECT * { ?a ?b ?c OPTIONAL { ?d ?e ?f OPTIONAL { ?g ?h ?i } } }",
        "SELECT * { ?a ?b ?c MINUS { ?d ?e ?f . ?g ?h ?i . FILTER(?d != ?a) } }",
    ],
    "deep nesting and length": [
        "SELECT * " + "{" * 3000 + "}" * 3000, "SELECT * { FILTER(" + "(" * 3000 + "1" + ")" * 3000 + ") }",
        "ASK {" + "[ <a:a> " * 500 + "1" + "]" * 500 + "}", "SELECT (1" + "+1" * 9000 + " AS ?x) {}",
        "ASK { FILTER(" + "!" * 19_000 + "true) }", "SELECT * { ?s " + "/".join(["<a:a>"] * 3000) + " ?o }", "x" * 100_000,
    ],
    "regular expressions that backtrack": [
        "SELECT * { ?s ?p ?o FILTER(REGEX(CONCAT(STR(?o), 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'), '^(a+)+$')) }",
        "ASK { FILTER(REGEX('" + "a" * 10_000 + "!', '^(a|aa)+$')) }", "ASK { FILTER(REGEX('a', '" + "(a{100}){100}" * 20 + "')) }",
        "SELECT (REPLACE('" + "a" * 9_000 + "', '(a*)*b', 'x') AS ?x) {}",
    ],
    "property paths that blow up": [
        "SELECT (COUNT(*) AS ?n) { ?s (<a:a>|!<a:a>)* ?o }", "SELECT * { ?s (!<a:a>)*/(!<a:a>)*/(!<a:a>)* ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ((!<a:a>)|^(!<a:a>))* ?o . ?o ((!<a:a>)|^(!<a:a>))* ?x }",
    ],
    "memory bombs": [
        "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
        "SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f), STR(?i))) AS ?x) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "SELECT * {" + "".join(f" BIND(CONCAT({f'?x{n - 1},' * 9} 'aaaaaaaaaa') AS ?x{n})" for n in range(1, 12)).replace("?x0,", "'a',") + "}",
        "CONSTRUCT { ?a ?e ?i } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "SELECT ?a (COUNT(DISTINCT ?f) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } GROUP BY ?a ?d",
    ],
    "updates and ways out": [
        "DELETE WHERE { ?s ?p ?o }", "INSERT DATA { <a:a> <a:b> 1 }", "LOAD <file:///etc/passwd>", "DROP ALL", "CLEAR ALL",
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> {} }",
        "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", "SELECT * FROM NAMED <http://127.0.0.1:9/> { GRAPH ?g {} }",
        "SELECT * { # x\n service <http://127.0.0.1:9/> {} }", "", "\x00", "SELECT", "{", "'", '"""',
    ],
}  # fmt: skip
_HOSTILE_PATHS = [
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/static/../app.py", "/static/%2e%2e%2fapp.py", "/static/", "/static",
    "//etc/passwd", "/paper/..%2f..%2fetc%2fpasswd", "/paper/%00", "/paper/%ff", "/paper/" + "a" * 100_000, "/.env", "/.git/",
    "/queries/../../x", "/queries/%2e%2e", "/search?q=" + "%ff" * 100, "/search?q=" + "a" * 10_000, "/lookup?id=%00", "/lookup?id=//a.b",
    "/sparql?query=%00", "/sparql?query=" + "a" * 200_000, "/papers.jsonl", "/manifest.json", "/?x=<script>", "/<script>",
]  # fmt: skip
_HOSTILE_REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1@evil\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"\x00" * 1000, b"\x16\x03\x01\x00\xa5\x01\x00", b"GET\r\n\r\n",
    b"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx",
    b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"CONNECT evil:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nx",
    b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\nx",
    b"POST /sparql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
]  # fmt: skip


def try_all(folder: Path, seconds: float) -> list[Row]:
    """A row a class of queries or requests."""
    run("build", "-o", folder)
    with _serving(folder) as port:
        rows = [_queries(port, kind, texts) for kind, texts in QUERIES.items()]
        rows += [_paths(port), _requests(port)]
        rows.append(asyncio.run(_crowd(port, seconds)))
        status, _ = _ask(port, POINT)
        rows[-1].expect(status == 200, "a point query after all this is not answered")
    return rows


@contextmanager
def _serving(folder: Path) -> Iterator[int]:
    server = subprocess.Popen(
        [sys.executable, "-m", "kg", "serve", str(folder), "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stderr is not None
        said = server.stderr.readline()
        yield int(re.search(r":(\d+)/", said)[1])  # type: ignore[index]
    finally:
        server.terminate()
        server.wait(20)


def _ask(port: int, query: str) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("POST", "/sparql", query.encode(), {"Content-Type": "application/sparql-query"})
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


@contextmanager
def _beside(port: int) -> Iterator[list[float]]:
    """Somebody who asks small questions all the time: the seconds that each took."""
    took: list[float] = []
    over = Event()

    def insist() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while not over.is_set():
            start = time.perf_counter()
            line.request("GET", "/sparql?query=" + quote(POINT))
            answer = line.getresponse()
            answer.read()
            took.append(time.perf_counter() - start if answer.status == 200 else 60.0)
            time.sleep(0.02)

    thread = Thread(target=insist)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()


def _queries(port: int, kind: str, texts: list[str]) -> Row:
    row = Row(kind)
    with _beside(port) as took:
        for text in texts:
            start = time.perf_counter()
            status, said = _ask(port, text)
            row.measure(time.perf_counter() - start)
            row.count(f"status {status}")
            row.expect(status in (200, 400, 413, 503), f"status {status} for {text[:60]}")
            row.expect(b"Traceback" not in said, f"a traceback for {text[:60]}")
    slow = sorted(took)[int(len(took) * 0.99)]
    row.name += f" (point queries beside them: p99 {slow * 1000:.0f} ms of {len(took)})"
    row.expect(slow <= MOST_POINT_SECONDS, "point queries had to wait")
    return row


def _paths(port: int) -> Row:
    row = Row("addresses that lead nowhere: other folders, odd bytes, great length")
    for path in _HOSTILE_PATHS:
        said = _raw(port, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        row.count(f"status {_status(said)}")
        row.expect(_status(said) in (200, 303, 307, 400, 404, 413, 414, 503), f"{path[:40]}: {said[:60]!r}")
        given = [mark for mark in (b"root:", b"Traceback", b"from __future__", b'\r\n\r\n{"id"') if mark in said]
        row.expect(not given, f"{path[:40]} gives a file")
    return row


def _requests(port: int) -> Row:
    row = Row("requests that are none, of another host, or of another method")
    for request in _HOSTILE_REQUESTS:
        said = _raw(port, request)
        row.count(f"status {_status(said)}" if said else "hung up")
        row.expect(not said or 400 <= _status(said) < 500, f"{request[:50]!r}: {said[:60]!r}")
    return row


def _raw(port: int, request: bytes) -> bytes:
    return asyncio.run(_exchange(port, request))


async def _exchange(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(1 << 20), 15)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.close()


def _status(said: bytes) -> int:
    return int(said[9:12]) if said.startswith(b"HTTP/1.1 ") else 0


async def _crowd(port: int, seconds: float) -> Row:
    """Two hundred clients at once, most of them with small questions, ten of them hostile."""
    row = Row(f"{CLIENTS} clients for {seconds:.0f} s, ten of them with cross products")
    until = time.perf_counter() + seconds
    outcomes: Counter[str] = Counter()
    await asyncio.gather(*(_client(port, CROSS if n < 10 else POINT, until, outcomes, row) for n in range(CLIENTS)))
    for outcome, number in sorted(outcomes.items()):
        row.count(outcome, number)
    row.expect(set(outcomes) <= {"answered", "refused (503)"}, f"not every request was answered: {dict(outcomes)}")
    return row


async def _client(port: int, query: str, until: float, outcomes: Counter[str], row: Row) -> None:
    request = f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (start := time.perf_counter()) < until:
        try:
            writer.write(request)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            outcomes[f"lost ({type(error).__name__})"] += 1
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        outcomes[{200: "answered", 503: "refused (503)"}.get(_status(head), f"status {_status(head)}")] += 1
        row.measure(time.perf_counter() - start)
    writer.close()
