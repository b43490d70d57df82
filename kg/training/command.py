"""`kg train` from files: annotated papers, texts, and papers that must never be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kg.extraction.gazetteer import NAMES
from kg.naming import name_key
from kg.readers import read
from kg.readers.cleaning import clean
from kg.training.data import read_annotated, read_lines
from kg.training.names import compile_names
from kg.training.recipe import CONFIG, Progress, Recipe, load_config, train


def train_from_files(
    labelled: Sequence[Path],
    texts: Sequence[str],
    output: Path,
    work: Path,
    held_out: Sequence[Path] = (),
    config: Path | None = None,
    progress: Progress | None = None,
) -> None:
    """Make the model.

    Parameters
    ----------
    labelled : sequence of Path
        Annotated papers; a line's text is its own or found in `texts` by id or title.
    texts : sequence of str
        Anything `kg.readers.read` reads. All papers there that are neither labelled nor held out are unlabelled data.
    output : Path
        Folder of the model.
    work : Path
        Folder of the steps' results.
    held_out : sequence of Path
        Gold files or any JSONL with ``id`` and ``title``: what is measured with is never trained on.
    config : Path, optional
    progress : callable, optional
    """
    papers = list(read(texts))
    barred = {key for path in held_out for record in read_lines(path) for key in _keys(record)}
    annotated = [text for text in read_annotated(labelled, papers) if not barred & {text.id, _title(text.text)}]
    known = barred | {text.id for text in annotated} | {_title(text.text) for text in annotated}
    unlabelled = [paper for paper in papers if not known & {paper.id, name_key(paper.title)}]
    train(Recipe(annotated, unlabelled, load_config(config or CONFIG), work), output, progress)
    compile_names(labelled, barred, output / NAMES.name)


def _keys(record: dict[str, object]) -> set[str]:
    return {str(record["id"]), name_key(clean(str(record.get("title") or record["id"])))}


def _title(text: str) -> str:
    return name_key(text.split("\n", 1)[0])
