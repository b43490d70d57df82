"""The page as a reader uses it, in a headless Chromium; skipped where none is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from chromium import BINARY, Chromium
from example import HOSTILE_TITLE, graph

from kg.export.page import write_page

pytestmark = pytest.mark.skipif(BINARY is None, reason="Chromium is not installed")

TITLE = "document.querySelector('#panel h2')?.textContent"


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("profile")) as running:
        running.size(1440, 900)
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "graph.html"
    write_page(graph(), path)
    return path.as_uri()


@pytest.fixture
def page(browser, address) -> Iterator[Chromium]:
    browser.open("about:blank")
    browser.open(address)
    browser.wait("document.querySelector('#canvas canvas')")
    yield browser
    assert browser.errors() == []
    assert browser.requests() == []


def panel_says(page: Chromium, text: str) -> None:
    page.wait(f"({TITLE} || '').startsWith({text!r})")


def catch_download(page: Chromium, what: str) -> None:
    """Let `saved` be what the page would have the browser save."""
    catch = f"URL.createObjectURL = (blob) => {{ done({what}); return '#'; }};"
    page.run(f"void (window.saved = new Promise((done) => {{ {catch} }}))")


def test_search_by_keyboard_opens_an_entity(page):
    page.press("/")
    page.type("tidenet")
    page.wait("document.querySelectorAll('#suggestions li').length")
    page.press("Enter")
    panel_says(page, "tidal network")
    assert page.run("location.hash") == "#entity=method%3Atidal-network"
    panel = page.run("document.querySelector('#panel').innerText")
    assert "TideNet" in panel
    assert "Tides" in panel
    assert "deep tidal network" in panel


def test_arrows_move_through_suggestions(page):
    page.press("/")
    page.type("tid")
    page.wait("document.querySelectorAll('#suggestions li').length > 1")
    page.press("ArrowDown")
    assert page.run("document.querySelectorAll('#suggestions li')[1].getAttribute('aria-selected')") == "true"


FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"


def test_the_keyboard_alone_leads_from_search_to_a_link_in_the_panel_and_back(page):
    page.press("/")
    page.type("deeper")
    page.wait("document.querySelectorAll('#suggestions li').length")
    page.press("Enter")
    panel_says(page, "Deeper tides")
    assert page.run("document.activeElement.id") == "panel"
    for _ in range(20):
        page.press("Tab")
        if page.run("document.activeElement.matches('.chip.dataset')"):
            break
    page.press("Enter")
    panel_says(page, "Harbour-10k")
    page.press("Tab")
    assert page.run(FOCUSED) == "Back"
    page.press("Enter")
    panel_says(page, "Deeper tides")
    page.press("Escape")
    page.wait("document.querySelector('#panel').hidden")
    assert page.run("document.activeElement.id") == "main"


def test_neighbours_that_were_not_drawn_can_be_added_to_the_map(page):
    page.run("location.hash = '#entity=method%3Adeep-tidal-network'")
    page.wait("document.querySelector('#grow')")
    assert page.run("document.querySelector('#grow').textContent") == "Draw it on the map"
    page.run("document.querySelector('#grow').click()")
    page.wait("!document.querySelector('#grow') && !document.querySelector('#hint').textContent")


def test_a_highlight_leads_to_its_entity_and_back_returns(page):
    page.run("location.hash = '#paper=example%3A1'")
    panel_says(page, "Tides")
    page.run("document.querySelector('.abstract .mention.dataset').click()")
    panel_says(page, "Harbour-10k")
    assert "Tides" in page.run("document.querySelector('.crumbs').innerText")
    page.run("history.back()")
    panel_says(page, "Tides")


def test_highlights_keep_their_place_after_characters_outside_the_basic_plane(page):
    page.run("location.hash = '#paper=example%3A3'")
    panel_says(page, "<img")
    assert page.run("document.querySelector('.abstract .mention.task').textContent") == "tide forecasting"


def test_hostile_text_is_shown_as_text(page):
    page.run("location.hash = '#paper=example%3A3'")
    panel_says(page, "<img")
    assert page.run(TITLE) == HOSTILE_TITLE
    assert page.run("document.querySelectorAll('#panel img, #panel script, #panel b').length") == 0
    assert page.run("window.broken === undefined")
    page.run("location.hash = '#entity=method%3Atidal-network'")
    panel_says(page, "tidal network")
    assert page.run("document.querySelectorAll('a[href^=\"javascript\"]').length") == 0


def test_a_fragment_restores_view_filters_and_focus(browser, address):
    browser.open("about:blank")
    browser.open(f"{address}#view=papers&years=2022-2024&hide=metric&paper=example%3A5")
    panel_says(browser, "Lichen")
    rows = browser.run("[...document.querySelectorAll('#view-papers tbody tr')].map((row) => row.innerText)")
    assert len(rows) == 4
    assert not browser.run("[...document.querySelectorAll('#filters input[type=checkbox]')][3].checked")


def test_filters_narrow_the_table_and_enter_the_address(page):
    page.run("document.querySelectorAll('#views button')[1].click()")
    page.run("document.querySelectorAll('.community')[1].click()")
    assert page.run("document.querySelectorAll('#view-papers tbody tr').length") == 3
    assert "within=0" in page.run("location.hash")


def test_tables_sort(page):
    page.run("location.hash = '#view=papers&sort=year'")
    page.wait("document.querySelectorAll('#view-papers tbody tr').length")
    years = "[...document.querySelectorAll('#view-papers .col-year')].map((cell) => cell.textContent)"
    assert page.run(years) == ["2020", "2021", "2022", "2023", "2023", "2024", ""]
    page.run("document.querySelectorAll('#view-papers th button')[1].click()")
    assert page.run(years) == ["2024", "2023", "2023", "2022", "2021", "2020", ""]


def test_the_lower_error_leads_its_leaderboard(page):
    page.run("location.hash = '#view=leaderboards'")
    page.wait("document.querySelectorAll('.board li').length")
    values = page.run("[...document.querySelectorAll('.board li b')].map((value) => value.textContent)")
    assert values == ["0.31", "0.42"]


def test_lineage_is_drawn_from_left_to_right(page):
    page.run("location.hash = '#view=lineage'")
    page.wait("document.querySelectorAll('.paper-box').length")
    place = "document.querySelector('.paper-box[aria-label=\"{}\"]').getBoundingClientRect().x"
    assert page.run(place.format("Tides")) < page.run(place.format("Deeper tides"))


def test_lineage_zooms_and_shows_all_of_itself(page):
    page.run("location.hash = '#view=lineage'")
    page.wait("document.querySelectorAll('.paper-box').length")
    width = "document.querySelector('svg.lineage').getBoundingClientRect().width"
    before = page.run(width)
    page.run("document.querySelector('.lineage-zoom [aria-label=\"Zoom in\"]').click()")
    assert page.run(width) == pytest.approx(before * 1.25)
    page.run("document.querySelector('.lineage-zoom [aria-label=\"Show everything\"]').click()")
    scroll = "document.querySelector('#view-lineage .scroll')"
    assert page.run(f"{scroll}.scrollWidth <= {scroll}.clientWidth")


def test_csv_cells_that_look_like_formulas_are_made_text(page):
    page.run("location.hash = '#view=papers'")
    page.wait("document.querySelectorAll('#view-papers tbody tr').length")
    catch_download(page, "blob.text()")
    page.run("document.querySelector('#save-table').click()")
    saved = page.run("window.saved")
    assert "'=SUM(A1:A9) of moss" in saved
    assert ",=SUM" not in saved


def test_the_map_can_be_saved_as_a_picture(page):
    catch_download(page, "blob.type")
    page.run("document.querySelector('#save-picture').click()")
    assert page.run("window.saved") == "image/png"


# A place of the window where the map shows a given colour, a few pixels into the mark.
FIND_COLOUR = """(([red, green, blue]) => {
  const canvas = document.querySelector("#canvas canvas"), box = canvas.getBoundingClientRect();
  const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data, width } = context.getImageData(0, 0, canvas.width, canvas.height);
  const is = (i) => data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255;
  for (let i = 0; i < data.length; i += 4)
    if (is(i) && is(i + 4 * 4 * width)) {
      const x = (i / 4) % width, y = Math.floor(i / 4 / width) + 4, ratio = box.width / width;
      return [box.left + x * ratio, box.top + y * ratio];
    }
})"""


def test_clicking_a_mark_on_the_map_opens_it_and_clicking_the_ground_closes_it(page):
    page.wait(f"{FIND_COLOUR}([0, 155, 106])")
    page.click(*page.run(f"{FIND_COLOUR}([0, 155, 106])"))
    page.wait("!document.querySelector('#panel').hidden")
    assert page.run("document.querySelector('#panel .kind').innerText") == "Dataset"
    left, top = page.run("(({ left, top }) => [left, top])(document.querySelector('#canvas').getBoundingClientRect())")
    page.run("document.querySelector('#zoom-fit').click()")
    page.click(left + 8, top + 8)
    page.wait("document.querySelector('#panel').hidden")


def test_a_hidden_kind_leaves_the_map(page):
    page.wait(f"{FIND_COLOUR}([0, 155, 106])")
    page.run("document.querySelectorAll('#filters input[type=checkbox]')[2].click()")
    page.wait(f"!{FIND_COLOUR}([0, 155, 106])")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_sideways(page, width):
    page.size(width, 844)
    page.run("location.hash = '#paper=example%3A3'")
    panel_says(page, "<img")
    assert page.run("document.documentElement.scrollWidth") <= width
    page.size(1440, 900)


def test_the_chosen_scheme_is_remembered(page, address):
    page.run("document.querySelector('#theme').click()")
    chosen = page.run("document.documentElement.dataset.theme")
    page.open("about:blank")
    page.open(address)
    assert page.run("document.documentElement.dataset.theme") == chosen
    page.run("localStorage.clear()")


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(251, 250, 248)"), ("dark", "rgb(20, 23, 27)")])
def test_the_page_follows_the_preferred_scheme(page, scheme, ground):
    page.scheme(scheme)
    assert page.run("getComputedStyle(document.body).backgroundColor") == ground
    page.run("document.querySelector('#theme').click()")
    assert page.run("getComputedStyle(document.body).backgroundColor") != ground
    page.scheme("light")
