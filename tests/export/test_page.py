from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import sys
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

import hostile
from example import HOSTILE_TITLE, graph

from kg.analytics import analyse
from kg.export.page import json_for_html, render_page, write_page
from kg.export.page.data import page_data, paper_link, select
from kg.export.page.layout import draw, lineage


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(graph(), title="<b>Tides</b> & moss")


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def test_the_file_is_written_and_is_the_same_every_time(tmp_path):
    for name in ("a.html", "b.html"):
        write_page(graph(), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_nothing_is_loaded_from_elsewhere(page):
    outside = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", outside)
    assert "@import" not in outside
    assert "url(" not in outside


def test_the_policy_allows_the_pages_own_scripts_and_no_other(page):
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert "default-src 'none'" in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.S)
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts}
    allowed = set(re.search(r"script-src ([^;]*);", policy)[1].split())
    assert hashes == allowed


def test_hostile_text_is_held_as_data(page):
    assert "<img src=x" not in page
    assert len(re.findall("^<script", page, re.M)) == 5
    assert "<h1>&lt;b&gt;Tides&lt;/b&gt; &amp; moss</h1>" in page
    assert HOSTILE_TITLE in {p["title"] for p in data_of(page)["papers"]}


@settings(max_examples=hostile.examples(20), deadline=None)
@given(title=hostile.text, name=hostile.text, key=hostile.identifier)
def test_any_text_stays_data(title, name, key):
    page = render_page(hostile.small_graph(title, name, key))
    assert len(re.findall("^<script", page, re.M)) == 5
    # Two halves of a surrogate pair are one character to whoever reads JSON.
    expected = tuple(json.loads(json.dumps([key, title])))
    assert {(paper["id"], paper["title"]) for paper in data_of(page)["papers"]} >= {expected}


@settings(max_examples=hostile.examples(100), deadline=None)
@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_in_a_script_element_survives_and_cannot_end_it(value):
    text = str(json_for_html(value))
    assert json.loads(text) == value
    assert not set(text) & set("<>&\u2028\u2029")


def test_a_lone_surrogate_does_not_stop_the_page():
    json_for_html("\ud800").encode()


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.1, between 1 and 21."""
    light = []
    for colour in (one, other):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        light.append(0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    return max(light) / min(light)


@pytest.mark.parametrize("theme", [r":root {", r':root[data-theme="dark"] {', r':root:not([data-theme="light"]) {'])
def test_text_and_marks_stand_out_from_whatever_they_lie_on(page, theme):
    colour = dict(re.findall(r"--(\w+): (#\w{6})", page.partition(theme)[2].partition("}")[0]))
    for ground in ("ground", "raised", "hover", "land"):
        assert all(contrast(colour[text], colour[ground]) >= 4.5 for text in ("ink", "muted"))
        marks = ("paper", "method", "dataset", "metric", "task", "focus", "field")
        assert all(contrast(colour[mark], colour[ground]) >= 3 for mark in marks)


def test_spans_results_and_links_arrive(page):
    data = data_of(page)
    tides = next(p for p in data["papers"] if p["id"] == "example:1")
    text = f"{tides['title']}\n{tides['abstract']}"
    (spans,) = (s for e, _, s in tides["entities"] if data["entities"][e]["name"] == "Harbour-10k")
    assert text[slice(*spans)] == "Harbour-10k"
    (result,) = tides["results"]
    assert text[slice(*result["span"])] == "0.42"
    assert data["entities"][result["metric"]]["higher"] is False
    deeper = next(p for p in data["papers"] if p["id"] == "example:2")
    assert [(data["papers"][p]["id"], data["entities"][e]["id"]) for p, e in deeper["builds"]] == [
        ("example:1", "method:tidal-network")
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"url": "https://example.org/a"}, "https://example.org/a"),
        ({"url": "javascript:alert(1)"}, ""),
        ({"url": "javascript:alert(1)", "doi": "10.1/x"}, "https://doi.org/10.1/x"),
        ({"arxiv": "2201.00001"}, "https://arxiv.org/abs/2201.00001"),
    ],
)
def test_only_web_addresses_become_links(facts, expected):
    assert paper_link({"url": "", "doi": "", "arxiv": "", **facts}) == expected


def test_a_graph_beyond_the_budget_becomes_an_overview_that_refers_only_to_what_it_holds():
    analysed = analyse(graph())
    selection = select(analysed, budget=2500)
    assert not selection.whole
    assert 0 < len(selection.papers) < 7
    data = page_data(analysed, selection, "")
    assert data["totals"]["paper"] == 7
    for paper in data["papers"]:
        assert all(0 <= other < len(data["papers"]) for other, *_ in paper["related"])
        assert all(0 <= entity < len(data["entities"]) for entity, *_ in paper["entities"])
    assert not draw(analysed, selection).places.keys() - {*selection.papers, *selection.entities}


def test_marks_do_not_lie_on_each_other_nor_circles_overlap():
    analysed = analyse(graph())
    picture = draw(analysed, select(analysed))
    places = list(picture.places.values())
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) > 20 for i, a in enumerate(places) for b in places[:i])
    for circles in (picture.circles, picture.tall):
        held = list(circles.values())
        for i, a in enumerate(held):
            for b in held[:i]:
                assert (a.x - b.x) ** 2 + (a.y - b.y) ** 2 >= (a.radius + b.radius) ** 2


def test_lineage_runs_from_left_to_right_and_bears_circles():
    papers = [f"p{i}" for i in range(5)]
    descent = nx.MultiDiGraph()
    descent.add_nodes_from(papers)
    for later, earlier in [("p1", "p0"), ("p2", "p1"), ("p2", "p0"), ("p3", "p4"), ("p4", "p3")]:
        descent.add_edge(later, earlier, relation="buildsOn")
    column = {paper: c for paper, c, _ in lineage(papers, descent)}
    assert column["p0"] < column["p1"] < column["p2"]
    assert column["p3"] == column["p4"]
    rows = {paper: row for paper, _, row in lineage(papers, descent)}
    assert {rows["p3"], rows["p4"]}.isdisjoint({rows["p0"], rows["p1"], rows["p2"]})


def test_an_empty_graph_gives_a_page():
    assert data_of(render_page(nx.MultiDiGraph()))["papers"] == []
