"""Cypher on a build's graph, read-only: the database is made in the folder when it is first asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Literal

from kg.export import TARGETS, export
from kg.export.ladybug import check, query_ladybug
from kg.sparql_results import QueryResult
from kg.store import ENTITIES, PAPERS


@dataclass(frozen=True, slots=True)
class CypherResult:
    """What a query answers: rows of values, one a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def to_table(self) -> str:
        """The answer for reading: columns side by side, numbers to the right."""
        return self._cells().to_table()

    def to_csv(self) -> str:
        """Plain values under a line of names; a list's items are joined by commas."""
        return self._cells().to_csv()

    def to_json(self) -> str:
        """An object of ``columns`` and ``rows``."""
        return json.dumps({"columns": self.columns, "rows": self.rows}, ensure_ascii=False, default=str)

    def _cells(self) -> QueryResult:
        return QueryResult(self.columns, tuple(tuple(map(_cell, row)) for row in self.rows))


def query(folder: Path, cypher: str) -> CypherResult:
    """Ask the graph of an output folder.

    Parameters
    ----------
    folder : Path
        What ``kg build`` wrote. Its Ladybug database is made if there is none, or an older one than the graph.
    cypher : str
        One query; see `kg.export.ladybug.check` for what is refused.

    Raises
    ------
    UsageError
        When there is no graph, Ladybug is not installed, or the query cannot be answered.
    """
    check(cypher)
    path = folder / TARGETS["ladybug"].file
    if not path.is_file() or path.stat().st_mtime_ns < _changed(folder):
        export(folder, "ladybug")
    columns, rows = query_ladybug(path, cypher)
    return CypherResult(tuple(columns), tuple(map(tuple, rows)))


def _changed(folder: Path) -> int:
    """When the folder's graph was last written, in nanoseconds; 0 where only the database is left."""
    return max((p.stat().st_mtime_ns for p in (folder / PAPERS, folder / ENTITIES) if p.is_file()), default=0)


def _cell(value: Any) -> Literal | None:
    if value is None or isinstance(value, int | float):
        return None if value is None else Literal(value)
    return Literal(_shown(value))


def _shown(value: Any) -> str:
    """A value for people: a list's items, a node's label and id, a relationship's type, a path from end to end."""
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, dict):
        if "_label" in value:
            return f"(:{value['_label']} {value['id']})" if "id" in value else f"[:{value['_label']}]"
        if value.keys() == {"nodes", "relationships"}:
            return _path(value["nodes"], value["relationships"])
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _path(nodes: Sequence[Any], relationships: Sequence[Any]) -> str:
    steps = [_shown(nodes[0])] if nodes else []
    for relationship, node in zip(relationships, nodes[1:], strict=False):
        steps += [_shown(relationship), _shown(node)]
    return "—".join(steps)
