"""What is no entity, and how a name is cut down to itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.extraction.filters import is_generic, is_nameless, trim
from kg.extraction.tokens import blank
from kg.records import LABELS

NLP = blank()


def trimmed(text, label="METHOD"):
    doc = NLP(text)
    start, end = trim(doc, 0, len(doc), label)
    return doc[start:end].text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the proposed Foo framework", "Foo"),
        ("a novel graph neural network", "graph neural network"),
        ("Gaussian mixture model", "Gaussian mixture model"),
        ("BERT model", "BERT"),
        ("policy gradient methods", "policy gradient"),
        ("(FooNet)", "FooNet"),
        ("“FooNet”,", "FooNet"),
        ("FooNet (", "FooNet"),
        ("FooNet (moss", "FooNet"),
        ("graph neural network (GNN)", "graph neural network"),
        ("of moss for", "moss"),
        ("the", ""),
        ("in-context learning over", "in-context learning"),
        ("a plug-in", "plug-in"),
        ("( )", ""),
    ],
)
def test_trim(text, name):
    assert trimmed(text) == name


def test_a_dataset_loses_its_model_word():
    assert trimmed("the ImageNet dataset", "DATASET") == "ImageNet"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="the model()-,. FOo2\n“”", max_size=40), st.sampled_from(LABELS))
def test_trim_stays_inside_and_leaves_no_marks_at_the_edges(text, label):
    doc = NLP(text)
    start, end = trim(doc, 0, len(doc), label)
    assert 0 <= start <= len(doc)
    assert end <= len(doc)
    if start < end:
        assert not doc[start].is_space
        assert not doc[end - 1].is_space
        assert doc[start].text not in "([{,.;:"


@pytest.mark.parametrize(
    "text",
    ["method", "our approach", "The Baselines", "2021", "71.3%", "x", " ", "—", "large-scale dataset",
     "https://example.org/moss", "example.com"],
)  # fmt: skip
def test_generic(text):
    assert is_generic(text)


@pytest.mark.parametrize(
    "text", ["FooNet", "graph neural network", "ImageNet", "F1", "moss", "C++", "潮汐网络", "pre-training"]
)
def test_not_generic(text):
    assert not is_generic(text)


def test_a_name_keeps_both_of_its_brackets() -> None:
    for text, name in (("poses in SE(3) are", "SE(3)"), ("We use TD(λ) here", "TD(λ)")):
        doc = blank()(text)
        at = next(i for i, token in enumerate(doc) if "(" in token.text)
        start, end = trim(doc, at, at + 1, "METHOD")
        assert doc[start:end].text == name
    assert is_generic("Knowledge Graph)-based") and not is_generic("TD(0)")


def test_half_a_term_is_no_name_of_its_label():
    assert (
        is_nameless("rule-based", "METHOD") and is_nameless("Rule-based", "METHOD") and is_nameless("KUKA", "DATASET")
    )
    assert not is_nameless("rule-based", "TASK") and not is_nameless("Self-BLEU", "METRIC")
