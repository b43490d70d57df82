"""How soon a page shows a still, labelled picture, beside plain pyvis on the same graph: ``python -m benchmarks.page``.

Both pages are opened in a headless Chromium. Ours is still with its first frame; pyvis' when its simulation says so.
Beside the time that passes it counts how long the page keeps the processor busy, which other work on the same machine
does not change. What has not come to rest after `MOST_SECONDS` is left alone, and the ratio is then a lower bound.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
from pyvis.network import Network

from kg.export.page import write_page
from kg.graph import build_graph
from kg.linking import related
from kg.records import Entity, EntityMention, Label, Paper, PaperEntity, ReadPaper, Role

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from chromium import BINARY, Chromium

_ROLES: dict[Label, Role] = {
    "METHOD": "used", "DATASET": "evaluated_on", "METRIC": "measured", "TASK": "addressed",
}  # fmt: skip
MOST_SECONDS = 180.0
#: Entities that a paper names, most of them of its own field.
_NAMED = 6
_FIELDS = 8
_DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
_STILL = {
    "kg": "document.querySelector('#canvas canvas')",
    "pyvis": "typeof network !== 'undefined' && network.physics.stabilized",
}


def invented(size: int) -> nx.MultiDiGraph:
    """A graph of `size` nodes, three papers to each entity."""
    random.seed(size)
    labels = list(_ROLES)
    entities = {}
    for number in range(size // 4):
        label = labels[number % 7 % 4]
        identifier = f"{label.lower()}:number-{number}"
        entities[identifier] = Entity(identifier, label, f"{label.lower()} {number}", papers=2)
    fields = [list(entities)[field::_FIELDS] for field in range(_FIELDS)]
    papers = [_paper(number, fields, entities) for number in range(size - len(entities))]
    near = related(papers, entities)
    return build_graph([paper.with_links(links, ()) for paper, links in zip(papers, near, strict=True)], entities)


def _paper(number: int, fields: list[list[str]], entities: dict[str, Entity]) -> ReadPaper:
    own = random.choices(fields[number % _FIELDS], k=_NAMED - 1) + random.choices(random.choice(fields), k=1)
    abstract, named = "", []
    for identifier in dict.fromkeys(own):
        entity = entities[identifier]
        start = len(f"Paper {number}\n{abstract}")
        span = EntityMention(start, start + len(entity.name), entity.name)
        named.append(PaperEntity(identifier, entity.label, entity.name, _ROLES[entity.label], (span,)))
        abstract += f"{entity.name} is named here. "
    paper = Paper(id=f"invented:{number}", title=f"Paper {number}", abstract=abstract, year=2000 + number % 25)
    return ReadPaper(paper, tuple(named), ())


def write_plain(graph: nx.MultiDiGraph, path: Path) -> None:
    """The graph as pyvis shows it without being told anything but the names."""
    network = Network(height="900px", width="100%", cdn_resources="in_line")
    for node, name in graph.nodes(data="name"):
        network.add_node(node, label=name)
    for source, target in nx.Graph(graph).edges():
        network.add_edge(source, target)
    path.write_text(network.generate_html(), encoding="utf-8")


@dataclass(frozen=True, order=True)
class Opened:
    """Seconds from the beginning of loading to a still picture, seconds of work in that time, and whether it came."""

    seconds: float
    busy: float
    still: bool


def open_page(browser: Chromium, path: Path, still: str) -> Opened:
    """Open a page and wait until its picture no longer moves, but not longer than `MOST_SECONDS`."""
    browser.open("about:blank")
    before, start = busy_seconds(browser), time.perf_counter()
    browser.call("Page.navigate", url=path.as_uri())
    try:
        browser.wait(still, MOST_SECONDS)
        browser.run(_DRAWN)
        came = True
    except TimeoutError:
        came = False
    seconds, busy = time.perf_counter() - start, busy_seconds(browser)
    return Opened(seconds, busy - before if busy > before else busy, came)  # a new process counts from nought


def busy_seconds(browser: Chromium) -> float:
    """Processor time that the page's thread has taken so far."""
    metrics = browser.call("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


def measure(browser: Chromium, path: Path, still: str, rounds: int) -> Opened:
    """The middle one of several openings; a page that takes minutes is opened once."""
    opened = [open_page(browser, path, still)]
    while len(opened) < rounds and opened[-1].seconds < MOST_SECONDS / 10:
        opened.append(open_page(browser, path, still))
    return sorted(opened)[len(opened) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1000, help="nodes in all")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if BINARY is None:
        raise SystemExit("Chromium is not installed")
    graph = invented(options.size)
    print(f"{graph.number_of_nodes():,} nodes, {nx.Graph(graph).number_of_edges():,} links")
    with tempfile.TemporaryDirectory() as folder:
        pages = {name: Path(folder) / f"{name}.html" for name in _STILL}
        write_page(graph, pages["kg"])
        write_plain(graph, pages["pyvis"])
        taken = {}
        with Chromium(Path(folder) / "profile", patience=2 * MOST_SECONDS) as browser:
            browser.size(1440, 900)
            browser.call("Performance.enable", timeDomain="threadTicks")
            for name, path in pages.items():
                taken[name] = measure(browser, path, _STILL[name], options.rounds)
                print(describe(name, taken[name], path.stat().st_size), flush=True)
    ours, theirs = taken["kg"], taken["pyvis"]
    least = "" if theirs.still else "at least "
    print(
        f"pyvis takes {least}{theirs.seconds / ours.seconds:.0f} times as long ({theirs.busy / ours.busy:.0f} in work)"
    )


def describe(name: str, opened: Opened, size: int) -> str:
    """One line of the table."""
    when = "still after" if opened.still else "moving after"
    return f"{name:<6} {when} {opened.seconds:7.2f} s   busy for {opened.busy:7.2f} s   {size / 1e6:.2f} MB"


if __name__ == "__main__":
    main()
