"""BibTeX and RIS, entry by entry, so that one broken entry costs only itself."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.model import DuplicateFieldKeyBlock, Entry

from kg.readers.sources import lines as lines_of
from kg.readers.structured import Row

_AT = re.compile(r"\s*@\s*\w+\s*[{(]")
_ENTRY = re.compile(r"\s*@\s*(?!comment|string|preamble)\w+\s*[{(]", re.IGNORECASE)
_STRING = re.compile(r"\s*@\s*string\s*[{(]\s*([\w:.+-]+)\s*=", re.IGNORECASE)
_BARE_WORD = re.compile(r"[=#]\s*([A-Za-z][\w:.+-]*)")


def read_bibtex(stream: io.BufferedReader) -> Iterator[Row]:
    """Entries of a BibTeX file; an entry begins where a line begins with ``@``.

    ``@string`` abbreviations count for the entries after them.
    """
    strings: dict[str, str] = {}
    for number, block in _blocks(lines_of(stream)):
        abbreviation = _STRING.match(block)
        if abbreviation:
            strings[abbreviation[1].lower()] = block
        elif _ENTRY.match(block):
            used = dict.fromkeys(name.lower() for name in _BARE_WORD.findall(block))
            yield number, _entry("\n".join([*(strings[name] for name in used if name in strings), block]))


def _entry(text: str) -> dict[str, Any] | str:
    library = parse_string(text)
    twice = [block.ignore_error_block for block in library.failed_blocks if isinstance(block, DuplicateFieldKeyBlock)]
    entry = next((found for found in [*library.entries, *twice] if isinstance(found, Entry)), None)
    if entry is None:
        return "not a valid BibTeX entry (unbalanced braces or quotes?)"
    fields: dict[str, Any] = {}
    for field in entry.fields:
        fields.setdefault(field.key.lower(), _unbraced(field.value))
    fields.setdefault("id", entry.key)
    if "author" in fields:
        fields["author"] = re.split(r"\s+and\s+", fields["author"])
    return fields


def _blocks(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """What begins with ``@`` at the start of a line, each with the number of that line."""
    start, block = 0, list[str]()
    for number, line in enumerate(lines, 1):
        if _AT.match(line):
            if block:
                yield start, "\n".join(block)
            start, block = number, [line]
        elif block:
            block.append(line)
    if block:
        yield start, "\n".join(block)


def _unbraced(value: Any) -> str:
    r"""A field without the braces that protect capitals; those of accents (``{\"o}``) stay for the cleaning."""
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
