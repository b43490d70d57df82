"""Sentence boundaries: punctuation rules that know "et al.", "e.g." and the line between title and abstract."""

from __future__ import annotations

import numpy as np
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc

from kg.extraction.words import words_of

_START, _WITHIN = 1, -1
_ENDS = frozenset(".!?")
_ABBREVIATIONS = frozenset(
    "e.g i.e al et etc vs cf fig figs eq eqs sec ref refs resp approx dr prof st no vol ed eds inc ltd w.r.t".split()
)
_CLOSERS = frozenset("\"')]}”’''")


@Language.component("kg_sentences", assigns=["token.is_sent_start"])
def kg_sentences(doc: Doc) -> Doc:
    """Marks where sentences start."""
    # One array for the whole text: setting a token at a time makes spaCy look for a parse each time.
    starts = np.full((len(doc), 1), _WITHIN, dtype=np.int64)
    start = True
    words = words_of(doc)
    for i, text in enumerate(words):
        if text.isspace():
            start = start or "\n" in text
            continue
        if start and text not in _CLOSERS:
            starts[i] = _START
            start = False
        if text in _ENDS and _ends_sentence(words, i):
            start = True
    if len(doc):
        starts[0] = _START
        doc.from_array([SENT_START], starts.astype(np.uint64))  # type: ignore[arg-type]
    return doc


def _ends_sentence(words: list[str], i: int) -> bool:
    if words[i] != ".":
        return True
    before = words[i - 1].lower().rstrip(".") if i else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    return before not in _ABBREVIATIONS and not after[:1].islower()
