"""A web page saved as text: a title line, then an abstract line, again and again, with the page's own lines around.

The lines of the page are told from titles and abstracts by what they are like: an abstract is long prose, a title is
short and does not end like a sentence, everything else is not a paper's. A button's word glued to a title
("SubscribePoSynDA: …") is cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

#: An abstract is at least this long; a title at most that.
MIN_ABSTRACT = 200
MAX_TITLE = 300
_BUTTON = re.compile(
    r"^(?:Subscribe|Sign ?up|Log ?in|Upvote|Follow|Share|Search|Trending|Submit|Next|Previous)(?=[A-Z0-9\"“'(])"
)
_PAGE = re.compile(
    r"^(get trending papers\b.*|subscribe|sign ?up|log ?in|upvote|follow|share|next|previous|(cookie|privacy)\b.*|"
    r"\d+|by\s+\S+|·.*)$",
    re.IGNORECASE,
)


def read_page(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Records of a text page with the number of their title's line; a string in place of a record says what is wrong.

    Lines are numbered from 1. A line like an abstract without a title before it, or a title without an abstract after
    it, is reported and costs nothing else.
    """
    title, title_line = "", 0
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or (_PAGE.match(text) and len(text) < MIN_ABSTRACT):
            continue
        if len(text) >= MIN_ABSTRACT and (title or len(text) > MAX_TITLE):
            if title:
                yield title_line, {"title": title, "abstract": text}
            else:
                yield number, f"an abstract without a title before it: {text[:60]}…"
            title = ""
        else:
            if title:
                yield title_line, f"no abstract after this title: {title[:60]}"
            title, title_line = _BUTTON.sub("", text), number
    if title:
        yield title_line, f"no abstract after this title: {title[:60]}"
