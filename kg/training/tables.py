"""Compiles the gazetteer tables from published vocabularies.

The vocabularies hold much noise: names that never occur, aliases that join different things ("ResNet-50" as another
name of "ResNet", "Recall@10" of "Recall@1"), ordinary words. What stays is what is precise.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from kg.extraction.gazetteer import Entry, read_table, write_table
from kg.naming import compact_key, is_acronym_of, name_key, numbers
from kg.records import Label

#: Table of ours whose rows are kept as they are and win over the vocabularies.
CURATED = "curated.tsv"
#: Words that a dataset, metric, method or task is never called alone.
GENERIC = frozenset(
    """
    model models method methods approach framework algorithm system network networks baseline benchmark dataset data
    training inference learning optimization evaluation analysis task experiments results performance quality
    classification segmentation detection generation recognition prediction regression clustering ranking retrieval
    parsing tracking planning control estimation reconstruction registration localization mapping navigation tuning
    decoding encoding embedding embeddings representation representations features sampling simulation search
    translation reasoning matching denoising restoration transformation attention convolution pooling softmax relu
    activation layer block module loss gradient policy reward agent environment graph image video text audio speech
    diversity similarity distance score rating consistency coverage novelty fidelity texas traffic spaces wisconsin
    cornell sketch caucasian actor weather electricity computers photo physics far sim sar rms ods ids sdr sir sad
    aps nds ber ter precise quality letter letters ship mouse pen google apple english german french chinese arabic
    """.split()
)
_SETTING = re.compile(
    r"\b(val|test|train|training|validation|dev|minival|test-dev|split|set|shot|labeled|class|classification task|"
    r"challenge|dataset|image|set\d*|full|zero-shot|standard|task)\b|%|\bk set\b",
    re.IGNORECASE,
)


def compile_tables(vocabularies: Path, tables: Path, min_papers: int = 2) -> Counter[str]:
    """Write ``methods.tsv``, ``datasets.tsv``, ``metrics.tsv`` and ``tasks.tsv`` into `tables`.

    Parameters
    ----------
    vocabularies : Path
        Folder with ``datasets.tsv``, ``methods.tsv``, ``metrics.tsv`` and ``tasks.tsv`` (columns canonical, aliases,
        source, url, df_any, df_lower, flag).
    tables : Path
        Where the tables go; ``curated.tsv`` there is read first and its surfaces are not repeated.
    min_papers : int
        A name that occurs in fewer papers than this stays out unless it cannot be mistaken for anything else.

    Returns
    -------
    Counter
        How many entries each table has.
    """
    owners: dict[str, Entry] = {
        name_key(surface): entry for entry in read_table(tables / CURATED) for surface in entry.surfaces
    }
    counts: Counter[str] = Counter()
    files: tuple[tuple[str, Label], ...] = (
        ("metrics", "METRIC"),
        ("methods", "METHOD"),
        ("datasets", "DATASET"),
        ("tasks", "TASK"),
    )
    for name, label in files:
        entries = []
        for row in _rows(vocabularies / f"{name}.tsv"):
            for entry in _entries(row, label, min_papers):
                kept = _unclaimed(entry, owners)
                if kept is not None:
                    owners.update((name_key(s), kept) for s in kept.surfaces)
                    entries.append(kept)
        entries.sort(key=lambda e: (e.name.casefold(), e.surfaces))
        write_table(entries, tables / f"{name}.tsv")
        counts[name] = len(entries)
    return counts


def _unclaimed(entry: Entry, owners: dict[str, Entry]) -> Entry | None:
    """What `entry` adds to the names already taken: under the owner's name where it shares one with that owner."""
    new = [s for s in entry.surfaces if name_key(s) not in owners]
    if not new:
        return None
    shared = [owners[name_key(s)] for s in entry.surfaces if name_key(s) in owners]
    same = [owner for owner in shared if owner.label == entry.label]
    if same:
        new = [same[0].name, *new]
    elif shared and new[0] != entry.name:
        return None
    return Entry(entry.label, new[0], tuple(new[1:]), entry.exact & set(new), entry.direction, entry.identifiers)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _entries(row: dict[str, str], label: Label, min_papers: int) -> Iterator[Entry]:
    """One vocabulary row as entries: the name with its true aliases, and the false aliases each on their own."""
    name = row["canonical"].strip()
    if not _usable(name, row, label, min_papers):
        return
    own: list[str] = []
    others: list[str] = []
    for alias in dict.fromkeys(a.strip() for a in row["aliases"].split("|")):
        if _plain(alias) and name_key(alias) != name_key(name):
            (own if _same_thing(name, alias) else others).append(alias)
    yield _entry(label, name, own, row)
    for other in others:
        if not _SETTING.search(other) and (distinctive(other) or (label == "METHOD" and " " in other)):
            yield _entry(label, other, [], row)


_CLASS_NAME = re.compile(
    r"\b(methods?|approach(es)?|techniques|algorithms|systems|models|tests|classifiers|datasets?|frameworks?|schemes?)$",
    re.IGNORECASE,
)


def _usable(name: str, row: dict[str, str], label: Label, min_papers: int) -> bool:
    flags = set(re.split(r"[,+]", row["flag"]))
    if not _plain(name) or name_key(name) in GENERIC or flags & {"ambiguous", "generic"}:
        return False
    if _CLASS_NAME.search(name) and not distinctive(name.split()[0]):
        return False
    if label == "DATASET" and any(flag.startswith("also-") for flag in flags):
        return False
    any_case, lower = int(row["df_any"] or 0), int(row["df_lower"] or 0)
    if label == "METRIC":
        trusted = {"curated", "hf-evaluate", "torchmetrics"} & set(row["source"].split(","))
        return bool(trusted or row["aliases"]) and any_case + lower >= 1
    if label == "DATASET" and lower > any_case / 10 and not distinctive(name):
        return False
    return any_case >= min_papers or distinctive(name)


def _plain(name: str) -> bool:
    return 2 <= len(name) <= 60 and "|" not in name and "\t" not in name and any(c.isalpha() for c in name)


def distinctive(name: str) -> bool:
    """Whether a name cannot be an ordinary word: capitals inside a word, or letters with digits."""
    if len(name) < 4 or len(name.split()) > 3:
        return False
    inner = sum(1 for a, b in pairwise(name) if b.isupper() and a.islower())
    mixed = any(c.isdigit() for c in name) and sum(c.isupper() for c in name) >= 2
    return inner > 0 or (mixed and " " not in name)


def _same_thing(name: str, alias: str) -> bool:
    """Whether an alias is another spelling or the acronym, rather than a variant, part or setting."""
    if numbers(name) != numbers(alias) or (_SETTING.search(alias) and not _SETTING.search(name)):
        return False
    if compact_key(name) == compact_key(alias):
        return True
    short, long = sorted((name, alias), key=len)
    if is_acronym_of(short, long) and not short.islower() and len(short.split()) == 1:
        return True
    words, other = set(name_key(name).split()), set(name_key(alias).split())
    generic = {"model", "method", "algorithm", "network", "score", "measure", "dataset", "loss", "error", "rate"}
    return bool(words & other) and (words ^ other) <= generic


def _entry(label: Label, name: str, aliases: Iterable[str], row: dict[str, str]) -> Entry:
    surfaces = [name, *aliases]
    any_case, lower = int(row["df_any"] or 0), int(row["df_lower"] or 0)
    exact = frozenset(s for s in surfaces if _case_matters(s, any_case, lower))
    return Entry(label, name, tuple(aliases), exact)


def _case_matters(surface: str, any_case: int, lower: int) -> bool:
    if " " in surface.strip():
        return False
    if surface.isupper() or len(surface) <= 4:
        return True
    return not surface.islower() and lower * 10 > any_case
