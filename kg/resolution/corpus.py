"""What all papers together say of acronyms, and the canonical name of everything."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from heapq import nlargest

from kg.extraction.filters import is_nameless
from kg.extraction.gazetteer import Entry, Gazetteer
from kg.naming import in_capitals, is_acronym_of, name_key
from kg.records import Label
from kg.resolution.grouping import Group, Key
from kg.resolution.names import LINKING, close, controlled, essential, in_order, learnt, plain_form, trimmed

#: The share of defining papers that must agree on what an acronym stands for.
_MAJORITY = 0.6
#: A long form of which a paper uses more than this share of words, and more than of any other, is what it abbreviates.
_TELLING = 0.6


def meanings_of(groups: Sequence[Sequence[Group]]) -> dict[Key, Counter[str]]:
    """How many papers define each acronym as what."""
    found: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for paper_groups in groups:
        for group in paper_groups:
            if group.short:
                found[group.label, group.short][group.long] += 1
    return found


def _shorts(meanings: Mapping[Key, Counter[str]]) -> dict[Key, str]:
    """For each long form the acronym that most papers give it."""
    counted = (
        (count, label, short, long) for (label, short), longs in meanings.items() for long, count in longs.items()
    )
    return {(label, long): short for count, label, short, long in sorted(counted)}


def _in_capitals(group: Group) -> bool:
    """Whether a name is ever written as acronyms are: "slip" is no "SLIP"."""
    return any(in_capitals(mention.text) for mention in group.mentions)


def _systematic(short: str) -> bool:
    """Whether an acronym says enough by itself to be the name of a thing."""
    return len(short) >= 4 or any(c.isdigit() for c in short)


def _ways_to_say(label: Label, key: str) -> Iterator[str]:
    """The forms under which a table may hold a name, the fullest first."""
    core = essential(label, key)
    yield from (key, core, in_order(label, core))
    if label == "METHOD" and not is_nameless(core, label):
        yield learnt(core)
        yield f"{core} model"
        shorter = core.removesuffix(" model")
        if " " in shorter:
            yield shorter


class Context:
    """The words of a paper, looked at only where an acronym has several meanings."""

    def __init__(self, text: str):
        self._text = text

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(name_key(self._text).split())

    def share(self, long: str) -> float:
        """The share of a long form's words that the paper uses, function words aside."""
        words = [w for w in long.split() if w not in LINKING]
        return sum(w in self._words for w in words) / max(1, len(words))


class Corpus:
    """What all papers together say of acronyms, and the canonical key of every group.

    `meanings` counts the papers that define an acronym, by its long form.
    """

    def __init__(self, meanings: Mapping[Key, Counter[str]], gazetteer: Gazetteer):
        self.gazetteer = gazetteer
        self._spelling: dict[Key, str] = {}
        self._meanings = {acronym: self._distinct(acronym[0], longs) for acronym, longs in sorted(meanings.items())}
        self._shorts = _shorts(self._meanings)

    def _distinct(self, label: Label, longs: Counter[str]) -> Counter[str]:
        """The long forms of one acronym, those that are close spellings counted as one; which, is remembered."""
        distinct: Counter[str] = Counter()
        for long, count in sorted(longs.items(), key=lambda item: (-item[1], item[0])):
            spelling = self._spelling.get((label, long)) or next((d for d in distinct if close(d, long)), long)
            self._spelling.setdefault((label, long), spelling)
            distinct[spelling] += count
        return distinct

    def canonical(self, group: Group, context: Context) -> tuple[str, str]:
        """The canonical name and the rule that found it."""
        label = group.label
        if group.short:
            return self._named(label, group.short, group.long), "defined in the paper"
        key = min(group.keys)
        entry = self.gazetteer.find(controlled(label, key), label) or self.gazetteer.find(key, label)
        if entry is not None:
            return entry.name, "gazetteer"
        meaning, rule = self._meaning(label, key, context) if _in_capitals(group) else ("", "")
        if meaning:
            return self._named(label, key, meaning), rule
        entry = self._known(label, key)
        if entry is not None:
            return entry.name, "word form"
        name = trimmed(label, key)
        short = self._shorts.get((label, self._spelling.get((label, name), name)))
        if short is not None:
            return self._named(label, short, name), "defined in other papers"
        return plain_form(label, key), "spelling"

    def _known(self, label: Label, key: str) -> Entry | None:
        """The gazetteer's entry for a name without the words that add nothing to it, in any of its word forms."""
        for candidate in _ways_to_say(label, key):
            if is_nameless(candidate, label):
                continue
            entry = self.gazetteer.find(candidate, label)
            if entry is None and label != "DATASET":
                entry = self.gazetteer.find_form(candidate, label)
            if entry is not None:
                return entry
        return None

    def _named(self, label: Label, short: str, long: str) -> str:
        """What goes by the acronym `short` for `long`: a system by its short name, a concept by its long one."""
        spelling = self._spelling.get((label, long), long)
        known = self._known(label, long) or self._known(label, spelling)
        if known is not None:
            return known.name
        entry = self.gazetteer.find(short, label)
        elsewhere = entry is not None and is_acronym_of(short, entry.name)
        contested = len(self._meanings.get((label, short), ())) > 1
        return plain_form(label, spelling) if elsewhere or contested or not _systematic(short) else short

    def _meaning(self, label: Label, key: str, context: Context) -> tuple[str, str]:
        """What an acronym means in a paper that does not define it, and by which rule; empty when nothing tells."""
        meanings = self._meanings.get((label, key), Counter())
        if len(meanings) > 1:
            shares = {long: context.share(long) for long in meanings}
            first, second = nlargest(2, shares, key=lambda long: shares[long])
            if shares[first] > max(_TELLING, shares[second]):
                return first, "context"
        long, count = max(meanings.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        return (long, "defined in other papers") if count >= _MAJORITY * meanings.total() else ("", "")

    def entry(self, label: Label, name: str) -> Entry | None:
        """The gazetteer's entry of a canonical name."""
        return self.gazetteer.find(name, label)
