"""A build's graph in Oxigraph: small ones in memory, large ones in a store on disk that is made once.

The store on disk lies in ``.store/`` of the build's folder, under the hash of the Turtle file that it was made from: a
rebuild that changes the graph gets a new one, and one that does not keeps the old. It is loaded as a stream, so what
that takes of memory does not grow with the graph.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
from pyoxigraph import RdfFormat, Store

from kg.errors import KgError, UsageError
from kg.export.vocabulary import BASE_IRI, prefixes
from kg.files import TEMPORARY_SUFFIX, atomic_writer
from kg.store import TURTLE

#: Bytes of Turtle up to which a graph is read into memory: three seconds of reading, and ten times that in memory.
IN_MEMORY = 24 << 20
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
        What ``kg build`` wrote, or a Turtle file itself, which is always read into memory.

    Raises
    ------
    UsageError
        When there is no graph, or when the file is no Turtle; says in which line.
    """
    path = folder / TURTLE if folder.is_dir() else folder
    if not path.is_file():
        raise UsageError(f"no {TURTLE} in {folder}: make one with 'kg build INPUT -o {folder}'")
    place = _made(path) if _belongs_on_disk(folder, path) else None
    if place is not None:
        return GraphStore(Store.read_only(str(place)), _declared(path), place)
    store = Store()
    _load(store, path)
    return GraphStore(store, _declared(path))


def must_be_made(folder: Path) -> bool:
    """Whether the next `load_store` has to make a store on disk first, which takes minutes for a large graph."""
    path = folder / TURTLE
    return path.is_file() and _belongs_on_disk(folder, path) and not _place(path).is_dir()


def _belongs_on_disk(folder: Path, path: Path) -> bool:
    """Whether a graph is so large; where nothing may be written, it has to be read into memory all the same."""
    return folder.is_dir() and path.stat().st_size > IN_MEMORY and os.access(folder, os.W_OK)


def _declared(path: Path) -> dict[str, str]:
    """The prefixes that every query may use: our own, and those at the head of the Turtle file."""
    parser = pyoxigraph.parse(path=str(path), format=RdfFormat.TURTLE)
    next(iter(parser), None)
    return prefixes(BASE_IRI) | dict(parser.prefixes)


def _load(store: Store, path: Path) -> None:
    try:
        store.bulk_load(path=str(path), format=RdfFormat.TURTLE)
    except SyntaxError as error:
        raise UsageError(f"{path} is not Turtle: {error}") from None


# On disk


def _place(path: Path) -> Path:
    """Where the store of a Turtle file lies, or would lie."""
    return path.parent / _FOLDER / _digest(path)


def _digest(path: Path) -> str:
    """The beginning of the file's hash, kept from last time for as long as size and time of the file stay the same."""
    found = path.stat()
    same: list[int] = [found.st_size, found.st_mtime_ns]
    known = path.parent / _FOLDER / _DIGEST
    try:
        said = json.loads(known.read_text(encoding="utf-8"))
        if said["of"] == same:
            return str(said["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none yet, or no good one: it is only kept to save time
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    with atomic_writer(known) as writer:
        json.dump({"of": same, "digest": digest}, writer)
    return digest


def _made(path: Path) -> Path:
    """The store of a Turtle file, made now if there is none; those of earlier graphs are removed."""
    place = _place(path)
    if place.is_dir():
        return place
    with _alone(place.parent):
        if not place.is_dir():
            for left in place.parent.iterdir():
                if left.is_dir():
                    shutil.rmtree(left)
            _make(path, place)
    return place


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process makes a store here, and keep others from it."""
    with (folder / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(path: Path, place: Path) -> None:
    temporary = Path(tempfile.mkdtemp(suffix=TEMPORARY_SUFFIX, dir=place.parent))
    try:
        store = Store(str(temporary))
        _load(store, path)
        store.optimize()
        store.flush()
        del store  # closes the files
        temporary.chmod(0o755)
        temporary.rename(place)
    except OSError as error:
        raise KgError(f"cannot make the store of {path}: {error}") from error
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
