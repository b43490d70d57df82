"""The tag scheme: BIO over the four labels, its decoding, and the hints that the gazetteer gives the encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg.records import LABELS, Label, Role

#: Tag 0 is outside; label i begins with tag 1 + 2 i and goes on with tag 2 + 2 i.
TAGS = ("O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI"))
#: Roles that the second head tells apart; those of other labels follow from "is it more than mentioned".
HEAD_ROLES: tuple[Role, ...] = ("used", "proposed", "compared", "studied", "mentioned")
#: Hint ids: 0 none, then as in `TAGS`, then a span that the paper itself defines as an acronym or its long form.
ACRONYM_HINT = len(TAGS)
HINTS = len(TAGS) + 1

_INNER = range(2, len(TAGS), 2)
#: The score of what cannot be: no text begins inside a span.
_NEVER = -1e4


@dataclass(frozen=True, slots=True)
class TaggedSpan:
    """A run of words with one label; `score` is the mean probability of its tags, `roles` those of its first word."""

    start: int
    end: int
    label: Label
    score: float
    roles: np.ndarray


def begin(label: Label) -> int:
    """The tag with which a span of `label` begins."""
    return 1 + 2 * LABELS.index(label)


def _legal(tags: np.ndarray) -> bool:
    """Whether every inner tag follows the same label's begin or inner tag."""
    before = np.concatenate(([0], tags[:-1]))
    inner = (tags > 0) & (tags % 2 == 0)
    return bool(np.all(~inner | (before == tags) | (before == tags - 1)))


def viterbi(scores: np.ndarray) -> np.ndarray:
    """The best legal tag sequence.

    Parameters
    ----------
    scores : float array, shape (words, tags)
        Log probabilities.

    Returns
    -------
    int array, shape (words,)
    """
    if not len(scores):
        return np.zeros(0, dtype=np.int64)
    greedy: np.ndarray = scores.argmax(axis=1)
    if _legal(greedy):
        return greedy
    # Nine tags are too few for arrays: lists are several times as fast.
    rows = scores.tolist()
    best = [_NEVER if tag in _INNER else score for tag, score in enumerate(rows[0])]
    back: list[list[int]] = []
    for row in rows[1:]:
        peak = max(best)
        before = [best.index(peak)] * len(row)
        reached = [peak + score for score in row]
        for inner in _INNER:
            before[inner] = inner - 1 if best[inner - 1] >= best[inner] else inner
            reached[inner] = best[before[inner]] + row[inner]
        back.append(before)
        best = reached
    path = [best.index(max(best))]
    for before in reversed(back):
        path.append(before[path[-1]])
    return np.array(path[::-1], dtype=np.int64)


def spans(tags: Sequence[int], probabilities: np.ndarray, roles: np.ndarray) -> list[TaggedSpan]:
    """The spans of a legal tag sequence, in order.

    Parameters
    ----------
    tags : sequence of int, length words
    probabilities : float array, shape (words, tags)
    roles : float array, shape (words, roles)
    """
    found = []
    i = 0
    while i < len(tags):
        if tags[i] % 2 == 1:
            end = i + 1
            while end < len(tags) and tags[end] == tags[i] + 1:
                end += 1
            score = sum(float(probabilities[j, tags[j]]) for j in range(i, end)) / (end - i)
            found.append(TaggedSpan(i, end, LABELS[tags[i] // 2], score, roles[i]))
            i = end
        else:
            i += 1
    return found
