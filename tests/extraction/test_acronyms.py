"""Acronyms that a text defines."""

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.extraction.acronyms import acronym_spans, find_acronyms

NLP = spacy.blank("en")


def pairs(text):
    doc = NLP(text)
    return [(doc[a.long_start : a.long_end].text, doc[a.short_start : a.short_end].text) for a in find_acronyms(doc)]


@pytest.mark.parametrize(
    ("text", "long", "short"),
    [
        ("We use classifier-free guidance (CFG) here.", "classifier-free guidance", "CFG"),
        ("A graph neural network (GNN) learns.", "graph neural network", "GNN"),
        ("Large language models (LLMs) write.", "Large language models", "LLMs"),
        ("We propose CFG (classifier-free guidance) here.", "classifier-free guidance", "CFG"),
        ("Mean absolute error (MAE, lower is better) falls.", "Mean absolute error", "MAE"),
        ("Tide Network (TideNet) forecasts.", "Tide Network", "TideNet"),
        ("The area under the curve (AUC) grows.", "area under the curve", "AUC"),
    ],
)
def test_definitions_in_either_order(text, long, short):
    assert pairs(text) == [(long, short)]


@pytest.mark.parametrize(
    "text",
    [
        "Moss grows (XYZ) here.",
        "Moss grows (see Section 3) here.",
        "Moss grows () here.",
        "(CFG) is first.",
        "Some tides (2021) rise.",
        "Moss grows ( and never closes",
        "",
    ],
)
def test_what_is_no_definition(text):
    assert pairs(text) == []


def test_a_sentence_end_bounds_the_long_form():
    assert pairs("Guided. Moss network (GMN) grows.") == []


def test_later_uses_of_a_defined_acronym_are_spans_too():
    doc = NLP("A graph neural network (GNN) learns. GNNs and the GNN rest.")
    assert [doc[a:b].text for a, b in acronym_spans(doc)] == ["graph neural network", "GNN", "GNNs", "GNN"]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aAbBcC ().,-\nß𝔘0", max_size=60))
def test_definitions_of_any_text_lie_inside_it(text):
    doc = NLP(text)
    for a in find_acronyms(doc):
        assert 0 <= a.long_start < a.long_end <= len(doc)
        assert 0 <= a.short_start < a.short_end <= len(doc)
        assert a.long_end <= a.short_start or a.short_end <= a.long_start
