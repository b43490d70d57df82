"""Where bytes come from: files, folders, globs and standard input, decompressed and decoded as streams."""

from __future__ import annotations

import bz2
import codecs
import glob
import gzip
import io
import lzma
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from kg.errors import InputError

STDIN = "-"
#: A stream that unpacks to more than this from so little is a bomb, not a pile of abstracts.
MAX_EXPANSION = 400
MIN_SUSPECT_BYTES = 200_000_000
_COMPRESSED = {".gz", ".xz", ".zst", ".bz2"}
_READABLE = {".txt", ".text", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".bib", ".ris"}


def expand(sources: Iterable[str | Path]) -> Iterator[str]:
    """The files that the sources name: a folder's readable files in sorted order, a glob's matches, ``-`` itself.

    Raises
    ------
    InputError
        For a source that does not exist.
    """
    for source in sources:
        name = str(source)
        path = Path(name)
        if name == STDIN or path.is_file():
            yield name
        elif path.is_dir():
            yield from (str(p) for p in sorted(path.rglob("*")) if p.is_file() and plain_suffix(p.name) in _READABLE)
        else:
            matches = sorted(glob.glob(name, recursive=True))
            if not matches:
                raise InputError("no such file", file=name)
            yield from expand(matches)


def plain_suffix(name: str) -> str:
    """The suffix that tells the format: ``papers.jsonl.gz`` → ``.jsonl``."""
    path = Path(name.lower())
    return Path(path.stem).suffix if path.suffix in _COMPRESSED else path.suffix


class _Limited(io.RawIOBase):
    """A stream that stops when it has grown far beyond its packed size."""

    def __init__(self, stream: IO[bytes], name: str, packed: int):
        self._stream, self._name, self._left = stream, name, max(packed * MAX_EXPANSION, MIN_SUSPECT_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._left -= len(data)
        if self._left < 0:
            raise InputError("unpacks to far more than it holds; not read further", file=self._name)
        return len(data)


def open_bytes(name: str) -> io.BufferedReader:
    """The bytes of a source, decompressed by suffix or by first bytes.

    Raises
    ------
    InputError
        When the file cannot be opened.
    """
    try:
        raw: IO[bytes] = sys.stdin.buffer if name == STDIN else Path(name).open("rb")
        packed = 0 if name == STDIN else Path(name).stat().st_size
    except OSError as error:
        raise InputError(error.strerror or str(error), file=name) from error
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)  # type: ignore[arg-type]
    head = buffered.peek(6)[:6]
    stream = _unpacked(buffered, head)
    return buffered if stream is None else io.BufferedReader(_Limited(stream, name, packed), 1 << 16)


def _unpacked(stream: io.BufferedReader, head: bytes) -> IO[bytes] | None:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if head.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(stream)
    if head.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    return None


def encoding_of(head: bytes) -> str:
    """The encoding that a text's first bytes speak for: UTF-16 or UTF-8 by their marks, else UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def lines(stream: io.BufferedReader) -> Iterator[str]:
    r"""The lines of a text, cut at \n, \r\n and \r only, without their ends; bytes that are not UTF-8 as Windows-1252."""
    encoding = encoding_of(stream.peek(4)[:4])
    if encoding == "utf-16":
        yield from io.TextIOWrapper(stream, encoding="utf-16", errors="replace", newline=None)
        return
    first = True
    for raw in stream:
        for part in raw.rstrip(b"\r\n").split(b"\r"):
            yield decode(part[3:] if first and part.startswith(codecs.BOM_UTF8) else part)
            first = False


def decode(data: bytes) -> str:
    """UTF-8, or Windows-1252 where that fails (Latin-1 files are that in practice)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
