"""Where bytes come from: files, folders, globs and standard input, decompressed and decoded as streams."""

from __future__ import annotations

import bz2
import codecs
import glob
import gzip
import io
import lzma
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, AnyStr, Protocol

from kg.errors import InputError

STDIN = "-"
#: A stream that unpacks to more than this from so little is a bomb, not a pile of abstracts.
MAX_EXPANSION = 200
MIN_SUSPECT_BYTES = 5_000_000
UNPACKS_TOO_FAR = "unpacks to far more than it holds; not read further"
#: No record has so long a line; a device that gives zeros for ever, or a file that is no text, has.
MAX_LINE_BYTES = 32_000_000
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
        if path.is_dir():
            yield from (str(p) for p in sorted(path.rglob("*")) if p.is_file() and plain_suffix(p.name) in _READABLE)
        elif name == STDIN or path.exists():
            yield name
        else:
            matches = [match for match in sorted(glob.glob(name, recursive=True)) if Path(match).exists()]  # noqa: PTH207
            if not matches:
                raise InputError("no such file", file=name)
            yield from expand(matches)


def plain_suffix(name: str) -> str:
    """The suffix that tells the format: ``papers.jsonl.gz`` → ``.jsonl``."""
    path = Path(name.lower())
    return Path(path.stem).suffix if path.suffix in _COMPRESSED else path.suffix


class _ByBlock(Protocol):
    """What gives its bytes block by block."""

    def read1(self, size: int, /) -> bytes:
        """At most `size` bytes, as many as are at hand; none at the end."""


class _Counted(io.RawIOBase):
    """A stream that counts the bytes that were read from it."""

    def __init__(self, stream: IO[bytes]):
        self._stream, self.count = stream, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self.count += len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of `packed`; stops when they have grown far beyond what was read to make them."""

    def __init__(self, stream: _ByBlock, packed: _Counted, name: str):
        self._stream, self._packed, self._name, self._count = stream, packed, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        # One block at a time, so that what stands before a break is handed on before the break is noticed.
        data = self._stream.read1(len(view))
        view[: len(data)] = data
        self._count += len(data)
        if self._count > max(self._packed.count * MAX_EXPANSION, MIN_SUSPECT_BYTES):
            raise InputError(UNPACKS_TOO_FAR, file=self._name)
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()


class _Zstandard:
    """Zstandard frames as bytes; unlike the library's own reader it notices when the last frame breaks off."""

    def __init__(self, stream: IO[bytes]):
        # A view, because what a few bytes unpack to can be large and is handed out piece by piece.
        self._stream, self._packed, self._ready = stream, b"", memoryview(b"")
        self._frame: Any = None

    def read1(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        while not self._ready:
            self._packed = self._packed or self._stream.read(1 << 12)
            if not self._packed and self._frame:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            if not self._packed:
                return b""
            self._ready = memoryview(self._unpack())
        data, self._ready = self._ready[:size], self._ready[size:]
        return bytes(data)

    def _unpack(self) -> bytes:
        import zstandard

        frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
        try:
            data: bytes = frame.decompress(self._packed)
        except zstandard.ZstdError as error:
            raise OSError(f"Invalid zstd data: {error}") from error
        self._packed = frame.unused_data
        self._frame = None if frame.eof else frame
        return data


#: What unpacks a stream that begins with these bytes.
_OPENERS: dict[bytes, Callable[[Any], _ByBlock]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"\xfd7zXZ": lzma.LZMAFile,
    b"BZh": bz2.BZ2File,
    b"\x28\xb5\x2f\xfd": _Zstandard,
}


def open_bytes(name: str) -> io.BufferedReader:
    """The bytes of a source, unpacked where its first bytes say that it is packed.

    Raises
    ------
    InputError
        When the file cannot be opened.
    """
    try:
        raw: Any = sys.stdin.buffer if name == STDIN else Path(name).open("rb")  # noqa: SIM115  (the caller closes it)
        buffered: io.BufferedReader = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)
        head = buffered.peek(6)[:6]
    except OSError as error:
        raise InputError(error.strerror or str(error), file=name) from error
    unpack = next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), None)
    if unpack is None:
        return buffered
    packed = _Counted(buffered)
    return io.BufferedReader(_Unpacked(unpack(packed), packed, name), 1 << 16)


def encoding_of(head: bytes) -> str:
    """The encoding that a text's first bytes speak for: UTF-16 or UTF-8 by their marks, else UTF-8."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def lines(stream: io.BufferedReader) -> Iterator[str]:
    r"""The lines of a text, cut at \n, \r\n and \r only, without their ends; UTF-8, else Windows-1252.

    Raises
    ------
    InputError
        Where a line is longer than `MAX_LINE_BYTES`.
    """
    encoding = encoding_of(stream.peek(4)[:4])
    if encoding == "utf-16":
        decoded = io.TextIOWrapper(stream, encoding="utf-16", errors="replace", newline=None)
        try:
            yield from (line.rstrip("\n") for line in _bounded(decoded.readline))
        finally:
            decoded.detach()
        return
    first = True
    for raw in _bounded(stream.readline):
        for part in raw.rstrip(b"\r\n").split(b"\r"):
            yield decode(part[3:] if first and part.startswith(codecs.BOM_UTF8) else part)
            first = False


def _bounded(readline: Callable[[int], AnyStr]) -> Iterator[AnyStr]:
    while line := readline(MAX_LINE_BYTES):
        if len(line) == MAX_LINE_BYTES:
            raise InputError(f"a line of more than {MAX_LINE_BYTES:,} bytes; not read further")
        yield line


def decode(data: bytes) -> str:
    """UTF-8, or Windows-1252 where that fails (Latin-1 files are that in practice)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
