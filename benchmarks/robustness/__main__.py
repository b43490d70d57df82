"""Try everything and write the table: ``python -m benchmarks.robustness [-o docs/robustness.md] [PART ...]``."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.robustness import faults, injection, inputs, same, serving
from benchmarks.robustness.report import Row, table

_HEAD = """# Robustness

What kg does with input, text, queries and faults that are out to break it. One command makes this page; it takes about
twenty minutes on two cores that have nothing else to do:

    python -m benchmarks.robustness

A trial is as it should be when it ends with the status and the outcome that are due, no traceback is printed, no record
takes more than 10 s of processor time and no process more than 1 GiB of memory. Every build runs in a process of its
own; the memory includes Python, spaCy and the model (about 350 MiB).

Beside these trials, whatever bytes go into the readers (`KG_FUZZ_SECONDS=600 pytest tests/test_fuzz.py`: each of the
eight and the offsets of mentions for ten minutes), and whatever Unicode goes through each export and back
(`KG_EXAMPLES=10000 pytest tests/export`, hours).
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="some of: inputs, injection, serving, faults, determinism")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/robustness.md"))
    parser.add_argument("--times", type=int, default=100, help="kills, and as many writes that fail")
    parser.add_argument("--seconds", type=float, default=60.0, help="of 200 clients")
    options = parser.parse_args()
    parts: dict[str, tuple[str, Callable[[Path], list[Row]]]] = {
        "inputs": ("Bad input", inputs.try_all),
        "injection": ("Injected text", injection.try_all),
        "serving": ("Hostile queries and requests", lambda folder: serving.try_all(folder, options.seconds)),
        "faults": ("Faults", lambda folder: faults.try_all(folder, options.times)),
        "determinism": ("The same bytes", same.try_all),
    }
    written, wrong = [_HEAD], 0
    with tempfile.TemporaryDirectory() as work:
        Path(work).chmod(0o755)  # one trial gives up its rights
        for name in options.parts or parts:
            title, try_all = parts[name]
            rows = try_all(Path(work) / name)
            wrong += sum(len(row.wrong) for row in rows)
            written.append(f"\n## {title}\n\n{table(rows)}")
            print(written[-1], flush=True)
    if not options.parts:
        options.output.write_text("".join(written), encoding="utf-8")
    raise SystemExit(min(wrong, 1))


if __name__ == "__main__":
    main()
