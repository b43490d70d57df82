"""Which spellings are one name, and what an id is made of."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.naming import compact_key, is_acronym_of, joined, name_key, numbers, singular, slug, word_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tidal Networks", "tidal network"),
        ("auto-encoders", "Auto Encoder"),
        ("mixture-of-experts", "Mixture of Experts"),
        ("GANs", "GAN"),
        ("LSTM's", "LSTM"),
        ("losses", "loss"),
        ("classes", "class"),
        ("analyses", "analysis"),
        ("matrices", "matrix"),
        ("patches", "patch"),
        ("boxes", "box"),
        ("policies", "policy"),
        ("biases", "bias"),
        ("caches", "cache"),
        ("movies", "movie"),
        ("GPT2", "GPT-2"),
        ("ResNet50", "ResNet-50"),
        ("CIFAR10", "CIFAR-10"),
        ("normalisation", "normalization"),
        ("optimiser", "optimizer"),
        ("behaviour modelling", "behavior modeling"),
        ("Fréchet distance", "Frechet Distance"),
        ("Newton’s method", "Newton's method"),
        ("β-VAE", "beta-VAE"),
        ("Σ", "sigma"),
        ("ﬁne–tuning", "fine-tuning"),
        ("image/text", "image text"),
        ("x_i", "x i"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CIFAR-10", "CIFAR-100"),
        ("GPT-2", "GPT-3"),
        ("wav2vec", "wav2vec 2.0"),
        ("LLaMA 2", "LLaMA 3"),
        ("ResNet-50", "ResNet-101"),
        ("C", "C++"),
        ("C", "C#"),
        ("A*", "A"),
        ("bias", "basis"),
        ("Gauss", "gas"),
        ("VAE", "VQ-VAE"),
        ("YOLOv3", "YOLOv4"),
        ("precise", "precision"),
        ("日本語", "日本"),
    ],
)
def test_names_of_two_things(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)
    assert slug(one) != slug(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("feed-forward network", "Feedforward Networks"),
        ("point cloud", "PointClouds"),
        ("non-linear re-planning", "nonlinear replanning"),
        ("6-DOF grasping", "6DoF grasping"),
        ("3-D CNN", "3D CNN"),
        ("Clothing-1M", "Clothing1M"),
        ("neu ral network", "neural network"),
    ],
)
def test_compounds_of_one_name(one: str, other: str) -> None:
    assert joined(name_key(one)) == joined(name_key(other))


def test_joining_twice_does_nothing_more() -> None:
    for key in ("non linear re planning", "feed forward point clouds", "fine tuning", "3 d on line"):
        assert joined(joined(key)) == joined(key)


@pytest.mark.parametrize(
    "word", ["bias", "series", "loss", "physics", "gas", "analysis", "gps", "bayes", "kinematics", "nas"]
)
def test_words_that_end_in_s_and_are_no_plurals(word: str) -> None:
    assert singular(word) == word


@pytest.mark.parametrize(
    "word",
    [
        "exercise",
        "precise",
        "supervised",
        "expertise",
        "promise",
        "otherwise",
        "pairwise",
        "noise",
        "our",
        "four",
        "cell",
    ],
)
def test_words_that_only_look_british(word: str) -> None:
    assert word_key(word) == word


def test_the_compact_key_does_not_mind_where_a_name_is_parted() -> None:
    assert compact_key("auto-encoder") == compact_key("autoencoder")
    assert compact_key("t-SNE") == compact_key("tSNE")
    assert compact_key("YOLO v3") == compact_key("YOLOv3")
    assert compact_key("CIFAR-10") != compact_key("CIFAR-100")


@given(st.text(max_size=40))
def test_composed_and_decomposed_letters_are_one(name: str) -> None:
    keys = {name_key(unicodedata.normalize(form, name)) for form in ("NFC", "NFD")}
    assert len(keys) == 1
    assert keys == {" ".join(key.split()) for key in keys}


@given(st.lists(st.sampled_from(["tidal", "networks", "GPT2", "β", "C++", "10", "x's", "é"]), min_size=1, max_size=4))
def test_hyphens_spaces_and_slashes_are_one(words: list[str]) -> None:
    keys = {name_key(joiner.join(words)) for joiner in (" ", "-", "–", "_", "/", " - ")}
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("classifier-free guidance", "classifier-free-guidance"),
        ("Tidal Network", "tidal-network"),
        ("DDT-XL/2", "ddt-xl-2"),
        ("C", "c"),
        ("C++", "c%2B%2B"),
        ("C#", "c%23"),
        ("A*", "a%2A"),
        ("top-5 error (%)", "top-5-error-%28%25%29"),
        ("wav2vec 2.0", "wav2vec-2.0"),
        ("Größe", "grösse"),
        ("日本語 BERT", "日本語-bert"),
        ("---", "---"),
        ('<img src="x">', "%3Cimg-src%3D%22x%22%3E"),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_a_slug_can_stand_in_an_iri_and_in_a_path(name: str) -> None:
    made = slug(name)
    assert made
    assert not set(made) & set(' \t\n<>"{}|\\^`#?/:@[]%') - {"%"}
    assert all(c.isalnum() or c in "-.%_~" for c in made)


@pytest.mark.parametrize(
    ("name", "found"),
    [("GPT-2", ("2",)), ("wav2vec 2.0", ("2", "2.0")), ("VGG", ()), ("ResNet-50 v1.5", ("50", "1.5"))],
)
def test_numbers_in_a_name(name: str, found: tuple[str, ...]) -> None:
    assert numbers(name) == found


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("CFG", "classifier-free guidance"),
        ("GANs", "generative adversarial networks"),
        ("LoRA", "low-rank adaptation"),
        ("RLHF", "reinforcement learning from human feedback"),
        ("mAP", "mean average precision"),
        ("BLEU", "bilingual evaluation understudy"),
        ("3DGS", "3D Gaussian splatting"),
    ],
)
def test_acronyms(short: str, long: str) -> None:
    assert is_acronym_of(short, long)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("CFG", "convolutional network"),
        ("GAN", "variational autoencoder"),
        ("LSTM", "lstm"),
        ("X", "x-ray"),
        ("", "nothing at all"),
        ("NET", "tidal magnet estimate"),
    ],
)
def test_what_is_no_acronym(short: str, long: str) -> None:
    assert not is_acronym_of(short, long)
