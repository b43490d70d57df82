from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.export.resources import Minter
from kg.server.space import Space

BASE = "https://example.org/id/"
SPACE = Space(BASE)
MINT = Minter(BASE)


@given(st.text(min_size=1, max_size=30))
def test_every_paper_is_found_at_its_own_address(paper_id):
    iri = MINT.paper(paper_id)
    path = SPACE.path(iri.value)
    assert path is not None and path.isascii()
    assert SPACE.iri(path) == iri


@given(st.sampled_from(["c%2B%2B", "c%23", "c++", "été", "量子", "a-b.c", "..", "%", "a/b", "~x"]))
def test_every_entity_is_found_at_its_own_address(slug):
    iri = MINT.entity(f"method:{slug}")
    assert SPACE.iri(SPACE.path(iri.value) or "") == iri


def test_what_clients_encode_needlessly_makes_no_difference():
    iri = MINT.paper("doi:10.1/é_x")
    assert SPACE.iri("/paper/doi%3a10.1%2f%c3%a9%5Fx") == iri
    assert SPACE.iri("/" + quote(iri.value.removeprefix(BASE), safe="/%")) == iri


@pytest.mark.parametrize(
    "path", ["/", "/paper", "/paper/", "/nothing/x", "/sparql", "/paper/a b", "/paper/<a>", "//paper/x"]
)
def test_other_paths_are_no_things(path):
    assert SPACE.iri(path) is None


def test_other_iris_have_no_path():
    assert SPACE.path("https://elsewhere.org/paper/x") is None
    assert SPACE.path(BASE + "nothing/x") is None
    assert Space.of({"paper": "urn:x:paper/"}).path("urn:x:method/adam") == "/method/adam"
