"""Write the true output under every ``$ kg query output …`` in the documentation: ``python docs/refresh.py``.

It builds the bundled sample and runs the commands on it. A test runs them too, and fails where a page says something
else.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
PAGES = ("sparql.md", "graph-databases.md")
_QUERY = "$ kg query output "


def refreshed(page: str, answer: Callable[[list[str]], str]) -> str:
    """A page in which each query's output is what `answer` gives for its arguments."""
    return "".join(line + "\n" for line in _lines(page.splitlines(), answer))


def _lines(lines: list[str], answer: Callable[[list[str]], str]) -> Iterator[str]:
    rest = iter(lines)
    for line in rest:
        yield line
        while line.startswith(_QUERY):
            command = [line]
            while not _whole("\n".join(command)):
                command.append(next(rest))
                yield command[-1]
            yield from answer(shlex.split("\n".join(command).removeprefix(_QUERY))).splitlines()
            line = next(old for old in rest if old.startswith(("$ ", "```")))
            yield line


def _whole(command: str) -> bool:
    """Whether a command's quotation marks are closed."""
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def ask(folder: Path, arguments: list[str]) -> str:
    """What ``kg query`` prints, errors included."""
    command = [sys.executable, "-m", "kg", "query", str(folder), *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout


def main() -> None:
    """Refresh all pages."""
    from kg.pipeline import build

    with tempfile.TemporaryDirectory() as temporary:
        sample = Path(temporary) / "output"
        build(output=sample)
        for name in PAGES:
            path = FOLDER / name
            path.write_text(refreshed(path.read_text(encoding="utf-8"), lambda given: ask(sample, given)), "utf-8")


if __name__ == "__main__":
    main()
