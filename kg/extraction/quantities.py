"""What the words beside a number say that it is of, when that is no metric known by name.

"85% reduction in training time", "reduces the memory footprint by 30%" and "annotation time is only 7s" name their
quantity in so many words; "outperforms BarNet by 4.4%" says that something got better, but not what.
"""

from __future__ import annotations

import re

#: Words that quantities end in; what stands before them ("training time", "task progress") is taken along.
_HEAD = (
    r"(?:times?|costs?|sizes?|memory|footprint|usage|parameters?|latency|runtime|speeds?|throughput|rates?|errors?|"
    r"consumption|energy|power|computations?|FLOPs|MACs|operations|overhead|storage|bandwidth|bitrate|samples|iterations|"
    r"epochs|steps|tokens|scores?|accurac(?:y|ies)|efficiency|quality|success|progress|robustness|preference|distance|"
    r"accelerations?|velocity|velocities|queries|interactions|length|delay|rewards?|returns?|coverage|labels|"
    r"complexity|requirements?|collisions|bias)"
)
_BEFORE_HEAD = (
    r"(?!(?:and|or|both|an?|the|of|in|its|by|to|for|with|on|than|at|can|state-of-the-art|resulting|higher|highest|"
    r"achiev\w*|reach\w*|attain\w*|obtain\w*|represents?)\b)(?<!['’])[A-Za-z][\w/-]*\s+"
)
_WHAT = rf"(?P<what>(?:number of\s+)?(?:{_BEFORE_HEAD}){{0,2}}?{_HEAD}(?:\s+{_HEAD})?)\b"
_ARTICLES = r"(?:(?:the|its|their|overall|total|average)\s+)*"
#: What may stand between a preposition and a number. No word begins another, so that there is one way to read them.
APPROXIMATELY = (
    r"(?:(?:up to|about|around|over|at least|more than|as much as|nearly|almost|roughly|approximately|only|just|an?|"
    r"average|margin|factor|large|significant|absolute|of)\s+)*[~≈∼]?"
)
_CHANGE = r"(?:reduc|improv|increas|decreas|lower|boost|enhanc|rais|cut|shorten|sav|shrink|accelerat|speed|compress)\w*"
_CHANGES = r"(?:reduction|decrease|increase|improvement|gain|boost|drop|saving)s?"
#: "reduces the pretraining cost of FooNet by 25% and latency by 2 ms", "cuts the time needed for planning by 2 hours"
_CHANGED_BY = re.compile(
    rf"\b(?:{_CHANGE}|and)\s+(?:both\s+)?{_ARTICLES}{_WHAT}(?:\s+(?:of|for|on|in|needed|required)\s[^,;\d]{{1,40}}?)?"
    rf"(?:\s+(?:needed|required))?\s+by\s+{APPROXIMATELY}$",
    re.IGNORECASE,
)
#: "30% memory savings"
_CHANGE_AFTER = re.compile(rf"^[\s-]*{_WHAT}\s+{_CHANGES}\b", re.IGNORECASE)
#: "an error reduction of 12%"
_CHANGE_BEFORE = re.compile(rf"\b{_WHAT}\s+{_CHANGES}\s+(?:of|by|up to)\s+{APPROXIMATELY}$", re.IGNORECASE)
#: "30% fewer trainable parameters", "85% average reduction in training time", "10% in speed"
_CHANGE_OF = re.compile(
    rf"^[\s-]*(?:(?:\w+\s+)?(?:fewer|less|smaller|lower|more|higher|larger|shorter|faster)|"
    rf"(?:[\w-]+\s+){{0,2}}?{_CHANGES}\s+(?:in|of)|in(?:\s+terms\s+of)?)\s+{_ARTICLES}{_WHAT}",
    re.IGNORECASE,
)
#: "5% of the training cost"; a share of the data is a setting.
_SHARE = re.compile(
    rf"^\s*of\s+the\s+(?!(?:\w+\s+)?(?:labels|data|samples|times?|tokens|annotations?)\b){_WHAT}", re.IGNORECASE
)
#: "annotation time is only 7s"
_AMOUNTS_TO = re.compile(
    rf"\b{_WHAT}(?:\s+(?:of|for)\s[^,;\d]{{1,30}})?\s+(?:is|are|was|were|of|to|at|below|under)\s+{APPROXIMATELY}$",
    re.IGNORECASE,
)
#: "100x fewer queries", "2x higher resolution": of a ratio any noun will do.
_COMPARED = re.compile(
    r"^[\s-]*(?:fewer|less|smaller|lower|more|higher|larger)\s+(?!than\b|the\b|an?\b|on\b|in\b|over\b|models?\b|\w+ly\b|accurate\b|efficient\b|compact\b)"
    r"(?:number\s+of\s+)?(?P<what>[A-Za-z][\w/-]*)"
)
_PROCESS = (
    r"inference|training|decoding|execution|sampling|rendering|generation|convergence|planning|optimi[sz]ation|search|"
    r"computation|processing"
)
#: "2x faster in training", "2.6x inference speedup", "20% faster"
_FASTER = re.compile(
    rf"^[\s-]*(?:(?P<of>{_PROCESS})\s+|\w+\s+)?(?:faster|speed-?\s?ups?|acceleration|quicker)"
    rf"(?:\s+(?:(?:in|at|for|during)\s+)?(?P<what>(?:{_PROCESS})(?:\s+time)?)\b)?",
    re.IGNORECASE,
)
_SPED_UP = re.compile(rf"\b(?:accelerat\w*|speed\w*\s+up)\s[^,;]{{3,60}}?\sby\s+{APPROXIMATELY}$", re.IGNORECASE)
_SPEED = re.compile(r"(faster|speed-?\s?ups?|acceleration|accelerat\w*|quicker|throughput|speed)", re.IGNORECASE)
_CHEAPER = re.compile(
    r"(fewer|less|reduction|compression|lower|memory|parameters|FLOPs|computation|cost|cheaper)", re.IGNORECASE
)
#: "13x more compact", "42% lighter than"
_SMALLER = re.compile(
    r"^[\s-]*(?:smaller|lighter|more compact)\b(?=\s*(?:[.,;)]|$)|\s+(?:than|and|compared)\b)", re.IGNORECASE
)
_SUCCESS = re.compile(r"^\s*success(?:ful)?\b(?!\s+rates?)", re.IGNORECASE)
#: Statements that something got better, without what: "outperforms all others by 4%", "a 2% improvement over BarNet".
_OUTDONE = re.compile(
    rf"\b(?:outperform|surpass|exceed|improv|beat|advanc|boost|enhanc|increas)\w*\b[^;]*?"
    rf"\s(?:by|up to)\s+{APPROXIMATELY}$",
    re.IGNORECASE,
)
_GAINED = re.compile(
    r"^\s*(?:absolute|relative|average|performance|overall|accuracy)?\s*(?:performance\s+)?(?:improvement|gain|boost)s?\b|"
    r"^\s*(?:better|higher)\s+(?:\w+\s+)?performance\b",
    re.IGNORECASE,
)
_GAINS = re.compile(rf"\b(?:improvement|gain|boost)s?\s+(?:of|between|from|up to)\s+{APPROXIMATELY}$", re.IGNORECASE)


def speed(before: str, after: str) -> str | None:
    """The speed that a number beside "faster", "speed-up" or "accelerates … by" is of."""
    said = _FASTER.match(after)
    if said is None:
        return "speed-up" if _SPED_UP.search(before) else None
    of = (said["of"] or said["what"] or "").lower()
    if of.endswith("time"):
        return of
    return f"{of} speed" if of else "speed-up"


def quantity(before: str, after: str, ratio: bool) -> str | None:
    """The quantity that is named in the words before a number or after it."""
    said = (
        _CHANGED_BY.search(before)
        or _CHANGE_OF.match(after)
        or _SHARE.match(after)
        or _CHANGE_AFTER.match(after)
        or _CHANGE_BEFORE.search(before)
        or _AMOUNTS_TO.search(before)
        or (_COMPARED.match(after) if ratio else None)
    )
    if said is None:
        return "size" if _SMALLER.match(after) else "success rate" if _SUCCESS.match(after) else None
    return said["what"]


def cost(before: str, after: str) -> str | None:
    """What a ratio is loosely of: speed or cost, when words near it say so."""
    if _SPEED.search(after[:45]) or _SPEED.search(before[-40:]):
        return "speed-up"
    return "computational cost" if _CHEAPER.search(after[:45]) else None


def improved(before: str, after: str) -> bool:
    """Whether the words say that something got better by a number, whatever it is measured in."""
    return bool(_GAINED.match(after) or _GAINS.search(before) or _OUTDONE.search(before))
