"""Every format that people have papers in comes out as the same records."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import InputError, UsageError
from kg.readers import FORMATS, Skipped, read
from kg.readers.flavours import to_paper
from kg.records import Paper
from kg.sample import sample_path

TIDAL: dict[str, Any] = {
    "id": "tide-1",
    "title": "Tidal Networks",
    "abstract": "We introduce the tidal network and train it on Harbour-10k, where its wave error is 4.2%.",
    "authors": ["Ada Brook", "José Müller"],
    "year": 2021,
    "venue": "Journal of Invented Water",
    "keywords": ["tides", "networks"],
}
MOSS: dict[str, Any] = {
    **TIDAL,
    "id": "moss-1",
    "title": "Moss Transformers",
    "abstract": "We grow moss, and count it.",
}


def read_one(path: Path | str, **options: Any) -> Paper:
    (paper,) = read([path], strict=True, **options)
    return paper


def titles(*sources: Path | str, **options: Any) -> list[str]:
    return [paper.title for paper in read(sources, strict=True, **options)]


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


# JSON


def test_a_json_line_becomes_a_paper_with_all_its_facts(tmp_path: Path) -> None:
    paper = read_one(write(tmp_path / "papers.jsonl", TIDAL))
    assert paper == Paper(
        id="tide-1",
        title=TIDAL["title"],
        abstract=TIDAL["abstract"],
        authors=("Ada Brook", "José Müller"),
        year=2021,
        venue="Journal of Invented Water",
        keywords=("tides", "networks"),
    )


@pytest.mark.parametrize(
    "document",
    [
        [TIDAL, MOSS],
        {"results": [TIDAL, MOSS], "meta": {"data": [1, 2]}},
        {"total": 2, "data": [TIDAL, MOSS]},
        {"papers": [TIDAL, MOSS]},
        {"items": [TIDAL, MOSS]},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_list_may_stand_alone_or_in_an_object(tmp_path: Path, document: Any, indent: int | None) -> None:
    path = tmp_path / "papers.json"
    path.write_text(json.dumps(document, indent=indent))
    assert titles(path) == ["Tidal Networks", "Moss Transformers"]


def test_a_json_object_may_be_one_paper(tmp_path: Path) -> None:
    path = tmp_path / "paper.json"
    path.write_text(json.dumps(TIDAL, indent=2))
    assert titles(path) == ["Tidal Networks"]


def test_a_list_whose_records_begin_lines_is_not_taken_for_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "papers.json"
    path.write_text('{"results": [\n' + json.dumps(TIDAL) + ",\n" + json.dumps(MOSS) + "\n]}")
    assert titles(path) == ["Tidal Networks", "Moss Transformers"]


@pytest.mark.parametrize("name", ["lines.json", "list.jsonl"])
def test_lines_and_lists_are_told_apart_under_either_suffix(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, TIDAL, MOSS)
    if name == "list.jsonl":
        path.write_text(json.dumps([TIDAL, MOSS]))
    assert titles(path) == ["Tidal Networks", "Moss Transformers"]


def test_long_first_line_of_json_lines_named_json(tmp_path: Path) -> None:
    path = write(tmp_path / "papers.json", {**TIDAL, "abstract": "We wait. " * 1000}, MOSS)
    assert titles(path) == ["Tidal Networks", "Moss Transformers"]


# Sources of papers


def test_arxiv_snapshot(tmp_path: Path) -> None:
    record = {
        "id": "2103.00001",
        "submitter": "A. Brook",
        "authors": "Ada Brook (Harbour Institute), Jos\\'e M\\\"uller and Wei Li",
        "title": "Tidal\n  Networks",
        "abstract": "  We introduce the tidal network\nfor $k$-step forecasts.\n",
        "journal-ref": "J. Inv. Water 3 (2022) 7",
        "doi": None,
        "categories": "cs.LG",
        "update_date": "2023-05-01",
        "versions": [{"version": "v1", "created": "Mon, 1 Mar 2021 00:00:00 GMT"}],
    }
    paper = read_one(write(tmp_path / "arxiv.jsonl", record))
    assert paper.id == "arxiv:2103.00001"
    assert paper.title == "Tidal Networks"
    assert paper.abstract == "We introduce the tidal network for k-step forecasts."
    assert paper.authors == ("Ada Brook", "José Müller", "Wei Li")
    assert paper.year == 2021, "the year of the number, not of the last update"
    assert paper.venue == "J. Inv. Water 3 (2022) 7"


def test_semantic_scholar(tmp_path: Path) -> None:
    record = {
        "paperId": "0a1b2c",
        "externalIds": {"ArXiv": "2103.00001", "CorpusId": 17},
        "url": "https://www.example.org/paper/0a1b2c",
        "title": "Tidal Networks",
        "abstract": TIDAL["abstract"],
        "venue": "",
        "journal": {"name": "Journal of Invented Water", "volume": "3"},
        "year": 2021,
        "authors": [{"authorId": "1", "name": "Ada Brook"}, {"authorId": None, "name": "Wei Li"}],
    }
    paper = read_one(write(tmp_path / "s2.jsonl", record))
    assert (paper.id, paper.arxiv) == ("arxiv:2103.00001", "2103.00001")
    assert paper.authors == ("Ada Brook", "Wei Li")
    assert paper.venue == "Journal of Invented Water"
    assert paper.url == "https://www.example.org/paper/0a1b2c"
    with_doi = {**record, "externalIds": {"DOI": "10.1234/Water.7", "ArXiv": "2103.00001"}}
    assert to_paper(with_doi).id == "doi:10.1234/water.7"


def test_openalex_inverted_index(tmp_path: Path) -> None:
    record = {
        "id": "https://openalex.org/W17",
        "doi": "https://doi.org/10.1234/WATER.7",
        "title": None,
        "display_name": "Tidal Networks",
        "publication_year": 2021,
        "authorships": [{"author": {"display_name": "Ada Brook"}}, {"raw_author_name": "Wei Li"}],
        "primary_location": {"source": {"display_name": "Journal of Invented Water"}},
        "keywords": [{"id": "k1", "display_name": "tides", "score": 0.5}],
        "abstract_inverted_index": {"the": [1, 4], "At": [0], "tide": [2], "meets": [3], "moss.": [5]},
    }
    paper = read_one(write(tmp_path / "openalex.jsonl", record))
    assert paper.abstract == "At the tide meets the moss."
    assert (paper.id, paper.doi) == ("doi:10.1234/water.7", "10.1234/water.7")
    assert paper.authors == ("Ada Brook", "Wei Li")
    assert (paper.year, paper.venue, paper.keywords) == (2021, "Journal of Invented Water", ("tides",))


def test_our_own_lines_come_back_as_the_same_papers(tmp_path: Path) -> None:
    first = list(read([write(tmp_path / "a.jsonl", TIDAL, {**MOSS, "doi": "10.1234/x", "id": None})], strict=True))
    second = list(read([write(tmp_path / "b.jsonl", *(p.as_dict() for p in first))], strict=True))
    assert second == first


@settings(max_examples=100, deadline=None)
@given(
    st.fixed_dictionaries(
        {"title": st.text(min_size=1, max_size=30), "abstract": st.text(min_size=1, max_size=60)},
        optional={
            "authors": st.one_of(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=3)),
            "year": st.one_of(st.integers(), st.floats(), st.text(max_size=6), st.none()),
            "doi": st.text(max_size=20).map("10.1234/".__add__),
            "url": st.text(max_size=20).map("https://example.org/".__add__),
            "venue": st.text(max_size=20),
            "id": st.one_of(st.text(max_size=10), st.integers()),
        },
    )
)
def test_whatever_the_facts_a_paper_is_stable_and_can_be_written(record: dict[str, Any]) -> None:
    try:
        paper = to_paper(record)
    except ValueError as error:
        assert "no title" in str(error) or "no abstract" in str(error)
        return
    json.dumps(paper.as_dict(), ensure_ascii=False).encode("utf-8")
    assert to_paper(paper.as_dict()) == paper


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Ada Brook; Wei Li", ("Ada Brook", "Wei Li")),
        ("Ada Brook, Wei Li and José Müller", ("Ada Brook", "Wei Li", "José Müller")),
        ("Ada Brook, Wei Li, and José Müller", ("Ada Brook", "Wei Li", "José Müller")),
        ("Brook, Ada and Li, Wei", ("Brook, Ada", "Li, Wei")),
        ("Ada Brook and Wei Li", ("Ada Brook", "Wei Li")),
        ("Alexandra Anderson", ("Alexandra Anderson",)),
        ("", ()),
    ],
)
def test_names_in_one_line(line: str, names: tuple[str, ...]) -> None:
    assert to_paper({**TIDAL, "authors": line}).authors == names


@pytest.mark.parametrize(
    ("given", "year"),
    [(2021, 2021), (2021.0, 2021), ("2021-03-01", 2021), ("1 Mar 2021", 2021), (float("nan"), None), (1e999, None),
     ("n.d.", None), (None, None)],
)  # fmt: skip
def test_years(given: Any, year: int | None) -> None:
    assert to_paper({**TIDAL, "year": given}).year == year


@pytest.mark.parametrize(
    ("record", "identity"),
    [
        ({"doi": "https://doi.org/10.1234/ABC.", "arxiv": "2103.00001", "id": "x"}, "doi:10.1234/abc"),
        ({"doi": "(see 10.1234/a(b)c(7)).", "id": "x"}, "doi:10.1234/a(b)c(7)"),
        ({"doi": "10.1234/).", "id": "x"}, "x"),
        ({"arxiv": "arXiv:2103.00001v3", "id": "x"}, "arxiv:2103.00001"),
        ({"id": None, "url": "https://arxiv.org/abs/hep-th/9901001v2"}, "arxiv:hep-th/9901001"),
        ({"id": "x"}, "x"),
        ({"id": 17}, "17"),
        ({"id": " BJ--g{P}c\u200bxl~\x07 "}, "BJ--g{P}cxl~"),
    ],
)
def test_ids_by_preference(record: dict[str, Any], identity: str) -> None:
    assert to_paper({**TIDAL, **record}).id == identity


def test_a_paper_without_any_identifier_is_known_by_its_title() -> None:
    first, second = (to_paper({"title": t, "abstract": "We wait."}) for t in ("Tidal Networks", "tidal-network"))
    assert first.id == second.id
    assert first.id.startswith("title:") and len(first.id) == len("title:") + 12


# Tables


def test_csv_with_quotes_commas_and_newlines(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text(
        'Title,Abstract,Authors,Year\r\n"Tides, ""Moss"" and Us","We wait,\r\nand wait.",Ada Brook; Wei Li,2021\r\n'
        'A 5" Disk,It holds 3" of moss.,Ada Brook,2022\r\n',
        newline="",
    )
    first, second = read([path], strict=True)
    assert (first.title, first.abstract) == ('Tides, "Moss" and Us', "We wait, and wait.")
    assert (first.authors, first.year) == (("Ada Brook", "Wei Li"), 2021)
    assert (second.title, second.abstract) == ('A 5" Disk', 'It holds 3" of moss.')


@pytest.mark.parametrize(
    ("suffix", "delimiter"), [("csv", ","), ("csv", ";"), ("csv", "|"), ("csv", "\t"), ("tsv", "\t")]
)
def test_delimiters_are_told_from_the_header(tmp_path: Path, suffix: str, delimiter: str) -> None:
    path = tmp_path / f"papers.{suffix}"
    path.write_text(f"\ufeffid{delimiter}title{delimiter}abstract\nx{delimiter}Moss{delimiter}We count.\n\n", "utf-8")
    paper = read_one(path)
    assert (paper.id, paper.title, paper.abstract) == ("x", "Moss", "We count.")


@pytest.mark.parametrize(
    "header", ["Document Title,Abstract", "Article Title,Abstract", "TI,AB", "title,summary", "name,description"]
)
def test_column_names_of_common_exports(tmp_path: Path, header: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(f"{header}\nMoss,We count.\n")
    assert titles(path) == ["Moss"]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "papers.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([TIDAL, {**MOSS, "authors": None, "year": None}]), path)
    first, second = read([path], strict=True)
    assert (first.title, first.authors, first.year) == ("Tidal Networks", ("Ada Brook", "José Müller"), 2021)
    assert (second.title, second.authors, second.year) == ("Moss Transformers", (), None)


# Bibliographies


def test_bibtex(tmp_path: Path) -> None:
    path = tmp_path / "papers.bib"
    path.write_text(
        r"""This line is a comment.
@string{jiw = "Journal of Invented Water"}
@comment{@article{no, title={Not a Paper}}}
@article{brook2021,
  title = {{T}idal {N}etworks for {Schr{\"o}dinger}},
  author = {Brook, Ada and M{\"u}ller, Jos{\'e}
            and Li, Wei},
  journal = jiw, year = 2021, month = mar,
  keywords = {tides, networks}, keywords = {tides},
  abstract = {We introduce the tidal network
              at 50\% of the cost.},
  eprint = {2103.00001}, archivePrefix = {arXiv}
}
@InProceedings(moss, title = "Moss", author = "M{\"u}ller, Jos{\'e}", booktitle = "Proc. Moss", year = "2022",
  abstract = "We count.")
""",
        encoding="utf-8",
    )
    skipped: list[Skipped] = []
    papers = list(read([path], skipped=skipped.append))
    assert papers[0].title == "Tidal Networks for Schrödinger"
    assert papers[0].authors == ("Brook, Ada", "Müller, José", "Li, Wei")
    assert (papers[0].venue, papers[0].year, papers[0].id) == ("Journal of Invented Water", 2021, "arxiv:2103.00001")
    assert papers[0].abstract == "We introduce the tidal network at 50% of the cost."
    assert papers[0].keywords == ("tides", "networks")


def test_bibtex_of_one_author_and_key_as_id(tmp_path: Path) -> None:
    path = tmp_path / "paper.bib"
    path.write_text("@misc{moss22, title={Moss}, author={M{\\\"u}ller, Jos{\\'e}}, abstract={We count.}}\n")
    paper = read_one(path)
    assert (paper.id, paper.authors) == ("moss22", ("Müller, José",))


def test_ris(tmp_path: Path) -> None:
    path = tmp_path / "papers.ris"
    path.write_text(
        "TY  - JOUR\nTI  - Tidal Networks\nAU  - Brook, Ada\nAU  - Li, Wei\nPY  - 2021\nJO  - J. Inv. Water\n"
        "DO  - 10.1234/Water.7\nUR  - https://example.org/7\nKW  - tides\nKW  - networks\nAB  - We wait.\nER  - \n\n"
        "TY  - CONF\nT1  - Moss\nA1  - Müller, José\nY1  - 2022/03/01\nN2  - We count.\nER  - \n",
        encoding="utf-8",
    )
    first, second = read([path], strict=True)
    assert (first.title, first.authors, first.year) == ("Tidal Networks", ("Brook, Ada", "Li, Wei"), 2021)
    assert (first.id, first.venue, first.url) == ("doi:10.1234/water.7", "J. Inv. Water", "https://example.org/7")
    assert first.keywords == ("tides", "networks")
    assert (second.title, second.abstract, second.authors, second.year) == (
        "Moss",
        "We count.",
        ("Müller, José",),
        2022,
    )


# Where papers come from


def _zstd(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor()
    half = len(data) // 2
    return compressor.compress(data[:half]) + compressor.compress(data[half:])


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress, ".zst": _zstd,
}  # fmt: skip


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("inner", ["papers.jsonl", "papers.csv", "papers"])
def test_packed_files_are_unpacked_on_the_way(tmp_path: Path, suffix: str, inner: str) -> None:
    text = "title,abstract\nMoss,We count.\n" if inner.endswith("csv") else json.dumps(MOSS) + "\n"
    path = tmp_path / (inner + suffix)
    path.write_bytes(PACKERS[suffix](text.encode()))
    assert len(titles(path)) == 1


def test_a_packed_file_with_a_plain_name_and_packed_parquet(tmp_path: Path) -> None:
    plain = tmp_path / "papers.jsonl"
    plain.write_bytes(gzip.compress(json.dumps(MOSS).encode()))
    assert titles(plain) == ["Moss Transformers"]
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([TIDAL]), buffer)
    packed = tmp_path / "papers.parquet.gz"
    packed.write_bytes(gzip.compress(buffer.getvalue()))
    assert titles(packed) == ["Tidal Networks"]


def test_a_folder_is_read_in_sorted_order_and_only_what_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep" / "a.jsonl", MOSS)
    write(tmp_path / "b.jsonl", TIDAL)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert titles(tmp_path) == ["Tidal Networks", "Moss Transformers"]


def test_a_glob_is_expanded_in_sorted_order(tmp_path: Path) -> None:
    write(tmp_path / "2.jsonl", MOSS)
    write(tmp_path / "1.jsonl", TIDAL)
    assert titles(str(tmp_path / "*.jsonl")) == ["Tidal Networks", "Moss Transformers"]
    assert titles(str(tmp_path / "**" / "2.jsonl")) == ["Moss Transformers"]


def test_a_file_whose_name_looks_like_a_glob_is_read(tmp_path: Path) -> None:
    assert titles(write(tmp_path / "papers[1].jsonl", TIDAL)) == ["Tidal Networks"]


@pytest.mark.parametrize("name", ["none.jsonl", "none*.jsonl", "dangling.jsonl"])
def test_a_source_that_does_not_exist_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no such file"):
        list(read([tmp_path / name]))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(json.dumps(TIDAL) + "\n"))
    writer.start()
    assert titles(pipe) == ["Tidal Networks"]
    writer.join()


STREAMS = {
    "jsonl": json.dumps(TIDAL) + "\n" + json.dumps(MOSS) + "\n",
    "json": json.dumps([TIDAL, MOSS], indent=1),
    "csv": "title,abstract\nTidal Networks,We wait.\nMoss Transformers,We count.\n",
    "tsv": "title\tabstract\nTidal Networks\tWe wait.\nMoss Transformers\tWe count.\n",
    "bibtex": "@misc{a, title={Tidal Networks}, abstract={We.}}\n@misc{b, title={Moss Transformers}, abstract={We.}}",
    "ris": "TY  - JOUR\nTI  - Tidal Networks\nAB  - W.\nER  -\nTY  - JOUR\nTI  - Moss Transformers\nAB  - W.\nER  -\n",
    "text": f"Tidal Networks\n{'We wait. ' * 40}\nMoss Transformers\n{'We count. ' * 40}\n",
}


@pytest.fixture(params=["utf-8", "utf-8-sig", "utf-16"])
def encoding(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


@pytest.mark.parametrize("format", STREAMS)
def test_standard_input_is_told_by_its_first_bytes(format: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(STREAMS[format].encode(encoding)))
    monkeypatch.setattr("sys.stdin", stream)
    assert titles("-") == ["Tidal Networks", "Moss Transformers"]


def test_packed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(STREAMS["jsonl"].encode()))))
    assert titles("-") == ["Tidal Networks", "Moss Transformers"]


@pytest.mark.parametrize("format", STREAMS)
def test_a_given_format_overrides_the_suffix(tmp_path: Path, format: str) -> None:
    path = tmp_path / "export.dat.xyz"
    path.write_text(STREAMS[format])
    assert titles(path, format=format) == ["Tidal Networks", "Moss Transformers"]


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="docx") as raised:
        list(read([write(tmp_path / "a.jsonl", TIDAL)], format="docx"))
    assert all(name in str(raised.value) for name in FORMATS)


def test_papers_come_as_a_stream(tmp_path: Path) -> None:
    path = write(tmp_path / "papers.jsonl", TIDAL, MOSS)
    papers = read([path, tmp_path / "not yet looked for.jsonl"])
    assert next(papers).title == "Tidal Networks"


def test_the_bundled_sample_reads_without_a_complaint() -> None:
    papers = list(read([sample_path()], strict=True))
    assert len(papers) == 72
    assert len({paper.id for paper in papers}) == 72
    assert all(paper.authors and paper.venue and 1986 <= (paper.year or 0) <= 2024 for paper in papers)
    assert all(60 <= len(paper.abstract.split()) <= 180 for paper in papers)
    written = [json.loads(line) for line in sample_path().read_text("utf-8").splitlines()]
    assert [p.abstract for p in papers] == [r["abstract"] for r in written], "the sample is clean as it stands"
