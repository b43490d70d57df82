"""A bad record is reported with file and line, and costs nothing but itself."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
import zstandard

from kg.errors import InputError
from kg.readers import Skipped, read, sources, structured
from kg.readers.flavours import MAX_CHARACTERS


def record(name: str, **facts: Any) -> dict[str, Any]:
    return {"id": name, "title": f"On {name}", "abstract": f"We study {name}.", **facts}


def line(name: str, **facts: Any) -> str:
    return json.dumps(record(name, **facts)) + "\n"


def read_all(*paths: Path, format: str | None = None) -> tuple[list[str], list[str]]:
    """Ids of the papers, and what was reported without the folder's name."""
    skipped: list[Skipped] = []
    papers = [paper.id for paper in read(paths, skipped=skipped.append, format=format)]
    return papers, [str(s).replace(f"{paths[0].parent}/", "") for s in skipped]


# JSON lines


BAD_LINES = {
    '{"id": "b", "title": "On b", "abs': "papers.jsonl:2: not valid JSON: ",
    "[1, 2]": "papers.jsonl:2: not a JSON object",
    '"text"': "papers.jsonl:2: not a JSON object",
    "null": "papers.jsonl:2: not a JSON object",
    "not JSON at all": "papers.jsonl:2: not valid JSON: ",
    '{"id": "b", "title": "On b", "abstract": "x", "year": NaN}': "papers.jsonl:2: not valid JSON: NaN is not JSON",
    '{"id": "b", "title": "On b", "abstract": "x", "year": -Infinity}': "papers.jsonl:2: not valid JSON: -Infinity",
    '{"id": "b", "title": "On b", "title": "On c", "abstract": "x"}': "papers.jsonl:2: not valid JSON: the key 'title'",
    "[" * 100_000: "papers.jsonl:2: not valid JSON: nested too deeply",
    '{"id": "b", "abstract": "x"}': "papers.jsonl:2: b: no title",
    '{"id": "b", "title": "On b"}': "papers.jsonl:2: b: no abstract",
    '{"title": "On b", "abstract": ""}': "papers.jsonl:2: On b: no abstract",
    '{"title": "On b", "abstract": " \\u200b "}': "papers.jsonl:2: On b: no abstract",
    '{"id": "b"}': "papers.jsonl:2: b: no title and no abstract",
    "{}": "papers.jsonl:2: no title and no abstract",
    '{"id": "b", "title": "On b", "abstract_inverted_index": {"a": 0}}': "papers.jsonl:2: b: an inverted index that",
    '{"id": "b", "title": "On b", "abstract_inverted_index": {"a": ["x"]}}': "papers.jsonl:2: b: an inverted",
    '{"id": "a", "title": "On a again", "abstract": "x"}': "papers.jsonl:2: a: the same id as papers.jsonl:1",
    json.dumps({"id": "b", "title": "On b", "abstract": "x " * MAX_CHARACTERS}): "papers.jsonl:2: b: 40,003 char",
    '{"id": "b", "abstract": "x", "title": ' + "[" * 900 + "]" * 900 + "}": "papers.jsonl:2: b: n",
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_LINES, ids=lambda bad: bad[:50])
def test_a_bad_line_costs_only_itself(tmp_path: Path, bad: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(line("a") + bad + "\n" + line("z"), encoding="utf-8")
    papers, reports = read_all(path)
    assert papers == ["a", "z"]
    assert len(reports) == 1
    assert reports[0].startswith(BAD_LINES[bad])
    assert capfd.readouterr() == ("", ""), "the library prints nothing"


@pytest.mark.parametrize("bad", BAD_LINES, ids=lambda bad: bad[:50])
def test_strict_stops_at_the_first_bad_record_and_says_where(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(line("a") + bad + "\n" + line("z"), encoding="utf-8")
    found = []
    with pytest.raises(InputError) as raised:
        for paper in read([path], strict=True):
            found.append(paper.id)
    assert found == ["a"]
    assert (raised.value.file, raised.value.line) == (str(path), 2)
    assert str(raised.value).replace(f"{tmp_path}/", "").startswith(BAD_LINES[bad])


def test_facts_out_of_shape_do_not_cost_the_paper(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(
        line("a", authors=17, keywords={"x": 1}, venue=["J", None], url=[], doi={"value": "none"})
        + '{"id": "b", "title": "On b", "abstract": "x", "year": 1e999, "authors": [null, {"name": null}, ["x"]]}\n'
        + line("c", externalIds=["x"], primary_location=3, journal=None)
    )
    papers, reports = read_all(path)
    assert (papers, reports) == (["a", "b", "c"], [])


def test_the_same_id_in_another_file_names_the_first_place(tmp_path: Path) -> None:
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    first.write_text("\n" + line("a"))
    second.write_text(line("b") + line("a") + line("x", arxiv="2103.00001") + line("y", arxiv="arXiv:2103.00001v2"))
    papers, reports = read_all(first, second)
    assert papers == ["a", "b", "arxiv:2103.00001"]
    assert reports == [
        "2.jsonl:2: a: the same id as 1.jsonl:2",
        "2.jsonl:4: arxiv:2103.00001: the same id as 2.jsonl:3",
    ]


def test_a_truncated_last_line(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(line("a") + line("b")[:-20])
    papers, reports = read_all(path)
    assert papers == ["a"]
    assert len(reports) == 1 and reports[0].startswith("papers.jsonl:2: not valid JSON")


# One JSON document


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    ("broken", "report"),
    [
        ('"year": NaN', "NaN is not JSON"),
        ('"id": "b"', "the key 'id' stands twice"),
        ('"x": oops', "Expecting value"),
        ('"x": "never closed', ""),
    ],
)
def test_a_bad_record_in_a_list_costs_only_itself(tmp_path: Path, indent: int | None, broken: str, report: str) -> None:
    between = ",\n" if indent is None else ","
    texts = [json.dumps(record(name), indent=indent) for name in "abz"]
    texts[1] = texts[1].rstrip("}") + ", " + broken + "}"
    path = tmp_path / "papers.json"
    path.write_text("[\n" + between.join(texts if indent is None else [f"\n{t}" for t in texts]) + "\n]")
    papers, reports = read_all(path)
    assert papers == ["a", "z"]
    assert len(reports) == 1
    assert reports[0].startswith(f"papers.json:{3 if indent is None else 8}: not valid JSON: {report}")


def test_a_bad_record_in_a_list_on_one_line(tmp_path: Path) -> None:
    texts = [json.dumps(record(name, authors=[{"name": "Ada"}, {"name": "Wei"}])) for name in "abz"]
    texts[1] = texts[1].replace('"id": ', '"id" ')
    path = tmp_path / "papers.json"
    path.write_text("[" + ", ".join(texts) + "]")
    papers, reports = read_all(path)
    assert papers == ["a", "z"]
    assert reports == ["papers.json:1: not valid JSON: Expecting ':' delimiter"]


@pytest.mark.parametrize("cut", [1, 15, 40])
def test_a_list_that_breaks_off_gives_its_whole_records(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "papers.json"
    path.write_text(json.dumps([record("a"), record("b"), record("c")], indent=1)[:-cut])
    papers, reports = read_all(path)
    assert papers == (["a", "b", "c"] if cut == 1 else ["a", "b"])
    assert len(reports) == 1 and "breaks off" in reports[0]


@pytest.mark.parametrize("text", ["hello", '"x"', "17", "[1, 2]", "[[]]", '{"title":'])
def test_a_document_that_is_no_list_of_records(tmp_path: Path, text: str) -> None:
    path = tmp_path / "papers.json"
    path.write_text(text)
    papers, reports = read_all(path)
    assert papers == []
    assert reports and all(report.startswith("papers.json:1: not ") for report in reports)


# Bytes


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress, ".zst": zstandard.ZstdCompressor().compress,
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_a_packed_file_that_breaks_off_gives_what_stands_before(tmp_path: Path, suffix: str) -> None:
    text = "".join(line(f"paper {i:05d} {hash_of(i)}") for i in range(3000))
    path = tmp_path / f"papers.jsonl{suffix}"
    path.write_bytes((packed := PACKERS[suffix](text.encode()))[: len(packed) * 9 // 10])
    papers, reports = read_all(path)
    assert len(papers) > 100
    assert papers == [f"paper {i:05d} {hash_of(i)}" for i in range(len(papers))]
    assert 1 <= len(reports) <= 2, "the torn line, where there is one, and the end"
    assert reports[-1].startswith(f"papers.jsonl{suffix}:") and "the file breaks off" in reports[-1]


def hash_of(number: int) -> str:
    """Digits that do not pack well, the same on every run."""
    return f"{pow(7, number + 11, 2**61 - 1):x}"


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_small_packed_file_that_breaks_off_is_reported(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"papers.jsonl{suffix}"
    path.write_bytes(PACKERS[suffix](line("a").encode())[:-6])
    _, reports = read_all(path)
    assert "the file breaks off" in reports[-1]


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_with_bytes_overwritten_is_reported(tmp_path: Path, suffix: str) -> None:
    packed = bytearray(PACKERS[suffix]("".join(line(hash_of(i)) for i in range(200)).encode()))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    path = tmp_path / f"papers.jsonl{suffix}"
    path.write_bytes(packed)
    _, reports = read_all(path)
    assert reports, "damage never passes unnoticed"


def test_a_bomb_is_not_unpacked_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MIN_SUSPECT_BYTES", 100_000)
    path = tmp_path / "papers.jsonl.gz"
    path.write_bytes(gzip.compress(line("a").encode() + b"\n" * 3_000_000))
    papers, reports = read_all(path)
    assert papers == ["a"]
    assert len(reports) == 1 and "unpacks to far more than it holds" in reports[0]


def test_nul_and_control_characters_become_spaces(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text('{"id": "a\\u0000b", "title": "On\\u0000 nul\\u0007", "abstract": "x\\u0000y"}\n')
    (paper,) = read([path], strict=True)
    assert (paper.id, paper.title, paper.abstract) == ("a b", "On nul", "x y")


def test_lone_surrogates_never_reach_a_paper(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    text = '"A \\ud800 b"'
    path.write_text(
        f'{{"id": {text}, "title": {text}, "abstract": {text}, "venue": {text}, "authors": [{text}], '
        f'"keywords": [{text}], '
        f'"url": "https://example.org/\\udc00", "doi": "10.1234/a\\ud800b"}}\n'
    )
    (paper,) = read([path], strict=True)
    json.dumps(paper.as_dict(), ensure_ascii=False).encode("utf-8")
    assert paper.title == "A b"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "ris", "bib"])
def test_utf_16_and_byte_order_marks(tmp_path: Path, encoding: str, suffix: str) -> None:
    text = {
        "jsonl": '{"id": "a", "title": "Größe", "abstract": "x"}\r\n{"id": "b", "title": "On b", "abstract": "x"}\r\n',
        "json": '[{"id": "a", "title": "Größe", "abstract": "x"},\r\n {"id": "b", "title": "On b", "abstract": "x"}]',
        "csv": 'id,title,abstract\r\na,Größe,"x\r\ny"\r\nb,On b,x\r\n',
        "ris": "TY  - JOUR\r\nID  - a\r\nTI  - Größe\r\nAB  - x\r\nER  - \r\nTY  - JOUR\r\nID  - b\r\nTI  - On b\r\n"
        "AB  - x\r\nER  - \r\n",
        "bib": "@misc{a, title={Größe}, abstract={x}}\r\n@misc{b, title={On b}, abstract={x}}\r\n",
    }[suffix]
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    path = tmp_path / f"papers.{suffix}"
    path.write_bytes((mark + text).encode(encoding))
    first, second = read([path], strict=True)
    assert (first.title, first.id, second.id) == ("Größe", "a", "b")


def test_latin_1_lines_beside_utf_8_lines(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_bytes("id,title,abstract\na,Größe,x\n".encode() + "b,Größe – “é”,x\n".encode("cp1252"))
    first, second = read([path], strict=True)
    assert (first.title, second.title) == ("Größe", "Größe – “é”")


# Tables


def test_a_quote_that_is_never_closed_costs_only_its_row(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text('id,title,abstract\na,On a,x\nb,"On b,x\nc,On c,x\n"d","On\nd",x\n')
    papers, reports = read_all(path)
    assert papers == ["a", "c", "d"]
    assert len(reports) == 1 and reports[0].startswith("papers.csv:3: ")


def test_the_rest_of_a_bad_row_is_not_taken_for_rows(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text(
        '"id","title","abstract"\n"a","On a","x"\n'
        '"b","On b","we say "wait", then\nwe wait, count, and rest\nfor long."\n'
        '"c","On c","x"\n'
    )
    papers, reports = read_all(path)
    assert papers == ["a", "c"]
    assert len(reports) == 1 and reports[0].startswith("papers.csv:3: not valid CSV")


def test_a_quote_left_open_near_the_end(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text('id,title,abstract\na,On a,x\nb,"On b,x\nc,On c,x\nd,On d,x\n')
    papers, reports = read_all(path)
    assert papers == ["a", "c", "d"]
    assert reports == ["papers.csv:3: a quote that is never closed"]


def test_text_after_a_closing_quote(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text('id,title,abstract\na,"On" a,x\nb,On b,x\n')
    papers, reports = read_all(path)
    assert papers == ["b"]
    assert len(reports) == 1 and reports[0].startswith("papers.csv:2: not valid CSV")


def test_a_row_with_more_cells_than_columns_is_not_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text("id,title,abstract\na,On a,we measure, and wait\nb,On b,x\nc,On c\n")
    papers, reports = read_all(path)
    assert papers == ["b"]
    assert reports == [
        "papers.csv:2: 4 cells where the header has 3 (a ',' outside of quotes?)",
        "papers.csv:4: c: no abstract",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "id,title,abstract\n"])
def test_a_table_without_rows_holds_no_papers(tmp_path: Path, text: str) -> None:
    path = tmp_path / "papers.csv"
    path.write_text(text)
    assert read_all(path) == ([], [])


def test_a_torn_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "papers.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([record("a")]), path)
    path.write_bytes(path.read_bytes()[:-10])
    papers, reports = read_all(path)
    assert papers == []
    assert len(reports) == 1 and reports[0].startswith("papers.parquet:1: not a readable Parquet file")


@pytest.mark.parametrize(
    "columns",
    [
        {"title": pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 100_000), ["a" * 1_000_000])},
        {"title": ["Tides"], "abstract": ["a" * 30_000_000]},
        {"title": pyarrow.nulls(500_000, pyarrow.string())},
    ],
    ids=["one text in every row", "one long text", "rows of nothing"],
)
def test_a_parquet_file_that_unpacks_to_far_more_than_it_holds(tmp_path: Path, columns: dict[str, Any]) -> None:
    path = tmp_path / "papers.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path, compression="zstd", store_schema=False)
    papers, reports = read_all(path)
    assert not papers and "unpacks to far more than it holds" in reports[-1]


def test_parquet_with_a_text_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "papers.parquet"
    offsets, letters = pyarrow.py_buffer(struct.pack("<3i", 0, 1, 2)), pyarrow.py_buffer(b"\x80b")
    titles = pyarrow.Array.from_buffers(pyarrow.string(), 2, [None, offsets, letters])
    pyarrow.parquet.write_table(pyarrow.table({"title": titles, "abstract": ["x", "y"]}), path)
    skipped: list[Skipped] = []
    (paper,) = read([path], skipped=skipped.append)
    assert (paper.title, paper.abstract) == ("b", "y")
    assert len(skipped) == 1 and skipped[0].line == 1 and "cannot be read" in skipped[0].reason


def test_parquet_with_every_kind_of_column(tmp_path: Path) -> None:
    path = tmp_path / "papers.parquet"
    rows = [record(f"a{n}", authors=["A", "B"], year=2020, note={"a": [None, "b"]}) for n in range(250)]
    table = pyarrow.Table.from_pylist(rows)
    table = table.set_column(1, "title", table["title"].cast(pyarrow.large_string()))
    pyarrow.parquet.write_table(table, path, row_group_size=70)
    papers = list(read([path], strict=True))
    assert [(paper.id, paper.authors, paper.year) for paper in papers] == [
        (row["id"], tuple(row["authors"]), row["year"]) for row in rows
    ]


def test_parquet_numbers_that_are_not_numbers(tmp_path: Path) -> None:
    path = tmp_path / "papers.parquet"
    rows = [record("a", year=float("nan")), record("b", year=2021.0), record("c", year=float("inf"))]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    assert [paper.year for paper in read([path], strict=True)] == [None, 2021, None]


# Bibliographies


BIB = """@article{{a, title={{On a}}, abstract={{x}}}}
{bad}
@article{{z, title={{On z}}, abstract={{x}}}}
"""


@pytest.mark.parametrize(
    "bad",
    [
        "@article{b, title={On b, abstract={x}}",
        "@article{b, title={On b}, abstract={x}",
        '@article{b, title="On b, abstract={x}}',
        "@article{",
        "@article{b title {On b}",
    ],
)
def test_a_broken_bibtex_entry_costs_only_itself(tmp_path: Path, bad: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "papers.bib"
    path.write_text(BIB.format(bad=bad))
    papers, reports = read_all(path)
    assert papers == ["a", "z"]
    assert len(reports) == 1 and reports[0].startswith("papers.bib:2: ")
    assert capfd.readouterr() == ("", "")


def test_a_bibtex_entry_without_an_abstract(tmp_path: Path) -> None:
    path = tmp_path / "papers.bib"
    path.write_text(BIB.format(bad="\n@book{b,\n title={On b}}"))
    assert read_all(path) == (["a", "z"], ["papers.bib:3: b: no abstract"])


def test_broken_ris_references_cost_only_themselves(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    good = "TY  - JOUR\nID  - {0}\nTI  - On {0}\nAB  - x\nER  - \n"
    path = tmp_path / "papers.ris"
    path.write_text(
        good.format("a") + "XX  - odd\nno tag at all\nER  - \n" + good.format("z") + "TY  - JOUR\nTI  - Torn\n"
    )
    papers, reports = read_all(path)
    assert papers == ["a", "z"]
    assert [report.split(": ")[0] for report in reports] == ["papers.ris:6", "papers.ris:14"]
    assert reports[1] == "papers.ris:14: no end of reference (ER line)"
    assert capfd.readouterr() == ("", "")


# Files


def test_a_file_that_may_not_be_read_is_an_error_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(line("a"))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"papers\.jsonl: Permission denied"):
        list(read([path]))


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "tsv", "bib", "ris", "txt", "parquet"])
def test_rubbish_under_any_suffix_is_reported_and_nothing_breaks(tmp_path: Path, suffix: str) -> None:
    rubbish = bytes(range(256)) * 20 + b'{"@[,;\t"\r\n' * 50
    path = tmp_path / f"papers.{suffix}"
    path.write_bytes(rubbish)
    papers, reports = read_all(path)
    assert not papers or suffix == "txt"
    assert papers or reports


@pytest.mark.parametrize("format", ["jsonl", "json", "csv", "tsv", "bibtex", "ris", "text", "parquet"])
def test_the_wrong_format_is_reported_and_nothing_breaks(tmp_path: Path, format: str) -> None:
    path = tmp_path / "papers.dat"
    path.write_text("<html><body>\n" + "<p>We wait.</p>\n" * 20)
    papers, _ = read_all(path, format=format)
    assert papers == []


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "bib", "ris", "txt"])
def test_a_line_without_end_is_not_read_to_its_end(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_LINE_BYTES", 1000)
    path = tmp_path / f"papers.{suffix}"
    path.write_bytes(b"\0" * 5000)
    papers, reports = read_all(path)
    assert papers == []
    assert reports == [f"papers.{suffix}:1: a line of more than 1,000 bytes; not read further"]


def test_a_document_beyond_all_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structured, "_MAX_DOCUMENT", 1000)
    path = tmp_path / "papers.json"
    path.write_text(json.dumps([record("a")]) + "\n" * 1000)
    papers, reports = read_all(path)
    assert papers == []
    assert reports == ["papers.json:1: a JSON document of more than 1,000 characters: give it as JSON lines"]


def test_a_quote_left_open_before_long_lines_is_given_up_soon(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text('id,title,abstract\na,"On a,x\n' + ("y" * 400_000 + "\n") * 5 + "b,On b,x\n")
    papers, reports = read_all(path)
    assert papers == ["b"]
    assert reports == ["papers.csv:2: a quote that is never closed"]


def test_an_entry_that_never_ends_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "papers.bib"
    path.write_text(BIB.format(bad="@article{b, title={On b" + "\n" * 20_000))
    papers, reports = read_all(path)
    assert papers == ["a", "z"]
    assert len(reports) == 1


def test_a_reason_holds_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    path = tmp_path / "papers.txt"
    path.write_text("\x1b]0;owned\x07\x1b[2J A title\nAnother title\n")
    _, reports = read_all(path)
    assert reports and all(report.isprintable() for report in reports)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading fails")
def test_a_file_whose_reading_fails_is_named() -> None:
    with pytest.raises(InputError, match=r"/proc/self/mem: Input/output error"):
        list(read(["/proc/self/mem"]))


def test_a_parser_s_own_warnings_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "papers.bib"
    path.write_text(BIB.format(bad="@article{b, title={On b"))
    code = f"from kg.readers import read; list(read([{str(path)!r}]))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stderr == b""
