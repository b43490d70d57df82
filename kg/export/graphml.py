"""The graph as GraphML and GEXF, for Gephi, yEd, Cytoscape and networkx.

Both are written as they are made, a node or an edge a line. Lists become one text, their items joined by `SEPARATOR`;
what is unknown is left out. Nodes are labelled with a paper's title, an entity's name or a result's number as printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import networkx as nx

from kg.export.picture import COLOUR
from kg.export.properties import (
    LABELS,
    NODE_PROPERTIES,
    RELATIONSHIP_PROPERTIES,
    Row,
    Value,
    identifiers,
    node_rows,
    relationship_rows,
)
from kg.files import atomic_writer

SEPARATOR = " | "

Cells = dict[str, str]

#: What the label of a node is taken from.
_NAMES = ("title", "name")
_RESULT_COLOUR = "#b8bec7"
_GRAPHML = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">'
)
_GEXF = '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">'
#: Each type's name in GraphML and in GEXF.
_TYPES = {"int": ("long", "long"), "float": ("double", "double"), "boolean": ("boolean", "boolean")}
_STRING = ("string", "string")


def write_graphml(graph: nx.MultiDiGraph, path: Path) -> None:
    """Write the graph as GraphML.

    Nodes have ``label``, ``kind`` and the properties of `kg.export.properties`, edges ``relation``, ``label`` (the
    same, which Gephi shows), ``weight`` where papers share entities, and their other properties.
    """
    nodes, edges = _node_columns(), _edge_columns()
    with atomic_writer(path) as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{_GRAPHML}\n')
        for subject, columns in (("node", {"label": "string", **nodes}), ("edge", {"label": "string", **edges})):
            for name, type_ in columns.items():
                described = f'attr.name="{name}" attr.type="{_TYPES.get(type_, _STRING)[0]}"'
                file.write(f'  <key id="{subject}-{name}" for="{subject}" {described}/>\n')
        file.write('  <graph id="kg" edgedefault="directed">\n')
        for identifier, label, cells in _nodes(graph):
            data = _data("node", {"label": label, **cells})
            file.write(f"    <node id={quoteattr(identifier)}>{data}</node>\n")
        for number, source, target, cells in _edges(graph):
            data = _data("edge", {"label": cells["relation"], **cells})
            ends = f"source={quoteattr(source)} target={quoteattr(target)}"
            file.write(f'    <edge id="e{number}" {ends}>{data}</edge>\n')
        file.write("  </graph>\n</graphml>\n")


def _data(subject: str, cells: Cells) -> str:
    return "".join(f'<data key="{subject}-{name}">{escape(cell)}</data>' for name, cell in cells.items())


def write_gexf(graph: nx.MultiDiGraph, path: Path) -> None:
    """Write the graph as GEXF 1.3, every kind of node in its colour, entities the larger the more papers name them.

    The attributes are those of GraphML; the relation is an edge's ``kind`` too, so that Gephi keeps parallel edges.
    """
    with atomic_writer(path) as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{_GEXF}\n')
        file.write('  <graph defaultedgetype="directed" mode="static">\n')
        for subject, columns in (("node", _node_columns()), ("edge", _edge_columns(weight=False))):
            file.write(f'    <attributes class="{subject}" mode="static">\n')
            for name, type_ in columns.items():
                described = f'title="{name}" type="{_TYPES.get(type_, _STRING)[1]}"'
                file.write(f'      <attribute id="{name}" {described}/>\n')
            file.write("    </attributes>\n")
        file.write("    <nodes>\n")
        file.writelines(_gexf_node(*node) for node in _nodes(graph))
        file.write("    </nodes>\n    <edges>\n")
        file.writelines(_gexf_edge(*edge) for edge in _edges(graph))
        file.write("    </edges>\n  </graph>\n</gexf>\n")


def _gexf_node(identifier: str, label: str, cells: Cells) -> str:
    red, green, blue = bytes.fromhex(COLOUR.get(cells["kind"], _RESULT_COLOUR).removeprefix("#"))
    size = 4 + 3 * math.sqrt(int(cells.get("papers", 1)))
    look = f'<viz:color r="{red}" g="{green}" b="{blue}"/><viz:size value="{size:.1f}"/>'
    head = f"id={quoteattr(identifier)} label={quoteattr(label)}"
    return f"      <node {head}>{_values(cells)}{look}</node>\n"


def _gexf_edge(number: int, source: str, target: str, cells: Cells) -> str:
    relation = cells["relation"]
    weight = f' weight="{cells["weight"]}"' if "weight" in cells else ""
    ends = f"source={quoteattr(source)} target={quoteattr(target)}"
    head = f'id="{number}" {ends} kind={quoteattr(relation)} label={quoteattr(relation)}{weight}'
    return f"      <edge {head}>{_values({k: v for k, v in cells.items() if k != 'weight'})}</edge>\n"


def _values(cells: Cells) -> str:
    values = "".join(f'<attvalue for="{name}" value={quoteattr(cell)}/>' for name, cell in cells.items())
    return f"<attvalues>{values}</attvalues>"


def _node_columns() -> dict[str, str]:
    """Names and types of the attributes that nodes of any kind have."""
    columns: dict[str, str] = {"kind": "string"}
    for properties in NODE_PROPERTIES.values():
        columns |= {name: type_ for name, type_ in properties.items() if name not in ("id", *_NAMES)}
    return columns


def _edge_columns(weight: bool = True) -> dict[str, str]:
    columns: dict[str, str] = {"relation": "string"}
    for properties in RELATIONSHIP_PROPERTIES.values():
        columns |= properties
    return {name: type_ for name, type_ in columns.items() if weight or name != "weight"}


def _nodes(graph: nx.MultiDiGraph) -> Iterator[tuple[str, str, Cells]]:
    """Id, label and attributes of every node."""
    ids = identifiers(graph)
    for kind in LABELS:
        for row in node_rows(graph, kind, ids):
            label = next((str(row[name]) for name in _NAMES if row.get(name)), str(row["id"]))
            yield str(row["id"]), label, {"kind": kind, **_cells(row, leave_out=("id", *_NAMES))}


def _edges(graph: nx.MultiDiGraph) -> Iterator[tuple[int, str, str, Cells]]:
    """Number, ends and attributes of every edge."""
    number = count(1)
    for connection, rows in relationship_rows(graph, identifiers(graph)).items():
        for source, target, row in rows:
            yield next(number), source, target, {"relation": connection.relation, **_cells(row)}


def _cells(row: Mapping[str, Value] | Row, leave_out: tuple[str, ...] = ()) -> Cells:
    return {name: _text(value) for name, value in row.items() if value is not None and name not in leave_out}


def _text(value: Value) -> str:
    if isinstance(value, list):
        return SEPARATOR.join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
