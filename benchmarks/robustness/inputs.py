"""Classes of bad input: files in which bad records stand among good ones, and what must become of them.

Every bad record stands between two good ones, which have to be read whatever it is.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyarrow
import pyarrow.parquet
import zstandard

from benchmarks.robustness.report import Row
from benchmarks.robustness.sandbox import MIB, MOST_MEMORY, MOST_SECONDS, run
from kg.store import PAPERS, read_manifest, read_papers

NAME = "ImageNet"
_ABSTRACT = f"We train on {NAME} and reach an accuracy of 71.3%."
KEPT, SKIPPED, UNUSABLE, ANY = "kept", "skipped", "refused: nothing to read", "any"


@dataclass(frozen=True)
class Batch:
    """A file: its bytes, the ids that must be read, how many bad records it has and what becomes of them.

    `found` are ids of papers in which `NAME` has to be found all the same; `make` writes what is no ordinary file.
    """

    kind: str
    name: str
    content: bytes
    good: tuple[str, ...]
    bad: int
    outcome: str
    found: tuple[str, ...] = ()
    make: Callable[[Path], None] | None = field(default=None, compare=False)


def good(number: int) -> dict[str, object]:
    """A record that nothing is wrong with."""
    return {"id": f"good-{number}", "title": f"Good paper {number}", "abstract": _ABSTRACT}


def _line(record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _among(kind: str, name: str, outcome: str, bad: list[bytes], found: bool = False) -> Batch:
    """JSON lines: good, bad, good, bad, …, good."""
    lines = [_line(good(0))]
    for number, line in enumerate(bad, 1):
        lines += [line.rstrip(b"\n") + b"\n", _line(good(number))]
    names = tuple(f"good-{number}" for number in range(len(bad) + 1))
    kept = tuple(f"bad-{number}" for number in range(len(bad))) if outcome == KEPT else ()
    return Batch(kind, name, b"".join(lines), names + kept, len(bad), outcome, kept if found else ())


def _abstracts(kind: str, abstracts: list[str], found: bool = False, outcome: str = KEPT) -> Batch:
    """Records whose abstracts are bad, each with an id of its own."""
    records = [{"id": f"bad-{n}", "title": f"Bad paper {n}", "abstract": a} for n, a in enumerate(abstracts)]
    return _among(kind, "abstracts.jsonl", outcome, [_line(record) for record in records], found)


def _files(kind: str, contents: dict[str, bytes], outcome: str = UNUSABLE) -> Iterator[Batch]:
    for name, content in contents.items():
        yield Batch(kind, name, content, (), 1, outcome)


def batches() -> Iterator[Batch]:
    """All of them."""
    yield from _missing()
    yield from _characters()
    yield from _encodings()
    yield from _sizes()
    yield from _torn()
    yield from _parquet_bombs()
    yield from _documents()
    yield from _tables_and_bibliographies()
    yield from _no_files()


def _missing() -> Iterator[Batch]:
    yield from _files("empty files", dict.fromkeys(
        ("a.txt", "a.jsonl", "a.json", "a.csv", "a.tsv", "a.bib", "a.ris", "a.parquet", "a.jsonl.gz"), b""))  # fmt: skip
    yield from _files("files of blank lines or a header", {
        "a.txt": b"\n\n", "a.jsonl": b"\r\n\n", "a.json": b"[]", "a.csv": b"id,title,abstract\n", "b.json": b"{}"})  # fmt: skip
    yield _abstracts("empty abstracts", ["", " ", "\n", "\u200b", "\x00", "$$", "\u00ad\u2067"], outcome=SKIPPED)
    records = [{"id": "b", "abstract": "x"}, {"id": "b", "title": "", "abstract": "x"}, {"title": None, "abstract": "x"},
               {"id": "b", "title": "\u200b", "abstract": "x"}, {}, {"authors": ["A"]}]  # fmt: skip
    yield _among("missing titles", "a.jsonl", SKIPPED, [_line(r) for r in records])
    yield _among("ids that came before", "a.jsonl", SKIPPED, [_line(good(0)), _line({**good(0), "title": "Other"})])
    same = {"title": "Good paper 0", "abstract": "Another abstract."}
    yield _among("titles that came before", "a.jsonl", KEPT, [_line({**same, "id": f"bad-{n}"}) for n in range(3)])


def _characters() -> Iterator[Batch]:
    inside = {
        "NUL and control characters": [f"a{c}b {_ABSTRACT}" for c in "\x00\x01\x08\x0b\x0c\x1b\x1f\x7f\x80\x9f"],
        "lone surrogates": [f"{_ABSTRACT} {c}" for c in ("\ud800", "\udfff", "\udc80\ud83d", "a\ud800b")],
        "decomposed letters (NFD)": [unicodedata.normalize("NFD", f"Größe, Việt. {_ABSTRACT}")],
        "no-break and other spaces": [_ABSTRACT.replace(" ", c) for c in "\xa0\u1680\u2000\u2007\u2009\u202f\u205f\u3000"],
        "zero-width characters, soft hyphens, joiners, tags within names": [
            _ABSTRACT.replace(NAME, c.join(NAME))
            for c in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\ufe0f\U000e0041\U000e0100"
        ],
        "marks of direction within names": [
            _ABSTRACT.replace(NAME, f"{c}{NAME[:5]}{c}{NAME[5:]}{c}")
            for c in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a"
        ],
        "right-to-left text": [f"אנו מציעים שיטה. {_ABSTRACT}", f"نقترح طريقة جديدة. {_ABSTRACT}"],
        "line ends that are none (U+0085, U+2028, U+2029, VT, FF)": [f"We wait.{c}{_ABSTRACT}" for c in "\x85\u2028\u2029\v\f"],
    }  # fmt: skip
    for kind, abstracts in inside.items():
        yield _abstracts(kind, abstracts, found=True)


def _encodings() -> Iterator[Batch]:
    records = [{**good(number), "venue": "Größe"} for number in range(3)]
    text = "\r\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    names = tuple(f"good-{number}" for number in range(3))
    for encoding in ("utf-16", "utf-8-sig", "cp1252", "latin-1"):
        kind = {"utf-16": "UTF-16", "utf-8-sig": "byte-order marks"}.get(encoding, "Latin-1 and Windows-1252")
        yield Batch(kind, "a.jsonl", text.encode(encoding), names, 3, KEPT, names)
    for end in ("\r", "\n", "\r\n", "\n\r\n"):
        yield Batch("mixed line ends", "a.jsonl", text.replace("\r\n", end, 1).encode(), names, 3, KEPT, names)


def _sizes() -> Iterator[Batch]:
    yield _abstracts("ten-megabyte abstracts", ["word " * 2_000_000, "x" * 10_000_000], outcome=SKIPPED)
    near = 19_000
    runs = ["(", "!", "[", "((", ".", "-", "a-", "\\", "{", "}", "$", "$x", "&amp;", "~", "\\frac", "\\cite{", "\"a", "^",
            "1", "1,", "1.", "%", "A", "A ", "Ab", "a(B) ", "(AB) ", "`", "``", "''", "--", "�", "é", "\u0301", "漢", "😀",
            "<jats:p>", "http://a.b/", "@", "ImageNet ", "ImageNet-", "accuracy of 71.3% ", "ha"]  # fmt: skip
    # Runs of a mark may be cleaned away, so that what is left is short: a name stands before each.
    yield _abstracts(
        "one piece again and again for 19,000 characters", [f"{_ABSTRACT} {r * (near // len(r))}" for r in runs]
    )
    yield _among("fields beyond 131,072 characters", "a.jsonl", KEPT, [
        _line({"id": "bad-0", "title": "t", "abstract": _ABSTRACT, "note": "x" * 200_000}),
        _line({"id": "bad-1", "title": "t", "abstract": _ABSTRACT, "authors": ["x" * 200_000]}),
    ])  # fmt: skip


#: Records of a packed file: enough for several blocks of every packer, each of which is lost or read as a whole.
_TORN = 60


def _torn() -> Iterator[Batch]:
    body = b"".join(_line({**good(n), "note": f"{random.Random(n).getrandbits(40_000):x}"}) for n in range(_TORN))
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress, "xz": lzma.compress, "bz2": lambda data: bz2.compress(data, 1),
        "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    }  # fmt: skip
    yield Batch("files that break off", "a.jsonl", body[:-20], ("good-0", f"good-{_TORN - 2}"), 1, SKIPPED)
    yield Batch(
        "files that break off", "a.json", json.dumps([good(0), good(1)]).encode()[:-30], ("good-0",), 1, SKIPPED
    )
    for suffix, pack in packers.items():
        packed, name, first = pack(body), f"a.jsonl.{suffix}", ("good-0", "good-9")
        torn = packed[: len(packed) * 9 // 10]
        yield Batch("packed files that break off", name, torn, first, 1, SKIPPED)
        broken = bytearray(packed)
        broken[len(packed) // 2 : len(packed) // 2 + 50] = b"\xff" * 50
        yield Batch("packed files with bytes overwritten", name, bytes(broken), first, 1, SKIPPED)
        for filling in (b"\n", b"a") if suffix == "gz" else (b"\n",):
            for form in ("jsonl", "json", "csv", "bib", "ris", "txt"):
                name = f"a.{form}.{suffix}"
                yield Batch("bombs: 100 MB of one byte, packed", name, _bomb(suffix, pack, filling), (), 1, UNUSABLE)


def _parquet_bombs() -> Iterator[Batch]:
    # Made in another process: what this one once held would count as memory of those that branch off later.
    with ProcessPoolExecutor(1) as elsewhere:
        bombs = list(elsewhere.map(_parquet_bomb, range(3)))
    for bomb in bombs:
        kind = "bombs: Parquet with one text in every row, a long text, rows of nothing"
        yield Batch(kind, "a.parquet", bomb, (), 1, UNUSABLE)


def _parquet_bomb(number: int) -> bytes:
    same = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 300_000), ["a" * 1_000_000])
    columns = (
        {"title": same, "abstract": same},
        {"title": ["t"], "abstract": ["\n" * 100_000_000]},
        {"title": pyarrow.nulls(100_000_000, pyarrow.string())},
    )[number]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out, compression="zstd", store_schema=False)
    return out.getvalue()


@cache
def _bomb(suffix: str, pack: Callable[[bytes], bytes], filling: bytes) -> bytes:
    return pack(filling * 100_000_000)


def _documents() -> Iterator[Batch]:
    yield _among("JSON with NaN, duplicate keys or what is no object", "a.jsonl", SKIPPED, [
        b'{"id": "b", "title": "t", "abstract": "x", "year": NaN}', b'{"id": "b", "title": "t", "abstract": Infinity}',
        b'{"id": "b", "title": "t", "title": "u", "abstract": "x"}', b"[1]", b"null", b'"x"', b"1", b"{", b"{]", b"}",
        b'{"id": "b", "title": "\x01", "abstract": "x"}', b"{'id': 1}", b'{"a": 1e}', b'{"title": "\\ud8"}',
    ])  # fmt: skip
    deep = [b"[" * 100_000, b'{"a":' * 100_000, b'{"title": "t", "abstract": ' + b"[" * 5000 + b"]" * 5000 + b"}"]
    yield _among("JSON nested too deeply", "a.jsonl", SKIPPED, deep)
    lists = json.dumps([good(0), {"id": "b", "title": "t", "abstract": "x", "year": "YEAR"}, good(1)])
    for year in (b"NaN", b"oops", b'1, "id": 2'):
        content = lists.encode().replace(b'"YEAR"', year)
        yield Batch("a bad record in a JSON list", "a.json", content, ("good-0", "good-1"), 1, SKIPPED)
    xml = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + b"<x>" + b"&b;" * 9000 + b"</x>"
    external = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    yield from _files("XML with a DTD, as any format", {
        f"{kind}.{form}": content for kind, content in (("laughs", xml), ("file", external))
        for form in ("xml", "txt", "jsonl", "json", "csv", "bib", "ris", "parquet")})  # fmt: skip


def _tables_and_bibliographies() -> Iterator[Batch]:
    head, rows = "id,title,abstract\n", [f"good-{n},Good paper {n},{_ABSTRACT}\n" for n in range(2)]
    ids = ("good-0", "good-1")
    for bad in ('b,"On b,x\n', 'b,On b,"x\n', 'b,"On" b,x\n', "b,On b,x,y,z\n", "b,On b\n"):
        content = (head + rows[0] + bad + rows[1]).encode()
        yield Batch("CSV with an open quote, too many or too few cells", "a.csv", content, ids, 1, SKIPPED)
    for length in (1000, 40_000):
        content = (head + rows[0] + 'b,"x\n' + ("y" * length + "\n") * 300 + rows[1]).encode()
        yield Batch("a quote left open before 300 long lines", "a.csv", content, ids, 1, SKIPPED)
    out = io.StringIO()
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "x" * 140_000]
    csv.writer(out).writerows([f"bad-{n}", f"On {c}"[:200], f"{c[:19_000]} {_ABSTRACT}"] for n, c in enumerate(cells))
    names = tuple(f"bad-{n}" for n in range(len(cells)))
    yield Batch("CSV with formulas and fields beyond 131,072 characters", "a.csv",
                (head + out.getvalue()).encode(), names, len(cells), KEPT, names)  # fmt: skip
    bib = [f"@article{{good-{n}, title={{Good paper {n}}}, abstract={{{_ABSTRACT[:-3]}}}}}\n" for n in range(2)]
    for bad in ("@article{b, title={On b, abstract={x}}\n", '@article{b, title="On b, abstract={x}}\n', "@article{\n",
                "@article{b title {t}\n", "@article{b, title={" + "{" * 5000 + "}}\n", "@a{b, title=" + "a # " * 5000 + "}\n"):  # fmt: skip
        yield Batch("BibTeX with unbalanced braces", "a.bib", (bib[0] + bad + bib[1]).encode(), ids, 1, SKIPPED)
    ris = [f"TY  - JOUR\nID  - good-{n}\nTI  - Good paper {n}\nAB  - {_ABSTRACT}\nER  - \n" for n in range(2)]
    for bad in ("XX  - odd\nER  - \n", "TY  - JOUR\nTI  - t\nER  - \n", "no tag\nER  -\n"):
        yield Batch("RIS with broken references", "a.ris", (ris[0] + bad + ris[1]).encode(), ids, 1, SKIPPED)
    rubbish = random.Random(8).randbytes(200_000)
    forms = ("jsonl", "json", "csv", "tsv", "bib", "ris", "parquet", "jsonl.gz", "jsonl.zst", "txt")
    yield from _files("random bytes, as any format", {f"a.{form}": rubbish for form in forms}, outcome=ANY)
    yield from _files("half of a record, a million times", {
        "a.csv": b'a,"' * 1_000_000, "a.bib": b"@a{b,c={" * 200_000, "a.ris": b"TY  - J\nTI  - t\n" * 100_000,
        "b.bib": b"@a{b,c={\n" * 2000, "a.json": b'[{"a":' * 100_000, "b.json": b'{"a":[' * 100_000,
        "a.txt": b"x" * 5_000_000, "b.txt": b"title\n" * 500_000}, outcome=ANY)  # fmt: skip


def _no_files() -> Iterator[Batch]:
    def link(path: Path) -> None:
        path.symlink_to(path.with_name("nowhere"))

    def memory(path: Path) -> None:
        path.symlink_to("/proc/self/mem")

    def zeros(path: Path) -> None:
        path.symlink_to("/dev/zero")

    for kind, make in (
        ("a folder given as a file", Path.mkdir), ("a link to nowhere", link), ("a file that cannot be read", memory),
        ("a device that gives zeros for ever", zeros),
    ):  # fmt: skip
        for form in ("jsonl", "json", "csv", "txt"):
            yield Batch(kind, f"a.{form}", b"", (), 1, UNUSABLE, make=make)


# Trying them


def try_all(folder: Path) -> list[Row]:
    """A row a class, after a build of every batch."""
    rows: dict[str, Row] = {}
    for number, batch in enumerate(batches()):
        row = rows.setdefault(batch.kind, Row(batch.kind))
        work = folder / str(number)
        work.mkdir(parents=True)
        _try(batch, work, row)
        shutil.rmtree(work)
    return list(rows.values())


def _try(batch: Batch, work: Path, row: Row) -> None:
    source, output = work / batch.name, work / "out"
    (batch.make or (lambda path: path.write_bytes(batch.content)))(source)
    ran = run("build", source, "-o", output)
    row.measure(ran.seconds, ran.memory)
    row.expect(ran.clean, f"{batch.name} ended with {ran.status}: {ran.err[-300:]}")
    row.expect(ran.seconds < MOST_SECONDS * batch.bad, f"{batch.name} took {ran.seconds:.1f} s")
    row.expect(ran.memory < MOST_MEMORY, f"{batch.name} took {ran.memory / MIB:,.0f} MiB")
    kept = _kept(output / PAPERS, row)
    skipped = read_manifest(output).get("skipped", [])
    lost = set(batch.good) - kept.keys()
    row.expect(not lost, f"{batch.name} lost {sorted(lost)[:5]}")
    hidden = [name for name in batch.found if NAME not in kept.get(name, ())]
    row.expect(not hidden, f"{batch.name}: {NAME} was not found in {hidden[:5]}")
    outcome = batch.outcome if batch.outcome != ANY else (KEPT if kept else UNUSABLE)
    row.expect(ran.status == (1 if outcome == UNUSABLE else 0), f"{batch.name} ended with {ran.status}")
    row.expect(outcome != SKIPPED or bool(skipped), f"{batch.name}: nothing was reported")
    row.count(outcome, batch.bad)
    if outcome == SKIPPED:
        strict = run("build", source, "-o", work / "strict", "--strict")
        row.expect(strict.status == 3, f"{batch.name} ended with {strict.status} under --strict")


def _kept(path: Path, row: Row) -> dict[str, set[str]]:
    """The surface forms found in each paper; every mention has to stand where it says."""
    kept: dict[str, set[str]] = {}
    for paper in read_papers(path) if path.is_file() else ():
        mentions = [mention for entity in paper.entities for mention in entity.mentions]
        wrong = [m.text for m in mentions if paper.paper.text[m.start : m.end] != m.text]
        row.expect(not wrong, f"{paper.paper.id}: {wrong[:3]} stand elsewhere")
        kept[paper.paper.id] = {mention.text for mention in mentions}
    return kept
