"""JSON, JSON lines, CSV, TSV and Parquet: records with named fields.

Every reader yields ``(line, record)``; a string in place of a record says what is wrong with it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from kg.readers.sources import lines as lines_of

Row = tuple[int, dict[str, Any] | str]
_MAX_ROW_LINES = 200


def read_jsonl(stream: io.BufferedReader) -> Iterator[Row]:
    """JSON lines; a broken line costs only itself."""
    for number, line in enumerate(lines_of(stream), 1):
        if line.strip():
            yield number, _parse(line)


def _parse(line: str) -> dict[str, Any] | str:
    try:
        record = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return f"not valid JSON: {error}"
    return record if isinstance(record, dict) else "not a JSON object"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {max(names, key=names.count)!r} stands twice")
    return record


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def read_json(stream: io.BufferedReader) -> Iterator[Row]:
    """One JSON document: a list of records, or an object that holds one under "results", "data", "papers" or "items"."""
    text = "\n".join(lines_of(stream))
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        yield from _salvage(text, error)
        return
    if isinstance(document, dict):
        document = next((document[k] for k in ("results", "data", "papers", "items") if isinstance(document.get(k), list)), [document])
    for number, record in enumerate(document, 1):
        yield number, record if isinstance(record, dict) else "not a JSON object"


def _salvage(text: str, error: Exception) -> Iterator[Row]:
    """The whole records of a broken list, then the error."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
    at = text.find("{")
    number = 0
    while 0 <= at < len(text):
        number += 1
        try:
            record, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as problem:
            yield number, f"not valid JSON: {problem}"
            return
        yield number, record if isinstance(record, dict) else "not a JSON object"
        at = text.find("{", end)
    if number == 0:
        yield 1, f"not valid JSON: {error}"


def read_table(stream: io.BufferedReader, delimiter: str | None = None) -> Iterator[Row]:
    """CSV or TSV with a header line; the delimiter is told from the header when it is not given.

    A quote that is never closed would swallow the rows after it: a row of more than 200 lines is given up as one bad
    record and reading goes on with its second line.
    """
    csv.field_size_limit(10_000_000)
    numbered = list(enumerate(lines_of(stream), 1))
    header_at = next((i for i, (_, line) in enumerate(numbered) if line.strip()), None)
    if header_at is None:
        return
    header_line = numbered[header_at][1]
    delimiter = delimiter or max(",;\t|", key=header_line.count)
    header = next(csv.reader([header_line], delimiter=delimiter))
    at = header_at + 1
    while at < len(numbered):
        taken, row = _row(numbered, at, delimiter)
        number = numbered[at][0]
        at += taken
        if isinstance(row, str):
            yield number, row
        elif row and any(cell.strip() for cell in row):
            yield number, dict(zip(header, row, strict=False))


def _row(numbered: list[tuple[int, str]], at: int, delimiter: str) -> tuple[int, list[str] | str]:
    """One row and how many lines it took."""
    for taken in range(1, min(_MAX_ROW_LINES, len(numbered) - at) + 1):
        text = "\n".join(line for _, line in numbered[at : at + taken])
        if text.count('"') % 2 == 0:
            try:
                return taken, next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
            except csv.Error as error:
                return taken, f"not valid CSV: {error}"
    return 1, "a quote that is never closed"


def read_parquet(stream: io.BufferedReader) -> Iterator[Row]:
    """Rows of a Parquet file, a batch at a time."""
    import pyarrow
    import pyarrow.parquet

    source: Any = stream if stream.seekable() else io.BytesIO(stream.read())
    try:
        file = pyarrow.parquet.ParquetFile(source)
        number = 0
        for batch in file.iter_batches(batch_size=1000):
            for record in batch.to_pylist():
                number += 1
                yield number, record
    except (pyarrow.ArrowException, OSError) as error:
        yield 1, f"not a readable Parquet file: {error}"


