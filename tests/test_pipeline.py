"""The whole way from a file of abstracts to a folder of output."""

import errno
import fcntl
import json
import os
import random
from pathlib import Path

import pytest
import rdflib

import kg.extraction
import kg.pipeline
from kg.errors import InputError, KgError, UsageError
from kg.pipeline import Options, build, load_folder
from kg.store import read_entities, read_manifest, read_papers

ABSTRACTS = [
    ("a1", 2019, "FooNet: learning from moss",
     "We propose FooNet, a graph neural network (GNN) for image classification. On ImageNet, FooNet reaches an accuracy "
     "of 71.3%."),
    ("a2", 2020, "Deeper moss",
     "We introduce BarNet, which extends FooNet with attention. On ImageNet and CIFAR-10, BarNet achieves an accuracy of "
     "75.1%, compared with FooNet."),
    ("a3", 2021, "Guidance for tides",
     "We study classifier-free guidance (CFG) in diffusion models. With CFG, the FID on ImageNet 256×256 falls to 2.31."),
    ("a4", 2022, "<b>Hostile</b> & \"quoted\" </script> 🌊",
     "We evaluate CFG and GNNs for image generation on CIFAR-10 \\o/ by FID."),
    ("a5", 2023, "TideNet: a transformer for tide forecasting",
     "This paper presents TideNet, a transformer for time series forecasting, and compares it with ResNet by accuracy."),
    ("a6", None, "A paper that names nothing much", "It rained for a long time and we stayed inside."),
]  # fmt: skip
FILES = ("papers.jsonl", "entities.jsonl", "graph.ttl", "graph.html")
KEYS = "id title abstract authors year venue doi arxiv url keywords entities results related builds_on".split()
#: A page of many abstracts in plain text, where the checkout lies beside one.
PAGE_OF_ABSTRACTS = Path(__file__).parents[2] / "shared" / "data" / "page.txt"


@pytest.fixture(scope="module", autouse=True)
def one_pipeline():
    """Load the model once for all builds of the module."""
    nlp = kg.extraction.load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "kg.extraction.parallel.load", lambda gazetteers=(): kg.extraction.load(gazetteers) if gazetteers else nlp
        )
        yield


def write(path, abstracts):
    records = [{"id": i, "title": t, "abstract": a, "year": y} for i, y, t, a in abstracts]
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def output(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All papers built at once."""
    folder = tmp_path_factory.mktemp("whole")
    made = build([write(folder / "in.jsonl", ABSTRACTS)], folder / "out")
    return folder / "out", made


def test_every_file_is_there_and_nothing_else_is_left(whole):
    folder, made = whole
    assert sorted(p.name for p in folder.iterdir()) == sorted([*FILES, "manifest.json"])
    assert made.nodes["paper"] == len(ABSTRACTS)
    assert made.reused == 0
    assert made.skipped == []


def test_lines_have_the_contract_s_keys_in_order_and_spans_slice(whole):
    lines = [json.loads(line) for line in (whole[0] / "papers.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    assert [line["id"] for line in lines] == [i for i, *_ in ABSTRACTS]
    for line in lines:
        assert list(line) == KEYS
        text = line["title"] + "\n" + line["abstract"]
        for entity in line["entities"]:
            assert list(entity) == ["id", "label", "name", "role", "mentions"]
            assert all(text[m["start"] : m["end"]] == m["text"] for m in entity["mentions"])
        for result in line["results"]:
            assert float(text[result["start"] : result["end"]]) == result["value"]
    assert any(line["results"] for line in lines)


def test_papers_that_share_entities_are_linked(whole):
    papers = {read.paper.id: read for read in read_papers(whole[0])}
    entities, _ = read_entities(whole[0])
    assert any(link.id == "a1" for link in papers["a2"].related)
    assert papers["a6"].related == ()
    for read in papers.values():
        held = {e.id for e in read.entities}
        assert held <= entities.keys()
        for link in read.related:
            assert set(link.shared) <= held | {w for e in held for w in entities[e].broader}
    assert any(link.id == "a1" for link in papers["a2"].builds_on)
    assert papers["a1"].builds_on == ()


def test_the_turtle_is_turtle_and_the_page_is_safe(whole):
    triples = rdflib.Graph().parse(whole[0] / "graph.ttl")
    titles = {str(t) for t in triples.objects()}
    assert {title for _, _, title, _ in ABSTRACTS} <= titles
    assert "<b>Hostile</b>" not in (whole[0] / "graph.html").read_text(encoding="utf-8")


def test_the_manifest_says_what_was_built(whole):
    folder, made = whole
    manifest = read_manifest(folder)
    assert manifest["nodes"] == made.nodes
    assert manifest["edges"] == made.edges
    assert [source["name"] for source in manifest["inputs"]] == ["in.jsonl"]
    assert len(manifest["inputs"][0]["sha256"]) == 64


def test_what_was_written_loads_again_as_the_same_graph(whole):
    folder, made = whole
    knowledge = load_folder(folder)
    assert kg.pipeline.count_by_kind(knowledge.graph) == (made.nodes, made.edges)


def test_a_second_build_reads_nothing_and_changes_nothing(whole, tmp_path, monkeypatch):
    source = write(tmp_path / "in.jsonl", ABSTRACTS)
    build([source], tmp_path / "out")
    monkeypatch.setattr(kg.pipeline, "extract_parallel", lambda papers, *_: iter([1 / 0] if papers else []))
    made = build([source], tmp_path / "out")
    assert made.reused == len(ABSTRACTS)
    assert output(tmp_path / "out") == output(whole[0])


def test_adding_in_two_steps_is_building_at_once(whole, tmp_path):
    out = tmp_path / "out"
    build([write(tmp_path / "second.jsonl", ABSTRACTS[3:])], out)
    made = build([write(tmp_path / "first.jsonl", ABSTRACTS[:3])], out, Options(add=True))
    assert made.reused == 3
    assert output(out) == output(whole[0])


def test_without_add_the_folder_holds_only_the_input(tmp_path):
    build([write(tmp_path / "in.jsonl", ABSTRACTS)], tmp_path / "out")
    build([write(tmp_path / "less.jsonl", ABSTRACTS[:2])], tmp_path / "out")
    assert [read.paper.id for read in read_papers(tmp_path / "out")] == ["a1", "a2"]


def test_the_order_of_papers_does_not_matter(whole, tmp_path):
    shuffled = random.Random(1).sample(ABSTRACTS, len(ABSTRACTS))
    build([write(tmp_path / "in.jsonl", shuffled)], tmp_path / "out")
    assert output(tmp_path / "out") == output(whole[0])


def test_a_changed_abstract_is_read_again(tmp_path):
    build([write(tmp_path / "in.jsonl", ABSTRACTS[:2])], tmp_path / "out")
    changed = [(*ABSTRACTS[0][:3], "We rest."), ABSTRACTS[1]]
    made = build([write(tmp_path / "in.jsonl", changed)], tmp_path / "out")
    assert made.reused == 1
    assert next(read_papers(tmp_path / "out")).paper.abstract == "We rest."


def test_an_interrupted_build_goes_on_where_it_stopped(whole, tmp_path, monkeypatch):
    source = write(tmp_path / "in.jsonl", ABSTRACTS)
    real = kg.pipeline.extract_parallel

    def interrupted(papers, gazetteers, jobs):
        for number, extraction in enumerate(real(papers, gazetteers, jobs)):
            if number == 4:
                raise KeyboardInterrupt
            yield extraction

    monkeypatch.setattr(kg.pipeline, "extract_parallel", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build([source], tmp_path / "out")
    assert not (tmp_path / "out" / "papers.jsonl").exists()
    monkeypatch.setattr(kg.pipeline, "extract_parallel", real)
    assert build([source], tmp_path / "out").reused == 4
    assert output(tmp_path / "out") == output(whole[0])


def test_a_folder_whose_papers_are_lost_or_damaged_is_built_anew(tmp_path):
    source, papers = write(tmp_path / "in.jsonl", ABSTRACTS[:2]), tmp_path / "out" / "papers.jsonl"
    build([source], tmp_path / "out")
    whole = papers.read_bytes()
    for damage in (papers.unlink, lambda: papers.write_bytes(whole[:-20])):
        damage()
        assert build([source], tmp_path / "out").reused == 0
        assert papers.read_bytes() == whole


def test_adding_to_damaged_papers_stops_before_anything_is_lost(tmp_path):
    source, papers = write(tmp_path / "in.jsonl", ABSTRACTS[:2]), tmp_path / "out" / "papers.jsonl"
    build([source], tmp_path / "out")
    papers.write_bytes(papers.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"papers\.jsonl:2"):
        build([source], tmp_path / "out", Options(add=True))
    assert papers.exists()


def test_bad_records_are_skipped_and_named(tmp_path):
    source = write(tmp_path / "in.jsonl", ABSTRACTS[:2])
    source.write_text(source.read_text(encoding="utf-8") + "{not json\n", encoding="utf-8")
    made = build([source], tmp_path / "out")
    assert made.nodes["paper"] == 2
    assert [problem.line for problem in made.skipped] == [3]
    assert "in.jsonl:3" in read_manifest(tmp_path / "out")["skipped"][0]
    with pytest.raises(InputError, match=r"in\.jsonl:3"):
        build([source], tmp_path / "strict", Options(strict=True))


def test_another_build_in_the_folder_is_said_so(tmp_path):
    source = write(tmp_path / "in.jsonl", ABSTRACTS[:1])
    folder = tmp_path / "out"
    folder.mkdir()
    handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(UsageError, match="another build is at work in"):
        build([source], folder)
    os.close(handle)
    assert build([source], folder).nodes["paper"] == 1


def test_a_lock_whose_file_is_gone_is_taken_again(tmp_path, monkeypatch):
    source = write(tmp_path / "in.jsonl", ABSTRACTS[:1])
    folder = tmp_path / "out"
    held = []

    def flock(handle, how):
        if not held:  # the build that had it ends just now
            (folder / ".lock").unlink()
        held.append((folder / ".lock").exists())

    monkeypatch.setattr(fcntl, "flock", flock)
    build([source], folder)
    assert held == [False, True]
    assert not (folder / ".lock").exists()


def test_a_build_that_fails_late_leaves_every_file_as_it_was(tmp_path, monkeypatch):
    build([write(tmp_path / "old.jsonl", ABSTRACTS[:1])], tmp_path / "out")
    before = output(tmp_path / "out")

    def fail(graph, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("kg.pipeline.write_page", fail)
    new = write(tmp_path / "new.jsonl", ABSTRACTS[:2])
    with pytest.raises(OSError, match="No space"):
        build([new], tmp_path / "out")
    assert output(tmp_path / "out") == before
    monkeypatch.undo()
    assert build([new], tmp_path / "out").reused == 2


def test_nothing_usable_is_an_error_and_leaves_the_folder_as_it_was(tmp_path):
    source = write(tmp_path / "in.jsonl", ABSTRACTS[:1])
    build([source], tmp_path / "out")
    before = output(tmp_path / "out")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"moss": 1}\n', encoding="utf-8")
    with pytest.raises(KgError, match="no paper could be read"):
        build([bad], tmp_path / "out")
    assert output(tmp_path / "out") == before


def test_a_missing_input_is_named(tmp_path):
    with pytest.raises(InputError, match=r"missing\.jsonl"):
        build([tmp_path / "missing.jsonl"], tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot write to"):
        build([write(tmp_path / "in.jsonl", ABSTRACTS[:1])], tmp_path / "file" / "out")


def test_related_zero_gives_no_links(tmp_path):
    made = build([write(tmp_path / "in.jsonl", ABSTRACTS)], tmp_path / "out", Options(related=0))
    assert "sharesEntitiesWith" not in made.edges


def test_progress_is_told_every_stage(tmp_path):
    told = []
    build([write(tmp_path / "in.jsonl", ABSTRACTS[:2])], tmp_path / "out", progress=lambda *step: told.append(step))
    stages = "read extract resolve link graph write turtle page".split()
    assert list(dict.fromkeys(name for name, *_ in told)) == stages
    assert ("extract", 2, 2) in told


@pytest.mark.skipif(not PAGE_OF_ABSTRACTS.is_file(), reason="no page of abstracts beside the checkout")
def test_a_page_of_plain_text_gives_all_its_papers(tmp_path):
    made = build([PAGE_OF_ABSTRACTS], tmp_path / "out")
    assert made.nodes["paper"] == 205
    assert all(read.paper.title and read.paper.abstract for read in read_papers(tmp_path / "out"))


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff\xfe", None])
def test_a_lost_or_damaged_manifest_costs_no_paper(tmp_path, damage):
    out = tmp_path / "out"
    build([write(tmp_path / "first.jsonl", ABSTRACTS[:1])], out)
    (out / "manifest.json").unlink() if damage is None else (out / "manifest.json").write_bytes(damage)
    build([write(tmp_path / "second.jsonl", ABSTRACTS[1:2])], out, Options(add=True))
    assert [read.paper.id for read in read_papers(out)] == ["a1", "a2"]


def test_papers_that_are_no_text_are_named(tmp_path):
    (tmp_path / "papers.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(InputError, match=r"papers\.jsonl:1"):
        list(read_papers(tmp_path))
