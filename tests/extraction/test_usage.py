"""What training texts say of a name moves the encoder's score of it, and no other's."""

import pytest

from kg.extraction.usage import Usage, read_plain, read_usage, with_usage, write_plain, write_usage
from kg.training.data import GoldSpan, Text
from kg.training.usage import plain_words

USAGE = {"accuracy": Usage({"METRIC": 40}, 10), "optimization": Usage({"TASK": 1}, 90)}


def test_a_name_that_readers_take_is_taken_more_readily():
    assert with_usage(USAGE, "accuracies", "METRIC", 0.5) > 0.5
    assert with_usage(USAGE, "accuracy", "METHOD", 0.5) < 0.5


def test_a_name_that_readers_leave_alone_needs_more():
    assert with_usage(USAGE, "Optimization", "TASK", 0.7) < 0.5


@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
def test_an_unknown_name_keeps_its_score(score):
    assert with_usage(USAGE, "FooNet", "METHOD", score) == score


def test_a_certain_score_stays_a_probability():
    assert 0 < with_usage(USAGE, "optimization", "TASK", 1.0) < 1


def test_the_file_comes_back_as_it_was_written(tmp_path):
    write_usage(USAGE.items(), tmp_path)
    assert {name: usage.log_odds("METRIC") for name, usage in read_usage(tmp_path).items()} == {
        name: usage.log_odds("METRIC") for name, usage in USAGE.items()
    }


def test_a_model_without_the_file_knows_nothing(tmp_path):
    assert read_usage(tmp_path) == {}
    assert read_plain(tmp_path) == frozenset()


def test_words_that_readers_leave_alone_are_plain(tmp_path):
    named = Text("0", "attention to an aerial scene", (GoldSpan(0, 9, "METHOD", "used", False),))
    left = [Text(str(n), "attention to an aerial scene, and Adam") for n in range(1, 25)]
    write_plain(plain_words([named, *left]), tmp_path)
    assert read_plain(tmp_path) == {"to", "an", "aerial", "scene", "and"}
