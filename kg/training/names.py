"""Compiles the table of canonical names from annotated papers: what careful readers call a thing, and how papers do.

The table serves resolution only. It is no hint to the encoder, which would learn to lean on names that its training
texts hold all of and new texts do not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable
from pathlib import Path

from kg.extraction.filters import is_generic
from kg.extraction.gazetteer import Entry, write_table
from kg.naming import is_acronym_of, name_key, numbers
from kg.records import Label
from kg.resolution.names import essential
from kg.training.data import read_lines

#: A name is taken when this many papers have it, an alias when this many papers use it for the name.
MIN_PAPERS = 2
MIN_USES = 2
#: The share of an alias' uses that must be for the name.
MIN_SHARE = 0.75

_Key = tuple[Label, str]


def compile_names(annotated: Iterable[Path], barred: Container[str], table: Path) -> int:
    """Write the names of annotated papers as a table and return how many there are.

    Parameters
    ----------
    annotated : iterable of Path
        Gold files: JSONL with ``entities`` (label, name, surfaces).
    barred : container of str
        Ids of papers that are measured with.
    table : Path
        Where the table goes, in the form of `kg.extraction.gazetteer`.
    """
    spellings: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
    uses: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
    forms: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
    for path in annotated:
        for entity in (e for record in read_lines(path) if record["id"] not in barred for e in record["entities"]):
            label, key = entity["label"], name_key(entity["name"])
            spellings[label, key][entity["name"]] += 1
            for surface, printed in {name_key(s): s for s in entity["surfaces"]}.items():
                uses[label, surface][key] += 1
                forms[label, surface][printed] += 1
    names = {key for key, count in spellings.items() if count.total() >= MIN_PAPERS and not is_generic(key[1])}
    aliases: defaultdict[_Key, list[str]] = defaultdict(list)
    for (label, surface), meanings in sorted(uses.items()):
        name, count = max(meanings.items(), key=lambda item: (item[1], item[0]))
        speaks = _speaks(surface, name, count, meanings.total()) and not _part(label, surface, name)
        if (label, name) in names and surface != name and speaks:
            aliases[label, name].append(_best(forms[label, surface]))
    entries = [
        Entry(label, _best(spellings[label, name]), tuple(aliases[label, name])) for label, name in sorted(names)
    ]
    write_table(entries, table)
    return len(entries)


def _speaks(surface: str, name: str, count: int, total: int) -> bool:
    """Whether a surface form stands for a name wherever it occurs."""
    if count < MIN_SHARE * total or numbers(surface) != numbers(name) or "cid" in surface.split():
        return False
    spelt = surface.replace(" ", "") == name.replace(" ", "") or (" " not in surface and is_acronym_of(surface, name))
    return count >= MIN_USES or spelt


def _part(label: Label, surface: str, name: str) -> bool:
    """Whether a surface form is one ordinary word of a longer name ("unsupervised" for a task with it).

    Names of datasets are no ordinary words, and some words at a name's end add nothing ("evolutionary algorithm").
    """
    words = name.split()
    if label == "DATASET" or len(words) == 1 or " " in surface or essential(label, name) == surface:
        return False
    begun = any(word.startswith(surface) for word in words)
    return begun or not (is_acronym_of(surface, name) or surface == "".join(words))


def _best(forms: Counter[str]) -> str:
    """The commonest form, one that does not begin with a capital for being a heading's first word before others."""
    return min(forms, key=lambda form: (-forms[form], form[:1].isupper() and form[1:].islower(), form))
