"""The graph as a property graph: labels, relationship types and typed properties, the same in every such target.

Names follow Neo4j's style: label ``Paper``, type ``COMPARES_WITH``, property ``higherIsBetter``. A property that is
unknown or empty is None: it is left out rather than written as nothing. What some format cannot hold in a text is
replaced one for one, as in the RDF, so that spans stay true.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import networkx as nx

from kg.export.terms import writable
from kg.graph import PAPER_RELATIONS, RELATION, RESULT_RELATIONS
from kg.records import ENTITY_KINDS, ROLES

Type = Literal["string", "int", "float", "boolean", "string[]", "int[]"]
Value = str | int | float | bool | list[str] | list[int] | None
Row = dict[str, Value]

#: Label of each kind of node, in the order in which they are written.
LABELS = {"paper": "Paper", **{kind: kind.capitalize() for kind in ENTITY_KINDS}, "result": "Result"}

_MEMBERSHIP: dict[str, Type] = {"community": "int", "communityName": "string"}
_ENTITY: dict[str, Type] = {
    "id": "string", "name": "string", "aliases": "string[]", "sameAs": "string[]", "papers": "int",
    "centrality": "float", **_MEMBERSHIP,
}  # fmt: skip
#: Properties of the nodes of each kind; the first is the key.
NODE_PROPERTIES: dict[str, dict[str, Type]] = {
    "paper": {
        "id": "string", "title": "string", "abstract": "string", "authors": "string[]", "year": "int",
        "venue": "string", "doi": "string", "arxiv": "string", "url": "string", "keywords": "string[]", **_MEMBERSHIP,
    },
    **dict.fromkeys(ENTITY_KINDS, _ENTITY),
    "metric": {**_ENTITY, "higherIsBetter": "boolean"},
    "result": {
        "id": "string", "name": "string", "value": "float", "unit": "string", "resultKind": "string",
        "setting": "string", "spanStart": "int", "spanEnd": "int",
    },
}  # fmt: skip
#: What a property is called in the graph, where that is not its own name.
_ATTRIBUTE = {
    "sameAs": "same_as", "higherIsBetter": "higher_is_better", "resultKind": "result_kind", "spanStart": "start",
    "spanEnd": "end",
}  # fmt: skip

_EVIDENCE: dict[str, Type] = {"spanStarts": "int[]", "spanEnds": "int[]"}
#: Properties of the relationships of each relation, for those that have any.
RELATIONSHIP_PROPERTIES: dict[str, dict[str, Type]] = {
    **dict.fromkeys((*PAPER_RELATIONS, "reports"), _EVIDENCE),
    "sharesEntitiesWith": {"weight": "float", "shared": "string[]"},
    "buildsOn": {"via": "string"},
}
#: The property that tells two relationships of one type between the same nodes apart.
DISTINGUISHING = {"buildsOn": "via"}

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True, order=True)
class Connection:
    """A relation between nodes of two kinds: ``Connection("paper", "uses", "method")``."""

    source: str
    relation: str
    target: str

    @property
    def type(self) -> str:
        """The relationship type: ``comparesWith`` → ``COMPARES_WITH``."""
        return relationship_type(self.relation)

    @property
    def properties(self) -> dict[str, Type]:
        """Names and types of the relationship's properties."""
        return RELATIONSHIP_PROPERTIES.get(self.relation, {})


def relationship_type(relation: str) -> str:
    """A relation's name in Neo4j's style: ``evaluatesOn`` → ``EVALUATES_ON``."""
    return "".join(f"_{c}" if c.isupper() else c.upper() for c in relation)


def known_connections() -> list[Connection]:
    """Every connection that a build can make, whether or not this graph has it."""
    found = [Connection("paper", RELATION[role], label.lower()) for label, roles in ROLES.items() for role in roles]
    found += [Connection("paper", "reports", "result")]
    found += [Connection("result", relation, kind) for kind, relation in RESULT_RELATIONS.items()]
    found += [Connection(kind, "broader", kind) for kind in ENTITY_KINDS]
    found += [Connection("paper", relation, "paper") for relation in ("sharesEntitiesWith", "buildsOn")]
    return found


def identifiers(graph: nx.MultiDiGraph) -> dict[str, str]:
    """The id under which each node is written: its key, as far as every format can hold it.

    Two keys that differ only in what cannot be written get different ids. Nodes without a kind, which an edge to a
    missing paper leaves behind, are not in it.
    """
    keys = sorted(key for key, data in graph.nodes(data=True) if data.get("kind") in LABELS)
    written = {key: key for key in keys if writable(key) == key}
    taken = set(written)
    for key in keys:
        if key not in written:
            written[key] = free = _free(writable(key), taken)
            taken.add(free)
    return {key: written[key] for key in keys}


def _free(wanted: str, taken: set[str]) -> str:
    free, number = wanted, 2
    while free in taken:
        free, number = f"{wanted}~{number}", number + 1
    return free


def node_rows(graph: nx.MultiDiGraph, kind: str, ids: Mapping[str, str]) -> Iterator[Row]:
    """The nodes of one kind, by id.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it, analysed or not.
    kind : str
        One of `LABELS`.
    ids : mapping of str to str
        From `identifiers`.

    Yields
    ------
    dict
        Every property of `NODE_PROPERTIES`, in that order; None for what is unknown.
    """
    communities = {community["id"]: community["name"] for community in graph.graph.get("communities", ())}
    for key, identifier in ids.items():
        data = graph.nodes[key]
        if data["kind"] == kind:
            derived = {"id": identifier, "communityName": communities.get(data.get("community"))}
            yield {
                name: value(type_, derived[name] if name in derived else data.get(_ATTRIBUTE.get(name, name)))
                for name, type_ in NODE_PROPERTIES[kind].items()
            }


def relationship_rows(graph: nx.MultiDiGraph, ids: Mapping[str, str]) -> dict[Connection, list[tuple[str, str, Row]]]:
    """The edges by what they connect: every known connection, and others that the graph has.

    Returns
    -------
    dict of Connection to list of (str, str, dict)
        Ids of source and target and the properties of `RELATIONSHIP_PROPERTIES`; by source, target and what
        distinguishes parallel edges.
    """
    found: dict[Connection, list[tuple[str, str, Row]]] = {connection: [] for connection in known_connections()}
    for source, target, data in graph.edges(data=True):
        if source in ids and target in ids:
            ends = graph.nodes[source]["kind"], graph.nodes[target]["kind"]
            connection = Connection(ends[0], data["relation"], ends[1])
            found.setdefault(connection, []).append((ids[source], ids[target], _edge_row(connection, data)))
    for connection, rows in found.items():
        rows.sort(key=partial(_edge_order, DISTINGUISHING.get(connection.relation, "")))
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _edge_order(distinguishing: str, row: tuple[str, str, Row]) -> tuple[str, str, str]:
    return row[0], row[1], str(row[2].get(distinguishing, ""))


def _order(connection: Connection) -> tuple[int, str, int]:
    kinds = list(LABELS)
    return kinds.index(connection.source), connection.type, kinds.index(connection.target)


def _edge_row(connection: Connection, data: Mapping[str, Any]) -> Row:
    evidence = data.get("evidence", ())
    spans = {"spanStarts": [start for start, _ in evidence], "spanEnds": [end for _, end in evidence]}
    row = {name: value(type_, spans.get(name, data.get(name))) for name, type_ in connection.properties.items()}
    if connection.relation in DISTINGUISHING:
        row[DISTINGUISHING[connection.relation]] = row[DISTINGUISHING[connection.relation]] or ""
    return row


def value(type_: Type, raw: Any) -> Value:
    """An attribute of the graph as a property of the given type; None for what is empty or has no such form."""
    if raw is None or raw == "":
        return None
    if type_.endswith("[]"):
        items = [writable(item) if isinstance(item, str) else int(item) for item in raw if item != ""]
        return items or None  # type: ignore[return-value]
    if type_ == "string":
        return writable(str(raw))
    if type_ == "boolean":
        return bool(raw)
    if type_ == "float":
        return float(raw) if math.isfinite(raw) else None
    return int(raw) if abs(raw) <= _LARGEST else None
