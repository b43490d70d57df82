"""The paper's own method, by how papers introduce one."""

import pytest
import spacy

from kg.extraction.own_method import own_names
from kg.extraction.sentences import kg_sentences

NLP = spacy.blank("en")


def names(text):
    doc = kg_sentences(NLP(text))
    return [doc[a:b].text for a, b in own_names(doc)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("FooNet: moss from tides\nAn abstract.", "FooNet"),
        ("FooNet-2: moss from tides\nAn abstract.", "FooNet-2"),
        ("Moss\nWe propose FooNet, a graph neural network.", "FooNet"),
        ("Moss\nHere we introduce a novel framework FooNet.", "FooNet"),
        ("Moss\nThis paper presents FooNet for moss.", "FooNet"),
        ("Moss\nWe give a method for moss, dubbed FooNet.", "FooNet"),
        ("Moss\nOur method for moss is called MOSS-GAN.", "MOSS-GAN"),
    ],
)
def test_ways_to_introduce_a_method(text, name):
    assert name in names(text)


@pytest.mark.parametrize(
    "text",
    [
        "Moss and tides: a survey\nAn abstract.",
        "A long study of moss: FooNet\nAn abstract.",
        "Moss\nWe propose a simple method.",
        "Moss\nThey outperform FooNet.",
        "Moss\nWe rest. A known method for moss is called FooNet.",
        "Moss\nFooNet: a colon in the abstract is no title.",
        "",
    ],
)
def test_what_introduces_nothing(text):
    assert names(text) == []
