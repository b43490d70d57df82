"""Running a command with an eye on the memory of all its processes together (Linux)."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")
_GONE = (FileNotFoundError, ProcessLookupError)


@dataclass(frozen=True)
class Ran:
    """Seconds that a command took, seconds of processors, and the most bytes its processes held at one moment.

    What processes share counts once for each of them, so the true peak is lower.
    """

    seconds: float
    processor: float
    peak: int


def run(command: Sequence[str | Path]) -> Ran:
    """Run a command to its end, which must be a good one.

    Raises
    ------
    subprocess.CalledProcessError
        When it fails; holds what it said.
    """
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(resident(pid) for pid in (process.pid, *descendants(process.pid))))
            time.sleep(_EVERY)
        seconds = time.perf_counter() - start
        said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return Ran(seconds, processor, peak)


def descendants(pid: int) -> Iterator[int]:
    """The processes below one, as long as they are there."""
    with suppress(*_GONE):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(*_GONE):
                for child in (task / "children").read_text().split():
                    yield int(child)
                    yield from descendants(int(child))


def resident(pid: int) -> int:
    """Bytes of a process in memory; 0 when it is gone."""
    with suppress(*_GONE):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0
