"""What the command line prints: tables, progress bars and errors, as rich renders them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from kg.records import LABELS, Entity, ReadPaper

if TYPE_CHECKING:  # for the annotations alone: these bring spaCy with them, and `kg --help` needs none of it
    from kg.evaluation import Count, Evaluation, PaperErrors
    from kg.leaderboards import Leaderboard
    from kg.pipeline import Build

out = Console(highlight=False)
#: Lines are not broken: whoever reads them through a pipe gets each whole, and a terminal breaks them itself.
err = Console(stderr=True, highlight=False, soft_wrap=True)

_KINDS = {"method": "methods", "dataset": "datasets", "metric": "metrics", "task": "tasks", "result": "results"}
_VERBS = {
    "read": "reading files",
    "extract": "reading papers",
    "resolve": "resolving names",
    "link": "linking papers",
    "graph": "building the graph",
    "write": "writing papers",
    "turtle": "writing RDF",
    "page": "drawing the page",
}


class _Rate(ProgressColumn):
    """Steps a second, of late."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.0f}/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def progress_bar() -> Iterator[Any]:
    """A callback for `kg.pipeline.build`: a bar with rate and time left on a terminal, nothing in a pipe."""
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def report(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                for task in tasks.values():
                    bar.update(task, visible=False)
                tasks[name] = bar.add_task(_VERBS.get(name, name), total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield report


def build_table(made: Build) -> Table:
    """The summary of a build."""
    table = Table(title="Knowledge graph", title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    table.add_row(
        "papers", _number(made.nodes.get("paper", 0)), f"{_number(made.reused)} read before" if made.reused else ""
    )
    for kind, name in _KINDS.items():
        table.add_row(name, _number(made.nodes.get(kind, 0)))
    edges = made.edges
    table.add_row("links", _number(edges.get("sharesEntitiesWith", 0)), "papers that share entities")
    table.add_row("lineage", _number(edges.get("buildsOn", 0)), "papers that build on another's method")
    table.add_row("communities", _number(len(made.communities)), escape("; ".join(made.communities[:3])))
    table.add_row("skipped records", _number(len(made.skipped)))
    table.add_row(
        "seconds", f"{sum(made.seconds.values()):.1f}", ", ".join(f"{k} {v:.1f}" for k, v in made.seconds.items())
    )
    return table


def _number(value: int) -> str:
    return f"{value:,}"


def evaluation_tables(scores: Evaluation) -> Iterator[Table]:
    """The tables of `kg evaluate`."""
    from kg.evaluation import CORE, by_venue

    entities = Table(title=f"Entities, {scores.papers} papers", title_justify="left")
    for name in ("label", "P", "R", "F1", "relaxed P", "R", "F1", "gold"):
        entities.add_column(name, justify="left" if name == "label" else "right")
    for label in (*LABELS, "core"):
        strict, relaxed = scores.strict[label], scores.relaxed[label]
        name = "core (" + " + ".join(CORE) + ")" if label == "core" else label
        entities.add_row(name, *_figures(strict), *_figures(relaxed), str(strict.tp + strict.fn))
    yield entities
    rest = Table(title="Results, roles, resolution, links", title_justify="left")
    for name in ("what", "P", "R", "F1"):
        rest.add_column(name, justify="left" if name == "what" else "right")
    rest.add_row("results (metric and value)", *_figures(scores.results))
    rest.add_row("resolution (pairs of mentions)", *_figures(scores.resolution))
    rest.add_row("roles of methods", "", "", _share(*scores.roles))
    rest.add_row("papers whose own method was found", "", "", _share(*scores.proposed))
    rest.add_row("related papers, nDCG@10", "", "", "" if scores.ndcg is None else f"{scores.ndcg:.3f}")
    yield rest
    venues = by_venue(scores)
    if len(venues) > 1:
        yield _venue_table(venues)


def _venue_table(venues: Mapping[str, Count]) -> Table:
    table = Table(title="Core, strict, by venue", title_justify="left")
    for name in ("venue", "P", "R", "F1", "gold"):
        table.add_column(name, justify="left" if name == "venue" else "right")
    for venue, count in venues.items():
        table.add_row(venue or "-", *_figures(count), str(count.tp + count.fn))
    return table


def _figures(count: Count) -> tuple[str, str, str]:
    return f"{count.precision:.3f}", f"{count.recall:.3f}", f"{count.f1:.3f}"


def _share(part: int, total: int) -> str:
    return f"{part / total:.3f} ({part}/{total})" if total else "-"


def say_if_store_is_made(folder: Path) -> None:
    """Tell why the first query on a large graph takes so long."""
    from kg.triplestore import must_be_made  # brings the engine, which most commands do not need

    if must_be_made(folder):
        err.print("making the store of this graph, once; that takes minutes for a large one …", markup=False)


def error_lines(errors: PaperErrors) -> Iterator[str]:
    """One paper's errors in words, with the text around what was taken wrongly."""
    yield f"[bold]{escape(errors.gold.id)}[/bold]  {escape(errors.predicted.paper.title)}"
    for entity in errors.missed:
        surfaces = escape(" | ".join(entity.surfaces))
        yield f"  [red]missed[/red]   {entity.label:8} {escape(entity.name)}  [dim]{surfaces}[/dim]"
    for found in errors.spurious:
        around = escape(_around(errors.predicted, found.mentions[0].start, found.mentions[0].end))
        yield f"  [yellow]spurious[/yellow] {found.label:8} {escape(found.name)}  [dim]{around}[/dim]"


def _around(read: ReadPaper, start: int, end: int, width: int = 40) -> str:
    text = read.paper.text.replace("\n", " ")
    return f"…{text[max(0, start - width) : start]}⟦{text[start:end]}⟧{text[end : end + width]}…"


def entity_lines(entity: Entity, rules: Mapping[tuple[str, str], str], papers: Iterable[ReadPaper]) -> Iterator[str]:
    """Why the surface forms of an entity are one thing: each with its rule and the papers that use it."""
    yield f"[bold]{escape(entity.name)}[/bold]  {escape(entity.id)}  in {entity.papers} papers"
    for broader in entity.broader:
        yield f"  broader: {escape(broader)}"
    for link in entity.same_as:
        yield f"  same as: {escape(link)}"
    users: dict[str, list[str]] = {}
    for read in papers:
        for found in read.entities:
            if found.id == entity.id:
                for surface in sorted({m.text for m in found.mentions}):
                    users.setdefault(surface, []).append(read.paper.title)
    for surface, count in sorted(entity.surfaces.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {escape(surface)}  [dim]{count} papers, by {rules.get((entity.id, surface), 'spelling')}[/dim]"
        for title in users.get(surface, [])[:3]:
            yield f"      [dim]{escape(title)}[/dim]"


def related_table(paper: ReadPaper, titles: Mapping[str, str], entities: Mapping[str, Entity]) -> Table:
    """The papers near to one, by title, with the shared entities as the reason."""
    table = Table(title=f"Near to: {escape(paper.paper.title)}", title_justify="left")
    table.add_column("weight", justify="right")
    table.add_column("paper")
    table.add_column("because of")
    for link in paper.related:
        reasons = ", ".join(entities[e].name for e in link.shared)
        table.add_row(f"{link.weight:.2f}", escape(titles.get(link.id, link.id)), escape(reasons))
    return table


def leaderboard_table(board: Leaderboard) -> Table:
    """One leaderboard."""
    better = {True: "higher is better", False: "lower is better", None: "better side unknown"}[board.higher_is_better]
    what = " · ".join(part for part in (board.dataset, board.setting, board.metric, board.unit) if part)
    table = Table(title=f"{escape(what)} ({better})", title_justify="left")
    table.add_column("value", justify="right")
    table.add_column("method")
    table.add_column("paper")
    table.add_column("year", justify="right")
    for entry in board.entries:
        table.add_row(f"{entry.value:g}", escape(entry.method or "-"), escape(entry.title), str(entry.year or ""))
    return table
