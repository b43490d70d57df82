"""Which paper is which: ids from DOI, arXiv number, the record's own id or the title, in that order."""

from __future__ import annotations

import hashlib
import re

from kg.naming import name_key
from kg.records import ENTITY_KINDS

_DOI = re.compile(r"10\.\d{4,9}/[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+", re.IGNORECASE)
_ARXIV = re.compile(
    r"(?:(?<=^)|(?<=[:/\s]))(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?=$|[\s.;,)#?])", re.IGNORECASE
)


#: What the ids of entities and results begin with.
_OF_OTHERS = re.compile(f"(?:{'|'.join((*ENTITY_KINDS, 'result'))}):")


def normal_doi(text: str) -> str:
    """The DOI in `text` in lower case, without resolver or trailing punctuation; empty when there is none."""
    found = _DOI.search(text or "")
    doi = found[0] if found else ""
    while doi.endswith((".", ",", ";")) or (doi.endswith(")") and doi.count(")") > doi.count("(")):
        doi = doi[:-1]
    return doi.lower() if _DOI.fullmatch(doi) else ""


def normal_arxiv(text: str) -> str:
    """The arXiv number in `text` without version; empty when there is none."""
    text = (text or "").strip().removesuffix(".pdf")
    found = _ARXIV.search(text)
    return found[1] if found else ""


def paper_id(title: str, doi: str, arxiv: str, own: str) -> str:
    """The paper's id: ``doi:…``, ``arxiv:…``, the record's own, or ``title:`` and 12 hex digits of SHA-256.

    An own id that looks like that of an entity or a result gets ``id:`` before it.
    """
    if doi:
        return f"doi:{doi}"
    if arxiv:
        return f"arxiv:{arxiv}"
    if own:
        return f"id:{own}" if _OF_OTHERS.match(own) else own
    return "title:" + hashlib.sha256(name_key(title).encode()).hexdigest()[:12]


def arxiv_year(arxiv: str) -> int | None:
    """The year in which an arXiv number was given."""
    digits = arxiv.rsplit("/", 1)[-1][:2]
    if not digits.isdigit():
        return None
    return 2000 + int(digits) if int(digits) < 90 else 1900 + int(digits)
