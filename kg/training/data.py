"""Training examples: texts with spans as arrays that the encoder can be fitted to.

Sources differ in what they annotate. A label that a source never annotates is missing there, not absent; an optional
span may be taken or left. Both are one thing: at every word a *set* of allowed tags, and the loss is the log of the
probability that falls on the set.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from kg.errors import InputError
from kg.extraction.encoder import encoder_input
from kg.extraction.gazetteer import Gazetteer
from kg.extraction.tags import HEAD_ROLES, TAGS, begin
from kg.extraction.wordpiece import WordPieces
from kg.naming import name_key
from kg.readers.cleaning import clean
from kg.records import LABELS, Label, Paper

NO_ROLE = -1
_MAX_PIECES = 384


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """An annotated span of a text in code points. `role` may be empty."""

    start: int
    end: int
    label: str
    role: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its annotation; `labels` are those that its source annotates at all."""

    id: str
    text: str
    spans: tuple[GoldSpan, ...] = ()
    labels: tuple[Label, ...] = LABELS


@dataclass(slots=True)
class Example:
    """A text as encoder input.

    ids, shapes, hints : int64 arrays, shape (pieces,)
    first : int64 array, shape (words,), where each word's first piece stands
    allowed : bool array, shape (words, tags), the tags that count as right
    roles : int64 array, shape (words,), index into `HEAD_ROLES` at the first word of a span, else `NO_ROLE`
    soft, soft_roles : float arrays, shape (words, tags) and (words, roles), a teacher's probabilities, or None
    """

    id: str
    ids: np.ndarray
    shapes: np.ndarray
    hints: np.ndarray
    first: np.ndarray
    allowed: np.ndarray
    roles: np.ndarray
    soft: np.ndarray | None = None
    soft_roles: np.ndarray | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a JSONL file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def read_spans(path: Path, labels: Sequence[Label]) -> Iterator[Text]:
    """Texts of a span-labelled corpus: JSONL with ``id``, ``text`` and ``spans`` (start, end, label)."""
    for record in read_lines(path):
        spans = tuple(GoldSpan(s["start"], s["end"], s["label"]) for s in record["spans"])
        yield Text(record["id"], record["text"], spans, tuple(labels))


def read_annotated(paths: Iterable[Path], papers: Iterable[Paper]) -> list[Text]:
    """Annotated papers as texts: JSONL with ``entities`` (label, surfaces, role, optional).

    Parameters
    ----------
    paths : iterable of Path
        A line gives its ``title`` and ``abstract``, or an ``id`` or a ``title`` by which the text is found in `papers`.
    papers : iterable of Paper
        Where the texts of the other lines are.

    Raises
    ------
    InputError
        When a line's text is nowhere to be found.
    """
    records = [(path, number, record) for path in paths for number, record in enumerate(read_lines(path), 1)]
    wanted = {key for _, _, record in records for key in _keys(record)}
    found: dict[str, str] = {}
    for paper in papers:
        for key in _keys({"id": paper.id, "title": paper.title}):
            if key in wanted:
                found[key] = paper.text
    texts = []
    for path, number, record in records:
        own = record.get("abstract") and f"{clean(record['title'])}\n{clean(record['abstract'])}"
        text = own or next((found[key] for key in _keys(record) if key in found), None)
        if text is None:
            raise InputError(
                "no text for this paper among the given texts", file=str(path), line=number, record=record["id"]
            )
        texts.append(Text(record["id"], text, spans_of_entities(text, record["entities"])))
    return texts


def _keys(record: Mapping[str, Any]) -> tuple[str, ...]:
    """By what a record's text is found: its id, else its title."""
    title = record.get("title")
    return (f"id {record['id']}", *([f"title {name_key(clean(title))}"] if title else []))


def occurrences(text: str, surface: str) -> Iterator[tuple[int, int]]:
    """Where `surface` stands in `text` as whole words."""
    at = text.find(surface)
    while at >= 0:
        end = at + len(surface)
        inside_left = at > 0 and text[at - 1].isalnum() and surface[:1].isalnum()
        inside_right = end < len(text) and text[end].isalnum() and surface[-1:].isalnum()
        if not inside_left and not inside_right:
            yield at, end
        at = text.find(surface, at + 1) if surface else -1


def spans_of_entities(text: str, entities: Iterable[Mapping[str, Any]]) -> tuple[GoldSpan, ...]:
    """Every occurrence of every surface of the annotated entities, the longest where they overlap."""
    found = [
        GoldSpan(start, end, entity["label"], entity.get("role", ""), bool(entity.get("optional")))
        for entity in entities
        for surface in dict.fromkeys(clean(surface) for surface in entity["surfaces"])
        for start, end in occurrences(text, surface)
    ]
    found.sort(key=lambda s: (s.start - s.end, s.start))
    kept: list[GoldSpan] = []
    for span in found:
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda s: s.start))


class Featurizer:
    """Turns texts into examples: spaCy's tokens, the word pieces, shapes and hints that extraction uses too."""

    def __init__(self, nlp: Language, pieces: WordPieces, gazetteer: Gazetteer):
        self.nlp, self.pieces, self.gazetteer = nlp, pieces, gazetteer

    def __call__(self, text: Text) -> Example:
        """One text as an example, cut after as many words as fit the encoder."""
        doc = self.nlp.make_doc(text.text)
        words, ids, shapes, hints, first = encoder_input(doc, self.pieces, self.gazetteer)
        count = int(np.searchsorted(first, _MAX_PIECES)) if len(ids) > _MAX_PIECES else len(words)
        length = int(first[count]) if count < len(words) else len(ids)
        allowed, roles = self._targets(doc, words, text)
        return Example(
            text.id, ids[:length], shapes[:length], hints[:length], first[:count], allowed[:count], roles[:count]
        )

    def _targets(self, doc: Doc, words: list[int], text: Text) -> tuple[np.ndarray, np.ndarray]:
        allowed = np.zeros((len(words), len(TAGS)), dtype=bool)
        allowed[:, 0] = True
        for label in LABELS:
            if label not in text.labels:
                allowed[:, begin(label) : begin(label) + 2] = True
        roles = np.full(len(words), NO_ROLE, dtype=np.int64)
        position = {token: i for i, token in enumerate(words)}
        for span in text.spans:
            tokens = doc.char_span(span.start, span.end, alignment_mode="expand")
            inside = [position[t.i] for t in tokens or () if t.i in position]
            if not inside:
                continue
            if span.label not in LABELS:
                allowed[inside] = True
                continue
            tag = begin(span.label)  # type: ignore[arg-type]
            if not span.optional:
                allowed[inside] = False
            allowed[inside[0], tag] = True
            allowed[inside[1:], tag + 1] = True
            if span.label == "METHOD" and span.role in HEAD_ROLES:
                roles[inside[0]] = HEAD_ROLES.index(span.role)  # type: ignore[arg-type]
            elif span.role:
                roles[inside[0]] = HEAD_ROLES.index("mentioned" if span.role == "mentioned" else "used")
        return allowed, roles
