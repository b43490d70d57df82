"""Minting RDF terms: IRIs that are valid and injective, literals that every syntax can hold.

Whatever an id or a text contains, what comes out of here can be written: Oxigraph checks an IRI when it is made, so a
bad one cannot surface in the middle of a file.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from kg.errors import UsageError
from kg.export.vocabulary import XSD
from kg.records import known_year

_ENCODED = re.compile(r"[^\w.:-]")
#: A local part that is already encoded as `encode` would: what `kg.naming.slug` makes.
_SLUG = re.compile(r"(?:[^\W_]|[-.~_]|%[0-9A-F]{2})+")
#: Precedes a local part that came in another form than its kind's rule makes, so that none meets another.
_MARK = "!"
#: What XML 1.0 cannot hold, and lone surrogates, which UTF-8 cannot.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WEB = re.compile(r"(?:https?|ftp)://[^\s/]+", re.IGNORECASE)
_IN_IRI = frozenset("-._~:/?#[]@!$&'()*+,;=%")


@lru_cache(maxsize=100_000)
def encode(text: str) -> str:
    """`text` as part of an IRI: letters and digits of any script and ``_ . : -`` stay, the rest is percent-encoded.

    Two texts never give the same encoding, and none gives the empty string.

    >>> [encode(name) for name in ("C", "C++", "C#", "doi:10.1/x")]
    ['C', 'C%2B%2B', 'C%23', 'doi:10.1%2Fx']
    """
    if not text.strip("."):  # "." and ".." are steps in a path, not names
        return "%2E" * len(text) or _MARK
    encoded = _ENCODED.sub(lambda match: _percent(match[0]), text)
    # A dot at the end of a prefixed name is the end of a statement to some readers of Turtle.
    return f"{encoded[:-1]}%2E" if encoded.endswith(".") else encoded


def encode_slug(slug: str) -> str:
    """Like `encode` for a text that is itself encoded: a slug stays as it is, anything else is marked and encoded.

    >>> encode_slug("c%2B%2B"), encode_slug("c++")
    ('c%2B%2B', '!c%2B%2B')
    """
    return slug if _SLUG.fullmatch(slug) and not slug.endswith(".") else _MARK + encode(slug).removeprefix(_MARK)


def _percent(character: str) -> str:
    return quote(character, safe="", errors="surrogatepass")


def check_base_iri(base_iri: str) -> str:
    """The base IRI, ending in ``/``, ``#`` or ``:``.

    Raises
    ------
    UsageError
        When it is not an absolute IRI or ends in another character, which would run into the kind.
    """
    try:
        NamedNode(base_iri)
    except ValueError as error:
        raise UsageError(f"base IRI (--base-iri) {base_iri!r} is not an absolute IRI: {error}") from None
    if not base_iri.endswith(("/", "#", ":")):
        raise UsageError(f"base IRI (--base-iri) {base_iri!r} must end in '/', '#' or ':', as ids follow it directly")
    return base_iri


def web_iri(text: str) -> NamedNode | None:
    """The web address in `text` with what an IRI must not contain percent-encoded; None when it is no address."""
    text = text.strip()
    if not _WEB.match(text):
        return None
    fixed = "".join(c if c.isalnum() or c in _IN_IRI else _percent(c) for c in text)
    try:
        return NamedNode(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", fixed))
    except ValueError:
        return None


def writable(text: str) -> str:
    """`text` with every code point that some syntax cannot hold replaced one for one, so that offsets stay true.

    Carriage returns become line feeds (an XML parser would make them so), the rest U+FFFD.
    """
    return _UNWRITABLE.sub("\ufffd", text.replace("\r", "\n"))


def string(text: str) -> Literal:
    """A plain literal of `text` as far as it can be written."""
    return Literal(writable(text))


def integer(value: int) -> Literal:
    """An xsd:integer."""
    return Literal(str(value), datatype=XSD.integer)


def boolean(value: bool) -> Literal:
    """An xsd:boolean."""
    return Literal("true" if value else "false", datatype=XSD.boolean)


def decimal(value: float) -> Literal:
    """An xsd:decimal with exactly the digits that `value` prints with: no exponent, no trailing zero.

    Raises
    ------
    ValueError
        For infinity and NaN, which xsd:decimal does not have.
    """
    exact = Decimal(repr(value))
    if not exact.is_finite():
        raise ValueError(f"{value} has no xsd:decimal")
    digits = format(exact, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return Literal("0" if digits == "-0" else digits, datatype=XSD.decimal)


def year(value: object) -> Literal | None:
    """An xsd:gYear of four digits; None for what is no year after Christ, as a line changed by hand may hold anything.

    >>> year(987).value, year(0), year("2020a")
    ('0987', None, None)
    """
    known = known_year(value)
    return Literal(f"{known:04d}", datatype=XSD.gYear) if known else None
