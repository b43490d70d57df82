"""A whole build on Spark: the stages in their order, and what they leave in the output folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kg.errors import UsageError
from kg.pipeline import Build, Options
from kg.readers.sources import STDIN
from kg.spark.frames import unpack
from kg.spark.linking import link
from kg.spark.reading import extractions, read_papers, stop_at_first
from kg.spark.resolving import resolve
from kg.spark.session import session
from kg.spark.tables import count, write_tables
from kg.spark.triples import write_triples
from kg.store import MANIFEST, PAGE, TABLES, TRIPLES, TURTLE, write_entities, write_papers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


Stage = Callable[[str], AbstractContextManager[None]]


def build(names: Sequence[str], output: Path, options: Options, stage: Stage) -> Build:
    """Read papers on the workers of a Spark cluster and write the graph of them to a folder.

    The folder gets ``papers.jsonl`` and ``entities.jsonl``, the same as from the local engine, ``tables/`` in Parquet
    and ``graph.nt/`` in gzipped N-Triples. The driver and every worker must see it, and the input, under one path.

    Parameters
    ----------
    names : sequence of str
        Files; each is read by one task.
    output : Path
        An existing folder.
    options : Options
        `jobs` has no meaning here: the master says how many tasks run at a time.
    stage : callable
        Is told the name of each stage, and gives a context that takes its time.

    Raises
    ------
    UsageError
        When PySpark or Java is missing, or for options that need the local engine.
    InputError
        Under ``strict`` for the first bad record.
    KgError
        When no paper could be read.
    """
    if options.add or STDIN in names:
        raise UsageError("the Spark engine reads files and writes whole folders: no --add, no standard input")
    files = [str(Path(name).resolve()) for name in names]
    tables = tuple(path.resolve() for path in options.gazetteers)
    with session(options.master) as spark:
        with stage("read"):
            papers, skipped = read_papers(spark, files, options.format)
        if options.strict:
            stop_at_first(skipped)
        with stage("extract"):
            found = _kept(extractions(papers, tables))
        with stage("resolve"):
            resolved = resolve(spark, found, tables)
            _kept(resolved.papers)
        with stage("link"):
            linked = _kept(link(spark, resolved.papers, options.related))
        with stage("write"):
            _remove_of_others(output)
            _write_lines(linked, resolved.entities, output)
            write_tables(linked, resolved.entities, output.resolve() / TABLES)
            write_triples(linked, resolved.entities, output.resolve() / TRIPLES, options.base_iri)
            nodes, edges = count(linked, resolved.entities)
    return Build(output, nodes, edges, skipped, reused=0)


def _remove_of_others(output: Path) -> None:
    """Remove what the local engine wrote, and the manifest: it would go on speaking of other papers."""
    for name in (MANIFEST, TURTLE, PAGE):
        (output / name).unlink(missing_ok=True)


def _kept(frame: DataFrame) -> DataFrame:
    """The frame, computed now and held on the workers, in memory and beyond that on their disks."""
    kept = frame.persist()
    kept.count()
    return kept


def _write_lines(papers: DataFrame, entities: DataFrame, output: Path) -> None:
    """``papers.jsonl`` and ``entities.jsonl``: papers pass through the driver, entities are gathered there."""
    write_papers((unpack(row.record) for row in _in_order(papers, "paper")), output)
    known, rules = {}, {}
    for row in _in_order(entities, "entity"):
        entity, why = unpack(row.record)
        known[entity.id] = entity
        rules.update({(entity.id, surface): rule for surface, rule in why.items()})
    write_entities(known, rules, output)


def _in_order(frame: DataFrame, key: str) -> Iterator[Any]:
    return iter(frame.select(key, "record").sort(key).toLocalIterator(prefetchPartitions=True))
