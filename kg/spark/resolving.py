"""Mentions to entities on the workers, with the rules of `kg.resolution`.

Only what acronyms stand for in the whole corpus is gathered at the driver; an entity is made where its surface forms
come together, and finds its wider entity by a join.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from kg.extraction.gazetteer import Gazetteer
from kg.naming import name_key
from kg.records import Entity, entity_kind
from kg.resolution.corpus import Corpus
from kg.resolution.entities import entity_of, implied_name, wider_keys, with_names
from kg.resolution.grouping import Key, groups_of
from kg.resolution.papers import read_paper
from kg.spark.frames import Row, mapped, pack, records, schema, unpack
from kg.spark.reading import PAPERS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Meanings = dict[Key, Counter[str]]

_TEXT = pa.string()
_DEFINITIONS = schema(label=_TEXT, short=_TEXT, long=_TEXT)
_SAYINGS = schema(entity=_TEXT, surface=_TEXT, paper=_TEXT, key=_TEXT, rule=_TEXT, first=pa.int64())
_MADE = records(entity=_TEXT, label=_TEXT, name=_TEXT, key=_TEXT)
_ENTITIES = records(entity=_TEXT, name=_TEXT, wider=_TEXT)
_ENDINGS = schema(entity=_TEXT, label=_TEXT, place=pa.int64(), key=_TEXT)
_HOLDINGS = schema(paper=_TEXT, entity=_TEXT)


@dataclass(frozen=True)
class Resolved:
    """The frames that resolution makes.

    papers : (paper, record), a `ReadPaper` and what linking must know of its entities, by id
    entities : (entity, name, wider, record), an `Entity` and the rule behind each of its surface forms
    """

    papers: DataFrame
    entities: DataFrame


def resolve(spark: SparkSession, extractions: DataFrame, gazetteers: tuple[Path, ...]) -> Resolved:
    """Give every mention its entity.

    Parameters
    ----------
    spark : SparkSession
    extractions : DataFrame
        As `kg.spark.reading.extractions` makes it.
    gazetteers : tuple of Path
        The user's tables; every worker must find them under these paths.
    """
    meanings = spark.sparkContext.broadcast(_meanings(extractions))

    def corpus() -> Corpus:
        return Corpus(meanings.value, Gazetteer.load_names(gazetteers))

    read = mapped(extractions, lambda rows: _read(rows, corpus()), PAPERS).persist()
    entities = _entities(mapped(read, _sayings, _SAYINGS), corpus).persist()
    return Resolved(_named(read, entities).persist(), entities)


def _meanings(extractions: DataFrame) -> Meanings:
    """How many papers define each acronym of each label as what."""
    found: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    counted = mapped(extractions, _definitions, _DEFINITIONS).groupBy("label", "short", "long").count()
    for label, short, long, count in counted.toLocalIterator():
        found[label, short][long] = count
    return dict(found)


def _definitions(rows: Iterator[Row]) -> Iterator[Row]:
    for _, record in rows:
        for group in groups_of(unpack(record)):
            if group.short:
                yield group.label, group.short, group.long


def _read(rows: Iterator[Row], corpus: Corpus) -> Iterator[Row]:
    for paper, record in rows:
        extraction = unpack(record)
        rules: dict[tuple[str, str], str] = {}
        read = read_paper(extraction, groups_of(extraction), corpus, rules)
        yield paper, pack((read, rules))


def _sayings(rows: Iterator[Row]) -> Iterator[Row]:
    """What each paper says of each entity: a row a surface form, and one for a metric that it only implies."""
    for paper, record in rows:
        read, rules = unpack(record)
        named = {entity.id for entity in read.entities}
        for entity in read.entities:
            for i, surface in enumerate(dict.fromkeys(m.text for m in entity.mentions)):
                yield entity.id, surface, paper, entity.name, rules[entity.id, surface], int(i == 0)
        for metric in {result.metric for result in read.results if result.metric} - named:
            yield metric, None, paper, implied_name(metric), None, 0


def _entities(sayings: DataFrame, corpus: Callable[[], Corpus]) -> DataFrame:
    """Every entity; columns as in `Resolved`."""
    from pyspark.sql import functions as f

    # Twice grouped, so that an entity of a million papers is counted before it is brought together.
    forms = sayings.groupBy("entity", "surface").agg(
        f.count("*").alias("count"),
        f.sum("first").alias("papers"),
        f.min_by("rule", "paper").alias("rule"),
        f.max(f.struct(f.col("surface").isNotNull().alias("named"), "paper", "key")).alias("last"),
    )
    whole = forms.groupBy("entity").agg(
        f.sum("papers").alias("papers"),
        f.max("last").getField("key").alias("key"),
        f.collect_list(f.struct("surface", "count", "rule")).alias("forms"),
    )
    entities = mapped(whole, lambda rows: _make(rows, corpus()), _MADE).persist()
    return mapped(_with_wider(entities), _widen, _ENTITIES)


def _make(rows: Iterator[Row], corpus: Corpus) -> Iterator[Row]:
    for identifier, papers, key, forms in rows:
        label = entity_kind(identifier)
        said = [form for form in forms if form["surface"] is not None]
        surfaces = Counter({form["surface"]: form["count"] for form in said})
        entity = entity_of(identifier, label, key, surfaces, papers, corpus)
        rules = {form["surface"]: form["rule"] for form in said}
        yield identifier, label, entity.name, name_key(entity.name), pack((entity, rules))


def _with_wider(entities: DataFrame) -> DataFrame:
    """Each entity with the id of its wider one: the longest proper ending of its name that is an entity's name."""
    from pyspark.sql import functions as f

    endings = mapped(entities.select("entity", "label", "name"), _endings, _ENDINGS)
    by_key = entities.groupBy("label", "key").agg(f.max("entity").alias("wider"))
    found = endings.join(by_key, ["label", "key"]).where("wider != entity")
    longest = found.groupBy("entity").agg(f.min_by("wider", "place").alias("wider"))
    return entities.join(longest, "entity", "left").select("entity", "name", "wider", "record")


def _endings(rows: Iterator[Row]) -> Iterator[Row]:
    for identifier, label, name in rows:
        for place, ending in enumerate(wider_keys(label, name)):
            yield identifier, label, place, ending


def _widen(rows: Iterator[Row]) -> Iterator[Row]:
    for identifier, name, wider, record in rows:
        entity, rules = unpack(record)
        yield identifier, name, wider, pack((replace(entity, broader=_tuple(wider)), rules))


def _tuple(wider: str | None) -> tuple[str, ...]:
    return (wider,) if wider else ()


def _named(read: DataFrame, entities: DataFrame) -> DataFrame:
    """The papers with the names of their entities; columns as in `Resolved`."""
    from pyspark.sql import functions as f

    known = entities.select("entity", "name", "wider")
    holdings = mapped(read, _holdings, _HOLDINGS).join(known, "entity")
    held = holdings.groupBy("paper").agg(f.collect_list(f.struct("entity", "name", "wider")).alias("held"))
    return mapped(read.join(held, "paper", "left").select("paper", "record", "held"), _name, PAPERS)


def _holdings(rows: Iterator[Row]) -> Iterator[Row]:
    for paper, record in rows:
        read, _ = unpack(record)
        for entity in read.entities:
            yield paper, entity.id


def _name(rows: Iterator[Row]) -> Iterator[Row]:
    for paper, record, held in rows:
        read, _ = unpack(record)
        entities = {
            one["entity"]: Entity(one["entity"], entity_kind(one["entity"]), one["name"], broader=_tuple(one["wider"]))
            for one in held or ()
        }
        yield paper, pack((with_names(read, entities), entities))
