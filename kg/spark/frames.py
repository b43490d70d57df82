"""Records in data frames: a record is one binary cell, beside the columns that Spark joins and sorts by.

The cells are pickles. They go from one of our stages to the next and are never read from outside.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Row = tuple[Any, ...]
#: A stage: gets the rows of one partition, yields those of the next frame.
Stage = Callable[[Iterator[Row]], Iterable[Row]]

#: Rows a stage hands back to Spark at a time.
_BATCH = 1_000


def pack(record: object) -> bytes:
    """A record as a cell."""
    return pickle.dumps(record, protocol=pickle.HIGHEST_PROTOCOL)


def unpack(cell: bytes) -> Any:
    """The record of a cell that `pack` made."""
    return pickle.loads(cell)


def mapped(frame: DataFrame, stage: Stage, schema: pa.Schema) -> DataFrame:
    """The rows that `stage` makes of each partition of `frame`, as a frame with the given columns.

    Parameters
    ----------
    frame : DataFrame
    stage : callable
        Gets an iterator over one partition's rows as tuples, in the frame's order of columns; yields tuples in the
        schema's. It is sent to the workers, so what it holds on to must pickle.
    schema : pyarrow.Schema
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    def over_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        made = iter(stage(row for batch in batches for row in _rows(batch)))
        while some := list(islice(made, _BATCH)):
            columns = zip(*some, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return frame.mapInArrow(over_batches, from_arrow_schema(schema))


def _rows(batch: pa.RecordBatch) -> Iterator[Row]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def schema(**columns: pa.DataType) -> pa.Schema:
    """A schema of the named columns, all of which may be null."""
    return pa.schema(list(columns.items()))


def records(**keys: pa.DataType) -> pa.Schema:
    """A schema with key columns and a ``record``."""
    return schema(**keys, record=pa.binary())
