"""What careful readers made of a name wherever training texts have it: an entity, or words like any other.

The encoder judges a place by the words around it. Some names are not to be judged so: "accuracy" is a metric in most
texts that have it, "optimization" is nearly never an entity, whatever stands beside it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.files import atomic_writer
from kg.naming import name_key
from kg.records import LABELS, Label

#: The file in a model's folder.
USAGE = "usage.tsv"
#: The file of words that are no names.
PLAIN = "plain.txt"
#: How much the log odds of a name's past count beside those of the encoder, and how far they may go.
WEIGHT = 0.7
LIMIT = 2.5


@dataclass(frozen=True, slots=True)
class Usage:
    """In how many training texts a name was taken under each label, and in how many it was left alone.

    Texts whose readers marked the name as optional count on neither side.
    """

    taken: Mapping[Label, int]
    left: int

    def log_odds(self, label: Label) -> float:
        """The natural logarithm of the odds that the name is an entity of this label, within `LIMIT`."""
        yes = self.taken.get(label, 0)
        no = self.left + sum(self.taken.values()) - yes
        return max(-LIMIT, min(LIMIT, math.log((yes + 0.7) / (no + 0.5))))


def read_usage(model: Path) -> dict[str, Usage]:
    """The usage of names, by their normal form, that a model's folder holds; none when it has no such file."""
    path = model / USAGE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Usage({label: int(row[label.lower()]) for label in LABELS}, int(row["left"]))
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        }


def write_usage(usage: Iterable[tuple[str, Usage]], model: Path) -> None:
    """Write the file, one name a line, sorted by name."""
    with atomic_writer(model / USAGE) as file:
        file.write("\t".join(("name", "left", *(label.lower() for label in LABELS))) + "\n")
        for name, how in sorted(usage, key=lambda row: row[0]):
            file.write("\t".join((name, str(how.left), *(str(how.taken.get(label, 0)) for label in LABELS))) + "\n")


def with_usage(usage: Mapping[str, Usage], text: str, label: Label, score: float) -> float:
    """The encoder's `score` of a span moved by what is known of its name: a sum in log odds."""
    known = usage.get(name_key(text))
    if known is None:
        return score
    kept = min(max(score, 1e-4), 1 - 1e-4)
    return 1 / (1 + math.exp(-math.log(kept / (1 - kept)) - WEIGHT * known.log_odds(label)))


def read_plain(model: Path) -> frozenset[str]:
    """The words that are no names when they stand alone in small letters; none without such a file in the folder."""
    path = model / PLAIN
    return frozenset(path.read_text(encoding="utf-8").split()) if path.is_file() else frozenset()


def write_plain(words: Iterable[str], model: Path) -> None:
    """Write the file, one word a line, sorted."""
    with atomic_writer(model / PLAIN) as file:
        file.write("".join(f"{word}\n" for word in sorted(words)))
