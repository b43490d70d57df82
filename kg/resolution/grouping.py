"""The things that one paper names: its mentions, acronyms joined to the long forms that the paper gives for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kg.extraction import Extraction
from kg.naming import is_acronym_of, name_key
from kg.records import Label, Mention
from kg.resolution.names import base_name, trimmed

_CLOSING = frozenset("),;")
_PARTS = re.compile(r"[\s-]+")

Key = tuple[Label, str]


@dataclass
class Group:
    """The mentions of one paper that are one thing; `long` and `short` are keys where the paper defines an acronym."""

    label: Label
    keys: set[str]
    mentions: list[Mention] = field(default_factory=list)
    long: str = ""
    short: str = ""


def groups_of(extraction: Extraction) -> list[Group]:
    """The things one paper names, acronyms joined to the long forms that the paper gives for them."""
    by_key: dict[Key, Group] = {}
    for mention in extraction.mentions:
        key = _key(mention)
        group = by_key.setdefault(key, Group(mention.label, {key[1]}))
        group.mentions.append(mention)
    for long, short in [*_definitions(extraction), *_initialisms(by_key)]:
        one, other = by_key[_key(long)], by_key[_key(short)]
        meaning = _headed(long, short)
        if long.label == short.label and meaning == name_key(long.text):
            _join(by_key, one, other)
        else:
            one = other
        one.long, one.short = trimmed(one.label, meaning), name_key(short.text)
    for one, other in _respelt(by_key):
        _join(by_key, one, other)
    return list({id(group): group for group in by_key.values()}.values())


def _key(mention: Mention) -> Key:
    return mention.label, name_key(base_name(mention.text, mention.label))


def _join(by_key: dict[Key, Group], one: Group, other: Group) -> None:
    """Let `one` take over what `other` holds."""
    if one is other:
        return
    one.keys |= other.keys
    one.mentions += other.mentions
    if not one.short:
        one.long, one.short = other.long, other.short
    for key in other.keys:
        by_key[one.label, key] = one


def _initialisms(by_key: Mapping[Key, Group]) -> Iterator[tuple[Mention, Mention]]:
    """Long and short forms that a paper uses apart from each other: "robust PCA" here and "RPCA" there.

    A paper's own method may mix its letters: "SwD" is the scale-wise distillation that it proposes.
    """
    longs: defaultdict[Key, list[Mention]] = defaultdict(list)
    for (label, key), group in by_key.items():
        if " " in key:
            longs[label, _initials(group.mentions[0].text)].append(group.mentions[0])
    for group in by_key.values():
        short = group.mentions[0]
        letters = short.text.removesuffix("s")
        candidates = longs.get((short.label, letters.casefold()), [])
        if not 3 <= len(letters) <= 6 or not letters.isalpha() or len(candidates) != 1:
            continue
        own = short.role == candidates[0].role == "proposed" and letters[0].isupper() and letters[-1].isupper()
        if letters.isupper() or own:
            yield candidates[0], short


def _initials(text: str) -> str:
    """First letters of the words, whole words where they are acronyms: "robust PCA" gives "rpca"."""
    words = re.findall(r"[^\W\d_]+", text)
    return "".join(w if len(w) > 1 and w.isupper() else w[:1] for w in words).casefold()


def _respelt(by_key: Mapping[Key, Group]) -> Iterator[tuple[Group, Group]]:
    """Things that one paper writes together and apart: "FP-AdaMetric" and "FPAdaMetric"."""
    seen: dict[Key, Group] = {}
    for (label, key), group in list(by_key.items()):
        first = seen.setdefault((label, key.replace(" ", "")), group)
        if first is not group:
            yield first, group


def _definitions(extraction: Extraction) -> Iterable[tuple[Mention, Mention]]:
    """Neighbouring mentions like "long form (SF)" or "SF (long form)", of one label or of two."""
    text = extraction.paper.text
    for a, b in zip(extraction.mentions, extraction.mentions[1:], strict=False):
        if text[a.end : b.start].strip() != "(" or text[b.end : b.end + 1] not in _CLOSING:
            continue
        if len(b.text) < len(a.text) and is_acronym_of(b.text, a.text):
            if not _cut_off(b.text, text[: a.end], a.text):
                yield a, b
        elif len(a.text) < len(b.text) and is_acronym_of(a.text, b.text):
            yield b, a


def _cut_off(short: str, before: str, long: str) -> bool:
    """Whether the mention `long` lacks the first words of what is abbreviated: "supervised learning" for SSL."""
    letters = short.removesuffix("s").casefold()
    longer = _PARTS.split(before)[-len(letters) :]
    return short.isupper() and len(longer) > len(_PARTS.split(long)) and _initials(" ".join(longer)) == letters


def _headed(long: Mention, short: Mention) -> str:
    """The key of what `short` abbreviates: the end of `long` where its first words give no letter.

    "Siamese convolutional neural network (CNN)" defines CNN as the convolutional neural network. What a paper proposes
    is all that it is called.
    """
    letters = short.text.removesuffix("s")
    if long.role != "proposed" and letters.isupper():
        for space in re.finditer(r"\s+", long.text):
            end = long.text[space.end() :]
            if " " in end and _initials(end) == letters.casefold():
                return name_key(end)
    return name_key(long.text)
