"""The spaCy pipeline that reads abstracts: `load` gives an ordinary ``nlp``, `extract` reads papers with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language

import kg.extraction.acronyms
import kg.extraction.encoder
import kg.extraction.mentions
import kg.extraction.results
import kg.extraction.sentences  # noqa: F401  (importing registers the components)
from kg.extraction.tokens import blank
from kg.records import Mention, Paper, Result


@dataclass(frozen=True, slots=True)
class Extraction:
    """A paper with its mentions, sorted by place, and its results, which name surface forms."""

    paper: Paper
    mentions: tuple[Mention, ...]
    results: tuple[Result, ...]


def load(gazetteers: Sequence[Path] = (), model: Path | None = None) -> Language:
    """The pipeline as an ordinary spaCy ``nlp``.

    It reads a title and an abstract separated by a newline. Mentions are in ``doc._.kg_mentions`` and, as spans, in
    ``doc.ents`` and ``doc.spans["kg"]``; results in ``doc._.kg_results``.

    Parameters
    ----------
    gazetteers : sequence of Path
        Tables of names that extend or override the package's.
    model : Path, optional
        Folder of a trained encoder; default the one in the package.
    """
    nlp = blank()
    nlp.max_length = 1_000_000
    tables = [str(path) for path in gazetteers]
    nlp.add_pipe("kg_sentences")
    nlp.add_pipe("kg_acronyms")
    trained = {"model": str(model) if model else None, "gazetteers": tables}
    nlp.add_pipe("kg_encoder", config=trained)
    nlp.add_pipe("kg_mentions", config=trained)
    nlp.add_pipe("kg_results")
    return nlp


def extract(papers: Iterable[Paper], nlp: Language | None = None) -> Iterator[Extraction]:
    """Read papers, one after the other, in order.

    Parameters
    ----------
    papers : iterable of Paper
    nlp : Language, optional
        A pipeline from `load`; default a new one.
    """
    pipeline = nlp or load()
    for paper in papers:
        doc = pipeline(paper.text)
        yield Extraction(paper, doc._.kg_mentions, doc._.kg_results)
