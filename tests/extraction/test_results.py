"""Numbers that are results, and numbers that are none; the mentions are given by hand."""

import pytest
import spacy

import kg.extraction.mentions  # noqa: F401  (registers the extension)
from kg.extraction.results import kg_results
from kg.extraction.sentences import kg_sentences
from kg.records import Mention

NLP = spacy.blank("en")
NAMED = {
    "FooNet": ("METHOD", "proposed"),
    "BarNet": ("METHOD", "compared"),
    "BarkBench": ("DATASET", "evaluated_on"),
    "TideSet": ("DATASET", "evaluated_on"),
    "CIFAR-10": ("DATASET", "evaluated_on"),
    "accuracy": ("METRIC", "measured"),
    "FID": ("METRIC", "measured"),
    "wave error": ("METRIC", "measured"),
    "mIoU": ("METRIC", "measured"),
    "BLEU": ("METRIC", "measured"),
}


def results(text):
    doc = kg_sentences(NLP(text))
    mentions = []
    for surface, (label, role) in NAMED.items():
        start = text.find(surface)
        while start >= 0:
            mentions.append(Mention(start, start + len(surface), surface, label, role))
            start = text.find(surface, start + 1)
    doc._.kg_mentions = tuple(sorted(mentions))
    found = kg_results(doc)._.kg_results
    assert all(text[r.start : r.end].replace(",", "") == f"{abs(r.value):g}" for r in found)
    return found


@pytest.mark.parametrize(
    ("text", "value", "unit", "kind", "metric"),
    [
        ("FooNet reaches an accuracy of 71.3% on BarkBench.", 71.3, "%", "absolute", "accuracy"),
        ("FooNet achieves 1.31 FID on BarkBench.", 1.31, "", "absolute", "FID"),
        ("FooNet improves accuracy by 2.1 points on BarkBench.", 2.1, "points", "gain", "accuracy"),
        ("FooNet lowers the FID from 3.5 on BarkBench.", 3.5, "", "absolute", "FID"),
        ("On BarkBench FooNet has 4 percentage points higher accuracy.", 4.0, "%", "gain", "accuracy"),
        ("On BarkBench FooNet is 3x faster.", 3.0, "x", "ratio", "speed-up"),
        ("On BarkBench FooNet is 3.5 times faster than BarNet.", 3.5, "x", "ratio", "speed-up"),
        ("On BarkBench FooNet needs 10× fewer parameters.", 10.0, "x", "ratio", "parameters"),
        ("On BarkBench FooNet has 3x faster inference.", 3.0, "x", "ratio", "inference speed"),
        ("On BarkBench FooNet has a 5x reduction of memory footprint.", 5.0, "x", "ratio", "memory footprint"),
        ("FooNet reaches 81.3 mIoU on BarkBench.", 81.3, "", "absolute", "mIoU"),
        ("FooNet improves the parser by up to 0.4 BLEU on BarkBench.", 0.4, "BLEU", "gain", "BLEU"),
        ("On BarkBench FooNet runs at 37 FPS.", 37.0, "fps", "absolute", "FPS"),
        ("On BarkBench FooNet runs at 37 frames per-second.", 37.0, "fps", "absolute", "frames per-second"),
        ("On BarkBench FooNet runs more than x4 faster.", 4.0, "x", "ratio", "speed-up"),
        ("On BarkBench FooNet is 6X faster in training.", 6.0, "x", "ratio", "training speed"),
        ("On BarkBench FooNet is 20% faster.", 20.0, "%", "gain", "speed-up"),
        ("FooNet accelerates walks on BarkBench by 5x.", 5.0, "x", "ratio", "speed-up"),
        ("On BarkBench FooNet cuts the walking time by a factor of up to 2.6.", 2.6, "x", "ratio", "walking time"),
        ("On BarkBench FooNet has an 85% average reduction in training time.", 85.0, "%", "gain", "training time"),
        ("FooNet reduces the training cost of walks on BarkBench by 25%.", 25.0, "%", "gain", "training cost"),
        ("On BarkBench FooNet has 81% fewer trainable parameters.", 81.0, "%", "gain", "trainable parameters"),
        ("On BarkBench FooNet brings 30% memory savings.", 30.0, "%", "gain", "memory"),
        ("On BarkBench the walking time of FooNet is only 7s.", 7.0, "s", "absolute", "walking time"),
        ("FooNet outperforms BarNet on BarkBench by 4.4%.", 4.4, "%", "gain", ""),
        ("FooNet shows a +2.5 points improvement on BarkBench.", 2.5, "points", "gain", ""),
    ],
)
def test_kinds(text, value, unit, kind, metric):
    (found,) = results(text)
    assert (found.value, found.unit, found.kind, found.metric) == (value, unit, kind, metric)
    assert (found.method, found.dataset) == ("FooNet", "BarkBench")


@pytest.mark.parametrize(
    "text",
    [
        "In 2021 the accuracy of FooNet was new.",
        "FooNet has accuracy on 12 datasets and 5 tasks.",
        "FooNet has 175B parameters and a good accuracy.",
        "FooNet keeps its accuracy on 256×256 images.",
        "FooNet has a good accuracy on CIFAR-10.",
        "FooNet keeps its accuracy on BarkBench 256.",
        "FooNet grows to 71.3.",
        "FooNet is 3x on BarkBench.",
        "FooNet keeps its accuracy over the work in [46] and [10, 18].",
        "FooNet has a good accuracy: (1) it is small, (2) it is new.",
        "FooNet gains accuracy in 62 rounds.",
        "FooNet's accuracy is within 1/2 of it.",
        "The accuracy is good.",
        "FooNet has an accuracy of at least 1/ε.",
        "FooNet has an accuracy that tends to 0 for δ in (0,1].",
        "FooNet has an accuracy of 0.55^2 there.",
        "FooNet is tested with 2,359 DOG owners and a good accuracy.",
        "FooNet keeps its accuracy in the work of arXiv:2209.13932.",
        "FooNet reaches its accuracy in 30 minutes.",
        "FooNet costs 30% of them.",
        "",
        "FooNet has accuracy in mind: 1) it is quick; 2) it is FID that it lowers; 3) no more.",
        "FooNet keeps its accuracy on BarkBench with just 4% clean images.",
        "FooNet has the best FID with a weight of only 0.1.",
    ],
)
def test_numbers_that_are_no_results(text):
    assert results(text) == ()


def test_each_change_has_its_quantity():
    found = results("FooNet reduces both active parameters by 40% and inference costs by 90% on BarkBench.")
    assert [(r.metric, r.value) for r in found] == [("active parameters", 40.0), ("inference costs", 90.0)]


@pytest.mark.parametrize("printed", ["20-25%", "20%–25%", "20 to 25%"])
def test_a_range_gives_both_its_ends(printed):
    found = results(f"FooNet improves accuracy by {printed} on BarkBench.")
    assert [(r.metric, r.value, r.unit, r.kind) for r in found] == [
        ("accuracy", 20, "%", "gain"),
        ("accuracy", 25, "%", "gain"),
    ]


def test_numbers_that_go_on_share_what_was_said_once():
    found = results("FooNet outperforms BarNet by 5.6%, 6.5%, and 5.7% on BarkBench.")
    assert [(r.metric, r.value, r.kind) for r in found] == [("", 5.6, "gain"), ("", 6.5, "gain"), ("", 5.7, "gain")]


def test_a_gain_takes_the_metric_of_its_sentence_however_far():
    far = "which is more than all that was ever tried by anyone who walked dogs through that town before"
    (found,) = results(f"FooNet has the best accuracy, {far}, and outperforms BarNet by 6.6%.")
    assert found.metric == "accuracy"


@pytest.mark.parametrize("piece", ["average of ", "improves time of ", "reduces a b ", "5% in a ", "1-2", "1,000"])
def test_odd_texts_take_no_time(piece):
    results(f"FooNet improves {piece * 2000} 5%")


def test_each_number_takes_the_metric_beside_it():
    text = "FooNet reaches an accuracy of 71.3% and a wave error of 0.42 on BarkBench."
    assert [(r.metric, r.value) for r in results(text)] == [("accuracy", 71.3), ("wave error", 0.42)]


@pytest.mark.parametrize(
    "text",
    [
        "FooNet has an mIoU and BLEU of 71.3% and 60.5%, respectively.",
        "FooNet gains 71.3% and 60.5% in mIoU and BLEU.",
        "FooNet reaches mIoU/BLEU of 71.3%/60.5%.",
    ],
)
def test_listed_numbers_take_the_metrics_listed_in_the_same_order(text):
    assert [(r.metric, r.value) for r in results(text)] == [("mIoU", 71.3), ("BLEU", 60.5)]


def test_each_number_takes_the_dataset_beside_it():
    text = "FooNet reaches an accuracy of 71.3% on BarkBench and 60.5% on TideSet."
    assert [(r.dataset, r.value) for r in results(text)] == [("BarkBench", 71.3), ("TideSet", 60.5)]


def test_a_sentence_without_a_dataset_takes_the_last_one_named():
    (found,) = results("We test on BarkBench. FooNet reaches an accuracy of 71.3%.")
    assert found.dataset == "BarkBench"


def test_sign_thousands_and_setting():
    (found,) = results("FooNet reaches an FID of 1,234.5 on BarkBench 256×256.")
    assert (found.value, found.setting) == (1234.5, "256x256")
    (negative,) = results("FooNet reaches a wave error of -0.42 on BarkBench.")
    assert negative.value == -0.42


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("FooNet gains a speedup in FID by a factor of 2-5 over BarNet.", [2, 5]),
        ("FooNet gives a 4% to 6% improvement of accuracy over BarNet.", [4, 6]),
        ("FooNet has 3% accuracy within a ball with radius 0.1 here.", [3]),
    ],
)
def test_both_ends_of_a_range_and_no_setting(text, values):
    assert [result.value for result in results(text)] == values


def test_what_is_smaller_has_a_size():
    (found,) = results("FooNet is 13x more compact than BarNet.")
    assert (found.metric, found.value, found.kind) == ("size", 13, "ratio")
