"""Text that is out to break formats, and a small graph that holds it everywhere."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
from hypothesis import strategies as st

from kg.analytics import analyse
from kg.graph import build_graph
from kg.records import Entity, EntityMention, Paper, PaperEntity, ReadPaper, Related, Result

#: Ends of strings, markup and statements in the languages that graphs are written in, and code points that few hold.
PIECES = (
    '"', "'", "`", "\\", "\\u0022", "\\u0027", "\\upsilon", "\\n", '\\"', "\\\\u0022", "$(x)", "${x}", "{{", "}}", ";",
    "\n// ", "/*", "*/", "--", "]]>", "<![CDATA[", "</data>", "<!--", "&amp;", "&#0;", "\x00", "\x08", "\x1f", "\x7f",
    "\x85", "\r", "\r\n", "\t", "\n", " ", "\u2028", "\ufeff", "\ufffe", "\ufffd", "\ud800", "\udfff", "\u202e",
    "😀", "é", "e\u0301", ",", "|", " | ", "=SUM(A1)", '"}) DETACH DELETE n //',
)  # fmt: skip


def examples(usual: int) -> int:
    """How many examples a property is tried with: `usual`, or as many as KG_EXAMPLES says."""
    return max(usual, int(os.environ.get("KG_EXAMPLES", "0")))


def repeatedly(test: Callable[..., None]) -> Callable[..., None]:
    """Try a property with other examples again and again, for as many seconds as KG_FUZZ_SECONDS says."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        end = time.monotonic() + float(os.environ.get("KG_FUZZ_SECONDS", "0"))
        test(*args, **kwargs)
        while time.monotonic() < end:
            test(*args, **kwargs)

    return run


text = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=()), max_size=8).map("".join)
identifier = text.filter(lambda t: t and not t.startswith(("method:", "metric:", "result:")))


def small_graph(title: str, name: str, key: str) -> nx.MultiDiGraph:
    """Two papers, two entities and a result with the given texts wherever a text can be."""
    name = name or "m"
    one = Paper(key, title, f"{name} is here.", authors=(name, title), venue=title, year=2020, keywords=(title, name))
    other = Paper("other", name, title, url=title, doi=name, arxiv=title)
    span = (EntityMention(len(title) + 1, len(title) + 1 + len(name), name),)
    named = PaperEntity("method:m", "METHOD", name, "used", span)
    result = Result("method:m", "metric:q", "", 1e-07, title, "gain", name, 0, len(title))
    entities = {
        "method:m": Entity("method:m", "METHOD", name, aliases=(title, name), papers=1, same_as=(title,)),
        "metric:q": Entity("metric:q", "METRIC", title, papers=1, higher_is_better=False),
    }
    links = (Related("other", 1.5, ("method:m",)),) if key != "other" else ()
    papers = [ReadPaper(one, (named,), (result,), links)] + ([ReadPaper(other)] if key != "other" else [])
    return analyse(build_graph(papers, entities))
