"""Results that compare: those of one dataset, metric and setting, the best first.

Only absolute scores with a dataset compare; gains and ratios say nothing without what they are relative to. Settings
stay apart, and so do units: a wrong comparison is worse than none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.naming import name_key
from kg.records import Entity, ReadPaper, Result


@dataclass(frozen=True, slots=True)
class Entry:
    """One result: the paper that states it and the method it is of, empty when the text names none."""

    paper_id: str
    title: str
    year: int | None
    method: str
    value: float


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Entries of one dataset, metric, setting and unit. `higher_is_better` is None where that is not known."""

    dataset: str
    metric: str
    setting: str
    unit: str
    higher_is_better: bool | None
    entries: tuple[Entry, ...]


def leaderboards(
    papers: Iterable[ReadPaper], entities: Mapping[str, Entity], dataset: str | None = None, metric: str | None = None
) -> list[Leaderboard]:
    """All leaderboards, the longest first.

    Parameters
    ----------
    papers : iterable of ReadPaper
    entities : mapping of entity id to Entity
    dataset, metric : str, optional
        Name, surface form or id; only leaderboards of it.
    """
    grouped: defaultdict[tuple[str, str, str, str], list[Entry]] = defaultdict(list)
    for read in papers:
        for result in read.results:
            if _compares(result) and _is(entities, result.dataset, dataset) and _is(entities, result.metric, metric):
                group = (result.dataset, result.metric, result.setting, result.unit)
                grouped[group].append(_entry(read, result, entities))
    boards = [_board(group, entries, entities) for group, entries in grouped.items()]
    return sorted(boards, key=lambda b: (-len(b.entries), b.dataset, b.metric, b.setting, b.unit))


def _compares(result: Result) -> bool:
    return result.kind == "absolute" and bool(result.dataset) and bool(result.metric)


def _is(entities: Mapping[str, Entity], identifier: str, wanted: str | None) -> bool:
    if wanted is None or identifier == wanted:
        return True
    entity = entities[identifier]
    return name_key(wanted) in {name_key(s) for s in (entity.name, *entity.aliases, *entity.surfaces)}


def _entry(read: ReadPaper, result: Result, entities: Mapping[str, Entity]) -> Entry:
    method = entities[result.method].name if result.method in entities else ""
    return Entry(read.paper.id, read.paper.title, read.paper.year, method, result.value)


def _board(group: tuple[str, str, str, str], entries: list[Entry], entities: Mapping[str, Entity]) -> Leaderboard:
    dataset, metric, setting, unit = group
    higher = entities[metric].higher_is_better
    sign = 1.0 if higher is False else -1.0
    ordered = tuple(sorted(entries, key=lambda e: (sign * e.value, e.paper_id, e.method)))
    return Leaderboard(entities[dataset].name, entities[metric].name, setting, unit, higher, ordered)
