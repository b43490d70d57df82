"""From mentions to entities: which surface forms are one thing.

Three authorities decide, in this order: the paper itself (an acronym it defines means what it says there), the
gazetteer (known names and aliases), and the corpus (what an undefined acronym means in most papers that define it,
unless the paper uses the very words of another meaning).
Everything else is a matter of spelling, which `kg.naming` settles without looking at the corpus, so that an entity
keeps its id when papers are added.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from rapidfuzz.distance import DamerauLevenshtein, Prefix

from kg.extraction import Extraction
from kg.extraction.gazetteer import Entry, Gazetteer
from kg.naming import is_acronym_of, name_key, numbers, slug
from kg.records import (
    Entity,
    EntityMention,
    Label,
    Mention,
    PaperEntity,
    ReadPaper,
    Result,
    Role,
)

#: When a paper's mentions of one entity differ in role, the first of these that occurs is the paper's.
_ROLE_ORDER: tuple[Role, ...] = (
    "proposed", "studied", "used", "compared", "evaluated_on", "measured", "addressed", "mentioned",
)  # fmt: skip
#: The share of defining papers that must agree on what an acronym stands for.
_MAJORITY = 0.6
#: A long form of which a paper uses more than this share of words, and more than of any other, is what it abbreviates.
_TELLING = 0.6
#: The share of their letters that two forms of one word begin with, and from which length on one letter may differ.
_SHARED = 0.6
_LONG_WORD = 6
_SETTING = re.compile(
    r"[\s,(-]*(\d{2,4}\s?(?:[×x]|times)\s?\d{2,4}(?:\s?[×x]\s?\d+)?\)?|\b(?:val|test|train|validation|dev|test-dev|minival)"
    r"(?:\s+set|\s+split)?)$"
)
_CLOSING = frozenset("),;")
_PARTS = re.compile(r"[\s-]+")
#: Words at the end of a name that add nothing to it, by label, in normal form.
_EMPTY_TAILS: dict[Label, frozenset[str]] = {
    "METHOD": frozenset(
        "method approach algorithm framework technique scheme strategy procedure paradigm mechanism based "
        "module architecture style like".split()
    ),
    "DATASET": frozenset("dataset data set corpus benchmark suite collection database challenge".split()),
    "METRIC": frozenset("metric measure score value performance".split()),
    "TASK": frozenset("task problem setting application".split()),
}

#: How words for an activity end: "segmentation task" is segmentation, but an inverse problem is no inverse.
_ACTIVITY = ("ing", "tion", "sis", "ment", "ance", "val")

#: Words that join the parts of a name; a name with one keeps its order.
_LINKING = frozenset("of for in on over with from to by and or via under without between across as at the a an".split())

Key = tuple[Label, str]


@dataclass(frozen=True)
class Resolution:
    """What resolution yields: the papers with their entities, the entities, and the rule behind each surface form.

    `rules` maps an entity id and a surface form to the rule that joined them ("spelling", "defined in the paper",
    "gazetteer", "defined in other papers", "context", "word form").
    """

    papers: list[ReadPaper]
    entities: dict[str, Entity]
    rules: dict[tuple[str, str], str]


@dataclass
class _Group:
    """The mentions of one paper that are one thing; `long` and `short` are keys where the paper defines an acronym."""

    label: Label
    keys: set[str]
    mentions: list[Mention] = field(default_factory=list)
    long: str = ""
    short: str = ""


def resolve(extractions: Sequence[Extraction], gazetteer: Gazetteer) -> Resolution:
    """Give every mention its entity.

    Parameters
    ----------
    extractions : sequence of Extraction
        All papers of the graph.
    gazetteer : Gazetteer
        The known names, the user's included.
    """
    groups = [groups_of(extraction) for extraction in extractions]
    corpus = Corpus(_meanings(groups), gazetteer)
    rules: dict[tuple[str, str], str] = {}
    papers = [
        read_paper(extraction, paper_groups, corpus, rules)
        for extraction, paper_groups in zip(extractions, groups, strict=True)
    ]
    entities = _entities(papers, corpus)
    named = [with_names(paper, entities) for paper in papers]
    return Resolution(named, entities, rules)


def base_name(text: str, label: Label) -> str:
    """The name without a setting: "ImageNet 256×256" is ImageNet."""
    return _SETTING.sub("", text) or text if label == "DATASET" else text


def essential(label: Label, key: str) -> str:
    """The key without the words that add nothing: "attention mechanism" is attention, "GAN-based" is GAN.

    >>> essential("METHOD", "policy gradient method")
    'policy gradient'
    """
    words = key.split()
    while len(words) > 1 and words[-1] in _EMPTY_TAILS[label] and (label != "TASK" or words[-2].endswith(_ACTIVITY)):
        words.pop()
    return " ".join(words)


def trimmed(label: Label, key: str) -> str:
    """The essential key where it says enough: one word left of "adaptive module" and "genetic algorithm" does not."""
    core = essential(label, key)
    return core if " " in core else key


def in_order(label: Label, key: str) -> str:
    """The key with the activity behind its object: "estimation of pose" and "planning path" become nouns.

    >>> in_order("TASK", "planning path")
    'path planning'
    >>> in_order("TASK", "estimation of human pose")
    'human pose estimation'
    """
    words = key.split()
    if len(words) > 2 and words[1] == "of" and words[0].endswith(_ACTIVITY) and not _LINKING & set(words[2:]):
        return " ".join([*words[2:], words[0]])
    if label == "TASK" and len(words) > 1 and words[0].endswith("ing") and not _LINKING & set(words):
        return key if words[-1].endswith(_ACTIVITY) else " ".join([*words[1:], words[0]])
    return key


def groups_of(extraction: Extraction) -> list[_Group]:
    """The things one paper names, acronyms joined to the long forms that the paper gives for them."""
    by_key: dict[Key, _Group] = {}
    for mention in extraction.mentions:
        key = name_key(base_name(mention.text, mention.label))
        group = by_key.setdefault((mention.label, key), _Group(mention.label, {key}))
        group.mentions.append(mention)
    for long, short in [*_definitions(extraction), *_initialisms(by_key)]:
        one = by_key[long.label, name_key(base_name(long.text, long.label))]
        other = by_key[short.label, name_key(base_name(short.text, short.label))]
        meaning = _headed(long, short)
        if long.label == short.label and meaning == name_key(long.text):
            _join(by_key, one, other)
        else:
            one = other
        one.long, one.short = trimmed(one.label, meaning), name_key(short.text)
    for one, other in _respelt(by_key):
        _join(by_key, one, other)
    return list({id(group): group for group in by_key.values()}.values())


def _join(by_key: dict[Key, _Group], one: _Group, other: _Group) -> None:
    """Let `one` take over what `other` holds."""
    if one is other:
        return
    one.keys |= other.keys
    one.mentions += other.mentions
    if not one.short:
        one.long, one.short = other.long, other.short
    for key in other.keys:
        by_key[one.label, key] = one


def _initialisms(by_key: Mapping[Key, _Group]) -> Iterator[tuple[Mention, Mention]]:
    """Long and short forms that a paper uses apart from each other: "robust PCA" here and "RPCA" there."""
    longs: defaultdict[Key, list[Mention]] = defaultdict(list)
    for (label, key), group in by_key.items():
        if " " in key:
            longs[label, _initials(group.mentions[0].text)].append(group.mentions[0])
    for group in by_key.values():
        short = group.mentions[0]
        letters = short.text.removesuffix("s")
        candidates = longs.get((short.label, letters.casefold()), [])
        if 3 <= len(letters) <= 6 and letters.isupper() and letters.isalpha() and len(candidates) == 1:
            yield candidates[0], short


def _initials(text: str) -> str:
    """First letters of the words, whole words where they are acronyms: "robust PCA" gives "rpca"."""
    words = re.findall(r"[^\W\d_]+", text)
    return "".join(w if len(w) > 1 and w.isupper() else w[:1] for w in words).casefold()


def _respelt(by_key: Mapping[Key, _Group]) -> Iterator[tuple[_Group, _Group]]:
    """Things that one paper writes together and apart: "FP-AdaMetric" and "FPAdaMetric"."""
    seen: dict[Key, _Group] = {}
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


def _meanings(groups: Sequence[Sequence[_Group]]) -> dict[Key, Counter[str]]:
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


def _close(one: str, other: str) -> bool:
    """Whether two keys with one acronym are spellings of one name: word by word alike, function words aside.

    "Multi arm bandit" and "multi armed bandit" are, "self supervised" and "semi supervised learning" are not.
    """
    if numbers(one) != numbers(other):
        return False
    ours, theirs = ([w for w in key.split() if w not in _LINKING] for key in (one, other))
    if len(ours) == len(theirs):
        return all(map(_variants, ours, theirs))
    return "".join(ours) == "".join(theirs)


def _variants(one: str, other: str) -> bool:
    """Whether two words are forms of one: a letter apart, or with most of their letters in a common beginning."""
    if one == other:
        return True
    if one.isalpha() and min(len(one), len(other)) >= _LONG_WORD and DamerauLevenshtein.distance(one, other) == 1:
        return True
    return Prefix.similarity(one, other) >= max(4, _SHARED * max(len(one), len(other)))


def _systematic(short: str) -> bool:
    """Whether an acronym says enough by itself to be the name of a thing."""
    return len(short) >= 4 or any(c.isdigit() for c in short)


class Context:
    """The words of a paper, looked at only where an acronym has several meanings."""

    def __init__(self, text: str):
        self._text = text

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(name_key(self._text).split())

    def share(self, long: str) -> float:
        """The share of a long form's words that the paper uses, function words aside."""
        words = [w for w in long.split() if w not in _LINKING]
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
            spelling = self._spelling.get((label, long)) or next((d for d in distinct if _close(d, long)), long)
            self._spelling.setdefault((label, long), spelling)
            distinct[spelling] += count
        return distinct

    def canonical(self, group: _Group, context: Context) -> tuple[str, str]:
        """The canonical name's key, prefixed by nothing, and the rule that found it."""
        label = group.label
        if group.short:
            return self._named(label, group.short, group.long), "defined in the paper"
        key = min(group.keys)
        entry = self.gazetteer.find(key, label)
        if entry is not None:
            return entry.name, "gazetteer"
        meaning, rule = self._meaning(label, key, context)
        if meaning:
            return self._named(label, key, meaning), rule
        entry = self._known(label, key)
        if entry is not None:
            return entry.name, "word form"
        name = trimmed(label, key)
        short = self._shorts.get((label, self._spelling.get((label, name), name)))
        if short is not None:
            return self._named(label, short, name), "defined in other papers"
        return in_order(label, name), "spelling"

    def _known(self, label: Label, key: str) -> Entry | None:
        """The gazetteer's entry for a name without the words that add nothing to it, in any of its word forms."""
        core = essential(label, key)
        for candidate in (key, core, in_order(label, core), *([f"{core} model"] if label == "METHOD" else [])):
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
        return in_order(label, spelling) if elsewhere or contested or not _systematic(short) else short

    def _meaning(self, label: Label, key: str, context: Context) -> tuple[str, str]:
        """What an acronym means in a paper that does not define it, and by which rule; empty when nothing tells."""
        meanings = self._meanings.get((label, key), Counter())
        ranked = sorted(meanings, key=lambda long: (-context.share(long), -meanings[long], long)) if meanings else []
        if len(ranked) > 1 and context.share(ranked[0]) > max(_TELLING, context.share(ranked[1])):
            return ranked[0], "context"
        long, count = max(meanings.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        return (long, "defined in other papers") if count >= _MAJORITY * meanings.total() else ("", "")

    def entry(self, label: Label, name: str) -> Entry | None:
        """The gazetteer's entry of a canonical name."""
        return self.gazetteer.find(name, label)


@lru_cache(maxsize=200_000)
def entity_id(label: Label, name: str) -> str:
    """``kind:slug`` of a canonical name."""
    return f"{label.lower()}:{slug(name)}"


def read_paper(
    extraction: Extraction, groups: Sequence[_Group], corpus: Corpus, rules: dict[tuple[str, str], str]
) -> ReadPaper:
    """One paper with entity ids for its mentions and results; `rules` gains those of its surface forms."""
    merged: dict[str, PaperEntity] = {}
    by_surface: dict[Key, str] = {}
    context = Context(extraction.paper.text)
    for group in groups:
        name, rule = corpus.canonical(group, context)
        identifier = entity_id(group.label, name)
        for mention in group.mentions:
            by_surface[mention.label, mention.text] = identifier
            same = name_key(mention.text) == name_key(name)
            rules.setdefault((identifier, mention.text), "spelling" if same else rule)
        merged[identifier] = _merge(merged.get(identifier), identifier, group, name)
    entities = sorted(merged.values(), key=lambda e: (e.mentions[0].start, e.id))
    results = tuple(_result(result, by_surface, corpus) for result in extraction.results)
    return ReadPaper(extraction.paper, tuple(entities), results)


def _merge(known: PaperEntity | None, identifier: str, group: _Group, name: str) -> PaperEntity:
    mentions = {EntityMention(m.start, m.end, m.text) for m in group.mentions}
    roles = {m.role for m in group.mentions}
    if known is not None:
        mentions |= set(known.mentions)
        roles.add(known.role)
    ordered = tuple(sorted(mentions, key=lambda m: (m.start, m.end)))
    return PaperEntity(identifier, group.label, name, min(roles, key=_ROLE_ORDER.index), ordered)


def _result(result: Result, by_surface: Mapping[Key, str], corpus: Corpus) -> Result:
    """The result with entity ids for its surface forms; a metric that the text only implies is the gazetteer's."""
    metric = by_surface.get(("METRIC", result.metric))
    if metric is None and result.metric:
        entry = corpus.entry("METRIC", result.metric)
        metric = entity_id("METRIC", entry.name if entry else name_key(result.metric))
    return replace(
        result,
        method=by_surface.get(("METHOD", result.method), ""),
        metric=metric or "",
        dataset=by_surface.get(("DATASET", result.dataset), ""),
    )


def _entities(papers: Sequence[ReadPaper], corpus: Corpus) -> dict[str, Entity]:
    surfaces: defaultdict[str, Counter[str]] = defaultdict(Counter)
    keys: dict[str, tuple[Label, str]] = {}
    for paper in papers:
        for entity in paper.entities:
            keys[entity.id] = (entity.label, entity.name)
            surfaces[entity.id].update({m.text for m in entity.mentions})
        for result in paper.results:
            if result.metric and result.metric not in keys:
                keys[result.metric] = ("METRIC", implied_name(result.metric))
    counts = Counter(e.id for paper in papers for e in paper.entities)
    entities = {
        identifier: entity_of(identifier, label, key, surfaces[identifier], counts[identifier], corpus)
        for identifier, (label, key) in sorted(keys.items())
    }
    wider = _broader(entities)
    return entities | {identifier: replace(entities[identifier], broader=ids) for identifier, ids in wider.items()}


def implied_name(metric: str) -> str:
    """The name in the id of a metric that papers only imply."""
    return metric.split(":", 1)[1].replace("-", " ")


def entity_of(identifier: str, label: Label, key: str, surfaces: Counter[str], papers: int, corpus: Corpus) -> Entity:
    """The entity that so many papers name in these ways; its wider ones are found when all entities are known."""
    entry = corpus.entry(label, key)
    name = (
        entry.name
        if entry is not None and entity_id(label, entry.name) == identifier
        else _display(label, key, surfaces)
    )
    aliases = tuple(sorted(s for s in surfaces if s != name))
    return Entity(
        id=identifier,
        label=label,
        name=name,
        aliases=aliases,
        papers=papers,
        surfaces=dict(sorted(surfaces.items())),
        same_as=entry.identifiers if entry else (),
        higher_is_better=entry.higher_is_better if entry else None,
    )


def _display(label: Label, key: str, surfaces: Counter[str]) -> str:
    """The spelling to show: the commonest in the corpus, in the singular where that is one of its spellings.

    Title case is passed over when a paper writes the name in running text ("Subspace Clustering" in a title).
    """
    wanted = name_key(key)
    spellings: Counter[str] = Counter()
    for text, count in surfaces.items():
        if name_key(text) == wanted:
            spellings[_in_singular(text)] += count
    if not spellings:
        spellings.update({t: n for t, n in surfaces.items() if in_order(label, name_key(t)) == wanted})
    return min(spellings, key=lambda text: (_heading(text), -spellings[text], text), default=key)


def _in_singular(text: str) -> str:
    """The spelling without its plural ending, where the two are one name."""
    singulars = (text[:-1],) if text.endswith("s") else ()
    singulars = (text[:-3] + "y", *singulars) if text.endswith("ies") else singulars
    return next((single for single in singulars if name_key(single) == name_key(text)), text)


def _heading(text: str) -> bool:
    """Whether a multi-word name is written as in a heading, every word with a capital."""
    words = [w for w in re.split(r"[\s-]+", text) if w[:1].isalpha()]
    return len(words) > 1 and all(w[0].isupper() and w[1:].islower() for w in words)


def _broader(entities: Mapping[str, Entity]) -> dict[str, tuple[str, ...]]:
    """Wider entities by composition: the longest proper ending of a name that is itself an entity of the graph."""
    by_key = {(e.label, name_key(e.name)): e.id for e in entities.values()}
    wider: dict[str, tuple[str, ...]] = {}
    for entity in entities.values():
        for ending in wider_keys(entity.label, entity.name):
            found = by_key.get((entity.label, ending))
            if found is not None and found != entity.id:
                wider[entity.id] = (found,)
                break
    return wider


def wider_keys(label: Label, name: str) -> Iterator[str]:
    """The keys of the names that are wider than a name by composition, the longest first; metrics have none."""
    words = name_key(name).split() if label != "METRIC" else []
    return (" ".join(words[start:]) for start in range(1, len(words)))


def with_names(paper: ReadPaper, entities: Mapping[str, Entity]) -> ReadPaper:
    """The paper with its entities called what the graph calls them."""
    named = tuple(PaperEntity(e.id, e.label, entities[e.id].name, e.role, e.mentions) for e in paper.entities)
    return replace(paper, entities=named)
