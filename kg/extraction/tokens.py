"""The tokenizer: spaCy's for English, which also cuts at brackets that stand within words."""

from __future__ import annotations

import spacy
from spacy.language import Language
from spacy.util import compile_infix_regex

#: "networks(GCN)" is a name and its acronym, "(KG)-based" an acronym and more; "TD(0)" and "SE(3)" are one name.
_BRACKETS = (r"(?<=[a-z][a-z])\((?=[A-Z])", r"(?<=\w)\)-(?=\w)", r"(?<=\w)\)(?=\w)")


def blank() -> Language:
    """An empty English pipeline with this tokenizer, in training and in use."""
    nlp = spacy.blank("en")
    infixes = compile_infix_regex([*(nlp.Defaults.infixes or ()), *_BRACKETS])
    nlp.tokenizer.infix_finditer = infixes.finditer  # type: ignore[union-attr]
    return nlp
