"""The output folder: ``papers.jsonl``, ``entities.jsonl`` and ``manifest.json``, written and read back.

``papers.jsonl`` holds everything known of each paper; ``entities.jsonl`` what the papers say together of each entity.
Every other file of the folder can be made from these two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from kg.errors import InputError, UsageError
from kg.files import atomic_writer
from kg.records import Entity, ReadPaper

PAPERS = "papers.jsonl"
ENTITIES = "entities.jsonl"
MANIFEST = "manifest.json"
TURTLE = "graph.ttl"
PAGE = "graph.html"


def write_papers(papers: Iterable[ReadPaper], folder: Path) -> None:
    """Write ``papers.jsonl``, one line a paper."""
    with atomic_writer(folder / PAPERS) as file:
        for paper in papers:
            file.write(json.dumps(paper.as_dict(), ensure_ascii=False) + "\n")


def read_papers(source: Path) -> Iterator[ReadPaper]:
    """The papers of an output folder, or of a file in the form of ``papers.jsonl``.

    Raises
    ------
    UsageError
        When there is no such file.
    InputError
        For a line that is not a paper.
    """
    path = source / PAPERS if source.is_dir() else source
    if not path.is_file():
        raise UsageError(f"{path} does not exist: run `kg build INPUT -o {source}` first")
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                yield ReadPaper.from_dict(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"not a line of {PAPERS}: {error!r}", file=str(path), line=number) from error


def write_entities(entities: Mapping[str, Entity], rules: Mapping[tuple[str, str], str], folder: Path) -> None:
    """Write ``entities.jsonl``: one line an entity, by id, with the rule that joined each surface form."""
    with atomic_writer(folder / ENTITIES) as file:
        for identifier in sorted(entities):
            entity = entities[identifier]
            record = entity.as_dict()
            record["rules"] = {s: rules.get((identifier, s), "spelling") for s in sorted(entity.surfaces)}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def read_entities(folder: Path) -> tuple[dict[str, Entity], dict[tuple[str, str], str]]:
    """The entities of an output folder by id, and the rule behind each (id, surface form)."""
    path = folder / ENTITIES
    if not path.is_file():
        raise UsageError(f"{path} does not exist: run `kg build` first")
    entities: dict[str, Entity] = {}
    rules: dict[tuple[str, str], str] = {}
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
                entity = Entity.from_dict(record)
                rules.update({(entity.id, surface): rule for surface, rule in record["rules"].items()})
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"not a line of {ENTITIES}: {error!r}", file=str(path), line=number) from error
            entities[entity.id] = entity
    return entities, rules


def write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write ``manifest.json``; it comes last, so a folder with one is whole."""
    with atomic_writer(folder / MANIFEST) as file:
        json.dump(manifest, file, indent=2, ensure_ascii=False)
        file.write("\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an output folder; empty when there is none."""
    path = folder / MANIFEST
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
