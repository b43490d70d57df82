"""A build's graph in Oxigraph: small ones in memory, large ones in a store on disk that is made once.

The store on disk lies in ``.store/`` of the build's folder, under the hash of the files that it was made from (one of
Turtle, or the many of N-Triples that a cluster writes): a rebuild that changes the graph gets a new one, and one that
does not keeps the old. It is loaded as a stream, so what that takes of memory does not grow with the graph.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyoxigraph
from pyoxigraph import RdfFormat, Store

from kg.errors import KgError, UsageError
from kg.export.vocabulary import BASE_IRI, prefixes
from kg.files import TEMPORARY_SUFFIX, atomic_writer
from kg.store import TRIPLES, TURTLE, read_manifest

#: Bytes of Turtle up to which a graph is read into memory: three seconds of reading, and ten times that in memory.
IN_MEMORY = 24 << 20
#: Bytes of Turtle that are as much as one of gzipped N-Triples.
_UNPACKED = 3
#: Subjects that are looked at to have every file of a store opened, and how often before giving up.
_SAMPLED, _TRIES = 4_000, 3

_FOLDER, _DIGEST, _LOCK = ".store", "digest.json", "lock"


@dataclass(frozen=True, slots=True)
class GraphStore:
    """A graph ready to be asked: the Oxigraph store and the prefixes that its file declares.

    `place` is where the store lies on disk, None for one in memory.
    """

    store: Store
    prefixes: Mapping[str, str]
    place: Path | None = None


def load_store(folder: Path) -> GraphStore:
    """The graph of a build, ready to be asked.

    Parameters
    ----------
    folder : Path
        What ``kg build`` wrote, with either engine, or a Turtle file itself, which is always read into memory.

    Raises
    ------
    UsageError
        When there is no graph, or when a file is no Turtle or N-Triples; says which, and in which line.
    """
    parts = _parts(folder)
    if not parts:
        raise UsageError(f"no {TURTLE} in {folder}: make one with 'kg build INPUT -o {folder}'")
    place = _made(folder, parts) if _belongs_on_disk(folder, parts) else None
    if place is not None:
        return GraphStore(Store.read_only(str(place)), _declared(folder, parts), place)
    store = Store()
    _load(store, parts)
    return GraphStore(store, _declared(folder, parts))


def must_be_made(folder: Path) -> bool:
    """Whether the next `load_store` has to make a store on disk first, which takes minutes for a large graph."""
    parts = _parts(folder)
    return _belongs_on_disk(folder, parts) and not _place(folder, parts).is_dir()


def _parts(folder: Path) -> list[Path]:
    """The files that hold the graph: one of Turtle, or those of N-Triples that the Spark engine writes."""
    whole = folder / TURTLE if folder.is_dir() else folder
    return [whole] if whole.is_file() else sorted((folder / TRIPLES).glob("part-*.gz"))


def _belongs_on_disk(folder: Path, parts: Sequence[Path]) -> bool:
    """Whether a graph is so large; where nothing may be written, it has to be read into memory all the same."""
    size = sum(part.stat().st_size * (_UNPACKED if _is_packed(part) else 1) for part in parts)
    return folder.is_dir() and size > IN_MEMORY and os.access(folder, os.W_OK)


def _is_packed(part: Path) -> bool:
    return part.suffix == ".gz"


def _opened(part: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(part)) if _is_packed(part) else part.open("rb")


def _declared(folder: Path, parts: Sequence[Path]) -> dict[str, str]:
    """The prefixes that every query may use: our own, and those at the head of the Turtle file."""
    if _is_packed(parts[0]):
        return prefixes(str(read_manifest(folder).get("base_iri", BASE_IRI)))
    parser = pyoxigraph.parse(path=str(parts[0]), format=RdfFormat.TURTLE)
    next(iter(parser), None)
    return prefixes(BASE_IRI) | dict(parser.prefixes)


def _load(store: Store, parts: Sequence[Path]) -> None:
    for part in parts:
        kind = RdfFormat.N_TRIPLES if _is_packed(part) else RdfFormat.TURTLE
        try:
            with _opened(part) as content:
                store.bulk_load(content, format=kind)
        except (SyntaxError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UsageError(f"{part} is not {kind.name}: {error}") from None


# On disk


def _place(folder: Path, parts: Sequence[Path]) -> Path:
    """Where the store of a graph lies, or would lie."""
    return folder / _FOLDER / _digest(folder, parts)


def _digest(folder: Path, parts: Sequence[Path]) -> str:
    """The beginning of the files' hash, kept from last time for as long as their sizes and times stay the same."""
    same = [[found.st_size, found.st_mtime_ns] for found in (part.stat() for part in parts)]
    known = folder / _FOLDER / _DIGEST
    try:
        said = json.loads(known.read_text(encoding="utf-8"))
        if said["of"] == same:
            return str(said["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none yet, or no good one: it is only kept to save time
    hashed = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            hashlib.file_digest(file, lambda: hashed)
    digest = hashed.hexdigest()[:32]
    with atomic_writer(known) as writer:
        json.dump({"of": same, "digest": digest}, writer)
    return digest


def _made(folder: Path, parts: Sequence[Path]) -> Path:
    """The store of a graph, made now if there is none; those of earlier graphs are removed."""
    place = _place(folder, parts)
    if place.is_dir():
        return place
    with _alone(place.parent):
        if not place.is_dir():
            for left in place.parent.iterdir():
                if left.is_dir():
                    shutil.rmtree(left)
            _make(parts, place)
    return place


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process makes a store here, and keep others from it."""
    with (folder / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(parts: Sequence[Path], place: Path) -> None:
    temporary = Path(tempfile.mkdtemp(suffix=TEMPORARY_SUFFIX, dir=place.parent))
    try:
        store = Store(str(temporary))
        _load(store, parts)
        store.optimize()
        store.flush()
        del store  # closes the files
        temporary.chmod(0o755)
        temporary.rename(place)
    except OSError as error:
        raise KgError(f"cannot make the store of {parts[0]}: {error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def open_all_files(graph: GraphStore, triples: int) -> None:
    """Have the engine open every file of a store on disk, since it opens each only when a query needs it.

    A process that is about to give up the right to open files needs this. The indexes are sorted by hashes, so that
    looking at a few thousand random triples from every side comes by every file.

    Parameters
    ----------
    graph : GraphStore
        One in memory has no files.
    triples : int
        How many it has.

    Raises
    ------
    KgError
        When some stay closed because the system does not grant so many open files.
    """
    if graph.place is None:
        return
    for _ in range(_TRIES):
        _look_around(graph.store, _SAMPLED / max(_SAMPLED, triples / 3))
        if not _closed_files(graph.place):
            return
    raise KgError(f"cannot open all files of {graph.place}: more open files are needed (ulimit -n)")


def _look_around(store: Store, share: float) -> None:
    # Going through all types comes by the files in the middle of the longest ranges, those of one class.
    for row in store.query(f"SELECT ?thing {{ ?thing a ?class FILTER(RAND() < {share:.9f}) }}"):  # type: ignore[union-attr]
        for quad in store.quads_for_pattern(row["thing"], None, None):  # type: ignore[index]
            next(store.quads_for_pattern(quad.subject, None, quad.object))
            next(store.quads_for_pattern(None, quad.predicate, quad.object))


def _closed_files(place: Path) -> set[str]:
    """Files of a store that this process has not opened; where the system does not tell, all count as open."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        return set()
    opened = set()
    for descriptor in list(descriptors.iterdir()):
        with suppress(OSError):  # the listing's own has gone
            opened.add(descriptor.readlink().name)
    return {file.name for file in place.glob("*.sst")} - opened
