"""Links between papers: shared entities weighted by rarity, and who builds on whom.

Both are computed from entities alone, over the sparse paper × entity matrix, in blocks of rows, so that memory
follows the block and not the square of the number of papers.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from kg.records import BuildsOn, Entity, Label, PaperEntity, ReadPaper, Related, entity_kind

#: How much a shared entity of each kind says: two papers that both report accuracy need not be alike.
KIND_WEIGHT: dict[Label, float] = {"METHOD": 1.0, "DATASET": 1.0, "TASK": 1.0, "METRIC": 0.3}
#: What a wider entity counts for when papers meet only there ("latent diffusion model", "diffusion model").
BROADER_DISCOUNT = 0.5
#: What an entity counts for that a paper names only in passing.
MENTIONED_DISCOUNT = 0.5
#: Entities in more papers than this do not create links: their idf is small and their pairs are quadratic.
MAX_PAPERS_PER_ENTITY = 1_000
#: A method that more papers than this claim to propose is a concept, not one paper's contribution.
MAX_PROPOSERS = 1

_BLOCK = 512


@dataclass(frozen=True)
class _Incidence:
    """The paper × entity matrix with the entity ids and their idf (natural logarithm) as columns."""

    matrix: sparse.csr_matrix
    entities: list[str]
    idf: np.ndarray


def _weights(paper: ReadPaper, entities: Mapping[str, Entity]) -> dict[str, float]:
    """How strongly one paper holds each entity, wider ones at a discount; the strongest reason counts."""
    held: dict[str, float] = {}
    for entity in paper.entities:
        own = MENTIONED_DISCOUNT if entity.role == "mentioned" else 1.0
        held[entity.id] = max(held.get(entity.id, 0.0), own)
        for wider in entities[entity.id].broader if entity.id in entities else ():
            held[wider] = max(held.get(wider, 0.0), own * BROADER_DISCOUNT)
    return held


def _incidence(papers: Sequence[ReadPaper], entities: Mapping[str, Entity]) -> _Incidence:
    rows: list[int] = []
    names: list[str] = []
    values: list[float] = []
    for row, paper in enumerate(papers):
        for entity_id, weight in sorted(_weights(paper, entities).items()):
            rows.append(row)
            names.append(entity_id)
            values.append(weight)
    columns = sorted(set(names))
    index = {entity_id: i for i, entity_id in enumerate(columns)}
    matrix = sparse.csr_matrix(
        (np.array(values), (np.array(rows, dtype=int), np.array([index[n] for n in names], dtype=int))),
        shape=(len(papers), len(columns)),
    )
    frequency = np.asarray((matrix > 0).sum(axis=0)).ravel()
    idf = np.log(len(papers) / np.maximum(frequency, 1))
    idf *= np.array([KIND_WEIGHT[entity_kind(name)] for name in columns]) if columns else 1.0
    idf[(frequency > MAX_PAPERS_PER_ENTITY) | (frequency < 2)] = 0.0
    return _Incidence(matrix, columns, idf)


def related(papers: Sequence[ReadPaper], entities: Mapping[str, Entity], k: int = 10) -> Iterator[tuple[Related, ...]]:
    """The `k` papers nearest to each paper by the entities they share.

    The weight of a pair is the sum over shared entities of idf(e) = ln(N / df(e)) (Spärck Jones 1972), times a
    factor for the entity's kind and for how each paper holds it.

    Parameters
    ----------
    papers : sequence of ReadPaper
        All papers of the graph, in the graph's order.
    entities : mapping of entity id to Entity
        For `Entity.broader`.
    k : int
        How many links a paper gets at most.

    Yields
    ------
    tuple of Related
        One a paper, in order, strongest first, ties by paper id; empty when nothing is shared.
    """
    if not papers:
        return
    incidence = _incidence(papers, entities)
    ids = [p.paper.id for p in papers]
    scaled = incidence.matrix @ sparse.diags(incidence.idf)
    transposed = incidence.matrix.T.tocsc()
    for start in range(0, len(papers), _BLOCK):
        block = (scaled[start : start + _BLOCK] @ transposed).tocsr()
        for offset in range(block.shape[0]):
            yield _strongest(block[offset], start + offset, ids, incidence, k)


def _strongest(row: sparse.csr_matrix, own: int, ids: list[str], incidence: _Incidence, k: int) -> tuple[Related, ...]:
    weights = np.round(row.data, 3)
    others, weights = row.indices[(row.indices != own) & (weights > 0)], weights[(row.indices != own) & (weights > 0)]
    if len(others) > 4 * k:
        threshold = np.partition(weights, -k)[-k]
        others, weights = others[weights >= threshold], weights[weights >= threshold]
    best = sorted(zip(weights.tolist(), others.tolist(), strict=True), key=lambda pair: (-pair[0], ids[pair[1]]))[:k]
    return tuple(Related(ids[other], weight, _shared(incidence, own, other)) for weight, other in best)


def _shared(incidence: _Incidence, a: int, b: int) -> tuple[str, ...]:
    """The entities two papers share, the one that says most first."""
    both = incidence.matrix[a].multiply(incidence.matrix[b]).tocoo()
    said = [
        (value * incidence.idf[column], incidence.entities[column])
        for column, value in zip(both.col, both.data, strict=True)
    ]
    return tuple(name for weight, name in sorted(said, key=lambda pair: (-pair[0], pair[1])) if weight > 0)


def builds_on(papers: Sequence[ReadPaper]) -> list[tuple[BuildsOn, ...]]:
    """For each paper the papers whose proposed methods it uses, compares with or studies.

    The later paper must use a proper name that the earlier one gives its method ("DDPM", not "flow-based"): anything
    else may be a concept that both know from elsewhere. A method that several papers propose is a concept too, and no
    paper takes a method from a newer one.

    Returns
    -------
    list of tuple of BuildsOn
        In the order of `papers`; each tuple sorted by paper id and method.
    """
    proposers: defaultdict[str, list[int]] = defaultdict(list)
    names: dict[str, set[str]] = {}
    for i, paper in enumerate(papers):
        for entity in _methods(paper, {"proposed"}):
            proposers[entity.id].append(i)
            names[entity.id] = _proper_names(entity)
    origin = {method: rows[0] for method, rows in proposers.items() if len(rows) <= MAX_PROPOSERS}
    links = []
    for i, paper in enumerate(papers):
        found = {
            BuildsOn(papers[origin[e.id]].paper.id, e.id)
            for e in _methods(paper, {"used", "compared", "studied"})
            if e.id in origin
            and origin[e.id] != i
            and names[e.id] & _proper_names(e)
            and _not_later(papers[origin[e.id]], paper)
        }
        links.append(tuple(sorted(found, key=lambda link: (link.id, link.via))))
    return links


def _proper_names(entity: PaperEntity) -> set[str]:
    """The mentions of an entity that are written as a proper name, in the singular."""
    return {m.text.removesuffix("s") for m in entity.mentions if _is_proper(m.text)}


def _is_proper(name: str) -> bool:
    """Whether a name has capitals after a word's first letter, digits among letters, or is one capitalised word."""
    if name.isalpha() and name[0].isupper():
        return True
    return any(
        any(c.isupper() for c in word[1:]) or (any(c.isdigit() for c in word) and any(c.isalpha() for c in word))
        for word in re.split(r"[\s-]+", name)
    )


def _methods(paper: ReadPaper, roles: set[str]) -> Iterable[PaperEntity]:
    return (e for e in paper.entities if e.label == "METHOD" and e.role in roles)


def _not_later(earlier: ReadPaper, later: ReadPaper) -> bool:
    first, second = earlier.paper.year, later.paper.year
    return first is None or second is None or first <= second


def document_frequency(papers: Iterable[ReadPaper]) -> Counter[str]:
    """In how many papers each entity occurs."""
    return Counter(entity.id for paper in papers for entity in paper.entities)


def inverse_document_frequency(count: int, papers: int) -> float:
    """ln(N / df), the rarity of an entity that `count` of `papers` papers name (Spärck Jones 1972)."""
    return math.log(papers / count) if count else 0.0
