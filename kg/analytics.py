"""What the shape of the graph says: communities of papers and their names, central entities, entities over the years.

Everything is computed on sparse matrices and is the same on every run. Communities come from Louvain's method; a
graph too large for networkx' implementation is contracted first, every paper with its strongest neighbour, and the
communities found there are refined on the whole graph.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import networkx as nx
import numpy as np
from scipy import sparse

from kg.graph import PAPER_RELATIONS, nodes_of_kind
from kg.naming import name_key
from kg.records import ENTITY_KINDS

#: Most communities that are told apart; smaller ones join the one they share most with.
MAX_COMMUNITIES = 24
#: A community of fewer papers than this, or than `MIN_SHARE` of all papers, is a leftover.
MIN_PAPERS = 3
MIN_SHARE = 0.002
#: Louvain runs on at most this many nodes; larger graphs are contracted until they fit.
LOUVAIN_NODES = 10_000
#: Probability of following a link rather than starting anew (Brin and Page 1998).
DAMPING = 0.85
#: The name of the papers that are tied to no community.
OTHER = "Other papers"

_SEED = 0
_REFINEMENTS = 8
_NAME_PARTS = 3
_TOP = 12


def analyse(graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """Add communities, centrality and timelines to a graph, in place.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
        As `kg.graph.build_graph` makes it.

    Returns
    -------
    networkx.MultiDiGraph
        The same graph. Papers and entities have ``community`` (int); entities have ``centrality`` (PageRank on the
        graph of papers and entities, 0 to 1) and ``timeline`` (a tuple of (year, number of papers), by year).
        ``graph.graph["communities"]`` lists the communities, largest first: dicts with ``id`` (int), ``name``,
        ``papers`` (how many) and ``top`` (ids of its most characteristic entities).
    """
    papers = list(nodes_of_kind(graph, "paper"))
    entities = [node for node, data in graph.nodes(data=True) if data["kind"] in ENTITY_KINDS]
    incidence = _incidence(graph, papers, entities)
    labels = communities(similarity(graph, papers))
    described = _describe(graph, incidence, labels, entities)
    graph.graph["communities"] = described
    labels = np.where(labels < 0, len(described) - 1, labels)
    nx.set_node_attributes(graph, dict(zip(papers, labels.tolist(), strict=True)), "community")
    homes = _homes(incidence, labels, len(described))
    nx.set_node_attributes(graph, dict(zip(entities, homes.tolist(), strict=True)), "community")
    ranks = np.round(pagerank(incidence), 9)
    nx.set_node_attributes(graph, dict(zip(entities, ranks.tolist(), strict=True)), "centrality")
    nx.set_node_attributes(graph, _timelines(graph, papers, entities), "timeline")
    return graph


def similarity(graph: nx.MultiDiGraph, papers: Sequence[str]) -> sparse.csr_matrix:
    """The symmetric papers × papers matrix of ``sharesEntitiesWith`` weights, the larger of both directions."""
    index = {paper: i for i, paper in enumerate(papers)}
    rows, columns, weights = [], [], []
    for source, target, data in graph.edges(data=True):
        if data["relation"] == "sharesEntitiesWith":
            rows.append(index[source])
            columns.append(index[target])
            weights.append(data["weight"])
    matrix = sparse.csr_matrix((weights, (rows, columns)), shape=(len(papers), len(papers)), dtype=float)
    return matrix.maximum(matrix.T).tocsr()


def _incidence(graph: nx.MultiDiGraph, papers: Sequence[str], entities: Sequence[str]) -> sparse.csr_matrix:
    """The papers × entities matrix of 0 and 1."""
    row = {paper: i for i, paper in enumerate(papers)}
    column = {entity: i for i, entity in enumerate(entities)}
    cells = sorted({
        (row[source], column[target])
        for source, target, data in graph.edges(data=True)
        if data["relation"] in PAPER_RELATIONS
    })  # fmt: skip
    at = np.array(cells, dtype=int).reshape(-1, 2)
    return sparse.csr_matrix((np.ones(len(at)), (at[:, 0], at[:, 1])), shape=(len(papers), len(entities)))


def communities(weights: sparse.csr_matrix) -> np.ndarray:
    """Which community each paper belongs to.

    Parameters
    ----------
    weights : scipy.sparse.csr_matrix
        Symmetric, papers × papers.

    Returns
    -------
    numpy.ndarray of int
        One id a paper; 0 is the largest community, -1 stands for papers that are tied to none.

    References
    ----------
    Blondel, Guillaume, Lambiotte, Lefebvre (2008), Fast unfolding of communities in large networks.
    """
    if weights.shape[0] == 0:
        return np.zeros(0, dtype=int)
    groups, small = _contracted(weights)
    labels = _louvain(small)[groups]
    kept = _keep_large(labels, np.diff(weights.indptr) > 0)
    joined = _join_nearest(weights, kept)
    if small.shape[0] < weights.shape[0]:
        joined = _refine(weights, joined)
    return _by_size(joined)


def _louvain(weights: sparse.csr_matrix) -> np.ndarray:
    found = nx.community.louvain_communities(nx.from_scipy_sparse_array(weights), seed=_SEED)
    labels = np.zeros(weights.shape[0], dtype=int)
    for label, members in enumerate(found):
        labels[list(members)] = label
    return labels


def _contracted(weights: sparse.csr_matrix) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Groups of papers small enough in number for Louvain, and the weights between the groups."""
    groups = np.arange(weights.shape[0])
    while weights.shape[0] > LOUVAIN_NODES:
        merged, count = _merge_with_strongest(weights)
        if count > 0.9 * weights.shape[0]:
            break
        groups = merged[groups]
        member = _one_hot(merged, count)
        weights = (member.T @ weights @ member).tocsr()
    return groups, weights


def _merge_with_strongest(weights: sparse.csr_matrix) -> tuple[np.ndarray, int]:
    """Every node with the neighbour it is strongest tied to, measured against that neighbour's ties, in one group."""
    count = weights.shape[0]
    rows = np.repeat(np.arange(count), np.diff(weights.indptr))
    degree = np.asarray(weights.sum(axis=1)).ravel()
    score = np.where(rows == weights.indices, -1.0, weights.data / degree[weights.indices])
    order = np.lexsort((weights.indices, -score, rows))
    first = order[np.unique(rows[order], return_index=True)[1]]
    nearest = np.arange(count)
    nearest[rows[first]] = weights.indices[first]
    pointers = sparse.csr_matrix((np.ones(count), (np.arange(count), nearest)), shape=(count, count))
    groups, labels = sparse.csgraph.connected_components(pointers, directed=False)
    return labels, groups


def _one_hot(labels: np.ndarray, count: int) -> sparse.csr_matrix:
    """The nodes × labels matrix of 0 and 1; a label of -1 has no column."""
    rows = np.flatnonzero(labels >= 0)
    return sparse.csr_matrix((np.ones(len(rows)), (rows, labels[rows])), shape=(len(labels), count))


def _keep_large(labels: np.ndarray, linked: np.ndarray) -> np.ndarray:
    """The labels of the largest communities, renumbered from 0; every other paper is -1."""
    sizes = Counter(labels[linked].tolist())
    least = max(MIN_PAPERS, math.ceil(MIN_SHARE * len(labels)))
    ranked = sorted(sizes, key=lambda label: (-sizes[label], label))[:MAX_COMMUNITIES]
    kept = [label for label in ranked if sizes[label] >= least] or ranked[:1]
    number = {label: i for i, label in enumerate(kept)}
    return np.array([number.get(label, -1) if has else -1 for label, has in zip(labels.tolist(), linked, strict=True)])


def _attachment(weights: sparse.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """How strongly each paper is tied to each community: papers × communities."""
    return np.asarray((weights @ _one_hot(labels, labels.max() + 1)).todense())


def _join_nearest(weights: sparse.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """Leftover papers in the community they share most with, step by step; those tied to none stay -1."""
    labels = labels.copy()
    while (labels < 0).any() and labels.max() >= 0:
        ties = _attachment(weights, labels)
        reached = (labels < 0) & (ties.max(axis=1) > 0)
        if not reached.any():
            break
        labels[reached] = ties[reached].argmax(axis=1)
    return labels


def _refine(weights: sparse.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """Move papers to the community where modularity gains most, half of them at a time so that none swap."""
    degree = np.asarray(weights.sum(axis=1)).ravel()
    papers = np.arange(len(labels))
    for step in range(_REFINEMENTS):
        volume = np.bincount(labels[labels >= 0], degree[labels >= 0])
        gain = _attachment(weights, labels) - np.outer(degree, volume) / degree.sum()
        gain[papers, labels] += degree**2 / degree.sum()
        best = gain.argmax(axis=1)
        moves = (papers % 2 == step % 2) & (gain[papers, best] > gain[papers, labels] + 1e-9) & (labels >= 0)
        if not moves.any():
            break
        labels = np.where(moves, best, labels)
    return labels


def _by_size(labels: np.ndarray) -> np.ndarray:
    """The same communities numbered by size."""
    sizes = Counter(labels[labels >= 0].tolist())
    order = sorted(sizes, key=lambda label: (-sizes[label], label))
    number = {label: i for i, label in enumerate(order)} | {-1: -1}
    return np.array([number[label] for label in labels.tolist()])


def _homes(incidence: sparse.csr_matrix, labels: np.ndarray, count: int) -> np.ndarray:
    """The community of most of each entity's papers; an entity that no paper names directly gets the first."""
    if not count:
        return np.zeros(incidence.shape[1], dtype=int)
    held = np.asarray((incidence.T @ _one_hot(labels, count)).todense())
    return np.asarray(held.argmax(axis=1))


def pagerank(incidence: sparse.csr_matrix, rounds: int = 50) -> np.ndarray:
    """PageRank of the entities on the undirected graph of papers and entities.

    Parameters
    ----------
    incidence : scipy.sparse.csr_matrix
        Papers × entities, 0 and 1.
    rounds : int
        Steps of the power iteration; the error shrinks by `DAMPING` in each.

    References
    ----------
    Page, Brin, Motwani, Winograd (1999), The PageRank citation ranking: bringing order to the web.
    """
    papers, entities = incidence.shape
    if not entities:
        return np.zeros(0)
    links = sparse.block_array([[None, incidence], [incidence.T, None]], format="csr")
    degree = np.asarray(links.sum(axis=1)).ravel()
    step = links @ sparse.diags(1 / np.maximum(degree, 1))
    total = papers + entities
    rank = np.full(total, 1 / total)
    for _ in range(rounds):
        lost = rank[degree == 0].sum() / total
        rank = DAMPING * (step @ rank + lost) + (1 - DAMPING) / total
    return rank[papers:]


def _describe(
    graph: nx.MultiDiGraph, incidence: sparse.csr_matrix, labels: np.ndarray, entities: Sequence[str]
) -> list[dict[str, object]]:
    """Id, name, size and most characteristic entities of every community; papers tied to none come last."""
    used: set[str] = set()
    described: list[dict[str, object]] = []
    for community in range(int(labels.max(initial=-1)) + 1):
        members = labels == community
        top = [entities[i] for i in _characteristic(incidence, members)]
        told = [e for e in top if graph.nodes[e]["kind"] != "metric"]
        name = " · ".join(_distinct_names([graph.nodes[e]["name"] for e in told], used)) or OTHER
        described.append({"id": community, "name": name, "papers": int(members.sum()), "top": tuple(told[:_TOP])})
    if (labels < 0).any():
        described.append({"id": len(described), "name": OTHER, "papers": int((labels < 0).sum()), "top": ()})
    return described


def _characteristic(incidence: sparse.csr_matrix, members: np.ndarray, most: int = 60) -> list[int]:
    """Columns of the entities that tell a community's papers from all others, best first.

    An entity's score is n · ln((n / m) / (N / M)): it is in n of the community's m papers and in N of all M, the
    term of the Kullback–Leibler divergence between the community and the corpus. It grows with frequency inside, as
    tf does, and with rarity outside, as idf does, but also works where every entity occurs in every community.
    """
    inside = np.asarray(incidence[members].sum(axis=0)).ravel()
    overall = np.asarray(incidence.sum(axis=0)).ravel()
    lift = (inside / members.sum()) / np.maximum(overall / len(members), 1e-12)
    score = np.round(inside * np.log(np.maximum(lift, 1e-12), where=inside > 0, out=np.zeros_like(lift)), 9)
    # An entity that one paper alone names says nothing of its neighbours, unless the paper has none.
    score[inside < min(2, members.sum())] = 0
    return [int(i) for i in np.lexsort((np.arange(len(score)), -score))[:most] if score[i] > 0]


def _distinct_names(names: Iterable[str], used: set[str]) -> list[str]:
    """The first names that share no word with each other and that no community has yet; adds them to `used`."""
    chosen: list[str] = []
    words: set[str] = set()
    for name in names:
        own = set(name_key(name).split())
        if name in used or own & words:
            continue
        chosen.append(name)
        used.add(name)
        words |= own
        if len(chosen) == _NAME_PARTS or (len(chosen) == 2 and sum(map(len, chosen)) > 40):
            break
    return chosen


def _timelines(
    graph: nx.MultiDiGraph, papers: Iterable[str], entities: Iterable[str]
) -> dict[str, tuple[tuple[int, int], ...]]:
    years: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for paper in papers:
        year = graph.nodes[paper]["year"]
        if year is not None:
            named = {t for _, t, d in graph.out_edges(paper, data=True) if d["relation"] in PAPER_RELATIONS}
            for entity in named:
                years[entity][year] += 1
    return {entity: tuple(sorted(years[entity].items())) for entity in entities}
