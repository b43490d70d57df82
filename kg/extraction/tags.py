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


def _transitions() -> np.ndarray:
    """Log-space transition scores: an inner tag may only follow the same label's begin or inner tag."""
    allowed = np.zeros((len(TAGS), len(TAGS)), dtype=np.float32)
    for inner in range(2, len(TAGS), 2):
        allowed[:, inner] = -1e4
        allowed[inner - 1, inner] = allowed[inner, inner] = 0.0
    return allowed


_TRANSITIONS = _transitions()


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
    best = scores[0].copy()
    best[2::2] = -1e4
    back = np.empty(scores.shape, dtype=np.int64)
    for i in range(1, len(scores)):
        through = best[:, None] + _TRANSITIONS
        back[i] = through.argmax(axis=0)
        best = through.max(axis=0) + scores[i]
    path = np.empty(len(scores), dtype=np.int64)
    path[-1] = best.argmax()
    for i in range(len(scores) - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path


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
            score = float(np.mean([probabilities[j, tags[j]] for j in range(i, end)]))
            found.append(TaggedSpan(i, end, LABELS[tags[i] // 2], score, roles[i]))
            i = end
        else:
            i += 1
    return found
