"""Abstracts a second on one core, beside a plain spaCy tok2vec and NER pipeline in the same run.

    python -m benchmarks.extraction [PAPERS.jsonl ...]

Without papers it reads the bundled sample four times over. The peer is untrained: what it finds is noise, what it costs
is what a trained one costs.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import spacy
from spacy.language import Language
from spacy.training import Example

from kg.extraction import extract, load
from kg.readers import read
from kg.sample import sample_path

LABELS = ("METHOD", "DATASET", "METRIC", "TASK")
MOST = 600


def peer() -> Language:
    """spaCy's own small architecture: a hash-embedding CNN and a transition-based NER."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec")
    ner = nlp.add_pipe(
        "ner", config={"model": {"tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 96}}}
    )
    for label in LABELS:
        ner.add_label(label)  # type: ignore[attr-defined]
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("We use BERT."), {"entities": [(7, 11, "METHOD")]})])
    return nlp


def rate(run: Callable[[], object], papers: int) -> float:
    """The best of three: papers a second."""
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        run()
        best = max(best, papers / (time.perf_counter() - start))
    return best


def main() -> None:
    papers = list(read(sys.argv[1:] or [sample_path()]))
    papers = (papers * 4 if len(sys.argv) == 1 else papers)[:MOST]
    words = sum(len(p.text.split()) for p in papers) / len(papers)
    nlp, plain = load(), peer()
    ours = rate(lambda: list(extract(papers, nlp)), len(papers))
    theirs = rate(lambda: list(plain.pipe(p.text for p in papers)), len(papers))
    print(f"{len(papers)} abstracts, {words:.0f} words each, one thread, spaCy {spacy.__version__}")
    print(f"kg                        {ours:6.1f} abstracts/s")
    print(f"spaCy tok2vec + NER       {theirs:6.1f} abstracts/s")
    print(f"ratio                     {ours / theirs:6.2f}")


if __name__ == "__main__":
    main()
