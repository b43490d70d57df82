"""What most papers share, counted over all partitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from kg.graph import RELATION
from kg.records import known_year
from kg.spark.frames import Row, mapped, schema, unpack
from kg.tallies import Shared, Tally, kept_of, order, shared

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SHARED = schema(kind=pa.string(), first=pa.string(), second=pa.string(), year=pa.int32())


def common(papers: DataFrame) -> list[Tally]:
    """What `kg.tallies.tallies` finds in the graph of the papers: a few thousand rows, whatever their number.

    Parameters
    ----------
    papers : DataFrame
        As `kg.spark.tables.write_tables` takes it.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    group, rest = ("kind", "year"), ("first", "second")
    counted = mapped(papers, _shared, _SHARED).groupBy(*group, *rest).count()
    place = f.row_number().over(Window.partitionBy(*group).orderBy(f.desc("count"), *rest))
    kept = f.when(f.col("kind") == "entity", kept_of("entity")).otherwise(kept_of("method"))
    rows = counted.withColumn("place", place).where(f.col("place") <= kept).collect()
    return sorted((Tally(Shared(r["kind"], r["first"], r["second"], r["year"]), r["count"]) for r in rows), key=order)


def _shared(rows: Iterator[Row]) -> Iterator[Row]:
    for _, record in rows:
        read = unpack(record)
        named: dict[str, list[str]] = {}
        for entity in read.entities:
            named.setdefault(RELATION[entity.role], []).append(entity.id)
        yield from shared(named, known_year(read.paper.year))
