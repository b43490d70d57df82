"""The graph as N-Triples in many files, each written where its papers are.

What `kg.export.rdf` says of a paper depends on that paper alone, once those that it links to are known by id; what it
says of an entity depends on whether a paper proposes it or measures it. So every partition is a small graph of its own.
Communities, centrality and the figures of the graph as a whole, which need all of it at once, are left out; what most
papers share is counted first.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyoxigraph
from pyoxigraph import NamedNode, RdfFormat, Triple

from kg.export.rdf import things
from kg.export.resources import Description, Minter
from kg.export.terms import encode
from kg.export.whole import shared as what_is_shared
from kg.graph import build_graph
from kg.records import Entity, Paper, PaperEntity, ReadPaper, entity_kind
from kg.spark.frames import Row, mapped, schema, unpack
from kg.spark.tallying import common
from kg.tallies import Tally

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

#: Papers or entities that are one small graph.
_GROUP = 500
_LINES = schema(value=pa.string())


def write_triples(papers: DataFrame, entities: DataFrame, folder: Path, base_iri: str) -> None:
    """Write everything that is said of the papers, entities and authors, gzipped, a file a partition.

    Parameters
    ----------
    papers, entities : DataFrame
        As `kg.spark.tables.write_tables` takes them.
    folder : Path
        Is replaced.
    base_iri : str
        What instance IRIs begin with.
    """
    systems = mapped(papers, _systems, schema(entity=pa.string())).distinct().selectExpr("entity", "true as system")
    of_entities = entities.select("entity", "record").join(systems, "entity", "left").select("record", "system")
    authors = mapped(papers, _authors, schema(name=pa.string())).distinct()
    lines = (
        mapped(papers, lambda rows: _paper_lines(rows, base_iri), _LINES)
        .unionAll(mapped(of_entities, lambda rows: _entity_lines(rows, base_iri), _LINES))
        .unionAll(mapped(authors, lambda rows: _author_lines(rows, base_iri), _LINES))
    )
    tallied = papers.sparkSession.createDataFrame(
        [(line,) for line in _tally_lines(common(papers), base_iri)], "value string"
    )
    lines = lines.unionAll(tallied.coalesce(1))
    lines.write.mode("overwrite").option("compression", "gzip").text(str(folder))


def _systems(rows: Iterator[Row]) -> Iterator[Row]:
    """Methods that a paper proposes or gives a result of: with a name of their own they are systems."""
    for _, record in rows:
        read = unpack(record)
        proposed = {entity.id for entity in read.entities if entity.role == "proposed"}
        yield from ((method,) for method in proposed | {result.method for result in read.results if result.method})


def _authors(rows: Iterator[Row]) -> Iterator[Row]:
    return ((name,) for _, record in rows for name in unpack(record).paper.authors)


def _paper_lines(rows: Iterator[Row], base_iri: str) -> Iterator[Row]:
    mint = Minter(base_iri)
    while group := [unpack(record) for _, record in islice(rows, _GROUP)]:
        own = {read.paper.id for read in group}
        strangers = {link.id for read in group for link in (*read.related, *read.builds_on)} - own
        entities = {identifier for read in group for identifier in _named(read)}
        papers = [*group, *(ReadPaper(Paper(identifier, "", "")) for identifier in sorted(strangers))]
        yield from _said(papers, map(_stub, entities), base_iri, of={mint.paper(identifier) for identifier in own})


def _named(read: ReadPaper) -> Iterator[str]:
    yield from (entity.id for entity in read.entities)
    for result in read.results:
        yield from filter(None, (result.method, result.metric, result.dataset))


def _stub(identifier: str) -> Entity:
    return Entity(identifier, entity_kind(identifier), "")


def _entity_lines(rows: Iterator[Row], base_iri: str) -> Iterator[Row]:
    mint = Minter(base_iri)
    while group := list(islice(rows, _GROUP)):
        own = {entity.id: entity for entity, _ in (unpack(record) for record, _ in group)}
        wider = {identifier: _stub(identifier) for entity in own.values() for identifier in entity.broader}
        systems = [entity for (entity, _), system in ((unpack(r), s) for r, s in group) if system]
        proposed = tuple(PaperEntity(e.id, e.label, e.name, "proposed", ()) for e in systems)
        every = (wider | own).values()
        said = _said([ReadPaper(Paper("", "", ""), proposed)], every, base_iri, {mint.entity(key) for key in own})
        yield from said


def _author_lines(rows: Iterator[Row], base_iri: str) -> Iterator[Row]:
    mint = Minter(base_iri)
    while names := tuple(name for (name,) in islice(rows, _GROUP)):
        subjects = {mint("author", encode(name)) for name in names}
        yield from _said([ReadPaper(Paper("", "", "", authors=names))], (), base_iri, subjects)


def _tally_lines(counted: Iterable[Tally], base_iri: str) -> list[str]:
    return _ntriples(what_is_shared(Minter(base_iri), counted)).split("\n")


def _said(
    papers: list[ReadPaper], entities: Iterable[Entity], base_iri: str, of: set[NamedNode]
) -> Iterator[tuple[str]]:
    """The lines of what the graph of these papers and entities says of the given resources, or read from them."""
    graph = build_graph(papers, {entity.id: entity for entity in entities})
    yield (_ntriples(d for d in things(graph, Minter(base_iri)) if (d.source or d.subject) in of),)


def _ntriples(described: Iterable[Description]) -> str:
    statements = (Triple(one.subject, predicate, value) for one in described for predicate, value in one.facts)
    written = io.BytesIO()
    pyoxigraph.serialize(statements, written, RdfFormat.N_TRIPLES)
    return written.getvalue().decode().removesuffix("\n")
