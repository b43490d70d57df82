"""Numbers in a sentence that may be results: no years, no counts of things, no pieces of formulas or of names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from kg.records import Mention

#: Possessive, so that of "0.5^2" and "10.7km" nothing is left to match.
_VALUE = r"(?:\d{1,3}(?:,\d{3})++(?:\.\d++)?+|\d++(?:\.\d++)?+)"
_UNIT = (
    r"(?:%p?|percent(?:age points?)?\b|points?\b|pp\b|dB\b|×|[xX]\b|times\b|-?fold\b|ms\b|fps\b|FPS\b|"
    r"frames[ -]per[ -]second\b|frames/s\b|k?Hz\b|hours?\b|minutes?\b|(?:milli|micro)?seconds?\b|m?W\b|"
    r"km/h\b|m/s\b|[mck]?m\b|deg(?:rees)?\b|°|[KMG]B\b|BLEU\b|s\b)"
)
_NUMBER = re.compile(
    rf"(?<![\w.,^_×±$-])(?<!± )(?<!\d/)(?<!arXiv:)(?P<sign>[+-]?)(?P<value>{_VALUE})"
    rf"(?:\s*(?P<unit>{_UNIT}))?(?![\w^]|\.\d)"
)
#: "3.1-7.3x", "20%–25%", "10 to 20%": two numbers, the unit of the last being that of both.
_RANGE = re.compile(
    rf"(?<![\w.,^_×±$-])(?P<low>{_VALUE})(?:\s?{_UNIT}?\s?[-–—~]\s?|(?:\s?{_UNIT})?\s+to\s+)(?P<high>{_VALUE})\s?-?(?P<unit>{_UNIT})(?![\w^])"
)
#: "by a factor of 1-5": a range without a unit.
_FACTORS = re.compile(rf"(?<=factor of )(?P<low>{_VALUE})\s?[-–—]\s?(?P<high>{_VALUE})(?P<unit>)(?![\w^.])")
#: "x4 faster": the sign of multiplication before the number.
_TIMES = re.compile(rf"(?<!\d )(?<!\w)[x×](?P<value>{_VALUE})(?=\s+[a-z])")
_UNITS = {
    "percent": "%", "percentage points": "%", "percentage point": "%", "pp": "%", "%p": "%", "points": "points",
    "point": "points", "times": "x", "×": "x", "X": "x", "fold": "x", "-fold": "x", "FPS": "fps", "frames/s": "fps",
    "frames per second": "fps", "frames per-second": "fps", "frames-per-second": "fps",
}  # fmt: skip
_NOT_RESULT = re.compile(
    r"^\s*-?\s*([BMKD]\b|d\b|k\b|(?i:bits?\b|layers?|million|billion|trillion|languages|datasets|tasks|classes|"
    r"categories|papers|images|videos|samples|examples|hours of|sentences|documents|tokens|parameters|GPUs?|benchmarks|"
    r"domains|epochs|steps|users|subjects|participants|environments|models|methods|dimensions|frames\b(?![ -]per|/s)|"
    r"demonstrations|questions|annotated|different|more [a-z]+s\b|x\s*\d|×\s*\d))"
)
#: A whole number before a common word is a count of things, unless the word leads on to what the number is of.
_COUNT = re.compile(
    r"^\s+(?!(?:on|in|over|for|with|and|to|of|at|when|by|from|compared|respectively|better|higher|lower|more|less|faster|"
    r"absolute|relative|points?|percent\w*|while|under|against|using|across|as|than|or|but|which|is|was|per)\b)[A-Za-z]{3,}"
)
#: What a number inside a formula, a citation or an enumeration looks like.
_FORMULA_BEFORE = re.compile(r"(?:[=<>≤≥^_*+∈→]|O\(|\(cid:)\s?$")
_FORMULA_AFTER = re.compile(r"\s?[/^∨∧∞]|,\s?∞|-[^\W\d_]|\s?[+*-]\s?[^\W\d]\b")
_FORMULA_AFTER_BRACKET = re.compile(r"\s?[*+^/]\s?[\w(]|\)")
_CITED = re.compile(r"\[\s?(?:\d+\s?[,;–-]\s?)*$")
_RESOLUTION = re.compile(r"\d\s?[×x]\s?$")
#: What stands before a number that is a setting or a statistic of something else.
_OTHER_QUANTITY = re.compile(
    r"\b(weight|strength|scale|temperature|threshold|coefficient|rate of dropout|probability|correlat\w*|patch(?:es)?|"
    r"size|batch|layers?|epochs?|steps?|radius|radii|budgets?|epsilon|sigma|[εσ])\s*(?:of|at|=|to|with)?\s*(?:only|just|about|around)?\s*-?$",
    re.IGNORECASE,
)
#: Years, and what bounds and sets are made of ("δ in (0,1]", "tends to 0").
_NO_SCORE = re.compile(r"^(?:(?:19|20)\d\d|[01])$")
#: "with just 4% clean images": how much of the data there was.
_SCARCE_BEFORE = re.compile(r"\b(?:only|just|merely|as little as)\s+$")
_SCARCE_AFTER = re.compile(r"^\s*%\s+(?!of\b|in\b|(?:few|low|high|small|larg)er\b|more\b|less\b)[a-z]")
#: "by a factor of up to 2.6" makes a ratio.
_FACTOR = re.compile(r"\bfactors?\s+of\s+(?:[a-z]+\s+){0,2}[~≈]?$")
#: How far the words around a number are looked at.
REACH = 200


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number. `start` and `end` delimit it without sign; `value` has the sign.

    The words around it end at `before` and go on at `after`: sign, unit and the other end of a range lie between.
    """

    start: int
    end: int
    value: float
    unit: str
    sign: str
    before: int
    after: int

    def shifted(self, offset: int) -> Number:
        """The same number in a text that has `offset` characters more before it."""
        places = {name: getattr(self, name) + offset for name in ("start", "end", "before", "after")}
        return replace(self, **places)


def numbers(text: str, offset: int, inside: Sequence[Mention]) -> list[Number]:
    """Numbers of a sentence that may be results, from left to right.

    Parameters
    ----------
    text : str
        The sentence.
    offset : int
        Where it starts in the text that places count in.
    inside : sequence of Mention
        The mentions in it.
    """
    ranges = chain(_RANGE.finditer(text), _FACTORS.finditer(text))
    found = {number.start: number for match in ranges for number in _of_range(match)}
    for match in _TIMES.finditer(text):
        found[match.start("value")] = _number(match, "value", "x")
    for match in _NUMBER.finditer(text):
        if match.start("value") not in found and not _is_no_result(match, offset, inside):
            found[match.start("value")] = _number(match, "value", _unit(match))
    # Digits without end are no number: their value would be infinite.
    placed = [found[start].shifted(offset) for start in sorted(found) if math.isfinite(found[start].value)]
    return [n for n in placed if not any(m.start <= n.start < m.end for m in inside)]


def _of_range(match: re.Match[str]) -> Iterator[Number]:
    """Both ends, unless it is a setting's."""
    if not _OTHER_QUANTITY.search(_before(match)):
        yield _number(match, "low", _unit(match))
        yield _number(match, "high", _unit(match))


def _unit(match: re.Match[str]) -> str:
    """The unit as printed; "by a factor of" is one too."""
    return match["unit"] or ("x" if _FACTOR.search(_before(match)) else "")


def _before(match: re.Match[str]) -> str:
    return match.string[max(match.start() - REACH, 0) : match.start()]


def _number(match: re.Match[str], group: str, unit: str) -> Number:
    sign = match.groupdict().get("sign", "")
    value = float(match[group].replace(",", "")) * (-1 if sign == "-" else 1)
    return Number(match.start(group), match.end(group), value, _UNITS.get(unit, unit), sign, *match.span())


def _is_no_result(match: re.Match[str], offset: int, inside: Sequence[Mention]) -> bool:
    """Whether the words around a number, or its look where it has no unit, say that it is something else."""
    text, printed = match.string, match["value"]
    before, rest = _before(match), text[match.end("value") : match.end() + REACH]
    if _NOT_RESULT.match(rest) or _OTHER_QUANTITY.search(before) or _CITED.search(before) or _RESOLUTION.search(before):
        return True
    if _SCARCE_BEFORE.search(before) and _SCARCE_AFTER.match(rest):
        return True
    return not match["unit"] and bool(
        _NO_SCORE.match(printed)
        or _numbers_a_point(before, rest)
        or _in_formula(before, rest)
        or _counts(printed, rest, match.end("value") + offset, inside)
        or any(_follows(match.start("value"), m, text, offset) for m in inside)
    )


def _numbers_a_point(before: str, rest: str) -> bool:
    """Whether a number leads a point of a list: "1) what it costs; 2) what it brings"."""
    return rest.startswith(")") and before.count("(") <= before.count(")")


def _in_formula(before: str, rest: str) -> bool:
    opened = before.endswith("(") and _FORMULA_AFTER_BRACKET.match(rest)
    return bool(_FORMULA_BEFORE.search(before) or opened or _FORMULA_AFTER.match(rest))


def _counts(printed: str, rest: str, end: int, inside: Sequence[Mention]) -> bool:
    """Whether a number counts things: a whole one before a word that names no metric."""
    word = _COUNT.match(rest)
    return bool(
        "." not in printed
        and word
        and not any(m.label == "METRIC" and end <= m.start <= end + word.end() for m in inside)
    )


def _follows(start: int, mention: Mention, text: str, offset: int) -> bool:
    """Whether a number belongs to the dataset's name before it ("FFHQ 256")."""
    end = mention.end - offset
    return mention.label == "DATASET" and end < start and not text[end:start].strip()
