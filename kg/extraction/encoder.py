"""The trained part of the pipeline: a small transformer, run by onnxruntime, that tags words.

It is registered as the spaCy component ``kg_encoder`` and leaves `TaggedSpan`s, in token indices, in
``doc._.kg_tagged`` and the tag probabilities of every token in ``doc._.kg_probabilities``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from spacy.language import Language
from spacy.tokens import Doc

from kg.extraction.acronyms import acronym_spans
from kg.extraction.gazetteer import Gazetteer
from kg.extraction.tags import ACRONYM_HINT, TAGS, TaggedSpan, begin, spans, viterbi
from kg.extraction.wordpiece import WordPieces, encode_words
from kg.extraction.words import words_of

MODEL = Path(__file__).with_name("model")
#: The most pieces the encoder sees at once; longer texts are cut at sentence ends where possible.
MAX_PIECES = 384

Doc.set_extension("kg_tagged", default=(), force=True)
Doc.set_extension("kg_probabilities", default=None, force=True)


def piece_hints(doc: Doc, words: list[int], first: np.ndarray, length: int, gazetteer: Gazetteer) -> np.ndarray:
    """The gazetteer's and the acronyms' hints for every piece of a text; int64, shape (pieces,)."""
    by_token = np.zeros(len(doc), dtype=np.int64)
    for start, end in acronym_spans(doc):
        by_token[start:end] = ACRONYM_HINT
    for match in gazetteer.matches_of(doc):
        by_token[match.start] = begin(match.entry.label)
        by_token[match.start + 1 : match.end] = begin(match.entry.label) + 1
    hints = np.zeros(length, dtype=np.int64)
    bounds = [*first.tolist(), length - 1]
    for i, token in enumerate(words):
        hints[bounds[i] : bounds[i + 1]] = by_token[token]
    return hints


class EncoderInput(NamedTuple):
    """A text as the encoder reads it; arrays are int64.

    words : the tokens that are read, all but white space, by their index
    ids, shapes, hints : shape (pieces,); see `encode_words` and `piece_hints`
    first : shape (words,), where each word's first piece stands
    """

    words: list[int]
    ids: np.ndarray
    shapes: np.ndarray
    hints: np.ndarray
    first: np.ndarray


def encoder_input(doc: Doc, pieces: WordPieces, gazetteer: Gazetteer) -> EncoderInput:
    """Lay a text out as encoder input: the same in training and in use."""
    texts = words_of(doc)
    words = [i for i, text in enumerate(texts) if not text.isspace()]
    ids, shapes, first = encode_words(pieces, [texts[i] for i in words])
    return EncoderInput(words, ids, shapes, piece_hints(doc, words, first, len(ids), gazetteer), first)


class Encoder:
    """The ONNX model with its vocabulary.

    Parameters
    ----------
    folder : Path
        Holds ``encoder.onnx``, ``vocab.txt`` and ``meta.json``.
    """

    def __init__(self, folder: Path = MODEL):
        options = onnxruntime.SessionOptions()
        # One thread: a build uses its cores by reading several papers at once, and the sums stay in one order.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The fused kernel for "add, then normalise" takes seven times as long as the two operators on their own.
        self._session = onnxruntime.InferenceSession(
            str(folder / "encoder.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        self.pieces = WordPieces.from_file(folder / "vocab.txt")
        self.meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))

    def __call__(self, ids: np.ndarray, shapes: np.ndarray, hints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tag and role probabilities of every piece, shapes (pieces, tags) and (pieces, roles)."""
        feed = {name: array[None] for name, array in (("ids", ids), ("shapes", shapes), ("hints", hints))}
        tags, roles = self._session.run(None, feed)
        return tags[0], roles[0]


class EncoderTagger:
    """The spaCy component around `Encoder`."""

    def __init__(self, encoder: Encoder, gazetteer: Gazetteer):
        self.encoder, self.gazetteer = encoder, gazetteer

    def __call__(self, doc: Doc) -> Doc:
        """Tag one text."""
        words, ids, shapes, hints, first = encoder_input(doc, self.encoder.pieces, self.gazetteer)
        if not words:
            return doc
        tags, roles = [], []
        for start, end in _windows(doc, words, first, len(ids)):
            tag, role = self._run(ids, shapes, hints, first, start, end)
            tags.append(tag)
            roles.append(role)
        probabilities, role_probabilities = np.concatenate(tags), np.concatenate(roles)
        best = _cut_at_lines(doc, words, viterbi(np.log(probabilities + 1e-9)))
        doc._.kg_tagged = tuple(
            TaggedSpan(words[s.start], words[s.end - 1] + 1, s.label, s.score, s.roles)
            for s in spans(best.tolist(), probabilities, role_probabilities)
        )
        by_token = np.zeros((len(doc), len(TAGS)), dtype=np.float32)
        by_token[words] = probabilities
        doc._.kg_probabilities = by_token
        return doc

    def _run(
        self, ids: np.ndarray, shapes: np.ndarray, hints: np.ndarray, first: np.ndarray, start: int, end: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of the words from `start` to `end`, which fit the encoder together."""
        left = int(first[start])
        right = int(first[end]) if end < len(first) else len(ids) - 1
        frame = (slice(0, 1), slice(left, right), slice(len(ids) - 1, None))
        tags, roles = self.encoder(*(np.concatenate([a[part] for part in frame]) for a in (ids, shapes, hints)))
        at = first[start:end] - left + 1
        return tags[at], roles[at]


def _cut_at_lines(doc: Doc, words: list[int], tags: np.ndarray) -> np.ndarray:
    """The tags with no entity reaching from the title into the abstract."""
    for i in range(1, len(words)):
        if words[i] - words[i - 1] > 1 and tags[i] and tags[i] % 2 == 0 and "\n" in doc[words[i] - 1].text:
            tags[i] -= 1
    return tags


def _windows(doc: Doc, words: list[int], first: np.ndarray, length: int) -> Iterator[tuple[int, int]]:
    """Word ranges of at most `MAX_PIECES` pieces, cut after a sentence's end where there is one."""
    start = 0
    while start < len(words):
        limit = int(np.searchsorted(first, first[start] + MAX_PIECES - 2))
        if limit >= len(words) or length - int(first[start]) <= MAX_PIECES - 2:
            yield start, len(words)
            return
        cut = next((i for i in range(limit, start + 1, -1) if doc[words[i]].is_sent_start), limit)
        yield start, max(cut, start + 1)
        start = max(cut, start + 1)


@Language.factory("kg_encoder", assigns=["doc._.kg_tagged"], default_config={"model": None, "gazetteers": []})
def make_encoder(nlp: Language, name: str, model: str | None, gazetteers: list[str]) -> EncoderTagger:
    """The component of a pipeline: `model` is a folder (default: the package's), `gazetteers` are extra tables."""
    return EncoderTagger(Encoder(Path(model) if model else MODEL), Gazetteer.load([Path(g) for g in gazetteers]))
