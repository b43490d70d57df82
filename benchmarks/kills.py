"""Builds that are killed at a random moment and begun again, against one that was left alone.

    python -m benchmarks.kills PAPERS [--papers 5000] [--kills 10]

Each build starts in an empty folder with two workers. One in three kills hits a worker, after which the build must end
well by itself; the others hit the build, which is then run again. A third of them fall in the last part, when files are
written. Every file must have the bytes of the undisturbed build, and nothing else may be left.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.processes import descendants
from benchmarks.scale import sample
from kg.store import MANIFEST, read_manifest


def build(source: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kg", "build", str(source), "-o", str(folder), "-j", "2"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the manifest, whose timings differ; a folder in it counts as an empty file."""
    found = [path for path in sorted(folder.iterdir()) if path.name != MANIFEST]
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in found}


def disturbed(source: Path, folder: Path, after: float, worker: bool) -> str:
    """Build, kill after so many seconds, and build again unless the first ends well; says what happened."""
    process = build(source, folder)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        workers = sorted(descendants(process.pid)) if worker else []
        with suppress(ProcessLookupError):
            os.kill(workers[-1] if workers else process.pid, signal.SIGKILL)
    if process.wait() == 0:
        return "a worker" if worker else "nothing"
    if build(source, folder).wait() != 0:
        return "the build, which did not go on"
    return f"the build; {read_manifest(folder)['reused']:,} papers were not read again"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("--papers", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=10)
    options = parser.parse_args()
    chance = random.Random(options.kills)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (source,) = sample(options.input, [options.papers], work)
        start = time.perf_counter()
        if build(source, work / "whole").wait() != 0:
            sys.exit("the undisturbed build failed")
        whole = time.perf_counter() - start
        expected = content(work / "whole")
        print(f"undisturbed: {whole:.0f} s, {', '.join(expected)}", flush=True)
        for number in range(options.kills):
            after = whole * (chance.uniform(0.7, 1) if number % 3 == 1 else chance.uniform(0, 0.8))
            said = disturbed(source, work / "killed", after, worker=number % 3 == 2)
            same = content(work / "killed") == expected
            wrong += not same
            print(
                f"{number + 1:>3}  killed after {after:5.1f} s: {said}; {'the same bytes' if same else 'DIFFERENT'}",
                flush=True,
            )
            shutil.rmtree(work / "killed")
    if wrong:
        sys.exit(f"{wrong} of {options.kills} differ")


if __name__ == "__main__":
    main()
