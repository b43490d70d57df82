"""BibTeX and RIS, entry by entry, so that one broken entry costs only itself."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

import rispy
from bibtexparser.library import Library
from bibtexparser.middlewares.parsestack import default_parse_stack
from bibtexparser.model import Block, DuplicateFieldKeyBlock, Entry, Field
from bibtexparser.splitter import Splitter

from kg.readers.sources import lines as lines_of
from kg.readers.structured import Row

for _parser in ("bibtexparser", "rispy"):  # what they warn of is reported with its record
    logging.getLogger(_parser).addHandler(logging.NullHandler())

_AT = re.compile(r"\s*@\s*\w+\s*[{(]")
_ENTRY = re.compile(r"\s*@\s*(?!comment|string|preamble)\w+\s*[{(]", re.IGNORECASE)
_STRING = re.compile(r"\s*@\s*string\s*[{(]\s*([\w:.+-]+)\s*=", re.IGNORECASE)
#: An entry that never ends is read no further than this.
_MAX_ENTRY_LINES = 10_000
_BARE_WORD = re.compile(r"[=#]\s*([A-Za-z][\w:.+-]*)")


def read_bibtex(stream: io.BufferedReader) -> Iterator[Row]:
    """Entries of a BibTeX file; an entry begins where a line begins with ``@``.

    ``@string`` abbreviations count for the entries after them.
    """
    strings: dict[str, str] = {}
    number, empty = 0, not stream.peek(1)
    for number, block in _blocks(lines_of(stream)):
        abbreviation = _STRING.match(block)
        if abbreviation:
            strings[abbreviation[1].lower()] = block
        elif _ENTRY.match(block):
            used = dict.fromkeys(name.lower() for name in _BARE_WORD.findall(block))
            yield number, _entry("\n".join([*(strings[name] for name in used if name in strings), block]))
    if number == 0 and not empty:
        yield 1, "no line begins with a BibTeX entry (@article{…)"


def _entry(text: str) -> dict[str, Any] | str:
    library = Library([_once(block) for block in Splitter(text).split().blocks])
    for middleware in default_parse_stack():
        library = middleware.transform(library)
    if not library.entries:
        return "not a valid BibTeX entry (unbalanced braces or quotes?)"
    entry = library.entries[0]
    fields: dict[str, Any] = {field.key.lower(): _unbraced(field.value) for field in entry.fields}
    fields.setdefault("id", entry.key)
    if "author" in fields:
        fields["author"] = re.split(r"\s+and\s+", fields["author"])
    return fields


def _once(block: Block) -> Block:
    """The block, with the first of every field that an entry has twice."""
    if not isinstance(block, DuplicateFieldKeyBlock) or not isinstance(block.ignore_error_block, Entry):
        return block
    entry = block.ignore_error_block
    first: dict[str, Field] = {}
    for field in entry.fields:
        first.setdefault(field.key, field)
    return Entry(entry.entry_type, entry.key, list(first.values()))


def _blocks(lines: Iterator[str]) -> Iterator[tuple[int, str]]:
    """What begins with ``@`` at the start of a line, each with the number of that line."""
    start, block = 0, list[str]()
    for number, line in enumerate(lines, 1):
        if _AT.match(line):
            if block:
                yield start, "\n".join(block)
            start, block = number, [line]
        elif block and len(block) < _MAX_ENTRY_LINES:
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
        if len(block) < _MAX_ENTRY_LINES:
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
