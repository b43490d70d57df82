"""All that the graph says of one thing, gathered for a page: its facts, what it is tied to and what is tied to it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

from pyoxigraph import NamedNode

from kg.export.vocabulary import DCTERMS, FABIO, KG, MLS, PRISM, RDF, RDFS, SCHEMA, SKOS
from kg.server.space import Space

#: Entries of a list before it asks to be gone through page by page.
PAGE = 50
Row = dict[str, str]
#: Asks the graph for rows.
Rows = Callable[[str], Awaitable[list[Row]]]

_NAMES = (SKOS.prefLabel, DCTERMS.title, SCHEMA.name, RDFS.label)
_LABEL = "skos:prefLabel|dcterms:title|schema:name|rdfs:label"
#: Facts in the order in which they are shown.
_FACTS: dict[NamedNode, str] = {
    DCTERMS.creator: "Authors", DCTERMS.issued: "Year", PRISM.publicationName: "Published in", PRISM.doi: "DOI",
    FABIO.hasArXivId: "arXiv", SCHEMA.url: "To read", SCHEMA.sameAs: "The same elsewhere",
    PRISM.keyword: "Keywords", SKOS.altLabel: "Also written", KG.paperCount: "Papers",
    KG.higherIsBetter: "Higher is better", SKOS.exactMatch: "The same as", SKOS.closeMatch: "Much the same as",
    SCHEMA.subjectOf: "Described in", SCHEMA.identifier: "Also identified by", MLS.hasValue: "Value", KG.unit: "Unit",
    KG.resultKind: "Kind of value", KG.setting: "Setting", MLS.specifiedBy: "Metric", KG.ofMethod: "Method",
    KG.onDataset: "Dataset", KG.inCommunity: "Community", SKOS.broader: "Wider", DCTERMS.identifier: "Id in the graph",
}  # fmt: skip
#: What a thing is tied to, and how the other side would say it.
_TIES: dict[NamedNode, tuple[str, str]] = {
    KG.proposes: ("Proposes", "Proposed by"), KG.uses: ("Uses", "Used by"),
    KG.comparesWith: ("Compares with", "Compared with by"), KG.studies: ("Studies", "Studied by"),
    KG.evaluatesOn: ("Evaluates on", "Evaluated on by"), KG.measures: ("Measures", "Measured by"),
    KG.addresses: ("Addresses", "Addressed by"), KG.mentions: ("Mentions", "Mentioned by"),
    KG.buildsOn: ("Builds on", "Built on by"), SKOS.broader: ("", "Narrower"), KG.reports: ("", "Reported by"),
    DCTERMS.creator: ("", "Papers"), KG.inCommunity: ("", "Members"),
}  # fmt: skip
#: Parts of a description that only machines read, or that a page says in another way.
_UNSAID = frozenset(
    [RDF.type, *_NAMES, SKOS.hiddenLabel, SCHEMA.mentions, KG.sharesEntitiesWith, KG.reports, KG.authorList,
     DCTERMS.abstract, KG.centrality]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """Something named on a page; `href` is where it leads, empty for nowhere."""

    name: str
    href: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Items under a heading; `total` may be more than are listed, then `following` leads to the next."""

    title: str
    items: list[Item]
    total: int = 0
    following: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """What a page shows of a thing.

    `text` is its abstract in pieces, those that name something with a link; `ties` are what it says of other things,
    `groups` what they say of it.
    """

    iri: str
    path: str
    kind: str
    name: str
    facts: list[Group] = field(default_factory=list)
    text: list[Item] = field(default_factory=list)
    ties: list[Group] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)


async def gather(rows: Rows, space: Space, iri: NamedNode, turned: tuple[str, int] = ("", 0)) -> Thing | None:
    """Ask for everything on a thing; None when the graph does not have it.

    Parameters
    ----------
    rows : callable
        Asks the graph.
    space : Space
        Knows the paths.
    iri : NamedNode
        The thing.
    turned : tuple of str and int
        A list that has been paged through (the local name of its property) and where in it to begin.
    """
    said = await rows(
        f"SELECT ?property ?value ?label (isIRI(?value) AS ?iri) WHERE {{ {iri} ?property ?value "
        f"OPTIONAL {{ ?value {_LABEL} ?label }} }} ORDER BY ?property ?label ?value"
    )
    if not said:
        return None
    path = space.path(iri.value) or ""
    kind = path.split("/")[1]
    name = next((row["value"] for wanted in _NAMES for row in _of(said, wanted)), iri.value)
    groups = await _related(rows, space, iri) if kind == "paper" else []
    groups += await _incoming(rows, space, iri, path, turned)
    return Thing(
        iri.value, path, kind, name, list(_facts(space, said)), await _text(rows, space, iri, said),
        _outgoing(space, said), groups, await _results(rows, space, iri, kind),
    )  # fmt: skip


def _of(said: Iterable[Row], wanted: NamedNode) -> list[Row]:
    return [row for row in said if row["property"] == wanted.value]


def _item(space: Space, row: Row) -> Item:
    """A value: a thing of the graph, an address elsewhere, or plain text."""
    value = row["value"]
    if row["iri"] != "true":
        return Item(value)
    href = space.path(value) or (value if value.startswith(("https://", "http://")) else "")
    return Item(row.get("label") or value, href)


def _facts(space: Space, said: list[Row]) -> Iterator[Group]:
    known = {predicate.value: title for predicate, title in _FACTS.items()}
    ties = {predicate.value for predicate, (title, _) in _TIES.items() if title}
    unsaid = {predicate.value for predicate in _UNSAID} | ties
    others = dict.fromkeys(row["property"] for row in said if row["property"] not in {*known, *unsaid})
    for predicate in [*known, *others]:
        values = [_item(space, row) for row in said if row["property"] == predicate]
        if values:
            yield Group(known.get(predicate) or predicate.rpartition("#")[2].rpartition("/")[2], values)


def _outgoing(space: Space, said: list[Row]) -> list[Group]:
    groups = []
    for predicate, (title, _) in _TIES.items():
        items = [_item(space, row) for row in _of(said, predicate)]
        if title and items:
            groups.append(Group(title, items, len(items)))
    return groups


async def _related(rows: Rows, space: Space, iri: NamedNode) -> list[Group]:
    found = await rows(
        "SELECT ?other ?title ?weight (GROUP_CONCAT(?name; separator=', ') AS ?shared) WHERE { "
        f"?link rdf:subject {iri} ; rdf:object ?other ; kg:weight ?weight ; kg:sharedEntity/skos:prefLabel ?name . "
        "?other dcterms:title ?title } GROUP BY ?other ?title ?weight ORDER BY DESC(?weight) ?title"
    )
    items = [Item(r["title"], space.path(r["other"]) or "", f"shares {r['shared']}") for r in found]
    return [Group("Related papers", items, len(items))] if items else []


async def _incoming(rows: Rows, space: Space, iri: NamedNode, path: str, turned: tuple[str, int]) -> list[Group]:
    predicates = " ".join(str(predicate) for predicate in _TIES)
    counted = await rows(
        f"SELECT ?property (COUNT(DISTINCT ?other) AS ?n) WHERE {{ VALUES ?property {{ {predicates} }} "
        f"?other ?property {iri} }} GROUP BY ?property"
    )
    totals = {row["property"]: int(row["n"]) for row in counted}
    groups = []
    for predicate, (_, title) in _TIES.items():
        if totals.get(predicate.value):
            name = predicate.value.rpartition("#")[2].rpartition("/")[2]
            start = turned[1] if turned[0] == name else 0
            items = await _page(rows, space, iri, predicate, start)
            ahead = start + len(items) < totals[predicate.value]
            following = f"{path}?{urlencode({'list': name, 'from': start + PAGE})}" if ahead and items else ""
            groups.append(Group(title, items, totals[predicate.value], following))
    return groups


async def _page(rows: Rows, space: Space, iri: NamedNode, predicate: NamedNode, start: int) -> list[Item]:
    found = await rows(
        f"SELECT DISTINCT ?other ?label ?year WHERE {{ ?other {predicate} {iri} ; {_LABEL} ?label "
        f"OPTIONAL {{ ?other dcterms:issued ?year }} }} ORDER BY DESC(?year) ?label ?other LIMIT {PAGE} OFFSET {start}"
    )
    return [Item(r["label"], space.path(r["other"]) or "", r.get("year", "")) for r in found]


_RESULTS_OF = {
    "paper": "?paper kg:reports ?result . FILTER(?paper = {iri})",
    "method": "?result kg:ofMethod {iri}",
    "dataset": "?result kg:onDataset {iri}",
    "metric": "?result mls:specifiedBy {iri}",
}


async def _results(rows: Rows, space: Space, iri: NamedNode, kind: str) -> list[Row]:
    """Rows with value, metric, method, dataset, setting and paper; those with a path under the name and "_path"."""
    if kind not in _RESULTS_OF:
        return []
    found = await rows(
        "SELECT ?result ?value ?metric ?metric_name ?method ?method_name ?dataset ?dataset_name ?setting ?paper ?title "
        f"WHERE {{ {_RESULTS_OF[kind].format(iri=iri)} . ?result rdfs:label ?value ; mls:hasValue ?number . "
        "?paper kg:reports ?result ; dcterms:title ?title "
        "OPTIONAL { ?result mls:specifiedBy ?metric . ?metric skos:prefLabel ?metric_name } "
        "OPTIONAL { ?result kg:ofMethod ?method . ?method skos:prefLabel ?method_name } "
        "OPTIONAL { ?result kg:onDataset ?dataset . ?dataset skos:prefLabel ?dataset_name } "
        f"OPTIONAL {{ ?result kg:setting ?setting }} }} "
        f"ORDER BY ?dataset_name ?metric_name ?number ?result LIMIT {PAGE}"
    )
    return [{**row, **_paths(space, row)} for row in found]


def _paths(space: Space, row: Row) -> Row:
    linked = [name for name in ("metric", "method", "dataset", "paper") if name in row]
    return {f"{name}_path": space.path(row[name]) or "" for name in linked}


# The abstract


async def _text(rows: Rows, space: Space, iri: NamedNode, said: list[Row]) -> list[Item]:
    abstract = next((row["value"] for row in _of(said, DCTERMS.abstract)), "")
    if not abstract:
        return []
    found = await rows(
        f"SELECT DISTINCT ?body ?start ?end WHERE {{ ?target oa:hasSource {iri} ; oa:hasSelector ?place . "
        "?place oa:start ?start ; oa:end ?end . ?mention oa:hasTarget ?target ; oa:hasBody ?body } "
        "ORDER BY ?start DESC(?end)"
    )
    title = next((row["value"] for row in _of(said, DCTERMS.title)), "")
    spans = [(int(r["start"]), int(r["end"]), space.path(r["body"]) or "") for r in found]
    return list(pieces(abstract, len(title) + 1, spans))


def pieces(text: str, offset: int, spans: Iterable[tuple[int, int, str]]) -> Iterator[Item]:
    """A text cut at its mentions.

    Parameters
    ----------
    text : str
        The part that is shown.
    offset : int
        Where it begins in the text that the spans count in.
    spans : iterable of (start, end, path)
        In text order; those that overlap one before, or lie outside, are left out.
    """
    at = 0
    for start, end, path in spans:
        start, end = start - offset, end - offset
        if start < at or end > len(text):
            continue
        yield Item(text[at:start])
        yield Item(text[start:end], path)
        at = end
    yield Item(text[at:])


def rows_of(content: bytes) -> list[Row]:
    """The values of a table in the JSON format; what is unbound is not there."""
    bindings = json.loads(content)["results"]["bindings"]
    return [{name: term["value"] for name, term in binding.items()} for binding in bindings]
