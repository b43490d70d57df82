"""Tables of known names: read, written, joined and matched."""

import pytest
import spacy

from kg.errors import InputError
from kg.extraction.gazetteer import SYNONYMS, Entry, Gazetteer, read_table, write_table
from kg.naming import joined, name_key

NLP = spacy.blank("en")

ENTRIES = [
    Entry("METRIC", "FID", ("Fréchet inception distance",), frozenset({"FID"}), "down", ("https://example.org/fid",)),
    Entry("DATASET", "BarkBench", ("Bark-Bench", "bark bench 1k")),
    Entry("TASK", 'moss "segmentation"'),
]


def matches(gazetteer, text):
    doc = NLP(text)
    return [(doc[m.start : m.end].text, m.entry.name) for m in gazetteer.matches(doc)]


def table(tmp_path, text, name="table.tsv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_written_table_reads_back(tmp_path):
    write_table(ENTRIES, tmp_path / "table.tsv")
    assert list(read_table(tmp_path / "table.tsv")) == ENTRIES


def test_header_comments_and_empty_lines_are_passed_over(tmp_path):
    path = table(tmp_path, "label\tname\taliases\n# a comment\n\nmethod\tFooNet\tFoo Net| FN |\n")
    assert list(read_table(path)) == [Entry("METHOD", "FooNet", ("Foo Net", "FN"))]


@pytest.mark.parametrize("line", ["MOSS\tFooNet", "METHOD\t", "METHOD", "only words"])
def test_a_bad_line_is_named_by_file_and_number(tmp_path, line):
    path = table(tmp_path, f"METHOD\tBarNet\n{line}\n")
    with pytest.raises(InputError, match=r"table\.tsv:2: expected a label .*METHOD.* and a name") as caught:
        list(read_table(path))
    assert caught.value.line == 2


def test_find_by_any_spelling_and_only_under_its_label():
    gazetteer = Gazetteer(ENTRIES)
    assert gazetteer.find("frechet inception distances", "METRIC").name == "FID"
    assert gazetteer.find("BARK BENCH", "DATASET").name == "BarkBench"
    assert gazetteer.find("FID", "METHOD") is None
    assert (ENTRIES[0].higher_is_better, ENTRIES[1].higher_is_better) == (False, None)


def test_the_longest_name_matches_and_none_overlap():
    gazetteer = Gazetteer([Entry("METHOD", "tidal network"), Entry("METHOD", "deep tidal network")])
    assert matches(gazetteer, "A deep tidal-network beats the tidal networks.") == [
        ("deep tidal-network", "deep tidal network"),
        ("tidal networks", "tidal network"),
    ]


def test_an_exact_surface_counts_only_as_printed():
    gazetteer = Gazetteer([Entry("METHOD", "MOSS", ("moss transformer",), frozenset({"MOSS"}))])
    assert matches(gazetteer, "moss and MOSS and a Moss Transformer") == [
        ("MOSS", "MOSS"),
        ("Moss Transformer", "MOSS"),
    ]


def test_a_users_table_overrides_ours(tmp_path):
    ours = Gazetteer.load_names()
    assert ours.find("FID", "METRIC").higher_is_better is False
    path = table(
        tmp_path, "METRIC\tFID\t\t\tup\nMETRIC\tforest index\tAUROC\nDATASET\tBarkBench\tBB-1\n", "override.tsv"
    )
    mine = Gazetteer.load_names([path])
    assert mine.find("FID", "METRIC").higher_is_better is True
    assert mine.find("Fréchet inception distance", "METRIC").name == "FID"
    assert mine.find("AUROC", "METRIC").name == "forest index"
    assert mine.find("BB 1", "DATASET").name == "BarkBench"
    assert ours.find("BarkBench", "DATASET") is None


def test_a_users_table_that_is_not_there_says_so(tmp_path):
    with pytest.raises(OSError, match=r"missing\.tsv"):
        Gazetteer.load([tmp_path / "missing.tsv"])


def test_the_tables_of_the_package_read():
    gazetteer = Gazetteer.load()
    assert gazetteer.find("ImageNet", "DATASET").name == "ImageNet"
    assert gazetteer.find("accuracy", "METRIC").higher_is_better is True


def test_a_table_that_is_no_text_is_named(tmp_path):
    (tmp_path / "table.tsv").write_bytes(b"METHOD\tFooNet\nMETHOD\tB\xffr\n")
    with pytest.raises(InputError, match=r"table\.tsv:2: not UTF-8"):
        list(read_table(tmp_path / "table.tsv"))


def test_a_table_that_was_edited_is_read_again(tmp_path):
    path = table(tmp_path, "METHOD\tZork\n")
    assert Gazetteer.load([path]).find("Gnusto", "METHOD") is None
    table(tmp_path, "METHOD\tZork\tGnusto\n")
    assert Gazetteer.load([path]).find("Gnusto", "METHOD") is not None


def test_a_table_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_bytes("METHOD\tZork\n".encode("utf-8-sig"))
    assert [entry.name for entry in read_table(path)] == ["Zork"]


def test_no_name_has_two_synonyms():
    entries = list(read_table(SYNONYMS))
    aliases = [(entry.label, joined(name_key(alias))) for entry in entries for alias in entry.aliases]
    names = {(entry.label, joined(name_key(entry.name))) for entry in entries}
    assert len(set(aliases)) == len(aliases) and not names.intersection(aliases)


def test_synonyms_are_one_name_but_give_no_hints():
    names = Gazetteer.load_names()
    assert {names.find(name, "TASK").name for name in ("visual tracking", "visual object tracking")} == {
        "visual object tracking"
    }
    assert Gazetteer.load().find("student-teacher", "METHOD") is None
