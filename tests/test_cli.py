"""The command line as a user meets it: what it prints and how it ends."""

import json
import subprocess
import sys

import bolt
import pytest
import test_pipeline

import kg.pipeline
from kg import console
from kg.cli import main

QUERY = "SELECT ?title WHERE { ?p a kg:Paper ; dcterms:title ?title } ORDER BY ?title"


@pytest.fixture
def kg_(monkeypatch, capsys):
    """Runs `kg` with arguments; gives exit status, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kg", *map(str, arguments)])
        capsys.readouterr()
        monkeypatch.setattr(console.out, "_width", 200)
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return test_pipeline.write(tmp_path_factory.mktemp("cli") / "in.jsonl", test_pipeline.ABSTRACTS)


@pytest.fixture(scope="module")
def folder(source):
    kg.pipeline.build([source], source.parent / "out")
    return source.parent / "out"


def test_build_prints_what_it_made_and_what_to_do_next(kg_, source, tmp_path):
    status, out, err = kg_("build", source, "-o", tmp_path / "out")
    assert (status, err) == (0, "")
    assert f"kg query {tmp_path / 'out'} --list" in out
    assert [line.split()[:2] for line in out.splitlines() if line.startswith("papers")] == [["papers", "6"]]
    assert (tmp_path / "out" / "graph.html").is_file()


def test_build_names_what_it_skipped(kg_, tmp_path):
    source = test_pipeline.write(tmp_path / "in.jsonl", test_pipeline.ABSTRACTS[:1])
    source.write_text(source.read_text(encoding="utf-8") + "{[/red]not json\n", encoding="utf-8")
    status, _, err = kg_("build", source, "-o", tmp_path / "out")
    assert status == 0
    assert f"skipped {source}:2" in err
    status, _, err = kg_("build", source, "-o", tmp_path / "strict", "--strict")
    assert status == 3
    assert f"{source}:2" in err
    status, _, err = kg_("build", tmp_path / "lost.jsonl", "-o", tmp_path / "strict", "--strict")
    assert status in (1, 2)


def test_build_with_nothing_usable_ends_with_1(kg_, tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"moss": 1}\n', encoding="utf-8")
    status, out, err = kg_("build", tmp_path / "bad.jsonl", "-o", tmp_path / "out")
    assert (status, out) == (1, "")
    assert err.startswith("kg: no paper could be read")


def test_a_missing_input_ends_with_1_and_its_name(kg_, tmp_path):
    status, _, err = kg_("build", tmp_path / "missing.jsonl", "-o", tmp_path / "out")
    assert status == 1
    assert err == f"kg: {tmp_path / 'missing.jsonl'}: no such file\n"


def test_extract_writes_lines_to_standard_output_or_a_file(kg_, source, tmp_path):
    status, out, err = kg_("extract", source)
    lines = [json.loads(line) for line in out.split("\n")[:-1]]
    assert (status, err) == (0, "")
    assert [list(line) for line in lines] == [test_pipeline.KEYS] * 6
    assert kg_("extract", source, "-o", tmp_path / "found.jsonl") == (0, "", "")
    assert (tmp_path / "found.jsonl").read_text(encoding="utf-8") == out


def test_query_in_every_form(kg_, folder, tmp_path):
    status, out, _ = kg_("query", folder, QUERY, "--format", "json")
    titles = [row["title"]["value"] for row in json.loads(out)["results"]["bindings"]]
    assert status == 0
    assert titles == sorted(title for _, _, title, _ in test_pipeline.ABSTRACTS)
    (tmp_path / "query.rq").write_text(QUERY, encoding="utf-8")
    assert kg_("query", folder, "-f", tmp_path / "query.rq", "--format", "json")[1] == out
    assert kg_("query", folder, QUERY, "--format", "csv")[1].splitlines()[0] == "title"


def test_the_list_of_named_queries_and_one_of_them(kg_, folder):
    status, out, _ = kg_("query", folder, "--list")
    assert status == 0
    assert any(line.startswith("who-proposes") for line in out.splitlines())
    status, out, _ = kg_("query", folder, "--name", "who-proposes", "-p", "method=FooNet", "--format", "csv")
    assert status == 0
    assert "FooNet: learning from moss" in out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [QUERY, "--name", "counts"],
        ["SELECT nonsense"],
        ["--name", "moss"],
        ["--name", "who-proposes", "-p", "FooNet"],
        [QUERY, "--format", "moss"],
        ["DELETE WHERE { ?s ?p ?o }"],
    ],
)
def test_a_query_that_cannot_be_asked_ends_with_2(kg_, folder, arguments):
    status, out, err = kg_("query", folder, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("kg: ")


def test_explain_says_by_which_rule(kg_, folder):
    status, out, _ = kg_("explain", folder, "classifier-free guidance")
    assert status == 0
    assert "method:classifier-free-guidance" in out
    assert "CFG" in out
    status, _, err = kg_("explain", folder, "foon")
    assert status == 2
    assert "no entity 'foon'" in err
    assert "FooNet" in err


def test_related_names_the_entities_that_say_so(kg_, folder):
    status, out, _ = kg_("related", folder, "deeper moss")
    assert status == 0
    assert "FooNet: learning from moss" in out
    assert kg_("related", folder, "a4")[0] == 0
    status, _, err = kg_("related", folder, "moss")
    assert status == 2
    assert "2 papers match 'moss'" in err
    assert "Deeper moss" in err
    assert kg_("related", folder, "no such title")[0] == 2


def test_leaderboard(kg_, folder):
    status, out, _ = kg_("leaderboard", folder, "ImageNet", "accuracy")
    assert status == 0
    assert "higher is better" in out
    assert "71.3" in out
    status, _, err = kg_("leaderboard", folder, "moss")
    assert (status, err) == (2, "kg: no results that compare on moss\n")


def gold(path):
    entities = [{"label": "METHOD", "name": "FooNet", "surfaces": ["FooNet"], "role": "proposed", "optional": False}]
    identifier, _, title, abstract = test_pipeline.ABSTRACTS[0]
    record = {"id": identifier, "title": title, "abstract": abstract, "entities": entities, "results": []}
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return path


def test_evaluate_a_folder_and_the_gold_s_own_texts(kg_, folder, tmp_path):
    status, out, err = kg_("evaluate", gold(tmp_path / "gold.jsonl"), folder, "--errors", "1")
    assert (status, err) == (0, "")
    method = next(line for line in out.splitlines() if "METHOD" in line)
    assert "1.000" in method
    assert "spurious" in out
    assert kg_("evaluate", tmp_path / "gold.jsonl")[0] == 0
    (tmp_path / "gold.jsonl").write_text("moss\n", encoding="utf-8")
    status, _, err = kg_("evaluate", tmp_path / "gold.jsonl", folder)
    assert status == 1
    assert "gold.jsonl:1" in err


@pytest.mark.parametrize("command", ["query", "explain", "related", "leaderboard", "validate", "export"])
def test_a_folder_that_holds_no_graph_says_what_to_run(kg_, tmp_path, command):
    more = {"query": [QUERY], "explain": ["x"], "related": ["x"], "export": ["--to", "graphml"]}.get(command, [])
    status, out, err = kg_(command, tmp_path, *more)
    assert (status, out) == (2, "")
    assert "kg build" in err


def test_validate_and_export(kg_, folder, tmp_path):
    assert kg_("validate", folder) == (0, "The graph fits its shapes.\n", "")
    status, out, _ = kg_("export", folder, "--to", "graphml", "-o", tmp_path / "graph.graphml")
    assert (status, out) == (0, f"{tmp_path / 'graph.graphml'}\n")
    assert kg_("export", folder, "--to", "moss")[0] == 2


@pytest.mark.parametrize("arguments", [["moss"], ["build", "--moss"], ["query"], ["build", "-j", "0"]])
def test_arguments_that_make_no_sense_end_with_2(kg_, arguments):
    assert kg_(*arguments)[0] == 2


@pytest.mark.parametrize("arguments", [["--help"], ["build", "-h"], ["query", "--help"]])
def test_help(kg_, arguments):
    status, out, _ = kg_(*arguments)
    assert status == 0
    assert "Usage" in out


def test_an_interrupt_says_how_to_go_on(kg_, source, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(kg.pipeline, "build", interrupted)
    status, _, err = kg_("build", source, "-o", tmp_path / "out")
    assert status == 130
    assert err == "kg: interrupted; run the same command again to go on\n"


def test_a_full_disk_is_one_line(kg_, source, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "graph.ttl")

    monkeypatch.setattr(kg.pipeline, "build", full)
    assert kg_("build", source, "-o", tmp_path / "out") == (1, "", "kg: graph.ttl: No space left on device\n")


def test_a_query_file_that_is_no_text_ends_with_2(kg_, folder, tmp_path):
    (tmp_path / "query.rq").write_bytes(b"ASK {} # \xff")
    status, out, err = kg_("query", folder, "-f", tmp_path / "query.rq")
    assert (status, out) == (2, "")
    assert "query.rq is not UTF-8" in err


def test_a_base_iri_that_is_none_ends_with_2_before_anything_is_read(kg_, source, tmp_path):
    status, _, err = kg_("build", source, "-o", tmp_path / "out", "--base-iri", 'http://x>/ "/')
    assert status == 2
    assert "--base-iri" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [(MemoryError(), "out of memory"), (ImportError("failed to map segment"), "cannot be loaded: failed to map"),
     (OSError(28, "No space left on device", "x.ttl"), "x.ttl: No space left on device")],
)  # fmt: skip
def test_what_the_system_refuses_is_one_line(kg_, monkeypatch, error, words):
    def fail():
        raise error

    monkeypatch.setattr("kg.sparql.named_queries", fail)
    status, _, err = kg_("query", "output", "--list")
    assert (status, err.count("\n")) == (1, 1) and words in err


def test_a_reader_that_leaves_early_sees_no_traceback(folder):
    command = f"'{sys.executable}' -m kg query '{folder}' 'SELECT * {{ ?s ?p ?o }}' --format csv | head -c 1"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert (len(ended.stdout), ended.stderr) == (1, "")


def test_serve_hands_its_limits_on(kg_, folder, monkeypatch):
    pytest.importorskip("uvicorn")
    given = {}
    monkeypatch.setattr("kg.server.serve", lambda *arguments, **options: given.update(options))
    options = ["--workers", 3, "--timeout", 2.5, "--memory", 64, "--rows", 9, "--cors", "https://example.org"]
    assert kg_("serve", folder, *options) == (0, "", "")
    limits = given["limits"]
    assert (limits.workers, limits.seconds, limits.memory, limits.rows) == (3, 2.5, 64 << 20, 9)
    assert given["origin"] == "https://example.org"
    assert kg_("serve", folder) == (0, "", "")
    assert given["origin"] == ""
    assert kg_("serve", folder, "--workers", 0)[0] == 2


def test_export_pushes_to_a_server(kg_, folder, monkeypatch):
    pytest.importorskip("neo4j")
    statements = []
    monkeypatch.setenv("NEO4J_PASSWORD", "secret")
    with bolt.serving(lambda statement, parameters: statements.append(statement)) as address:
        status, out, err = kg_("export", folder, "--to", "neo4j", "--push", address)
    assert (status, err) == (0, "") and out.startswith("sent ") and address in out
    assert any("MERGE" in statement for statement in statements)
    assert "--to neo4j" in kg_("export", folder, "--to", "gexf", "--push", "bolt://127.0.0.1:1")[2]


def test_a_large_graph_s_first_query_says_why_it_takes_long(kg_, folder, monkeypatch):
    monkeypatch.setattr("kg.triplestore.IN_MEMORY", 0)
    first, second = kg_("query", folder, QUERY), kg_("query", folder, QUERY)
    assert "making the store" in first[2] and second[2] == ""
    assert first[1] == second[1]
