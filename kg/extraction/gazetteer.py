"""Known names: the tables of datasets, metrics, methods and tasks, and a matcher that finds them in a text.

The tables are TSV files beside this module (and any that the user names), one entity a line::

    label <tab> name <tab> aliases <tab> case <tab> direction <tab> identifiers

`aliases` and `identifiers` are separated by ``|``. `case` lists the surfaces that count only as printed (acronyms and
names that are also ordinary words). `direction` is "up" or "down" for metrics with a better side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from spacy.tokens import Doc

from kg.errors import InputError
from kg.extraction.words import words_of
from kg.files import atomic_writer
from kg.naming import joined, name_key, stem_key, word_key
from kg.records import LABELS, Label

TABLES = Path(__file__).with_name("tables")
#: What careful readers call things, compiled from annotated papers; for resolution, not for the encoder.
NAMES = Path(__file__).with_name("model") / "names.tsv"
#: The table of names that mean one thing; it gives the encoder no hints, which it learnt without them.
SYNONYMS = Path(__file__).with_name("synonyms.tsv")
_COLUMNS = ("label", "name", "aliases", "case", "direction", "identifiers")
_JOINERS = frozenset("-–/_")


Doc.set_extension("kg_known", default=None, force=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """One known entity. `exact` are those of its surfaces that count only in the very case they are printed in."""

    label: Label
    name: str
    aliases: tuple[str, ...] = ()
    exact: frozenset[str] = frozenset()
    direction: str = ""
    identifiers: tuple[str, ...] = ()

    @property
    def surfaces(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return (self.name, *self.aliases)

    @property
    def higher_is_better(self) -> bool | None:
        """Which way a metric improves; None where that is unknown or makes no sense."""
        return {"up": True, "down": False}.get(self.direction)


@dataclass(frozen=True, slots=True)
class Match:
    """A known name in a text: token indices, end exclusive."""

    start: int
    end: int
    entry: Entry


def read_table(path: Path) -> Iterator[Entry]:
    """The entries of one table.

    Raises
    ------
    InputError
        Where a line has no name, an unknown label or too few columns; names the file and the line.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                row = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n").split("\t")
            except UnicodeDecodeError:
                raise InputError("not UTF-8", file=str(path), line=number) from None
            if row == [""] or row[0].startswith("#") or tuple(row[:2]) == _COLUMNS[:2]:
                continue
            padded = [*row, "", "", "", "", ""]
            label, name = padded[0].strip().upper(), padded[1].strip()
            if label not in LABELS or not name:
                raise InputError(
                    f"expected a label ({', '.join(LABELS)}) and a name, tab-separated", file=str(path), line=number
                )
            yield Entry(
                label=label,  # type: ignore[arg-type]
                name=name,
                aliases=_split(padded[2]),
                exact=frozenset(_split(padded[3])),
                direction=padded[4].strip(),
                identifiers=_split(padded[5]),
            )


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def write_table(entries: Iterable[Entry], path: Path) -> None:
    """Write entries as a table that `read_table` reads back."""
    with atomic_writer(path) as file:
        file.write("\t".join(_COLUMNS) + "\n")
        for e in entries:
            cells = (
                e.label,
                e.name,
                "|".join(e.aliases),
                "|".join(sorted(e.exact)),
                e.direction,
                "|".join(e.identifiers),
            )
            file.write("\t".join(cells).rstrip("\t") + "\n")


class Gazetteer:
    """All known entities, by normal form, and the matcher over them.

    Entries with the same label and name are one entry with all their surfaces. Within a label a surface given later
    wins over the same surface of another entry, so that a user's table overrides ours.
    """

    def __init__(self, entries: Iterable[Entry]):
        self._by_key: dict[tuple[Label, str], Entry] = {}
        self._by_stem: dict[tuple[Label, str], Entry] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str | None, Entry]]] = {}
        for entry in _merged(entries):
            self._add(entry)
        for phrases in self._phrases.values():
            phrases.sort(key=lambda p: -len(p[0]))

    @classmethod
    def load(cls, extra: Sequence[Path] = ()) -> Gazetteer:
        """The package's tables followed by the user's; the same tables are read once."""
        return _loaded(_as_they_are(extra), False)

    @classmethod
    def load_names(cls, extra: Sequence[Path] = ()) -> Gazetteer:
        """`load`, with the names that careful readers give things as well."""
        return _loaded(_as_they_are(extra), True)

    def _add(self, entry: Entry) -> None:
        self._by_stem[entry.label, stem_key(name_key(entry.name))] = entry
        for surface in entry.surfaces:
            key = name_key(surface)
            self._by_key[entry.label, joined(key)] = entry
            words = tuple(key.split())
            if words:
                exact = surface if surface in entry.exact else None
                self._phrases.setdefault(words[0], []).append((words, exact, entry))

    def find(self, name: str, label: Label) -> Entry | None:
        """The entry of that label that `name` is a spelling of."""
        entry = self._by_key.get((label, joined(name_key(name))))
        # The name of the entry may in turn be another's alias: tables are written apart from each other.
        return entry and self._by_key.get((label, joined(name_key(entry.name))), entry)

    def find_form(self, key: str, label: Label) -> Entry | None:
        """The entry that a key names in another word form ("fine tuned" for "fine tuning")."""
        entry = self._by_stem.get((label, stem_key(key)))
        return entry and self.find(entry.name, label)

    def matches(self, doc: Doc) -> list[Match]:
        """Known names in `doc`: the longest at each place, from left to right, never overlapping."""
        tokens: list[int] = []
        keys: list[str] = []
        for i, word in enumerate(words_of(doc)):
            if word not in _JOINERS and not word.isspace():
                parts = word_key(word).split()
                keys += parts
                tokens += [i] * len(parts)
        found: list[Match] = []
        at = 0
        while at < len(tokens):
            match = self._longest(doc, tokens, keys, at)
            if match is None:
                at += 1
                continue
            found.append(match[0])
            at += match[1]
        return found

    def matches_of(self, doc: Doc) -> list[Match]:
        """`matches`, found once a text and kept with it."""
        if doc._.kg_known is None:
            doc._.kg_known = self.matches(doc)
        return list(doc._.kg_known)

    def _longest(self, doc: Doc, tokens: list[int], keys: list[str], at: int) -> tuple[Match, int] | None:
        for words, exact, entry in self._phrases.get(keys[at], ()):
            if tuple(keys[at : at + len(words)]) != words:
                continue
            start, end = tokens[at], tokens[at + len(words) - 1] + 1
            if exact is not None and not _printed_as(doc[start:end].text, exact):
                continue
            return Match(start, end, entry), len(words)
        return None


def _as_they_are(tables: Iterable[Path]) -> tuple[tuple[Path, int, int], ...]:
    """Tables with time and size: one that was edited since is another."""
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in ((path, path.stat()) for path in tables))


@lru_cache(maxsize=4)
def _loaded(extra: tuple[tuple[Path, int, int], ...], names: bool) -> Gazetteer:
    curated = TABLES / "curated.tsv"
    others = [path for path in sorted(TABLES.glob("*.tsv")) if path != curated]
    paths = (*others, *([NAMES, SYNONYMS] if names else []), curated, *(path for path, *_ in extra))
    return Gazetteer(entry for path in paths for entry in read_table(path))


def _merged(entries: Iterable[Entry]) -> Iterator[Entry]:
    by_name: dict[tuple[Label, str], Entry] = {}
    for entry in entries:
        key = (entry.label, name_key(entry.name))
        known = by_name.pop(key, None)
        by_name[key] = entry if known is None else _union(known, entry)
    yield from by_name.values()


def _union(known: Entry, new: Entry) -> Entry:
    aliases = dict.fromkeys((*new.aliases, known.name, *known.aliases))
    aliases.pop(new.name, None)
    return Entry(
        new.label,
        new.name,
        tuple(aliases),
        known.exact | new.exact,
        new.direction or known.direction,
        tuple(dict.fromkeys((*known.identifiers, *new.identifiers))),
    )


def _printed_as(text: str, exact: str) -> bool:
    """Whether `text` is `exact` or its plural."""
    return text == exact or text == exact + "s"
