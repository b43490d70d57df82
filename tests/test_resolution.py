"""Which surface forms become one entity, and which must not."""

import random

import pytest

from kg.extraction import Extraction
from kg.extraction.gazetteer import Entry, Gazetteer
from kg.records import Mention, Paper, Result
from kg.resolution import resolve
from kg.resolution.names import base_name

NAMES = Gazetteer(
    [
        Entry("METRIC", "FID", ("Fréchet inception distance",), direction="down"),
        Entry("DATASET", "ImageNet", ("ILSVRC2012",), identifiers=("https://example.org/imagenet",)),
        Entry("METRIC", "speed-up", direction="up"),
        Entry("METHOD", "fine-tuning"),
    ]
)


def read(identifier, text, *named, results=()):
    """A paper whose title is `text`; every (surface, label, role) is a mention at each place, in order of mention."""
    mentions, at = [], {}
    for surface, label, role in named:
        start = text.index(surface, at.get(surface, 0))
        at[surface] = start + 1
        mentions.append(Mention(start, start + len(surface), surface, label, role))
    return Extraction(Paper(identifier, text, "An abstract."), tuple(sorted(mentions)), tuple(results))


def ids(*extractions, gazetteer=NAMES):
    return [[entity.id for entity in paper.entities] for paper in resolve(extractions, gazetteer).papers]


def one(surface, label, identifier="p"):
    return read(identifier, f"On {surface} here", (surface, label, "mentioned"))


def test_acronym_joins_the_long_form_that_its_paper_gives():
    text = "Classifier-free guidance (CFG) is studied; CFG works"
    paper = read(
        "a",
        text,
        ("Classifier-free guidance", "METHOD", "studied"),
        ("CFG", "METHOD", "used"),
        ("CFG", "METHOD", "used"),
    )
    resolution = resolve([paper, one("CFG", "METHOD", "b")], NAMES)
    defining, using = resolution.papers
    (entity,) = defining.entities
    assert entity.id == "method:classifier-free-guidance"
    assert entity.role == "studied"
    assert [m.text for m in entity.mentions] == ["Classifier-free guidance", "CFG", "CFG"]
    assert [e.id for e in using.entities] == [entity.id]
    assert resolution.entities[entity.id].papers == 2
    assert resolution.rules[entity.id, "CFG"] == "defined in the paper"
    assert resolution.rules[entity.id, "Classifier-free guidance"] == "spelling"


def defining(identifier, long, short, label="METHOD", role="used"):
    return read(identifier, f"With {long} ({short}) here", (long, label, role), (short, label, role))


def test_words_before_what_is_abbreviated_make_another_thing():
    """Tail and acronym are one thing wherever they stand; a paper's own system is all that it is called."""
    (narrow, wide), (plain,) = ids(
        defining("a", "Siamese lichen pooling network", "LPN"), one("lichen pooling network", "METHOD", "b")
    )
    assert narrow == "method:siamese-lichen-pooling-network"
    assert wide == plain == "method:lichen-pooling-network"
    assert len(ids(defining("a", "Siamese lichen pooling network", "LPN", role="proposed"))[0]) == 1


def test_acronym_of_more_than_the_mention_is_left_apart():
    paper = read(
        "a", "By tidal lichen mapping (TLM) now", ("lichen mapping", "METHOD", "used"), ("TLM", "METHOD", "used")
    )
    assert len(ids(paper)[0]) == 2


def test_close_spellings_of_an_abbreviated_name_are_one():
    spelt = [
        defining("a", "multi-tide network", "MTN"),
        defining("b", "multi-tides networks", "MTN"),
        defining("c", "multi tidal network", "MTN"),
        defining("d", "moored tide network", "MTN"),
    ]
    (a,), (b,), (c,), (d,) = ids(*spelt)
    assert a == b
    assert len({a, c, d}) == 3


@pytest.mark.parametrize(("role", "things"), [("proposed", 1), ("used", 2)])
def test_letters_of_a_paper_s_own_acronym_may_be_mixed(role, things):
    text = "Lichen-wise Tides: we show LwT, a lichen-wise tide"
    paper = read("a", text, ("Lichen-wise Tides", "METHOD", role), ("LwT", "METHOD", role))
    assert len(ids(paper)[0]) == things


def test_a_name_without_its_acronym_is_the_same_thing():
    (short,), (bare,) = ids(
        defining("a", "lichen-based tide oracle net", "LBTON"), one("lichen-based tide oracle net", "METHOD", "b")
    )
    assert short == bare == "method:lbton"


def test_acronym_means_what_its_paper_says_under_any_label():
    cluster = read(
        "a",
        "By sparse tide clustering (STC), STC",
        ("sparse tide clustering", "METHOD", "used"),
        ("STC", "TASK", "addressed"),
    )
    others = [defining(f"p{i}", "semantic tide completion", "STC", "TASK", "addressed") for i in range(3)]
    assert ids(cluster, *others)[0] == ["method:sparse-tide-clustering", "task:sparse-tide-clustering"]


def test_context_decides_what_an_ambiguous_acronym_means():
    visual = defining("a", "visual autoregressive model", "VAM")
    vector = [defining(f"v{i}", "vector assimilation method", "VAM") for i in range(3)]
    said = read("b", "VAM makes visual autoregressive pictures", ("VAM", "METHOD", "used"))
    silent = read("c", "VAM makes pictures", ("VAM", "METHOD", "used"))
    resolution = resolve([visual, *vector, said, silent], NAMES)
    (first,), (last,) = (paper.entities for paper in resolution.papers[-2:])
    assert first.id == "method:visual-autoregressive-model"
    assert resolution.rules[first.id, "VAM"] in {"context", "defined in the paper"}
    assert last.id == "method:vector-assimilation"


def test_undefined_acronym_takes_what_other_papers_say():
    defining = read("a", "Lichen pooling (LP) grows", ("Lichen pooling", "METHOD", "used"), ("LP", "METHOD", "used"))
    resolution = resolve([one("LP", "METHOD", "z"), defining], NAMES)
    assert [e.id for e in resolution.papers[0].entities] == ["method:lichen-pooling"]
    assert "LP" in resolution.entities["method:lichen-pooling"].aliases


def test_an_ordinary_word_is_no_acronym():
    defining_papers = [defining(f"p{i}", "lichen oracle tide", "LOT") for i in range(3)]
    assert ids(*defining_papers, one("lot", "METHOD", "z"))[-1] == ["method:lot"]
    assert ids(*defining_papers, one("LOT", "METHOD", "z"))[-1] == ["method:lichen-oracle-tide"]


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ("diffusion model", "Diffusion Models", "METHOD"),
        ("auto-encoder", "Auto Encoders", "METHOD"),
        ("tide-forecasting", "tide forecasting", "TASK"),
        ("CIFAR-10", "CIFAR 10", "DATASET"),
        ("GPT-2", "GPT2", "METHOD"),
        ("optimisation of tides", "optimization of tides", "TASK"),
        ("policy gradient method", "policy gradients", "METHOD"),
        ("planning tides", "tide planning", "TASK"),
        ("estimation of lichen growth", "lichen growth estimation", "TASK"),
        ("dynamical tide system", "dynamic tide system", "METHOD"),
        ("BLEU@4", "BLEU-4", "METRIC"),
        ("UAVs", "UAV", "METHOD"),
        ("non-linear tide filter", "nonlinear tide filter", "METHOD"),
        ("pointcloud moss", "point cloud moss", "TASK"),
        ("planning a tide", "tide planning", "TASK"),
        ("moss forecasting over", "moss forecasting", "TASK"),
        ("speed of lichen growth", "lichen growth speed", "METRIC"),
        ("lichen tide controller", "lichen tide control", "METHOD"),
    ],
)
def test_spelling_does_not_make_two_things(first, second, label):
    (one_id,), (other_id,) = ids(one(first, label, "a"), one(second, label, "b"))
    assert one_id == other_id


@pytest.mark.parametrize(
    ("first", "second", "label"),
    [
        ("CIFAR-10", "CIFAR-100", "DATASET"),
        ("GPT-2", "GPT-3", "METHOD"),
        ("GPT-3", "GPT-3.5", "METHOD"),
        ("C", "C++", "METHOD"),
        ("top-1 accuracy", "top-5 accuracy", "METRIC"),
        ("adaptive module", "adaptive procedure", "METHOD"),
    ],
)
def test_numbers_and_marks_make_two_things(first, second, label):
    (one_id,), (other_id,) = ids(one(first, label, "a"), one(second, label, "b"))
    assert one_id != other_id


def test_the_same_name_under_two_labels_is_two_entities():
    paper = read("a", "Tides and tides", ("Tides", "METHOD", "used"), ("tides", "TASK", "addressed"))
    assert ids(paper) == [["method:tide", "task:tide"]]


@pytest.mark.parametrize(
    "name",
    ["ImageNet 256×256", "ImageNet 512x512", "ImageNet (256x256)", "ImageNet 256^2", "ImageNet 512²", "ImageNet val"],
)
def test_a_setting_is_no_part_of_a_dataset(name):
    assert base_name(name, "DATASET") == "ImageNet"
    assert ids(one(name, "DATASET")) == [["dataset:imagenet"]]


def test_gazetteer_alias_gives_name_direction_and_links():
    resolution = resolve([one("Fréchet Inception Distance", "METRIC", "a"), one("ILSVRC2012", "DATASET", "b")], NAMES)
    fid, imagenet = resolution.entities["metric:fid"], resolution.entities["dataset:imagenet"]
    assert (fid.name, fid.higher_is_better) == ("FID", False)
    assert imagenet.same_as == ("https://example.org/imagenet",)
    assert resolution.rules["metric:fid", "Fréchet Inception Distance"] == "gazetteer"


def test_word_form_of_a_known_name():
    assert ids(one("fine-tuned", "METHOD")) == [["method:fine-tuning"]]


def test_two_meanings_of_one_acronym_stay_apart():
    def defining(identifier, long):
        return read(identifier, f"{long} (LDA) rests", (long, "METHOD", "used"), ("LDA", "METHOD", "used"))

    first = defining("a", "latent Dirichlet allocation")
    second = defining("b", "linear discriminant analysis")
    undecided = one("LDA", "METHOD", "c")
    assert ids(first, second, undecided) == [
        ["method:latent-dirichlet-allocation"],
        ["method:linear-discriminant-analysis"],
        ["method:lda"],
    ]


def corpus():
    return [
        read("a", "Lichen pooling (LP) grows", ("Lichen pooling", "METHOD", "proposed"), ("LP", "METHOD", "used")),
        read("b", "Linear probing (LP) rests", ("Linear probing", "METHOD", "used"), ("LP", "METHOD", "used")),
        read("c", "Lichen Poolings (LP) rot", ("Lichen Poolings", "METHOD", "used"), ("LP", "METHOD", "used")),
        one("LP", "METHOD", "d"),
        one("CIFAR-10", "DATASET", "e"),
        one("CIFAR 10", "DATASET", "f"),
        one("deep lichen pooling", "METHOD", "g"),
    ]


def test_entities_do_not_depend_on_the_order_of_papers():
    papers = corpus()
    expected = resolve(papers, NAMES)
    by_id = {p.paper.id: p for p in expected.papers}
    for seed in range(5):
        random.Random(seed).shuffle(papers)
        resolution = resolve(papers, NAMES)
        assert {p.paper.id: p for p in resolution.papers} == by_id
        assert resolution.entities == expected.entities


def test_wider_entity_is_the_longest_ending_that_is_named_too():
    entities = resolve(corpus(), NAMES).entities
    assert entities["method:deep-lichen-pooling"].broader == ("method:lichen-pooling",)
    assert entities["method:lichen-pooling"].broader == ()


def test_family_is_wider_than_its_editions():
    papers = [
        one("MossBench", "DATASET", "a"),
        one("MossBench-2007", "DATASET", "b"),
        one("MossBench 5K", "DATASET", "c"),
    ]
    entities = resolve(papers, NAMES).entities
    assert entities["dataset:mossbench-2007"].broader == ("dataset:mossbench",)
    assert entities["dataset:mossbench-5k"].broader == ("dataset:mossbench",)


def test_a_user_s_table_wins_in_every_spelling():
    theirs = Gazetteer([Entry("METHOD", "nonlinear moss"), Entry("METHOD", "moss law", aliases=("non-linear moss",))])
    assert ids(one("nonlinear moss", "METHOD"), gazetteer=theirs) == [["method:moss-law"]]


def test_shown_name_is_the_running_text_s_singular():
    papers = [one("Moss Transformers", "METHOD", i) for i in "ab"] + [one("moss transformers", "METHOD", "c")]
    entity = resolve(papers, NAMES).entities["method:moss-transformer"]
    assert entity.name == "moss transformer"
    assert entity.surfaces == {"Moss Transformers": 2, "moss transformers": 1}
    (apart,) = resolve([one("feed-forward mosses", "METHOD")], NAMES).entities.values()
    assert (apart.id, apart.name) == ("method:feedforward-moss", "feed-forward moss")


def test_results_name_entities_and_implied_metrics_become_entities():
    text = "MossNet is 3x faster on ImageNet"
    at = text.index("3")
    result = Result("MossNet", "speed-up", "ImageNet", 3.0, "x", "ratio", "", at, at + 1)
    named = (("MossNet", "METHOD", "proposed"), ("ImageNet", "DATASET", "evaluated_on"))
    resolution = resolve([read("a", text, *named, results=[result])], NAMES)
    (found,) = resolution.papers[0].results
    assert (found.method, found.metric, found.dataset) == ("method:mossnet", "metric:speed-up", "dataset:imagenet")
    assert resolution.entities["metric:speed-up"].higher_is_better is True


def test_no_papers_give_nothing():
    resolution = resolve([], NAMES)
    assert (resolution.papers, resolution.entities, resolution.rules) == ([], {}, {})


def test_what_is_supervised_somehow_is_the_learning():
    forms = ("weakly supervised", "Weakly-Supervised Learning", "weakly supervised method")
    papers = [one(surface, "METHOD", str(number)) for number, surface in enumerate(forms)]
    assert {i for paper in ids(*papers, gazetteer=NAMES) for i in paper} == {"method:weakly-supervised-learning"}


def test_a_person_s_name_is_no_plural_and_a_controller_controls():
    papers = [one("Viola and Jones", "METHOD", "a"), one("viscous controller", "METHOD", "b")]
    papers += [one("viscous control", "METHOD", "c")]
    resolution = resolve(papers, NAMES)
    assert {entity.name for entity in resolution.entities.values()} == {"Viola and Jones", "viscous control"}


@pytest.mark.parametrize(
    ("label", "forms"),
    [
        ("TASK", ("semantic segmentation of urban scenes", "Urban Scene Semantic Segmentation")),
        ("METHOD", ("LiDAR-camera fusion", "camera-LiDAR fusion")),
        ("METHOD", ("viscous control", "viscous controllers", "viscous controlled")),
    ],
)
def test_words_in_another_order_or_form_are_one_name(label, forms):
    assert len({i for paper in ids(*(one(form, label, form) for form in forms)) for i in paper}) == 1


def test_a_downsampled_set_has_a_name_of_its_own():
    assert base_name("ImageNet 32×32", "DATASET") == "ImageNet" != base_name("ImageNet32x32", "DATASET")
