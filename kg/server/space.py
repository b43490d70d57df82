"""Between the IRIs of a graph's things and the paths under which this server shows them: the same but for the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from pyoxigraph import NamedNode

from kg.export.vocabulary import BASE_IRI, INSTANCE_KINDS

_KEPT = frozenset("-_:")
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ANYTHING_KEPT = "/:%!~"


@dataclass(frozen=True, slots=True)
class Space:
    """The instances of one graph; `base` is what their IRIs begin with."""

    base: str

    @classmethod
    def of(cls, prefixes: Mapping[str, str]) -> Space:
        """The space of a graph that declares these prefixes."""
        papers = prefixes.get("paper", "")
        return cls(papers.removesuffix("paper/") if papers.endswith("paper/") else BASE_IRI)

    def iri(self, path: str) -> NamedNode | None:
        """The IRI that a path as it came over the wire stands for; None if it can be none of an instance.

        Clients encode more than has to be, and browsers every letter beyond ASCII; an IRI has such letters as they are.
        """
        kind, slash, local = path.removeprefix("/").partition("/")
        if kind not in INSTANCE_KINDS or not slash or not local:
            return None
        try:
            return NamedNode(f"{self.base}{kind}/{_ENCODED.sub(_decode, local)}")
        except ValueError:
            return None

    def path(self, iri: str) -> str | None:
        """Where an instance is shown, in ASCII; None for the IRI of anything else."""
        local = iri.removeprefix(self.base)
        if not iri.startswith(self.base) or local.partition("/")[0] not in INSTANCE_KINDS:
            return None
        return "/" + quote(local, safe=_ANYTHING_KEPT)


def _decode(match: re.Match[str]) -> str:
    try:
        text = unquote_to_bytes(match[0]).decode()
    except UnicodeDecodeError:
        return match[0].upper()
    # A dot is only ever encoded where "." or ".." would be a step in the path.
    return "".join(c if c.isalnum() or c in _KEPT else quote(c, safe="~").replace(".", "%2E") for c in text)
