"""Reading files and papers on the workers: a file is one task, then the papers are spread evenly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from spacy.language import Language

from kg.errors import KgError, StrictError
from kg.extraction import extract, load
from kg.readers import Skipped, read
from kg.spark.frames import Row, mapped, pack, records, unpack

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Tasks a core gets in each stage: enough that a slow one does not keep the others waiting.
_WAVES = 4

_READ = records(file=pa.int64(), place=pa.int64(), paper=pa.string())
PAPERS = records(paper=pa.string())


def read_papers(spark: SparkSession, names: Sequence[str], format: str | None) -> tuple[DataFrame, list[Skipped]]:
    """The papers of the files, each id once, and what was not read, in the order of the files.

    Of papers with the same id the first one counts, as in `kg.readers.read`.

    Raises
    ------
    KgError
        When no paper could be read.
    """
    from pyspark.sql import functions as f

    files = spark.createDataFrame(list(enumerate(names)), "file long, name string").repartition(len(names), "file")
    found = mapped(files, lambda rows: _read(rows, format), _READ).persist()
    skipped = [unpack(row.record) for row in found.where("paper is null").sort("file", "place").collect()]
    kept = found.where("paper is not null")
    if kept.isEmpty():
        raise KgError("no paper could be read" + "".join(f"\n  {problem}" for problem in skipped[:5]))
    first = kept.groupBy("paper").agg(f.min_by("record", f.struct("file", "place")).alias("record"))
    return first.repartition(_WAVES * spark.sparkContext.defaultParallelism, "paper"), skipped


def _read(rows: Iterator[Row], format: str | None) -> Iterator[Row]:
    for file, name in rows:
        problems: list[Skipped] = []
        for place, paper in enumerate(read([name], format=format, skipped=problems.append)):
            yield file, place, paper.id, pack(paper)
        for place, problem in enumerate(problems):
            yield file, place, None, pack(problem)


def stop_at_first(skipped: Sequence[Skipped]) -> None:
    """What ``--strict`` asks for, once all files are read: the first bad record as an error."""
    for problem in skipped:
        raise StrictError(problem.reason, file=problem.file, line=problem.line, record=problem.record)


def extractions(papers: DataFrame, gazetteers: tuple[Path, ...]) -> DataFrame:
    """What is found in each paper; every worker process loads the model once."""
    return mapped(papers, lambda rows: _extract(rows, gazetteers), PAPERS)


def _extract(rows: Iterator[Row], gazetteers: tuple[Path, ...]) -> Iterator[Row]:
    found = extract((unpack(record) for _, record in rows), _pipeline(gazetteers))
    return ((extraction.paper.id, pack(extraction)) for extraction in found)


@cache
def _pipeline(gazetteers: tuple[Path, ...]) -> Language:
    return load(gazetteers)
