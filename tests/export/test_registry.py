from __future__ import annotations

import csv
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import networkx as nx
import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode

sys.path.insert(0, str(Path(__file__).parents[1]))

from example import entities, graph, papers

from kg.analytics import analyse
from kg.errors import UsageError
from kg.export import TARGETS, export
from kg.export.properties import LABELS, relationship_type
from kg.export.rdf import PROPERTY
from kg.export.vocabulary import KG, RDF
from kg.graph import count_by_kind
from kg.store import write_entities, write_manifest, write_papers

Counts = tuple[dict[str, int], dict[str, int]]


def every_relation() -> nx.MultiDiGraph:
    """The example with a paper that only mentions, and one that builds on another by two methods."""
    made = graph()
    made.add_edge("example:7", "dataset:bark-bench", "mentions", relation="mentions", evidence=((0, 5),))
    for method in ("method:moss-transformer", "method:lichen-pooling"):
        made.add_edge("example:7", "example:6", f"buildsOn {method}", relation="buildsOn", via=method)
    return analyse(made)


def in_networkx(path: Path) -> Counts:
    read = nx.MultiDiGraph(nx.read_graphml(path) if path.suffix == ".graphml" else nx.read_gexf(path))
    kinds = Counter(kind for _, kind in read.nodes(data="kind"))
    return dict(kinds), dict(Counter(relation for *_, relation in read.edges(data="relation")))


def in_csvs(folder: Path) -> Counts:
    kinds = {label: kind for kind, label in LABELS.items()}
    relations = {relationship_type(relation): relation for relation in PROPERTY}

    def lines(path: Path) -> int:
        with path.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1

    nodes = {kinds[path.stem]: lines(path) for path in (folder / "nodes").iterdir()}
    edges = {relations[path.stem]: lines(path) for path in (folder / "relationships").iterdir()}
    return {k: n for k, n in nodes.items() if n}, {r: n for r, n in edges.items() if n}


def in_ladybug(path: Path) -> Counts:
    pytest.importorskip("ladybug")
    from kg.export.ladybug import query_ladybug

    kinds = {label: kind for kind, label in LABELS.items()}
    relations = {relationship_type(relation): relation for relation in PROPERTY}
    _, nodes = query_ladybug(path, "MATCH (n) RETURN label(n), count(*)")
    _, edges = query_ladybug(path, "MATCH ()-[r]->() RETURN label(r), count(*)")
    return {kinds[label]: n for label, n in nodes}, {relations[type_]: n for type_, n in edges}


def in_turtle(path: Path) -> Counts:
    """A method that a paper builds on by is a link of its own; every other relation is a triple."""
    store = pyoxigraph.Store()
    store.bulk_load(path=str(path), format=pyoxigraph.RdfFormat.TURTLE)

    def number(predicate: NamedNode, value: NamedNode | Literal | None = None) -> int:
        return sum(1 for _ in store.quads_for_pattern(None, predicate, value))

    nodes = {kind: number(RDF.type, KG[label]) for kind, label in LABELS.items()}
    edges = {relation: number(property_) for relation, property_ in PROPERTY.items()}
    edges["buildsOn"] = number(KG.via)
    return nodes, {relation: n for relation, n in edges.items() if n}


@pytest.mark.parametrize(
    ("target", "count"),
    [
        ("graphml", in_networkx), ("gexf", in_networkx), ("neo4j", in_csvs), ("ladybug", in_ladybug),
        ("turtle", in_turtle),
    ],
)  # fmt: skip
def test_each_target_counts_what_the_graph_counts(target: str, count: Callable[[Path], Counts], tmp_path: Path) -> None:
    original = every_relation()
    expected = count_by_kind(original)
    assert set(expected[1]) == set(PROPERTY), "the example has an edge of every relation"
    path = tmp_path / TARGETS[target].file
    TARGETS[target].write(original, path)
    assert count(path) == expected


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_its_function(name: str) -> None:
    target = TARGETS[name]
    assert callable(getattr(import_module(target.module), target.function))
    assert target.description and target.file


def test_no_two_targets_write_the_same_file() -> None:
    assert len({target.file for target in TARGETS.values()}) == len(TARGETS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("built")
    write_papers(papers(), made)
    write_entities(entities(), {}, made)
    return made


@pytest.mark.parametrize("name", TARGETS)
def test_a_folder_is_exported_into_itself_or_elsewhere(name: str, folder: Path, tmp_path: Path) -> None:
    for target, package in (("ladybug", "ladybug"), ("png", "resvg_py")):
        if name == target:
            pytest.importorskip(package)
    assert export(folder, name) == folder / TARGETS[name].file
    elsewhere = tmp_path / "new" / "place"
    assert export(folder, name, elsewhere) == elsewhere
    assert elsewhere.exists()


def test_an_unknown_target_lists_the_known_ones(folder: Path) -> None:
    with pytest.raises(UsageError, match="graphml"):
        export(folder, "floppy")


def test_a_folder_without_a_graph_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="kg build"):
        export(tmp_path, "graphml")


def test_graphs_that_were_not_analysed_are_written_too(tmp_path: Path) -> None:
    for name in ("graphml", "gexf", "neo4j"):
        TARGETS[name].write(graph(), tmp_path / TARGETS[name].file)


def test_an_export_keeps_the_base_of_the_build(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "build")
    write_manifest({"base_iri": "https://ex.org/id/"}, tmp_path / "build")
    for target in ("turtle", "ntriples", "jsonld"):
        written = export(str(tmp_path / "build"), target).read_text(encoding="utf-8")
        assert "https://ex.org/id/" in written and "kg-abstracts/id/" not in written
