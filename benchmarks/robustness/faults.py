"""Faults in the middle of a build: kills, failing writes, folders that cannot be written to, two builds at once, Ctrl-C.

Whatever happens: no file stands half-written under its name, the old output stays, the next build clears up and gives
what it would have given, and the status is not 0 when something was lost.
"""

from __future__ import annotations

import errno
import io
import json
import os
import random
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph

from benchmarks.robustness.inputs import good
from benchmarks.robustness.report import Row
from benchmarks.robustness.sandbox import Ran, Running, run
from kg.errors import KgError
from kg.store import ENTITIES, MANIFEST, PAGE, PAPERS, TURTLE, read_entities, read_papers

OUTPUT = (PAPERS, ENTITIES, TURTLE, PAGE)
_PAPERS = 12


class Trial:
    """A folder with an old build of one file, and another file that is built over it."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        self.old, self.new, self.out = folder / "old.jsonl", folder / "new.jsonl", folder / "out"
        self.old.write_text("".join(json.dumps(good(n)) + "\n" for n in range(3)), encoding="utf-8")
        self.new.write_text("".join(json.dumps(good(n)) + "\n" for n in range(_PAPERS)), encoding="utf-8")
        run("build", self.old, "-o", self.out)
        self.before = content(self.out)
        run("build", self.new, "-o", folder / "whole")
        self.after = content(folder / "whole")

    def check(self, row: Row, ran: Ran) -> None:
        """Look at the folder after a fault, then build again."""
        row.measure(ran.seconds, ran.memory)
        torn = [name for name, found in content(self.out).items() if found not in (self.before[name], self.after[name])]
        row.expect(not torn, f"{torn} are neither old nor new")
        row.expect("Traceback" not in ran.err, f"a traceback: {ran.err[-300:]}")
        row.expect(ran.status != 0 or content(self.out) == self.after, "status 0, but something is missing")
        again = run("build", self.new, "-o", self.out)
        row.expect(
            again.status == 0 and content(self.out) == self.after,
            f"the next build gave {again.status}: {again.err[-200:]}",
        )
        strays = [p.name for p in self.out.iterdir() if p.name not in (*OUTPUT, MANIFEST)]
        row.expect(not strays, f"{strays} were left")
        run("build", self.old, "-o", self.out)


def content(folder: Path) -> dict[str, bytes]:
    """What stands in the folder under the names of a build's files."""
    return {name: (folder / name).read_bytes() for name in OUTPUT if (folder / name).exists()}


def try_all(folder: Path, times: int) -> list[Row]:
    """A row a fault."""
    trial = Trial(folder / "trial")
    rows = [
        kills(trial, times),
        *(failing(trial, error, times) for error in (errno.ENOSPC, errno.EIO)),
        small(trial),
        interrupts(trial, max(3, times // 5)),
        two_at_once(trial, max(3, times // 10)),
    ]
    return [*rows, unwritable(folder / "unwritable"), *damaged(folder / "damaged")]


def kills(trial: Trial, times: int) -> Row:
    """Kill -9 at random moments."""
    row, chance = Row("kill -9 at a random moment"), random.Random(1)
    start = time.perf_counter()
    run("build", trial.new, "-o", trial.out)
    whole = time.perf_counter() - start
    run("build", trial.old, "-o", trial.out)
    for _ in range(times):
        going = Running("build", trial.new, "-o", trial.out)
        going.send(signal.SIGKILL, chance.uniform(0, whole))
        ran = going.end()
        row.count("killed" if ran.status < 0 else "ended before")
        trial.check(row, ran)
    return row


def failing(trial: Trial, number: int, times: int) -> Row:
    """Every n-th operation that writes fails, for growing n, until the build runs through."""
    name = errno.errorcode[number]
    row = Row(f"the n-th write, sync or rename fails with {name}")
    for nth in range(1, times + 1):
        ran = run("build", trial.new, "-o", trial.out, prepare=lambda nth=nth: _fail_at(nth, number))  # type: ignore[misc]
        row.count("said so" if ran.status == 1 else "no failure met" if ran.status == 0 else f"status {ran.status}")
        row.expect(ran.status == 0 or os.strerror(number) in ran.err, f"n = {nth}: {ran.err[-300:]}")
        trial.check(row, ran)
        if ran.status == 0:
            break
    return row


def _fail_at(nth: int, number: int) -> None:
    """Have the n-th flush of a file, sync or rename of this process fail."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == nth:
            raise OSError(number, os.strerror(number))

    real_fsync, real_replace, real_fdopen = os.fsync, os.replace, os.fdopen

    class Failing(io.FileIO):
        def write(self, data: Any) -> int:
            step()
            return super().write(data)  # type: ignore[no-any-return]

    def fsync(handle: int) -> None:
        step()
        real_fsync(handle)

    def replace(source: Any, target: Any) -> None:
        step()
        real_replace(source, target)

    def fdopen(handle: int, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if "w" not in mode:
            return real_fdopen(handle, mode, *arguments, **options)
        buffered = io.BufferedWriter(Failing(handle, "wb"), 1 << 13)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, **options)

    os.fsync, os.replace, os.fdopen = fsync, replace, fdopen  # type: ignore[assignment]


def small(trial: Trial) -> Row:
    """No file may grow beyond a size, from nothing to more than the largest one needs."""
    row = Row("no file may grow beyond 100 bytes to 1 MB")
    for exponent in range(8, 21):
        ran = run("build", trial.new, "-o", trial.out, prepare=lambda most=1 << exponent: _no_larger(most))  # type: ignore[misc]
        row.count("said so" if ran.status == 1 else "no failure met" if ran.status == 0 else f"status {ran.status}")
        row.expect(ran.status == 0 or os.strerror(errno.EFBIG) in ran.err, ran.err[-300:])
        trial.check(row, ran)
    return row


def _no_larger(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def interrupts(trial: Trial, times: int) -> Row:
    """Ctrl-C at random moments."""
    row, chance = Row("Ctrl-C at a random moment"), random.Random(2)
    for _ in range(times):
        going = Running("build", trial.new, "-o", trial.out)
        going.send(signal.SIGINT, chance.uniform(0.3, 2))
        ran = going.end()
        row.count("said so" if ran.status == 130 else "ended before" if ran.status == 0 else f"status {ran.status}")
        row.expect(ran.status in (0, 130), f"status {ran.status}: {ran.err[-300:]}")
        trial.check(row, ran)
    return row


def two_at_once(trial: Trial, times: int) -> Row:
    """Two builds in one folder, and a reader beside them that must never see half a file."""
    row = Row("two builds in one folder, a reader beside them")
    for _ in range(times):
        first, second = (Running("build", trial.new, "-o", trial.out) for _ in range(2))
        ended = []
        for going in (second, first):
            while os.waitid(os.P_PID, going.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                _read_beside(trial, row)
            ended.append(going.end())
        statuses = sorted(ran.status for ran in ended)
        row.count("one built, one refused" if statuses == [0, 2] else f"statuses {statuses}")
        row.expect(statuses in ([0, 2], [0, 0]), str([ran.err[-200:] for ran in ended]))
        row.expect(
            statuses == [0, 0] or any("another build is at work" in ran.err for ran in ended), "no clear message"
        )
        trial.check(row, max(ended, key=lambda ran: -ran.status))
    return row


def _read_beside(trial: Trial, row: Row) -> None:
    """Read as another program would, at any moment."""
    try:
        list(read_papers(trial.out))
        read_entities(trial.out)
        row.expect((trial.out / PAGE).read_bytes().rstrip().endswith(b"</html>"), "half a page")
        for _ in pyoxigraph.parse(path=str(trial.out / TURTLE), format=pyoxigraph.RdfFormat.TURTLE):
            pass
    except (KgError, SyntaxError, OSError) as error:
        row.expect(False, f"a reader met {error}")


def unwritable(folder: Path) -> Row:
    """Outputs that cannot be: a file, a folder below a file, a device, a folder without rights."""
    row = Row("an output that cannot be written to")
    folder.mkdir()
    folder.chmod(0o755)
    source, file, closed = folder / "in.jsonl", folder / "file", folder / "closed"
    source.write_text(json.dumps(good(0)) + "\n", encoding="utf-8")
    file.write_text("mine", encoding="utf-8")
    closed.mkdir(mode=0o555)
    prepare = _give_up_rights if os.geteuid() == 0 else None
    for output in (file, file / "out", Path("/dev/full"), Path("/proc/out"), closed, closed / "out"):
        ran = run("build", source, "-o", output, prepare=prepare if closed in (output, output.parent) else None)
        row.measure(ran.seconds, ran.memory)
        row.count("said so" if ran.status == 2 else f"status {ran.status}")
        row.expect(ran.status == 2 and "cannot write to" in ran.err, f"{output.name}: {ran.err[-300:]}")
    row.expect(file.read_text(encoding="utf-8") == "mine", "the file was changed")
    for command in (("extract", source, "-o", closed / "x"), ("extract", source, "-o", file / "x")):
        ran = run(*command, prepare=prepare if closed in Path(command[3]).parents else None)
        row.count("said so" if ran.status in (1, 2) else f"status {ran.status}")
        row.expect(ran.clean and ran.status != 0, ran.err[-300:])
    return row


def _give_up_rights() -> None:
    b"x".decode("utf-8-sig")  # its module may lie where only root can read it
    os.setuid(65534)


def damaged(folder: Path) -> list[Row]:
    """Output that something damaged: cut, emptied, overwritten; every command says so or does without."""
    folder.mkdir()
    source, out = folder / "in.jsonl", folder / "out"
    source.write_text("".join(json.dumps(good(n)) + "\n" for n in range(3)), encoding="utf-8")
    run("build", source, "-o", out)
    whole = {path: path.read_bytes() for path in sorted(out.iterdir())}
    rows = []
    for kind, damage in _DAMAGES.items():
        row = Row(f"output that was {kind}: every command, every file")
        for path, data in whole.items():
            path.write_bytes(damage(data))
            for command in _COMMANDS:
                ran = run(*(out if part == "DIR" else part for part in command))
                row.measure(ran.seconds, ran.memory)
                row.count("did without it" if ran.status == 0 else "said so")
                row.expect(ran.clean, f"{' '.join(command)} with {path.name}: {ran.err[-300:]}")
            path.write_bytes(data)
        for path, data in whole.items():
            path.write_bytes(damage(data))
            ran = run("build", source, "-o", out)
            mended = {other.name for other in whole if other.name != MANIFEST and other.read_bytes() != whole[other]}
            row.count("built anew")
            row.expect(ran.status == 0 and not mended, f"a build over a bad {path.name}: {ran.err[-300:]} {mended}")
        rows.append(row)
    return rows


_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: len(data) // 2],
    "emptied": lambda data: b"",
    "overwritten": lambda data: b"\xff\x00{[<" * (len(data) // 5),
}
_COMMANDS = (
    ("query", "DIR", "ASK {}"), ("query", "DIR", "--name", "most-shared-methods"), ("explain", "DIR", "ImageNet"),
    ("related", "DIR", "Good paper 0"), ("leaderboard", "DIR"), ("validate", "DIR"), ("export", "DIR", "--to", "graphml"),
)  # fmt: skip
