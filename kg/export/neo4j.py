"""The graph for Neo4j: CSVs for the offline importer, a Cypher script for a running server, and a push over Bolt.

All three make the same nodes and relationships; see `kg.export.properties` for labels, types and properties. Script
and push can be run again, after a rebuild too: what is there is updated and nothing is doubled. Nothing is taken away:
nodes and relationships that the graph no longer has stay, as do properties that became unknown, in the script's case.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import networkx as nx

from kg.errors import UsageError
from kg.export.properties import (
    DISTINGUISHING,
    LABELS,
    NODE_PROPERTIES,
    Connection,
    Row,
    Value,
    identifiers,
    node_rows,
    relationship_rows,
)
from kg.files import atomic_writer

#: Separates the items of a list within a CSV field. `writable` leaves no such character in a text, and a name may
#: well contain the importer's own default, a semicolon.
ARRAY_SEPARATOR = "\x1f"
SCRIPT = "load.cypher"
#: Rows of a statement in the script, whose text the server has to parse, and of one that is pushed with parameters.
SCRIPT_BATCH = 200
PUSH_BATCH = 1_000

_SCHEMES = ("neo4j://", "bolt://", "neo4j+s://", "neo4j+ssc://", "bolt+s://", "bolt+ssc://")
_CSV_TYPES = {"int": "long", "float": "double", "int[]": "long[]"}
#: In a string of Cypher: what ends or escapes it, control characters, line ends of Unicode, and the marks that make
#: text run backwards, so that the script reads as it is.
_SPECIAL = re.compile('\\\\u?|["\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]')
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}

T = TypeVar("T")


def write_neo4j(graph: nx.MultiDiGraph, folder: Path) -> None:
    """Write CSVs for ``neo4j-admin database import`` and ``load.cypher``.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it.
    folder : Path
        Gets ``nodes/Paper.csv`` and so on, a file a label; ``relationships/USES.csv`` and so on, a file a type; and
        the script. Each file has its header in its first line. The importer needs ``--multiline-fields=true``, as
        texts may have line ends, and ``--array-delimiter=U+001F``.
    """
    ids = identifiers(graph)
    edges = relationship_rows(graph, ids)
    for kind, label in LABELS.items():
        _write_nodes(folder / "nodes" / f"{label}.csv", kind, node_rows(graph, kind, ids))
    for type_ in dict.fromkeys(connection.type for connection in edges):
        same = {connection: rows for connection, rows in edges.items() if connection.type == type_}
        _write_relationships(folder / "relationships" / f"{type_}.csv", same)
    with atomic_writer(folder / SCRIPT) as file:
        file.writelines(f"{statement};\n" for statement in _script(graph, ids, edges))


# CSV


def _write_nodes(path: Path, kind: str, rows: Iterable[Row]) -> None:
    properties = NODE_PROPERTIES[kind]
    header = [f"{name}:{'ID' if name == 'id' else _CSV_TYPES.get(type_, type_)}" for name, type_ in properties.items()]
    _write_csv(path, [*header, ":LABEL"], ([*row.values(), LABELS[kind]] for row in rows))


def _write_relationships(path: Path, edges: dict[Connection, list[tuple[str, str, Row]]]) -> None:
    properties = next(iter(edges)).properties
    header = [f"{name}:{_CSV_TYPES.get(type_, type_)}" for name, type_ in properties.items()]
    lines = (
        [source, target, connection.type, *row.values()]
        for connection, rows in edges.items()
        for source, target, row in rows
    )
    _write_csv(path, [":START_ID", ":END_ID", ":TYPE", *header], lines)


def _write_csv(path: Path, header: Sequence[str], lines: Iterable[Sequence[Value]]) -> None:
    """Quotes are doubled, as in RFC 4180; nothing between two commas is a property that is not set."""
    with atomic_writer(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_field(value) for value in line] for line in lines)


def _field(value: Value) -> str:
    if isinstance(value, list):
        return ARRAY_SEPARATOR.join(str(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


# Cypher


def constraints() -> list[str]:
    """A statement a label that makes ids unique, and so indexed."""
    return [
        f"CREATE CONSTRAINT kg_{kind}_id IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE"
        for kind, label in LABELS.items()
    ]


def merge_nodes(kind: str, rows: str = "$rows") -> str:
    """A statement that makes or updates nodes of one kind from `rows`, a list of maps of properties."""
    return f"UNWIND {rows} AS row\nMERGE (n:{LABELS[kind]} {{id: row.id}})\nSET n += row"


def merge_relationships(connection: Connection, rows: str = "$rows") -> str:
    """A statement that makes or updates relationships from `rows`: maps of ``source``, ``target``, ``properties``."""
    key = DISTINGUISHING.get(connection.relation)
    pattern = f" {{{key}: row.properties.{key}}}" if key else ""
    lines = [
        f"UNWIND {rows} AS row",
        f"MATCH (a:{LABELS[connection.source]} {{id: row.source}})",
        f"MATCH (b:{LABELS[connection.target]} {{id: row.target}})",
        f"MERGE (a)-[r:{connection.type}{pattern}]->(b)",
    ]
    return "\n".join(lines + (["SET r += row.properties"] if connection.properties else []))


def _script(
    graph: nx.MultiDiGraph, ids: dict[str, str], edges: dict[Connection, list[tuple[str, str, Row]]]
) -> Iterator[str]:
    """The statements of the script; the first is preceded by a comment."""
    first, *others = constraints()
    yield f"// A graph of papers. Running this again changes nothing.\n{first}"
    yield from others
    for kind in LABELS:
        for rows in _batches((_set_only(row) for row in node_rows(graph, kind, ids)), SCRIPT_BATCH):
            yield merge_nodes(kind, _literal_rows(rows))
    for connection, found in edges.items():
        for rows in _batches(_ends_and_properties(found), SCRIPT_BATCH):
            yield merge_relationships(connection, _literal_rows(rows))


def _set_only(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _ends_and_properties(rows: Iterable[tuple[str, str, Row]]) -> Iterator[dict[str, Any]]:
    for source, target, row in rows:
        ends = {"source": source, "target": target}
        yield {**ends, "properties": _set_only(row)} if row else ends


def _batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch


def _literal_rows(rows: Iterable[dict[str, Any]]) -> str:
    return "[\n  " + ",\n  ".join(literal(row) for row in rows) + "\n]"


def literal(value: Any) -> str:
    r"""A value as a literal of Cypher: text, number, truth value, list or map; the keys of maps are plain names.

    >>> print(literal({"name": 'the "best"', "years": [2021]}))
    {name: "the \"best\"", years: [2021]}
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {literal(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, str):
        return '"' + _SPECIAL.sub(_escaped, value) + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _escaped(match: re.Match[str]) -> str:
    r"""What stands for a special character.

    A backslash before a "u" needs care: Cypher up to version 5 replaces ``\u0041`` by its character before it looks
    for strings, so the text of a LaTeX ``\upsilon`` must not have the two side by side, escaped or not.
    """
    text = match[0]
    if text == "\\u":
        return "\\\\\\u0075"
    return _SHORT.get(text, f"\\u{ord(text):04x}")


# Bolt


def push(graph: nx.MultiDiGraph, uri: str, user: str, password: str, driver: Any = None) -> tuple[int, int]:
    """Make or update the graph in a running Neo4j, texts travelling as parameters.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it.
    uri : str
        Such as ``neo4j://localhost:7687``.
    user, password : str
        Of an account that may write and create constraints.
    driver : neo4j.Driver, optional
        One that is already open; it stays open, and the other arguments are not looked at.

    Returns
    -------
    tuple of int
        How many nodes and relationships were sent.

    Raises
    ------
    UsageError
        When the driver is not installed, or the server cannot be reached, refuses the account or a statement.
    """
    if driver is not None:
        return _push(graph, driver)
    if not uri.startswith(_SCHEMES):
        raise UsageError(f"{uri} is no address of Neo4j: it begins with {' or '.join(_SCHEMES[:2])}")
    try:
        import neo4j
        from neo4j.exceptions import ConfigurationError, DriverError, Neo4jError
    except ImportError as error:
        raise UsageError("a push to Neo4j needs its driver: pip install 'kg-abstracts[neo4j]'") from error
    try:
        with neo4j.GraphDatabase.driver(uri, auth=(user, password)) as own:
            own.verify_connectivity()
            return _push(graph, own)
    except (ConfigurationError, DriverError, Neo4jError, ValueError) as error:
        raise UsageError(f"{uri}: {' '.join(str(error).split())}") from error


def _push(graph: nx.MultiDiGraph, driver: Any) -> tuple[int, int]:
    ids = identifiers(graph)
    nodes = relationships = 0
    for statement in constraints():
        driver.execute_query(statement)
    for kind in LABELS:
        for rows in _batches(node_rows(graph, kind, ids), PUSH_BATCH):
            driver.execute_query(merge_nodes(kind), parameters_={"rows": rows})
            nodes += len(rows)
    for connection, found in relationship_rows(graph, ids).items():
        for batch in _batches(_ends_and_properties(found), PUSH_BATCH):
            driver.execute_query(merge_relationships(connection), parameters_={"rows": batch})
            relationships += len(batch)
    return nodes, relationships
