"""Cleaning keeps meaning: LaTeX leftovers, mojibake and invisible characters become the text they stand for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import ftfy
from pylatexenc.latex2text import LatexNodes2Text, get_default_latex_context_db

#: Nothing else can make a text need cleaning.
_SUSPICIOUS = re.compile(
    r"[^\x20-\x7e]|[\\~${}^]|``|''|\d ?times(?![a-z])|  |---?|^\s|\s$|[a-z]\"[aouei]|([^\w\s])\1{9}|[A-Z]\w+\"o"
)
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_RUN = re.compile(r"([^\w\s])\1{9,}")
_COLOURED = re.compile(r"\\color\s*\{[a-z]*?([A-Z]*)\}")
_GLYPH = re.compile(r"\{?\\color\s*\{[a-z]+([A-Z]+)\}")
_CITATION_KEY = re.compile(r"~(?:\\cite[a-z]*\{[^}]*\}|[a-z]+\d{4}[a-z]+\w*)")
_CITATION = re.compile(r"\s*\\(?:cite[a-z]*|label|ref|footnote|vspace|hspace)\*?(?:\[[^\]]*\])*\{[^}]*\}")
_LINK = re.compile(r"\\(?:href\{([^}]*)\}\{([^}]*)\}|url\{([^}]*)\})")
_TIMES = re.compile(r"(?<=\d) ?(?:\\times|times)(?= ?\d)|(?<=\d)(?:\\times|times)(?![a-z])")
_PLAIN_ACCENT = re.compile(r"(?<=[A-Za-z])\\?\"\{?([aouei])\}?(?=[a-z])")
_ABBREVIATION = re.compile(r"\\(ie|eg|etal|aka|wrt|etc)\b")
_ABBREVIATIONS = {"ie": "i.e.", "eg": "e.g.", "etal": "et al.", "aka": "a.k.a.", "wrt": "w.r.t.", "etc": "etc."}
_SINGLE_LETTER_GROUP = re.compile(r"(?<![\w\\^_])\{([A-Za-z0-9][\w .%+/-]{0,40})\}")
_COMMAND = re.compile(r"\\[a-zA-Z]|\\[\"'`^~=.%&$#_{}]|\$")
_DOLLARS = re.compile(r"\$\s?\d[\d,.]*[KMB+]?")


def clean(text: str) -> str:
    """`text` as one line of clean prose.

    LaTeX accents and commands, ``256times256``, colour leftovers, citation keys after ``~``, mojibake, look-alike
    spaces, control characters, lone surrogates and long runs of one mark are resolved; the result is NFC and a second
    cleaning changes nothing.
    """
    if not _SUSPICIOUS.search(text):
        return text
    for _ in range(4):
        cleaned = _clean_once(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def _clean_once(text: str) -> str:
    text = _CONTROL.sub(" ", text.replace("\u00ad", ""))
    text = _INVISIBLE.sub("", text)
    if not text.isascii():
        text = ftfy.fix_text(text, uncurl_quotes=False, fix_latin_ligatures=True, unescape_html=False)
    text = _unlatex(text)
    text = _RUN.sub(lambda m: m[1] * 3, text)
    text = _CONTROL.sub(" ", text)
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()


def _unlatex(text: str) -> str:
    if not any(mark in text for mark in ("\\", "~", "$", "{", "``", "''", "times", '"', "--")):
        return text
    text = _GLYPH.sub(r"\1", text)
    text = _COLOURED.sub(r"\1", text)
    text = _CITATION_KEY.sub("", text)
    text = _CITATION.sub("", text)
    text = _LINK.sub(lambda m: f"{m[2]} ({m[1]})" if m[1] else m[3] or "", text)
    text = _ABBREVIATION.sub(lambda m: _ABBREVIATIONS[m[1]], text)
    text = _TIMES.sub("×", text)
    text = _PLAIN_ACCENT.sub(lambda m: unicodedata.normalize("NFC", m[1] + "\u0308"), text)
    text = _SINGLE_LETTER_GROUP.sub(r"\1", text)
    if _COMMAND.search(_DOLLARS.sub("", text)):
        text = _to_unicode(text)
    text = re.sub(r"(?<=\S)~(?=\S)", " ", text)
    return text.replace("``", "“").replace("''", "”").replace("---", "—")


def _to_unicode(text: str) -> str:
    """LaTeX macros as Unicode; what cannot be parsed stays as it was, without its backslashes."""
    protected = re.sub(r"(?<!\\)([%&#_])", r"\\\1", text)
    if text.count("$") % 2 or _DOLLARS.search(text):
        protected = re.sub(r"(?<!\\)\$", r"\\$", protected)
    try:
        return str(_latex().latex_to_text(protected))
    except Exception:  # pylatexenc raises many kinds on malformed input; the text itself must survive all of them
        return re.sub(r"\\([a-zA-Z]+)", r"\1", text)


@lru_cache(maxsize=1)
def _latex() -> LatexNodes2Text:
    return LatexNodes2Text(
        latex_context=get_default_latex_context_db(), math_mode="text", keep_comments=True, strict_latex_spaces=False
    )
