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


def test_a_query_can_be_stopped(page, web):
    write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    page.wait("!document.querySelector('#stop').hidden")
    page.run("document.querySelector('#stop').click()")
    page.wait("document.querySelector('#answer .error')?.textContent === 'Stopped.'")


def test_what_the_explorer_page_does_not_hold_is_fetched(browser, tmp_path):
    made = analyse(graph())
    write_turtle(made, tmp_path / "graph.ttl")
    write_page(made, tmp_path / "graph.html", budget=3500)
    with running(tmp_path) as web:
        held = len(browser.errors())
        browser.open(str(web.base_url))
        browser.wait("document.querySelector('#canvas canvas')")
        missing = browser.run(
            "(() => { const held = JSON.parse(document.querySelector('#data').textContent); "
            "return ['Tides', 'Lichen', 'Alone'].filter(t => !held.papers.some(p => p.title === t)); })()"
        )
        assert missing
        browser.press("/")
        browser.type(missing[0])
        browser.wait("document.querySelector('#suggestions .from-server')")
        browser.press("Escape")
        browser.run("location.hash = '#entity=method:tidal-network'")
        browser.wait("document.querySelector('.panel .from-server a')")
        browser.run("document.querySelector('.panel .from-server a').click()")
        browser.wait("document.querySelector('h1')?.textContent === 'tidal network'")
        assert browser.errors()[held:] == []
        assert all(url.startswith(str(web.base_url)) for url in browser.requests())
