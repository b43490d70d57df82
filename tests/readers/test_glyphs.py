"""Glyphs that a PDF reader could not name become the letters that they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.readers.cleaning import clean
from kg.readers.glyphs import GLYPH, named


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("the learn(cid:173) ing rule", "the learning rule"),
        ("Gauss(cid:173) Newton steps", "Gauss-Newton steps"),
        ("quantiza(cid:173) -tion", "quantization"),
        ("e(cid:14)cient traf(cid:2)c", "efficient traffic"),
        ("in(cid:3)uenced by (cid:12)ltering", "influenced by filtering"),
        ("an ef(cid:2)- cient way", "an efficient way"),
        ("K(cid:0)means", "K-means"),
        ("a (cid:147)picky(cid:148) one", "a “picky” one"),
        ("trade o(cid:11) for (cid:11) alone", "trade o for alone"),
    ],
)
def test_codes_become_letters(printed: str, meant: str) -> None:
    assert clean(printed) == meant


@given(st.text(st.sampled_from("ab (cid:12)173-\n"), max_size=40))
def test_none_is_left(text: str) -> None:
    assert not GLYPH.search(named(text, frozenset()))
