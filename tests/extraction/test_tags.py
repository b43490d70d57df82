"""The tag scheme and its decoding."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kg.extraction.tags import HEAD_ROLES, TAGS, begin, spans, viterbi
from kg.records import LABELS

N = len(TAGS)


def legal(path):
    return all(tag % 2 or tag == 0 or (i > 0 and path[i - 1] in (tag - 1, tag)) for i, tag in enumerate(path))


def log_scores(*rows):
    """Log probabilities where each row's given tags have what is given and the others share nothing."""
    scores = np.full((len(rows), N), -20.0, dtype=np.float32)
    for i, row in enumerate(rows):
        for tag, probability in row.items():
            scores[i, TAGS.index(tag)] = np.log(probability)
    return scores


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(0, 12), st.just(N)), elements=st.floats(-30, 0, width=32)))
def test_every_path_is_legal(scores):
    path = viterbi(scores).tolist()
    assert len(path) == len(scores)
    assert legal(path)


def test_the_best_legal_path_is_found_over_the_greedy_one():
    scores = log_scores({"O": 0.6, "B-METHOD": 0.4}, {"I-METHOD": 0.9, "O": 0.1})
    assert [TAGS[t] for t in viterbi(scores)] == ["B-METHOD", "I-METHOD"]


def test_an_inner_tag_never_follows_another_label():
    scores = log_scores({"B-DATASET": 0.9, "B-METHOD": 0.1}, {"I-METHOD": 0.6, "I-DATASET": 0.4})
    assert [TAGS[t] for t in viterbi(scores)] == ["B-DATASET", "I-DATASET"]


def test_spans_read_the_path_back():
    path = [begin("METHOD"), begin("METHOD") + 1, begin("METHOD"), 0, begin("TASK")]
    probabilities = np.full((5, N), 0.5)
    roles = np.arange(5 * len(HEAD_ROLES)).reshape(5, -1)
    found = spans(path, probabilities, roles)
    assert [(s.start, s.end, s.label, s.score) for s in found] == [
        (0, 2, "METHOD", 0.5), (2, 3, "METHOD", 0.5), (4, 5, "TASK", 0.5),
    ]  # fmt: skip
    assert found[1].roles.tolist() == roles[2].tolist()


def test_every_label_has_its_two_tags():
    assert [TAGS[begin(label)] for label in LABELS] == [f"B-{label}" for label in LABELS]
    assert [TAGS[begin(label) + 1] for label in LABELS] == [f"I-{label}" for label in LABELS]
