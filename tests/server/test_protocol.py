"""The SPARQL 1.1 Protocol as clients speak it, over real connections."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import pyoxigraph
import pytest
from conftest import LIMITS
from example import HOSTILE_TITLE
from pyoxigraph import RdfFormat

ROWS = "SELECT ?title WHERE { ?paper a kg:Paper ; dcterms:title ?title } ORDER BY ?title"
TRIPLES = "CONSTRUCT { ?paper dcterms:title ?title } WHERE { ?paper a kg:Paper ; dcterms:title ?title }"
ASK = "ASK { ?paper a kg:Paper }"
DIRECT = {"content-type": "application/sparql-query"}


def get(web, query, accept="*/*", **more):
    return web.get("/sparql", params={"query": query, **more}, headers={"accept": accept})


# Asking


def test_three_ways_to_ask_give_the_same_answer(web):
    answers = [
        get(web, ROWS),
        web.post("/sparql", data={"query": ROWS}),
        web.post("/sparql", content=ROWS, headers=DIRECT),
        web.post("/sparql", content=ROWS, headers={"content-type": "application/sparql-query; charset=utf-8"}),
    ]
    assert [a.status_code for a in answers] == [200] * 4
    assert len({a.content for a in answers}) == 1
    titles = [row["title"]["value"] for row in answers[0].json()["results"]["bindings"]]
    assert len(titles) == 7 and HOSTILE_TITLE in titles


def test_head_tells_what_get_would(web):
    answer = web.head("/sparql", params={"query": ASK})
    assert answer.status_code == 200 and answer.content == b""
    assert answer.headers["content-type"] == "application/sparql-results+json"


def test_unicode_and_plus_survive_every_way(web):
    query = "SELECT ('é+ 𝔘&=%' AS ?x) {}"
    for answer in (get(web, query), web.post("/sparql", data={"query": query}),
                   web.post("/sparql", content=query.encode(), headers=DIRECT)):  # fmt: skip
        assert answer.json()["results"]["bindings"][0]["x"]["value"] == "é+ 𝔘&=%"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/csv;q=0.1, application/sparql-results+xml;q=0.2", "application/sparql-results+xml"),
        ("*/*", "application/sparql-results+json"),
    ],
)
def test_rows_in_each_format(web, accept, media_type):
    answer = get(web, ROWS, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["vary"] == "Accept"
    assert get(web, ASK, accept).status_code == 200


def test_each_table_says_the_same(web):
    expected = [row["title"]["value"] for row in get(web, ROWS).json()["results"]["bindings"]]
    listed = list(csv.reader(io.StringIO(get(web, ROWS, "text/csv").text, newline="")))
    assert [row[0] for row in listed] == ["title", *expected]
    tree = ET.fromstring(get(web, ROWS, "application/sparql-results+xml").text)
    assert [found.text for found in tree.iter("{http://www.w3.org/2005/sparql-results#}literal")] == expected
    assert len(get(web, ROWS, "text/tab-separated-values").text.strip().split("\n")) == len(expected) + 1


@pytest.mark.parametrize(
    ("accept", "media_type", "parsed_as"),
    [
        ("text/turtle", "text/turtle", RdfFormat.TURTLE),
        ("application/n-triples", "application/n-triples", RdfFormat.N_TRIPLES),
        ("application/ld+json", "application/ld+json", RdfFormat.JSON_LD),
        ("application/json", "application/ld+json", RdfFormat.JSON_LD),
        ("application/rdf+xml", "application/rdf+xml", RdfFormat.RDF_XML),
        ("*/*", "text/turtle", RdfFormat.TURTLE),
    ],
)
def test_triples_in_each_format(web, accept, media_type, parsed_as):
    answer = get(web, TRIPLES, accept)
    assert answer.headers["content-type"] == media_type
    assert len(list(pyoxigraph.parse(answer.content, parsed_as))) == 7
    assert get(web, "DESCRIBE method:tidal-network", accept).status_code == 200


def test_a_format_can_be_named_in_the_address(web):
    assert get(web, ROWS, "text/html", format="csv").headers["content-type"].startswith("text/csv")
    assert get(web, TRIPLES, format="rdfxml").headers["content-type"] == "application/rdf+xml"


# What is refused


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * { ?s ?p", r"line 1, column"),
        ("", "asks nothing"),
        ("INSERT DATA { <a:a> <a:b> 1 }", "read-only"),
        ("LOAD <http://127.0.0.1:9/>", "read-only"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE"),
        ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", "FROM"),
        ("SELECT * " + "{" * 3000 + "}" * 3000, "deep"),
    ],
)
def test_bad_queries_are_told_why(web, query, words):
    for answer in (get(web, query), web.post("/sparql", content=query, headers=DIRECT)):
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert re.search(words, answer.text)


@pytest.mark.parametrize(
    ("method", "options", "status"),
    [
        ("GET", {"params": [("query", ASK), ("query", ASK)]}, 400),
        ("GET", {"params": {"query": ASK, "default-graph-uri": "http://x/"}}, 400),
        ("GET", {"params": {"query": ASK, "named-graph-uri": "http://x/"}}, 400),
        ("GET", {"params": "query=%ff"}, 400),
        ("GET", {"params": {"query": "ASK {}" + " " * 25_000}}, 414),
        ("GET", {"params": {"query": ASK}, "headers": {"x-long": "a" * 300_000}}, 400),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "image/png"}}, 406),
        ("GET", {"params": {"query": ASK}, "headers": {"accept": "text/turtle"}}, 406),
        ("GET", {"params": {"query": TRIPLES}, "headers": {"accept": "text/csv"}}, 406),
        ("POST", {"data": {"update": "DROP ALL"}}, 400),
        ("POST", {"data": {"nothing": "x"}}, 400),
        ("POST", {"data": {"query": "ASK {}" + " " * 25_000}}, 413),
        ("POST", {"content": b"x" * 300_000, "headers": DIRECT}, 413),
        ("POST", {"content": (b"x" * 1000 for _ in range(300)), "headers": DIRECT}, 413),
        ("POST", {"content": b"\xff\xfe", "headers": DIRECT}, 400),
        ("POST", {"content": ASK, "headers": DIRECT, "params": {"query": ASK}}, 400),
        ("POST", {"content": ASK, "headers": {"content-type": "application/sparql-update"}}, 415),
        ("POST", {"content": ASK, "headers": {"content-type": "text/plain"}}, 415),
        ("POST", {"content": ASK}, 415),
        ("POST", {"content": ASK, "headers": {**DIRECT, "content-encoding": "gzip"}}, 415),
        ("PUT", {"content": ASK}, 405),
        ("DELETE", {}, 405),
        ("PATCH", {}, 405),
    ],
)
def test_wrong_requests_have_their_status(web, method, options, status):
    answer = web.request(method, "/sparql", **options)
    assert answer.status_code == status
    assert answer.text and "Traceback" not in answer.text
    assert get(web, ASK).json()["boolean"] is True


def test_too_many_rows_are_refused_and_not_cut(web):
    wide = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT "
    assert len(get(web, wide + str(LIMITS.rows)).json()["results"]["bindings"]) == LIMITS.rows
    refused = get(web, wide + str(LIMITS.rows + 1))
    assert refused.status_code == 413 and "LIMIT" in refused.text


# About the service


@pytest.mark.parametrize("accept", ["*/*", "text/turtle", "application/rdf+xml", "application/ld+json"])
def test_the_service_describes_itself(web, accept):
    answer = web.get("/sparql", headers={"accept": accept})
    forms = {"*/*": RdfFormat.TURTLE, "text/turtle": RdfFormat.TURTLE, "application/rdf+xml": RdfFormat.RDF_XML,
             "application/ld+json": RdfFormat.JSON_LD}  # fmt: skip
    store = pyoxigraph.Store()
    store.bulk_load(answer.content, forms[accept])
    sd = "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>\n"
    [row] = store.query(sd + "SELECT ?at ?n { ?s a sd:Service ; sd:endpoint ?at ; sd:supportedLanguage sd:SPARQL11Query ;"
                        "sd:defaultDataset/sd:defaultGraph/<http://rdfs.org/ns/void#triples> ?n }")  # fmt: skip
    assert row["at"].value == f"{web.base_url}/sparql".replace("//sparql", "/sparql")
    assert int(row["n"].value) == json.loads(web.get("/health").content)["triples"] > 100
    assert web.get("/sparql", headers={"accept": "image/png"}).status_code == 406


def test_scripts_from_elsewhere_may_ask(web):
    answer = web.get("/sparql", params={"query": ASK}, headers={"origin": "https://elsewhere.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    before = {"origin": "https://elsewhere.org", "access-control-request-method": "POST",
              "access-control-request-headers": "content-type"}  # fmt: skip
    allowed = web.options("/sparql", headers=before)
    assert allowed.status_code == 204
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert "Content-Type" in allowed.headers["access-control-allow-headers"]


def test_a_common_client_gets_along(web):
    sparqlwrapper = pytest.importorskip("SPARQLWrapper")
    client = sparqlwrapper.SPARQLWrapper(f"{web.base_url}/sparql")
    for method in (sparqlwrapper.GET, sparqlwrapper.POST):
        for request in (sparqlwrapper.URLENCODED, sparqlwrapper.POSTDIRECTLY)[
            : 1 if method == sparqlwrapper.GET else 2
        ]:
            client.setMethod(method)
            client.setRequestMethod(request)
            client.setQuery(ROWS)
            client.setReturnFormat(sparqlwrapper.JSON)
            assert len(client.queryAndConvert()["results"]["bindings"]) == 7
            client.setReturnFormat(sparqlwrapper.XML)
            assert len(client.queryAndConvert().getElementsByTagName("result")) == 7
            client.setReturnFormat(sparqlwrapper.CSV)
            assert client.queryAndConvert().startswith(b"title\r\n")
            client.setQuery(TRIPLES)
            client.setReturnFormat(sparqlwrapper.TURTLE)
            assert len(list(pyoxigraph.parse(client.queryAndConvert(), RdfFormat.TURTLE))) == 7
    client.setQuery("SELECT")
    with pytest.raises(sparqlwrapper.SPARQLExceptions.QueryBadFormed):
        client.query()


# The engine loses nothing by being kept apart

FORMS = [
    ("SELECT (COUNT(*) AS ?n) (AVG(?v) AS ?m) (MIN(?v) AS ?a) (MAX(?v) AS ?b) { ?r mls:hasValue ?v }", 1),
    ("SELECT ?t (COUNT(DISTINCT ?p) AS ?n) { ?p kg:addresses ?t } GROUP BY ?t HAVING(COUNT(?p) > 1)", 2),
    (
        "SELECT (GROUP_CONCAT(?n; separator='|') AS ?all) { { SELECT ?n { ?t a kg:Task ; skos:prefLabel ?n } ORDER BY ?n } }",
        1,
    ),
    ("SELECT ?m { ?m skos:broader+/skos:prefLabel 'tidal network' }", 1),
    ("SELECT ?x { method:deep-tidal-network (skos:broader|^skos:broader)* ?x }", 2),
    ("SELECT ?p { ?p a kg:Paper MINUS { ?p kg:addresses ?t } }", 3),
    ("SELECT ?p { ?p a kg:Paper FILTER NOT EXISTS { ?p kg:addresses ?t } }", 3),
    ("SELECT ?p ?y { ?p a kg:Paper OPTIONAL { ?p dcterms:issued ?y } }", 7),
    ("SELECT ?n { VALUES (?n ?m) { ('a' 1) ('b' UNDEF) } }", 2),
    ("SELECT ?y { BIND(YEAR('2024-05-06T00:00:00Z'^^xsd:dateTime) AS ?y) }", 1),
    ("SELECT (MD5('a') AS ?h) (ENCODE_FOR_URI('a b') AS ?e) (STRBEFORE('a:b', ':') AS ?s) (RAND() AS ?r) {}", 1),
    ("SELECT ?t { ?p dcterms:title ?t FILTER(REGEX(?t, '^t', 'i')) }", 1),
    ("SELECT DISTINCT ?kind { ?x a ?kind FILTER(STRSTARTS(STR(?kind), STR(kg:))) } ORDER BY ?kind LIMIT 3 OFFSET 1", 3),
    ("SELECT ?x { { ?x a kg:Task } UNION { ?x a kg:Dataset } }", 4),
]


@pytest.mark.parametrize(("query", "rows"), FORMS)
def test_every_kind_of_query_works_in_a_worker(web, query, rows):
    answer = get(web, query)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["results"]["bindings"]) == rows
    assert all(answer.json()["results"]["bindings"])
