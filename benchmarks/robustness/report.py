"""The table: one row a class of trial."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.robustness.sandbox import MIB


@dataclass
class Row:
    """A class of trials: how many, what became of them in words, the slowest and the largest, and what went wrong."""

    name: str
    tried: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    memory: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, outcome: str, number: int = 1) -> None:
        """Note how so many trials ended."""
        if number:
            self.tried += number
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number

    def measure(self, seconds: float, memory: int = 0) -> None:
        """Note what a trial took."""
        self.seconds, self.memory = max(self.seconds, seconds), max(self.memory, memory)

    def expect(self, holds: bool, problem: str) -> None:
        """Note a problem where something does not hold."""
        if not holds:
            self.wrong.append(problem)

    def cells(self) -> list[str]:
        """The row's cells."""
        outcome = ", ".join(f"{number:,} {name}" for name, number in self.outcomes.items())
        memory = f"{self.memory / MIB:,.0f}" if self.memory else ""
        seconds = f"{self.seconds:.1f}" if self.seconds else ""
        return [self.name, f"{self.tried:,}", outcome, seconds, memory, "yes" if not self.wrong else "**no**"]


_HEAD = ["", "tried", "outcome", "slowest, s", "most memory, MiB", "as it should"]


def table(rows: list[Row]) -> str:
    """The rows in Markdown, followed by what went wrong."""
    lines = [_HEAD, ["---", "---:", "---", "---:", "---:", "---"], *(row.cells() for row in rows)]
    text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    wrong = [f"- {row.name}: {problem}" for row in rows for problem in row.wrong[:5]]
    return text + ("\n\n" + "\n".join(wrong) if wrong else "") + "\n"
