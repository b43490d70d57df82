"""Numbers that an abstract states as results, tied to metric, dataset and method.

A number is a result when it stands in a sentence with something it can be a value of: a metric named nearby
("1.31 FID", "accuracy of 63.2%", "improves mAP by 2.1"), a quantity that the words beside it name ("30% less memory"),
or a ratio of speed or cost ("2.3x faster"). A gain that is said without what it is measured in ("outperforms BarNet by
4.4%") is one too, with an empty metric. It takes the dataset nearest to it in the sentence, else the last one named,
and the paper's own method unless another is named nearer as the subject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span

from kg.extraction.numbers import REACH, Number, numbers
from kg.extraction.quantities import APPROXIMATELY, cost, improved, quantity, speed
from kg.records import Mention, Result, ResultKind

Doc.set_extension("kg_results", default=(), force=True)

_GAIN = re.compile(
    r"\b(improv\w*|increas\w*|gain\w*|boost\w*|outperform\w*|surpass\w*|exceed\w*|better|higher|lower|reduc\w*|"
    r"decreas\w*|drop\w*|margin|more|less|fewer|up to|improvement|over|rais\w*|sav\w*|cut\w*|enhanc\w*|beat\w*)\b",
    re.IGNORECASE,
)
_GAIN_BEFORE = re.compile(
    rf"\b(?:by,?|(?:improvement|gain|increase|reduction|decrease|boost|margin|drop)s?\s+(?:of|to|with|between|up to)|"
    rf"(?:improv|increas|reduc|outperform|gain)\w*\s+(?:up to|over|of)|gets up to)\s+{APPROXIMATELY}$",
    re.IGNORECASE,
)
_GAIN_AFTER = re.compile(
    r"^\s*(?:(?:absolute|relative)\s+)?(?:(?:better|higher|lower|faster|slower|less|fewer|smaller|larger|shorter|more)\b|"
    r"(?:and \S+\s+)?(?:[\w-]+\s+){0,3}(?:improvement|gain|increase|reduction|decrease|boost|drop|saving)s?\b)",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(from|to|achiev\w*|attain\w*|reach\w*|obtain\w*|scor\w*|of|with|at|yield\w*|get\w*|=)\s*$", re.IGNORECASE
)
_TIME = re.compile(r"time|latency|duration|speed|delay|cost|period|hours|horizon", re.IGNORECASE)
_SIZE = re.compile(r"size|memory|storage|footprint|space|cost|usage|bandwidth|rate", re.IGNORECASE)
_MEASURED_IN = {
    **dict.fromkeys(("ms", "s", "minute", "minutes", "hour", "hours"), _TIME),
    **dict.fromkeys(("second", "seconds", "millisecond", "milliseconds", "microsecond", "microseconds"), _TIME),
    **dict.fromkeys(("KB", "MB", "GB"), _SIZE),
    **dict.fromkeys(("W", "mW"), re.compile(r"power|energy|consumption", re.IGNORECASE)),
}
_SETTING = re.compile(r"(?P<w>\d{2,4})\s?[×x]\s?(?P<h>\d{2,4})|\b(?P<shot>\d+-shot|zero-shot|few-shot|one-shot)\b")
#: Between a number and the metric it is surely of: "7.3% in NDCG@10", "4.2 points on the F1".
_LEADS_ON = re.compile(
    r"^\s*(?:absolute|relative|points?)?\s*(?:higher|lower|better)?\s*(?:in|on|of|for)?\s*(?:the\s)?$"
)
#: Between a metric and the number that is surely its own: "PSNR ~3%", "accuracy (76.1%".
_LEADS_TO = re.compile(r"^\s*(?:[(=:]|of|is)?\s*[~≈∼>≥+]?\s*$")
#: What parts a number from the metric of another clause, or of what stands outside its brackets.
_WALL = re.compile(r";|, (?:while|whereas|but|which|and the)| (?:while|with|without) |^[^(]*\) and ")
#: Units of gains that mean something without a metric.
_GAINED_IN = ("%", "points", "x")
#: Between two numbers of one metric: "63.2% on BarkBench, 51.0% on TideSet and 40.1% on MossSet".
_GOES_ON = re.compile(r"^[^;.]{0,60}(?:,|\band)[^;.]{0,30}$")
_LISTED = re.compile(r"^\s*(?:,|/|and|,\s*and|&)\s*$")
_OWNER = re.compile(r"^\s*(?:for|by|of|from|with)\s+(?:the\s+)?$", re.IGNORECASE)
#: How far from a number the metric is looked for, and how far it stands where it follows at once.
_WINDOW = 90
_BESIDE = 30
#: A sentence with more numbers is no prose; each is compared with everything that the sentence names.
_MOST_NUMBERS = 200


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
    text, offset = sentence.text, sentence.start_char
    found: list[Result] = []
    candidates = numbers(text, offset, inside)[:_MOST_NUMBERS]
    metrics = [m for m in inside if m.label == "METRIC"]
    paired = _paired(candidates, metrics, whole)
    for number in candidates:
        before = text[max(number.before - offset - REACH, 0) : number.before - offset]
        after = text[number.after - offset : number.after - offset + REACH]
        last = found[-1] if found and _goes_on(found[-1], number, whole) else None
        kind = _kind(number, before, after, last)
        metric = paired.get(number.start) or _metric(number, kind, metrics, whole, before, after)
        if metric is None and last and last.kind == kind:
            metric = last.metric
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
                setting=_setting(text, on, offset, number),
                start=number.start,
                end=number.end,
            )
        )
    return found


def _paired(found: list[Number], metrics: list[Mention], text: str) -> dict[int, str]:
    """Metrics of numbers listed in their order ("BLEU and METEOR of 31.2 and 27.9"), by the numbers' start."""
    pairs: dict[int, str] = {}
    listed = _lists([(m.start, m.end) for m in metrics], text)
    for values in _lists([(n.start, n.after) for n in found], text):
        for names in listed:
            said_before, said_after = values[0][0] - names[-1][1], names[0][0] - values[-1][1]
            in_turn = text[names[-1][1] : names[-1][1] + REACH].lstrip(" ,").startswith("respectively")
            reach = _WINDOW if in_turn else _BESIDE
            if len(values) == len(names) and (0 <= said_before <= _WINDOW or 0 <= said_after <= reach):
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


def _goes_on(last: Result, number: Number, text: str) -> bool:
    """Whether a number only goes on with what the one before it said ("+3.1% on BarkBench and 2.0% on TideSet")."""
    return last.unit in ("", number.unit) and bool(_GOES_ON.match(text[last.end : number.before]))


def _kind(number: Number, before: str, after: str, last: Result | None) -> ResultKind:
    """What a number says; `last` is the result that it goes on with."""
    if number.unit == "x":
        return "ratio"
    if number.sign == "+" or _GAIN_AFTER.match(after) or _GAIN_BEFORE.search(before):
        return "gain"
    if last and last.kind == "gain":
        return "gain"
    if _ABSOLUTE.search(before):
        return "absolute"
    return "gain" if _GAIN.search(re.split(r"[,;]| and ", before[-45:])[-1]) else "absolute"


def _metric(number: Number, kind: ResultKind, metrics: list[Mention], text: str, before: str, after: str) -> str | None:
    """The surface of what the number is a value of, empty for an unnamed gain; None when the number is no result."""
    best = _nearest(number, [m for m in metrics if _fits(number.unit, m.text)], text)
    if number.unit == "fps":
        beside = best is not None and _gap(number, best) <= 40 and re.search(r"speed|rate|fps|frame", best.text, re.I)
        return best.text if best is not None and beside else text[number.end : number.after].strip()
    fast = speed(before, after) if number.unit in ("x", "%") else None
    if fast:
        return fast
    if kind == "ratio" and re.match(r"[\s-]*compression", after):
        return "compression ratio"
    said = quantity(before, after, kind == "ratio")
    if said is not None:
        return next((m.text for m in metrics if said.endswith(m.text)), said)
    if best is not None and (kind != "ratio" or _gap(number, best) <= 40):
        return best.text
    if number.unit in _GAINED_IN and improved(before, after):
        far = _nearest(number, metrics, text, len(text))
        return far.text if far else ""
    return cost(before, after) if kind == "ratio" else None


def _fits(unit: str, metric: str) -> bool:
    """Whether a metric can be measured in a unit: seconds are of times, megabytes of sizes."""
    needed = _MEASURED_IN.get(unit)
    return needed is None or bool(needed.search(metric))


def _gap(number: Number, mention: Mention) -> int:
    return max(mention.start - number.end, number.start - mention.end, 0)


def _nearest(number: Number, mentions: list[Mention], text: str, window: int = _WINDOW) -> Mention | None:
    """The mention nearest to the number, one that follows it being nearer ("1.31 FID"), a clause's end being a wall."""

    def distance(m: Mention) -> float:
        between = text[number.after : m.start] if m.start >= number.end else text[m.end : number.start]
        walls = len(_WALL.findall(between)) * 60
        after = 0.6 if m.start >= number.end and not re.search(r"[,(]| and ", between) else 1.0
        if (_LEADS_ON if m.start >= number.end else _LEADS_TO).match(between):
            after = 0.1
        return (len(between) + walls) * after

    near = [m for m in mentions if _gap(number, m) <= window]
    return min(near, key=lambda m: (distance(m), m.start), default=None)


def _dataset(number: Number, inside: list[Mention], text: str) -> Mention | None:
    datasets = [m for m in inside if m.label == "DATASET"]
    return _nearest(number, datasets, text) or next(iter(datasets), None)


def _method(number: Number, inside: list[Mention], mentions: Sequence[Mention], text: str) -> Mention | None:
    """The method that the number is said to be of ("3.60 for LDM"), else the proposed one before it or the paper's."""
    owner = next((m for m in inside if m.label == "METHOD" and _OWNER.match(text[number.end : m.start] or " ")), None)
    if owner:
        return owner
    before = [m for m in inside if m.label == "METHOD" and m.role == "proposed" and m.end <= number.start]
    if before:
        return before[-1]
    return next((m for m in mentions if m.label == "METHOD" and m.role == "proposed"), None)


def _setting(text: str, on: Mention | None, offset: int, number: Number) -> str:
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
