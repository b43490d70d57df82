"""Finding things by name: papers by a part of their title, entities by a part of any name they go by.

A query would have to look at every name each time. Here they all stand in one text, the most important first, and a
search through that takes milliseconds for a hundred thousand papers.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Store

from kg.export.vocabulary import DCTERMS, KG, SKOS

#: Names listed at most.
MOST = 25
#: Shorter texts are in nearly every name.
LEAST_LETTERS = 2
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Named:
    """A thing with the name it is shown under; an entity's papers or a paper's year, 0 where unknown."""

    iri: str
    name: str
    papers: int = 0
    year: int = 0

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """Sorts the most important first: entities by their papers, then papers, the newest first."""
        return -self.papers, -self.year, self.name, self.iri


class Names:
    """All names of a graph, ready to be searched."""

    def __init__(self, store: Store):
        labels: list[str] = []
        self._things: list[Named] = []
        for thing in sorted(_things(store), key=lambda named: named.rank):
            others = [_plain(other) for _, other in _texts(store, NamedNode(thing.iri), SKOS.altLabel)]
            for label in sorted({_plain(thing.name), *others} - {""}):
                labels.append(label)
                self._things.append(thing)
        self._text = "\n" + "".join(label + "\n" for label in labels)
        self._starts = array("Q", _starts(labels))

    def find(self, text: str, most: int = MOST) -> list[Named]:
        """Things with `text` in a name: the whole name, its beginning, that of a word in it, or anywhere."""
        wanted = _plain(text)[:_LONGEST]
        found: dict[Named, None] = {}
        if len(wanted) < LEAST_LETTERS:
            return []
        for pattern in (f"\n{wanted}\n", f"\n{wanted}", f" {wanted}", wanted):
            for place in self._places(pattern):
                found[self._things[bisect_right(self._starts, place + pattern.startswith("\n")) - 1]] = None
                if len(found) >= most:
                    return list(found)
        return list(found)

    def _places(self, pattern: str) -> Iterator[int]:
        place = self._text.find(pattern)
        while place >= 0:
            yield place
            place = self._text.find(pattern, place + 1)


def _things(store: Store) -> Iterator[Named]:
    for subject, count in _texts(store, None, KG.paperCount):
        names = [name for _, name in _texts(store, subject, SKOS.prefLabel)]
        yield from (Named(subject.value, name, papers=_number(count)) for name in names[:1])
    for subject, title in _texts(store, None, DCTERMS.title):
        years = [_number(year) for _, year in _texts(store, subject, DCTERMS.issued)]
        yield Named(subject.value, title, year=max(years, default=0))


def _texts(store: Store, subject: NamedNode | None, predicate: NamedNode) -> Iterator[tuple[NamedNode, str]]:
    """The literals that a property has, of one thing or of all."""
    for quad in store.quads_for_pattern(subject, predicate, None):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            yield quad.subject, quad.object.value


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _starts(labels: list[str]) -> Iterator[int]:
    """Where each label begins in the text of all."""
    at = 1
    for label in labels:
        yield at
        at += len(label) + 1


def _plain(text: str) -> str:
    """Without case, accents, and line ends, which part the names from each other."""
    apart = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).casefold().split())
