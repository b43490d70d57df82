"""Brackets within words part a name from its acronym, but not from its argument."""

from __future__ import annotations

import pytest

from kg.extraction.tokens import blank


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("networks(GCN)", ["networks", "(", "GCN", ")"]),
        ("(KG)-based", ["(", "KG", ")-", "based"]),
        ("(semi)supervised", ["(", "semi", ")", "supervised"]),
        ("TD(0)", ["TD(0", ")"]),
        ("pre-training", ["pre", "-", "training"]),
    ],
)
def test_words_with_brackets(text: str, tokens: list[str]) -> None:
    assert [token.text for token in blank()(text)] == tokens
