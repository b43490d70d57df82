"""The words of a text as plain strings, taken out of spaCy once: making a token object for every look is slow."""

from __future__ import annotations

from spacy.tokens import Doc

Doc.set_extension("kg_words", default=None, force=True)


def words_of(doc: Doc) -> list[str]:
    """The texts of all tokens, in order."""
    words: list[str] | None = doc._.kg_words
    if words is None:
        words = doc._.kg_words = [token.text for token in doc]
    return words
