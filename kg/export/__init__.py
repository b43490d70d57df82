"""The graph in other forms: one module a target. `export` writes a folder's graph as any of `TARGETS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import networkx as nx

from kg.errors import UsageError
from kg.export.vocabulary import BASE_IRI


@dataclass(frozen=True, slots=True)
class Target:
    """A form of the graph: the function that writes it, its place in the folder by default, whether it is RDF."""

    module: str
    function: str
    file: str
    description: str
    rdf: bool = False

    def write(self, graph: nx.MultiDiGraph, path: Path, base_iri: str = BASE_IRI) -> None:
        """Write `graph` to `path`; `base_iri` is what IRIs begin with where the form has any."""
        function: Callable[..., None] = getattr(import_module(self.module), self.function)
        more = (base_iri,) if self.rdf else ()
        function(graph, path, *more)


TARGETS: dict[str, Target] = {
    "turtle": Target("kg.export.serialisations", "write_turtle", "graph.ttl", "RDF, Turtle", rdf=True),
    "trig": Target("kg.export.serialisations", "write_trig", "graph.trig", "RDF, a named graph a paper", rdf=True),
    "ntriples": Target("kg.export.serialisations", "write_ntriples", "graph.nt", "RDF, a line a triple", rdf=True),
    "rdfxml": Target("kg.export.serialisations", "write_rdfxml", "graph.rdf", "RDF/XML", rdf=True),
    "jsonld": Target("kg.export.serialisations", "write_jsonld", "graph.jsonld", "RDF, JSON-LD", rdf=True),
    "graphml": Target("kg.export.graphml", "write_graphml", "graph.graphml", "GraphML for networkx, Gephi, yEd"),
    "gexf": Target("kg.export.graphml", "write_gexf", "graph.gexf", "GEXF for Gephi"),
    "neo4j": Target("kg.export.neo4j", "write_neo4j", "neo4j", "CSVs for neo4j-admin and a Cypher script"),
    "ladybug": Target("kg.export.ladybug", "write_ladybug", "graph.lbug", "an embedded Ladybug database"),
    "html": Target("kg.export.page", "write_page", "graph.html", "the interactive page"),
    "svg": Target("kg.export.picture", "write_picture", "graph.svg", "the map as a picture"),
    "png": Target("kg.export.picture", "write_png", "graph.png", "the map as a picture of pixels"),
}


def export(folder: str | Path, to: str, output: str | Path | None = None) -> Path:
    """Write the graph of an output folder in another form and return where it went.

    IRIs begin with what the build was given as its base.

    Raises
    ------
    UsageError
        For an unknown target, a folder without a graph, or a target whose package is not installed.
    """
    if to not in TARGETS:
        raise UsageError(f"unknown target {to!r}: one of {', '.join(TARGETS)}")
    from kg.pipeline import load_folder
    from kg.store import read_manifest

    folder = Path(folder)
    path = Path(output or folder / TARGETS[to].file)
    base_iri = read_manifest(folder).get("base_iri", BASE_IRI)
    TARGETS[to].write(load_folder(folder).graph, path, base_iri)
    return path
