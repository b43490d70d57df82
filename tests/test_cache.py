"""What a build keeps so that nothing is read twice."""

import pytest

from kg.cache import JOURNAL, Journal, as_extraction, extractor_fingerprint, reusable, text_key
from kg.extraction import Extraction
from kg.extraction.gazetteer import Entry, Gazetteer
from kg.records import Mention, Paper, Result
from kg.resolution import resolve

NAMES = Gazetteer([Entry("METRIC", "accuracy", direction="up"), Entry("METRIC", "speed-up", direction="up")])


def extraction(identifier, text, named, results=()):
    paper = Paper(identifier, text, "An abstract\u2028with a\nline \x85 🌊.", year=2021, authors=("Ada Example",))
    mentions, at = [], {}
    for surface, label, role in named:
        start = text.index(surface, at.get(surface, 0))
        at[surface] = start + 1
        mentions.append(Mention(start, start + len(surface), surface, label, role))
    found = tuple(
        Result(method, metric, dataset, float(printed), "x", kind, "256x256", text.index(printed),
               text.index(printed) + len(printed))
        for method, metric, dataset, printed, kind in results
    )  # fmt: skip
    return Extraction(paper, tuple(sorted(mentions)), found)


def corpus():
    return [
        extraction(
            "a",
            "Lichen pooling (LP) is 3.0 faster; LPs reach 71.3 accuracy on Bark-Bench 256x256 (BarkBench)",
            [("Lichen pooling", "METHOD", "proposed"), ("LP", "METHOD", "used"), ("LP", "METHOD", "used"),
             ("accuracy", "METRIC", "measured"), ("Bark-Bench 256x256", "DATASET", "evaluated_on")],
            [("LP", "speed-up", "", "3.0", "ratio"), ("LP", "accuracy", "Bark-Bench 256x256", "71.3", "absolute")],
        ),
        extraction("b", "Tides by LP", [("LP", "METHOD", "used"), ("Tides", "TASK", "addressed")]),
        extraction("c", "Nothing here", []),
    ]  # fmt: skip


def test_what_a_build_wrote_resolves_to_the_same_papers():
    first = resolve(corpus(), NAMES)
    second = resolve([as_extraction(read) for read in first.papers], NAMES)
    assert second == first


def test_reusable_is_keyed_by_text_not_by_id():
    first = resolve(corpus(), NAMES).papers
    known = reusable(first)
    renamed = Paper("other", first[0].paper.title, first[0].paper.abstract)
    assert known[text_key(renamed)].mentions == as_extraction(first[0]).mentions
    assert text_key(Paper("a", first[0].paper.title, "Another abstract.")) not in known


def written(folder, *extractions, fingerprint="one"):
    journal = Journal(folder, fingerprint)
    for found in extractions:
        journal.add(found)
    journal.close(whole=False)
    return folder / JOURNAL


def reopened(folder, fingerprint="one"):
    journal = Journal(folder, fingerprint)
    journal.close(whole=False)
    return journal.found


def test_an_interrupted_build_finds_all_that_it_read(tmp_path):
    papers = corpus()
    written(tmp_path, *papers)
    found = reopened(tmp_path)
    assert list(found) == [text_key(e.paper) for e in papers]
    assert resolve(list(found.values()), NAMES) == resolve(papers, NAMES)


def test_a_build_that_is_killed_keeps_what_it_read(tmp_path):
    journal = Journal(tmp_path, "one")
    journal.add(corpus()[0])
    assert (tmp_path / JOURNAL).read_bytes().count(b"\n") == 2
    journal.close(whole=False)


@pytest.mark.parametrize("cut", [1, 2, 40, 300])
def test_a_torn_last_line_is_passed_over_and_written_anew(tmp_path, cut):
    first, second, third = corpus()
    path = written(tmp_path, first, third, second)
    data = path.read_bytes()
    path.write_bytes(data[:-cut])
    assert list(reopened(tmp_path)) == [text_key(first.paper), text_key(third.paper)]
    written(tmp_path, second)
    assert path.read_bytes() == data


def test_a_line_torn_within_a_character_is_passed_over(tmp_path):
    path = written(tmp_path, *corpus()[:2])
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex("🌊".encode()) + 2])
    assert len(reopened(tmp_path)) == 1


@pytest.mark.parametrize("left", [b"", b'{"extr', b'{"extractor": "one"}\n', b'{"extractor": "one"}\n{"key": '])
def test_a_journal_torn_at_its_start_begins_anew(tmp_path, left):
    (tmp_path / JOURNAL).write_bytes(left)
    assert reopened(tmp_path) == {}
    written(tmp_path, corpus()[0])
    assert len(reopened(tmp_path)) == 1


def test_another_extractor_s_journal_is_passed_over(tmp_path):
    written(tmp_path, *corpus())
    assert reopened(tmp_path, "two") == {}
    assert reopened(tmp_path, "one") == {}


def test_the_journal_goes_when_the_build_is_whole_and_stays_when_not(tmp_path):
    with Journal(tmp_path, "one") as journal:
        journal.add(corpus()[0])
    assert not (tmp_path / JOURNAL).exists()
    with pytest.raises(KeyboardInterrupt), Journal(tmp_path, "one") as journal:
        journal.add(corpus()[0])
        raise KeyboardInterrupt
    assert len(reopened(tmp_path)) == 1


def test_a_users_table_changes_the_fingerprint(tmp_path):
    table = tmp_path / "mine.tsv"
    table.write_text("DATASET\tBarkBench\n", encoding="utf-8")
    first = extractor_fingerprint([table])
    assert first == extractor_fingerprint([table]) != extractor_fingerprint()
    table.write_text("DATASET\tTideSet\n", encoding="utf-8")
    assert extractor_fingerprint([table]) != first


@pytest.mark.parametrize("damage", [b"\0" * 40 + b"\n", b"\xff\n", b"[]\n", b'{"key": 1}\n', b"{\n"])
def test_a_damaged_line_ends_what_is_believed(tmp_path, damage):
    first, second, _ = corpus()
    path = written(tmp_path, first)
    whole = path.read_bytes()
    path.write_bytes(whole + damage)
    written(tmp_path, second)
    assert path.read_bytes().startswith(whole)
    assert list(reopened(tmp_path)) == [text_key(first.paper), text_key(second.paper)]
