"""Extraction over several processes, in the order of the papers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from spacy.language import Language

from kg.errors import KgError
from kg.extraction import Extraction, extract, load
from kg.records import Paper

#: Papers a process gets at a time.
_BATCH = 32
#: How often a batch may take its process down with it.
_TRIES = 2

_pipeline: Language | None = None


def extract_parallel(papers: Iterable[Paper], gazetteers: Sequence[Path] = (), jobs: int = 1) -> Iterator[Extraction]:
    """Read papers with `jobs` processes; the results come in the order of `papers`, whatever `jobs` is.

    A process that dies is replaced and its papers are read again.

    Raises
    ------
    KgError
        When the same papers end their process twice.
    """
    if jobs <= 1:
        yield from extract(papers, load(gazetteers))
        return
    pending: deque[tuple[tuple[Paper, ...], int]] = deque()
    batches = _batches(papers)
    while True:
        try:
            with ProcessPoolExecutor(jobs, get_context("spawn"), _start, (tuple(gazetteers),)) as pool:
                yield from _drain(pool, batches, pending, 3 * jobs)
            return
        except BrokenProcessPool as error:
            batch, tries = pending[0]
            if tries >= _TRIES:
                raise KgError(f"reading ended the process twice, at paper {batch[0].id} or soon after it") from error


def _drain(
    pool: ProcessPoolExecutor,
    batches: Iterator[tuple[Paper, ...]],
    pending: deque[tuple[tuple[Paper, ...], int]],
    ahead: int,
) -> Iterator[Extraction]:
    """Yield from the pool; `pending` keeps what was handed out and not yet yielded, with the number of tries."""
    running: deque[Future[list[Extraction]]] = deque()
    for i, (batch, tries) in enumerate(pending):
        pending[i] = (batch, tries + 1)
        running.append(pool.submit(_read, batch))
    while True:
        while len(running) < ahead and (new := next(batches, None)) is not None:
            pending.append((new, 1))
            running.append(pool.submit(_read, new))
        if not running:
            return
        found = running.popleft().result()
        pending.popleft()
        yield from found


def _start(gazetteers: tuple[Path, ...]) -> None:
    global _pipeline
    _pipeline = load(gazetteers)


def _read(papers: tuple[Paper, ...]) -> list[Extraction]:
    return list(extract(papers, _pipeline))


def _batches(papers: Iterable[Paper]) -> Iterator[tuple[Paper, ...]]:
    iterator = iter(papers)
    while batch := tuple(islice(iterator, _BATCH)):
        yield batch
