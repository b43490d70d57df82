"""Records as the sources of papers shape them, mapped to `Paper`.

A flavour is told by its keys: our own records and lines of ``papers.jsonl``, the arXiv metadata snapshot, Semantic
Scholar, OpenAlex (whose abstract is an inverted index), and the column names that tables and bibliographies use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kg.readers.cleaning import clean, clean_id
from kg.readers.identity import arxiv_year, normal_arxiv, normal_doi, paper_id
from kg.records import Paper

#: A longer abstract is a mistake (a whole paper in one field), and a text made for it takes the encoder minutes.
MAX_CHARACTERS = 20_000
#: The same before cleaning, which takes time too, and for what else a record says of a paper.
_MAX_RAW = 50_000
_MAX_FACT = 1_000
_MAX_FACTS = 10_000

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("id", "paper_id", "paperid", "corpusid", "uid", "key", "eid", "pmid"),
    "title": (
        "title", "display_name", "document title", "article title", "primary_title", "paper title", "name", "ti", "t1",
    ),
    "abstract": ("abstract", "summary", "abstracts", "description", "ab", "abstractnote", "n2", "notes_abstract"),
    "authors": (
        "authors", "author", "author names", "author full names", "authorships", "first_authors", "au", "creators",
    ),
    "year": ("year", "publication_year", "publication year", "date", "published", "publication_date", "py", "y1"),
    "venue": (
        "venue", "journal", "booktitle", "source title", "journal-ref", "conference", "journal_name", "secondary_title",
        "publication title", "container-title", "host_venue", "source",
    ),
    "doi": ("doi", "doi_url", "digital object identifier"),
    "arxiv": ("arxiv", "arxiv_id", "arxivid", "eprint"),
    "url": ("url", "link", "urls", "landing_page_url", "pdf_url"),
    "keywords": ("keywords", "author keywords", "keyword", "tags", "de", "index keywords"),
}  # fmt: skip
_PARENTHESIS = re.compile(r"\s*\([^()]*\)")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_URL = re.compile(r"https?://[^\s<>\"{}|\\^`\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_ARXIV_KEYS = {"journal-ref", "authors_parsed", "update_date", "versions"}


class RecordError(ValueError):
    """A record that is not a paper; the message says what it lacks."""


def to_paper(record: Mapping[str, Any]) -> Paper:
    """The paper that a record of any known flavour describes.

    Raises
    ------
    RecordError
        When there is no title or no abstract, or one is beyond `MAX_CHARACTERS`.
    """
    fields = _fields(record)
    raw_title, raw_abstract = _text(fields.get("title")), _abstract(record, fields)
    if len(raw_title) + len(raw_abstract) > _MAX_RAW:
        raise RecordError(_too_long(len(raw_title) + len(raw_abstract)))
    title, abstract = clean(raw_title), clean(raw_abstract)
    if not title and not abstract:
        raise RecordError("no title and no abstract")
    if not title:
        raise RecordError("no title")
    if not abstract:
        raise RecordError("no abstract")
    if len(title) + len(abstract) > MAX_CHARACTERS:
        raise RecordError(_too_long(len(title) + len(abstract)))
    doi = normal_doi(_text(fields.get("doi")) or _external(record, "DOI"))
    arxiv = _arxiv(record, fields)
    return Paper(
        id=paper_id(title, doi, arxiv, _fact(_text(fields.get("id")), clean_id)),
        title=title,
        abstract=abstract,
        authors=tuple(a for a in map(_fact, _authors(fields.get("authors"))) if a)[:_MAX_FACTS],
        year=_year(fields.get("year")) or (arxiv_year(arxiv) if arxiv else None),
        venue=_fact(_venue(record, fields)),
        doi=doi,
        arxiv=arxiv,
        url=_url(_text(fields.get("url"))),
        keywords=tuple(k for k in map(_fact, _list(fields.get("keywords"))) if k)[:_MAX_FACTS],
    )


def _too_long(characters: int) -> str:
    return f"{characters:,} characters, more than {MAX_CHARACTERS:,}: not an abstract"


def _fact(text: str, cleaned: Callable[[str], str] = clean) -> str:
    """A name, venue, keyword or id; none where it is longer than any."""
    return cleaned(text) if len(text) <= _MAX_FACT else ""


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    lowered = {str(key).strip().lower().lstrip("\ufeff"): value for key, value in record.items()}
    found: dict[str, Any] = {}
    for field, names in _SYNONYMS.items():
        found[field] = next((lowered[name] for name in names if lowered.get(name) not in (None, "", [])), None)
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return " ".join(_text(part) for part in value)
    if isinstance(value, Mapping):
        return _text(value.get("text") or value.get("value") or value.get("name") or value.get("display_name"))
    return str(value)


def _abstract(record: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    inverted = record.get("abstract_inverted_index")
    if not isinstance(inverted, Mapping):
        return _text(fields.get("abstract"))
    placed = []
    for word, places in inverted.items():
        if not isinstance(places, list) or not all(isinstance(place, int) for place in places):
            raise RecordError(f"an inverted index that gives no positions for {str(word)[:40]!r}")
        placed += [(place, str(word)) for place in places]
    return " ".join(word for _, word in sorted(placed))


def _arxiv(record: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    given = normal_arxiv(_text(fields.get("arxiv"))) or normal_arxiv(_external(record, "ArXiv"))
    if given:
        return given
    if record.keys() & _ARXIV_KEYS:
        return normal_arxiv(_text(record.get("id")))
    for field in ("id", "url", "doi"):
        text = _text(fields.get(field))
        if "arxiv" in text.lower():
            found = normal_arxiv(re.sub(r"(?i)10\.48550/arxiv\.", "/", text))
            if found:
                return found
    return ""


def _external(record: Mapping[str, Any], name: str) -> str:
    """An identifier among Semantic Scholar's ``externalIds``."""
    for key in ("externalIds", "externalids", "external_ids"):
        ids = record.get(key)
        if isinstance(ids, Mapping):
            return _text(ids.get(name))
    return ""


def _authors(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return _names(_PARENTHESIS.sub("", " ".join(value.split())))
    return [_author(part) for part in value or ()] if isinstance(value, (list, tuple)) else []


def _names(line: str) -> list[str]:
    """The names in one line: "A; B", "A, B and C", or "Last, First and Last, First" as in BibTeX."""
    if ";" in line:
        return [name.strip() for name in line.split(";")]
    parts = re.split(r"\s+and\s+", line)
    if len(parts) > 1 and all(part.count(",") == 1 for part in parts):
        return parts
    return [name.strip() for part in parts for name in part.split(",")]


def _author(value: Any) -> str:
    if isinstance(value, Mapping):
        names = (value.get(key) for key in ("name", "author", "display_name", "raw_author_name"))
        return _text(next((name for name in names if name), None))
    return _text(value)


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part for part in re.split(r"[;,|]", value) if part.strip()]
    return [_text(part) for part in value] if isinstance(value, (list, tuple)) else []


def _year(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = _YEAR.search(_text(value))
    return int(found[1]) if found else None


def _venue(record: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    location = record.get("primary_location")
    if isinstance(location, Mapping) and isinstance(location.get("source"), Mapping):
        return _text(location["source"].get("display_name"))
    return _text(fields.get("venue"))


def _url(text: str) -> str:
    first = text.split()[0] if text.split() else ""
    return first if _URL.fullmatch(first) else ""
