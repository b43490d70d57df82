"""A worker: a process that holds the graph, answers one question after the other, and can do nothing else.

An engine cannot be interrupted, and some queries make it crash or take all the memory there is. In a process of its
own that costs nobody else anything. The process has been forked from one that has loaded the graph
(`kg.server.nursery`), so it shares the graph's memory, and it has given up the right to open a file or a socket before
it reads a question.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples

from kg.errors import UsageError
from kg.server.limits import MIB, Limits
from kg.server.messages import HELLO, QUESTION_HEAD, Answer, Outcome, Question
from kg.server.names import Names
from kg.sparql import check, syntax_message, used_prefixes
from kg.sparql_results import QueryResult
from kg.triplestore import GraphStore

_TABLES = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
_GRAPHS = {
    "turtle": QueryResult.to_turtle,
    "ntriples": QueryResult.to_tsv,
    "jsonld": QueryResult.to_json,
    "rdfxml": QueryResult.to_xml,
}
#: What to leave out of a written table, and what then stands between two rows or at the end of each.
_ROW_MARKS: dict[str, tuple[bytes | None, bytes]] = {
    "json": (rb'"(?:[^"\\]|\\.)*+"', b"},{"),
    "xml": (None, b"<result>"),
    "csv": (rb'"(?:[^"]|"")*+"', b"\r\n"),
    "tsv": (None, b"\n"),
}
#: The parser calls itself for every step of a chain ("a || b || …"); the longest query that is let through needs this.
_STACK = 64 * MIB
_READ = 1 << 16
_LIBC = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
_PR_SET_PDEATHSIG = 1

#: Questions of every kind, so that whatever Python imports late is there before no file can be opened any more.
EXERCISES = [
    *(Question("SELECT * { ?s ?p ?o } LIMIT 1", table=name) for name in _TABLES),
    *(Question("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", graph=name) for name in _GRAPHS),
    *(Question(text) for text in ("ASK {}", "DESCRIBE <a:b>", "SELECT (UUID() AS ?u) (NOW() AS ?n) {}", "SELECT", "")),
    Question("", name="any name"),
    Question("SELECT ?m { VALUES ?s { 'a' } BIND(REGEX(?s, 'A', 'i') && SHA256(?s) != '' AS ?m) }"),
]


# Answering


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a worker knows: the graph, and the names of what is in it."""

    graph: GraphStore
    names: Names


def respond(held: Holdings, question: Question, limits: Limits) -> Answer:
    """Ask the graph; whatever is wrong with the question becomes an answer that says so."""
    if question.name:
        return Answer(Outcome.ROWS, json.dumps([asdict(named) for named in held.names.find(question.name)]).encode())
    return _query(held.graph, question, limits)


def _query(graph: GraphStore, question: Question, limits: Limits) -> Answer:
    try:
        check(question.sparql)
        found = graph.store.query(question.sparql, prefixes=used_prefixes(graph, question.sparql))
        if isinstance(found, QueryTriples):
            return _triples(graph, found, question.graph, limits)
        return _rows(found, question.table, limits)
    except UsageError as error:
        return _refuse(Outcome.REFUSED, str(error))
    except SyntaxError as error:
        return _refuse(Outcome.REFUSED, syntax_message(question.sparql, str(error)))
    except _TooLargeError as error:
        return _refuse(Outcome.TOO_LARGE, f"the answer has more than {error}: ask for less, for example with LIMIT")
    except MemoryError:
        return Answer(Outcome.NO_MEMORY)
    except Exception as error:  # the engine's own errors have no common class
        return _refuse(Outcome.FAILED, f"the query failed: {error}")


def _refuse(outcome: Outcome, words: str) -> Answer:
    return Answer(outcome, words.encode("utf-8", "replace"))


class _TooLargeError(Exception):
    """Says which limit an answer has passed."""


class _Bounded:
    """A file that takes so many bytes and no more."""

    def __init__(self, most: int):
        self._most = most
        self.content = bytearray()

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        if len(self.content) + len(data) > self._most:
            raise _TooLargeError(f"{self._most // MIB:,} MiB")
        self.content += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: the bytes are there."""


def _rows(found: QuerySolutions | QueryBoolean, name: str, limits: Limits) -> Answer:
    if name not in _TABLES:
        return Answer(Outcome.UNACCEPTABLE, b"rows")
    file = _Bounded(limits.answer)
    found.serialize(file, _TABLES[name])  # type: ignore[arg-type]
    content = bytes(file.content)
    if isinstance(found, QuerySolutions) and count_rows(content, name, limits.rows) > limits.rows:
        raise _TooLargeError(f"{limits.rows:,} rows")
    return Answer(Outcome.ROWS, content)


def count_rows(content: bytes, name: str, enough: int = 0) -> int:
    """How many rows a table has that the engine has written: several times faster than to make and count them.

    Parameters
    ----------
    content : bytes
        The table.
    name : str
        Its format.
    enough : int
        Small tables that cannot have more rows than this are not counted: 0 is returned for them.
    """
    if len(content) < 2 * enough:  # a row takes two bytes at least
        return 0
    strings, mark = _ROW_MARKS[name]
    if strings is not None:
        content = re.sub(strings, b"", content, flags=re.DOTALL)
    count = content.count(mark)
    if name == "json":
        return count + (b"[{" in content)
    return count - 1 if name in ("csv", "tsv") else count


def _triples(graph: GraphStore, found: QueryTriples, name: str, limits: Limits) -> Answer:
    if name not in _GRAPHS:
        return Answer(Outcome.UNACCEPTABLE, b"triples")
    triples = set(islice(found, limits.rows + 1))
    if len(triples) > limits.rows:
        raise _TooLargeError(f"{limits.rows:,} triples")
    result = QueryResult(triples=tuple(sorted(triples, key=str)), prefixes=graph.prefixes)
    content = _GRAPHS[name](result).encode()
    if len(content) > limits.answer:
        raise _TooLargeError(f"{limits.answer // MIB:,} MiB")
    return Answer(Outcome.TRIPLES, content)


# The process


def work(line: socket.socket, held: Holdings, limits: Limits) -> None:
    """Say hello, then answer until the line is closed. Does not come back if a query crashes the engine."""
    seal(limits)
    line.sendall(HELLO.pack(os.getpid()))
    while (content := _receive(line)) is not None:
        line.sendall(respond(held, Question.unpack(content), limits).pack())


def _receive(line: socket.socket) -> bytes | None:
    """The next question, or None when the other side has hung up. It asks no second one before it is answered."""
    content = line.recv(_READ)
    while content and len(content) < QUESTION_HEAD.size + _size(content):
        part = line.recv(_READ)
        if not part:
            return None
        content += part
    return content[QUESTION_HEAD.size :] or None


def _size(content: bytes) -> int:
    return int(QUESTION_HEAD.unpack_from(content)[0]) if len(content) >= QUESTION_HEAD.size else 0


def seal(limits: Limits) -> None:
    """Give up for good: new files and sockets, files that grow, core dumps, and more memory than a query may take."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    _die_with_parent()
    _set(resource.RLIMIT_STACK, _STACK)
    used = _address_space()
    if used is not None:
        _set(resource.RLIMIT_AS, used + limits.memory)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_NOFILE, 0)


def _die_with_parent() -> None:
    """Have the system end this process when the nursery ends in whatever way; a running query hears of nothing else."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _set(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    least = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (least, hard if kind == resource.RLIMIT_STACK else least))


def _address_space() -> int | None:
    """Bytes of address space that this process has taken; None where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
