"""What was read before and need not be read again: finished papers of an earlier build, or of an interrupted one.

A build keeps a journal beside its output, one line a paper as soon as it is read. The journal goes when the build is
whole; from then on ``papers.jsonl`` and the manifest's fingerprint of the extractor say the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from kg.extraction import Extraction
from kg.extraction.encoder import MODEL
from kg.extraction.gazetteer import TABLES
from kg.records import EntityMention, Mention, Paper, PaperEntity, ReadPaper, Result
from kg.resolution.entities import implied_name

JOURNAL = ".reading.jsonl"


def extractor_fingerprint(gazetteers: Sequence[Path] = ()) -> str:
    """A hash over all that decides what is found in a text: code, model, tables, the user's tables."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    code = [*sorted((here / "extraction").glob("*.py")), here / "naming.py", here / "compounds.txt"]
    for path in [
        *code,
        *sorted((here / "extraction").glob("*.tsv")),
        *sorted(TABLES.glob("*.tsv")),
        *sorted(MODEL.glob("*")),
        *gazetteers,
    ]:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def text_key(paper: Paper) -> str:
    """A hash of the text that was read."""
    return hashlib.sha256(paper.text.encode()).hexdigest()[:24]


def as_extraction(read: ReadPaper) -> Extraction:
    """What was found in a paper, before resolution, from what ``papers.jsonl`` holds of it."""
    mentions = [
        Mention(m.start, m.end, m.text, entity.label, entity.role) for entity in read.entities for m in entity.mentions
    ]
    surface = {entity.id: entity.mentions[0].text for entity in read.entities}
    results = [
        Result(
            method=surface.get(r.method, ""),
            metric=surface.get(r.metric, implied_name(r.metric)),
            dataset=surface.get(r.dataset, ""),
            value=r.value,
            unit=r.unit,
            kind=r.kind,
            setting=r.setting,
            start=r.start,
            end=r.end,
        )
        for r in read.results
    ]
    return Extraction(read.paper, tuple(sorted(mentions)), tuple(results))


def _as_read(extraction: Extraction) -> ReadPaper:
    """An extraction in the form of a line of ``papers.jsonl``; every mention is an entity of its own."""
    entities = tuple(
        PaperEntity(f"{m.label.lower()}:{m.text}", m.label, m.text, m.role, (EntityMention(m.start, m.end, m.text),))
        for m in extraction.mentions
    )
    return ReadPaper(extraction.paper, entities)


def _journal_line(extraction: Extraction) -> str:
    record = _as_read(extraction).as_dict()
    record["results"] = [result.as_dict() for result in extraction.results]
    return json.dumps({"key": text_key(extraction.paper), **record}, ensure_ascii=False)


def _from_journal(record: dict[str, Any]) -> Extraction:
    read = ReadPaper.from_dict(record)
    mentions = tuple(Mention(m.start, m.end, m.text, e.label, e.role) for e in read.entities for m in e.mentions)
    return Extraction(read.paper, mentions, read.results)


def reusable(papers: Iterable[ReadPaper]) -> dict[str, Extraction]:
    """What earlier output holds, by `text_key`."""
    return {text_key(read.paper): as_extraction(read) for read in papers}


class Journal:
    """The readings of a build under way: `found` are those of an interrupted one, `add` keeps a new one.

    A journal that another extractor wrote is passed over; one that was torn or damaged is cut off before the damage.
    """

    def __init__(self, folder: Path, fingerprint: str):
        self.path = folder / JOURNAL
        self.found = dict(self._old(fingerprint))
        folder.mkdir(parents=True, exist_ok=True)
        mode = "a" if self.found else "w"
        # By lines: a build that is killed keeps every paper that it read.
        self._file: IO[str] = self.path.open(mode, buffering=1, encoding="utf-8", newline="\n")
        if not self.found:
            self._file.write(json.dumps({"extractor": fingerprint}) + "\n")

    def _old(self, fingerprint: str) -> Iterator[tuple[str, Extraction]]:
        if not self.path.is_file():
            return
        whole = 0
        with self.path.open("r+b") as file:
            for line in file:
                try:
                    record = json.loads(line) if line.endswith(b"\n") else {}
                    if whole:
                        yield record["key"], _from_journal(record)
                    elif record["extractor"] != fingerprint:
                        return
                except (ValueError, KeyError, TypeError, AttributeError):
                    break
                whole += len(line)
            file.truncate(whole)

    def add(self, extraction: Extraction) -> None:
        """Keep one paper's reading."""
        self._file.write(_journal_line(extraction) + "\n")

    def close(self, whole: bool) -> None:
        """End the journal; `whole` says that the output is written and the journal no longer needed."""
        self._file.close()
        if whole:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(whole=kind is None)
