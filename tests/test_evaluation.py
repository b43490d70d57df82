"""The scorer on cases worked out by hand."""

import json

import pytest

from kg.errors import InputError
from kg.evaluation import (
    Count,
    GoldEntity,
    GoldPaper,
    GoldResult,
    evaluate,
    match,
    pairwise,
    read_gold,
    score_results,
)
from kg.records import EntityMention, Paper, PaperEntity, ReadPaper, Result


def gold(label, *surfaces, optional=False, role="used"):
    return GoldEntity(label, surfaces[0], surfaces, role, optional)


def got(label, *surfaces, role="used"):
    mentions = tuple(EntityMention(0, len(s), s) for s in surfaces)
    return PaperEntity(f"{label.lower()}:{surfaces[0].lower()}", label, surfaces[0], role, mentions)


def read(identifier, entities=(), results=(), title="A title"):
    return ReadPaper(Paper(identifier, title, "An abstract."), tuple(entities), tuple(results))


def test_strict_match_ignores_case_hyphen_and_plural():
    assert match([gold("METHOD", "Auto-Encoders")], [got("METHOD", "autoencoder")], True) == {}
    assert match([gold("METHOD", "Diffusion Models")], [got("METHOD", "diffusion model")], True) == {0: 0}
    assert match([gold("DATASET", "CIFAR 10")], [got("DATASET", "CIFAR-10")], True) == {0: 0}


def test_latex_leftovers_compare_after_cleaning():
    assert match([gold("DATASET", "ImageNet 256times256")], [got("DATASET", "ImageNet 256×256")], True) == {0: 0}


def test_relaxed_match_needs_a_run_of_whole_words():
    long, short = [gold("METHOD", "latent diffusion model")], [got("METHOD", "diffusion model")]
    assert match(long, short, True) == {}
    assert match(long, short, False) == {0: 0}
    assert match([gold("METHOD", "latent model")], [got("METHOD", "latent diffusion model")], False) == {}
    assert match([gold("METHOD", "GAN")], [got("METHOD", "organ")], False) == {}


def test_matching_is_one_to_one():
    assert len(match([gold("METHOD", "GAN")], [got("METHOD", "GAN"), got("METHOD", "GANs")], True)) == 1


def test_matching_is_the_best_there_is():
    # Taking the first fit ("a b" with "b") would leave "b c" without a partner.
    wanted = [gold("METHOD", "a b"), gold("METHOD", "b")]
    found = [got("METHOD", "b"), got("METHOD", "a")]
    assert match(wanted, found, False) == {0: 1, 1: 0}


def test_an_optional_entity_counts_neither_way():
    paper = GoldPaper("p", "A title", "", (gold("METHOD", "GAN"), gold("METHOD", "deep learning", optional=True)), ())
    for found in ([got("METHOD", "GAN")], [got("METHOD", "GAN"), got("METHOD", "deep learning")]):
        scores = evaluate([paper], [read("p", found)])
        assert scores.strict["METHOD"] == Count(1, 0, 0)
        assert scores.strict["core"].f1 == 1.0


def test_an_optional_entity_never_takes_the_place_of_one_that_counts():
    wanted = [gold("METHOD", "GAN", optional=True), gold("METHOD", "GAN", "adversarial network")]
    assert match(wanted, [got("METHOD", "GAN")], True) == {1: 0}


def test_counts_by_hand():
    paper = GoldPaper(
        "p",
        "A title",
        "",
        (gold("METHOD", "GAN"), gold("METHOD", "VAE"), gold("DATASET", "MNIST"), gold("TASK", "x y")),
        (),
    )
    found = [got("METHOD", "GAN"), got("METHOD", "Adam"), got("METRIC", "FID"), got("TASK", "x y")]
    scores = evaluate([paper], [read("p", found)])
    assert scores.strict["METHOD"] == Count(1, 1, 1)
    assert scores.strict["DATASET"] == Count(0, 0, 1)
    assert scores.strict["METRIC"] == Count(0, 1, 0)
    assert scores.strict["core"] == Count(1, 2, 2)
    assert scores.strict["core"].precision == pytest.approx(1 / 3)
    assert scores.strict["core"].f1 == pytest.approx(2 / 6)
    assert [e.name for e in scores.errors[0].missed] == ["VAE", "MNIST"]
    assert [e.name for e in scores.errors[0].spurious] == ["Adam", "FID"]


def test_a_label_matters():
    paper = GoldPaper("p", "A title", "", (gold("TASK", "image generation"),), ())
    assert evaluate([paper], [read("p", [got("METHOD", "image generation")])]).strict["TASK"] == Count(0, 0, 1)


def test_papers_are_paired_by_title_and_missing_ones_are_named():
    papers = [GoldPaper("a", "On GANs: A Study", "", (), ()), GoldPaper("b", "Another", "", (), ())]
    scores = evaluate(papers, [read("other-id", title="on GANs -- a study")])
    assert scores.papers == 1
    assert scores.missing == ["b"]


def result(value, metric, kind="absolute"):
    return Result("", metric, "", value, "", kind, "", 0, 1)


def test_results_need_value_and_metric():
    paper = GoldPaper(
        "p", "t", "", (gold("METRIC", "FID", "Fréchet inception distance"),),
        (GoldResult("", "FID", "1.78", "", "", "absolute"), GoldResult("", "accuracy", "63.2%", "%", "", "absolute")),
    )  # fmt: skip
    metric = got("METRIC", "Fréchet inception distance")
    assert score_results(paper, read("p", [metric], [result(1.78, metric.id)])) == Count(1, 0, 1)
    assert score_results(paper, read("p", [metric], [result(1.79, metric.id)])) == Count(0, 1, 2)
    assert score_results(paper, read("p", [], [result(63.2, "metric:top-1-accuracy")])) == Count(1, 0, 1)


def test_proposed_method_and_roles():
    paper = GoldPaper("p", "t", "", (gold("METHOD", "Foo", role="proposed"), gold("METHOD", "Adam", role="used")), ())
    scores = evaluate(
        [paper], [read("p", [got("METHOD", "Foo", role="proposed"), got("METHOD", "Adam", role="studied")])]
    )
    assert scores.proposed == (1, 1)
    assert scores.roles == (1, 2)


def test_pairs_count_only_across_papers():
    items = [
        ("p", ("METHOD", "gan"), "method:gan"),
        ("q", ("METHOD", "gan"), "method:gan"),
        ("r", ("METHOD", "gan"), "method:generative-adversarial-network"),
        ("r", ("METHOD", "vae"), "method:gan"),
    ]
    # gold pairs: pq, pr, qr; predicted pairs: pq, p-r(vae), q-r(vae).
    assert pairwise(items) == Count(1, 2, 2)


def test_related_papers_are_ranked_against_gold():
    shared = gold("METHOD", "Foo")
    papers = [GoldPaper(i, i, "", (e,), ()) for i, e in (("a", shared), ("b", shared), ("c", gold("METHOD", "Bar")))]
    found = [read(i, [got("METHOD", n)], title=i) for i, n in (("a", "Foo"), ("b", "Foo"), ("c", "Bar"))]
    assert evaluate(papers, found).ndcg == pytest.approx(1.0)
    assert evaluate(papers, [read(i, [], title=i) for i in "abc"]).ndcg == 0.0


def test_a_broken_gold_line_is_named(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({"id": "a", "title": "t", "entities": [], "results": []}) + "\n{}\n")
    with pytest.raises(InputError, match=r"gold\.jsonl:2"):
        read_gold(path)
