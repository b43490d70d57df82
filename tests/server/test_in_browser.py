"""The server's pages as a reader uses them, in a headless Chromium; skipped where none is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from chromium import BINARY, Chromium
from conftest import running
from example import HOSTILE_TITLE, graph

from kg.analytics import analyse
from kg.export.page import write_page
from kg.export.serialisations import write_turtle

pytestmark = pytest.mark.skipif(BINARY is None, reason="Chromium is not installed")

CELLS = "[...document.querySelectorAll('#answer td')].map(cell => cell.textContent)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("profile")) as running_browser:
        running_browser.size(1280, 900)
        yield running_browser


@pytest.fixture
def page(browser, web):
    """The query page; at the end there must have been no error, and no request to anywhere else."""
    browser.open("about:blank")
    browser.open(f"{web.base_url}/sparql?format=html")
    browser.wait("document.querySelectorAll('#answer tbody tr').length")
    yield browser
    assert [error for error in browser.errors() if "status of 400" not in error] == []
    assert all(url.startswith(str(web.base_url)) for url in browser.requests())


def write(page, query):
    page.run(
        f"(() => {{ const field = document.querySelector('#query'); field.value = {query!r}; field.focus(); "
        "field.dispatchEvent(new Event('input')); document.querySelector('#answer').replaceChildren(); })()"
    )
    page.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=13, modifiers=2)


def test_it_opens_on_an_answer(page):
    assert page.run("document.querySelector('#status').textContent").startswith("4 rows in")
    assert page.run(CELLS)[:3] == ["method:moss-transformer", "moss transformer", "3"]
    assert (
        page.run("document.querySelector('#answer a').getAttribute('href')") == "/method/moss-transformer?format=html"
    )


def test_a_named_query_is_filled_in_and_run(page):
    page.run("document.querySelector('[data-name=who-uses]').click()")
    page.wait("document.activeElement.name === 'entity'")
    page.type("Tidal Networks")
    page.press("Enter")
    page.wait("document.querySelectorAll('#answer tbody tr').length === 3")
    assert HOSTILE_TITLE in page.run(CELLS)
    assert '"tidal network"' in page.run("document.querySelector('#query').value")
    assert page.run("document.querySelectorAll('#answer img, #answer script').length") == 0


def test_every_kind_of_answer_is_shown(page):
    write(page, "ASK { ?p a kg:Paper }")
    page.wait("document.querySelector('#answer .yes')?.textContent === 'Yes'")
    write(page, "DESCRIBE method:tidal-network")
    page.wait("document.querySelector('#answer pre')?.textContent.includes('TideNet')")
    write(page, "SELECT ?x { ?x a kg:Nothing }")
    page.wait("document.querySelector('#answer .note')")
    write(page, "SELECT ?x {\n  ?x a\n")
    page.wait("document.querySelector('#answer .error')?.textContent.includes('line 3')")
    page.run("history.back()")
    page.wait("document.querySelector('#answer pre')?.textContent.includes('TideNet')")


def offered(page):
    return page.run("[...document.querySelectorAll('#completions b')].map(name => name.textContent)")


def begin(page, text):
    """Empty the editor and type."""
    page.run("(() => { const field = document.querySelector('#query'); field.focus(); field.select(); })()")
    page.type(text)


def test_words_are_completed_while_they_are_typed(page):
    begin(page, "SELECT ?paper { ?paper kg:prop")
    page.wait("!document.querySelector('#completions').hidden")
    assert offered(page) == ["kg:proposes"]
    page.press("Enter")
    assert page.run("document.querySelector('#query').value") == "SELECT ?paper { ?paper kg:proposes"
    assert page.run("document.querySelector('#completions').hidden")
    page.type(" ?p")
    assert offered(page) == ["?paper"]
    page.press("Escape")
    page.type(" ; title")
    assert offered(page) == ["dcterms:title"]
    page.press("ArrowDown")
    page.press("Tab")
    assert page.run("document.querySelector('#query').value").endswith(" ; dcterms:title")


def test_nothing_is_offered_inside_a_string(page):
    begin(page, 'ASK { ?s ?p "sel')
    page.type('ect kg:"')
    assert offered(page) == []


def test_things_are_completed_by_their_name(page):
    begin(page, "ASK { ?paper kg:proposes method:deep")
    page.wait("document.querySelectorAll('#completions b').length === 1")
    page.press("Tab")
    page.type(" }")
    assert page.run("document.querySelector('#query').value") == "ASK { ?paper kg:proposes method:deep-tidal-network }"
    page.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", windowsVirtualKeyCode=13, modifiers=2)
    page.wait("document.querySelector('#answer .yes')?.textContent === 'Yes'")


def test_the_place_of_an_error_is_selected(page):
    write(page, "SELECT ?s {\n  ?s kg:uses ?m } LIMIT many")
    page.wait("document.querySelector('#answer .error')?.textContent.includes('line 2')")
    assert page.run("document.getSelection().toString()") == "many"


def test_a_query_can_be_stopped(page, web):
    write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    page.wait("!document.querySelector('#stop').hidden")
    page.run("document.querySelector('#stop').click()")
    page.wait("document.querySelector('#answer .error')?.textContent === 'Stopped.'")


def shown(title):
    return f"document.querySelector('#panel h2')?.textContent.startsWith({title!r})"


@pytest.fixture
def overview(browser, tmp_path):
    """The explorer on a graph of which the page holds only a part, and the titles of papers that it lacks."""
    made = analyse(graph())
    write_turtle(made, tmp_path / "graph.ttl")
    write_page(made, tmp_path / "graph.html", budget=3500)
    with running(tmp_path) as web:
        browser.open("about:blank")
        browser.open(str(web.base_url))
        browser.wait("document.querySelector('#canvas canvas')")
        held = browser.run("JSON.parse(document.querySelector('#data').textContent).papers.map(p => p.title)")
        yield browser, [title for title in ("Deeper tides", HOSTILE_TITLE, "Lichen") if title not in held]
        assert browser.errors() == []
        assert all(url.startswith(str(web.base_url)) for url in browser.requests())


def test_a_paper_that_the_page_does_not_hold_is_found_by_search_and_opens_whole(overview):
    browser, missing = overview
    browser.press("/")
    browser.type(missing[0])
    browser.wait(f"document.querySelector('#suggestions .item-name')?.textContent === {missing[0]!r}")
    browser.press("Enter")
    browser.wait(f"{shown(missing[0])} && document.querySelector('#panel .abstract .mention')")
    said = browser.run("document.querySelector('#panel').innerText").lower()
    assert "related papers" in said and "shares" in said and "fetching" not in said


def test_an_entity_of_an_overview_is_completed_and_back_returns_to_it(overview):
    browser, _ = overview
    browser.run("location.hash = '#entity=method%3Atidal-network'")
    said = "document.querySelector('#panel').innerText.toLowerCase()"
    browser.wait(f"{said}.includes('proposed by (1)') && {said}.includes('studied by (1)')")
    for words in ("tidenet", "narrower", "over the years", "0.31", "0.42"):
        assert words in browser.run(said)
    browser.run("[...document.querySelectorAll('#panel .item')].find(a => a.textContent.startsWith('Tides')).click()")
    browser.wait(f"{shown('Tides')} && {said}.includes('built on by')")
    browser.run("history.back()")
    browser.wait(shown("tidal network"))


def test_an_address_may_name_what_the_page_does_not_hold_and_hostile_text_stays_text(overview):
    browser, missing = overview
    assert HOSTILE_TITLE in missing
    browser.run("location.hash = '#paper=example%3A3'")
    browser.wait(f"{shown(HOSTILE_TITLE)} && document.querySelector('#panel .abstract .mention')")
    assert browser.run("document.querySelectorAll('#panel img, #panel script, #panel b').length") == 0
    assert browser.run("window.broken === undefined")


def test_what_is_fetched_can_be_drawn_beside_what_it_is_tied_to(overview):
    browser, missing = overview
    rows = "(() => { let text; URL.createObjectURL = blob => { text = blob.text(); return '#'; }; document.querySelector('#save-table').click(); return text; })()"
    assert missing[0] not in browser.run(rows)
    browser.press("/")
    browser.type(missing[0])
    browser.wait(f"document.querySelector('#suggestions .item-name')?.textContent === {missing[0]!r}")
    browser.press("Enter")
    browser.wait("document.querySelector('#grow') && !document.querySelector('#panel [role=status]')")
    browser.run("document.querySelector('#grow').click()")
    browser.wait("!document.querySelector('#grow')")
    browser.run("document.querySelector('#zoom-fit').click(), new Promise(done => setTimeout(done, 500))")
    assert missing[0] in browser.run(rows)


def test_everything_has_a_page_of_its_own(overview):
    browser, _ = overview
    browser.run("location.hash = '#entity=method:tidal-network'")
    browser.wait("document.querySelector('.panel .from-server a')")
    browser.run("document.querySelector('.panel .from-server a').click()")
    browser.wait("document.querySelector('h1')?.textContent === 'tidal network'")
