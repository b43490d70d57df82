"""What the explorer page asks for when it does not hold it: a paper or an entity with all that its panel shows.

Records look like those in the page (`kg.export.page.data`), but they refer to others by id, and whatever they refer to
comes along as a card: id, kind, name, community, and a paper's year or an entity's number of papers. All of it is asked
of the graph, so it costs the server no memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from pyoxigraph import NamedNode

from kg.export.resources import Minter
from kg.export.vocabulary import DCTERMS, KG, MLS, PRISM, SCHEMA, SKOS
from kg.graph import PAPER_RELATIONS
from kg.records import ENTITY_KINDS
from kg.server.things import Row, Rows

#: Papers of a role, narrower entities, related papers and steps of lineage listed at most.
MOST_LISTED = 60
#: Pairs of dataset and metric that leaderboards are made for, rows of each, and other results, at most.
MOST_BOARDS, MOST_ROWS, MOST_OTHERS = 6, 25, 20
#: Results looked at to make leaderboards from.
_MOST_RESULTS = 5_000
#: Characters of IRIs in one query.
_AT_ONCE = 12_000

Json = dict[str, Any]

_ELSEWHERE = (SKOS.exactMatch, SKOS.closeMatch, SCHEMA.sameAs, SCHEMA.subjectOf, SCHEMA.identifier)


def identify(base: str, identifier: str) -> NamedNode:
    """The IRI of the paper or entity that has an id."""
    mint = Minter(base)
    return mint.entity(identifier) if identifier.partition(":")[0] in ENTITY_KINDS else mint.paper(identifier)


async def cards(rows: Rows, iris: Iterable[str]) -> dict[str, Json]:
    """A card for each paper and entity among some IRIs, by IRI."""
    made = {}
    for part in _portions(dict.fromkeys(iris)):
        found = await rows(
            "SELECT ?iri ?id ?name ?title ?year ?papers ?community WHERE { "
            f"VALUES ?iri {{ {part} }} ?iri dcterms:identifier ?id OPTIONAL {{ ?iri skos:prefLabel ?name }} "
            "OPTIONAL { ?iri dcterms:title ?title } OPTIONAL { ?iri dcterms:issued ?year } "
            "OPTIONAL { ?iri kg:paperCount ?papers } OPTIONAL { ?iri kg:inCommunity/dcterms:identifier ?community } }"
        )
        made.update({row["iri"]: _card(row) for row in found})
    return made


def _portions(iris: Iterable[str]) -> Iterator[str]:
    part = ""
    for iri in iris:
        part += f"<{iri}> "
        if len(part) > _AT_ONCE:
            yield part
            part = ""
    if part:
        yield part


def _card(row: Row) -> Json:
    card: Json = {"id": row["id"], "community": _whole(row.get("community"))}
    if "title" in row:
        return {**card, "kind": "paper", "name": row["title"], "year": _whole(row.get("year"))}
    kind = row["id"].partition(":")[0]
    return {**card, "kind": kind, "name": row.get("name", row["id"]), "papers": _whole(row.get("papers")) or 0}


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


async def details(rows: Rows, iri: NamedNode) -> Json | None:
    """All that the explorer shows of a paper or an entity.

    Parameters
    ----------
    rows : callable
        Asks the graph.
    iri : NamedNode
        The paper or entity.

    Returns
    -------
    dict or None
        ``node`` is its record, ``cards`` lists what that refers to; None when the graph does not have it.
    """
    said: defaultdict[str, list[str]] = defaultdict(list)
    for row in await rows(f"SELECT ?property ?value WHERE {{ {iri} ?property ?value }} ORDER BY ?property ?value"):
        said[row["property"]].append(row["value"])
    if KG.paperCount.value in said:
        record = await _entity(rows, iri, said)
    elif DCTERMS.identifier.value in said and DCTERMS.title.value in said:
        record = await _paper(rows, iri, said)
    else:
        return None
    met = await cards(rows, [iri.value, *_references(record)])
    own = met[iri.value]
    others = sorted((card for card in met.values() if card is not own), key=lambda card: str(card["id"]))
    return {"node": {**own, **_by_id(record, met)}, "cards": others}


def _first(said: dict[str, list[str]], *properties: NamedNode) -> str:
    return next((value for wanted in properties for value in said.get(wanted.value, ())), "")


# A paper


async def _paper(rows: Rows, iri: NamedNode, said: dict[str, list[str]]) -> Json:
    spans = await _spans(rows, iri)
    named = [
        [entity, relation, spans.get(entity, [])]
        for relation in PAPER_RELATIONS
        for entity in said.get(KG[relation].value, ())
    ]
    authors = _first(said, KG.authorList)
    return {
        "title": _first(said, DCTERMS.title),
        "abstract": _first(said, DCTERMS.abstract),
        "authors": authors.split("; ") if authors else [],
        "venue": _first(said, PRISM.publicationName),
        "link": _first(said, SCHEMA.url, SCHEMA.sameAs),
        "entities": sorted(named, key=lambda entry: entry[2] or [1 << 30]),
        "results": [
            {**_result(row), "span": spans.get(row["result"], [0, 0])[:2]}
            for row in await _results(rows, f"{iri} kg:reports ?result .")
        ],
        "related": await _related(rows, iri),
        "builds": await _lineage(rows, f"rdf:subject {iri} ; rdf:object ?other"),
        "builtBy": await _lineage(rows, f"rdf:object {iri} ; rdf:subject ?other"),
    }


async def _spans(rows: Rows, iri: NamedNode) -> dict[str, list[int]]:
    """Starts and ends of what the text says of each entity and each result, in text order."""
    found = await rows(
        f"SELECT DISTINCT ?body ?start ?end WHERE {{ ?target oa:hasSource {iri} ; oa:hasSelector ?place . "
        "?place oa:start ?start ; oa:end ?end . ?mention oa:hasTarget ?target ; oa:hasBody ?body } ORDER BY ?start ?end"
    )
    spans: defaultdict[str, list[int]] = defaultdict(list)
    for row in found:
        spans[row["body"]] += [int(row["start"]), int(row["end"])]
    return spans


async def _related(rows: Rows, iri: NamedNode) -> list[list[Any]]:
    """The papers that share entities, whichever of the two lists the other: IRI, weight, entities, the rarest first."""
    found = await rows(
        "SELECT ?other ?weight ?shared WHERE { { SELECT ?link ?other ?weight WHERE { "
        f"{{ ?link rdf:subject {iri} ; rdf:object ?other }} UNION {{ ?link rdf:object {iri} ; rdf:subject ?other }} "
        f"?link kg:weight ?weight }} ORDER BY DESC(?weight) ?other LIMIT {2 * MOST_LISTED} }} "
        "?link kg:sharedEntity ?shared . ?shared kg:paperCount ?papers } ORDER BY DESC(?weight) ?other ?papers ?shared"
    )
    ties: dict[str, tuple[float, dict[str, None]]] = {}
    for row in found:
        ties.setdefault(row["other"], (float(row["weight"]), {}))[1][row["shared"]] = None
    return [[other, weight, list(shared)] for other, (weight, shared) in ties.items()][:MOST_LISTED]


async def _lineage(rows: Rows, pattern: str) -> list[list[Any]]:
    found = await rows(
        f"SELECT DISTINCT ?other ?via WHERE {{ ?link {pattern} ; kg:via ?via "
        "OPTIONAL { ?other dcterms:issued ?year } } "
        f"ORDER BY DESC(?year) ?other ?via LIMIT {MOST_LISTED}"
    )
    return [[row["other"], row["via"]] for row in found]


# An entity


async def _entity(rows: Rows, iri: NamedNode, said: dict[str, list[str]]) -> Json:
    kind = _first(said, DCTERMS.identifier).partition(":")[0]
    higher = _first(said, KG.higherIsBetter)
    counts = {r: n for r in PAPER_RELATIONS if (n := await _count(rows, f"?paper {KG[r]} {iri}"))}
    return {
        "aliases": said.get(SKOS.altLabel.value, []),
        "centrality": float(_first(said, KG.centrality) or 0),
        "higher": higher == "true" if higher else None,
        "same": [address for wanted in _ELSEWHERE for address in said.get(wanted.value, ())],
        "broader": said.get(SKOS.broader.value, []),
        "narrower": await _narrower(rows, iri),
        "timeline": await _timeline(rows, iri),
        "counts": counts,
        "in": [[paper, relation] for relation in counts for paper in await _latest(rows, KG[relation], iri)],
        "results": [{**_result(row), "paper": row["paper"]} for row in await _ranked(rows, iri, kind)],
    }


async def _count(rows: Rows, pattern: str) -> int:
    return int((await rows(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}"))[0]["n"])


async def _narrower(rows: Rows, iri: NamedNode) -> list[str]:
    found = await rows(
        f"SELECT ?other WHERE {{ ?other skos:broader {iri} ; kg:paperCount ?papers }} "
        f"ORDER BY DESC(?papers) ?other LIMIT {MOST_LISTED}"
    )
    return [row["other"] for row in found]


async def _timeline(rows: Rows, iri: NamedNode) -> list[list[int]]:
    found = await rows(
        f"SELECT ?year (COUNT(DISTINCT ?paper) AS ?n) WHERE {{ ?paper schema:mentions {iri} ; dcterms:issued ?year }} "
        "GROUP BY ?year ORDER BY ?year"
    )
    return [[int(row["year"]), int(row["n"])] for row in found]


async def _latest(rows: Rows, relation: NamedNode, iri: NamedNode) -> list[str]:
    found = await rows(
        f"SELECT ?paper WHERE {{ ?paper {relation} {iri} OPTIONAL {{ ?paper dcterms:issued ?year }} }} "
        f"ORDER BY DESC(?year) ?paper LIMIT {MOST_LISTED}"
    )
    return [row["paper"] for row in found]


# Results


async def _results(rows: Rows, pattern: str) -> list[Row]:
    return await rows(
        "SELECT DISTINCT ?result ?text ?value ?unit ?kind ?setting ?method ?metric ?dataset ?higher ?paper "
        f"WHERE {{ {pattern} ?result rdfs:label ?text ; mls:hasValue ?value ; kg:resultKind ?kind . "
        "?paper kg:reports ?result OPTIONAL { ?result kg:unit ?unit } OPTIONAL { ?result kg:setting ?setting } "
        "OPTIONAL { ?result kg:ofMethod ?method } OPTIONAL { ?result kg:onDataset ?dataset } "
        "OPTIONAL { ?result mls:specifiedBy ?metric OPTIONAL { ?metric kg:higherIsBetter ?higher } } } "
        f"ORDER BY ?result LIMIT {_MOST_RESULTS}"
    )


def _result(row: Row) -> Json:
    return {
        "text": row["text"],
        "value": float(row["value"]),
        "unit": row.get("unit", ""),
        "kind": row["kind"],
        "setting": row.get("setting", ""),
        **{field: row.get(field) for field in ("method", "metric", "dataset")},
    }


async def _ranked(rows: Rows, iri: NamedNode, kind: str) -> list[Row]:
    """The results of an entity, those of other methods that a method's compare with among them.

    Of the datasets and metrics with most of them come the best rows and the entity's own, of other results the first.
    """
    if kind not in _RESULT_OF:
        return []
    own = f"?result {_RESULT_OF[kind]} {iri}"
    complete = '?result kg:resultKind "absolute" ; kg:onDataset ?on ; mls:specifiedBy ?by'
    pairs = await rows(
        f"SELECT ?on ?by (COUNT(*) AS ?n) WHERE {{ {own} . {complete} }} "
        f"GROUP BY ?on ?by ORDER BY DESC(?n) ?on ?by LIMIT {MOST_BOARDS}"
    )
    chosen: list[Row] = []
    for pair in pairs:
        same = f'?result kg:onDataset <{pair["on"]}> ; mls:specifiedBy <{pair["by"]}> ; kg:resultKind "absolute" .'
        chosen += _best(await _results(rows, same), iri.value)
    others = f"SELECT ?result WHERE {{ {own} FILTER NOT EXISTS {{ {complete} }} }} ORDER BY ?result LIMIT {MOST_OTHERS}"
    return chosen + await _results(rows, f"{{ {others} }}")


_RESULT_OF = {"method": KG.ofMethod, "dataset": KG.onDataset, "metric": MLS.specifiedBy}


def _best(found: list[Row], own: str) -> list[Row]:
    """The best rows of every leaderboard among results of one dataset and metric, and those of one method."""
    boards: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in found:
        boards[row.get("setting", ""), row.get("unit", "")].append(row)
    sign = 1 if found and found[0].get("higher") == "false" else -1
    kept = []
    for board in boards.values():
        board.sort(key=lambda row: (sign * float(row["value"]), row["result"]))
        kept += board[:MOST_ROWS] + [row for row in board[MOST_ROWS:] if row.get("method") == own]
    return kept


# From IRIs to ids


def _references(record: Json) -> Iterator[str]:
    """The IRI of everything that a record refers to."""
    for entry in (*record.get("entities", ()), *record.get("in", ())):
        yield entry[0]
    for other, _, shared in record.get("related", ()):
        yield from (other, *shared)
    for pair in (*record.get("builds", ()), *record.get("builtBy", ())):
        yield from pair
    yield from (*record.get("broader", ()), *record.get("narrower", ()))
    for result in record["results"]:
        yield from (result[field] for field in ("method", "metric", "dataset", "paper") if result.get(field))


def _by_id(record: Json, met: dict[str, Json]) -> Json:
    """A record with ids in place of IRIs."""
    return {key: _replace(value, met) if key in _REFERRING else value for key, value in record.items()}


_REFERRING = frozenset(["entities", "in", "related", "builds", "builtBy", "broader", "narrower", "results"])


def _replace(value: Any, met: dict[str, Json]) -> Any:
    if isinstance(value, list):
        return [_replace(item, met) for item in value]
    if isinstance(value, dict):
        return {key: _replace(item, met) if key in _LINKED else item for key, item in value.items()}
    return met[value]["id"] if isinstance(value, str) and value in met else value


_LINKED = frozenset(["method", "metric", "dataset", "paper"])
