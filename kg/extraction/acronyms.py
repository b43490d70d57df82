"""Acronyms that a paper defines itself: "classifier-free guidance (CFG)" or "CFG (classifier-free guidance)".

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text" (2003).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc

from kg.extraction.words import words_of

_SHORT = re.compile(r"^[A-Za-z][\w.+*&^/-]{0,14}[\w+*]$")
_FUNCTION_WORDS = frozenset(
    ["a", "an", "the", "of", "for", "and", "in", "on", "with", "to", "by", "from", "via", "as", "or"]
)
_STOPS = frozenset(",.;:()[]!?")


@dataclass(frozen=True, slots=True)
class Acronym:
    """A definition: token spans of the long and the short form, ends exclusive."""

    long_start: int
    long_end: int
    short_start: int
    short_end: int


def _looks_short(text: str) -> bool:
    return bool(_SHORT.match(text)) and sum(c.isupper() for c in text) >= 1 and len(text.rstrip("s")) >= 2


def _long_form_start(doc: Doc, short: str, end: int) -> int | None:
    """The token at which the long form before `end` begins: the latest start whose letters give the short form."""
    letters = [c for c in short.removesuffix("s").casefold() if c.isalnum()]
    at = len(letters) - 1
    first = None
    budget = min(len(letters) + 5, 2 * len(letters)) + 3
    token = end - 1
    while token >= 0 and end - token <= 2 * budget and doc[token].text not in _STOPS and not doc[token].is_space:
        word = doc[token].text.casefold()
        if doc[token].text in "-–/":
            token -= 1
            continue
        at = _take_letters(word, letters, at)
        if at < 0:
            first = token
            break
        token -= 1
    if first is None or doc[first].lower_ in _FUNCTION_WORDS:
        return None
    return first


def _take_letters(word: str, letters: list[str], at: int) -> int:
    """How far back in `letters` a word takes us: inner letters greedily, the last one only at the word's start."""
    inner: list[int] = []
    position = len(word)
    i = at
    while i >= 0:
        position = word.rfind(letters[i], 0, position)
        if position < 0:
            break
        inner.append(position)
        i -= 1
    while inner and inner[-1] != 0:
        # The leftmost letter taken must begin the word; give back letters until it does.
        candidate = letters[at - len(inner) + 1]
        if word.startswith(candidate):
            break
        inner.pop()
    return at - len(inner)


def find_acronyms(doc: Doc) -> list[Acronym]:
    """All definitions in `doc`, in text order."""
    found = []
    words = words_of(doc)
    for open_ in range(1, len(words) - 2):
        if words[open_] != "(":
            continue
        close = next((j for j in range(open_ + 1, min(open_ + 12, len(words))) if words[j] in {")", ",", ";"}), None)
        if close is None or close == open_ + 1:
            continue
        pair = _long_then_short(doc, open_, close) or _short_then_long(doc, open_, close)
        if pair:
            found.append(pair)
    return found


def _long_then_short(doc: Doc, open_: int, close: int) -> Acronym | None:
    short = doc[open_ + 1 : close].text
    if not _looks_short(short):
        return None
    start = _long_form_start(doc, short, open_)
    if start is None or open_ - start < 1 or len(doc[start:open_].text) <= len(short):
        return None
    return Acronym(start, open_, open_ + 1, close)


def _short_then_long(doc: Doc, open_: int, close: int) -> Acronym | None:
    short = doc[open_ - 1].text
    if not _looks_short(short) or close - open_ < 3:
        return None
    start = _long_form_start(doc, short, close)
    if start is None or start > open_ + 1:
        return None
    return Acronym(open_ + 1, close, open_ - 1, open_)


def acronym_spans(doc: Doc) -> list[tuple[int, int]]:
    """Token spans of all defined long and short forms and of every later use of a short form."""
    definitions = definitions_of(doc)
    shorts = {doc[a.short_start : a.short_end].text for a in definitions}
    spans = [(a.long_start, a.long_end) for a in definitions] + [(a.short_start, a.short_end) for a in definitions]
    taken = {i for start, end in spans for i in range(start, end)}
    if shorts:
        again = (i for i, word in enumerate(words_of(doc)) if word in shorts or word.rstrip("s") in shorts)
        spans += [(i, i + 1) for i in again if i not in taken]
    return spans


def definitions_of(doc: Doc) -> list[Acronym]:
    """The definitions found by the component, or found now where it has not run."""
    if doc._.kg_acronyms is None:
        doc._.kg_acronyms = find_acronyms(doc)
    return list(doc._.kg_acronyms)


Doc.set_extension("kg_acronyms", default=None, force=True)


@Language.component("kg_acronyms", assigns=["doc._.kg_acronyms"])
def kg_acronyms(doc: Doc) -> Doc:
    """Finds the acronyms that a text defines; the pairs are in ``doc._.kg_acronyms``."""
    doc._.kg_acronyms = find_acronyms(doc)
    return doc
