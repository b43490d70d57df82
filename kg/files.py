"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

TEMPORARY_SUFFIX = ".kg-tmp"


@contextmanager
def atomic_writer(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    r"""A file that appears under `path` only when the block ends well: written beside, synced, renamed.

    Parameters
    ----------
    path : Path
        The final name; its folder is made when it is missing.
    mode : str
        "w" for UTF-8 text with ``\n`` line ends, "wb" for bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=TEMPORARY_SUFFIX, dir=path.parent)
    temporary = Path(name)
    try:
        text = {} if "b" in mode else {"encoding": "utf-8", "newline": "\n"}
        with os.fdopen(handle, mode, **text) as file:  # type: ignore[call-overload]
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def staged(folder: Path, last: str) -> Iterator[Path]:
    """A folder beside for files that belong together: they take their names in `folder` when the block ends well.

    They are renamed right after one another, so that the files of two generations stand beside each other for less
    than a millisecond; `last` is the name of the one that says by its presence that all are there.
    """
    beside = Path(tempfile.mkdtemp(prefix=".", suffix=TEMPORARY_SUFFIX, dir=folder))
    try:
        yield beside
        for path in sorted(beside.iterdir(), key=lambda path: (path.name == last, path.name)):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def remove_stale_temporaries(folder: Path) -> int:
    """Remove what interrupted writes left in `folder`; returns how many files and folders that were."""
    stale = list(folder.glob(f".*{TEMPORARY_SUFFIX}*")) if folder.is_dir() else []
    for path in stale:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(stale)
