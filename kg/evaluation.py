"""Scores against papers annotated by careful reading.

Per paper and label, gold and predicted entities are matched one to one. A strict match shares a surface form after
normalisation (LaTeX, Unicode, case, hyphens, plural); a relaxed one has a surface whose words contain the other's as
a run. A prediction that meets an optional gold entity counts neither way, and an optional one that is missed costs
nothing. Figures are summed over papers before they are divided (micro-averages); "core" is METHOD, DATASET and METRIC
together.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from kg.errors import InputError
from kg.extraction import extract
from kg.extraction.gazetteer import Gazetteer
from kg.linking import related
from kg.naming import name_key
from kg.readers.cleaning import clean
from kg.records import LABELS, Entity, EntityMention, Label, Paper, PaperEntity, ReadPaper, Result
from kg.resolution import resolve

CORE: tuple[Label, ...] = ("METHOD", "DATASET", "METRIC")
#: What an optional match is worth to the matching: it must never cost one that counts.
_OPTIONAL_WORTH = 1e-3


@dataclass(frozen=True, slots=True)
class GoldEntity:
    """An annotated entity; `surfaces` as printed."""

    label: Label
    name: str
    surfaces: tuple[str, ...]
    role: str
    optional: bool


@dataclass(frozen=True, slots=True)
class GoldResult:
    """An annotated result; `value` as printed."""

    method: str
    metric: str
    value: str
    unit: str
    dataset: str
    kind: str


@dataclass(frozen=True, slots=True)
class GoldPaper:
    """An annotated paper; `abstract` is empty where the gold file leaves the text to another."""

    id: str
    title: str
    abstract: str
    entities: tuple[GoldEntity, ...]
    results: tuple[GoldResult, ...]


@dataclass(slots=True)
class Count:
    """True positives, false positives and false negatives, and what follows from them."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __iadd__(self, other: Count) -> Count:
        self.tp, self.fp, self.fn = self.tp + other.tp, self.fp + other.fp, self.fn + other.fn
        return self

    @property
    def precision(self) -> float:
        """Share of the predictions that are right; 0 where there are none."""
        return self.tp / (self.tp + self.fp) if self.tp else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found; 0 where nothing was."""
        return self.tp / (self.tp + self.fn) if self.tp else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp else 0.0


@dataclass(frozen=True, slots=True)
class PaperErrors:
    """What was wrong in one paper under strict matching: entities of any label, and the counts of the core labels."""

    gold: GoldPaper
    predicted: ReadPaper
    missed: tuple[GoldEntity, ...]
    spurious: tuple[PaperEntity, ...]
    core: Count

    @property
    def weight(self) -> int:
        """How many errors of the core labels the paper has."""
        return sum(e.label in CORE for e in self.missed) + sum(e.label in CORE for e in self.spurious)


@dataclass(slots=True)
class Evaluation:
    """All scores of a run.

    strict, relaxed : per label and under "core"
    results : results with metric and value right
    roles : (right, total) over strictly matched METHODs
    proposed : (found, total) papers with a non-optional proposed method of which one was found as proposed
    resolution : pairs of mentions in different papers that are one thing
    ndcg : mean nDCG@10 of related papers, None with fewer than two papers
    missing : ids of gold papers that have no prediction
    """

    papers: int = 0
    strict: dict[str, Count] = field(default_factory=lambda: {k: Count() for k in (*LABELS, "core")})
    relaxed: dict[str, Count] = field(default_factory=lambda: {k: Count() for k in (*LABELS, "core")})
    results: Count = field(default_factory=Count)
    roles: tuple[int, int] = (0, 0)
    proposed: tuple[int, int] = (0, 0)
    resolution: Count = field(default_factory=Count)
    ndcg: float | None = None
    missing: list[str] = field(default_factory=list)
    errors: list[PaperErrors] = field(default_factory=list)


def read_gold(path: str | Path) -> list[GoldPaper]:
    """The papers of a gold file.

    Raises
    ------
    InputError
        For a line that is not a gold paper; names file and line.
    """
    path, papers = Path(path), []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    papers.append(_gold_paper(json.loads(line)))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise InputError(f"not a gold paper: {error!r}", file=str(path), line=number) from error
    return papers


def _gold_paper(record: Mapping[str, Any]) -> GoldPaper:
    entities = tuple(
        GoldEntity(e["label"], e["name"], tuple(e["surfaces"]), e.get("role", ""), bool(e.get("optional")))
        for e in record["entities"]
    )
    results = tuple(
        GoldResult(*(str(r.get(key) or "") for key in ("method", "metric", "value", "unit", "dataset", "kind")))
        for r in record.get("results", ())
    )
    return GoldPaper(record["id"], record.get("title", ""), record.get("abstract", ""), entities, results)


def read_texts(gold: Sequence[GoldPaper]) -> list[ReadPaper]:
    """What kg finds in the texts that gold papers carry themselves; those without an abstract are passed over."""
    papers = [Paper(p.id, clean(p.title), clean(p.abstract)) for p in gold if p.abstract]
    return resolve(list(extract(papers)), Gazetteer.load_names()).papers


def evaluate(gold: Sequence[GoldPaper], predicted: Iterable[ReadPaper]) -> Evaluation:
    """Score predictions against gold papers, which are paired by id, else by title.

    Parameters
    ----------
    gold : sequence of GoldPaper
    predicted : iterable of ReadPaper
        Papers that are not in `gold` are passed over.
    """
    pairs, missing = _paired(gold, predicted)
    scores = Evaluation(papers=len(pairs), missing=missing)
    items: list[tuple[str, tuple[Label, str], str]] = []
    for paper, found in pairs:
        missed: list[GoldEntity] = []
        spurious: list[PaperEntity] = []
        core = Count()
        for label in LABELS:
            wanted = [e for e in paper.entities if e.label == label]
            got = [e for e in found.entities if e.label == label]
            strict = match(wanted, got, strictly=True)
            count = _count(wanted, got, strict)
            _add(scores.strict, label, count)
            _add(scores.relaxed, label, _count(wanted, got, match(wanted, got, strictly=False)))
            if label in CORE:
                core += count
            items += [(paper.id, (label, name_key(wanted[i].name)), got[j].id) for i, j in strict.items()]
            missed += [e for i, e in enumerate(wanted) if i not in strict and not e.optional]
            spurious += [e for j, e in enumerate(got) if j not in strict.values()]
            if label == "METHOD":
                _score_roles(scores, wanted, got, strict)
        scores.results += score_results(paper, found)
        scores.errors.append(PaperErrors(paper, found, tuple(missed), tuple(spurious), core))
    scores.errors.sort(key=lambda e: (-e.weight, e.gold.id))
    scores.resolution = pairwise(items)
    scores.ndcg = related_ndcg(pairs)
    return scores


def _add(counts: dict[str, Count], label: Label, count: Count) -> None:
    counts[label] += count
    if label in CORE:
        counts["core"] += count


def _paired(
    gold: Sequence[GoldPaper], predicted: Iterable[ReadPaper]
) -> tuple[list[tuple[GoldPaper, ReadPaper]], list[str]]:
    by_key: dict[str, ReadPaper] = {}
    for read in predicted:
        by_key[f"title {_key(read.paper.title)}"] = read
        by_key[f"id {read.paper.id}"] = read
    pairs, missing = [], []
    for paper in gold:
        found = by_key.get(f"id {paper.id}") or by_key.get(f"title {_key(paper.title)}")
        if found is None:
            missing.append(paper.id)
        else:
            pairs.append((paper, found))
    return pairs, missing


def _key(text: str) -> str:
    return name_key(clean(text))


def _surfaces(surfaces: Iterable[str]) -> set[str]:
    return {key for key in map(_key, surfaces) if key}


def _contains(long: str, short: str) -> bool:
    """Whether the words of `short` are a run of the words of `long`."""
    return f" {short} " in f" {long} "


def _meets(a: set[str], b: set[str], strictly: bool) -> bool:
    if a & b:
        return True
    return not strictly and any(_contains(x, y) or _contains(y, x) for x in a for y in b)


def match(gold: Sequence[GoldEntity], predicted: Sequence[PaperEntity], strictly: bool) -> dict[int, int]:
    """The best one-to-one matching: index in `gold` → index in `predicted`.

    It has as many non-optional matches as there can be, and then as many optional ones.
    """
    if not gold or not predicted:
        return {}
    left = [_surfaces(e.surfaces) for e in gold]
    right = [_surfaces(m.text for m in e.mentions) for e in predicted]
    worth = np.zeros((len(gold), len(predicted)))
    for i, entity in enumerate(gold):
        for j in range(len(predicted)):
            if _meets(left[i], right[j], strictly):
                # Among equals the pair that has most mentions in common.
                shared = sum(_key(m.text) in left[i] for m in predicted[j].mentions)
                worth[i, j] = (_OPTIONAL_WORTH if entity.optional else 1.0) + min(shared, 99) * _OPTIONAL_WORTH / 1e3
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if worth[i, j] > 0}


def _count(gold: Sequence[GoldEntity], predicted: Sequence[PaperEntity], matched: Mapping[int, int]) -> Count:
    tp = sum(not gold[i].optional for i in matched)
    fn = sum(not e.optional for e in gold) - tp
    return Count(tp, len(predicted) - len(matched), fn)


def _score_roles(
    scores: Evaluation, gold: Sequence[GoldEntity], predicted: Sequence[PaperEntity], matched: Mapping[int, int]
) -> None:
    right = sum(gold[i].role == predicted[j].role for i, j in matched.items())
    scores.roles = (scores.roles[0] + right, scores.roles[1] + len(matched))
    proposed = [i for i, e in enumerate(gold) if e.role == "proposed" and not e.optional]
    if proposed:
        found = any(i in matched and predicted[matched[i]].role == "proposed" for i in proposed)
        scores.proposed = (scores.proposed[0] + found, scores.proposed[1] + 1)


def score_results(gold: GoldPaper, predicted: ReadPaper) -> Count:
    """Results with the right value and, word run for word run, the right metric; where none is stated, with none."""
    metrics = {name_key(e.name): _surfaces((e.name, *e.surfaces)) for e in gold.entities if e.label == "METRIC"}
    names = {e.id: _surfaces((e.name, *(m.text for m in e.mentions))) for e in predicted.entities}
    left = list(predicted.results)
    tp = 0
    for result in gold.results:
        wanted = metrics.get(_key(result.metric), set()) | _surfaces([result.metric])
        same = [r for r in left if _same_value(result.value, r)]
        unnamed = next((r for r in same if not result.metric and not r.metric), None)
        hit = unnamed or next((r for r in same if _meets(wanted, _metric(r, names), False)), None)
        if hit is not None:
            left.remove(hit)
            tp += 1
    return Count(tp, len(left), len(gold.results) - tp)


def _metric(result: Result, names: Mapping[str, set[str]]) -> set[str]:
    return names.get(result.metric, set()) | _surfaces([result.metric.split(":", 1)[-1].replace("-", " ")])


def _same_value(printed: str, result: Result) -> bool:
    digits = "".join(c for c in printed if c.isdigit() or c in ".-").strip(".")
    try:
        return math.isclose(abs(float(digits)), abs(result.value), rel_tol=1e-9)
    except ValueError:
        return False


def pairwise(items: Sequence[tuple[str, tuple[Label, str], str]]) -> Count:
    """Pairs of items in different papers: those that gold and prediction both call one thing, or only one of them.

    Parameters
    ----------
    items : sequence of (paper, gold entity, predicted entity)
    """
    count = Count()
    for (p, gold_a, got_a), (q, gold_b, got_b) in combinations(items, 2):
        if p != q:
            count.tp += gold_a == gold_b and got_a == got_b
            count.fp += gold_a != gold_b and got_a == got_b
            count.fn += gold_a == gold_b and got_a != got_b
    return count


def related_ndcg(pairs: Sequence[tuple[GoldPaper, ReadPaper]], k: int = 10) -> float | None:
    """Mean nDCG@k of related papers among the scored ones (Järvelin and Kekäläinen 2002).

    How relevant a paper is to another is the summed idf of the gold entities that they share; both rankings are made
    from these papers alone. Papers that share no gold entity with any other are left out.
    """
    ids = [paper.id for paper, _ in pairs]
    truth = dict(zip(ids, _gold_relevance([paper for paper, _ in pairs]), strict=True))
    read = [ReadPaper(_with_id(found.paper, i), found.entities) for i, (_, found) in zip(ids, pairs, strict=True)]
    ranked = related(read, _entities_of(read), k)
    gains = []
    for i, links in zip(ids, ranked, strict=True):
        ideal = _dcg(sorted(truth[i].values(), reverse=True)[:k])
        if ideal > 0:
            gains.append(_dcg([truth[i].get(link.id, 0.0) for link in links]) / ideal)
    return sum(gains) / len(gains) if gains else None


def _with_id(paper: Paper, identifier: str) -> Paper:
    return Paper(identifier, paper.title, paper.abstract, year=paper.year)


def _entities_of(papers: Iterable[ReadPaper]) -> dict[str, Entity]:
    return {e.id: Entity(e.id, e.label, e.name) for paper in papers for e in paper.entities}


def _gold_relevance(papers: Sequence[GoldPaper]) -> list[dict[str, float]]:
    """For each paper the relevance of every other that shares a gold entity with it."""
    as_read = [ReadPaper(Paper(p.id, p.title, p.abstract), tuple(_gold_entities(p))) for p in papers]
    links = related(as_read, _entities_of(as_read), len(papers))
    return [{link.id: link.weight for link in of_paper} for of_paper in links]


def _gold_entities(paper: GoldPaper) -> Iterator[PaperEntity]:
    roles: defaultdict[tuple[Label, str], list[str]] = defaultdict(list)
    for e in paper.entities:
        roles[e.label, name_key(e.name)].append(e.role)
    for (label, name), given in roles.items():
        role = "mentioned" if set(given) == {"mentioned"} else "used"
        yield PaperEntity(f"{label.lower()}:{name}", label, name, role, (EntityMention(0, 0, name),))  # type: ignore[arg-type]


def _dcg(gains: Iterable[float]) -> float:
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))


def venue_of(identifier: str) -> str:
    """The venue in ids such as ``cvpr2014:8d66…``; the whole prefix where there is no year in it."""
    return identifier.split(":", 1)[0].rstrip("0123456789") if ":" in identifier else ""


def by_venue(evaluation: Evaluation) -> dict[str, Count]:
    """Strict core counts per venue of the gold papers' ids."""
    counts: dict[str, Count] = defaultdict(Count)
    for error in evaluation.errors:
        counts[venue_of(error.gold.id)] += error.core
    return dict(sorted(counts.items()))
