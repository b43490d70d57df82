"""How long builds take and how much memory, by number of papers; RDF and queries beside rdflib; as Markdown.

    python -m benchmarks.scale PAPERS [--sizes 1000 10000 87053] [--picture docs/images/growth.svg]

Every size is built with two jobs, and with one up to `--both`. The peer of the whole build is a plain spaCy tok2vec and
NER pipeline in the same run, which only reads. Builds run in processes of their own; their peak is that of all their
processes together. The papers of a size are spread evenly over the input.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import rdflib
from pyoxigraph import RdfFormat, Store

from benchmarks.curve import draw
from benchmarks.extraction import peer, rate
from benchmarks.processes import Ran, run
from kg.export.serialisations import write_turtle
from kg.export.vocabulary import prefixes
from kg.pipeline import load_folder
from kg.readers import read
from kg.sparql import named_query, query
from kg.store import TURTLE, read_manifest
from kg.triplestore import load_store

PACKAGES = ("kg-abstracts", "spacy", "onnxruntime", "numpy", "scipy", "networkx", "pyoxigraph", "rdflib")
QUERIES = ("counts", "most-shared-methods", "datasets-per-task", "metrics-used-together", "methods-compared-together")
PEER_PAPERS = 600
MIB = 1 << 20


@dataclass(frozen=True)
class Point:
    """A build: how many papers, with how many processes, its seconds by stage, and what it took as a whole."""

    papers: int
    jobs: int
    stages: dict[str, float]
    whole: Ran


def sample(source: str, sizes: Iterable[int], folder: Path) -> list[Path]:
    """Files with so many papers each, spread evenly over `source`."""
    papers = list(read([source]))
    files = []
    for size in sizes:
        files.append(folder / f"{size}.jsonl")
        chosen = (papers[i * len(papers) // size] for i in range(min(size, len(papers))))
        files[-1].write_text("".join(json.dumps(paper.as_dict()) + "\n" for paper in chosen), encoding="utf-8")
    return files


def build(source: Path, jobs: int) -> Point:
    folder = source.with_suffix(f".{jobs}")
    ran = run([sys.executable, "-m", "kg", "build", source, "-o", folder, "-j", str(jobs)])
    made = read_manifest(folder)
    return Point(made["nodes"]["paper"], jobs, made["seconds"], ran)


def exponent(first: Point, second: Point, measure: Callable[[Point], float]) -> float:
    """The e of growth as n^e between two builds."""
    return math.log(measure(second) / measure(first)) / math.log(second.papers / first.papers)


def seconds(action: Callable[[], object], times: int = 1) -> float:
    """The least that an action takes."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        took.append(time.perf_counter() - start)
    return min(took)


# Tables


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def machine() -> None:
    model = next(x for x in Path("/proc/cpuinfo").read_text().split("\n") if x.startswith("model name"))
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // MIB
    print(f"{model.partition(': ')[2]}, {os.cpu_count()} cores, {memory} GiB; {platform.platform()}  ")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in PACKAGES))


def builds(points: Sequence[Point]) -> None:
    stages = list(points[0].stages)
    head = ["papers", "jobs", *(f"{stage} s" for stage in stages), "whole s", "processor s", "papers/s", "peak MB"]
    table(head, (
        [f"{p.papers:,}", p.jobs, *(f"{p.stages[stage]:.1f}" for stage in stages), f"{p.whole.seconds:.1f}",
         f"{p.whole.processor:.1f}", f"{p.papers / p.whole.seconds:.0f}", f"{p.whole.peak / 1e6:,.0f}"]
        for p in points
    ))  # fmt: skip


def growth(points: Sequence[Point]) -> None:
    table(["from", "to", "time grows as", "processor time", "memory"], (
        [f"{a.papers:,}", f"{b.papers:,}", f"n^{exponent(a, b, lambda p: p.whole.seconds):.2f}",
         f"n^{exponent(a, b, lambda p: p.whole.processor):.2f}", f"n^{exponent(a, b, lambda p: p.whole.peak):.2f}"]
        for a, b in pairwise(points)
    ))  # fmt: skip


def beside_spacy(source: Path, points: Sequence[Point]) -> None:
    """The whole build with one job, and extraction alone, beside spaCy's reading."""
    texts = [paper.text for paper in read([source])][:PEER_PAPERS]
    nlp = peer()
    theirs = rate(lambda: list(nlp.pipe(texts)), len(texts))
    rows: list[Sequence[object]] = [[f"spaCy {version('spacy')} tok2vec + NER, only reading", f"{theirs:.1f}", "1.00"]]
    for p in points:
        ours = p.papers / p.whole.seconds
        jobs = "one job" if p.jobs == 1 else f"{p.jobs} jobs"
        rows.append([f"kg, whole build of {p.papers:,}, {jobs}", f"{ours:.1f}", f"{ours / theirs:.2f}"])
    table(["", "abstracts/s", "ratio"], rows)


def beside_rdflib(folder: Path) -> None:
    """Turtle written and read, and queries, of the same graph."""
    turtle, graph = folder / TURTLE, load_folder(folder).graph
    plain = rdflib.Graph()
    ours, theirs = [], []
    theirs.append(seconds(lambda: plain.parse(turtle)))
    ours.append(seconds(lambda: Store().bulk_load(path=str(turtle), format=RdfFormat.TURTLE)))
    with tempfile.TemporaryDirectory() as name:
        ours.append(seconds(lambda: write_turtle(graph, Path(name) / "ours.ttl")))
        theirs.append(seconds(lambda: plain.serialize(Path(name) / "theirs.ttl", format="turtle")))
    print(f"\n{len(plain):,} triples")
    table(["Turtle", "kg triples/s", "rdflib triples/s", "ratio"], (
        [what, f"{len(plain) / mine:,.0f}", f"{len(plain) / other:,.0f}", f"{other / mine:.0f}"]
        for what, mine, other in zip(("loading", "writing"), ours, theirs, strict=True)
    ))  # fmt: skip
    store = load_store(folder)
    rows = []
    for name in QUERIES:
        text = named_query(name)
        mine = seconds(lambda text=text: query(store, text), 3)  # type: ignore[misc]
        other = seconds(lambda text=text: list(plain.query(text, initNs=prefixes())))  # type: ignore[misc]
        rows.append([name, f"{mine * 1000:,.1f}", f"{other * 1000:,.1f}", f"{other / mine:,.0f}"])
    table(["query", "kg ms", "rdflib ms", "ratio"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 87_053])
    parser.add_argument("--both", type=int, default=10_000, help="most papers that are also built with one job")
    parser.add_argument("--picture", type=Path, help="where to draw the growth curve, an SVG file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        files = sample(options.input, options.sizes, Path(name))
        machine()
        points = []
        for size, file in zip(options.sizes, files, strict=True):
            points += [build(file, jobs) for jobs in ((1, 2) if size <= options.both else (2,))]
        builds(points)
        growth([p for p in points if p.jobs == 2])
        beside_spacy(files[0], [p for p in points if p.papers <= options.both])
        beside_rdflib(files[0].with_suffix(".2"))
        if options.picture:
            draw([(p.papers, p.whole.seconds, p.whole.peak) for p in points if p.jobs == 2], options.picture)


if __name__ == "__main__":
    main()
