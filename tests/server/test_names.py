from __future__ import annotations

from example import graph
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.export.rdf import triples
from kg.export.vocabulary import DCTERMS
from kg.server.names import Names


def names(*titles: str) -> Names:
    store = Store()
    store.extend([Quad(NamedNode(f"a:{i}"), DCTERMS.title, Literal(title)) for i, title in enumerate(titles)])
    return Names(store)


def test_better_fits_come_first():
    found = names("the lime", "Limestone", "Sublime", "lime", "A study of Limes").find("LIME")
    assert [named.name for named in found] == ["lime", "Limestone", "A study of Limes", "the lime", "Sublime"]


def test_entities_come_by_any_name_and_by_their_papers():
    store = Store()
    store.extend([Quad(*triple) for triple in triples(graph())])
    known = Names(store)
    assert [(named.name, named.papers) for named in known.find("tidenet")] == [("tidal network", 3)]
    assert [named.name for named in known.find("tidal")] == ["tidal network", "deep tidal network"]
    assert [(named.name, named.year) for named in known.find("deeper")] == [("Deeper tides", 2023)]


def test_accents_and_case_make_no_difference():
    assert names("Über die Größe").find("uber DIE grosse")
    assert names("naive bayes").find("Naïve Bayes")


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=4))
def test_nothing_is_missed_and_nothing_invented(titles, text):
    found = {named.name for named in names(*titles).find(text)}
    assert found <= set(titles)
    for title in titles:
        if len(text) >= 2 and text.isascii() and text.isalnum() and text.lower() in title.lower():
            assert title in found


def test_short_texts_find_nothing():
    assert names("a b", "ab").find(" a ") == [] and names("ab").find("") == []
