"""One input, built in several ways: the bytes have to be the same.

Every record has an id of its own: of those that share one, the first in the input counts.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from benchmarks.robustness.faults import content
from benchmarks.robustness.report import Row
from kg.sample import sample_path


def try_all(folder: Path) -> list[Row]:
    """A row a way in which builds may differ."""
    folder.mkdir(parents=True)
    lines = sample_path().read_text(encoding="utf-8").rstrip("\n").split("\n")
    first = _build(folder, lines, "0")
    rows = [
        _compare("hash seeds", first, [_build(folder, lines, seed) for seed in ("1", "2", "3", "4", "5")]),
        _compare("orders of the records", first, [_build(folder, random.Random(n).sample(lines, len(lines)), "0") for n in range(5)]),
        _compare("jobs", first, [_build(folder, lines, "0", "-j", "2")]),
    ]  # fmt: skip
    return rows


def _build(folder: Path, lines: list[str], seed: str, *options: str) -> dict[str, bytes]:
    """The output of a build in a fresh folder."""
    source, out = folder / "in.jsonl", folder / f"out-{len(list(folder.iterdir()))}"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "kg", "build", str(source), "-o", str(out), *options]
    subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
    return content(out)


def _compare(name: str, first: dict[str, bytes], others: list[dict[str, bytes]]) -> Row:
    row = Row(f"several {name}")
    for other in others:
        differing = [file for file in first if first[file] != other.get(file)]
        row.count("differing" if differing else "the same")
        row.expect(not differing, f"{differing} differ")
    return row
