"""How names are compared: what in a name adds nothing to it, in which order its words go, which spellings are close."""

from __future__ import annotations

import re

from rapidfuzz.distance import DamerauLevenshtein, Prefix

from kg.naming import joined, numbers
from kg.records import Label

_SETTING = re.compile(
    r"[\s,(-]+(\d{2,4}\s?(?:[×x]|times)\s?\d{2,4}(?:\s?[×x]\s?\d+)?\)?|\d{2,4}(?:\^2|²)|"
    r"\b(?:val|test|train|validation|dev|test-dev|minival)(?:\s+set|\s+split)?)$"
)
#: Words at the end of a name that add nothing to it, by label, in normal form.
_EMPTY_TAILS: dict[Label, frozenset[str]] = {
    "METHOD": frozenset(
        "method approach algorithm framework technique scheme strategy procedure paradigm mechanism based "
        "module architecture style like".split()
    ),
    "DATASET": frozenset("dataset data set corpus benchmark suite collection database challenge".split()),
    "METRIC": frozenset("metric measure score value performance".split()),
    "TASK": frozenset("task problem setting application".split()),
}
#: How words for an activity end: "segmentation task" is segmentation, but an inverse problem is no inverse.
_ACTIVITY = ("ing", "tion", "sis", "ment", "ance", "val")
#: Words that join the parts of a name; a name with one keeps its order.
LINKING = frozenset("of for in on over with from to by and or via under without between across as at the a an".split())
_ARTICLES = frozenset(("a", "an", "the"))
#: Function words that begin no name, as "in-context learning" and "off-policy evaluation" begin with theirs.
_LEADING = _ARTICLES | {"and", "or", "of", "with"}
#: What is measured, before what it is measured of: "rate of convergence" is the convergence rate.
_MEASURED = frozenset("rate speed time cost error accuracy quality complexity efficiency probability level".split())
#: Words for what two things are brought together by, and for such things.
_BRINGS_TOGETHER = frozenset("fusion calibration control".split())
_BROUGHT = frozenset("camera lidar radar imu force position vision visual audio rgb depth image text hand eye".split())
#: The share of their letters that two forms of one word begin with, and from which length on one letter may differ.
_SHARED = 0.6
_LONG_WORD = 6


def base_name(text: str, label: Label) -> str:
    """The name without a setting: "ImageNet 256×256" is ImageNet."""
    return _SETTING.sub("", text) or text if label == "DATASET" else text


def essential(label: Label, key: str) -> str:
    """The key without the words that add nothing: "attention mechanism" is attention, "GAN-based" is GAN.

    >>> essential("METHOD", "policy gradient method")
    'policy gradient'
    """
    words = key.split()
    while len(words) > 1 and words[-1] in _EMPTY_TAILS[label] and (label != "TASK" or words[-2].endswith(_ACTIVITY)):
        words.pop()
    return " ".join(words)


def trimmed(label: Label, key: str) -> str:
    """The essential key where it says enough: one word left of "adaptive module" and "genetic algorithm" does not."""
    core = essential(label, key)
    return core if " " in core else key


def in_order(label: Label, key: str) -> str:
    """The key with the activity behind its object: "estimation of pose" and "planning a path" become nouns.

    >>> in_order("TASK", "planning path")
    'path planning'
    >>> in_order("TASK", "estimation of the human pose")
    'human pose estimation'
    >>> in_order("TASK", "semantic segmentation of urban scene")
    'urban scene semantic segmentation'
    >>> in_order("METRIC", "rate of convergence")
    'convergence rate'
    """
    done, moved = _done_and_to_what(label, key.split())
    return " ".join([*moved, *done]) if moved and not LINKING & set(moved) else key


def controlled(label: Label, key: str) -> str:
    """The key of the control that a controller does, where the key is a controller's or what it controls."""
    if label == "METHOD" and key.endswith((" controller", " controlled")):
        return key.removesuffix("ler").removesuffix("led")
    return key


def learnt(key: str) -> str:
    """The key of a way to learn that is said of what learns: "weakly supervised" is weakly supervised learning."""
    return f"{key} learning" if key.endswith("supervised") else key


def _done_and_to_what(label: Label, words: list[str]) -> tuple[list[str], list[str]]:
    """What is done or measured, and what it is done to or measured of; the latter is empty where nothing tells."""
    of = words.index("of") if "of" in words[1:-1] else 0
    single = of == 1 and words[0] in {"control", *_MEASURED}
    if single or (of and words[of - 1].endswith(_ACTIVITY) and (of == 1 or label == "TASK")):
        return words[:of], _without_articles(words[of + 1 :])
    if label == "TASK" and len(words) > 1 and words[0].endswith("ing") and not words[-1].endswith(_ACTIVITY):
        return words[:1], _without_articles(words[1:])
    return words, []


def _without_articles(words: list[str]) -> list[str]:
    return [word for word in words if word not in _ARTICLES]


def _without_linking_ends(key: str) -> str:
    """The key without the function words that a span may have caught at its ends ("question answering over")."""
    words = key.split()
    while len(words) > 1 and words[-1] in LINKING:
        words.pop()
    while len(words) > 1 and words[0] in _LEADING:
        words.pop(0)
    return " ".join(words)


def _in_pairs(key: str) -> str:
    """The key with what is brought together in alphabetical order: "LiDAR-camera fusion" is "camera-LiDAR fusion"."""
    words = key.split()
    if len(words) > 2 and words[-1] in _BRINGS_TOGETHER and _BROUGHT.issuperset(words[-3:-1]):
        words[-3:-1] = sorted(words[-3:-1])
    return " ".join(words)


def plain_form(label: Label, key: str) -> str:
    """The key by which an unknown name goes: nothing in it that adds nothing, words in order, compounds as one."""
    core = _in_pairs(in_order(label, trimmed(label, _without_linking_ends(joined(key)))))
    return learnt(controlled(label, core)) if label == "METHOD" else core


def close(one: str, other: str) -> bool:
    """Whether two keys with one acronym are spellings of one name: word by word alike, function words aside.

    "Multi arm bandit" and "multi armed bandit" are, "self supervised" and "semi supervised learning" are not.
    """
    if numbers(one) != numbers(other):
        return False
    ours, theirs = ([w for w in key.split() if w not in LINKING] for key in (one, other))
    if len(ours) == len(theirs):
        return all(map(_variants, ours, theirs))
    return "".join(ours) == "".join(theirs)


def _variants(one: str, other: str) -> bool:
    """Whether two words are forms of one: a letter apart, or with most of their letters in a common beginning."""
    if one == other:
        return True
    if one.isalpha() and min(len(one), len(other)) >= _LONG_WORD and DamerauLevenshtein.distance(one, other) == 1:
        return True
    return Prefix.similarity(one, other) >= max(4, _SHARED * max(len(one), len(other)))
