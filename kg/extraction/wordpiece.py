"""Splits words into the pieces that the encoder knows.

The greedy longest-match rule of WordPiece (Schuster and Nakajima 2012; Devlin et al. 2019), applied to single
spaCy tokens so that every piece belongs to one token and offsets never have to be guessed back.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np

#: What kind of writing a token is in. The encoder's vocabulary is lower-case; the shape gives the case back.
SHAPES = ("lower", "title", "capitals", "initial", "mixed", "number", "code", "punctuation", "other")

_MAX_PIECES = 12
_MAX_CACHED = 200_000


@lru_cache(maxsize=_MAX_CACHED)
def word_shape(word: str) -> int:
    """Index into `SHAPES` of the way `word` is written ("ImageNet" is mixed, "CIFAR10" a code, "GAN" capitals)."""
    has_digit = any(c.isdigit() for c in word)
    has_letter = any(c.isalpha() for c in word)
    if has_digit:
        return SHAPES.index("code" if has_letter else "number")
    if not has_letter:
        return SHAPES.index("punctuation" if word.isascii() else "other")
    if word.islower():
        return SHAPES.index("lower")
    if word.isupper():
        return SHAPES.index("capitals" if len(word) > 1 else "initial")
    return SHAPES.index("title" if word[1:].islower() else "mixed")


def fold(word: str) -> str:
    """`word` in lower case without diacritics, the form in which the vocabulary is written."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


class WordPieces:
    """A vocabulary of word pieces; `encode` gives the piece ids of one token.

    Parameters
    ----------
    pieces : list of str
        The vocabulary, in id order; continuations start with ``##``. Must hold ``[PAD]``, ``[UNK]``, ``[CLS]``,
        ``[SEP]`` and ``[MASK]``.
    """

    def __init__(self, pieces: list[str]):
        self.pieces = pieces
        self._ids = {piece: i for i, piece in enumerate(pieces)}
        self.pad, self.unk, self.cls, self.sep, self.mask = (
            self._ids[p] for p in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
        )
        self._longest = max(len(p) for p in pieces)
        self._cache: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.pieces)

    @classmethod
    def from_file(cls, path: Path) -> WordPieces:
        """Read a vocabulary file: one piece a line, the line number is the id."""
        return cls(path.read_text(encoding="utf-8").rstrip("\n").split("\n"))

    def encode(self, word: str) -> tuple[int, ...]:
        """Piece ids of one token; ``[UNK]`` alone when some part of it is not in the vocabulary."""
        ids = self._cache.get(word)
        if ids is None:
            ids = self._split(fold(word)[:100])
            if len(self._cache) < _MAX_CACHED:
                self._cache[word] = ids
        return ids

    def _split(self, word: str) -> tuple[int, ...]:
        ids: list[int] = []
        start = 0
        while start < len(word) and len(ids) < _MAX_PIECES:
            prefix = "##" if start else ""
            for end in range(min(len(word), start + self._longest), start, -1):
                found = self._ids.get(prefix + word[start:end])
                if found is not None:
                    ids.append(found)
                    start = end
                    break
            else:
                return (self.unk,)
        return tuple(ids) or (self.unk,)


def encode_words(pieces: WordPieces, words: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay the words of one text out as encoder input.

    Returns
    -------
    ids : int64 array, shape (pieces,)
        ``[CLS]``, the pieces of every word, ``[SEP]``.
    shapes : int64 array, shape (pieces,)
        The shape of the word that each piece belongs to, plus one; 0 at the two special pieces.
    first : int64 array, shape (words,)
        Where each word's first piece stands in `ids`.
    """
    ids, shapes, first = [pieces.cls], [0], []
    for word in words:
        first.append(len(ids))
        word_ids = pieces.encode(word)
        ids.extend(word_ids)
        shapes.extend([word_shape(word) + 1] * len(word_ids))
    ids.append(pieces.sep)
    shapes.append(0)
    return np.array(ids, dtype=np.int64), np.array(shapes, dtype=np.int64), np.array(first, dtype=np.int64)
