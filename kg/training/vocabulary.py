"""The vocabulary of word pieces: those of a BERT that abstracts use, and whole words for what abstracts say often.

A word of the field that a general vocabulary cuts up ("autoencoder", "segmentation") becomes one piece that starts
from the mean of its parts. Texts get shorter by that, and the encoder faster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from spacy.language import Language

from kg.extraction.wordpiece import WordPieces, fold

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True)
class Vocabulary:
    """Pieces in id order; `origins` gives for each the base vocabulary's rows that it starts from."""

    pieces: list[str]
    origins: list[tuple[int, ...]]


def count_words(nlp: Language, texts: Iterable[str]) -> Counter[str]:
    """How often each folded token occurs."""
    counts: Counter[str] = Counter()
    for doc in map(nlp.make_doc, texts):
        counts.update(fold(token.text) for token in doc if not token.is_space)
    return counts


def build_vocabulary(counts: Counter[str], base: WordPieces, min_count: int, words: int) -> Vocabulary:
    """A vocabulary for texts with these word counts.

    Parameters
    ----------
    counts : Counter
        From `count_words`.
    base : WordPieces
        The vocabulary of the BERT that training starts from.
    min_count : int
        A piece of `base` that is used less often goes, single characters excepted.
    words : int
        How many words that `base` cuts up become pieces of their own, those that save most pieces first.
    """
    split = {word: base.encode(word) for word in counts}
    saved = {
        word: (len(split[word]) - 1) * n for word, n in counts.items() if _plain(word) and base.unk not in split[word]
    }
    new = [word for word, saving in sorted(saved.items(), key=lambda item: (-item[1], item[0]))[:words] if saving > 0]
    whole = set(new)
    used: Counter[int] = Counter()
    for word, n in counts.items():
        if word not in whole:
            used.update(dict.fromkeys(split[word], n))
    kept = [
        (piece, (i,))
        for i, piece in enumerate(base.pieces)
        if piece in SPECIAL or used[i] >= min_count or (len(piece.removeprefix("##")) == 1 and piece.isascii())
    ]
    added = [(word, split[word]) for word in sorted(new)]
    pieces, origins = zip(*kept, *added, strict=True)
    return Vocabulary(list(pieces), list(origins))


def _plain(word: str) -> bool:
    return word.isalpha() and word.isascii() and len(word) <= 24
