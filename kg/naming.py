"""How names compare: the normal form in which two spellings of one thing meet, and the slug of an id.

Singular and plural, hyphen or space, upper or lower case, British or American spelling, accents and Greek letters
spelt out do not make two things. Numbers and versions do: digits always stay.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

_COMPOUNDS = Path(__file__).with_name("compounds.txt")
_DASHES = re.compile(r"[\u2010-\u2015\u2212_/-]+")
_WORD = re.compile(r"[^\W_]+(?:[.'’+*^#]+[^\W_]+)*[+*#^]*", re.UNICODE)
_VERSION = re.compile(r"^([a-z]+[a-uw-z])(\d+[a-z]?)$")
_FORM = re.compile(r"(?<=[a-z]{3})(?:ing|ed|e)$")
_UNCOUNTED = frozenset(
    "bias analysis basis series gas lens physics kinematics dynamics mathematics statistics robotics linguistics "
    "semantics graphics ethics news loss process access less gauss bayes stokes das canvas corpus focus radius "
    "nas gis ris gps aws rss bbs ms gpus dbs dice pass class cross press less regress chaos atlas texas bus plus "
    "heuristics metrics diagnostics".split()
)
_IRREGULAR = {
    "analyses": "analysis",
    "hypotheses": "hypothesis",
    "matrices": "matrix",
    "indices": "index",
    "vertices": "vertex",
    "corpora": "corpus",
    "criteria": "criterion",
    "metrics": "metric",
    "heuristics": "heuristic",
    "bases": "basis",
    "biases": "bias",
    "lenses": "lens",
    "viruses": "virus",
    "caches": "cache",
    "movies": "movie",
    "axes": "axis",
    "spectra": "spectrum",
    "automata": "automaton",
    "networks": "network",
    "nets": "net",
}
#: Forms of one adjective that make no difference to what a name names.
_SAME = {
    "dynamical": "dynamic", "mathematic": "mathematical", "robotic": "robot", "bayes": "bayesian",
    "contextualized": "contextual", "schroedinger": "schrodinger",
}  # fmt: skip
#: What some write together with the next word and some do not; none of them is a word or an acronym itself.
_PREFIX = re.compile(
    r"\b(non|multi|semi|pre|auto|spatio|anti|sub|hyper|inter|intra|micro|quasi|pseudo|super|omni) (?=[a-z]{3})"
)
#: Fields that are said in the singular too before what belongs to them: "dynamics model".
_FIELD = re.compile(
    r"\b(dynamic|kinematic|static|haptic)s (?=(?:model|equation|analysis|control|controller|compensation|constraint|"
    r"chain|simulation|simulator|solution|solver|feedback|randomization|modeling|identification|optimization|device)\b)"
)
#: Dimensions and degrees of freedom, which belong to their number.
_DIMENSION = re.compile(r"\b(\d+) (d|dof)\b")
#: Greek letters by the names that authors write out; a letter counts only where it is a whole word ("β-VAE").
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi "
        "chi psi omega".split(),
        strict=True,
    )
)
#: British spellings and their American counterparts, tried on words of six letters or more.
_SPELLINGS = (
    (re.compile(r"isation$"), "ization"),
    (re.compile(r"(?<=[a-z]{3}[bdglmnrtv])is(e|ed|er|ing)$"), r"iz\1"),
    (re.compile(r"(?<=behavi)our|(?<=neighb)our|(?<=col)our|(?<=lab)our"), "or"),
    (re.compile(r"(?<=mode)ll|(?<=labe)ll"), "l"),
)
#: Words with an "s" on both sides of the ocean.
_ALWAYS_S = re.compile(
    r"(?:superv|improv|advert|expert|prom|surpr|enterpr|compr|prem|merchand|parad|treat)is(?:e|ed|er|ing)$"
)


def singular(word: str) -> str:
    """The singular of a lower-case English word; acronyms ending in "s" lose it ("gans" → "gan")."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word in _UNCOUNTED:
        return word
    if word.endswith(("ss", "us", "is", "ics", "sis")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1]


def _american(word: str) -> str:
    if len(word) >= 6 and not _ALWAYS_S.search(word):
        for pattern, replacement in _SPELLINGS:
            word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=200_000)
def word_key(word: str) -> str:
    """The normal form of one word; a version number glued to a name comes apart ("GPT2" → "gpt 2")."""
    if word.endswith("s") and len(word) > 2 and word[:-1].isupper():
        word = word[:-1]
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    folded = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("’", "'")
    folded = folded.removesuffix("'s").replace("'", "")
    spelt = _american(singular(_GREEK.get(folded, folded)))
    return _VERSION.sub(r"\1 \2", _SAME.get(spelt, spelt))


@lru_cache(maxsize=200_000)
def name_key(name: str) -> str:
    """The normal form of a name: words in normal form with one space between.

    >>> name_key("Auto-Encoders") == name_key("auto encoder")
    True
    >>> name_key("CIFAR-10") == name_key("CIFAR-100")
    False
    """
    words = _WORD.findall(_DASHES.sub(" ", unicodedata.normalize("NFC", name)))
    if not words:
        return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return " ".join(word_key(w) for w in words)


def stem_key(key: str) -> str:
    """A key with its last word cut to its stem: "fine tuning", "fine tuned" and "fine tune" meet."""
    return _FORM.sub("", key)


@lru_cache(maxsize=200_000)
def joined(key: str) -> str:
    """A key with its compounds in one writing: "non linear" meets "nonlinear", "pointcloud" "point cloud"."""
    together, apart = _compounds()
    words: list[str] = []
    for word in _FIELD.sub(r"\1 ", _DIMENSION.sub(r"\1\2", _PREFIX.sub(r"\1", key))).split():
        whole = together.get((words[-1], word)) if words else None
        words[len(words) - (whole is not None) :] = [whole] if whole else apart.get(word, (word,))
    return " ".join(words)


@lru_cache(maxsize=1)
def _compounds() -> tuple[dict[tuple[str, str], str], dict[str, tuple[str, ...]]]:
    """Words by the two parts that some write them in, and parts by the words that some make of them."""
    lines = _COMPOUNDS.read_text(encoding="utf-8").splitlines()
    preferred = [line for line in lines if line and not line.startswith("#")]
    together = {(one, other): one + other for one, _, other in (line.partition("|") for line in preferred) if other}
    return together, {"".join(line.split()): tuple(line.split()) for line in preferred if "|" not in line}


def compact_key(name: str) -> str:
    """`name_key` without its spaces: "auto encoder" and "autoencoder" meet, "GPT-2" and "GPT2" too."""
    return name_key(name).replace(" ", "")


def slug(name: str) -> str:
    """The part of an entity id that stands for its name: lower-case, percent-encoded where needed.

    Letters of any script stay as they are; runs of spaces, hyphens and slashes become one hyphen, as in `name_key`;
    every other character is percent-encoded, so that "C", "C++" and "C#" have three slugs.
    """
    folded = unicodedata.normalize("NFC", _DASHES.sub(" ", name)).casefold()
    hyphened = "-".join(folded.split())
    return "".join(c if c.isalnum() or c in "-." else quote(c, safe="") for c in hyphened) or quote(name, safe="")


def numbers(name: str) -> tuple[str, ...]:
    """The numbers in a name, in order: two names with different numbers are two things."""
    return tuple(re.findall(r"\d+(?:\.\d+)?", name))


def in_capitals(text: str) -> bool:
    """Whether a name is written as acronyms are, with more than one capital: "SLIP" and "mAP", not "slip"."""
    return sum(c.isupper() for c in text) > 1


def is_acronym_of(short: str, long: str) -> bool:
    """Whether `short` can be read as an acronym of `long`.

    The letters of `short` must occur in `long` in order, the first at a word's start, and at least every word that
    is not a function word must be able to give a letter or the short form must be made of word beginnings only
    (after Schwartz and Hearst 2003).
    """
    letters = [c for c in short.removesuffix("s").casefold() if c.isalnum()]
    target = long.casefold()
    if not 2 <= len(letters) <= 12 or len(target) <= len(letters):
        return False
    position = len(target)
    for i, letter in enumerate(reversed(letters)):
        first = i == len(letters) - 1
        position = target.rfind(letter, 0, position)
        while position > 0 and first and target[position - 1].isalnum():
            position = target.rfind(letter, 0, position)
        if position < 0:
            return False
    return position >= 0
