"""Links between papers on the workers, with the rules of `kg.linking`.

The matrix of papers and the entities that can link them is gathered at the driver and sent to every worker, which
multiplies its own rows by all others. No pair of papers is ever shuffled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from kg.linking import BLOCK, MAX_PAPERS_PER_ENTITY, MAX_PROPOSERS, Incidence, builds_on, nearest, rarity, weights
from kg.records import Paper, ReadPaper
from kg.spark.frames import Row, mapped, pack, records, schema, unpack
from kg.spark.reading import PAPERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TEXT = pa.string()
_WEIGHTS = schema(paper=_TEXT, entity=_TEXT, weight=pa.float64())
_METHODS = records(method=_TEXT, paper=_TEXT, proposed=pa.bool_())


def link(spark: SparkSession, papers: DataFrame, k: int) -> DataFrame:
    """The papers with their links; columns (paper, record: `ReadPaper`).

    Parameters
    ----------
    spark : SparkSession
    papers : DataFrame
        As `kg.spark.resolving.resolve` makes it.
    k : int
        How many links by shared entities a paper gets at most.
    """
    near = _related(spark, papers, k).withColumnRenamed("record", "near")
    older = _builds_on(papers).withColumnRenamed("record", "older")
    joined = papers.join(near, "paper", "left").join(older, "paper", "left")
    return mapped(joined.select("paper", "record", "near", "older"), _with_links, PAPERS)


def _with_links(rows: Iterator[Row]) -> Iterator[Row]:
    for paper, record, near, older in rows:
        read, _ = unpack(record)
        found = sorted(map(unpack, older or ()), key=lambda link: (link.id, link.via))
        yield paper, pack(read.with_links(unpack(near) if near else (), tuple(found)))


def _related(spark: SparkSession, papers: DataFrame, k: int) -> DataFrame:
    """Columns (paper, record: tuple of `Related`), for the papers that have any."""
    ids, incidence = _incidence(papers)
    if not incidence.matrix.nnz or k < 1:
        return spark.createDataFrame([], "paper string, record binary")
    shared = spark.sparkContext.broadcast((ids, incidence))
    blocks = -(-len(ids) // BLOCK)
    # Papers with many entities stand anywhere in the order, so blocks of equal size are about equal work.
    rows = spark.range(0, len(ids), BLOCK, numPartitions=min(blocks, 8 * spark.sparkContext.defaultParallelism))

    def over_blocks(starts: Iterator[Row]) -> Iterator[Row]:
        ids, incidence = shared.value
        names = ids.to_pylist()
        rank = np.arange(len(names))
        for (start,) in starts:
            for row, links in enumerate(nearest(incidence, names, rank, start, k), start):
                yield names[row], pack(links)

    return mapped(rows, over_blocks, PAPERS)


def _incidence(papers: DataFrame) -> tuple[pa.Array, Incidence]:
    """The ids of all papers, sorted, and the matrix over the entities that two papers or more have, but not too many.

    It holds a row number, a column number and a weight for each such pair: some 16 bytes.
    """
    from pyspark.sql import functions as f

    held = mapped(papers, _weights, _WEIGHTS).persist()
    frequent = held.groupBy("entity").agg(f.count("*").alias("papers"))
    columned = frequent.where(f.col("papers").between(2, MAX_PAPERS_PER_ENTITY))
    linking = columned.sort("entity").toArrow()
    entities = linking["entity"].combine_chunks()
    ids = papers.select("paper").sort("paper").toArrow()["paper"].combine_chunks()
    cells = held.join(f.broadcast(columned), "entity").toArrow()
    rows = pc.index_in(cells["paper"], value_set=ids).to_numpy()
    columns = pc.index_in(cells["entity"], value_set=entities).to_numpy()
    matrix = sparse.csr_matrix((cells["weight"].to_numpy(), (rows, columns)), shape=(len(ids), len(entities)))
    names = entities.to_pylist()
    return ids, Incidence(matrix, names, rarity(names, linking["papers"].to_numpy(), len(ids)))


def _weights(rows: Iterator[Row]) -> Iterator[Row]:
    for paper, record in rows:
        read, entities = unpack(record)
        for entity, weight in weights(read, entities).items():
            yield paper, entity, weight


def _builds_on(papers: DataFrame) -> DataFrame:
    """Columns (paper, record: list of packed `BuildsOn`), for the papers that have any."""
    from pyspark.sql import functions as f

    methods = mapped(papers, _methods, _METHODS)
    proposers = (
        methods.where("proposed")
        .groupBy("method")
        .agg(f.count("*").alias("count"), f.first("record").alias("origin"), f.first("paper").alias("by"))
    )
    sole = proposers.where(f.col("count") <= MAX_PROPOSERS)
    pairs = methods.where("not proposed").join(sole, "method").where("by != paper")
    links = mapped(pairs.select("paper", "record", "origin"), _lineage, PAPERS)
    return links.groupBy("paper").agg(f.collect_list("record").alias("record"))


def _methods(rows: Iterator[Row]) -> Iterator[Row]:
    """Each method of each paper, with as much of the paper as lineage depends on."""
    for paper, record in rows:
        read, _ = unpack(record)
        for entity in read.entities:
            if entity.label == "METHOD":
                own = entity.role == "proposed"
                title, abstract = (read.paper.title, read.paper.abstract) if own else ("", "")
                slim = ReadPaper(Paper(paper, title, abstract, year=read.paper.year), (entity,))
                yield entity.id, paper, own, pack(slim)


def _lineage(rows: Iterator[Row]) -> Iterator[Row]:
    for paper, record, origin in rows:
        _, links = builds_on([unpack(origin), unpack(record)])
        yield from ((paper, pack(link)) for link in links)
