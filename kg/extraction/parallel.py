"""Extraction over several processes, in the order of the papers."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import cast

from kg.errors import KgError
from kg.extraction import Extraction, extract, load
from kg.records import Paper

#: Papers a process gets at a time.
_BATCH = 32
#: Batches a process that is ahead of the others may have read before theirs are done.
_AHEAD = 8
#: How often a batch may take its process down with it.
_TRIES = 2


def extract_parallel(papers: Iterable[Paper], gazetteers: Sequence[Path] = (), jobs: int = 1) -> Iterator[Extraction]:
    """Read papers with `jobs` processes; the results come in the order of `papers`, whatever `jobs` is.

    A process that dies is replaced, and what it was reading is read again. Of `papers` no more is taken than the
    processes can work on.

    Raises
    ------
    KgError
        When the same papers end their process twice.
    """
    if jobs <= 1:
        yield from extract(papers, load(gazetteers))
        return
    crew = _Crew(tuple(gazetteers), jobs)
    try:
        yield from crew.read(_batches(papers))
    finally:
        crew.dismiss()


def _batches(papers: Iterable[Paper]) -> Iterator[_Batch]:
    iterator = iter(papers)
    number = 0
    while some := tuple(islice(iterator, _BATCH)):
        yield _Batch(number, some)
        number += 1


@dataclass
class _Batch:
    """Papers that are read together, their place in the order, and how often they have been handed out."""

    number: int
    papers: tuple[Paper, ...]
    tries: int = 0


@dataclass
class _Worker:
    """A process that reads, and our end of the pipe to it. Each has its own: its death leaves the others' whole."""

    process: BaseProcess
    connection: Connection
    batch: _Batch


class _Crew:
    """The processes that read at the moment; each is started when there is something for it to do."""

    def __init__(self, gazetteers: tuple[Path, ...], jobs: int):
        self._gazetteers, self._jobs = gazetteers, jobs
        self._busy: dict[Connection, _Worker] = {}
        self._idle: list[_Worker] = []

    def read(self, batches: Iterator[_Batch]) -> Iterator[Extraction]:
        """What is found in the batches, in their order."""
        again: deque[_Batch] = deque()
        done: dict[int, list[Extraction]] = {}
        following = 0
        while True:
            while len(self._busy) < self._jobs and (again or len(done) < self._jobs * _AHEAD):
                batch = again.popleft() if again else next(batches, None)
                if batch is None:
                    break
                self._hand_out(batch)
            if not self._busy:
                return
            for connection in wait(list(self._busy)):
                worker = self._busy.pop(cast(Connection, connection))
                found = self._answer(worker)
                if found is None:
                    again.append(worker.batch)
                else:
                    done[worker.batch.number] = found
            while following in done:
                yield from done.pop(following)
                following += 1

    def _hand_out(self, batch: _Batch) -> None:
        if batch.tries >= _TRIES:
            raise KgError(f"reading ended its process twice, at paper {batch.papers[0].id} or soon after it")
        batch.tries += 1
        worker = self._idle.pop() if self._idle else self._hire(batch)
        worker.batch = batch
        self._busy[worker.connection] = worker
        with suppress(ConnectionError):  # if it is dead, its answer will say so
            worker.connection.send(batch.papers)

    def _hire(self, batch: _Batch) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self._gazetteers), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, batch)

    def _answer(self, worker: _Worker) -> list[Extraction] | None:
        """What a worker found; None when it died instead."""
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            worker.connection.close()
            worker.process.join()
            return None
        self._idle.append(worker)
        if isinstance(answer, Exception):
            raise answer
        return cast(list[Extraction], answer)

    def dismiss(self) -> None:
        """End all processes."""
        workers = [*self._idle, *self._busy.values()]
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join()
            worker.connection.close()


def _work(connection: Connection, gazetteers: tuple[Path, ...]) -> None:
    """Read what comes through the pipe until it is closed, be it by the death of the other side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nlp = None
    with suppress(EOFError, ConnectionError):
        while True:
            papers: tuple[Paper, ...] = connection.recv()
            try:
                nlp = nlp or load(gazetteers)
                answer: list[Extraction] | Exception = list(extract(papers, nlp))
            except Exception as error:
                answer = error
            connection.send(answer)
