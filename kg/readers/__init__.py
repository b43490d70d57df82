"""Reading papers from what people have: text pages, JSON, tables, bibliographies, packed or not.

`read` streams papers; what it cannot use it hands to a callback with file, line and reason, and goes on.
"""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError, StrictError, UsageError
from kg.readers.bibliography import read_bibtex, read_ris
from kg.readers.cleaning import clean
from kg.readers.flavours import RecordError, to_paper
from kg.readers.page import read_page
from kg.readers.sources import STDIN, encoding_of, expand, lines, open_bytes, plain_suffix
from kg.readers.structured import Row, read_json, read_jsonl, read_parquet, read_table
from kg.records import Paper

Reader = Callable[[io.BufferedReader], Iterator[Row]]

READERS: dict[str, Reader] = {
    "text": lambda stream: read_page(lines(stream)),
    "jsonl": read_jsonl,
    "json": read_json,
    "csv": read_table,
    "tsv": lambda stream: read_table(stream, "\t"),
    "parquet": read_parquet,
    "bibtex": read_bibtex,
    "ris": read_ris,
}
#: Names that ``--format`` takes.
FORMATS = tuple(READERS)
_SUFFIXES = {
    ".txt": "text", ".text": "text", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv",
    ".tsv": "tsv", ".parquet": "parquet", ".bib": "bibtex", ".ris": "ris",
}  # fmt: skip
_BROKEN = (OSError, EOFError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that was not read: where it stands and why. `record` is its id or the start of its title."""

    file: str
    line: int
    record: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.record}: {self.reason}" if self.record else f"{where}: {self.reason}"


def read(
    sources: Iterable[str | Path],
    *,
    format: str | None = None,
    strict: bool = False,
    skipped: Callable[[Skipped], None] | None = None,
) -> Iterator[Paper]:
    """The papers of the given sources, in order, as a stream.

    Parameters
    ----------
    sources : iterable of str or Path
        Files, folders (read recursively), globs, or ``-`` for standard input; ``.gz``, ``.xz``, ``.zst`` and ``.bz2``
        are unpacked on the way.
    format : str, optional
        One of `FORMATS`; default by suffix and first bytes.
    strict : bool
        Stop at the first record that cannot be read.
    skipped : callable, optional
        Is given every record that was passed over. Of papers with the same id the first counts, in the order of the
        sources and within each of its lines; the others are passed over too.

    Raises
    ------
    InputError
        For a source that does not exist or cannot be opened; under `strict` for the first bad record.
    UsageError
        For an unknown format.
    """
    if format is not None and format not in READERS:
        raise UsageError(f"unknown format {format!r}: one of {', '.join(FORMATS)}")

    def report(problem: Skipped) -> None:
        if strict:
            raise StrictError(problem.reason, file=problem.file, line=problem.line, record=problem.record)
        if skipped:
            skipped(problem)

    seen: dict[str, str] = {}
    for name in expand(sources):
        yield from _read_file(name, format, report, seen)


def _read_file(
    name: str, format: str | None, report: Callable[[Skipped], None], seen: dict[str, str]
) -> Iterator[Paper]:
    with open_bytes(name) as stream:
        for number, record in _rows(name, format, stream):
            paper = _paper(name, number, record, report)
            if paper is None:
                continue
            if paper.id in seen:
                report(Skipped(name, number, paper.id, f"the same id as {seen[paper.id]}"))
                continue
            seen[paper.id] = f"{name}:{number}"
            yield paper


def _rows(name: str, format: str | None, stream: io.BufferedReader) -> Iterator[Row]:
    """The records of an open file; where the file itself breaks off, the last one says so."""
    number = 0
    try:
        head = stream.peek(4096)[:4096]
        for number, record in READERS[format or detect(name, head)](stream):
            yield number, record
    except InputError as error:
        yield number + 1, error.reason
    except _BROKEN as error:
        yield number + 1, f"the file breaks off: {error}"


def _paper(name: str, number: int, record: object, report: Callable[[Skipped], None]) -> Paper | None:
    if not isinstance(record, dict):
        report(Skipped(name, number, "", _printable(str(record))))
        return None
    try:
        return to_paper(record)
    except (RecordError, RecursionError) as error:
        label = clean(str(record.get("id") or record.get("title") or "")[:80])
        reason = str(error) if isinstance(error, RecordError) else "nested too deeply"
        report(Skipped(name, number, label, _printable(reason)))
        return None


def _printable(reason: str) -> str:
    """One line without what a terminal would obey: a reason may cite the file."""
    return " ".join("".join(c if c.isprintable() else " " for c in reason).split())


def detect(name: str, head: bytes) -> str:
    """The format of a file, by suffix where it is a known one, else by its first bytes."""
    by_suffix = _SUFFIXES.get(plain_suffix(name)) if name != STDIN else None
    text = head.decode(encoding_of(head), errors="ignore").lstrip("\ufeff \r\n\t")
    first = text.split("\n", 1)[0]
    if head.startswith(b"PAR1"):
        return "parquet"
    if by_suffix == "jsonl" and text.startswith("["):
        return "json"
    if by_suffix == "json" and text.startswith("{") and first.rstrip().endswith("}") and "\n{" in text:
        return "jsonl"
    if by_suffix:
        return by_suffix
    if text.startswith("{"):
        return "jsonl" if first.rstrip().endswith("}") else "json"
    if text.startswith("["):
        return "json"
    if text.startswith("@"):
        return "bibtex"
    if first.startswith("TY  -"):
        return "ris"
    columns = [c.strip(' "').lower() for c in first.replace("\t", ",").replace(";", ",").split(",")]
    if "title" in columns and ("abstract" in columns or "summary" in columns):
        return "tsv" if "\t" in first else "csv"
    return "text"
