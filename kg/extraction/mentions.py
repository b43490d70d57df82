"""From tags to mentions: what the encoder saw, what the gazetteer knows and what the paper itself says, as one.

A name is one thing throughout an abstract. So the decisions are made for names, not for places: the label of a name
is what its places say together, an acronym and its long form share it, and then every place where the name stands
is a mention.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span

from kg.extraction.acronyms import definitions_of
from kg.extraction.encoder import MODEL
from kg.extraction.filters import is_generic, is_nameless, trim
from kg.extraction.gazetteer import Gazetteer
from kg.extraction.own_method import own_names
from kg.extraction.tags import HEAD_ROLES, begin
from kg.extraction.usage import Usage, read_plain, read_usage, with_usage
from kg.extraction.words import words_of
from kg.naming import in_capitals, name_key
from kg.records import LABELS, Label, Mention, Role

#: How sure the encoder must be of a span, by label, when nothing else speaks for it.
THRESHOLD: dict[Label, float] = {"METHOD": 0.66, "DATASET": 0.55, "METRIC": 0.62, "TASK": 0.7}
#: How sure it must be of a span that the gazetteer knows under the same label.
KNOWN_THRESHOLD: dict[Label, float] = {"METHOD": 0.45, "DATASET": 0.35, "METRIC": 0.42, "TASK": 0.45}
#: How sure of words that the gazetteer knows and the encoder did not tag.
MISSED_THRESHOLD = 0.6

Doc.set_extension("kg_mentions", default=(), force=True)


@dataclass(slots=True)
class _Name:
    """One name of a text: the evidence for each label and role, and where it was seen."""

    places: list[tuple[int, int]] = field(default_factory=list)
    labels: defaultdict[Label, float] = field(default_factory=lambda: defaultdict(float))
    roles: np.ndarray = field(default_factory=lambda: np.zeros(len(HEAD_ROLES)))
    source: str = "encoder"
    score: float = 0.0
    proposed: bool = False

    def absorb(self, other: _Name) -> None:
        """Take over what is known of another spelling."""
        for label, score in other.labels.items():
            self.labels[label] += score
        self.roles += other.roles
        self.score = max(self.score, other.score)
        self.proposed = self.proposed or other.proposed

    @property
    def label(self) -> Label:
        """The label with most evidence, the first of `LABELS` on a tie."""
        return max(LABELS, key=lambda label: self.labels.get(label, 0.0))


class MentionFinder:
    """The spaCy component that turns tags, acronyms and known names into mentions."""

    def __init__(self, gazetteer: Gazetteer, usage: Mapping[str, Usage], plain: Set[str] = frozenset()):
        self.gazetteer, self.usage, self.plain = gazetteer, usage, plain

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc._.kg_mentions`` (sorted by place), ``doc.spans["kg"]`` and ``doc.ents``."""
        names = self._tagged_names(doc)
        self._add_known(doc, names)
        _add_own(doc, names)
        _join_acronyms(doc, names)
        mentions = sorted(_everywhere(doc, names), key=lambda m: (m.start, m.end))
        doc._.kg_mentions = tuple(mentions)
        spans = [doc.char_span(m.start, m.end, label=m.label) for m in mentions]
        doc.spans["kg"] = [span for span in spans if span is not None]
        doc.ents = [span for span in spans if span is not None]  # type: ignore[assignment]
        return doc

    def _tagged_names(self, doc: Doc) -> dict[str, _Name]:
        """What the encoder tagged and is sure enough of, less so where the gazetteer knows it."""
        names: dict[str, _Name] = {}
        for tagged in doc._.kg_tagged:
            start, end = trim(doc, tagged.start, tagged.end, tagged.label)
            text = doc[start:end].text
            if start >= end or self._is_none(text, tagged.label):
                continue
            score = with_usage(self.usage, text, tagged.label, tagged.score)
            if score < self._threshold(text, tagged.label):
                continue
            name = names.setdefault(name_key(text), _Name())
            name.places.append((start, end))
            name.labels[tagged.label] += score
            name.roles += tagged.roles
            name.score = max(name.score, score)
        return names

    def _is_none(self, text: str, label: Label) -> bool:
        """Whether words that stand alone are no name of this label, wherever they stand."""
        return is_generic(text) or text in self.plain or is_nameless(text, label)

    def _threshold(self, text: str, label: Label) -> float:
        known = self.gazetteer.find(text, label) is not None
        return KNOWN_THRESHOLD[label] if known else THRESHOLD[label]

    def _add_known(self, doc: Doc, names: dict[str, _Name]) -> None:
        """Known names that the encoder half saw."""
        if doc._.kg_probabilities is None:
            return
        tagged = {i for name in names.values() for start, end in name.places for i in range(start, end)}
        for match in self.gazetteer.matches_of(doc):
            if tagged.intersection(range(match.start, match.end)):
                continue
            first = begin(match.entry.label)
            words = doc._.kg_probabilities[match.start : match.end, first : first + 2].sum(axis=1)
            score = float(words.mean())
            text = doc[match.start : match.end].text
            score = with_usage(self.usage, text, match.entry.label, score)
            if score >= MISSED_THRESHOLD and not self._is_none(text, match.entry.label):
                name = names.setdefault(name_key(text), _Name(source="gazetteer"))
                name.places.append((match.start, match.end))
                name.labels[match.entry.label] += score
                name.score = max(name.score, score)


def _add_own(doc: Doc, names: dict[str, _Name]) -> None:
    """The method that the paper itself proposes, by what its title and its sentences say."""
    for start, end in own_names(doc):
        start, end = trim(doc, start, end, "METHOD")
        text = doc[start:end].text
        if start >= end or is_generic(text):
            continue
        key = name_key(text)
        if key not in names and any(_overlap((start, end), place) for n in names.values() for place in n.places):
            continue
        name = names.setdefault(key, _Name(source="own_method", score=0.6))
        if (start, end) not in name.places:
            name.places.append((start, end))
        if not name.labels:
            name.labels["METHOD"] += 0.6
        name.proposed = name.label == "METHOD"


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _join_acronyms(doc: Doc, names: dict[str, _Name]) -> None:
    """Give an acronym and its long form one label, one role and both forms, when either was seen."""
    for pair in definitions_of(doc):
        places = ((pair.long_start, pair.long_end), (pair.short_start, pair.short_end))
        keys = [name_key(doc[start:end].text) for start, end in places]
        known = [names[key] for key in keys if key in names]
        if not known or is_generic(doc[slice(*places[0])].text):
            continue
        joint = _Name(source=known[0].source)
        for name in known:
            joint.absorb(name)
        for key, place in zip(keys, places, strict=True):
            name = names.setdefault(key, _Name(source="acronym"))
            name.labels, name.roles, name.score, name.proposed = joint.labels, joint.roles, joint.score, joint.proposed
            if place not in name.places:
                name.places.append(place)


def _everywhere(doc: Doc, names: dict[str, _Name]) -> Iterator[Mention]:
    """Every place of every name: where it was seen first, then where else the same words stand, longest first."""
    taken = np.zeros(len(doc), dtype=bool)
    seen = [(place, name) for name in names.values() for place in name.places]
    later = list(_repeats(doc, names))
    for (start, end), name in _longest_first(seen) + _longest_first(later):
        if not taken[start:end].any():
            taken[start:end] = True
            yield _mention(doc[start:end], name)


def _longest_first(places: Iterable[tuple[tuple[int, int], _Name]]) -> list[tuple[tuple[int, int], _Name]]:
    return sorted(places, key=lambda item: (item[0][0] - item[0][1], item[0][0]))


def _repeats(doc: Doc, names: dict[str, _Name]) -> Iterator[tuple[tuple[int, int], _Name]]:
    """Places where the words of a name stand again."""
    words = words_of(doc)
    by_first: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for key, name in names.items():
        first = name_key(words[name.places[0][0]])
        for length in {end - start for start, end in name.places}:
            by_first[first].append((length, key))
    for start, word in enumerate(words):
        for length, key in by_first.get(name_key(word), ()):
            end = start + length
            text = doc[start:end].text
            if end <= len(words) and name_key(text) == key and not (text.islower() and _is_acronym(doc, names[key])):
                yield (start, end), names[key]


def _is_acronym(doc: Doc, name: _Name) -> bool:
    """Whether a name is written as acronyms are wherever it was seen: "per" is no "PER", "map" no "mAP"."""
    return all(in_capitals(doc[start:end].text) for start, end in name.places)


def _mention(span: Span, name: _Name) -> Mention:
    return Mention(
        start=span.start_char,
        end=span.end_char,
        text=span.text,
        label=name.label,
        role=_role(name),
        source=name.source,
        score=round(min(1.0, name.score), 3),
    )


def _role(name: _Name) -> Role:
    """The role that all places of the name point to together."""
    heads = dict(zip(HEAD_ROLES, name.roles.tolist(), strict=True))
    total = sum(heads.values())
    if name.label != "METHOD":
        passing = total > 0 and heads["mentioned"] > total / 2
        active: dict[Label, Role] = {"DATASET": "evaluated_on", "METRIC": "measured", "TASK": "addressed"}
        return "mentioned" if passing else active[name.label]
    if name.proposed:
        return "proposed"
    return max(HEAD_ROLES, key=lambda role: heads[role]) if total else "used"


@Language.factory(
    "kg_mentions", assigns=["doc._.kg_mentions", "doc.ents"], default_config={"model": None, "gazetteers": []}
)
def make_mention_finder(nlp: Language, name: str, model: str | None, gazetteers: list[str]) -> MentionFinder:
    """The component of a pipeline; `model` is the encoder's folder, `gazetteers` are tables beside the package's."""
    names = Gazetteer.load_names([Path(g) for g in gazetteers])
    folder = Path(model) if model else MODEL
    return MentionFinder(names, read_usage(folder), read_plain(folder))
