r"""LaTeX in running text as the characters it stands for.

Only the constructs themselves are read as LaTeX, each by itself, so that prose with a stray backslash, brace or dollar
loses nothing: a construct is a formula between dollars, a command with its arguments, or a group that begins with one.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from functools import lru_cache
from typing import Any

from pylatexenc import latex2text, latexwalker

logging.getLogger("pylatexenc").addHandler(logging.NullHandler())

#: A formula or group longer than this is a brace or dollar that was never closed.
_LONGEST = 600
_START = re.compile(r"\\|\$|\{(?=\s*\\[a-zA-Z\"'`^~=.])")
_COMMAND = re.compile(r"\\(?:([a-zA-Z]+)\*?|[\"'`^~=.%&$#_{}()\[\],;:!/|> -]|\\)")
_ACCENTS = frozenset("\"'`^~=.")
#: Commands whose argument may stand without braces, and how many they take.
_BARE = dict.fromkeys("c v H u d b k r t tilde hat bar vec widetilde widehat sqrt bm boldsymbol".split(), 1)
_BARE |= dict.fromkeys("mathcal mathbb mathbf mathrm mathsf mathit mathscr".split(), 1)
_BARE |= dict.fromkeys("frac tfrac dfrac".split(), 2)
#: Letters that are commands: the space after them ends the command and is not text.
_LETTERS = frozenset("o l ss ae oe aa i j O L AE OE AA".split())
#: Commands that leave no text, with all their arguments.
_SILENT = re.compile(
    r"cite[a-z]*|(?:eq)?ref|label|footnote|thanks|color|[vh]space|begin|end|item|includegraphics|input|include|"
    r"xspace|textbackslash"
)
_LAYOUT = frozenset(
    "big Big bigg Bigg bigl bigr left right rm it bf em cal sf tt sc sl noindent newline linebreak centering small "
    "large normalsize displaystyle textstyle limits nolimits protect null par href".split()
)
_SIMPLE = {
    "ie": "i.e.", "eg": "e.g.", "etal": "et al.", "aka": "a.k.a.", "wrt": "w.r.t.", "etc": "etc.", "eps": "ε",
}  # fmt: skip
_SYMBOLS = {
    r"\\": " ", r"\ ": " ", r"\,": " ", r"\;": " ", r"\:": " ", r"\>": " ", r"\!": "", r"\/": "", r"\-": "", r"\|": "‖",
}  # fmt: skip
#: Formatting that lost its braces on the way ("\mathbbR", "\emphk").
_GLUED = re.compile(
    r"(math(?:bb|cal|bf|rm|sf|scr|it)|text(?:bf|it|tt|sc|sf|rm)|emph|(?:wide)?tilde|(?:wide)?hat|overline|bar|sqrt|"
    r"[bcm](?=[A-Z]$))(\w+)"
)
_NAME = re.compile(r"\\([a-zA-Z]+)\*?(?:\{\})?(?=(\{)?)")
_WITHOUT_ARGUMENTS = re.compile(r"\\(?:[a-z]*frac|url)(?![a-zA-Z])")
#: What an amount of money goes on with, and a formula does not: "5 million", "5M vs. …".
_AMOUNT = re.compile(r"\s*\d[\d,.]*\s*(?:[A-Za-z.]+\s|[A-Za-z]{3})")
_MARKED = re.compile(r"[\\^_{}=<>]")
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,} +[a-z]{2,}")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_DOLLAR = re.compile(r"(?<!\\)\$")
_THOUSANDS = re.compile(r"(?<=\d)\\,(?=\d{3}(?!\d))")
_WORD_AFTER = re.compile(r"\s+(?=[a-z])")
_BARE_ARGUMENT = re.compile(r"\s?(?:\\[a-zA-Z]+|\w)")
_OPERATOR = re.compile(
    r"(?<=[A-Za-z0-9)}])(?=\\(?:log|ln|exp|min|max|sup|inf|arg|sin|cos|det|dim|ker|lim|gcd|deg)(?![A-Za-z]))"
)


def to_unicode(text: str) -> str:
    """`text` with every LaTeX construct resolved; amounts of money and unbalanced braces stay as they are."""
    parts = []
    at = 0
    while found := _START.search(text, at):
        start = found.start()
        parts.append(text[at:start])
        end, plain = _construct(text, start)
        parts.append(plain)
        at = end
    parts.append(text[at:])
    return "".join(parts)


def _construct(text: str, start: int) -> tuple[int, str]:
    """Where the construct at `start` ends and the text that stands for it; a mark that begins none is text itself."""
    if text[start] == "$":
        end = _formula_end(text, start)
    elif text[start] == "{":
        end = _group_end(text, start)
    else:
        return _command(text, start)
    return (end, _plain(text[start:end])) if end > start else (start + 1, text[start])


def _command(text: str, start: int) -> tuple[int, str]:
    found = _COMMAND.match(text, start)
    if not found:
        return start + 1, "\\"
    name, end = found[1] or "", found.end()
    if not name and found[0] in (r"\(", r"\["):
        closing = text.find({r"\(": r"\)", r"\[": r"\]"}[found[0]], end, end + _LONGEST)
        return (closing + 2, _plain(text[start : closing + 2])) if closing > 0 else (end, found[0][1])
    if not name and found[0][1] not in _ACCENTS:
        return end, "," if _THOUSANDS.match(text, start) else _SYMBOLS.get(found[0], found[0][1])
    after = _WORD_AFTER.match(text, end)
    if name in _LETTERS and after:
        return after.end(), _plain(found[0])
    end = _arguments_end(text, end, _BARE.get(name, 0) if name else 1)
    return (end, "") if _SILENT.fullmatch(name) else (end, _plain(text[start:end]))


def _arguments_end(text: str, at: int, bare: int) -> int:
    """Where the arguments end that stand at `at`: groups, options, and `bare` arguments without braces."""
    taken = 0
    while True:
        if text.startswith("{", at):
            end = _group_end(text, at)
        elif text.startswith("[", at):
            end = text.find("]{", at, at + 80) + 1
        elif taken < bare and (single := _BARE_ARGUMENT.match(text, at)):
            end = _arguments_end(text, single.end(), 0)
        else:
            return at
        if end <= at:
            return at
        at, taken = end, taken + 1


def _group_end(text: str, start: int) -> int:
    """The position after the brace that closes the one at `start`; `start` when there is none."""
    depth = 0
    for found in _BRACE.finditer(text, start, start + _LONGEST):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return start


def _formula_end(text: str, start: int) -> int:
    """The position after the dollar that closes the formula at `start`; `start` when the dollar is money."""
    width = 2 if text.startswith("$$", start) else 1
    closing = _DOLLAR.search(text, start + width, start + _LONGEST)
    if not closing or closing.start() == start + width:
        return start
    end = closing.start() + width
    return end if _is_formula(text[start + width : closing.start()], text[end : end + 1]) else start


def _is_formula(inside: str, after: str) -> bool:
    """Whether dollars stand around a formula and not before two amounts; `after` is the character behind them."""
    if _PROSE.search(inside) or (after.isdigit() and re.match(r"\s*\d.*[\s,/–-]$", inside, re.DOTALL)):
        return False
    return bool(_MARKED.search(inside)) or (len(inside) <= 40 and not _AMOUNT.match(inside))


@lru_cache(maxsize=20_000)
def _plain(construct: str) -> str:
    """One construct as text, letters of the mathematical alphabets as ordinary ones."""
    named = _OPERATOR.sub(" ", _NAME.sub(_known, construct))
    named = re.sub(r"\^\{?\s*\\circ\s*\}?", "°", named).replace(r"\|", "‖")
    named = re.sub(r"\\sqrt(?=\s*\()", "√", named)
    protected = re.sub(r"(?<!\\)([%&#_])", r"\\\1", named)
    if len(_DOLLAR.findall(protected)) % 2:
        protected = _DOLLAR.sub(r"\\$", protected)
    plain = _convert(protected)
    if "%s" in plain and "%s" not in construct:  # a command without the arguments that it needs
        plain = _convert(_WITHOUT_ARGUMENTS.sub(" ", protected))
    plain = plain.lstrip() if construct[0] == "{" else plain
    spaced = plain + " " if re.search(r"\s(?:\$|\\\))$", construct) else plain
    return fold_alphabets(spaced.replace("√()", "√"))


def _convert(latex: str) -> str:
    converter, context = _latex()
    try:
        return str(converter.latex_to_text(latex, tolerant_parsing=True, latex_context=context))
    except Exception:  # pylatexenc raises many kinds on malformed input; the text itself must survive all of them
        return re.sub(r"\\([a-zA-Z]+)", r"\1", latex)


def _known(found: re.Match[str]) -> str:
    """A command that LaTeX knows as it is; of one that an author defined, its name, or its argument alone."""
    name, argument_follows = found[1], found[2] is not None
    if name in _LAYOUT:
        return "" if argument_follows else " "
    converter, _ = _latex()
    spec = converter.latex_context.get_macro_spec(name)
    if spec is not None and spec.macroname == name:
        return found[0]
    if argument_follows and name not in _SIMPLE:
        return ""
    glued = _GLUED.fullmatch(name)
    own = _SIMPLE.get(name) or (name if not glued else "√" + glued[2] if glued[1] == "sqrt" else glued[2])
    return "{" + own + "}"


def fold_alphabets(text: str) -> str:
    """Bold, script and other mathematical letters and digits as ordinary ones: "𝐂onstrained" → "Constrained"."""
    return re.sub("[\U0001d400-\U0001d7ff]+", lambda m: unicodedata.normalize("NFKC", m[0]), text)


@lru_cache(maxsize=1)
def _latex() -> tuple[Any, Any]:
    context = latex2text.get_default_latex_context_db()
    context.add_context_category("kg", prepend=True, macros=[latex2text.MacroTextSpec("url", simplify_repl="%s")])
    walker = latexwalker.get_default_latex_context_db()
    converter = latex2text.LatexNodes2Text(
        latex_context=context, math_mode="text", keep_comments=True, strict_latex_spaces="based-on-source"
    )
    return converter, walker
