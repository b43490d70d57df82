"""Finding things by name: papers by a part of their title, entities by any name they go by."""

from __future__ import annotations

from pyoxigraph import Literal

from kg.server.space import Space
from kg.server.things import Row, Rows

#: Names listed at most.
MOST = 25
#: Shorter texts are in nearly every name.
LEAST_LETTERS = 2

_SEARCH = """
SELECT ?thing ?name (MIN(?fit) AS ?best) (MAX(?count) AS ?papers) (MIN(?issued) AS ?year) WHERE {
  {
    ?thing kg:paperCount ?count ; skos:prefLabel ?name ; skos:prefLabel|skos:altLabel ?label .
    FILTER(CONTAINS(LCASE(?label), $text))
  } UNION {
    ?thing a kg:Paper ; dcterms:title ?name .
    BIND(?name AS ?label)
    FILTER(CONTAINS(LCASE(?label), $text))
    OPTIONAL { ?thing dcterms:issued ?issued }
  }
  BIND(IF(LCASE(?label) = $text, 0, IF(STRSTARTS(LCASE(?label), $text), 1, 2)) AS ?fit)
}
GROUP BY ?thing ?name
ORDER BY ?best DESC(?papers) DESC(?year) ?name
LIMIT $most
"""


async def search(rows: Rows, space: Space, text: str) -> list[Row]:
    """Things whose name has `text` in it, the best first.

    Returns
    -------
    list of dict
        ``iri``, ``path``, ``kind``, ``name``, and ``papers`` of an entity or ``year`` of a paper where known.
    """
    wanted = " ".join(text.lower().split())[:200]
    if len(wanted) < LEAST_LETTERS:
        return []
    found = await rows(_SEARCH.replace("$text", str(Literal(wanted))).replace("$most", str(MOST)))
    return [_hit(space, row) for row in found if space.path(row["thing"])]


def _hit(space: Space, row: Row) -> Row:
    path = space.path(row["thing"]) or ""
    told: dict[str, str] = {name: value for name, value in row.items() if name in ("papers", "year")}
    return {"iri": row["thing"], "path": path, "kind": path.split("/")[1], "name": row["name"], **told}
