"""The Spark engine against the local one, on the same few papers."""

import gzip
import json
import shutil

import pyarrow.parquet as pq
import pyoxigraph
import pytest

from kg.errors import InputError, UsageError
from kg.pipeline import Options, build
from kg.spark.session import session
from kg.sparql import named_query, query
from kg.store import read_manifest
from kg.validation import validate

pytest.importorskip("pyspark", reason="pip install 'kg-abstracts[spark]'")
needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java 17 or newer")

ABSTRACTS = [
    ("s1", 2019, "FooNet: learning from moss",
     "We propose FooNet, a graph neural network (GNN) for image classification. On ImageNet, FooNet reaches an accuracy "
     "of 71.3%."),
    ("s2", 2020, "Deeper moss",
     "We introduce BarNet, which extends FooNet with attention. On ImageNet and CIFAR-10, BarNet achieves an accuracy "
     "of 75.1%, compared with FooNet."),
    ("s3", 2021, "Guidance for tides",
     "We study classifier-free guidance (CFG) in latent diffusion models. With CFG, the FID on ImageNet falls to 2.31."),
    ("s4", 2022, "<b>Hostile</b> & \"quoted\" </script> 🌊\\",
     "We evaluate CFG and GNNs for image generation with diffusion models on CIFAR-10 by FID."),
    ("s5", None, "A paper that names nothing", "It rained for a long time and we stayed inside."),
]  # fmt: skip


def write(path, abstracts):
    records = [
        {"id": i, "title": t, "abstract": a, "year": y, "authors": ["Ada Ex\nample"]} for i, y, t, a in abstracts
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The folders of both engines, made of two files that share a paper, with a bad line among them."""
    folder = tmp_path_factory.mktemp("engines")
    sources = [write(folder / "a.jsonl", ABSTRACTS[3:]), write(folder / "b.jsonl", ABSTRACTS[:4])]
    with sources[1].open("a") as file:
        file.write('{"no": "title"}\n')
    build(sources, folder / "local")
    made = build(sources, folder / "spark", Options(engine="spark", master="local[2]"))
    return folder / "local", folder / "spark", made


@needs_java
def test_papers_entities_and_links_are_those_of_the_local_engine(both):
    local, spark, made = both
    for name in ("papers.jsonl", "entities.jsonl"):
        assert (spark / name).read_bytes() == (local / name).read_bytes()
    there, here = read_manifest(local), read_manifest(spark)
    assert (made.nodes, made.edges) == (there["nodes"], there["edges"])
    assert here["extractor"] == there["extractor"]
    assert any("s2" in line and 'builds_on": [{' in line for line in (spark / "papers.jsonl").read_text().split("\n"))


@needs_java
def test_a_bad_record_is_reported_with_its_line(both):
    assert [(problem.line, problem.file.endswith("b.jsonl")) for problem in both[2].skipped] == [(5, True)]


@needs_java
def test_tables_hold_what_the_lines_hold(both):
    papers = [json.loads(line) for line in (both[1] / "papers.jsonl").read_text().split("\n")[:-1]]

    def rows(name):
        return pq.read_table(both[1] / "tables" / name).to_pylist()

    assert sorted(row["title"] for row in rows("papers")) == sorted(paper["title"] for paper in papers)
    assert len(rows("results")) == sum(len(paper["results"]) for paper in papers)
    assert len(rows("links")) == sum(len(paper["related"]) + len(paper["builds_on"]) for paper in papers)
    texts = {paper["id"]: f"{paper['title']}\n{paper['abstract']}" for paper in papers}
    mentions = rows("mentions")
    assert all(texts[m["paper"]][m["start"] : m["end"]] == m["text"] for m in mentions)
    assert {m["entity"] for m in mentions} <= {entity["id"] for entity in rows("entities")}


@needs_java
def test_ntriples_say_what_turtle_says_but_for_the_graph_as_a_whole(both):
    local, spark, _ = both

    def statements(parsed):
        return {
            said
            for said in map(str, parsed)
            if "/build/tally-" in said or not any(part in said for part in ("/build/", "/community/", "#centrality>"))
        }

    parts = [gzip.decompress(path.read_bytes()) for path in sorted((spark / "graph.nt").glob("part-*.gz"))]
    lines = [q for part in parts for q in pyoxigraph.parse(part, pyoxigraph.RdfFormat.N_TRIPLES)]
    turtle = pyoxigraph.parse(path=str(local / "graph.ttl"), format=pyoxigraph.RdfFormat.TURTLE)
    assert len(lines) == len(set(map(str, lines)))
    assert statements(lines) == statements(turtle)


@needs_java
def test_both_folders_answer_queries_alike(both):
    local, spark, _ = both
    for text in (
        named_query("most-shared-methods"),
        named_query("datasets-per-task"),
        named_query("papers-by-author", author="Ada"),
    ):
        assert query(spark, text).values() == query(local, text).values() != []
    assert validate(spark) == []


@needs_java
def test_strict_stops_at_the_bad_record(tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"no": "title"}\n' + json.dumps({"title": "Moss", "abstract": "We study moss."}) + "\n")
    with pytest.raises(InputError, match=r"bad\.jsonl:1"):
        build([bad], tmp_path / "out", Options(engine="spark", master="local[2]", strict=True))


def test_without_java_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="needs Java 17"), session("local[2]"):
        pass


def test_add_and_standard_input_are_refused(tmp_path):
    for sources, options in ((["-"], Options(engine="spark")), ([], Options(engine="spark", add=True))):
        with pytest.raises(UsageError, match="no --add, no standard input"):
            build(sources, tmp_path / "out", options)
