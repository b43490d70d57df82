from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from example import graph

from kg.errors import UsageError
from kg.export.serialisations import write_ntriples, write_turtle
from kg.sparql import query
from kg.triplestore import load_store, must_be_made, open_all_files
from kg.validation import validate


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build whose graph counts as a large one."""
    monkeypatch.setattr("kg.triplestore.IN_MEMORY", 0)
    write_turtle(graph(), tmp_path / "graph.ttl", "https://example.org/id/")
    return tmp_path


def stores(folder: Path) -> list[Path]:
    return [path for path in (folder / ".store").iterdir() if path.is_dir()]


def test_a_small_graph_leaves_nothing_behind(tmp_path: Path) -> None:
    write_turtle(graph(), tmp_path / "graph.ttl")
    assert load_store(tmp_path).place is None
    assert os.listdir(tmp_path) == ["graph.ttl"]


def test_a_large_graph_is_asked_on_disk_and_answers_the_same(folder: Path) -> None:
    assert must_be_made(folder)
    on_disk, in_memory = load_store(folder), load_store(folder / "graph.ttl")
    assert not must_be_made(folder)
    assert on_disk.place == stores(folder)[0] and in_memory.place is None
    assert on_disk.prefixes == in_memory.prefixes and on_disk.prefixes["method"] == "https://example.org/id/method/"
    assert set(on_disk.store) == set(in_memory.store)
    assert query(folder, "SELECT ?name { method:tidal-network skos:prefLabel ?name }").values() == [("tidal network",)]
    assert validate(folder) == []


def test_the_store_is_made_once_and_anew_for_another_graph(folder: Path) -> None:
    place = load_store(folder).place
    assert place is not None
    inode = place.stat().st_ino
    os.utime(folder / "graph.ttl")
    assert load_store(folder).place == place and place.stat().st_ino == inode
    with (folder / "graph.ttl").open("a") as file:
        file.write('paper:new dcterms:title "New" .\n')
    assert must_be_made(folder)
    assert query(folder, "ASK { paper:new dcterms:title ?title }").boolean is True
    assert stores(folder) == [load_store(folder).place] != [place]


def test_what_is_no_turtle_leaves_no_store(folder: Path) -> None:
    (folder / "graph.ttl").write_text("<a:b> <a:c> .\n")
    for _ in range(2):
        with pytest.raises(UsageError, match="line 1"):
            load_store(folder)
    assert stores(folder) == []


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """A build whose graph is N-Triples in several packed files, as a cluster leaves it."""
    write_ntriples(graph(), tmp_path / "whole.nt", "https://example.org/id/")
    lines = (tmp_path / "whole.nt").read_bytes().splitlines(keepends=True)
    (tmp_path / "build" / "graph.nt").mkdir(parents=True)
    for at in range(3):
        with gzip.open(tmp_path / "build" / "graph.nt" / f"part-0000{at}-c000.txt.gz", "wb") as file:
            file.writelines(lines[at::3])
    (tmp_path / "build" / "manifest.json").write_text(json.dumps({"base_iri": "https://example.org/id/"}))
    return tmp_path / "build"


def test_what_a_cluster_wrote_is_asked_as_it_is(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = load_store(parts)
    assert in_memory.place is None and in_memory.prefixes["method"] == "https://example.org/id/method/"
    monkeypatch.setattr("kg.triplestore.IN_MEMORY", 0)
    assert must_be_made(parts)
    on_disk = load_store(parts)
    assert on_disk.place == stores(parts)[0] and not must_be_made(parts)
    whole = (parts.parent / "whole.nt").read_text().count("\n")
    assert set(on_disk.store) == set(in_memory.store) and len(on_disk.store) == whole
    assert query(parts, "SELECT ?name { method:tidal-network skos:prefLabel ?name }").values() == [("tidal network",)]


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-9], lambda whole: b"no", lambda _: gzip.compress(b"<a:b> .\n")]
)
def test_a_damaged_part_is_named(parts: Path, damage: Callable[[bytes], bytes]) -> None:
    part = parts / "graph.nt" / "part-00001-c000.txt.gz"
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(UsageError, match=r"part-00001-c000\.txt\.gz is not N-Triples"):
        load_store(parts)


def test_an_interrupted_making_is_cleared_away(folder: Path) -> None:
    (folder / ".store" / "tmpx.kg-tmp").mkdir(parents=True)
    (folder / ".store" / "digest.json").write_text("nonsense")
    assert stores(folder) != [load_store(folder).place] == stores(folder)


def test_two_at_once_make_one_store(folder: Path) -> None:
    script = "import sys, pathlib, kg.triplestore as t; t.IN_MEMORY = 0; t.load_store(pathlib.Path(sys.argv[1]))"
    running = [subprocess.Popen([sys.executable, "-c", script, str(folder)]) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    assert len(stores(folder)) == 1


SEALED = """
    import pathlib, sys, kg.triplestore as triplestore
    from kg.server.limits import Limits
    from kg.server.worker import seal
    triplestore.IN_MEMORY = 0
    graph = triplestore.load_store(pathlib.Path(sys.argv[1]))
    triplestore.open_all_files(graph, len(graph.store))
    seal(Limits())
    found = [row for p in ("?s", "kg:uses") for row in graph.store.query(f"SELECT * {{ ?a {p} ?b }}", prefixes=graph.prefixes)]
    sys.exit(len(found) % 256)
"""


def test_a_process_that_can_open_no_file_still_reads_the_store(folder: Path) -> None:
    pytest.importorskip("uvicorn")
    script = "\n".join(line.strip() for line in SEALED.splitlines())
    expected = len(load_store(folder).store) + len(query(folder, "SELECT * { ?a kg:uses ?b }").rows)
    assert subprocess.run([sys.executable, "-c", script, str(folder)], check=False).returncode == expected % 256


def test_all_files_are_open_when_asked_for(folder: Path) -> None:
    loaded = load_store(folder)
    open_all_files(loaded, len(loaded.store))
