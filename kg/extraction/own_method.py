"""The paper's own method, by how papers introduce one: "Name: what it does" and "we propose Name, …"."""

from __future__ import annotations

from collections.abc import Iterator

from spacy.tokens import Doc

from kg.extraction.words import words_of

_VERBS = frozenset(
    """propose proposes present presents introduce introduces develop develops release releases design
    designs unveil contribute dub dubbed term termed name named call called""".split()
)
_NAMING = frozenset("dubbed termed named called call name term dub denoted coined".split())
_OTHERS = frozenset("recent recently existing exists prior previous previously known popular literature".split())
_SKIP = frozenset(
    "a an the our new novel simple efficient effective method framework approach model it this , “ \" `` ` '".split()
)


def own_names(doc: Doc) -> Iterator[tuple[int, int]]:
    """Token spans that the text introduces as the paper's own; the same name may come more than once."""
    title = _title_name(doc)
    if title:
        yield title
    for i, word in enumerate(words_of(doc)):
        verb = word.lower()
        if verb in _VERBS and (_names_own(doc, i) if verb in _NAMING else _subject_is_we(doc, i)):
            named = _name_after(doc, i + 1, near=verb in _NAMING)
            if named:
                yield named


def _title_name(doc: Doc) -> tuple[int, int] | None:
    """The words before the colon of a title like "Name: what it does", when they look like a name."""
    for i, word in enumerate(words_of(doc)):
        if "\n" in word and word.isspace():
            return None
        if word == ":":
            return (0, i) if 0 < i <= 3 and _like_a_name(doc[0:i].text) else None
    return None


def _names_own(doc: Doc, verb: int) -> bool:
    """Whether the sentence does not speak of others' work before the verb, which is "named" and "called" too."""
    start = verb
    while start > 0 and not doc[start].is_sent_start:
        start -= 1
    return not any(doc[j].lower_ in _OTHERS for j in range(start, verb))


def _subject_is_we(doc: Doc, verb: int) -> bool:
    before = [doc[j].lower_ for j in range(max(0, verb - 4), verb)]
    return "we" in before or before[-2:] in (["this", "paper"], ["this", "work"])


def _name_after(doc: Doc, start: int, near: bool) -> tuple[int, int] | None:
    """The name that stands at `start`, after skipping "a novel …"; it must be written as a name."""
    i = start
    while i < min(start + (5 if near else 3), len(doc)) and doc[i].lower_ in _SKIP:
        i += 1
    end = i
    while end < len(doc) and end - i < 5 and (_is_part(doc[end].text) or (end > i and doc[end].text in "-–/")):
        end += 1
    while end > i and doc[end - 1].text in "-–/":
        end -= 1
    return (i, end) if end > i and _like_a_name(doc[i:end].text) else None


def _is_part(word: str) -> bool:
    return word[:1].isupper() or any(c.isupper() for c in word) or word.isdigit()


def _like_a_name(text: str) -> bool:
    """Whether a phrase is written as a system's name: capitals inside a word, all capitals, or letters with digits."""
    words = text.replace("-", " ").split()
    return any(
        len(w) > 1
        and (any(c.isupper() for c in w[1:]) or (any(c.isdigit() for c in w) and any(c.isalpha() for c in w)))
        for w in words
    )
