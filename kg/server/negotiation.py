"""Which of the forms that an answer can take a client likes best (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

#: Media type → name of the format, the server's own preference first.
TABLES: Mapping[str, str] = MappingProxyType(
    {
        "application/sparql-results+json": "json",
        "application/json": "json",
        "application/sparql-results+xml": "xml",
        "application/xml": "xml",
        "text/csv": "csv",
        "text/tab-separated-values": "tsv",
    }
)
GRAPHS: Mapping[str, str] = MappingProxyType(
    {
        "text/turtle": "turtle",
        "application/n-triples": "ntriples",
        "application/ld+json": "jsonld",
        "application/json": "jsonld",
        "application/rdf+xml": "rdfxml",
    }
)
HTML = "text/html"
#: What ``?format=`` may say instead of an Accept header, for links and for clients that cannot set one.
_BY_NAME = MappingProxyType(
    {
        "html": HTML,
        "json": "application/sparql-results+json, application/ld+json",
        "xml": "application/sparql-results+xml, application/rdf+xml",
        "csv": "text/csv",
        "tsv": "text/tab-separated-values",
        "turtle": "text/turtle",
        "ttl": "text/turtle",
        "ntriples": "application/n-triples",
        "nt": "application/n-triples",
        "jsonld": "application/ld+json",
        "json-ld": "application/ld+json",
        "rdfxml": "application/rdf+xml",
        "rdf+xml": "application/rdf+xml",
    }
)


def accepted(header: str, name: str = "") -> str:
    """The Accept header to go by: what a known format's `name` stands for, else `header` itself."""
    return _BY_NAME.get(name.lower(), header)


@lru_cache(maxsize=512)
def preferred(accept: str, offered: tuple[str, ...]) -> str | None:
    """The offered media type that a client likes best, the first of equals; None when it takes none of them.

    >>> preferred("text/html, */*;q=0.1", ("text/turtle", "text/html"))
    'text/html'
    >>> preferred("image/png", ("text/turtle",)) is None
    True
    """
    wanted = _ranges(accept)
    if not wanted:
        return offered[0]
    best, liking = None, 0.0
    for media_type in offered:
        quality = _quality(media_type, wanted)
        if quality > liking:
            best, liking = media_type, quality
    return best


def _ranges(accept: str) -> dict[str, float]:
    """Media range → quality; parameters other than the quality are passed over."""
    found = {}
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if media_range:
            found[media_range] = _weight(parameters)
    return found


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(1.0, max(0.0, float(parameter[2:])))
            except ValueError:
                return 0.0
    return 1.0


def _quality(media_type: str, wanted: Mapping[str, float]) -> float:
    """The quality that the most specific range gives a media type."""
    for media_range in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        if media_range in wanted:
            return wanted[media_range]
    return 0.0
