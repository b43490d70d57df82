"""The whole way: read, extract, resolve, link, and write a folder of output."""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import platform
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import networkx as nx

from kg.analytics import analyse
from kg.cache import JOURNAL, Journal, extractor_fingerprint, reusable, text_key
from kg.errors import InputError, KgError, UsageError
from kg.export.page import write_page
from kg.export.serialisations import write_turtle
from kg.export.terms import check_base_iri
from kg.export.vocabulary import BASE_IRI
from kg.extraction import Extraction
from kg.extraction.gazetteer import Gazetteer
from kg.extraction.parallel import extract_parallel
from kg.files import remove_stale_temporaries, staged
from kg.graph import build_graph, count_by_kind
from kg.linking import builds_on, related
from kg.readers import Skipped, read
from kg.readers.sources import STDIN, expand
from kg.records import Entity, Paper, ReadPaper
from kg.resolution import resolve
from kg.sample import sample_path
from kg.store import (
    MANIFEST,
    PAGE,
    PAPERS,
    TABLES,
    TRIPLES,
    TURTLE,
    read_entities,
    read_manifest,
    read_papers,
    with_known_entities,
    write_entities,
    write_manifest,
    write_papers,
)

_LOCK = ".lock"
#: What a build runs on: this machine's processes, or a Spark cluster.
ENGINES = ("local", "spark")
#: Is told the name of a stage, how many steps are done, and how many there are (None while unknown).
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Options:
    """How to build.

    format : one of `kg.readers.FORMATS`, default by suffix and first bytes
    strict : stop at the first record that cannot be read
    gazetteers : tables of names (str or Path) that extend or override the package's
    jobs : processes that read
    related : links a paper gets at most
    base_iri : namespace of the instances in RDF
    add : keep the papers that the folder already holds
    engine : one of `ENGINES`
    master : where Spark runs, as Spark writes it; only for that engine
    """

    format: str | None = None
    strict: bool = False
    gazetteers: tuple[Path, ...] = ()
    jobs: int = 1
    related: int = 10
    base_iri: str = BASE_IRI
    add: bool = False
    engine: str = "local"
    master: str = "local[*]"


@dataclass
class Build:
    """What a build made: its folder, counts of nodes and edges, skipped records, seconds per stage."""

    folder: Path
    nodes: dict[str, int]
    edges: dict[str, int]
    skipped: list[Skipped]
    reused: int
    communities: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Knowledge:
    """All that a folder holds: papers, entities by id, and the graph of both, communities included."""

    papers: list[ReadPaper]
    entities: dict[str, Entity]
    graph: nx.MultiDiGraph


class _Clock:
    """Seconds per stage."""

    def __init__(self, progress: Progress | None):
        self.seconds: dict[str, float] = {}
        self._progress = progress

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self._progress:
            self._progress(name, 0, None)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 2)


def build(
    sources: Sequence[str | Path] = (),
    output: str | Path = "output",
    options: Options | None = None,
    progress: Progress | None = None,
) -> Build:
    """Read papers and write the graph of them to a folder.

    Parameters
    ----------
    sources : sequence of str or Path
        Files, folders, globs or ``-``; none means the bundled sample.
    output : str or Path
        The folder; it is made when missing. Papers that it already holds, with the same text and read by the same
        extractor, are not read again.
    options : Options, optional
    progress : callable, optional
        Is told how far each stage is.

    Raises
    ------
    KgError
        When no paper could be read.
    UsageError
        When the folder cannot be written to, or another build is at work in it.
    InputError
        For a source that cannot be opened; under ``strict`` for the first bad record.
    """
    output, options = Path(output), options or Options()
    options = replace(options, gazetteers=tuple(Path(table) for table in options.gazetteers))
    check_base_iri(options.base_iri)
    if options.engine not in ENGINES:
        raise UsageError(f"unknown engine {options.engine!r}: one of {', '.join(ENGINES)}")
    clock = _Clock(progress)
    names = list(expand(sources)) if sources else [str(sample_path())]
    with _locked(output):
        remove_stale_temporaries(output)
        if options.engine == "spark":
            return _build_on_spark(names, output, options, clock)
        skipped: list[Skipped] = []
        with clock.stage("read"):
            papers = _papers(names, output, options, skipped)
        if not papers:
            raise KgError("no paper could be read" + "".join(f"\n  {problem}" for problem in skipped[:5]))
        fingerprint = extractor_fingerprint(options.gazetteers)
        with clock.stage("extract"):
            extractions, reused = _read_all(papers, output, fingerprint, options, progress)
        with _collector_at_rest():
            knowledge, rules = _understood(extractions, options, clock)
            with staged(output, last=MANIFEST) as beside:
                with clock.stage("write"):
                    write_papers(knowledge.papers, beside)
                    write_entities(knowledge.entities, rules, beside)
                with clock.stage("turtle"):
                    write_turtle(knowledge.graph, beside / TURTLE, options.base_iri)
                with clock.stage("page"):
                    write_page(knowledge.graph, beside / PAGE)
                made = _summary(output, knowledge.graph, skipped, reused, clock)
                write_manifest(_manifest(names, fingerprint, options, made), beside)
        (output / JOURNAL).unlink(missing_ok=True)
        _remove_of_spark(output)
    return made


def _remove_of_spark(output: Path) -> None:
    """Remove what the Spark engine wrote: it would go on speaking of other papers."""
    for name in (TRIPLES, TABLES):
        if (output / name).is_dir():
            shutil.rmtree(output / name)


def _build_on_spark(names: list[str], output: Path, options: Options, clock: _Clock) -> Build:
    from kg.spark import build as on_spark

    made = on_spark(names, output, options, clock.stage)
    made.seconds = clock.seconds
    write_manifest(_manifest(names, extractor_fingerprint(options.gazetteers), options, made), output)
    return made


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No search for cycles: records make none, and looking through millions of them again and again takes long."""
    at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if at_work:
            gc.enable()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder for one build at a time; the lock goes with the process, however it ends."""
    handle = _lock(folder)
    try:
        yield
    finally:
        (folder / _LOCK).unlink(missing_ok=True)
        os.close(handle)


def _lock(folder: Path) -> int:
    """An open file that holds the lock of `folder`."""
    path = folder / _LOCK
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError as error:
            raise UsageError(f"cannot write to {folder}: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise UsageError(f"another build is at work in {folder}") from error
        # A build that ended between the two steps took the file's name with it: whoever comes now locks another file.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)


def _read_all(
    papers: list[Paper], output: Path, fingerprint: str, options: Options, progress: Progress | None
) -> tuple[list[Extraction], int]:
    """What is found in the papers, in their order, and how many did not have to be read."""
    journal = Journal(output, fingerprint)
    known = _earlier(output, fingerprint) | journal.found
    new = [paper for paper in papers if text_key(paper) not in known]
    try:
        for number, extraction in enumerate(extract_parallel(new, options.gazetteers, options.jobs), 1):
            known[text_key(extraction.paper)] = extraction
            journal.add(extraction)
            if progress:
                progress("extract", number, len(new))
    finally:
        journal.close(whole=False)
    return [replace(known[text_key(paper)], paper=paper) for paper in papers], len(papers) - len(new)


def _earlier(output: Path, fingerprint: str) -> dict[str, Extraction]:
    """What the folder holds that the same extractor read; where that is lost or damaged, it is read again."""
    if read_manifest(output).get("extractor") != fingerprint or not (output / PAPERS).is_file():
        return {}
    try:
        return reusable(read_papers(output))
    except InputError:
        return {}


def _papers(names: list[str], output: Path, options: Options, skipped: list[Skipped]) -> list[Paper]:
    found = {p.id: p for p in read(names, format=options.format, strict=options.strict, skipped=skipped.append)}
    if options.add and (output / PAPERS).is_file():
        found = {old.paper.id: old.paper for old in read_papers(output)} | found
    return sorted(found.values(), key=lambda paper: paper.id)


def _understood(
    extractions: list[Extraction], options: Options, clock: _Clock
) -> tuple[Knowledge, dict[tuple[str, str], str]]:
    """The papers with their entities and links, and the graph of them; takes what is in `extractions` out of it."""
    with clock.stage("resolve"):
        resolution = resolve(extractions, Gazetteer.load_names(options.gazetteers))
        extractions.clear()
    with clock.stage("link"):
        links = zip(
            resolution.papers,
            related(resolution.papers, resolution.entities, options.related),
            builds_on(resolution.papers),
            strict=True,
        )
        papers = [paper.with_links(near, older) for paper, near, older in links]
    with clock.stage("graph"):
        graph = analyse(build_graph(papers, resolution.entities))
    return Knowledge(papers, resolution.entities, graph), resolution.rules


def load_folder(folder: str | Path) -> Knowledge:
    """What an earlier build wrote, read back without looking at a text again."""
    folder = Path(folder)
    with _collector_at_rest():
        entities, _ = read_entities(folder)
        papers = list(with_known_entities(read_papers(folder), entities))
        return Knowledge(papers, entities, analyse(build_graph(papers, entities)))


def _summary(folder: Path, graph: nx.MultiDiGraph, skipped: list[Skipped], reused: int, clock: _Clock) -> Build:
    nodes, edges = count_by_kind(graph)
    names = [community["name"] for community in graph.graph.get("communities", ())]
    return Build(folder, nodes, edges, skipped, reused, names, clock.seconds)


def _manifest(names: Iterable[str], fingerprint: str, options: Options, made: Build) -> dict[str, object]:
    reasons = Counter(problem.reason for problem in made.skipped)
    return {
        "kg": version("kg-abstracts"),
        "python": platform.python_version(),
        "extractor": fingerprint,
        "base_iri": options.base_iri,
        "inputs": [{"name": Path(name).name, "sha256": _hash(name)} for name in names],
        "nodes": made.nodes,
        "edges": made.edges,
        "skipped": [str(problem) for problem in made.skipped[:1000]],
        "warnings": dict(reasons.most_common()),
        "reused": made.reused,
        "seconds": made.seconds,
    }


def _hash(name: str) -> str:
    """The digest of an input, empty where its bytes come only once: standard input, a pipe."""
    if name == STDIN or not Path(name).is_file():
        return ""
    with Path(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
