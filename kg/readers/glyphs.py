"""Codes of glyphs that a reader of PDF files could not name: "e(cid:14)cient", "learn(cid:173) ing".

The number is a glyph's place in a font, which the text does not tell. Most are ligatures, at the places where TeX's
fonts have them or where the word is known; soft hyphens and quotation marks stand where Latin-1 and Windows-1252 have
them.
"""

from __future__ import annotations

import re
from collections.abc import Set

GLYPH = re.compile(r"\(cid:(\d{1,5})\)")
_BREAK = re.compile(r"(?<=\w)\(cid:173\)\s*-?\s*(?=(\w))")
_IN_WORD = re.compile(r"([A-Za-z]*)\(cid:(\d{1,5})\)(?:- (?=[a-z]))?([a-z]*)")
_LIGATURES = ("fi", "fl", "ff", "ffi", "ffl")
_TEX = {11: "ff", 12: "fi", 13: "fl", 14: "ffi", 15: "ffl"}
_ALONE = {0: "-", 96: "ℓ", 145: "‘", 146: "’", 147: "“", 148: "”", 150: "–", 151: "—", 173: ""}


def named(text: str, words: Set[str]) -> str:
    """`text` with every such code as what it most likely is, or as a space.

    Parameters
    ----------
    text : str
    words : set of str
        Known words in small letters: a ligature is the one that makes one of them.
    """
    if "(cid:" not in text:
        return text
    text = _BREAK.sub(lambda m: "-" if m[1].isupper() else "", text)
    text = _IN_WORD.sub(lambda m: m[1] + _ligature(m, words) + m[3], text)
    return GLYPH.sub(" ", text)


def _ligature(code: re.Match[str], words: Set[str]) -> str:
    before, number, after = code[1], int(code[2]), code[3]
    if number in _ALONE:
        return _ALONE[number]
    fitting = [one for one in _LIGATURES if f"{before}{one}{after}".lower() in words]
    if len(fitting) == 1 and len(before) + len(after) > 1:
        return fitting[0]
    # Greek letters have the same places in other fonts, but stand alone.
    return _TEX.get(number, " ") if after and (before or number in (12, 13)) else " "
