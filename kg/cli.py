"""The command line: parses arguments, calls the library, prints."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from kg import console
from kg.errors import KgError, StrictError, UsageError

app = typer.Typer(
    help="Turn a pile of paper abstracts into a knowledge graph.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `kg build` wrote.")]
Inputs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[INPUT]...", help="Files, folders, globs or - for standard input; none: the sample."),
]
Format = Annotated[str | None, typer.Option("--format", help="text, jsonl, json, csv, tsv, parquet, bibtex or ris.")]
Tables = Annotated[list[Path] | None, typer.Option("--gazetteer", help="TSV of names that extend or override ours.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", help="Processes that read papers.", min=1)]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first record that cannot be read.")]


@app.command("build")
def build_command(
    inputs: Inputs = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the graph goes.")] = Path("output"),
    format: Format = None,
    gazetteer: Tables = None,
    jobs: Jobs = 1,
    related: Annotated[int, typer.Option("--related", help="Links a paper gets at most.", min=0)] = 10,
    base_iri: Annotated[str | None, typer.Option("--base-iri", help="Namespace of the nodes in RDF.")] = None,
    add: Annotated[bool, typer.Option("--add", help="Keep the papers that the folder already holds.")] = False,
    strict: Strict = False,
    engine: Annotated[str, typer.Option("--engine", help="local, or spark for a cluster.")] = "local",
    master: Annotated[str, typer.Option("--master", help="Where Spark runs: local[4], spark://…, yarn.")] = "local[*]",
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Read, extract, resolve, link, and write everything."""
    from kg.export.vocabulary import BASE_IRI
    from kg.pipeline import Options, build

    tables = tuple(gazetteer or ())
    options = Options(format, strict, tables, jobs, related, base_iri or BASE_IRI, add, engine, master)
    with console.progress_bar() as report:
        made = build(inputs or (), output, options, report)
    for problem in made.skipped[:20]:
        console.err.print(f"skipped {problem}", markup=False, soft_wrap=True)
    if len(made.skipped) > 20:
        console.err.print(f"… and {len(made.skipped) - 20:,} more: see {output / 'manifest.json'}", markup=False)
    console.out.print(console.build_table(made))
    page = output / "graph.html"
    # Spark leaves tables and N-Triples: what needs the whole graph in one memory is made from them on request.
    first = f"open {page} in a browser" if page.is_file() else f"kg export {output} --to turtle, or --to html"
    console.out.print(
        f"\nNext: {first}\n      kg query {output} --name most-shared-methods\n      kg query {output} --list",
        markup=False,
        soft_wrap=True,
    )
    if open_ and page.is_file():
        typer.launch(page.resolve().as_uri())


@app.command("extract")
def extract_command(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...")],
    output: Annotated[str, typer.Option("-o", "--output", help="File, or - for standard output.")] = "-",
    format: Format = None,
    gazetteer: Tables = None,
    jobs: Jobs = 1,
    strict: Strict = False,
) -> None:
    """Only read: one JSON line a paper, its entities resolved within the papers given."""
    from kg.extraction.gazetteer import Gazetteer
    from kg.extraction.parallel import extract_parallel
    from kg.files import atomic_writer
    from kg.readers import Skipped, read
    from kg.resolution import resolve

    def report(problem: Skipped) -> None:
        console.err.print(f"skipped {problem}", markup=False, soft_wrap=True)

    tables = tuple(gazetteer or ())
    papers = read(inputs, format=format, strict=strict, skipped=report)
    resolution = resolve(list(extract_parallel(papers, tables, jobs)), Gazetteer.load_names(tables))
    lines = (json.dumps(paper.as_dict(), ensure_ascii=False) + "\n" for paper in resolution.papers)
    if output == "-":
        sys.stdout.writelines(lines)
    else:
        with atomic_writer(Path(output)) as file:
            file.writelines(lines)


@app.command("query")
def query_command(
    folder: Folder,
    sparql: Annotated[
        str | None, typer.Argument(metavar="[SPARQL]", help="SELECT, ASK, CONSTRUCT or DESCRIBE.")
    ] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help="File with the query.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="One of the named queries.")] = None,
    parameter: Annotated[list[str] | None, typer.Option("-p", "--param", help="NAME=VALUE for a named query.")] = None,
    cypher: Annotated[str | None, typer.Option("--cypher", help="A query in Cypher, read-only.")] = None,
    format: Annotated[str, typer.Option("--format", help="table, csv, tsv, json or xml.")] = "table",
    list_: Annotated[bool, typer.Option("--list", help="Show the named queries.")] = False,
) -> None:
    """Ask the graph in SPARQL, or in Cypher."""
    from kg.sparql import named_queries, named_query, query

    if list_:
        for item in named_queries():
            console.out.print(f"{item.name:<26} {item.description}; {item.usage()}", markup=False, soft_wrap=True)
        return
    given = [text for text in (sparql, file, name, cypher) if text]
    if len(given) != 1:
        raise UsageError("give one query: as text, with --file, with --name (see --list) or with --cypher")
    if cypher:
        from kg.cypher import query as query_cypher

        _write_answer(query_cypher(folder, cypher), format)
        return
    if name:
        text = named_query(name, **_parameters(parameter or []))
    elif file:
        text = _content(file)
    else:
        text = str(sparql)
    console.say_if_store_is_made(folder)
    _write_answer(query(folder, text), format)


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8: {error.reason} at byte {error.start}") from None


def _write_answer(answer: object, format: str) -> None:
    forms = [name for name in ("table", "csv", "tsv", "json", "xml") if hasattr(answer, f"to_{name}")]
    if format not in forms:
        raise UsageError(f"--format {format} is not possible here: one of {', '.join(forms)}")
    text: str = getattr(answer, f"to_{format}")()
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _parameters(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"a parameter is NAME=VALUE, not {pair!r}")
        found[key] = value
    return found


@app.command("validate")
def validate_command(folder: Folder) -> None:
    """Check the graph against the SHACL shapes and say in words what fails."""
    from kg.validation import validate

    console.say_if_store_is_made(folder)
    problems = validate(folder)
    for problem in problems:
        console.out.print(problem, markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    console.out.print("The graph fits its shapes.")


@app.command("evaluate")
def evaluate_command(
    gold: Annotated[Path, typer.Argument(metavar="GOLD", help="Annotated papers, JSONL.")],
    predicted: Annotated[
        Path | None, typer.Argument(metavar="[DIR|FILE]", help="Output of a build; default: read GOLD's own texts now.")
    ] = None,
    errors: Annotated[int, typer.Option(min=0, help="Show the errors of this many papers, worst first.")] = 0,
) -> None:
    """Precision, recall and F1 against annotated papers."""
    from kg.evaluation import evaluate, read_gold, read_texts
    from kg.store import read_papers

    papers = read_gold(gold)
    found = list(read_papers(predicted)) if predicted else read_texts(papers)
    if predicted is None and not found:
        raise UsageError("GOLD holds no texts: give the folder or file with the predictions too")
    scores = evaluate(papers, found)
    for table in console.evaluation_tables(scores):
        console.out.print(table)
    if scores.missing:
        console.err.print(f"no prediction for {len(scores.missing)} papers: {', '.join(scores.missing[:5])} …")
    for paper in scores.errors[:errors]:
        for line in console.error_lines(paper):
            console.out.print(line, soft_wrap=True)


@app.command("explain")
def explain_command(folder: Folder, entity: Annotated[str, typer.Argument(help="Id, name or surface form.")]) -> None:
    """Show which surface forms are one entity, in which papers, and by which rule."""
    from kg.lookup import find_entities
    from kg.store import read_entities, read_papers

    entities, rules = read_entities(folder)
    for found in find_entities(entities, entity):
        for line in console.entity_lines(found, rules, read_papers(folder, naming=found.id)):
            console.out.print(line, soft_wrap=True)


@app.command("related")
def related_command(folder: Folder, paper: Annotated[str, typer.Argument(help="Id or part of the title.")]) -> None:
    """Papers near to one, and the entities that say so."""
    from kg.lookup import find_paper
    from kg.store import read_entities, read_papers, read_titles

    titles = read_titles(folder)
    identifier = find_paper(titles, paper)
    found = next(read for read in read_papers(folder, naming=identifier) if read.paper.id == identifier)
    entities, _ = read_entities(folder)
    console.out.print(console.related_table(found, titles, entities))


@app.command("leaderboard")
def leaderboard_command(
    folder: Folder,
    dataset: Annotated[str | None, typer.Argument(metavar="[DATASET]")] = None,
    metric: Annotated[str | None, typer.Argument(metavar="[METRIC]")] = None,
) -> None:
    """Results that compare: one table a dataset, metric and setting, the best first."""
    from kg.leaderboards import leaderboards
    from kg.store import read_entities, read_papers, with_known_entities

    entities, _ = read_entities(folder)
    boards = leaderboards(with_known_entities(read_papers(folder), entities), entities, dataset, metric)
    if not boards:
        raise UsageError("no results that compare" + (f" on {dataset}" if dataset else ""))
    for board in boards:
        console.out.print(console.leaderboard_table(board))


@app.command("export")
def export_command(
    folder: Folder,
    to: Annotated[str, typer.Option("--to", help="Target format; see the list in the README.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File or folder; default inside DIR.")] = None,
    push: Annotated[str | None, typer.Option("--push", help="Send it to Neo4j instead: bolt:// or neo4j:// …")] = None,
    user: Annotated[str, typer.Option(envvar="NEO4J_USERNAME", help="For --push.")] = "neo4j",
    password: Annotated[str, typer.Option(envvar="NEO4J_PASSWORD", help="For --push; safer in the variable.")] = "",
) -> None:
    """Write the graph in another format, or push it to a running Neo4j."""
    from kg.export import export

    if push:
        _push(folder, to, push, user, password)
    else:
        console.out.print(str(export(folder, to, output)), markup=False, soft_wrap=True)


def _push(folder: Path, to: str, address: str, user: str, password: str) -> None:
    from kg.export.neo4j import push
    from kg.pipeline import load_folder

    if to != "neo4j":
        raise UsageError(f"--push sends to Neo4j: give --to neo4j, not {to}")
    nodes, relationships = push(load_folder(folder).graph, address, user, password)
    console.out.print(f"sent {nodes:,} nodes and {relationships:,} relationships to {address}", markup=False)


@app.command("serve")
def serve_command(
    folder: Folder,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 7878,
    allow_host: Annotated[list[str] | None, typer.Option(help="Another name that requests may give as Host.")] = None,
    workers: Annotated[int, typer.Option(help="Processes that stand ready for queries.", min=1)] = 2,
    timeout: Annotated[float, typer.Option(help="Seconds that a query may take.", min=0.1)] = 10.0,
    memory: Annotated[int, typer.Option(help="MiB that a query may take beyond the graph.", min=16)] = 512,
    rows: Annotated[int, typer.Option(help="Rows or triples that an answer may have.", min=1)] = 100_000,
    cors: Annotated[str, typer.Option(help="Other site whose pages may read answers: an origin, or * for all.")] = "",
) -> None:
    """SPARQL endpoint, explorer page and dereferenceable IRIs."""
    from kg.server import Limits, serve

    def ready(address: str) -> None:
        console.err.print(f"serving {folder} at {address} (Ctrl-C ends it)", markup=False)

    console.say_if_store_is_made(folder)
    limits = Limits(workers=workers, seconds=timeout, memory=memory << 20, rows=rows)
    serve(folder, host, port, limits=limits, hosts=allow_host or (), origin=cors, ready=ready)


@app.command("train")
def train_command(
    labelled: Annotated[list[Path], typer.Argument(metavar="LABELLED...", help="Annotated papers, JSONL.")],
    texts: Annotated[list[str], typer.Option("--texts", help="Where the texts are, and unlabelled ones.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the model.")],
    work: Annotated[Path, typer.Option("--work", help="Folder of the steps' results.")] = Path("training"),
    held_out: Annotated[list[Path] | None, typer.Option("--held-out", help="Papers never to train on, JSONL.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="spaCy config; default the package's.")] = None,
) -> None:
    """Rebuild the model; an interrupted run goes on where it stopped."""
    try:
        from kg.training.command import train_from_files
    except ImportError as error:
        raise UsageError(f"training needs more packages ({error.name}): pip install 'kg-abstracts[train]'") from error

    def report(step: str, done: int, total: int, loss: float) -> None:
        if done % 20 == 0 or done == total:
            console.err.print(f"{step}: {done}/{total}  loss {loss:.4f}", markup=False)

    train_from_files(labelled, texts, output, work, held_out or [], config, report)


def main() -> None:
    """Run the command line; every expected error is one line and an exit status.

    0 all read, 1 nothing usable, 2 usage, 3 a record skipped under ``--strict``, 130 interrupted.
    """
    try:
        app(standalone_mode=True)
    except KgError as error:
        _fail(str(error), _status(error))
    except SystemExit as end:
        # typer makes this status of an interrupt.
        if end.code == 130:
            console.err.print("kg: interrupted; run the same command again to go on", markup=False)
        raise
    except MemoryError:
        _fail("out of memory", 1)
    except ImportError as error:  # a package that is missing, broken, or does not fit into memory
        _fail(f"a package cannot be loaded: {error}", 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}", 1)


def _status(error: KgError) -> int:
    if isinstance(error, UsageError):
        return 2
    return 3 if isinstance(error, StrictError) else 1


def _fail(problem: str, status: int) -> NoReturn:
    console.err.print(f"kg: {problem}", markup=False, soft_wrap=True, style="red")
    sys.exit(status)
