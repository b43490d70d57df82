"""Links between papers: shared entities weighted by rarity, and who builds on whom.

Both are computed from entities alone, over the sparse paper × entity matrix, in blocks of rows, so that memory
follows the block and not the square of the number of papers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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

#: Papers whose links are computed together.
BLOCK = 512
_INDEFINITE = re.compile(r"\b[Aa]n?\s$")


@dataclass(frozen=True)
class Incidence:
    """The paper × entity matrix with the entity ids and their `rarity` as columns."""

    matrix: sparse.csr_matrix
    entities: Sequence[str]
    idf: np.ndarray

    @cached_property
    def scaled(self) -> sparse.csr_matrix:
        """The matrix times the rarities, without what links nobody: the pairs of a hub are what is quadratic."""
        scaled = (self.matrix @ sparse.diags(self.idf)).tocsr()
        scaled.eliminate_zeros()
        return scaled

    @cached_property
    def transposed(self) -> sparse.csr_matrix:
        """Entity × paper."""
        return self.matrix.T.tocsr()


def weights(paper: ReadPaper, entities: Mapping[str, Entity]) -> dict[str, float]:
    """How strongly one paper holds each entity, wider ones at a discount; the strongest reason counts."""
    held: dict[str, float] = {}
    for entity in paper.entities:
        own = MENTIONED_DISCOUNT if entity.role == "mentioned" else 1.0
        held[entity.id] = max(held.get(entity.id, 0.0), own)
        for wider in entities[entity.id].broader if entity.id in entities else ():
            held[wider] = max(held.get(wider, 0.0), own * BROADER_DISCOUNT)
    return held


def _incidence(papers: Sequence[ReadPaper], entities: Mapping[str, Entity]) -> Incidence:
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    number: dict[str, int] = {}
    for row, paper in enumerate(papers):
        for entity_id, weight in weights(paper, entities).items():
            rows.append(row)
            columns.append(number.setdefault(entity_id, len(number)))
            values.append(weight)
    names = sorted(number)
    place = np.empty(len(names), dtype=int)
    place[[number[name] for name in names]] = np.arange(len(names))
    matrix = sparse.csr_matrix((values, (rows, place[columns])), shape=(len(papers), len(names)), dtype=float)
    frequency = np.bincount(matrix.indices, minlength=len(names))
    return Incidence(matrix, names, rarity(names, frequency, len(papers)))


def rarity(entities: Sequence[str], frequency: np.ndarray, papers: int) -> np.ndarray:
    """What each entity says when two of so many papers share it: idf (natural logarithm) × kind; 0 if it links none."""
    idf: np.ndarray = np.log(papers / np.maximum(frequency, 1))
    idf *= np.array([KIND_WEIGHT[entity_kind(name)] for name in entities])
    idf[(frequency > MAX_PAPERS_PER_ENTITY) | (frequency < 2)] = 0.0
    return idf


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
    if not papers or k < 1:
        yield from (() for _ in papers)
        return
    incidence = _incidence(papers, entities)
    ids = [p.paper.id for p in papers]
    rank = np.empty(len(ids), dtype=int)
    rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    for start in range(0, len(papers), BLOCK):
        yield from nearest(incidence, ids, rank, start, k)


def nearest(
    incidence: Incidence, ids: Sequence[str], rank: np.ndarray, start: int, k: int
) -> Iterator[tuple[Related, ...]]:
    """What `related` yields for the `BLOCK` papers from row `start` on; `rank` is each paper's place by id."""
    block = (incidence.scaled[start : start + BLOCK] @ incidence.transposed).tocsr()
    links = _strongest(block, start, rank, k)
    found: list[list[Related]] = [[] for _ in range(block.shape[0])]
    for own, other, weight, names in zip(
        links.own.tolist(), links.other.tolist(), links.weight.tolist(), _shared(incidence, links), strict=True
    ):
        found[own - start].append(Related(ids[other], weight, names))
    yield from map(tuple, found)


@dataclass(frozen=True)
class _Links:
    """Pairs of papers by row, with their weights: those of one paper together, the strongest first."""

    own: np.ndarray
    other: np.ndarray
    weight: np.ndarray


def _strongest(weights: sparse.csr_matrix, start: int, rank: np.ndarray, k: int) -> _Links:
    """The `k` strongest links of each row of a block whose first row is paper `start`; `rank` orders equals."""
    count = np.diff(weights.indptr)
    own = np.repeat(np.arange(start, start + len(count)), count)
    weight = np.round(weights.data, 3)
    weight[own == weights.indices] = 0.0
    # The k-th largest of each row, or 0: what is below it need not be sorted.
    least = np.zeros(len(count))
    for row in np.flatnonzero(count > k):
        of_row = weight[weights.indptr[row] : weights.indptr[row + 1]]
        least[row] = np.partition(of_row, -k)[-k]
    kept = np.flatnonzero((weight > 0) & (weight >= np.repeat(least, count)))
    own, other, weight = own[kept], weights.indices[kept], weight[kept]
    order = np.lexsort((rank[other], -weight, own))
    own, other, weight = own[order], other[order], weight[order]
    place = np.arange(len(own)) - np.searchsorted(own, own)
    first = place < k
    return _Links(own[first], other[first], weight[first])


def _shared(incidence: Incidence, links: _Links) -> Iterator[tuple[str, ...]]:
    """The entities that each pair shares, the one that says most first, equals by id."""
    both = incidence.matrix[links.own].multiply(incidence.matrix[links.other]).tocoo()
    weight = both.data * incidence.idf[both.col]
    order = np.lexsort((both.col, -weight, both.row))
    order = order[weight[order] > 0]
    names = [incidence.entities[column] for column in both.col[order].tolist()]
    ends = np.searchsorted(both.row[order], np.arange(1, len(links.own) + 1)).tolist()
    return (tuple(names[begin:end]) for begin, end in zip([0, *ends], ends, strict=False))


def builds_on(papers: Sequence[ReadPaper]) -> list[tuple[BuildsOn, ...]]:
    """For each paper the papers whose proposed methods it uses, compares with or studies.

    The later paper must use a proper name that the earlier one gives its method ("DDPM", not "flow-based"): anything
    else may be a concept that both know from elsewhere, as is what the earlier paper calls one of many ("we present a
    stochastic differential equation (SDE)") and what several papers propose. No paper takes a method from a newer one.

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
            names[entity.id] = set() if _one_of_many(paper, entity) else _proper_names(entity)
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


def _one_of_many(paper: ReadPaper, entity: PaperEntity) -> bool:
    """Whether a paper speaks of an entity with an indefinite article and no capital."""
    text = paper.paper.text
    return any(m.text.islower() and _INDEFINITE.search(text, max(0, m.start - 3), m.start) for m in entity.mentions)


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
