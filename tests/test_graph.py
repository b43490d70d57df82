"""The graph: its kinds, its relations, and the evidence behind every edge of a paper."""

import example
import networkx as nx
import pytest

from kg.graph import PAPER_RELATIONS, RESULT_RELATIONS, build_graph, count_by_kind, nodes_of_kind, result_id
from kg.records import BuildsOn, Paper, ReadPaper, Related


@pytest.fixture(scope="module")
def graph() -> nx.MultiDiGraph:
    return example.graph()


def test_every_node_has_a_kind_and_every_edge_a_relation(graph):
    nodes, edges = count_by_kind(graph)
    assert nodes == {"dataset": 2, "method": 4, "metric": 2, "paper": 7, "result": 2, "task": 2}
    allowed = {*PAPER_RELATIONS, *RESULT_RELATIONS.values(), "reports", "broader", "sharesEntitiesWith", "buildsOn"}
    assert set(edges) <= allowed
    assert edges["reports"] == 2
    assert edges["broader"] == 1
    assert all(key.split()[0] == data["relation"] for _, _, key, data in graph.edges(keys=True, data=True))


def test_relations_join_the_kinds_that_the_contract_says(graph):
    kinds = {
        "proposes": "method", "uses": "method", "comparesWith": "method", "studies": "method",
        "evaluatesOn": "dataset", "measures": "metric", "addresses": "task", "reports": "result",
        "sharesEntitiesWith": "paper", "buildsOn": "paper",
        "ofMethod": "method", "byMetric": "metric", "onDataset": "dataset",
    }  # fmt: skip
    for start, end, data in graph.edges(data=True):
        if data["relation"] == "broader":
            assert graph.nodes[start]["kind"] == graph.nodes[end]["kind"]
            continue
        assert graph.nodes[end]["kind"] == kinds[data["relation"]]
        assert graph.nodes[start]["kind"] == ("result" if data["relation"] in RESULT_RELATIONS.values() else "paper")


def test_evidence_slices_to_the_mention(graph):
    seen = 0
    for read in example.papers():
        text = f"{graph.nodes[read.paper.id]['title']}\n{graph.nodes[read.paper.id]['abstract']}"
        for entity in read.entities:
            (edge,) = [d for d in graph[read.paper.id][entity.id].values() if "evidence" in d]
            assert [text[a:b] for a, b in edge["evidence"]] == [m.text for m in entity.mentions]
            seen += 1
    assert seen > 10


def test_results_keep_what_was_printed_and_where(graph):
    key = result_id("example:1", 1)
    node = graph.nodes[key]
    assert (node["name"], node["value"], node["result_kind"]) == ("0.42", 0.42, "absolute")
    (reports,) = graph["example:1"][key].values()
    assert reports["evidence"] == ((node["start"], node["end"]),)
    targets = {data["relation"]: end for _, end, data in graph.out_edges(key, data=True)}
    assert targets == {
        "ofMethod": "method:tidal-network", "byMetric": "metric:wave-error", "onDataset": "dataset:harbour-10k",
    }  # fmt: skip


def test_links_between_papers_say_why(graph):
    (shares,) = [d for d in graph["example:1"]["example:2"].values() if d["relation"] == "sharesEntitiesWith"]
    assert shares["weight"] > 0
    assert "method:tidal-network" in shares["shared"]
    lineage = {(a, b, d["via"]) for a, b, d in graph.edges(data=True) if d["relation"] == "buildsOn"}
    assert lineage == {(p.paper.id, b.id, b.via) for p in example.papers() for b in p.builds_on}


def test_nodes_of_kind_and_order(graph):
    methods = list(nodes_of_kind(graph, "method"))
    assert methods == sorted(methods)
    assert list(nodes_of_kind(graph, "paper")) == [p.paper.id for p in example.papers()]


def test_the_same_input_gives_the_same_order(graph):
    again = build_graph(example.papers(), dict(reversed(example.entities().items())))
    assert list(again.nodes) == list(graph.nodes)
    assert list(again.edges(keys=True)) == list(graph.edges(keys=True))


def test_the_empty_graph():
    assert count_by_kind(build_graph([], {})) == ({}, {})


def test_a_link_to_a_paper_that_is_not_there_is_left_out():
    lost = Related("lost", 1.0, ())
    made = build_graph(
        [ReadPaper(Paper("p", "t", "a"), related=(lost,), builds_on=(BuildsOn("lost", "method:x"),))], {}
    )
    assert list(made) == ["p"]
