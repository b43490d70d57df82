"""What the explorer page fetches says the same as the page itself, and no more of it than a panel can show."""

from __future__ import annotations

import json

import pytest
from conftest import running
from example import HOSTILE_TITLE, entities, graph, papers

from kg.analytics import analyse
from kg.export.page.data import page_data, select
from kg.server.details import MOST_LISTED

HELD = page_data(made := analyse(graph()), select(made), "")
PAPERS, ENTITIES = HELD["papers"], HELD["entities"]


def node(web, identifier):
    answer = web.get("/data/node", params={"id": identifier})
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    return answer.json()


def entity_id(at):
    return None if at is None else ENTITIES[at]["id"]


@pytest.mark.parametrize("held", PAPERS, ids=lambda paper: paper["id"])
def test_a_paper_is_told_as_in_the_page(web, held):
    found = node(web, held["id"])["node"]
    for field in ("title", "abstract", "authors", "year", "venue", "community"):
        assert found[field] == held[field]
    named = {(entity_id(e), HELD["relations"][r], tuple(spans)) for e, r, spans in held["entities"]}
    assert {(e, r, tuple(spans)) for e, r, spans in found["entities"]} == named
    assert found["builds"] == [[PAPERS[p]["id"], entity_id(via)] for p, via in held["builds"]]
    results = [
        {**r, **{field: entity_id(r[field]) for field in ("method", "metric", "dataset")}} for r in held["results"]
    ]
    assert found["results"] == results


@pytest.mark.parametrize("held", ENTITIES, ids=lambda entity: entity["id"])
def test_an_entity_is_told_as_in_the_page(web, held):
    found = node(web, held["id"])["node"]
    for field in ("kind", "name", "aliases", "papers", "community", "higher", "timeline", "centrality"):
        assert found[field] == held[field]
    assert found["broader"] == [entity_id(wider) for wider in held["broader"]]
    at = ENTITIES.index(held)
    named_by = {(p["id"], HELD["relations"][r]) for p in PAPERS for e, r, _ in p["entities"] if e == at}
    assert {tuple(entry) for entry in found["in"]} == named_by
    assert sum(found["counts"].values()) == len(named_by)


def test_ties_hold_both_ways_and_lineage_is_told_from_both_ends(web):
    ties = {p.paper.id: {r.id: (r.weight, set(r.shared)) for r in p.related} for p in papers()}
    for one, others in ties.items():
        for other, (weight, shared) in others.items():
            for near, far in ((one, other), (other, one)):
                told = {r[0]: (r[1], set(r[2])) for r in node(web, near)["node"]["related"]}
                assert told[far] == (weight, shared)
    assert node(web, "example:1")["node"]["builtBy"] == [
        ["example:3", "method:tidal-network"],
        ["example:2", "method:tidal-network"],
    ]


def test_a_method_s_results_come_with_those_they_compare_with(web):
    found = node(web, "method:tidal-network")["node"]["results"]
    assert [(r["value"], r["method"], r["paper"]) for r in found] == [
        (0.31, "method:deep-tidal-network", "example:2"),
        (0.42, "method:tidal-network", "example:1"),
    ]


@pytest.mark.parametrize(
    "identifier", ["example:2", "method:tidal-network", "metric:wave-error", "task:tide-forecasting"]
)
def test_everything_referred_to_comes_as_a_card(web, identifier):
    found = node(web, identifier)
    known = {p.paper.id for p in papers()} | set(entities())
    cards = {card["id"]: card for card in found["cards"]}
    assert cards.keys() <= known and identifier not in cards
    said = json.dumps(found["node"])
    assert {name for name in known - {identifier} if f'"{name}"' in said} == cards.keys()
    assert "https://w3id.org/kg-abstracts/id/" not in said


def test_search_gives_cards_of_papers_and_entities_by_any_of_their_names(web):
    def found(text):
        return web.get("/data/search", params={"q": text}).json()

    assert found("tidenet") == [
        {"id": "method:tidal-network", "community": 0, "kind": "method", "name": "tidal network", "papers": 3}
    ]
    assert [card["name"] for card in found("<img src=x")] == [HOSTILE_TITLE]
    assert next(card["id"] for card in found("moss")) == "method:moss-transformer"
    assert found("") == found("x") == found("no such thing") == []


@pytest.mark.parametrize("identifier", ["", "nothing", "method:nothing", "community:0", "> . ?s ?p ?o", "x" * 3000])
def test_an_id_that_the_graph_does_not_know_is_not_found(web, identifier):
    assert web.get("/data/node", params={"id": identifier}).status_code == 404


@pytest.mark.parametrize("path", ["/data/node?id=example:1", "/data/search?q=tides"])
def test_data_is_guarded_like_everything_else(web, path):
    assert web.get(path, headers={"host": "elsewhere.example"}).status_code == 400
    headers = web.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"
    assert web.get(path).content == web.get(path).content


def test_long_lists_are_cut_and_counted(tmp_path):
    lines = "".join(
        f'paper:p{i:03} a kg:Paper ; dcterms:identifier "p{i:03}" ; dcterms:title "No. {i:03}" ; kg:uses method:m .\n'
        for i in range(2 * MOST_LISTED)
    )
    (tmp_path / "graph.ttl").write_text(
        "@prefix kg: <https://w3id.org/kg-abstracts/ontology#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"
        "@prefix paper: <https://w3id.org/kg-abstracts/id/paper/> .\n"
        "@prefix method: <https://w3id.org/kg-abstracts/id/method/> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        f'method:m skos:prefLabel "m" ; dcterms:identifier "method:m" ; kg:paperCount 120 .\n{lines}'
    )
    with running(tmp_path) as web:
        found = node(web, "method:m")
    assert len(found["node"]["in"]) == len(found["cards"]) == MOST_LISTED
    assert found["node"]["counts"] == {"uses": 2 * MOST_LISTED}
