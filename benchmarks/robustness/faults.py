"""Faults in the middle of a build: kills, failing writes, folders that cannot be written to, two builds at once, Ctrl-C.

Whatever happens: all files stay the old ones or all are the new ones, the next build clears up and gives what it would
have given, and the status is not 0 when something was lost. Only a rename that fails may leave whole files of both.
"""

from __future__ import annotations

import errno
import io
import json
import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph

from benchmarks.robustness.inputs import good
from benchmarks.robustness.report import Row
from benchmarks.robustness.sandbox import MIB, Ran, Running, run
from kg.errors import KgError
from kg.store import ENTITIES, MANIFEST, PAGE, PAPERS, TURTLE, read_entities, read_papers

OUTPUT = (PAPERS, ENTITIES, TURTLE, PAGE)
_PAPERS = 12


class Trial:
    """A folder with an old build of one file, and another file that is built over it."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        old, self.new, self.out = folder / "old.jsonl", folder / "new.jsonl", folder / "out"
        old.write_text("".join(json.dumps(good(n)) + "\n" for n in range(3)), encoding="utf-8")
        self.new.write_text("".join(json.dumps(good(n)) + "\n" for n in range(_PAPERS)), encoding="utf-8")
        self._kept = folder / "kept"
        run("build", old, "-o", self._kept)
        self.before = content(self._kept)
        run("build", self.new, "-o", folder / "whole")
        self.after = content(folder / "whole")
        self.restore()

    def restore(self) -> None:
        """The folder as it was before the fault."""
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self._kept, self.out)

    def check(self, row: Row, ran: Ran, mixed: bool = False) -> None:
        """Look at the folder after a fault, then build again; `mixed` when files of two builds may stand together."""
        row.measure(ran.seconds, ran.memory)
        found = content(self.out)
        torn = [name for name in OUTPUT if found.get(name) not in (self.before[name], self.after[name])]
        row.expect(not torn, f"{torn} are neither old nor new")
        row.expect(mixed or found in (self.before, self.after), "some files are old and some new")
        row.expect("Traceback" not in ran.err, f"a traceback: {ran.err[-300:]}")
        row.expect(ran.status != 0 or found == self.after, "status 0, but something is missing")
        again = run("build", self.new, "-o", self.out)
        row.expect(
            again.status == 0 and content(self.out) == self.after,
            f"the next build gave {again.status}: {again.err[-200:]}",
        )
        strays = [p.name for p in self.out.iterdir() if p.name not in (*OUTPUT, MANIFEST)]
        row.expect(not strays, f"{strays} were left")
        self.restore()


def content(folder: Path) -> dict[str, bytes]:
    """What stands in the folder under the names of a build's files."""
    return {name: (folder / name).read_bytes() for name in OUTPUT if (folder / name).exists()}


def try_all(folder: Path, times: int) -> list[Row]:
    """A row a fault."""
    trial = Trial(folder / "trial")
    rows = [
        kills(trial, times),
        *(_write_fails(trial, number, times) for number in (errno.ENOSPC, errno.EIO)),
        _rename_fails(trial, times),
        _no_file_may_grow(trial),
        interrupts(trial, max(3, times // 5)),
        two_at_once(trial, max(3, times // 10)),
    ]
    return [*rows, unwritable(folder / "unwritable"), cramped(folder / "cramped"), *damaged(folder / "damaged")]


def kills(trial: Trial, times: int) -> Row:
    """Kill -9 at random moments."""
    row, chance = Row("kill -9 at a random moment"), random.Random(1)
    start = time.perf_counter()
    run("build", trial.new, "-o", trial.out)
    whole = time.perf_counter() - start
    trial.restore()
    for _ in range(times):
        going = Running("build", trial.new, "-o", trial.out)
        going.send(signal.SIGKILL, chance.uniform(0, whole))
        ran = going.end()
        row.count("killed" if ran.status < 0 else "ended before")
        trial.check(row, ran)
    return row


def _write_fails(trial: Trial, number: int, times: int) -> Row:
    row = Row(f"the n-th write or sync fails with {errno.errorcode[number]}")
    return failing(trial, row, number, partial(_fail_at, number, {"write", "fsync"}), range(1, times + 1))


def _rename_fails(trial: Trial, times: int) -> Row:
    row = Row("the n-th rename fails with EIO")
    return failing(trial, row, errno.EIO, partial(_fail_at, errno.EIO, {"replace"}), range(1, times + 1), mixed=True)


def _no_file_may_grow(trial: Trial) -> Row:
    row = Row("no file may grow beyond 256 bytes, 512 bytes, … 1 MiB")
    return failing(trial, row, errno.EFBIG, _no_larger, [1 << exponent for exponent in range(8, 21)])


def failing(
    trial: Trial, row: Row, number: int, prepare: Callable[[int], None], steps: Iterable[int], mixed: bool = False
) -> Row:
    """A build for each step, in which operations that write fail with the error `number`; ends when one runs through."""
    for step in steps:
        ran = run("build", trial.new, "-o", trial.out, prepare=partial(prepare, step))
        row.count("said so" if ran.status == 1 else "no failure met" if ran.status == 0 else f"status {ran.status}")
        row.expect(ran.status == 0 or os.strerror(number) in ran.err, f"{step}: {ran.err[-300:]}")
        trial.check(row, ran, mixed)
        if ran.status == 0:
            break
    return row


def _fail_at(number: int, kinds: set[str], nth: int) -> None:
    """Have the n-th operation of these kinds in this process fail: "write" of a file, "fsync" or "replace"."""
    count = 0

    def step(kind: str) -> None:
        nonlocal count
        count += kind in kinds
        if kind in kinds and count == nth:
            raise OSError(number, os.strerror(number))

    real_fsync, real_replace, real_open = os.fsync, os.replace, io.open

    class Failing(io.FileIO):
        def write(self, data: Any) -> int:
            step("write")
            return super().write(data)

    def fsync(handle: int) -> None:
        step("fsync")
        real_fsync(handle)

    def replace(source: Any, target: Any) -> None:
        step("replace")
        real_replace(source, target)

    def opened(file: Any, mode: str = "r", buffering: int = -1, *text: Any, **options: Any) -> Any:
        if not {"w", "a"} & {*mode}:
            return real_open(file, mode, buffering, *text, **options)
        buffered = io.BufferedWriter(Failing(file, mode.replace("b", "")), 1 << 16)
        if "b" in mode:
            return buffered
        wrapped = io.TextIOWrapper(buffered, *text, **options)
        wrapped.reconfigure(line_buffering=buffering == 1)
        return wrapped

    os.fsync, os.replace, io.open = fsync, replace, opened  # type: ignore[assignment]


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


def cramped(folder: Path) -> Row:
    """Commands that get less memory than they ask for: so many MiB beyond what is taken when they begin."""
    row = Row("less memory than is asked for")
    folder.mkdir()
    source, out = folder / "in.jsonl", folder / "out"
    source.write_text(json.dumps(good(0)) + "\n", encoding="utf-8")
    run("build", source, "-o", out)
    commands: dict[tuple[str | Path, ...], tuple[int, ...]] = {
        ("export", out, "--to", "ladybug"): (0, 8192),
        ("build", source, "-o", out): (0, 20, 50, 100, 200),
    }
    for command, sizes in commands.items():
        for most in sizes:
            ran = run(*command, prepare=partial(_grow_by, most * MIB))
            row.measure(ran.seconds, ran.memory)
            row.count("said so" if ran.status == 1 else "went well" if ran.status == 0 else f"status {ran.status}")
            row.expect(ran.clean, f"{command[0]} with {most:,} MiB: {ran.status} {ran.err[-300:]}")
    return row


def _grow_by(most: int) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + most
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


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
