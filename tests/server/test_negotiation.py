from __future__ import annotations

import pytest

from kg.server.negotiation import GRAPHS, TABLES, accepted, preferred

OFFERED = ("text/turtle", "text/html", "application/ld+json")
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/turtle"),
        ("*/*", "text/turtle"),
        (FIREFOX, "text/html"),
        ("application/ld+json, text/turtle;q=0.5", "application/ld+json"),
        ("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", "text/html"),
        ("text/turtle;q=0, */*", "text/html"),
        ("TEXT/HTML ; Q=0.4", "text/html"),
        ("text/turtle; charset=utf-8", "text/turtle"),
        ("image/png", None),
        ("text/turtle;q=0", None),
        ("text/turtle;q=much", None),
        (", ,;q=1", "text/turtle"),
    ],
)
def test_the_client_gets_what_it_likes_best(accept, expected):
    assert preferred(accept, OFFERED) == expected


def test_a_format_s_name_stands_for_its_media_types():
    assert preferred(accepted(FIREFOX, "csv"), tuple(TABLES)) == "text/csv"
    assert preferred(accepted("", "xml"), tuple(GRAPHS)) == "application/rdf+xml"
    assert accepted(FIREFOX, "nothing known") == FIREFOX
