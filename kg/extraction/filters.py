"""What is never an entity, and how a name is trimmed to its minimal noun phrase."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from spacy.tokens import Doc, Token

from kg.extraction.gazetteer import read_table
from kg.naming import joined, name_key
from kg.records import Label

#: Words that name nothing by themselves, in normal form. A span made of these alone is not an entity.
GENERIC = frozenset(
    """
    a an the our this that these those its their it we new novel proposed existing current previous prior recent
    other such various several many multiple different same similar single simple general generic standard common
    popular typical traditional conventional classical classic modern advanced sophisticated powerful efficient
    effective robust scalable flexible practical principled unified integrated complete overall entire whole full
    state art sota baseline baselines method methodology model modeling approach technique algorithm framework
    system scheme strategy procedure process pipeline tool toolkit library package code software architecture
    network layer module block component unit part element stage phase step mechanism operation operator function
    theory analysis study research work paper experiment experimental result evaluation test testing benchmark
    dataset data database corpus collection set sample example instance task problem challenge application domain
    field area setting scenario case condition environment performance quality quantity efficiency effectiveness
    improvement gain loss score measure metric value number amount rate level degree size scale cost time speed
    training inference learning prediction estimation optimization generation feature representation embedding
    input output information knowledge concept idea property solution variant extension version type kind class
    family category group real world synthetic simulated large small high low deep shallow first second third two
    three good better best strong weak fast slow main key core major end human user expert author image video text
    audio speech language word sentence document token pixel object scene person agent robot graph node edge tree
    state action policy reward distribution parameter variable hyperparameter weight gradient objective constraint
    space dimension vector matrix tensor manifold trajectory path prior posterior likelihood probability assumption
    bound theorem lemma proof condition guarantee property simulation comparison ablation public available standard
    unconditional conditional pre fine drop iid unseen out based aware driven free guided
    widely used wide range numerical empirical theoretical extensive comprehensive downstream upstream
    """.split()
)
#: Generic words that end a name without being part of it, and those that start one.
_TAIL = frozenset(
    """method methods approach approaches framework frameworks technique techniques scheme schemes strategy strategies
    dataset datasets benchmark benchmarks corpus corpora procedure procedures paradigm paradigms pipeline pipelines
    architecture architectures methodology task tasks metric metrics""".split()
)
_TAIL_MODEL = frozenset("model models algorithm algorithms system systems".split())
_HEAD = frozenset(
    """a an the our this that these those its their his her new novel proposed existing current previous recent
    other such various several many multiple different popular typical traditional conventional modern advanced
    powerful effective well-known so-called called pretrained pre-trained vanilla standard common""".split()
)
_EDGE = frozenset(""" " ' ` `` '' ( ) [ ] { } , . ; : ! ? - – — / \\ | = < > * & ~ “ ” ‘ ’ """.split())
#: Words that join names and neither begin nor end one.
_JOINING = frozenset("of for and or with in on to by from as at via using through than that which is are".split())
#: Words that end no name, but may begin one ("over the air computation").
_DANGLING = _JOINING | frozenset("over under without between across about among along a an the".split())
_PREFIXES = frozenset(
    "pre fine non semi multi self cross co re un inter intra auto meta few zero one two post sub over under".split()
)
_NAMELESS = Path(__file__).with_name("nameless.tsv")
_ONLY_MARKS = re.compile(r"^[\W\d_]+$")
_ADDRESS = re.compile(r"https?:|www\.|://|@\w+\.|\.(?:com|org|io|edu|net|git)\b", re.IGNORECASE)


def trim(doc: Doc, start: int, end: int, label: str) -> tuple[int, int]:
    """The span without articles, praise, brackets at its edges and generic words at its end; may become empty.

    "the proposed Foo framework" becomes "Foo", but "Gaussian mixture model" keeps its last word.
    """
    end = _after_prefix(doc, start, _before_open_bracket(doc, start, end))
    if start < end < len(doc) and "(" in doc[end - 1].text[1:] and doc[end].text == ")":
        end += 1  # "SE(3)" is two tokens
    while start < end and _begins_none(doc, start):
        start += 1
    while start < end and _ends_none(doc, start, end):
        end -= 1
    while start < end - 1 and doc[start].lower_ in _HEAD and doc[start + 1].text not in "-–":
        start += 1
    while end - start > 1 and doc[end - 1].lower_ in _TAIL:
        end -= 1
    if end - start > 1 and doc[end - 1].lower_ in _TAIL_MODEL and (_is_name(doc[end - 2].text) or label == "DATASET"):
        end -= 1
    while start < end and _ends_none(doc, start, end):
        end -= 1
    return start, end


def _is_mark(token: Token) -> bool:
    return token.text in _EDGE or token.is_space


def _begins_none(doc: Doc, start: int) -> bool:
    """Whether no name begins with a token; with a hyphen behind it, one does ("in-context learning")."""
    hyphened = start + 1 < len(doc) and doc[start + 1].text in "-–" and not doc[start].whitespace_
    return _is_mark(doc[start]) or (doc[start].lower_ in _JOINING and not hyphened)


def _ends_none(doc: Doc, start: int, end: int) -> bool:
    """Whether no name ends with the token before `end`; with a hyphen before it, one does ("plug-in")."""
    last = doc[end - 1]
    hyphened = end - start > 1 and doc[end - 2].text in "-–" and not doc[end - 2].whitespace_
    return (_is_mark(last) and not _closes(doc, start, end)) or (last.lower_ in _DANGLING and not hyphened)


def _after_prefix(doc: Doc, start: int, end: int) -> int:
    """Where the span ends when it must not break off after a prefix: "pre" of "pre-training" is no name."""
    broken = start < end < len(doc) - 1 and doc[end - 1].lower_ in _PREFIXES and doc[end].text in "-–"
    return end + 2 if broken and not doc[end - 1].whitespace_ and not doc[end].whitespace_ else end


def _before_open_bracket(doc: Doc, start: int, end: int) -> int:
    """Where the span ends when it must not hold half a pair of brackets."""
    closing = [i for i in range(start + 1, end) if doc[i].text == "("]
    if closing and doc[end - 1].text == ")":
        # "long form (SF)" is two names, and the second is found by itself.
        return closing[-1]
    opened: list[int] = []
    for i in range(start, end):
        if doc[i].text == "(":
            opened.append(i)
        elif doc[i].text == ")":
            if not opened and i > start:
                return i
            opened = opened[:-1]
    return opened[0] if opened and opened[0] > start else end


def _closes(doc: Doc, start: int, end: int) -> bool:
    """Whether the last token closes a bracket that the span opens."""
    return doc[end - 1].text == ")" and any("(" in doc[i].text for i in range(start, end))


def _is_name(word: str) -> bool:
    """Whether a word is written as a proper name: capitals inside, all capitals or digits ("BERT model" is BERT)."""
    return len(word) > 1 and (any(c.isupper() for c in word[1:]) or any(c.isdigit() for c in word))


def is_nameless(text: str, label: Label) -> bool:
    """Whether a span is half of a term, a way to do things or a place, which is no name of this label by itself."""
    known = _nameless()
    return (label, text) in known or (label, text[:1].lower() + text[1:]) in known


@lru_cache(maxsize=1)
def _nameless() -> frozenset[tuple[Label, str]]:
    return frozenset((entry.label, entry.name) for entry in read_table(_NAMELESS))


def is_generic(text: str) -> bool:
    """Whether a span names nothing: generic words, marks, numbers, an address, or a bracket without the other."""
    if _ONLY_MARKS.match(text) or len(text.strip()) < 2 or _ADDRESS.search(text):
        return True
    if text.count("(") != text.count(")"):
        return True
    words = joined(name_key(text)).split()  # "pre-training" is more than its two parts
    return all(word in GENERIC or not any(c.isalpha() for c in word) for word in words)
