"""BibTeX and RIS, entry by entry, so that one broken entry costs only itself."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import bibtexparser
import rispy

from kg.readers.sources import lines as lines_of
from kg.readers.structured import Row

_ENTRY = re.compile(r"^\s*@\s*(?!comment|string|preamble)\w+\s*[{(]", re.IGNORECASE)
_BRACED = re.compile(r"[{}](?![\\])")


def read_bibtex(stream: io.BufferedReader) -> Iterator[Row]:
    """Entries of a BibTeX file; an entry begins where a line begins with ``@``."""
    for number, block in _blocks(lines_of(stream)):
        library = bibtexparser.parse_string(block)
        if library.entries:
            fields: dict[str, Any] = {key.lower(): _unbraced(field.value) for key, field in library.entries[0].fields_dict.items()}
            fields.setdefault("id", library.entries[0].key)
            yield number, fields
        else:
            yield number, "not a valid BibTeX entry (unbalanced braces or quotes?)"


def _blocks(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    start, block = 0, list[str]()
    for number, line in enumerate(lines, 1):
        if _ENTRY.match(line):
            if block:
                yield start, "\n".join(block)
            start, block = number, [line]
        elif block:
            block.append(line)
    if block:
        yield start, "\n".join(block)


def _unbraced(value: Any) -> str:
    """A field without the braces that protect capitals; those of accents (``{\\"o}``) stay for the cleaning."""
    text = str(value)
    return re.sub(r"\{([^{}\\]*)\}", r"\1", text)


def read_ris(stream: io.BufferedReader) -> Iterator[Row]:
    """References of a RIS file, cut at their ``ER`` lines."""
    start, block = 1, list[str]()
    for number, line in enumerate(lines_of(stream), 1):
        if not block and not line.strip():
            continue
        if not block:
            start = number
        block.append(line)
        if re.match(r"ER\s*-", line):
            yield _reference(start, block)
            block = []
    if any(line.strip() for line in block):
        yield start, "no end of reference (ER line)"


def _reference(start: int, block: list[str]) -> Row:
    try:
        entries = rispy.loads("\n".join(block))
    except (OSError, ValueError, KeyError, IndexError) as error:
        return start, f"not a valid RIS reference: {error}"
    if not entries:
        return start, "not a valid RIS reference"
    entry = dict(entries[0])
    entry.setdefault("title", entry.get("primary_title") or entry.get("short_title"))
    entry["authors"] = entry.get("authors") or entry.get("first_authors")
    return start, entry
