"""Sentence boundaries: punctuation rules that know "et al.", "e.g." and the line between title and abstract."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc

_ENDS = frozenset(".!?")
_ABBREVIATIONS = frozenset(
    "e.g i.e al et etc vs cf fig figs eq eqs sec ref refs resp approx dr prof st no vol ed eds inc ltd w.r.t".split()
)
_CLOSERS = frozenset("\"')]}”’''")


@Language.component("kg_sentences", assigns=["token.is_sent_start"])
def kg_sentences(doc: Doc) -> Doc:
    """Marks where sentences start."""
    start = True
    for token in doc:
        token.is_sent_start = start and not token.is_space
        if token.is_space:
            start = start or "\n" in token.text
            continue
        if start and token.text not in _CLOSERS:
            start = False
        if token.text in _ENDS and _ends_sentence(doc, token.i):
            start = True
        elif start and token.text in _CLOSERS:
            token.is_sent_start = False
    if len(doc):
        doc[0].is_sent_start = True
    return doc


def _ends_sentence(doc: Doc, i: int) -> bool:
    if doc[i].text != ".":
        return True
    before = doc[i - 1].lower_.rstrip(".") if i else ""
    after = doc[i + 1].text if i + 1 < len(doc) else ""
    return before not in _ABBREVIATIONS and not after[:1].islower()
