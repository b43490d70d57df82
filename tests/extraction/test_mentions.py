"""The whole pipeline: whatever the text, every mention is what stands at its place."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.extraction import extract, load
from kg.records import LABELS, ROLES, Paper

TITLE = "FooNet: learning from moss"
ABSTRACT = (
    "We propose FooNet, a graph neural network (GNN) for image classification. On ImageNet, FooNet reaches an "
    "accuracy of 71.3%, and the GNN is 2x faster than ResNet-50."
)


@pytest.fixture(scope="module")
def nlp():
    return load()


def check(doc):
    mentions = doc._.kg_mentions
    assert list(mentions) == sorted(mentions, key=lambda m: m.start)
    for m in mentions:
        assert m.text
        assert doc.text[m.start : m.end] == m.text
        assert m.label in LABELS
        assert m.role in ROLES[m.label]
        assert 0 <= m.score <= 1
        assert "\n" not in m.text
    assert all(a.end <= b.start for a, b in pairwise(mentions))
    surfaces = {m.text for m in mentions}
    for r in doc._.kg_results:
        assert float(doc.text[r.start : r.end].replace(",", "")) == abs(r.value)
        assert {r.method, r.dataset} <= surfaces | {""}
    assert [(s.start_char, s.end_char, s.label_) for s in doc.spans["kg"]] == [
        (e.start_char, e.end_char, e.label_) for e in doc.ents
    ]


WORDS = st.sampled_from(
    ["FooNet", "a graph neural network", "(GNN)", "GNNs", "ImageNet", "accuracy of", "71.3%", "we propose", "by 2x", "🌊",
     "𝔘nicode", "e\u0301", "\u200b", "\u2028", "(", ")", "[", ".", ",", ":", "-", "\n", "  ", "\t", "diffusion models", "潮汐"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS).map("".join)))
@example("")
@example("\n")
@example("(CFG)\n")
def test_mentions_of_any_text_are_what_stands_there(nlp, text):
    check(nlp(text))


def test_a_text_longer_than_the_encoder_sees_at_once(nlp):
    doc = nlp(TITLE + "\n" + " ".join([ABSTRACT] * 30))
    check(doc)
    assert any(m.start > len(doc.text) - len(ABSTRACT) for m in doc._.kg_mentions)


def test_a_text_of_one_endless_word(nlp):
    check(nlp("moss" * 2000))


def test_a_plain_abstract_gives_its_own_method_and_more(nlp):
    (found,) = extract([Paper("a", TITLE, ABSTRACT)], nlp)
    own = [m for m in found.mentions if m.text == "FooNet"]
    assert {m.start for m in own} == {
        i for i in range(len(found.paper.text)) if found.paper.text.startswith("FooNet", i)
    }
    assert {(m.label, m.role) for m in own} == {("METHOD", "proposed")}
    assert len({m.label for m in found.mentions}) > 1


def test_a_name_has_one_label_and_role_throughout(nlp):
    (found,) = extract([Paper("a", TITLE, ABSTRACT)], nlp)
    said = {}
    for m in found.mentions:
        assert said.setdefault(m.text, (m.label, m.role)) == (m.label, m.role)


def test_reading_again_finds_the_same(nlp):
    paper = Paper("a", TITLE, ABSTRACT)
    first, second = extract([paper, paper], nlp)
    assert first == second


def test_a_users_table_makes_its_names_known(tmp_path):
    (tmp_path / "mine.tsv").write_text("DATASET\tGlimmerwort\n", encoding="utf-8")
    doc = load([tmp_path / "mine.tsv"])("Moss\nWe evaluate on the Glimmerwort dataset.")
    assert ("Glimmerwort", "DATASET") in {(m.text, m.label) for m in doc._.kg_mentions}


def test_a_common_word_is_no_repeat_of_an_acronym(nlp):
    (found,) = extract([Paper("a", "FooNet for maps", "We build a map of the room. FooNet reaches 41.2 mAP.")], nlp)
    assert "map" not in {mention.text for mention in found.mentions}


def test_digits_without_end_are_no_result(nlp):
    (found,) = extract([Paper("a", "FooNet", f"FooNet reaches an accuracy of {'9' * 400}%.")], nlp)
    assert found.results == ()
