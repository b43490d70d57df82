"""Cleaning keeps meaning: LaTeX leftovers, mojibake and invisible characters become the text they stand for."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import ftfy

from kg.readers.glyphs import named
from kg.readers.latex import fold_alphabets, to_unicode

#: Nothing else can make a text need cleaning.
_SUSPICIOUS = re.compile(
    r"[^\x20-\x7e]|[\\~${}^&]|</?jats:|``|''|\d ?times(?![a-z])|  |--|^\s|\s$|[A-Za-z]\"[aouei]|[A-Za-z]- [a-z]|\(cid:|"
    r"([^\w\s])\1{9}"
)
#: Soft hyphens, joiners, marks of direction, variation selectors and tags: they hide a name from whoever looks for it.
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e01ef]"
)
_UNWRITABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_RUN = re.compile(r"([^\w\s])\1{9,}")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,6}|#[xX][0-9A-Fa-f]{1,5});")
_MARKUP = re.compile(r"</?jats:[^<>]*>")
_COLOURED = re.compile(r"\\color\s*\{[a-z]*?([A-Z]*)\}")
_GLYPH = re.compile(r"\{?\\color\s*\{[a-z]+([A-Z]+)\}")
_CITATION_KEY = re.compile(r"~(?:(?=\\cite)|[a-z]+\d{4}[a-z]+\w*)")
_CITATION = re.compile(r"\s+(?=\\(?:cite[a-z]*|footnote)\*?[\[{])")
_LINK = re.compile(r"\\href\{([^{}]*)\}\{([^{}]*)\}")
_TIMES = re.compile(r"(?<=\d) \\?times (?=\d)|(?<=\d) ?\\?times(?= ?\d)|(?<=\d)\\?times(?![a-z])")
_ACCENT = re.compile(r"(?<=[A-Za-z])\"\{?([aouei])\}?(?=[a-z])")
_OPENING_QUOTE = re.compile(r"(?:^|[\s(\[])\"\w")
_DASH = re.compile(r"(?<=[\w)\].%])--(?=[\w(\[])|(?<=\s)--(?=\s)")
_WORD_IN_BRACES = re.compile(r"(?<![\w\\^_}])\{([A-Za-z0-9][\w .%+/-]{0,40})\}")
_BROKEN = re.compile(r"\b([A-Za-z]{2,})- ([a-z]{2,})\b")
_WORDS = Path(__file__).with_name("words.txt")
#: Each pass undoes one layer of wrapping ("&amp;amp;"); what needs more than this is no text.
_PASSES = 8


def clean(text: str) -> str:
    """`text` as one line of clean prose.

    LaTeX, ``256times256``, colour leftovers, citation keys after ``~``, HTML entities, mojibake, letters of the
    mathematical alphabets, look-alike spaces, control characters, lone surrogates, words broken at a line's end
    ("op- timization"), unnamed glyphs ("e(cid:14)cient") and long runs of one mark are resolved; the result is NFC and
    a second cleaning changes nothing.
    """
    if not _SUSPICIOUS.search(text):
        return text
    for _ in range(_PASSES):
        cleaned = _clean_once(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def clean_id(text: str) -> str:
    """An identifier as it stands, without what cannot be written or seen: "a--b" is no dash, "a{b}" no markup."""
    visible = _INVISIBLE.sub("", _CONTROL.sub(" ", text))
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def _clean_once(text: str) -> str:
    text = _UNWRITABLE.sub(" ", text)
    if "&" in text:
        text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    if not text.isascii():
        text = fold_alphabets(ftfy.fix_text(text, uncurl_quotes=False, fix_latin_ligatures=True, unescape_html=False))
    text = named(_INVISIBLE.sub("", text), _words())
    text = _without_latex(_MARKUP.sub(" ", text))
    text = _RUN.sub(lambda m: m[1] * 3, text)
    text = _CONTROL.sub(" ", text)
    return _BROKEN.sub(_mended, unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip())


def _mended(broken: re.Match[str]) -> str:
    """A broken word as one, where that is a word: "pre- and post-training" stays."""
    whole = broken[1] + broken[2]
    return whole if whole.lower() in _words() else broken[0]


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    return frozenset(_WORDS.read_text(encoding="utf-8").split("\n"))


def _without_latex(text: str) -> str:
    if not any(mark in text for mark in ("\\", "~", "$", "{", "``", "''", "times", '"', "--")):
        return text
    text = _GLYPH.sub(r"\1", text)
    text = _COLOURED.sub(r"\1", text)
    text = _CITATION_KEY.sub("", text)
    text = _CITATION.sub("", text)
    text = _LINK.sub(r"\2 (\1)", text)
    text = _TIMES.sub("×", text)
    if not _OPENING_QUOTE.search(text):
        text = _ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[1] + "\u0308"), text)
    text = to_unicode(text)
    text = _WORD_IN_BRACES.sub(r"\1", text)
    text = re.sub(r"(?<=\S)~(?=\S)", " ", text)
    return _DASH.sub("–", text.replace("``", "“").replace("''", "”").replace("---", "—"))
