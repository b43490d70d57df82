"""JSON, JSON lines, CSV, TSV and Parquet: records with named fields.

Every reader yields ``(line, record)``; a string in place of a record says what is wrong with it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

from kg.errors import InputError
from kg.readers.sources import MAX_EXPANSION, MAX_LINE_BYTES, MIN_SUSPECT_BYTES, UNPACKS_TOO_FAR
from kg.readers.sources import lines as lines_of

Row = tuple[int, dict[str, Any] | str]
#: What a row, an entry or a document may have at most, so that none takes all memory or time.
_MAX_ROW_LINES = 200
_MAX_ROW_CHARACTERS = 1_000_000
_MAX_DOCUMENT = 200_000_000
#: Characters that a row of a Parquet file counts for at least, so that a billion empty ones are noticed too.
_LEAST_ROW = 1000
#: Rows of a Parquet file that are unpacked at a time.
_BATCH = 100
#: Where an object may hold its list of records.
_LISTS = frozenset({"results", "data", "papers", "items"})
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_KEY = re.compile(r'[\s,]*"([^"\\]*)"\s*:\s*')
_AFTER_BRACE = re.compile(r"\}\s*,\s*(?=\{)")
_MAX_TRIES = 1000


def read_jsonl(stream: io.BufferedReader) -> Iterator[Row]:
    """JSON lines; a broken line costs only itself."""
    for number, line in enumerate(lines_of(stream), 1):
        if line.strip():
            yield number, _parse(line)


def _parse(line: str) -> dict[str, Any] | str:
    try:
        record = json.loads(line, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return f"not valid JSON: {_short(error)}"
    return record if isinstance(record, dict) else "not a JSON object"


def _short(error: Exception) -> str:
    """What an error says, without its position in a text of many lines."""
    return "nested too deeply" if isinstance(error, RecursionError) else str(getattr(error, "msg", error))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {max(names, key=names.count)!r} stands twice")
    return record


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder()


def read_json(stream: io.BufferedReader) -> Iterator[Row]:
    """One JSON document: a list of records, or an object that holds one under "results", "data", "papers" or "items".

    Objects that follow one another are read too. A record that is not valid JSON costs only itself, as long as the next
    one can be told: it begins a line at the same column, or follows a brace and has keys in common.
    """
    text = _document(lines_of(stream))
    if text.strip() and text.lstrip("\ufeff \n\t")[:1] not in "[{":
        yield 1, "not valid JSON: neither a list nor an object"
        return
    at = _first_record(text)
    number, counted = 1, 0
    previous: dict[str, Any] = {}
    while 0 <= at < len(text):
        number, counted = number + text.count("\n", counted, at), at
        record, end = _decode(text, at)
        yield number, record
        previous = record if isinstance(record, dict) else previous
        at = _next_value(text, end) if end >= 0 else _next_record(text, at, previous)
    if at >= 0 and text.lstrip()[:1] == "[":
        yield number + text.count("\n", counted), "the list breaks off"


def _document(lines: Iterator[str]) -> str:
    parts, size = list[str](), 0
    while batch := list(islice(lines, 10_000)):
        parts.append("\n".join(batch))
        size += len(parts[-1])
        if size > _MAX_DOCUMENT:
            raise InputError(f"a JSON document of more than {_MAX_DOCUMENT:,} characters: give it as JSON lines")
    return "\n".join(parts)


def _first_record(text: str) -> int:
    """Where the first record stands; -1 where there is none."""
    at = _next_value(text, 0)
    if text.startswith("[", at):
        return _next_value(text, at + 1)
    return _list_inside(text, at) if text.startswith("{", at) else -1


def _next_value(text: str, at: int) -> int:
    """The first position from `at` on that holds neither space nor comma; -1 at the bracket that ends a list."""
    found = _BETWEEN.match(text, at)
    at = found.end() if found else at
    return -1 if text.startswith("]", at) else at


def _list_inside(text: str, start: int) -> int:
    """The first record of the list that the object at `start` holds; `start` when it is a record itself."""
    at = start + 1
    while key := _KEY.match(text, at):
        value = key.end()
        if key[1] in _LISTS and text.startswith("[", value):
            return _next_value(text, value + 1)
        try:
            _, at = _LENIENT.raw_decode(text, value)
        except (ValueError, RecursionError):
            break
    return start


def _decode(text: str, at: int) -> tuple[dict[str, Any] | str, int]:
    """The record at `at`, or what is wrong with it, and where it ends; -1 when that cannot be told."""
    try:
        record, end = _STRICT.raw_decode(text, at)
        return (record if isinstance(record, dict) else "not a JSON object"), end
    except (ValueError, RecursionError) as error:
        breaks_off = getattr(error, "pos", 0) >= len(text.rstrip()) or "Unterminated string" in str(error)
        problem = "not valid JSON: " + ("the file breaks off inside this record" if breaks_off else _short(error))
    try:
        return problem, _LENIENT.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return problem, -1


def _next_record(text: str, broken: int, previous: dict[str, Any]) -> int:
    """Where reading goes on after a record that cannot be read; -1 for nowhere."""
    indent = text[text.rfind("\n", 0, broken) + 1 : broken]
    if not indent.strip():
        found = text.find(f"\n{indent}{{", broken)
        return found + 1 + len(indent) if found >= 0 else -1
    for tried, brace in enumerate(_AFTER_BRACE.finditer(text, broken)):
        record, _ = _decode(text, brace.end())
        if isinstance(record, dict) and 2 * len(record.keys() & previous.keys()) > len(record):
            return brace.end()
        if tried == _MAX_TRIES:
            break
    return -1


def read_table(stream: io.BufferedReader, delimiter: str | None = None) -> Iterator[Row]:
    """CSV or TSV with a header line; the delimiter is told from the header when it is not given.

    A quote that is never closed would swallow the rows after it, so a row that is not valid or longer than 200 lines
    costs its first line only; reading goes on with the next line that can be a row. A row with more cells than the
    header has columns is given up too, for its text would be cut short.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    rest = enumerate(lines_of(stream), 1)
    header_line = next((line for _, line in rest if line.strip()), "")
    delimiter = delimiter or max(",;\t|", key=header_line.count)
    header = next(csv.reader([header_line], delimiter=delimiter), [])
    ahead: deque[tuple[int, str]] = deque()
    all_quoted, after_bad = header_line.startswith('"'), False
    while _fill(ahead, rest, 1):
        number, line = ahead[0]
        taken, row = _row(ahead, rest, delimiter)
        for _ in range(taken):
            ahead.popleft()
        short = isinstance(row, list) and len(row) < len(header)
        if after_bad and (short or (all_quoted and not line.startswith('"'))):
            continue  # the rest of a row that spread over several lines
        after_bad = isinstance(row, str)
        if isinstance(row, str):
            yield number, row
        elif any(cell.strip() for cell in row[len(header) :]):
            yield number, f"{len(row)} cells where the header has {len(header)} (a {delimiter!r} outside of quotes?)"
        elif any(cell.strip() for cell in row):
            all_quoted = all_quoted and line.startswith('"')
            yield number, dict(zip(header, row, strict=False))


def _fill(ahead: deque[tuple[int, str]], rest: Iterator[tuple[int, str]], most: int) -> bool:
    """Look ahead to `most` lines; whether there are so many."""
    ahead.extend(islice(rest, max(0, most - len(ahead))))
    return len(ahead) >= most


def _row(ahead: deque[tuple[int, str]], rest: Iterator[tuple[int, str]], delimiter: str) -> tuple[int, list[str] | str]:
    """The row that begins ahead, or what is wrong with it, and how many lines it took."""
    text = ""
    for taken in range(1, _MAX_ROW_LINES + 1):
        if not _fill(ahead, rest, taken) or len(text) > _MAX_ROW_CHARACTERS:
            break
        text += ("\n" if taken > 1 else "") + ahead[taken - 1][1]
        try:
            return taken, next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            if "end of data" not in str(error):
                return 1, f"not valid CSV: {error}"
    return 1, "a quote that is never closed"


def read_parquet(stream: io.BufferedReader) -> Iterator[Row]:
    """Rows of a Parquet file.

    A few bytes can stand for a long text in a million rows, so texts stay packed until their row is reached, and
    reading ends where the rows have grown far beyond the file.
    """
    import pyarrow

    source: Any = stream if stream.seekable() else io.BytesIO(stream.read())
    number = grown = 0
    try:
        most = max(source.seek(0, io.SEEK_END) * MAX_EXPANSION, MIN_SUSPECT_BYTES)
        for batch in _batches(source, most):
            for cells in zip(*batch.columns, strict=True):
                record = _record(batch.schema.names, cells)
                number += 1
                grown += max(_LEAST_ROW, len(str(record)))
                if grown > most:
                    raise InputError(UNPACKS_TOO_FAR)
                yield number, record
    except (pyarrow.ArrowException, OSError) as error:
        yield number + 1, f"not a readable Parquet file: {error}"


def _record(names: list[str], cells: tuple[Any, ...]) -> dict[str, Any] | str:
    """The cells of a row by their columns' names, or what is wrong with one: texts and dates are not checked before."""
    try:
        return {name: cell.as_py() for name, cell in zip(names, cells, strict=True)}
    except (ValueError, OverflowError) as error:
        return f"a value that cannot be read: {error}"


def _batches(source: Any, most: int) -> Iterator[Any]:
    """Arrow's batches of a Parquet file that says itself to unpack to at most so many bytes, texts as dictionaries."""
    from pyarrow.parquet import ParquetFile

    found = ParquetFile(source)
    groups = [found.metadata.row_group(group) for group in range(found.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > most:
        raise InputError(UNPACKS_TOO_FAR)
    # Arrow cannot keep the texts of nested columns packed.
    texts = [
        column.path for column in found.schema if column.physical_type == "BYTE_ARRAY" and column.path == column.name
    ]
    yield from ParquetFile(source, read_dictionary=texts).iter_batches(batch_size=_BATCH)
