"""A file is there whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kg.files import TEMPORARY_SUFFIX, atomic_writer, remove_stale_temporaries, staged


def test_text_is_utf_8_with_plain_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    with atomic_writer(path) as file:
        file.write("Größe\n二\r\n")
    assert path.read_bytes() == "Größe\n二\r\n".encode()


def test_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    with atomic_writer(path, "wb") as file:
        file.write(b"\x00\r\n\xff")
    assert path.read_bytes() == b"\x00\r\n\xff"


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.txt"
    with atomic_writer(path) as file:
        file.write("x")
    assert path.read_text() == "x"


def test_nothing_is_seen_under_the_name_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "graph.ttl"
    with atomic_writer(path) as file:
        file.write("half")
        file.flush()
        assert not path.exists()
    assert path.read_text() == "half"
    assert [p.name for p in tmp_path.iterdir()] == ["graph.ttl"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "graph.ttl"
    path.write_text("old")
    with pytest.raises(error), atomic_writer(path) as file:
        file.write("new")
        raise error
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["graph.ttl"]


def test_text_that_cannot_be_encoded_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "graph.ttl"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), atomic_writer(path) as file:
        file.write("lone \ud800")
    assert path.read_text() == "old"


def test_an_existing_file_is_replaced_and_readable_by_all(tmp_path: Path) -> None:
    path = tmp_path / "graph.ttl"
    path.write_text("old and longer than the new text")
    with atomic_writer(path) as file:
        file.write("new")
    assert path.read_text() == "new"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_files_that_belong_together_come_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with staged(tmp_path, last="b") as beside:
        for name in "bac":
            (beside / name).write_text("new")
        assert (tmp_path / "a").read_text() == "old"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys("abc", "new")


def test_the_last_of_the_files_is_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed: list[str] = []
    monkeypatch.setattr(Path, "replace", lambda path, target: renamed.append(target.name))
    with staged(tmp_path, last="b") as beside:
        for name in "bac":
            (beside / name).write_text("new")
    assert renamed == ["a", "c", "b"]


def test_files_that_belong_together_stay_away_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyboardInterrupt), staged(tmp_path, last="b") as beside:
        (beside / "a").write_text("new")
        raise KeyboardInterrupt
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old"}


def test_stale_temporaries_are_removed_and_nothing_else(tmp_path: Path) -> None:
    stale = tmp_path / f".graph.ttl.abc123{TEMPORARY_SUFFIX}"
    stale.write_text("half")
    folder = tmp_path / f".abc123{TEMPORARY_SUFFIX}"
    folder.mkdir()
    (folder / "papers.jsonl").write_text("half")
    kept = [tmp_path / "graph.ttl", tmp_path / ".hidden", tmp_path / f"mine{TEMPORARY_SUFFIX}"]
    for path in kept:
        path.write_text("x")
    assert remove_stale_temporaries(tmp_path) == 2
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    assert remove_stale_temporaries(tmp_path) == 0


def test_a_folder_that_does_not_exist_holds_no_temporaries(tmp_path: Path) -> None:
    assert remove_stale_temporaries(tmp_path / "none") == 0
