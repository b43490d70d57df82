"""Entities from what papers say of them: id, name to show, aliases, and the wider entity."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote

from kg.naming import name_key, slug
from kg.records import Entity, Label, PaperEntity, ReadPaper
from kg.resolution.corpus import Corpus
from kg.resolution.names import plain_form


@lru_cache(maxsize=200_000)
def entity_id(label: Label, name: str) -> str:
    """``kind:slug`` of a canonical name."""
    return f"{label.lower()}:{slug(name)}"


def entities_of(papers: Sequence[ReadPaper], corpus: Corpus) -> dict[str, Entity]:
    """All that the papers name or imply, by id, sorted."""
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
    return unquote(metric.partition(":")[2].replace("-", " "))


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
    spellings = _spellings(surfaces, lambda text: name_key(text) == wanted)
    spellings = spellings or _spellings(surfaces, lambda text: plain_form(label, name_key(text)) == wanted)
    return min(spellings, key=lambda text: (_heading(text), -spellings[text], text), default=key)


def _spellings(surfaces: Counter[str], fits: Callable[[str], bool]) -> Counter[str]:
    """The surface forms that fit, in the singular, with how often each is used."""
    found: Counter[str] = Counter()
    for text, count in surfaces.items():
        if fits(text):
            found[_in_singular(text)] += count
    return found


def _in_singular(text: str) -> str:
    """The spelling without its plural ending, where the two are one name; "Viola and Jones" are no plural."""
    *others, last = text.split()
    if last.istitle() and any(word[0].islower() for word in others):
        return text
    singulars = (text[:-1],) if text.endswith("s") else ()
    singulars = (text[:-3] + "y", *singulars) if text.endswith("ies") else singulars
    singulars = (*singulars, text[:-2]) if text.endswith("es") else singulars
    return next((single for single in singulars if name_key(single) == name_key(text)), text)


def _heading(text: str) -> bool:
    """Whether a multi-word name is written as in a heading, every word with a capital."""
    words = [w for w in re.split(r"[\s-]+", text) if w[:1].isalpha()]
    return len(words) > 1 and all(w[0].isupper() and w[1:].islower() for w in words)


def _broader(entities: Mapping[str, Entity]) -> dict[str, tuple[str, ...]]:
    """Wider entities by composition: the first of a name's wider keys that is itself an entity of the graph."""
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
    """The keys of the names that are wider than a name by composition, the longest first; metrics have none.

    They are the name's endings ("diffusion model") and, for what is versioned, its family ("PASCAL VOC 2007").
    """
    words = name_key(name).split() if label != "METRIC" else []
    yield from (" ".join(words[start:]) for start in range(1, len(words)))
    family = list(words)
    while family and any(c.isdigit() for c in family[-1]):
        family.pop()
    if family and len(family) < len(words):
        yield " ".join(family)


def with_names(paper: ReadPaper, entities: Mapping[str, Entity]) -> ReadPaper:
    """The paper with its entities called what the graph calls them."""
    named = tuple(PaperEntity(e.id, e.label, entities[e.id].name, e.role, e.mentions) for e in paper.entities)
    return replace(paper, entities=named)
