"""Pages and data for everything in the graph, and what guards them."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pyoxigraph
import pytest
from conftest import LIMITS, running
from example import HOSTILE_TITLE
from markupsafe import escape
from pyoxigraph import RdfFormat

from kg.errors import UsageError
from kg.server import create_app, serve
from kg.server.app import listen

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
TIDAL = "https://w3id.org/kg-abstracts/id/method/tidal-network"


def page(web, path):
    answer = web.get(path, headers=BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer


# Things


@pytest.mark.parametrize(
    ("accept", "parsed_as"),
    [
        ("*/*", RdfFormat.TURTLE),
        ("text/turtle", RdfFormat.TURTLE),
        ("application/ld+json", RdfFormat.JSON_LD),
        ("application/n-triples", RdfFormat.N_TRIPLES),
        ("application/rdf+xml", RdfFormat.RDF_XML),
    ],
)
def test_things_come_as_data(web, accept, parsed_as):
    answer = web.get("/method/tidal-network", headers={"accept": accept})
    assert answer.status_code == 200 and answer.headers["vary"] == "Accept"
    triples = list(pyoxigraph.parse(answer.content, parsed_as))
    assert {t.subject.value for t in triples} == {TIDAL}
    assert "TideNet" in {t.object.value for t in triples}


def test_a_method_has_a_page(web):
    text = page(web, "/method/tidal-network").text
    for words in (
        "<h1>tidal network</h1>",
        "TideNet",
        "Proposed by",
        "Used by",
        "Studied by",
        "Narrower",
        "0.42",
        TIDAL,
    ):
        assert words in text
    assert 'href="/paper/example:1"' in text and 'href="/metric/wave-error"' in text


def test_a_paper_has_a_page_with_its_mentions_marked(web):
    text = page(web, "/paper/example:1").text
    assert "<h1>Tides</h1>" in text and "Ada Example" in text and "Proc. Invented" in text and "2021" in text
    assert '<a class="mention method" href="/method/tidal-network">tidal network</a>' in text
    assert '<a class="mention dataset" href="/dataset/harbour-10k">Harbour-10k</a>' in text
    assert "Built on by" in text and "Related papers" in text


def test_every_node_s_address_leads_to_it(web):
    answer = web.get("/sparql", params={"query": "SELECT DISTINCT ?s { ?s a ?k FILTER(STRSTARTS(STR(?k), STR(kg:))) }"})
    base = "https://w3id.org/kg-abstracts/id"
    iris = [row["s"]["value"] for row in answer.json()["results"]["bindings"]]
    assert len(iris) > 60
    for iri in iris[::5]:
        assert web.get(iri.removeprefix(base)).status_code == 200
        assert page(web, iri.removeprefix(base)).status_code == 200


def test_what_texts_contain_stays_text(web):
    text = page(web, "/paper/example:3").text
    assert str(escape(HOSTILE_TITLE)) in text and "<img src=x" not in text and "<b>We</b>" not in text
    assert 'href="javascript:' not in page(web, "/method/tidal-network").text + page(web, "/paper/example:2").text
    found = page(web, "/search?q=%3Cimg%20src%3Dx").text
    assert str(escape(HOSTILE_TITLE)) in found and "<img src=x" not in found


def test_long_lists_are_gone_through_page_by_page(tmp_path):
    papers = "".join(
        f'<https://w3id.org/kg-abstracts/id/paper/p{i:03}> a kg:Paper ; dcterms:title "No. {i:03}" ; kg:uses method:m .\n'
        for i in range(120)
    )
    prefixes = (
        "@prefix kg: <https://w3id.org/kg-abstracts/ontology#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"
        "@prefix method: <https://w3id.org/kg-abstracts/id/method/> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
    )
    (tmp_path / "graph.ttl").write_text(f'{prefixes}method:m skos:prefLabel "m" .\n{papers}')
    with running(tmp_path) as web:
        first = page(web, "/method/m").text
        assert "No. 049" in first and "No. 050" not in first and 'href="/method/m?list=uses&amp;from=50"' in first
        last = page(web, "/method/m?list=uses&from=100").text
        assert "No. 119" in last and "No. 099" not in last and "from=150" not in last
        assert web.get("/", headers=BROWSER, follow_redirects=True).url.path == "/sparql"


@pytest.mark.parametrize("path", ["/method/nothing", "/paper/", "/paper", "/nothing/x", "/static/", "/static/app.py",
                                  "/static/..%2fapp.py", "/%2e%2e/%2e%2e/etc/passwd", "/kg", "/method/a%20b%3E"])  # fmt: skip
def test_what_is_not_there_is_not_found(web, path):
    assert web.get(path).status_code == 404
    answer = page(web, path)
    assert answer.status_code == 404 and "explorer" in answer.text


def test_a_form_that_a_thing_does_not_have(web):
    assert web.get("/method/tidal-network", headers={"accept": "image/png"}).status_code == 406


# Finding


def test_search_finds_papers_and_entities_by_any_name(web):
    def names(text):
        return [
            hit["name"] for hit in web.get("/search", params={"q": text}, headers={"accept": "application/json"}).json()
        ]

    assert names("tidenet") == ["tidal network"]
    assert names("TIDAL") == ["tidal network", "deep tidal network"]
    assert set(names("moss")) >= {"moss transformer", "moss segmentation", "=SUM(A1:A9) of moss"}
    assert names('"} DROP') == [] and names("x") == []
    assert "deep tidal network" in page(web, "/search?q=tidal").text


def test_ids_lead_to_things(web):
    assert web.get("/lookup?id=method:tidal-network").headers["location"] == "/method/tidal-network"
    assert web.get("/lookup", params={"id": "doi:10.1/é"}).headers["location"] == "/paper/doi:10.1%2F%C3%A9"


# Pages


def test_the_explorer_page_runs_under_its_policy_with_the_server_s_script(web):
    answer = page(web, "/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self' 'sha256-" in policy and "connect-src 'self'" in policy
    assert '<script src="/static/explorer.js" data-whole="yes"></script>\n</body>' in answer.text
    assert "http-equiv" not in answer.text
    again = web.get("/", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


def test_a_browser_gets_the_query_page(web):
    assert "<textarea" in page(web, "/sparql").text
    assert "<textarea" in page(web, "/sparql?query=ASK%7B%7D").text
    for name in ("query.js", "site.css", "icon.svg", "explorer.js"):
        assert web.get(f"/static/{name}").status_code == 200


def test_named_queries_are_listed_and_filled_in(web):
    known = web.get("/queries").json()
    assert known["prefixes"]["method"] == f"{known['base']}method/"
    assert {"who-uses", "counts"} <= {query["name"] for query in known["queries"]}
    words = {term["name"]: term["words"] for term in known["terms"]}
    assert words["kg:measures"].startswith("The paper judges") and words["dcterms:title"] == ""
    text = web.get("/queries/who-uses", params={"entity": 'x" } DROP'}).text
    rows = web.post("/sparql", data={"query": text})
    assert rows.status_code == 200 and rows.json()["results"]["bindings"] == []
    assert web.get("/queries/who-uses").status_code == 400
    assert web.get("/queries/nothing").status_code == 404


def test_health(web):
    answer = web.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok" and answer.json()["workers"] == LIMITS.workers


def test_the_graph_can_be_fetched_whole(web, folder):
    assert web.get("/graph.ttl").content == (folder / "graph.ttl").read_bytes()
    assert web.get("/.well-known/void").headers["location"] == "/build/graph"


def test_what_a_cluster_wrote_is_served_too(folder, tmp_path):
    (tmp_path / "graph.nt").mkdir()
    with gzip.open(tmp_path / "graph.nt" / "part-00000-c000.txt.gz", "wb") as part:
        pyoxigraph.serialize(pyoxigraph.parse(path=str(folder / "graph.ttl")), part, RdfFormat.N_TRIPLES)
    with running(tmp_path) as web:
        answer = web.post("/sparql", data={"query": "ASK { method:tidal-network a kg:Method }"})
        assert answer.json()["boolean"] is True
        assert web.get("/graph.ttl").status_code == 404


# Guards


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("LOCALHOST:80", 200), ("127.0.0.1:1", 200), ("[::1]:7878", 200), ("elsewhere.org", 400),
     ("localhost.elsewhere.org", 400), ("10.0.0.1", 400), ("", 400), ("127.0.0.1, elsewhere.org", 400)],
)  # fmt: skip
def test_the_host_header_is_checked(web, host, status):
    for path in ("/", "/sparql", "/health", "/static/query.js", "/method/tidal-network"):
        assert web.get(path, headers={"host": host}).status_code == status


def test_hosts_can_be_allowed_and_scripts_kept_out(folder):
    with running(folder, host="0.0.0.0", hosts=["graph.example.org"], origin="") as web:
        for host, status in (
            ("graph.example.org", 200),
            ("192.168.1.5:80", 200),
            ("[fe80::1]", 200),
            ("other.org", 400),
        ):
            assert web.get("/health", headers={"host": host}).status_code == status
        headers = web.get("/health").headers
        assert "access-control-allow-origin" not in headers
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/sparql?format=html", "/method/tidal-network", "/nothing", "/health"])
def test_every_answer_is_guarded(web, path):
    headers = web.get(path, headers=BROWSER).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def talk(web, *parts, pause=0.0):
    """What a server says to a client that speaks for itself."""
    with socket.create_connection((web.base_url.host, web.base_url.port), timeout=20) as line:
        said = b""
        try:
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
            line.shutdown(socket.SHUT_WR)
            while data := line.recv(65536):
                said += data
        except OSError:  # the server has hung up
            pass
        return said


def test_addresses_have_a_length(web):
    asked = b"GET /sparql?query=ASK%7B%7D&x=" + b"y" * 70_000
    assert talk(web, asked + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 414 ")


def test_heads_without_end_are_cut(web):
    assert talk(web, b"GET /", *[b"a" * 65536] * 8).startswith((b"HTTP/1.1 4", b""))
    said = talk(web, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", *[b"a" * 65536] * 8)
    assert b"200 OK" not in said
    assert b" 400 " in talk(web, b"\x00\xff\r\n\r\n")
    assert web.get("/health").status_code == 200


# Starting


def test_what_cannot_be_served_says_so(tmp_path, folder):
    with pytest.raises(UsageError, match="kg build"):
        serve(tmp_path, port=0)
    (tmp_path / "graph.ttl").write_text("<a> <b> .")
    with pytest.raises(UsageError, match="not Turtle"):
        serve(tmp_path, port=0)
    with listen("127.0.0.1", 0) as taken, pytest.raises(UsageError, match="--port"):
        serve(folder, port=taken.getsockname()[1])
    with pytest.raises(UsageError, match="cannot listen"):
        serve(folder, host="no.such.host.invalid", port=0)
    assert threading.active_count() < 20


def test_any_asgi_server_can_run_it(folder):
    testclient = pytest.importorskip("starlette.testclient")
    with testclient.TestClient(create_app(folder, limits=LIMITS), base_url="http://localhost") as client:
        assert client.get("/sparql", params={"query": "ASK { ?p a kg:Paper }"}).json()["boolean"] is True
