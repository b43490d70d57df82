"""Finding what a user means: an entity by id, name or surface form, a paper by id or title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kg.errors import UsageError
from kg.naming import name_key
from kg.records import Entity


def find_entities(entities: Mapping[str, Entity], text: str) -> list[Entity]:
    """The entities with that id, else with that name or surface form, those in most papers first.

    Raises
    ------
    UsageError
        When there is none; names those that hold the text.
    """
    if text in entities:
        return [entities[text]]
    key = name_key(text)
    found = [e for e in entities.values() if key in {name_key(s) for s in (e.name, *e.surfaces)}]
    if not found:
        near = [e for e in entities.values() if key and key in name_key(e.name)]
        raise UsageError(f"no entity {text!r}" + _suggestions([e.name for e in sorted(near, key=_rank)]))
    return sorted(found, key=_rank)


def _rank(entity: Entity) -> tuple[int, str]:
    return -entity.papers, entity.id


def find_paper(titles: Mapping[str, str], text: str) -> str:
    """The id of the paper with that id or title, else of the only one whose title holds the text.

    Parameters
    ----------
    titles : mapping of paper id to title
    text : str

    Raises
    ------
    UsageError
        When there is none or more than one.
    """
    key = name_key(text)
    keys = {identifier: name_key(title) for identifier, title in titles.items()}
    exact = [identifier for identifier, title in keys.items() if text == identifier or key == title]
    holding = exact or [identifier for identifier, title in keys.items() if key and key in title]
    if len(holding) != 1:
        problem = "no paper" if not holding else f"{len(holding)} papers match"
        raise UsageError(f"{problem} {text!r}" + _suggestions([titles[identifier] for identifier in holding]))
    return holding[0]


def _suggestions(names: Sequence[str]) -> str:
    return "".join(f"\n  {name}" for name in names[:8])
