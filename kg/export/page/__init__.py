"""The interactive page: one HTML file that holds the graph, its map and everything needed to look at it.

pyvis makes the network and renders our template; vis-network's script comes out of the pyvis package. The page asks
the network for nothing, and its Content-Security-Policy forbids it to: the only scripts that may run are the two
whose hashes the policy names, so nothing that a title or an abstract contains can. Of a large graph it holds an
overview; the server that gives it (`kg.server.explorer`) hands it a source of the rest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import networkx as nx
import pyvis
from markupsafe import Markup
from pyvis.network import Network

from kg.analytics import analyse
from kg.export.page.data import BUDGET, Selection, page_data, select
from kg.export.page.layout import Picture, draw, lineage, mark_sizes
from kg.files import atomic_writer
from kg.records import ENTITY_KINDS

__all__ = ["render_page", "write_page"]

_WEB = Path(__file__).parent / "web"
#: The page's script, in this order, as one closed scope.
_SCRIPTS = (
    "dom.js", "model.js", "state.js", "labels.js", "network.js", "grow.js", "more.js", "panel.js", "tables.js",
    "lineage.js", "controls.js", "save.js", "main.js",
)  # fmt: skip
_VIS = "lib/vis-9.1.2/vis-network.min.js"
#: Characters that could end a script element or that old parsers take for line ends.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def write_page(
    graph: nx.MultiDiGraph, path: Path, *, title: str = "Knowledge graph of papers", budget: int = BUDGET
) -> None:
    """Write the graph's page.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it; `kg.analytics.analyse` is called on it unless that has been done.
    path : Path
        The HTML file.
    title : str
        The page's heading.
    budget : int
        Bytes of data that the page may hold; of a larger graph it holds an overview.
    """
    page = render_page(graph, title=title, budget=budget)
    with atomic_writer(path) as file:
        file.write(page)


def render_page(graph: nx.MultiDiGraph, *, title: str = "Knowledge graph of papers", budget: int = BUDGET) -> str:
    """The page as a string; see `write_page`."""
    if "communities" not in graph.graph:
        analyse(graph)
    selection = select(graph, budget)
    picture = draw(graph, selection)
    network = _network(graph, selection, picture)
    data = page_data(graph, selection, title) | _drawing(graph, selection, picture)
    scripts = {"vis": _vis_script(), "app": _app_script()}
    network.templateEnv.autoescape = True
    network.templateEnv.filters["json"] = json_for_html
    network.templateEnv.globals |= {
        "title": title,
        "data": data,
        "style": Markup(_read("style.css")),
        "scripts": {name: Markup(script) for name, script in scripts.items()},
        "policy": _policy([*scripts.values()]),
    }
    return str(network.generate_html())


def json_for_html(value: Any) -> Markup:
    """JSON that can stand in a script element: no character in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def _network(graph: nx.MultiDiGraph, selection: Selection, picture: Picture) -> Network:
    """The drawn part of the graph for pyvis; nodes have the page's numbers for papers (p0, p1) and entities (e0)."""
    network = Network(directed=True, cdn_resources="in_line")
    network.set_template_dir(str(_WEB), "template.html")
    key = _keys(selection)
    sizes = mark_sizes(graph, selection)
    for node, (x, y) in picture.places.items():
        network.add_node(key[node], label=" ", group=graph.nodes[node]["kind"], x=x, y=y, size=sizes[node], shape=None)
    for source, target, weight in picture.links:
        network.add_edge(key[source], key[target], weight=weight)
    return network


def _keys(selection: Selection) -> dict[str, str]:
    papers = {paper: f"p{i}" for i, paper in enumerate(selection.papers)}
    return papers | {entity: f"e{i}" for i, entity in enumerate(selection.entities)}


def _drawing(graph: nx.MultiDiGraph, selection: Selection, picture: Picture) -> dict[str, Any]:
    paper_at = {paper: i for i, paper in enumerate(selection.papers)}
    return {
        "kinds": ["paper", *ENTITY_KINDS],
        "circles": {
            "wide": {c: [circle.x, circle.y, circle.radius] for c, circle in picture.circles.items()},
            "tall": {c: [circle.x, circle.y, circle.radius] for c, circle in picture.tall.items()},
        },
        "lineage": [[paper_at[p], column, row] for p, column, row in lineage(selection.papers, graph)],
    }


@lru_cache(maxsize=1)
def _vis_script() -> str:
    return (Path(pyvis.__file__).parent / _VIS).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _app_script() -> str:
    parts = "\n".join(_read(name) for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _read(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")


def _policy(scripts: list[str]) -> str:
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
