"""One graph in five forms: as many nodes and edges of each kind in each as the papers say."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from kg.export import export
from kg.export.ladybug import query_ladybug
from kg.export.properties import LABELS, relationship_type
from kg.export.rdf import PROPERTY
from kg.pipeline import build
from kg.records import ReadPaper
from kg.sparql import query
from kg.store import read_entities, read_papers

#: A page saved as text, of some two hundred papers; it belongs to no checkout.
PAGE = Path(__file__).resolve().parents[3] / "shared" / "data" / "page.txt"
Counts = tuple[Counter[str], Counter[str]]
_RELATIONS = {
    "proposed": "proposes", "used": "uses", "compared": "comparesWith", "studied": "studies",
    "evaluated_on": "evaluatesOn", "measured": "measures", "addressed": "addresses", "mentioned": "mentions",
}  # fmt: skip


@pytest.fixture(scope="module", params=["sample", "page"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "page" and not PAGE.is_file():
        pytest.skip("the saved page of papers is not beside this checkout")
    path = tmp_path_factory.mktemp(request.param) / "output"
    build([] if request.param == "sample" else [PAGE], path)
    return path


def counted(nodes: object, edges: object) -> Counts:
    """Counts by kind and relation; what there is none of is left out."""
    return +Counter(dict(nodes)), +Counter(dict(edges))  # type: ignore[call-overload]


def in_papers(folder: Path) -> Counts:
    papers, (entities, _) = list(read_papers(folder)), read_entities(folder)
    nodes = Counter(entity.label.lower() for entity in entities.values())
    nodes.update(paper=len(papers), result=sum(len(read.results) for read in papers))
    edges: Counter[str] = Counter()
    for read in papers:
        edges.update(_edges(read))
    edges["broader"] = sum(len(set(e.broader) & set(entities)) for e in entities.values())
    return counted(nodes, edges)


def _edges(read: ReadPaper) -> Counter[str]:
    found = Counter(_RELATIONS[entity.role] for entity in read.entities)
    found.update(reports=len(read.results), sharesEntitiesWith=len(read.related), buildsOn=len(read.builds_on))
    for result in read.results:
        found.update(ofMethod=bool(result.method), byMetric=bool(result.metric), onDataset=bool(result.dataset))
    return found


def in_turtle(folder: Path) -> Counts:
    classes = query(folder, "SELECT ?c (COUNT(?x) AS ?n) { ?x a ?c } GROUP BY ?c").values()
    properties = query(folder, "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p").values()
    found = {name.rpartition("#")[2]: number for name, number in classes if "kg-abstracts" in name}
    edges = dict(properties)
    # A paper may build on another by more than one method: an edge each, but one triple.
    edges[PROPERTY["buildsOn"].value] = len(query(folder, "SELECT ?link { ?link kg:via ?method }").rows)
    return counted(
        {kind: found.get(label, 0) for kind, label in LABELS.items()},
        {relation: edges.get(iri.value, 0) for relation, iri in PROPERTY.items()},
    )


def in_ladybug(folder: Path) -> Counts:
    path = export(folder, "ladybug")
    nodes = query_ladybug(path, "MATCH (n) RETURN label(n), count(*)")[1]
    edges = query_ladybug(path, "MATCH ()-[r]->() RETURN label(r), count(*)")[1]
    return _by_our_names(Counter(dict(nodes)), Counter(dict(edges)))


def in_neo4j(folder: Path) -> Counts:
    path = export(folder, "neo4j")
    csv.field_size_limit(1 << 30)
    found = []
    for part, column in (("nodes", ":LABEL"), ("relationships", ":TYPE")):
        rows: Counter[str] = Counter()
        for file in (path / part).iterdir():
            with file.open(encoding="utf-8", newline="") as lines:
                rows.update(row[column] for row in csv.DictReader(lines))
        found.append(rows)
    return _by_our_names(*found)


def _by_our_names(labels: Counter[str], types: Counter[str]) -> Counts:
    return counted(
        {kind: labels[label] for kind, label in LABELS.items()},
        {relation: types[relationship_type(relation)] for relation in PROPERTY},
    )


def in_graphml(folder: Path) -> Counts:
    read = nx.read_graphml(export(folder, "graphml"))
    nodes = Counter(kind for _, kind in read.nodes(data="kind"))
    return counted(nodes, Counter(relation for *_, relation in read.edges(data="relation")))


def test_every_form_has_what_the_papers_say(folder: Path) -> None:
    pytest.importorskip("ladybug")
    expected = in_papers(folder)
    for count in (in_turtle, in_ladybug, in_neo4j, in_graphml):
        assert count(folder) == expected, count.__name__
