"""One paper with entity ids for its mentions and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kg.extraction import Extraction
from kg.naming import name_key
from kg.records import EntityMention, PaperEntity, ReadPaper, Result, Role
from kg.resolution.corpus import Context, Corpus
from kg.resolution.entities import entity_id
from kg.resolution.grouping import Group, Key

#: When a paper's mentions of one entity differ in role, the first of these that occurs is the paper's.
_ROLE_ORDER: tuple[Role, ...] = (
    "proposed", "studied", "used", "compared", "evaluated_on", "measured", "addressed", "mentioned",
)  # fmt: skip


def read_paper(
    extraction: Extraction, groups: Sequence[Group], corpus: Corpus, rules: dict[tuple[str, str], str]
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


def _merge(known: PaperEntity | None, identifier: str, group: Group, name: str) -> PaperEntity:
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
