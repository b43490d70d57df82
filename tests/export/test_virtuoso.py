"""Virtuoso (Debian's virtuoso-opensource) loads the N-Triples with its own loader. Skipped where it is missing."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import hostile
from example import graph

from kg.analytics import analyse
from kg.export.rdf import triples
from kg.export.serialisations import write_ntriples

SERVER, CLIENT = shutil.which("virtuoso-t"), shutil.which("isql-vt")
pytestmark = pytest.mark.skipif(not (SERVER and CLIENT), reason="virtuoso-opensource is not installed")

CONFIGURATION = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:{port}
DirsAllowed = {folder}
NumberOfBuffers = 2000
MaxDirtyBuffers = 1200
ServerThreads = 4
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a server that keeps its database in the test's folder."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    (tmp_path / "virtuoso.ini").write_text(CONFIGURATION.format(port=free, folder=tmp_path))
    command = [str(SERVER), "+foreground", "+configfile", "virtuoso.ini"]
    with (tmp_path / "output").open("wb") as output:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=output)
    try:
        wait_for(free)
        yield free
    finally:
        server.terminate()
        server.wait(30)


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("Virtuoso does not answer")


def ask(port: int, statement: str) -> list[str]:
    """The lines that a statement prints."""
    quiet = ("VERBOSE=OFF", "BANNER=OFF", "PROMPT=OFF")
    command = [str(CLIENT), f"127.0.0.1:{port}", "dba", "dba", *quiet, f"EXEC={statement}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [line for line in done.stdout.splitlines() if line.strip()]


def test_its_loader_takes_every_triple(port: int, tmp_path: Path) -> None:
    original = analyse(graph())
    original.update(hostile.small_graph("".join(hostile.PIECES), "m\\u0022", "k<>"))
    write_ntriples(original, tmp_path / "graph.nt")
    name = "https://example.org/graph"
    ask(port, f"ld_dir('{tmp_path}', 'graph.nt', '{name}'); rdf_loader_run(); checkpoint;")
    assert ask(port, "SELECT ll_state, COALESCE(ll_error, 'well') FROM DB.DBA.LOAD_LIST;")[-1].split() == ["2", "well"]
    found = ask(port, f"SPARQL SELECT COUNT(*) FROM <{name}> WHERE {{ ?s ?p ?o }};")
    assert int(found[-1]) == sum(1 for _ in triples(original))
