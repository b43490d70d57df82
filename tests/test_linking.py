"""Links between papers: weights worked out by hand, and who can build on whom."""

import math

import pytest

from kg import linking
from kg.linking import builds_on, related
from kg.records import BuildsOn, Entity, EntityMention, Paper, PaperEntity, ReadPaper


def paper(identifier, *named, year=None, surface="FooNet"):
    """A paper that has every (entity id, role)."""
    entities = tuple(
        PaperEntity(key, key.split(":")[0].upper(), key, role, (EntityMention(0, len(surface), surface),))
        for key, role in named
    )
    return ReadPaper(Paper(identifier, surface, "", year=year), entities)


def links(papers, entities=None, k=10):
    return {p.paper.id: found for p, found in zip(papers, related(papers, entities or {}, k), strict=True)}


def test_weight_is_the_sum_of_idf_by_kind_and_role():
    papers = [
        paper("a", ("method:x", "used"), ("metric:m", "measured"), ("dataset:d", "evaluated_on")),
        paper("b", ("method:x", "used"), ("metric:m", "measured"), ("dataset:d", "mentioned")),
        paper("c", ("metric:m", "measured")),
        paper("d"),
    ]
    found = links(papers)
    expected = math.log(4 / 2) + 0.3 * math.log(4 / 3) + 0.5 * math.log(4 / 2)
    (to_b, to_c) = found["a"]
    assert (to_b.id, to_c.id) == ("b", "c")
    assert to_b.weight == pytest.approx(expected, abs=1e-3)
    assert to_b.shared == ("method:x", "dataset:d", "metric:m")
    assert to_c.weight == pytest.approx(0.3 * math.log(4 / 3), abs=1e-3)
    assert found["d"] == ()


def test_links_go_both_ways_with_one_weight():
    papers = [paper(i, ("method:x", "used"), (f"method:{i}", "proposed")) for i in "ab"] + [paper("c")]
    found = links(papers)
    assert found["a"][0].weight == found["b"][0].weight > 0
    assert (found["a"][0].id, found["b"][0].id) == ("b", "a")


def test_papers_meet_in_a_wider_entity_at_a_discount():
    entities = {
        key: Entity(key, "METHOD", key, broader=("method:model",)) for key in ("method:moss-model", "method:tide-model")
    }
    papers = [paper("a", ("method:moss-model", "used")), paper("b", ("method:tide-model", "used")), paper("c")]
    (link,) = links(papers, entities)["a"]
    assert link.shared == ("method:model",)
    assert link.weight == pytest.approx(0.25 * math.log(3 / 2), abs=1e-3)


def test_what_everybody_names_links_nobody(monkeypatch):
    everywhere = [paper(i, ("method:hub", "used")) for i in "abc"]
    assert links(everywhere) == {"a": (), "b": (), "c": ()}
    monkeypatch.setattr(linking, "MAX_PAPERS_PER_ENTITY", 2)
    assert links([*everywhere, paper("d")])["a"] == ()


@pytest.mark.parametrize("k", [0, 1, 3, 100])
def test_no_more_than_k_links_the_strongest_first_ties_by_id(k):
    papers = [paper(f"p{i:02}", ("method:x", "used")) for i in range(20)] + [paper("z")]
    papers[7] = paper("p07", ("method:x", "used"), ("method:y", "used"))
    papers[9] = paper("p09", ("method:x", "used"), ("method:y", "used"))
    found = [link.id for link in links(papers, k=k)["p09"]]
    assert found == ["p07", *(f"p{i:02}" for i in range(20) if i not in (7, 9))][:k]


def test_blocks_do_not_change_the_links(monkeypatch):
    papers = [paper(f"p{i}", (f"method:{i % 3}", "used"), (f"task:{i % 2}", "addressed")) for i in range(9)]
    whole = links(papers)
    monkeypatch.setattr(linking, "BLOCK", 2)
    assert links(papers) == whole


def test_nothing_gives_nothing():
    assert list(related([], {})) == []
    assert list(related([paper("a")], {})) == [()]


PROPOSAL = ("method:foonet", "proposed")


def lineage(*papers):
    return dict(zip([p.paper.id for p in papers], builds_on(papers), strict=True))


@pytest.mark.parametrize("role", ["used", "compared", "studied"])
def test_who_uses_a_proposed_method_builds_on_its_paper(role):
    found = lineage(paper("old", PROPOSAL, year=2020), paper("new", ("method:foonet", role), year=2021))
    assert found == {"old": (), "new": (BuildsOn("old", "method:foonet"),)}


def test_a_method_in_passing_gives_no_lineage():
    assert lineage(paper("old", PROPOSAL), paper("new", ("method:foonet", "mentioned")))["new"] == ()


@pytest.mark.parametrize(("older", "newer", "linked"), [(2022, 2021, False), (2021, 2021, True), (None, 2021, True)])
def test_no_paper_builds_on_a_newer_one(older, newer, linked):
    found = lineage(paper("old", PROPOSAL, year=older), paper("new", ("method:foonet", "used"), year=newer))
    assert bool(found["new"]) is linked


def test_a_method_without_a_proper_name_gives_no_lineage():
    proposal = paper("old", ("method:graph-learning", "proposed"), surface="graph learning")
    assert lineage(proposal, paper("new", ("method:graph-learning", "used"), surface="Graph"))["new"] == ()


def test_only_a_proper_name_that_both_papers_use_gives_lineage():
    proposal = paper("old", PROPOSAL, surface="FooNet")
    assert lineage(proposal, paper("new", ("method:foonet", "used"), surface="foo networks"))["new"] == ()
    assert lineage(proposal, paper("new", ("method:foonet", "used"), surface="FooNets"))["new"] != ()


def test_a_method_that_two_papers_propose_gives_no_lineage():
    assert lineage(paper("a", PROPOSAL), paper("b", PROPOSAL), paper("c", ("method:foonet", "used")))["c"] == ()


@pytest.mark.parametrize(("article", "linked"), [("a", False), ("the", True)])
def test_what_is_presented_as_one_of_many_gives_no_lineage(article, linked):
    abstract = f"We present {article} moss equation (ME)."
    start = len("old\n") + abstract.index("moss")
    mentions = (EntityMention(start, start + 13, "moss equation"), EntityMention(start + 15, start + 17, "ME"))
    equation = PaperEntity("method:me", "METHOD", "ME", "proposed", mentions)
    old = ReadPaper(Paper("old", "old", abstract), (equation,))
    assert bool(lineage(old, paper("new", ("method:me", "used"), surface="ME"))["new"]) is linked
