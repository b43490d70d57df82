"""The graph as Parquet tables, a folder a table, and the counts of its nodes and edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from kg.graph import RELATION, RESULT_RELATIONS
from kg.records import ReadPaper, Result
from kg.spark.frames import Row, mapped, schema, unpack

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_TEXT, _TEXTS, _COUNT, _NUMBER = pa.string(), pa.list_(pa.string()), pa.int64(), pa.float64()
_SPAN = {"start": _COUNT, "end": _COUNT}

#: The columns of each table. `relation` is an edge's type as in `kg.graph`; a link has a weight or a method (`via`).
TABLES: dict[str, pa.Schema] = {
    "papers": schema(
        id=_TEXT, title=_TEXT, abstract=_TEXT, authors=_TEXTS, year=_COUNT, venue=_TEXT, doi=_TEXT, arxiv=_TEXT,
        url=_TEXT, keywords=_TEXTS,
    ),
    "entities": schema(
        id=_TEXT, label=_TEXT, name=_TEXT, aliases=_TEXTS, papers=_COUNT, broader=_TEXTS, same_as=_TEXTS,
        higher_is_better=pa.bool_(),
    ),
    "mentions": schema(paper=_TEXT, entity=_TEXT, relation=_TEXT, **_SPAN, text=_TEXT),
    "results": schema(
        paper=_TEXT, number=_COUNT, method=_TEXT, metric=_TEXT, dataset=_TEXT, value=_NUMBER, unit=_TEXT, kind=_TEXT,
        setting=_TEXT, **_SPAN,
    ),
    "links": schema(paper=_TEXT, other=_TEXT, relation=_TEXT, weight=_NUMBER, shared=_TEXTS, via=_TEXT),
}  # fmt: skip


def write_tables(papers: DataFrame, entities: DataFrame, folder: Path) -> None:
    """Write every table of `TABLES` into a folder of its own below `folder`.

    Parameters
    ----------
    papers : DataFrame
        Columns (paper, record: `ReadPaper`).
    entities : DataFrame
        As in `kg.spark.resolving.Resolved`.
    folder : Path
        Is replaced.
    """
    rows_of: dict[str, Callable[[ReadPaper], Iterator[Row]]] = {
        "papers": _paper, "mentions": _mentions, "results": _results, "links": _links,
    }  # fmt: skip
    frames = {name: mapped(papers, _of_papers(rows), TABLES[name]) for name, rows in rows_of.items()}
    frames["entities"] = mapped(entities.select("record"), _entities, TABLES["entities"])
    for name, frame in frames.items():
        frame.write.mode("overwrite").parquet(str(folder / name))


def _of_papers(rows: Callable[[ReadPaper], Iterator[Row]]) -> Callable[[Iterator[Row]], Iterator[Row]]:
    return lambda cells: (row for _, record in cells for row in rows(unpack(record)))


def _paper(read: ReadPaper) -> Iterator[Row]:
    yield tuple(read.paper.as_dict().values())


def _mentions(read: ReadPaper) -> Iterator[Row]:
    for entity in read.entities:
        for m in entity.mentions:
            yield read.paper.id, entity.id, RELATION[entity.role], m.start, m.end, m.text


def _results(read: ReadPaper) -> Iterator[Row]:
    for number, result in enumerate(read.results, 1):
        yield read.paper.id, number, *result.as_dict().values()


def _links(read: ReadPaper) -> Iterator[Row]:
    for near in read.related:
        yield read.paper.id, near.id, "sharesEntitiesWith", near.weight, near.shared, None
    for older in read.builds_on:
        yield read.paper.id, older.id, "buildsOn", None, None, older.via


def _entities(rows: Iterator[Row]) -> Iterator[Row]:
    for (record,) in rows:
        entity, _ = unpack(record)
        yield tuple(getattr(entity, column) for column in TABLES["entities"].names)


def count(papers: DataFrame, entities: DataFrame) -> tuple[dict[str, int], dict[str, int]]:
    """How many nodes of each kind and edges of each relation there are, as `kg.graph.count_by_kind` counts them."""
    things = mapped(papers, _of_papers(_things), schema(what=_TEXT, kind=_TEXT)).unionAll(
        mapped(entities.select("record"), _entity_things, schema(what=_TEXT, kind=_TEXT))
    )
    counted: dict[str, dict[str, int]] = {"node": {}, "edge": {}}
    for what, kind, number in things.groupBy("what", "kind").count().sort("kind").collect():
        counted[what][kind] = number
    return counted["node"], counted["edge"]


def _things(read: ReadPaper) -> Iterator[Row]:
    yield "node", "paper"
    yield from (("edge", RELATION[entity.role]) for entity in read.entities)
    for result in read.results:
        yield "node", "result"
        yield "edge", "reports"
        yield from (("edge", relation) for relation in _tied(result))
    yield from (("edge", relation) for _, _, relation, *_ in _links(read))


def _tied(result: Result) -> Iterator[str]:
    return (relation for part, relation in RESULT_RELATIONS.items() if getattr(result, part))


def _entity_things(rows: Iterator[Row]) -> Iterator[Row]:
    for (record,) in rows:
        entity, _ = unpack(record)
        yield "node", entity.label.lower()
        yield from (("edge", "broader") for _ in entity.broader)
