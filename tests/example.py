"""A few invented papers, among them one that is out to break whatever shows it, and the graph made of them."""

from __future__ import annotations

import networkx as nx

from kg.graph import build_graph
from kg.linking import related
from kg.records import BuildsOn, Entity, EntityMention, Label, Paper, PaperEntity, ReadPaper, Result, Role

HOSTILE_TITLE = "<img src=x onerror=alert(1)> and </script><script>window.broken = 1</script>\u2028𝔘nicode"

_NAMES: dict[str, tuple[Label, str]] = {
    "method:tidal-network": ("METHOD", "tidal network"),
    "method:deep-tidal-network": ("METHOD", "deep tidal network"),
    "method:moss-transformer": ("METHOD", "moss transformer"),
    "method:lichen-pooling": ("METHOD", "lichen pooling"),
    "dataset:harbour-10k": ("DATASET", "Harbour-10k"),
    "dataset:bark-bench": ("DATASET", "BarkBench"),
    "metric:wave-error": ("METRIC", "wave error"),
    "metric:accuracy": ("METRIC", "accuracy"),
    "task:tide-forecasting": ("TASK", "tide forecasting"),
    "task:moss-segmentation": ("TASK", "moss segmentation"),
}

Named = list[tuple[str, Role]]


def _paper(number: int, title: str, abstract: str, named: Named, results: list[Result], **facts: object) -> ReadPaper:
    paper = Paper(id=f"example:{number}", title=title, abstract=abstract, **facts)  # type: ignore[arg-type]
    entities = []
    for key, role in named:
        label, name = _NAMES[key]
        start = paper.text.lower().index(name.lower())
        span = EntityMention(start, start + len(name), paper.text[start : start + len(name)])
        entities.append(PaperEntity(key, label, name, role, (span,)))
    return ReadPaper(paper, tuple(entities), tuple(results))


def _result(text: str, printed: str, method: str, metric: str, dataset: str) -> Result:
    start = text.index(printed)
    return Result(method, metric, dataset, float(printed), "", "absolute", "", start, start + len(printed))


def papers() -> list[ReadPaper]:
    """Two groups of three papers that share entities, and one paper that shares none."""
    tide = "task:tide-forecasting"
    moss = "task:moss-segmentation"
    first = "A tidal network for tide forecasting on Harbour-10k reaches a wave error of 0.42."
    second = "The deep tidal network, made from the tidal network, reaches a wave error of 0.31 on Harbour-10k."
    wave = ("metric:wave-error", "dataset:harbour-10k")
    found = [
        _paper(1, "Tides", first, [("method:tidal-network", "proposed"), (tide, "addressed"),
               ("dataset:harbour-10k", "evaluated_on"), ("metric:wave-error", "measured")],
               [_result(f"Tides\n{first}", "0.42", "method:tidal-network", *wave)],
               year=2021, authors=("Ada Example",), venue="Proc. Invented", url="https://example.org/tides"),
        _paper(2, "Deeper tides", second, [("method:deep-tidal-network", "proposed"),
               ("method:tidal-network", "used"), ("dataset:harbour-10k", "evaluated_on"),
               ("metric:wave-error", "measured")],
               [_result(f"Deeper tides\n{second}", "0.31", "method:deep-tidal-network", *wave)],
               year=2023, url="javascript:alert(1)", doi="10.1234/deeper"),
        _paper(3, HOSTILE_TITLE, "<b>We</b> study the tidal network 🌊 for tide forecasting.",
               [("method:tidal-network", "studied"), (tide, "addressed")], [], year=2024, url="javascript:alert(2)"),
        _paper(4, "=SUM(A1:A9) of moss", "The moss transformer for moss segmentation on BarkBench, by accuracy.",
               [("method:moss-transformer", "proposed"), (moss, "addressed"), ("dataset:bark-bench", "evaluated_on"),
                ("metric:accuracy", "measured")], [], year=2022, arxiv="2201.00001"),
        _paper(5, "Lichen", "We compare lichen pooling with the moss transformer in moss segmentation on BarkBench.",
               [("method:lichen-pooling", "proposed"), ("method:moss-transformer", "compared"), (moss, "addressed"),
                ("dataset:bark-bench", "evaluated_on")], [], year=2023),
        _paper(6, "Moss and lichen", "Lichen pooling and the moss transformer measured by accuracy.",
               [("method:lichen-pooling", "used"), ("method:moss-transformer", "used"),
                ("metric:accuracy", "measured")], [], year=None),
        _paper(7, "Alone", "A paper that names nothing.", [], [], year=2020),
    ]  # fmt: skip
    links = related(found, entities())
    # Given, not found: these invented methods have no proper names, and what is tested is how lineage is shown.
    lineage = {
        "example:2": (BuildsOn("example:1", "method:tidal-network"),),
        "example:3": (BuildsOn("example:1", "method:tidal-network"),),
        "example:5": (BuildsOn("example:4", "method:moss-transformer"),),
        "example:6": (BuildsOn("example:4", "method:moss-transformer"), BuildsOn("example:5", "method:lichen-pooling")),
    }
    return [p.with_links(r, lineage.get(p.paper.id, ())) for p, r in zip(found, links, strict=True)]


def entities() -> dict[str, Entity]:
    """The entities that the papers name."""
    up = {"metric:accuracy": True, "metric:wave-error": False}
    return {
        key: Entity(
            key,
            label,
            name,
            papers=_COUNTS[key],
            broader=("method:tidal-network",) if key == "method:deep-tidal-network" else (),
            aliases=("TideNet",) if key == "method:tidal-network" else (),
            same_as=("https://example.org/tidal", "javascript:alert(3)") if key == "method:tidal-network" else (),
            higher_is_better=up.get(key),
        )
        for key, (label, name) in _NAMES.items()
    }


_COUNTS = {
    "method:tidal-network": 3, "method:deep-tidal-network": 1, "method:moss-transformer": 3,
    "method:lichen-pooling": 2, "dataset:harbour-10k": 2, "dataset:bark-bench": 2, "metric:wave-error": 2,
    "metric:accuracy": 2, "task:tide-forecasting": 2, "task:moss-segmentation": 2,
}  # fmt: skip


def graph() -> nx.MultiDiGraph:
    """The graph of the papers."""
    return build_graph(papers(), entities())
