"""How many queries a second ``kg serve`` answers, and how long each takes: ``python -m benchmarks.serving DIR``.

Clients keep their connections and send the next query when an answer has come. They run in a process of their own, as
does the server, with all of its limits on. With ``--named`` the named queries are timed, one after the other; `TWELVE`
were chosen before any was measured.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import multiprocessing.connection
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

import rdflib
import uvloop

from kg.server import Limits, serve
from kg.sparql import named_query, query
from kg.triplestore import load_store

#: Seconds after which a query of rdflib's is given up.
PATIENCE = 60
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
POINT = "SELECT ?title ?year WHERE {{ {iri} dcterms:title ?title OPTIONAL {{ {iri} dcterms:issued ?year }} }}"

#: Named queries that the target counts, from every section of ``docs/sparql.md``, about what many papers name; a paper
#: is the one that builds on most others.
TWELVE: dict[str, dict[str, str]] = {
    "who-proposes": {"method": "Adam"},
    "who-uses": {"entity": "Transformer"},
    "most-shared-methods": {},
    "narrower-methods": {"method": "convolutional neural network"},
    "methods-compared-together": {},
    "datasets-of-task": {"task": "image classification"},
    "papers-of-task": {"task": "object detection"},
    "datasets-per-task": {},
    "leaderboard": {"dataset": "ImageNet", "metric": "top-1 accuracy"},
    "papers-like": {"paper": "{paper}"},
    "lineage-path": {"paper": "{paper}"},
    "papers-by-year": {"entity": "Transformer"},
}
#: The other named queries, measured too.
OTHERS: dict[str, dict[str, str]] = {
    "builds-on": {"paper": "{paper}"},
    "counts": {},
    "datasets-by-metric": {"metric": "accuracy"},
    "entities-by-year": {},
    "metrics-used-together": {},
    "papers-by-author": {"author": "hinton"},
    "results-on": {"dataset": "ImageNet"},
    "where-named": {"entity": "Transformer"},
}
#: The id of the paper that builds on most others.
BUILDER = """
SELECT ?id { ?paper dcterms:identifier ?id { SELECT ?paper (COUNT(*) AS ?n) { ?paper kg:buildsOn ?old } GROUP BY ?paper } }
ORDER BY DESC(?n) ?id LIMIT 1
"""


@dataclass
class Measured:
    """What clients saw: seconds of each answer with status 200, and how often each status came."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class _Client(asyncio.Protocol):
    """One connection that asks one query after the other, as cheaply as can be."""

    def __init__(self, requests: Iterator[bytes], until: float, measured: Measured):
        self.over = asyncio.get_running_loop().create_future()
        self._requests, self._until, self._measured = requests, until, measured
        self._said = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        if time.perf_counter() >= self._until:
            self._transport.close()
            return
        self._start = time.perf_counter()
        self._transport.write(next(self._requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._said += data
        head, blank, body = bytes(self._said).partition(b"\r\n\r\n")
        if not blank or len(body) < int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]):
            return
        status = int(head[9:12])
        self._measured.statuses[status] += 1
        if status == 200:
            self._measured.seconds.append(time.perf_counter() - self._start)
        self._said.clear()
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


def request(query: str) -> bytes:
    """A GET request for a query."""
    asked = urlencode({"query": query}, quote_via=quote)
    return f"GET /sparql?{asked} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def endless(requests: list[bytes], seed: int) -> Iterator[bytes]:
    """The same requests in random order."""
    choose = random.Random(seed)
    while True:
        yield choose.choice(requests)


async def ask(port: int, queries: list[str], clients: int, seconds: float) -> Measured:
    """Let so many clients ask for so long."""
    measured, requests = Measured(), [request(query) for query in queries]
    until = time.perf_counter() + seconds

    def client(seed: int) -> _Client:
        return _Client(endless(requests, seed), until, measured)

    loop = asyncio.get_running_loop()
    connected = [await loop.create_connection(partial(client, seed), "127.0.0.1", port) for seed in range(clients)]
    await asyncio.gather(*(client.over for _, client in connected))
    return measured


async def beside(
    port: int, queries: list[str], clients: int, seconds: float, hostile: int
) -> tuple[Measured, Measured]:
    """The same while others send cross products."""
    mine, theirs = await asyncio.gather(
        ask(port, queries, clients, seconds), ask(port, [CROSS], hostile, max(0.1, seconds - 1))
    )
    return mine, theirs


def rows(port: int, query: str) -> list[dict[str, str]]:
    """What one client gets: the values of every row by variable."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request("POST", "/sparql", query.encode(), {"Content-Type": "application/sparql-query"})
    answer = line.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {content.decode()}")
    return [{name: term["value"] for name, term in row.items()} for row in json.loads(content)["results"]["bindings"]]


def instances(port: int, kind: str, most: int) -> list[str]:
    """The IRIs of some instances, those that most papers have first."""
    text = f"SELECT ?x {{ ?x a kg:{kind} OPTIONAL {{ ?x kg:paperCount ?n }} }} ORDER BY DESC(?n) ?x LIMIT {most}"
    return [f"<{found['x']}>" for found in rows(port, text)]


def row(name: str, clients: int, seconds: float, measured: Measured) -> str:
    """A line of the table."""
    took = sorted(measured.seconds)
    if not took:
        return f"{name:<34}{clients:>8}{'-':>10}{'-':>10}{'-':>10}  {dict(measured.statuses)}"
    middle, slow = took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000
    rate = len(took) / seconds
    return f"{name:<34}{clients:>8}{rate:>10,.0f}{middle:>10.1f}{slow:>10.1f}  {dict(measured.statuses)}"


def questions(port: int) -> tuple[list[str], list[str]]:
    """Point queries and aggregates on what the graph has."""
    points = [POINT.format(iri=iri) for iri in instances(port, "Paper", 2000)]
    methods = [f"method:{iri.rpartition('/')[2].rstrip('>')}" for iri in instances(port, "Method", 200)]
    return points, [named_query("papers-by-year", entity=method) for method in methods]


def named_texts(port: int) -> dict[str, str]:
    """`TWELVE` and `OTHERS`, filled in."""
    paper = next((found["id"] for found in rows(port, BUILDER)), "")
    given = {name: {key: value.format(paper=paper) for key, value in values.items()}
             for name, values in (TWELVE | OTHERS).items()}  # fmt: skip
    return {name: named_query(name, **values) for name, values in given.items()}


def measure_named(port: int, times: int) -> None:
    """Print how long one client waits for each named query."""
    print(f"{'':<34}{'rows':>8}{'first ms':>10}{'median ms':>10}{'most ms':>10}")
    medians = {}
    for name, text in named_texts(port).items():
        took = []
        for _ in range(times):
            start = time.perf_counter()
            found = len(rows(port, text))
            took.append((time.perf_counter() - start) * 1000)
        medians[name] = statistics.median(took)
        print(f"{name:<34}{found:>8,}{took[0]:>10.1f}{medians[name]:>10.1f}{max(took):>10.1f}", flush=True)
    counted = [medians[name] for name in TWELVE]
    print(
        f"{sum(ms < 200 for ms in counted)} of the twelve under 200 ms; their median {statistics.median(counted):.1f} ms"
    )


def measure(port: int, clients: int, seconds: float) -> None:
    """Print the table."""
    points, aggregates = questions(port)
    print(f"{'':<34}{'clients':>8}{'per s':>10}{'p50 ms':>10}{'p99 ms':>10}  statuses")
    for name, queries, many in (("point queries", points, clients), ("aggregates", aggregates, clients),
                                ("point queries, many clients", points, 200)):  # fmt: skip
        print(row(name, many, seconds, uvloop.run(ask(port, queries, many, seconds))), flush=True)
    mine, theirs = uvloop.run(beside(port, points, clients, seconds, hostile=4))
    print(row("point queries beside cross products", clients, seconds, mine))
    print(f"{'  the cross products':<34}{4:>8}{'':>30}  {dict(theirs.statuses)}")


def compare(folder: Path, port: int, seconds: float) -> None:
    """Print how much longer rdflib's own engine takes for the same queries, one after the other, without a server."""
    graph = rdflib.Graph().parse(folder / "graph.ttl")
    store = load_store(folder)
    kinds = {**dict(zip(("point queries", "aggregates"), questions(port), strict=True)),
             **{name: [text] for name, text in named_texts(port).items() if name in TWELVE}}  # fmt: skip
    for name, queries in kinds.items():
        theirs = patiently(partial(rate, lambda text: list(graph.query(text)), queries, seconds))
        mine = rate(lambda text: query(store, text), queries, seconds)
        beside = (
            f"rdflib {theirs:,.2f}: {mine / theirs:,.0f} times as many" if theirs else f"rdflib none in {PATIENCE} s"
        )
        print(f"{name:<34}{mine:>10,.1f} per s in one process, {beside}", flush=True)


def patiently(measured: Callable[[], float]) -> float | None:
    """What a function gives in a process of its own; None when it takes longer than `PATIENCE` seconds."""
    fork = multiprocessing.get_context("fork")
    ours, its = fork.Pipe()
    process = fork.Process(target=lambda: its.send(measured()))
    process.start()
    found = ours.recv() if ours.poll(PATIENCE) else None
    process.kill()
    process.join()
    return found


def rate(answer: Callable[[str], object], queries: list[str], seconds: float) -> float:
    """Queries answered in a second."""
    start, answered = time.perf_counter(), 0
    while time.perf_counter() < start + seconds:
        answer(queries[answered % len(queries)])
        answered += 1
    return answered / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what kg build wrote")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--named", action="store_true", help="time the named queries instead, one after the other")
    parser.add_argument(
        "--rdflib", action="store_true", help="measure rdflib's own engine too; it reads the graph first"
    )
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe(duplex=False)
    limits = Limits(workers=options.workers)
    server = context.Process(target=_serve, args=(options.folder, limits, theirs))
    server.start()
    theirs.close()
    try:
        port = mine.recv()
        if options.named:
            measure_named(port, times=11)
        else:
            measure(port, options.clients, options.seconds)
        if options.rdflib:
            compare(options.folder, port, options.seconds)
    finally:
        server.terminate()
        server.join()


def _serve(folder: Path, limits: Limits, line: multiprocessing.connection.Connection) -> None:
    serve(folder, port=0, limits=limits, ready=lambda at: line.send(int(at.rstrip("/").rpartition(":")[2])))


if __name__ == "__main__":
    main()
