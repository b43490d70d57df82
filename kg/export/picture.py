"""The map of the graph as a static picture, SVG or PNG, for papers and slides.

The same places as on the page. Text is set in whatever sans-serif face the viewer has; widths are estimated from the
number of characters, generously, so that labels do not touch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import networkx as nx

from kg.analytics import analyse
from kg.errors import UsageError
from kg.export.page.data import Selection, select
from kg.export.page.layout import Picture, draw, mark_sizes
from kg.export.terms import writable
from kg.files import atomic_writer
from kg.records import ENTITY_KINDS

#: Colour of each kind, told apart by people with any kind of colour vision (Okabe and Ito 2008).
COLOUR = {"paper": "#838999", "method": "#005fae", "dataset": "#009b6a", "metric": "#bd6f00", "task": "#8a2d5f"}

#: Pixels; enough for a slide and for a printed column at 300 dots an inch.
PNG_WIDTH = 2400

_MARGIN = 130.0
_LEGEND = 50.0
#: Width of a character in shares of the font size, a little more than most sans-serif faces need.
_CHARACTER = 0.58
#: Corners of each kind's mark as angles in degrees, clockwise from the right; a paper is a circle.
_CORNERS = {
    "method": (0, 90, 180, 270), "dataset": (45, 135, 225, 315), "metric": (30, 150, 270),
    "task": (0, 60, 120, 180, 240, 300),
}  # fmt: skip

Box = tuple[float, float, float, float]


def write_picture(graph: nx.MultiDiGraph, path: Path) -> None:
    """Write the map as SVG; see `svg`."""
    with atomic_writer(path) as file:
        file.write(svg(graph))


def write_png(graph: nx.MultiDiGraph, path: Path) -> None:
    """Write the map as PNG, `PNG_WIDTH` pixels wide; see `svg`.

    Raises
    ------
    UsageError
        When the package that renders it is not installed.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise UsageError("a PNG picture needs one more package: pip install 'kg-abstracts[png]'") from error
    content = svg_to_bytes(svg_string=svg(graph), width=PNG_WIDTH, font_family="sans-serif")
    with atomic_writer(path, "wb") as file:
        file.write(bytes(content))


def svg(graph: nx.MultiDiGraph) -> str:
    """The map of the communities with their papers and most shared entities, names, links and a legend.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        `kg.analytics.analyse` is called on it unless that has been done.
    """
    if "communities" not in graph.graph:
        analyse(graph)
    selection = select(graph)
    picture = draw(graph, selection)
    left, top, right, bottom = _frame(picture)
    width, height = right - left, bottom - top
    parts = [
        *_land(picture), *_links(picture), *_marks(graph, selection, picture), *_names(graph, selection, picture),
        *_legend(left + 20, bottom - 18),
    ]  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="Helvetica, Arial, sans-serif">\n'
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _frame(picture: Picture) -> Box:
    circles = picture.circles.values()
    left = min((c.x - c.radius for c in circles), default=0.0) - _MARGIN
    right = max((c.x + c.radius for c in circles), default=0.0) + _MARGIN
    top = min((c.y - c.radius for c in circles), default=0.0) - _LEGEND
    bottom = max((c.y + c.radius for c in circles), default=0.0) + _LEGEND
    return left, top, right, bottom


def _land(picture: Picture) -> Iterable[str]:
    for circle in picture.circles.values():
        yield f'<circle cx="{circle.x}" cy="{circle.y}" r="{circle.radius}" fill="#f4f2ee" stroke="#e2ded6"/>'


def _links(picture: Picture) -> Iterable[str]:
    lines = []
    for source, target, _ in picture.links:
        (x1, y1), (x2, y2) = picture.places[source], picture.places[target]
        lines.append(f"M{x1} {y1}L{x2} {y2}")
    yield f'<path d="{"".join(lines)}" fill="none" stroke="#3c4655" stroke-opacity="0.16"/>'


def _marks(graph: nx.MultiDiGraph, selection: Selection, picture: Picture) -> Iterable[str]:
    sizes = mark_sizes(graph, selection)
    for node, (x, y) in picture.places.items():
        yield _mark(graph.nodes[node]["kind"], x, y, sizes[node], str(graph.nodes[node]["name"]))


def _mark(kind: str, x: float, y: float, size: float, name: str = "") -> str:
    title = f"<title>{_text(name)}</title>" if name else ""
    paint = f'fill="{COLOUR[kind]}" stroke="#fff"'
    if kind == "paper":
        return f'<circle cx="{x}" cy="{y}" r="{size}" {paint}>{title}</circle>'
    turns = [math.radians(angle) for angle in _CORNERS[kind]]
    points = " ".join(f"{x + size * math.cos(t):.1f},{y + size * math.sin(t):.1f}" for t in turns)
    return f'<polygon points="{points}" {paint}>{title}</polygon>'


def _names(graph: nx.MultiDiGraph, selection: Selection, picture: Picture) -> Iterable[str]:
    """Names of communities on their circles' rims, then of entities wherever there is room, the largest first."""
    taken: list[Box] = []
    for community in graph.graph["communities"]:
        circle = picture.circles.get(community["id"])
        if circle:
            name = " · ".join(community["name"].split(" · ")[:2])
            box = _box(name, circle.x, circle.y - circle.radius - 12, 18)
            taken.append(box)
            yield _label(name, circle.x, box[3] - 5, 18, "#59626e", "600")
    sizes = mark_sizes(graph, selection)
    marks = {n: (x - sizes[n], y - sizes[n], x + sizes[n], y + sizes[n]) for n, (x, y) in picture.places.items()}
    named = [n for n in picture.places if graph.nodes[n]["kind"] in ENTITY_KINDS]
    for node in sorted(named, key=lambda n: (-sizes[n], n)):
        x, y = picture.places[node]
        name = str(graph.nodes[node]["name"])
        for middle in (y + sizes[node] + 9, y - sizes[node] - 9):
            box = _box(name, x, middle, 12)
            if not any(_touch(box, other) for other in taken + [m for n, m in marks.items() if n != node]):
                taken.append(box)
                yield _label(name, x, box[3] - 4, 12, "#1c2128", "500")
                break


def _box(text: str, x: float, y: float, size: float) -> Box:
    half = len(text) * size * _CHARACTER / 2
    return x - half, y - size * 0.62, x + half, y + size * 0.62


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _label(text: str, x: float, y: float, size: float, colour: str, weight: str) -> str:
    halo = 'paint-order="stroke" stroke="#fff" stroke-width="3" stroke-linejoin="round"'
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:.0f}" font-weight="{weight}" text-anchor="middle"'
    return f"<text {place} fill={quoteattr(colour)} {halo}>{_text(text)}</text>"


def _legend(x: float, y: float) -> Iterable[str]:
    for kind in COLOUR:
        yield _mark(kind, x, y, 7)
        yield f'<text x="{x + 13:.1f}" y="{y + 4:.1f}" font-size="13" fill="#1c2128">{kind}</text>'
        x += 100


def _text(text: str) -> str:
    """Text for XML 1.0: escaped, without the control characters that it cannot hold."""
    return escape(writable(text))
