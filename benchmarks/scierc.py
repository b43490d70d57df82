"""The shipped recipe on a public corpus: SciERC's four labels, trained on its training part alone.

    python -m benchmarks.scierc FOLDER TEXTS WORK

`FOLDER` holds ``train.jsonl`` and ``dev.jsonl`` (id, text, spans), `TEXTS` is anything kg reads and serves as unlabelled
data, `WORK` keeps the steps' results, so that an interrupted run goes on. A span is right when its start, its end and
its label are (micro-averaged F1); the label OTHER is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import spacy
from spacy.language import Language

import kg.extraction.acronyms
import kg.extraction.encoder
import kg.extraction.sentences  # noqa: F401  (importing registers the components)
from kg.evaluation import Count
from kg.readers import read
from kg.records import LABELS
from kg.training.data import Text, read_spans
from kg.training.recipe import Recipe, load_config, train

#: 350 abstracts are few: the passes over them make up for it.
SETTINGS = {
    "teacher": {"epochs": 10, "pieces": 2100},
    "distillation": {"texts": 1500, "labelled_repeats": 6, "pieces": 2100},
}


def corpus(path: Path) -> Iterator[Text]:
    """The texts of one part with the spans of the four labels."""
    for text in read_spans(path, LABELS):
        yield replace(text, spans=tuple(span for span in text.spans if span.label in LABELS))


def encoder_alone(model: Path) -> Language:
    """The tagger without kg's rules, which follow another definition of an entity."""
    nlp = spacy.blank("en")
    nlp.add_pipe("kg_sentences")
    nlp.add_pipe("kg_acronyms")
    nlp.add_pipe("kg_encoder", config={"model": str(model)})
    return nlp


def score(nlp: Language, texts: Iterable[Text]) -> dict[str, Count]:
    """Spans found, invented and missed, by label."""
    counts = {label: Count() for label in LABELS}
    for text in texts:
        doc = nlp(text.text)
        found = {(doc[t.start : t.end].start_char, doc[t.start : t.end].end_char, t.label) for t in doc._.kg_tagged}
        wanted = {(s.start, s.end, s.label) for s in text.spans}
        for label in LABELS:
            ours, theirs = ({s for s in side if s[2] == label} for side in (found, wanted))
            counts[label] += Count(len(ours & theirs), len(ours - theirs), len(theirs - ours))
    return counts


def main() -> None:
    folder, texts, work = map(Path, sys.argv[1:4])
    config = load_config()
    for section, settings in SETTINGS.items():
        config[section] = {**config[section], **settings}
    recipe = Recipe(list(corpus(folder / "train.jsonl")), list(read([str(texts)])), config, work)
    train(recipe, work / "model", lambda name, step, steps, loss: print(f"{name}: {step}/{steps} {loss:.3f}", end="\r"))
    counts = score(encoder_alone(work / "model"), corpus(folder / "dev.jsonl"))
    print()
    whole = Count()
    for label, count in counts.items():
        whole += count
        print(f"{label:8} F1 {100 * count.f1:5.1f}  ({count.tp + count.fn} spans)")
    print(f"all      F1 {100 * whole.f1:5.1f}")


if __name__ == "__main__":
    main()
