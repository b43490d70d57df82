"""Runs of ``kg`` in processes of their own, with their time and memory bounded and measured."""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Loaded once, before the processes branch off; every one of them would spend its first second on it.
import kg.cli
import kg.export.ladybug
import kg.pipeline

MIB = 1 << 20
#: No build of hostile input may take more memory, and no record more time.
MOST_MEMORY = 1024 * MIB
MOST_SECONDS = 10.0
#: What ends a run that would take the machine with it: bytes of address space, seconds on a clock.
_HARD_MEMORY = 8192 * MIB
_HARD_SECONDS = 600


@dataclass(frozen=True)
class Ran:
    """How a run ended: status (negative for a signal), what it printed, processor seconds, most resident bytes."""

    status: int
    out: str
    err: str
    seconds: float
    memory: int

    @property
    def clean(self) -> bool:
        """Whether the user saw no traceback and the process did not die of itself."""
        return "Traceback" not in self.err + self.out and self.status in (0, 1, 2, 3, 130)


class Running:
    """A run of ``kg`` that goes on: `end` waits for its end.

    Parameters
    ----------
    arguments : str or Path
        What follows ``kg``.
    prepare : callable, optional
        Is called in the new process before anything else.
    """

    def __init__(self, *arguments: str | Path, prepare: Callable[[], None] | None = None):
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  (`end` closes them)
        self.pid = os.fork()
        if not self.pid:
            _become(arguments, self._out, self._err, prepare)

    def send(self, sign: signal.Signals, after: float) -> None:
        """Send a signal after so many seconds, unless the run has ended by then."""
        time.sleep(after)
        os.kill(self.pid, sign)  # not waited for yet, so the number is still its own

    def end(self) -> Ran:
        """Wait for the end."""
        _, status, used = os.wait4(self.pid, 0)
        seconds = used.ru_utime + used.ru_stime
        texts = [_text(file) for file in (self._out, self._err)]
        return Ran(os.waitstatus_to_exitcode(status), texts[0], texts[1], seconds, used.ru_maxrss * 1024)


def run(*arguments: str | Path, prepare: Callable[[], None] | None = None) -> Ran:
    """Run ``kg`` to its end; see `Running`."""
    return Running(*arguments, prepare=prepare).end()


def _become(
    arguments: tuple[str | Path, ...], out: IO[bytes], err: IO[bytes], prepare: Callable[[], None] | None
) -> None:
    """Be ``kg`` and end; does not return."""
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        resource.setrlimit(resource.RLIMIT_AS, (_HARD_MEMORY, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(_HARD_SECONDS)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what it runs in the background ignore it
        sys.argv = ["kg", *map(str, arguments)]
        if prepare:
            prepare()
        kg.cli.main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # as the interpreter would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _text(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode("utf-8", "replace")
