from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest
from hypothesis import HealthCheck, example, given, settings

sys.path.insert(0, str(Path(__file__).parents[1]))

import hostile
from example import HOSTILE_TITLE, graph

from kg.analytics import analyse
from kg.export.graphml import SEPARATOR, write_gexf, write_graphml
from kg.export.terms import writable
from kg.graph import count_by_kind

WRITERS = {"graphml": (write_graphml, nx.read_graphml), "gexf": (write_gexf, nx.read_gexf)}


def written_and_read(name: str, given_graph: nx.MultiDiGraph, folder: Path) -> nx.MultiDiGraph:
    write, read = WRITERS[name]
    write(given_graph, folder / "graph.xml")
    return nx.MultiDiGraph(read(folder / "graph.xml"))


@pytest.mark.parametrize("name", WRITERS)
def test_networkx_reads_back_every_node_and_edge(name: str, tmp_path: Path) -> None:
    original = analyse(graph())
    read = written_and_read(name, original, tmp_path)
    nodes, edges = count_by_kind(original)
    assert Counter(kind for _, kind in read.nodes(data="kind")) == nodes
    assert Counter(relation for *_, relation in read.edges(data="relation")) == edges
    assert set(read) == set(original)


@pytest.mark.parametrize("name", WRITERS)
def test_attributes_keep_their_types_and_lists_become_text(name: str, tmp_path: Path) -> None:
    read = written_and_read(name, analyse(graph()), tmp_path)
    method = read.nodes["method:tidal-network"]
    assert method["label"] == "tidal network"
    assert method["papers"] == 3 and 0 < method["centrality"] < 1
    assert method["sameAs"] == SEPARATOR.join(["https://example.org/tidal", "javascript:alert(3)"])
    assert read.nodes["metric:wave-error"]["higherIsBetter"] is False
    assert read.nodes["example:3"]["label"] == HOSTILE_TITLE
    assert read.nodes["example:1"]["year"] == 2021
    assert "year" not in read.nodes["example:6"]
    weights = [data["weight"] for *_, data in read.edges(data=True) if data["relation"] == "sharesEntitiesWith"]
    assert all(isinstance(weight, float) and weight > 0 for weight in weights)


@settings(max_examples=hostile.examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=hostile.text, name=hostile.text, key=hostile.identifier)
@example(title="".join(hostile.PIECES), name="\x00\ud800\ufffe", key="\r\n\t <\x01>")
@pytest.mark.parametrize("form", WRITERS)
def test_any_text_is_read_back_as_far_as_xml_can_hold_it(
    form: str, title: str, name: str, key: str, tmp_path: Path
) -> None:
    original = hostile.small_graph(title, name, key)
    read = written_and_read(form, original, tmp_path)
    assert len(read) == len(original) and read.number_of_edges() == original.number_of_edges()
    node = read.nodes[writable(key)]
    assert node["label"] == (writable(title) or writable(key))
    assert node.get("venue", "") == writable(title)


def test_ids_that_differ_in_what_xml_cannot_hold_stay_two_nodes(tmp_path: Path) -> None:
    original = nx.MultiDiGraph()
    original.add_nodes_from((key, {"kind": "paper", "title": "x"}) for key in ("a\x00", "a\x01", "a\ufffd"))
    for name in WRITERS:
        assert set(written_and_read(name, original, tmp_path)) == {"a\ufffd", "a\ufffd~2", "a\ufffd~3"}


def test_an_edge_to_a_paper_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    original = graph()
    original.add_edge("example:1", "gone", relation="sharesEntitiesWith", weight=1.0, shared=())
    for name in WRITERS:
        assert "gone" not in written_and_read(name, original, tmp_path)


def test_gexf_gives_each_kind_a_colour_and_parallel_edges_a_kind(tmp_path: Path) -> None:
    original = analyse(graph())
    original.add_edge("example:2", "example:1", "buildsOn", relation="buildsOn", via="method:tidal-network")
    write_gexf(original, tmp_path / "graph.gexf")
    root = ElementTree.parse(tmp_path / "graph.gexf").getroot()
    names = {"g": "http://gexf.net/1.3", "viz": "http://gexf.net/1.3/viz"}
    assert len(root.findall(".//viz:color", names)) == len(original)
    edges = root.findall(".//g:edge", names)
    assert {edge.get("kind") for edge in edges} >= {"buildsOn", "sharesEntitiesWith", "proposes"}
    assert len({edge.get("id") for edge in edges}) == len(edges)


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    turned = nx.MultiDiGraph()
    turned.add_nodes_from(reversed(list(graph().nodes(data=True))))
    turned.add_edges_from(reversed(list(graph().edges(keys=True, data=True))))
    for write, _ in WRITERS.values():
        write(graph(), tmp_path / "one")
        write(turned, tmp_path / "two")
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
