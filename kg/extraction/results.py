"""Numbers that an abstract states as results, tied to metric, dataset and method.

A number is a result when it stands in a sentence with something it can be a value of: a metric named nearby
("1.31 FID", "accuracy of 63.2%", "improves mAP by 2.1"), or a ratio of speed or cost ("2.3x faster"). It takes the
metric nearest to it, the dataset nearest to it in the sentence, else the last one named, and the paper's own method
unless another is named nearer as the subject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span

from kg.records import Mention, Result, ResultKind

Doc.set_extension("kg_results", default=(), force=True)

_NUMBER = re.compile(
    r"(?<![\w.,^_×±-])(?<!± )(?<!\d/)(?P<sign>[+-]?)(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s*(?P<unit>%p?|percent(?:age points?)?|points?\b|pp\b|dB\b|×|x\b|times\b|-?fold\b|ms\b|fps\b|FPS\b|"
    r"frames per second\b|frames/s\b|hours?\b|minutes?\b|seconds?\b|mm\b|cm\b|BLEU\b|s\b))?(?![\w^])"
)
_UNITS = {
    "percent": "%", "percentage points": "%", "percentage point": "%", "pp": "%", "%p": "%", "points": "points",
    "point": "points", "times": "x", "×": "x", "fold": "x", "-fold": "x", "FPS": "fps", "frames per second": "fps",
    "frames/s": "fps",
}  # fmt: skip
_GAIN = re.compile(
    r"\b(improv\w*|increas\w*|gain\w*|boost\w*|outperform\w*|surpass\w*|exceed\w*|better|higher|lower|reduc\w*|"
    r"decreas\w*|drop\w*|margin|more|less|fewer|up to|improvement|over|rais\w*|sav\w*|cut\w*|enhanc\w*|beat\w*)\b",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(from|to|achiev\w*|attain\w*|reach\w*|obtain\w*|scor\w*|of|with|at|yield\w*|get\w*|=)\s*$", re.IGNORECASE
)
_FASTER = re.compile(r"(faster|speed-?\s?ups?|acceleration|accelerat\w*|quicker|throughput|speed)", re.IGNORECASE)
_CHEAPER = re.compile(
    r"(fewer|less|smaller|reduction|compression|lower|memory|parameters|FLOPs|computation|cost|cheaper|larger)",
    re.IGNORECASE,
)
_NOT_RESULT = re.compile(
    r"^\s*-?\s*([BMKD]\b|d\b|k\b|(?i:bits?\b|layers?|million|billion|trillion|languages|datasets|tasks|classes|"
    r"categories|papers|images|videos|samples|examples|hours of|sentences|documents|tokens|parameters|GPUs?|benchmarks|"
    r"domains|epochs|steps|users|subjects|participants|environments|models|methods|dimensions|frames\b(?! per|/s)|"
    r"demonstrations|questions|annotated|different|x\s*\d|×\s*\d))"
)
#: A whole number before a common word is a count of things, unless the word leads on to what the number is of.
_COUNT = re.compile(
    r"^\s+(?!(?:on|in|over|for|with|and|to|of|at|when|by|from|compared|respectively|better|higher|lower|more|less|faster|"
    r"absolute|relative|points?|percent\w*|while|under|against|using|across|as|than|or|but|which|is|was|per)\b)[a-z]{3,}"
)
#: What a number inside a formula, a citation or an enumeration looks like.
_FORMULA_BEFORE = re.compile(r"(?:[=<>≤≥^_*+]|O\(|\(cid:)\s?$")
_FORMULA_AFTER_BRACKET = re.compile(r"\s?[*+^/]\s?[\w(]|\)")
_FRACTION = re.compile(r"/\d")
_CITED = re.compile(r"\[\s?(?:\d+\s?[,;–-]\s?)*$")
_SETTING = re.compile(r"(?P<w>\d{2,4})\s?[×x]\s?(?P<h>\d{2,4})|\b(?P<shot>\d+-shot|zero-shot|few-shot|one-shot)\b")
#: What a ratio is of, said after it: "2x faster inference", "5x reduction of model size", "100x fewer parameters".
_SAID_FASTER = re.compile(
    r"^[\s-]*(?:\w+\s+)?(?:faster|speed-?\s?ups?|acceleration|quicker)(?:\s+(?:in|at|for)?\s*(?P<what>inference|training|"
    r"decoding|execution|sampling|rendering|generation|convergence)\b)?",
    re.IGNORECASE,
)
_SAID_LESS = re.compile(
    r"^[\s-]*(?:(?:fewer|less|smaller|lower|more|higher|larger)|(?:reduction|decrease|increase|improvement|savings?)s?\s+(?:in|of))"
    r"\s+(?:the\s+|overall\s+|total\s+|average\s+)?(?P<what>(?!than\b|the\b|an?\b|on\b|in\b|over\b)[A-Za-z][\w/-]*(?:\s+(?:size|time|cost|memory|footprint|usage|"
    r"parameters?|operations?|epochs?|iterations?|steps|rate|throughput|latency|consumption|multiplications|cache))?)"
)
#: Between a number and the metric it is surely of: "7.3% in NDCG@10", "4.2 points on the F1".
_LEADS_ON = re.compile(
    r"^\s*(?:absolute|relative|points?)?\s*(?:higher|lower|better)?\s*(?:in|on|of|for)?\s*(?:the\s)?$"
)
_LISTED = re.compile(r"^\s*(?:,|/|and|,\s*and|&)\s*$")
#: What stands before a number that is a setting or a statistic of something else.
_OTHER_QUANTITY = re.compile(
    r"\b(weight|strength|scale|temperature|threshold|coefficient|rate of dropout|probability|correlat\w*|patch(?:es)?|"
    r"size|batch|layers?|epochs?|steps?)\s*(?:of|at|=|to|with)?\s*-?$",
    re.IGNORECASE,
)
_OWNER = re.compile(r"^\s*(?:for|by|of|from|with)\s+(?:the\s+)?$", re.IGNORECASE)
_YEAR = re.compile(r"^(19|20)\d\d$")
_WINDOW = 90
#: A sentence with more numbers is no prose; each is compared with everything that the sentence names.
_MOST_NUMBERS = 200


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    value: float
    unit: str
    suffix: str


@Language.component("kg_results", assigns=["doc._.kg_results"])
def kg_results(doc: Doc) -> Doc:
    """Sets ``doc._.kg_results``; methods, metrics and datasets are surface forms as mentioned."""
    mentions: Sequence[Mention] = doc._.kg_mentions
    text = doc.text  # spaCy puts it together anew each time
    results: list[Result] = []
    dataset: Mention | None = None
    for sentence in doc.sents:
        inside = [m for m in mentions if sentence.start_char <= m.start < sentence.end_char]
        results += _in_sentence(text, sentence, inside, mentions, dataset)
        dataset = next((m for m in reversed(inside) if m.label == "DATASET"), dataset)
    doc._.kg_results = tuple(results)
    return doc


def _in_sentence(
    whole: str, sentence: Span, inside: list[Mention], mentions: Sequence[Mention], dataset: Mention | None
) -> list[Result]:
    text = sentence.text
    found = []
    numbers = _numbers(text, sentence.start_char, inside)[:_MOST_NUMBERS]
    paired = _paired(numbers, [m for m in inside if m.label == "METRIC"], whole)
    for number in numbers:
        before = text[: number.start - sentence.start_char]
        after = text[number.end - sentence.start_char :]
        kind = _kind(number, before, after)
        metric = paired.get(number.start) or _metric(number, kind, inside, whole, before, after)
        if metric is None:
            continue
        on = _dataset(number, inside, whole) or dataset
        method = _method(number, inside, mentions, whole)
        found.append(
            Result(
                method=method.text if method else "",
                metric=metric,
                dataset=on.text if on else "",
                value=number.value,
                unit=number.unit,
                kind=kind,
                setting=_setting(text, on, sentence.start_char, number),
                start=number.start,
                end=number.end,
            )
        )
    return found


def _paired(numbers: list[_Number], metrics: list[Mention], text: str) -> dict[int, str]:
    """Metrics of numbers listed in their order ("BLEU and METEOR of 31.2 and 27.9"), by the numbers' start."""
    pairs: dict[int, str] = {}
    listed = _lists([(m.start, m.end) for m in metrics], text)
    for values in _lists([(n.start, n.end + len(n.suffix)) for n in numbers], text):
        for names in listed:
            said_before, said_after = values[0][0] - names[-1][1], names[0][0] - values[-1][1]
            if len(values) == len(names) and (0 <= said_before <= _WINDOW or 0 <= said_after <= 30):
                pairs |= {value[0]: text[slice(*name)] for value, name in zip(values, names, strict=True)}
    return pairs


def _lists(places: list[tuple[int, int]], text: str) -> list[list[tuple[int, int]]]:
    """Runs of two or more places with nothing but a comma, a slash or "and" between."""
    runs: list[list[tuple[int, int]]] = []
    for place in places:
        if runs and _LISTED.match(text[runs[-1][-1][1] : place[0]]):
            runs[-1].append(place)
        else:
            runs.append([place])
    return [run for run in runs if len(run) > 1]


def _numbers(text: str, offset: int, inside: list[Mention]) -> list[_Number]:
    """Numbers that may be results: not part of a name, not a year, a count of things or a resolution."""
    found = []
    for match in _NUMBER.finditer(text):
        start, end = match.start("value") + offset, match.end("value") + offset
        printed, rest = match["value"], text[match.end("value") :]
        if any(m.start <= start < m.end for m in inside) or _NOT_RESULT.match(rest):
            continue
        before = text[: match.start()]
        if _OTHER_QUANTITY.search(before.rstrip("+-")) or _CITED.search(before):
            continue
        if not match["unit"] and (_in_formula(before, rest) or _counts(printed, rest, end, inside)):
            continue
        if not match["unit"] and (_YEAR.match(printed) or any(_follows(start, m, text, offset) for m in inside)):
            continue
        if re.search(r"\d\s?[×x]\s?$", text[: match.start("value")]):
            continue
        unit = match["unit"] or ""
        value = float(printed.replace(",", "")) * (-1 if match["sign"] == "-" else 1)
        suffix = text[match.end("value") : match.end()]
        found.append(_Number(start, end, value, _UNITS.get(unit, unit), suffix))
    return found


def _in_formula(before: str, rest: str) -> bool:
    opened = before.endswith("(") and _FORMULA_AFTER_BRACKET.match(rest)
    return bool(_FORMULA_BEFORE.search(before) or opened or _FRACTION.match(rest))


def _counts(printed: str, rest: str, end: int, inside: list[Mention]) -> bool:
    """Whether a number counts things: a whole one before a word that names no metric."""
    word = _COUNT.match(rest)
    return bool(
        printed.isdigit()
        and word
        and not any(m.label == "METRIC" and end <= m.start <= end + word.end() for m in inside)
    )


def _follows(start: int, mention: Mention, text: str, offset: int) -> bool:
    """Whether a number belongs to the dataset's name before it ("FFHQ 256")."""
    return (
        mention.label == "DATASET" and mention.end < start and not text[mention.end - offset : start - offset].strip()
    )


def _kind(number: _Number, before: str, after: str) -> ResultKind:
    if number.unit == "x":
        return "ratio"
    near = before[-45:]
    clause = re.split(r"[,;]| and ", near)[-1]
    if re.search(
        r"\bby\s+(up to |about |around |over |at least |more than |nearly |an? \w+ of )*\S{0,3}$", near, re.IGNORECASE
    ):
        return "gain"
    if _ABSOLUTE.search(before) and not re.search(
        r"(improvement|gain|increase|reduction|boost|margin|drop)s?\s+(of|to|with|up to)\s*$", near, re.IGNORECASE
    ):
        return "absolute"
    if _GAIN.search(clause) or re.match(
        r"\S*\s*(\w+\s+){0,2}(improvement|gain|increase|reduction|boost|higher|better|lower|relative)",
        after,
        re.IGNORECASE,
    ):
        return "gain"
    return "absolute"


def _metric(number: _Number, kind: ResultKind, inside: list[Mention], text: str, before: str, after: str) -> str | None:
    """The surface of the metric that the number is a value of; None when the number is no result."""
    best = _nearest(number, [m for m in inside if m.label == "METRIC"], text)
    if kind == "ratio":
        return _of_ratio(number, best, before, after)
    if number.unit == "fps":
        beside = best is not None and _gap(number, best) <= 40 and re.search(r"speed|rate|fps|frame", best.text, re.I)
        return best.text if best is not None and beside else number.suffix.strip()
    return best.text if best is not None else None


def _of_ratio(number: _Number, best: Mention | None, before: str, after: str) -> str | None:
    """What a ratio compares: what is said right after it, else the metric beside it, else speed or cost."""
    beside = after[len(number.suffix) :]
    faster = _SAID_FASTER.match(beside)
    if faster:
        return f"{faster['what']} speed" if faster["what"] else "speed-up"
    if re.match(r"[\s-]*compression", beside):
        return "compression ratio"
    if best is not None and _gap(number, best) <= 40:
        return best.text
    less = _SAID_LESS.match(beside)
    if less:
        return less["what"]
    if _FASTER.search(beside[:45]) or _FASTER.search(before[-40:]):
        return "speed-up"
    return "computational cost" if _CHEAPER.search(beside[:45]) else None


def _gap(number: _Number, mention: Mention) -> int:
    return max(mention.start - number.end, number.start - mention.end, 0)


def _nearest(number: _Number, mentions: list[Mention], text: str) -> Mention | None:
    """The mention nearest to the number, one that follows it being nearer ("1.31 FID"), a clause's end being a wall."""

    def distance(m: Mention) -> float:
        between = text[number.end : m.start] if m.start >= number.end else text[m.end : number.start]
        walls = len(re.findall(r";|, (?:while|whereas|but|which|and the)", between)) * 60
        after = 0.6 if m.start >= number.end and not re.search(r"[,(]| and ", between) else 1.0
        if m.start >= number.end and _LEADS_ON.match(between[len(number.suffix) :]):
            after = 0.1
        return (len(between) + walls) * after

    near = [m for m in mentions if _gap(number, m) <= _WINDOW]
    return min(near, key=lambda m: (distance(m), m.start), default=None)


def _dataset(number: _Number, inside: list[Mention], text: str) -> Mention | None:
    datasets = [m for m in inside if m.label == "DATASET"]
    return _nearest(number, datasets, text) or next(iter(datasets), None)


def _method(number: _Number, inside: list[Mention], mentions: Sequence[Mention], text: str) -> Mention | None:
    """The method that the number is said to be of ("3.60 for LDM"), else the proposed one before it or the paper's."""
    owner = next((m for m in inside if m.label == "METHOD" and _OWNER.match(text[number.end : m.start] or " ")), None)
    if owner:
        return owner
    before = [m for m in inside if m.label == "METHOD" and m.role == "proposed" and m.end <= number.start]
    if before:
        return before[-1]
    return next((m for m in mentions if m.label == "METHOD" and m.role == "proposed"), None)


def _setting(text: str, on: Mention | None, offset: int, number: _Number) -> str:
    """What qualifies the dataset in the sentence: a resolution beside it or a number of shots."""
    best = ""
    nearest = 10**6
    for match in _SETTING.finditer(text):
        at = match.start() + offset
        gap = abs(at - (on.end if on and on.start >= offset else number.start))
        if gap < nearest and gap <= 40:
            nearest = gap
            best = f"{match['w']}x{match['h']}" if match["w"] else match["shot"]
    return best
