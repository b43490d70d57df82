"""Counts how annotated names are used: taken as an entity, or left alone, over all texts that have them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kg.extraction.usage import Usage
from kg.naming import name_key
from kg.records import LABELS
from kg.training.data import Text

#: A name in fewer texts than this says little.
MIN_TEXTS = 5
#: A word in so many texts is plain when readers took it for a name in at most this share of them.
PLAIN_TEXTS = 20
PLAIN_SHARE = 0.03

_SMALL = re.compile(r"(?<![\w-])[a-z]+(?!\w)")


def usage_of_names(texts: Sequence[Text]) -> Iterator[tuple[str, Usage]]:
    """The usage of every annotated name that stands in `MIN_TEXTS` texts or more.

    Parameters
    ----------
    texts : sequence of Text
        Annotated under all labels.
    """
    taken: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for name, label in _annotated(text).items():
            taken[name][label] += 1
    seen = _texts_with(taken, texts)
    for name, counts in taken.items():
        if name and seen[name] >= MIN_TEXTS:
            labels = {label: counts[label] for label in LABELS}
            yield name, Usage(labels, max(0, seen[name] - counts.total()))


def plain_words(texts: Iterable[Text]) -> list[str]:
    """Words that many texts have in small letters and that hardly ever are a name by themselves.

    What readers marked as optional counts as a name: the word is doubtful, not plain.
    """
    printed: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for text in texts:
        printed.update(set(_SMALL.findall(text.text)))
        taken.update({text.text[span.start : span.end] for span in text.spans})
    return [w for w, count in printed.items() if count >= PLAIN_TEXTS and taken[w] <= PLAIN_SHARE * count]


def _annotated(text: Text) -> dict[str, str]:
    """The names of one text with their label, empty when optional."""
    return {name_key(text.text[s.start : s.end]): "" if s.optional else s.label for s in text.spans}


def _texts_with(names: Mapping[str, object], texts: Iterable[Text]) -> Counter[str]:
    """In how many texts each name, in normal form, stands as a run of words."""
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for name in names:
        if name:
            words = name.split()
            lengths[words[0]].add(len(words))
    seen: Counter[str] = Counter()
    for text in texts:
        words = name_key(text.text).split()
        runs = (" ".join(words[i : i + n]) for i, word in enumerate(words) for n in lengths.get(word, ()))
        seen.update({run for run in runs if run in names})
    return seen
