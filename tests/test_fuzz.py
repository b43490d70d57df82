"""Whatever bytes are read: nothing breaks, papers are clean, and mentions stand where they say.

``KG_FUZZ_SECONDS=60 pytest tests/test_fuzz.py`` tries each target for a minute instead of the usual moment.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import unicodedata
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from hostile import examples, repeatedly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.extraction import extract, load
from kg.readers import FORMATS, Skipped, read
from kg.readers.cleaning import clean
from kg.records import Paper

RECORDS = [
    {
        "id": "a",
        "title": "Tidal networks",
        "abstract": "We propose FooNet (FN), trained on ImageNet to 71.3% accuracy.",
    },
    {"id": "b", "title": "Größe über alles", "abstract": 'A "quoted" one, {braced}\nover $x^2$ lines.', "year": 2020},
]


def _parquet() -> bytes:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(RECORDS), out := io.BytesIO())
    return out.getvalue()


SEEDS = {
    "text": "\n".join(f"{r['title']}\n{str(r['abstract']) * 5}" for r in RECORDS).encode(),
    "jsonl": "\n".join(json.dumps(r) for r in RECORDS).encode(),
    "json": json.dumps(RECORDS, indent=1).encode(),
    "csv": b'id,title,abstract\na,Tides,"We wait, and\nwait."\nb,"On ""b""",x\n',
    "tsv": b"id\ttitle\tabstract\na\tTides\tWe wait.\nb\tOn b\tx\n",
    "parquet": _parquet(),
    "bibtex": b'@string{j = "Journal"}\n@article{a, title={Tides {T}}, abstract={We wait.}, journal=j # "x"}\n@misc{b,\n title="x"}\n',
    "ris": b"TY  - JOUR\nID  - a\nTI  - Tides\nAB  - We wait.\nAU  - A, B\nER  - \nTY  - JOUR\nTI  - x\nER  - \n",
}  # fmt: skip
PACK = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress, ".zst": zstandard.compress}
PIECES = [b'"', b"'", b"{", b"}", b"[", b"]", b"(", b",", b"\t", b"\n", b"\r", b"\\", b"\\u", b"\\ud800", b"@", b"@a{b,", b"=",
          b"#", b"ER  - ", b"TY  - ", b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"NaN", b"1e999", b"\xe2\x80\xa8", b"null",
          b'{"title":', b"%", b"$", b"\x1f\x8b", b"title", b"abstract"]  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(["ImageNet", "FooNet", "(FN)", "accuracy of 71.3%", "We propose ", " on ", "\\alpha", "$x$", "{", "}", "\u200b",
                     "\u2067", "\u2028", "e\u0301", "𝔘", "🌊", "&amp;", "256times256", "\ud800", "=", "\n", "CIFAR-10 ", "GNNs "])
    | st.text(st.characters(exclude_categories=()), max_size=10),
    max_size=25,
).map("".join)  # fmt: skip


#: Other examples each time, unlike those of properties that are tried once.
OFTEN = settings(deadline=None, derandomize=False, database=None)


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    """A valid file with parts cut out, doubled and put in."""
    data = seed
    for _ in range(draw(st.integers(0, 6))):
        start, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        new = draw(st.sampled_from(PIECES) | st.binary(max_size=8) | st.just(data[start:end] * 2))
        data = data[:start] + new + data[draw(st.sampled_from([start, min(len(data), start + 1), end])) :]
    return data


@pytest.mark.parametrize("format", FORMATS)
@repeatedly
@settings(parent=OFTEN, max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), packed=st.sampled_from(sorted(PACK)), guessed=st.booleans())
def test_no_bytes_break_a_reader(tmp_path: Path, format: str, data: st.DataObject, packed: str, guessed: bool) -> None:
    path = tmp_path / f"papers.dat{packed}"
    path.write_bytes(data.draw(damaged(PACK[packed](data.draw(damaged(SEEDS[format]))))))
    skipped: list[Skipped] = []
    papers = list(read([path], format=None if guessed else format, skipped=skipped.append))
    assert len({paper.id for paper in papers}) == len(papers)
    for paper in papers:
        assert paper.title and paper.abstract
        written = json.dumps(paper.as_dict(), ensure_ascii=False)
        written.encode("utf-8")
        assert "\n" not in paper.text.replace("\n", "", 1)
        assert unicodedata.is_normalized("NFC", paper.abstract)
    assert all(problem.reason and problem.line > 0 and "\n" not in str(problem) for problem in skipped)


@pytest.fixture(scope="module")
def nlp():
    return load()


@repeatedly
@settings(parent=OFTEN, max_examples=examples(40))
@given(title=TEXTS, abstract=TEXTS)
def test_mentions_stand_where_they_say(nlp, title: str, abstract: str) -> None:
    paper = Paper("a", clean(title) or "t", clean(abstract) or "x")
    (found,) = extract([paper], nlp)
    for mention in found.mentions:
        assert 0 <= mention.start < mention.end and paper.text[mention.start : mention.end] == mention.text
    for result in found.results:
        assert 0 <= result.start < result.end <= len(paper.text)
