"""The output folder: ``papers.jsonl``, ``entities.jsonl`` and ``manifest.json``, written and read back.

``papers.jsonl`` holds everything known of each paper; ``entities.jsonl`` what the papers say together of each entity.
Every other file of the folder can be made from these two.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from kg.errors import InputError, UsageError
from kg.files import atomic_writer
from kg.records import Entity, ReadPaper

T = TypeVar("T")

PAPERS = "papers.jsonl"
ENTITIES = "entities.jsonl"
MANIFEST = "manifest.json"
TURTLE = "graph.ttl"
#: A folder of N-Triples, what the Spark engine writes in place of `TURTLE`.
TRIPLES = "graph.nt"
PAGE = "graph.html"
#: A folder of Parquet tables, from the Spark engine too.
TABLES = "tables"


def write_papers(papers: Iterable[ReadPaper], folder: Path) -> None:
    """Write ``papers.jsonl``, one line a paper."""
    with atomic_writer(folder / PAPERS) as file:
        for paper in papers:
            file.write(json.dumps(paper.as_dict(), ensure_ascii=False) + "\n")


def read_papers(source: Path, naming: str = "") -> Iterator[ReadPaper]:
    """The papers of an output folder, or of a file in the form of ``papers.jsonl``.

    Parameters
    ----------
    source : Path
    naming : str
        Only the papers whose line names this id, of a paper or an entity; the other lines are not even parsed.

    Raises
    ------
    UsageError
        When there is no such file.
    InputError
        For a line that is not a paper.
    """
    yield from _read_lines(_papers_file(source), ReadPaper.from_dict, naming)


def read_titles(source: Path) -> dict[str, str]:
    """The titles of the papers that `read_papers` gives, by id, without making records of the rest."""
    return dict(_read_lines(_papers_file(source), lambda record: (record["id"], record["title"])))


def _papers_file(source: Path) -> Path:
    path = source / PAPERS if source.is_dir() else source
    if not path.is_file():
        raise UsageError(f"{path} does not exist: run `kg build INPUT -o {source}` first")
    return path


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
    for entity, why in _read_lines(path, lambda record: (Entity.from_dict(record), record["rules"].items())):
        entities[entity.id] = entity
        rules.update({(entity.id, surface): rule for surface, rule in why})
    return entities, rules


def with_known_entities(papers: Iterable[ReadPaper], entities: Mapping[str, Entity]) -> Iterator[ReadPaper]:
    """The papers; an `InputError` at the first that names an entity which is not there, as after a damage."""
    for read in papers:
        named = {entity.id for entity in read.entities} | {result.metric for result in read.results if result.metric}
        if unknown := named - entities.keys():
            raise InputError(f"{ENTITIES} has no {min(unknown)}: run the build again", record=read.paper.id)
        yield read


def _read_lines(path: Path, make: Callable[[dict[str, Any]], T], naming: str = "") -> Iterator[T]:
    """What `make` makes of every line that holds the string `naming`; the first it cannot use is an `InputError`."""
    needle = json.dumps(naming, ensure_ascii=False).encode() if naming else b""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if needle not in line:
                continue
            try:
                yield make(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise InputError(f"not a line of {path.name}: {error!r}", file=str(path), line=number) from error


def write_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    """Write ``manifest.json``; it comes last, so a folder with one is whole."""
    with atomic_writer(folder / MANIFEST) as file:
        json.dump(manifest, file, indent=2, ensure_ascii=False)
        file.write("\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an output folder; empty when there is none, or one that cannot be read."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes()) if path.is_file() else {}
    except ValueError:
        return {}
    return manifest if isinstance(manifest, dict) else {}
