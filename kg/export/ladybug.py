"""The graph as a Ladybug database, one file that is asked in Cypher without a server (Ladybug is Kùzu's successor).

A node table a label, a relationship table a type; see `kg.export.properties` for their properties.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import networkx as nx
import pyarrow as pa

from kg.errors import KgError, UsageError
from kg.export.properties import (
    LABELS,
    NODE_PROPERTIES,
    Connection,
    Row,
    Type,
    identifiers,
    node_rows,
    relationship_rows,
)
from kg.files import TEMPORARY_SUFFIX

#: Rows that are held as Python values before they become a part of an Arrow table.
BATCH = 10_000
#: Most memory for pages of the database, in bytes.
BUFFER = 2 << 30
#: Most address space that a database may fill; the engine's own 8 TiB is more than some machines grant.
ADDRESS_SPACE = 1 << 38
#: Longer queries are refused.
MAX_LENGTH = 20_000

_TYPES = {
    "string": ("STRING", pa.string()), "int": ("INT64", pa.int64()), "float": ("DOUBLE", pa.float64()),
    "boolean": ("BOOLEAN", pa.bool_()), "string[]": ("STRING[]", pa.list_(pa.string())),
    "int[]": ("INT64[]", pa.list_(pa.int64())),
}  # fmt: skip


def write_ladybug(graph: nx.MultiDiGraph, path: Path) -> None:
    """Write the graph as a database file; one that is there is replaced when the new one is complete.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it.
    path : Path
        The file.

    Raises
    ------
    UsageError
        When Ladybug is not installed.
    KgError
        When the system does not grant the address space or the file that the engine asks for.
    """
    engine = _engine()
    with _beside(path) as temporary:
        try:
            database = engine.Database(str(temporary), buffer_pool_size=BUFFER, max_db_size=ADDRESS_SPACE)
        except RuntimeError as error:
            raise KgError(f"cannot begin a database in {path.parent} (ulimit -v?): {_message(error)}") from error
        connection = engine.Connection(database)
        try:
            _fill(connection, graph)
        finally:
            connection.close()
            database.close()


def _engine() -> ModuleType:
    try:
        import ladybug
    except ImportError as error:
        raise UsageError("Ladybug is not installed: pip install 'kg-abstracts[ladybug]'") from error
    return ladybug  # type: ignore[no-any-return]


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A name beside `path` that takes its place when the block ends well; the engine wants to make the file itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", suffix=TEMPORARY_SUFFIX, dir=path.parent) as taken:
        temporary = Path(taken.name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        for left in path.parent.glob(f"{temporary.name}*"):
            left.unlink(missing_ok=True)


# Filling


def _fill(connection: Any, graph: nx.MultiDiGraph) -> None:
    ids = identifiers(graph)
    for kind, label in LABELS.items():
        columns = {name: _TYPES[type_] for name, type_ in NODE_PROPERTIES[kind].items()}
        described = ", ".join(f"{name} {sql}" for name, (sql, _) in columns.items())
        connection.execute(f"CREATE NODE TABLE {label}({described}, PRIMARY KEY (id))")
        _copy(connection, label, _table(NODE_PROPERTIES[kind], node_rows(graph, kind, ids)))
    edges = relationship_rows(graph, ids)
    for type_ in dict.fromkeys(known.type for known in edges):
        same = {known: rows for known, rows in edges.items() if known.type == type_}
        connection.execute(_relationship_table(type_, list(same)))
        for known, rows in same.items():
            options = f"(from='{LABELS[known.source]}', to='{LABELS[known.target]}')" if len(same) > 1 else ""
            _copy(connection, type_, _edge_table(known, rows), options)


def _relationship_table(type_: str, connections: Sequence[Connection]) -> str:
    ends = [f"FROM {LABELS[known.source]} TO {LABELS[known.target]}" for known in connections]
    columns = [f"{name} {_TYPES[kind][0]}" for name, kind in connections[0].properties.items()]
    return f"CREATE REL TABLE {type_}({', '.join(ends + columns)})"


def _copy(connection: Any, name: str, table: pa.Table, options: str = "") -> None:
    if table.num_rows:
        connection.execute(f"COPY {name} FROM $rows {options}", {"rows": table})


def _edge_table(connection: Connection, rows: Iterable[tuple[str, str, Row]]) -> pa.Table:
    types: dict[str, Type] = {"source": "string", "target": "string", **connection.properties}
    return _table(types, ({"source": source, "target": target, **row} for source, target, row in rows))


def _table(types: Mapping[str, Type], rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    schema = pa.schema([(name, _TYPES[type_][1]) for name, type_ in types.items()])
    rows = iter(rows)
    parts = []
    while batch := list(islice(rows, BATCH)):
        parts.append(pa.RecordBatch.from_pylist(batch, schema=schema))
    return pa.Table.from_batches(parts, schema=schema)


# Asking

#: What a query consists of. Only in words can a keyword hide.
_TOKEN = re.compile(
    r"'(?:[^'\\]|\\.)*+'"
    r'|"(?:[^"\\]|\\.)*+"'
    r"|`(?:[^`]|``)*+`"
    r"|//[^\n\r]*+"
    r"|/\*.*?\*/"
    r"|[.:$][^\W\d]\w*"
    r"|\d\w*\.?"
    r"|(?P<word>\w+)"
    r"|(?P<semicolon>;\s*\S)",
    re.DOTALL,
)
#: What a query may begin with.
_FORMS = frozenset(["MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "EXPLAIN", "PROFILE"])
#: Clauses that reach out of the database; that it is open for reading keeps the others from changing it.
_OUTSIDE = frozenset(["LOAD", "COPY", "INSTALL", "UNINSTALL", "UPDATE", "ATTACH", "DETACH", "EXPORT", "IMPORT", "USE"])


def check(cypher: str) -> None:
    """Refuse what is no query, or reaches out of the database: files, extensions, other databases.

    Raises
    ------
    UsageError
        Says what is not allowed.
    """
    if len(cypher) > MAX_LENGTH:
        raise UsageError(f"the query has {len(cypher):,} characters; {MAX_LENGTH:,} is the most")
    words = []
    for match in _TOKEN.finditer(cypher):
        if match["semicolon"]:
            raise UsageError("one query at a time: there is more after the semicolon")
        words += [match["word"].upper()] if match["word"] else []
    if not words or words[0] not in _FORMS:
        begins = f"begins with {words[0]}" if words else "is empty"
        raise UsageError(f"the query {begins}: the graph is read-only, ask with MATCH … RETURN …")
    for word in words:
        if word in _OUTSIDE or word.startswith("READ_"):
            raise UsageError(f"{word} is not allowed: a query reads this graph only (a name goes in `backticks`)")


def query_ladybug(path: Path, cypher: str) -> tuple[list[str], list[list[Any]]]:
    """Ask a database in Cypher, read-only.

    Parameters
    ----------
    path : Path
        What `write_ladybug` wrote.
    cypher : str
        One query.

    Returns
    -------
    columns : list of str
    rows : list of list
        Values as Python's. A node is a dict of what is set, with its label under ``_label``; a relationship likewise,
        its type there; a path a dict of its ``nodes`` and ``relationships``.

    Raises
    ------
    UsageError
        When there is no such database, Ladybug is not installed, the query is refused by `check` or by the engine.
    """
    check(cypher)
    if not path.is_file():
        raise UsageError(f"{path} does not exist: make it with `kg export DIR --to ladybug`")
    engine = _engine()
    try:
        with (
            engine.Database(str(path), read_only=True, buffer_pool_size=BUFFER, max_db_size=ADDRESS_SPACE) as database,
            engine.Connection(database) as connection,
        ):
            answer = connection.execute(cypher)
            return list(answer.get_column_names()), [[_plain(value) for value in row] for row in answer]
    except (RuntimeError, UnicodeDecodeError) as error:
        raise UsageError(_message(error)) from error


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "_NODES" in value:
        return {"nodes": _plain(value["_NODES"]), "relationships": _plain(value["_RELS"])}
    if "_LABEL" in value:
        properties = {name: item for name, item in value.items() if not name.startswith("_") and item is not None}
        return {"_label": value["_LABEL"], **properties}
    return {name: _plain(item) for name, item in value.items()}


def _message(error: Exception) -> str:
    """The engine's words without its own name for the kind of error: what is wrong, then where."""
    if isinstance(error, UnicodeDecodeError):
        return "the query has a text that is not Unicode"
    return re.sub(r"^\w+ exception: ", "", str(error).strip())
