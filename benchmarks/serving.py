"""How many queries a second ``kg serve`` answers, and how long each takes: ``python -m benchmarks.serving DIR``.

Clients keep their connections and send the next query when an answer has come. They run in a process of their own, as
does the server, with all of its limits on.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import multiprocessing.connection
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import rdflib

from kg.server import Limits, serve
from kg.sparql import named_query, query
from kg.triplestore import load_store

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
POINT = "SELECT ?title ?year WHERE {{ {iri} dcterms:title ?title OPTIONAL {{ {iri} dcterms:issued ?year }} }}"


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


def endless(queries: list[str], seed: int) -> Iterator[bytes]:
    """Requests in random order."""
    requests = [request(query) for query in queries]
    choose = random.Random(seed)
    while True:
        yield choose.choice(requests)


async def ask(port: int, queries: list[str], clients: int, seconds: float) -> Measured:
    """Let so many clients ask for so long."""
    measured = Measured()
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    connected = [
        await loop.create_connection(
            lambda n=n: _Client(endless(queries, n), until, measured),
            "127.0.0.1",
            port,  # type: ignore[misc]
        )
        for n in range(clients)
    ]
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


def instances(port: int, kind: str, most: int) -> list[str]:
    """The IRIs of some instances, those that most papers have first."""
    text = f"SELECT ?x {{ ?x a kg:{kind} OPTIONAL {{ ?x kg:paperCount ?n }} }} ORDER BY DESC(?n) ?x LIMIT {most}"
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.request("POST", "/sparql", text, {"Content-Type": "application/sparql-query"})
    return [f"<{row['x']['value']}>" for row in json.load(line.getresponse())["results"]["bindings"]]


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


def measure(port: int, clients: int, seconds: float) -> None:
    """Print the table."""
    points, aggregates = questions(port)
    print(f"{'':<34}{'clients':>8}{'per s':>10}{'p50 ms':>10}{'p99 ms':>10}  statuses")
    for name, queries, many in (("point queries", points, clients), ("aggregates", aggregates, clients),
                                ("point queries, many clients", points, 200)):  # fmt: skip
        print(row(name, many, seconds, asyncio.run(ask(port, queries, many, seconds))), flush=True)
    mine, theirs = asyncio.run(beside(port, points, clients, seconds, hostile=4))
    print(row("point queries beside cross products", clients, seconds, mine))
    print(f"{'  the cross products':<34}{4:>8}{'':>30}  {dict(theirs.statuses)}")


def compare(folder: Path, port: int, seconds: float) -> None:
    """Print how much longer rdflib's own engine takes for the same queries, one after the other, without a server."""
    graph = rdflib.Graph().parse(folder / "graph.ttl")
    store = load_store(folder)
    for name, queries in zip(("point queries", "aggregates"), questions(port), strict=True):
        theirs = rate(lambda text: list(graph.query(text)), queries, seconds)
        mine = rate(lambda text: query(store, text), queries, seconds)
        print(
            f"{name:<34}{mine:>10,.0f} per s in one process, rdflib {theirs:,.1f}: {mine / theirs:,.0f} times as many"
        )


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
