"""Nothing but `kg serve` touches the network, and that only where it was told to listen."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import pytest

STRACE = shutil.which("strace")
#: A file that no query may open, and a port that none may reach: nothing of kg's is named so.
CANARY, PORT = "canary-9d1f", 47_113
ESCAPES = (
    "SELECT * FROM <file://{folder}/canary-9d1f.ttl> {{ ?s ?p ?o }}",
    "SELECT * FROM NAMED <http://127.0.0.1:47113/x> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE <http://127.0.0.1:47113/sparql> {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE SILENT <http://127.0.0.1:47113/sparql> {{ ?s ?p ?o }} }}",
    "LOAD <file://{folder}/canary-9d1f.ttl>",
    "LOAD SILENT <http://127.0.0.1:47113/x.ttl>",
    "ASK {{ GRAPH <file://{folder}/canary-9d1f.ttl> {{ ?s ?p ?o }} }}",
    "DESCRIBE <file://{folder}/canary-9d1f.ttl>",
)


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_build_and_query_make_no_network_call(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("A title\n" + "We propose FooNet and train it on ImageNet. " * 8 + "\n")
    for arguments in (["build", "in.txt", "-o", "out"], ["query", "out", "ASK {}"]):
        trace = [str(STRACE), "-f", "-qq", "-e", "trace=%network", "-o", "trace.txt"]
        command, home = [*trace, sys.executable, "-m", "kg", *arguments], {**os.environ, "HOME": str(tmp_path / "home")}
        subprocess.run(command, cwd=tmp_path, env=home, check=True, capture_output=True)
        calls = (tmp_path / "trace.txt").read_text().splitlines()
        # urllib3, which spaCy brings along, binds a socket on loopback to see whether there is IPv6.
        assert not [call for call in calls if "AF_INET" in call and ("connect(" in call or "send" in call)]
    # Whoever reports how it is used keeps what it will report, and reports it now and then.
    assert not (tmp_path / "home").exists()


@contextmanager
def served(folder: Path, trace: Path) -> Iterator[str]:
    """The address of ``kg serve`` under strace, which notes what it connects to and opens."""
    pytest.importorskip("uvicorn")
    command = [str(STRACE), "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,openat,open,stat,execve", "-o", str(trace)]
    command += [sys.executable, "-m", "kg", "serve", str(folder), "--port", "0"]
    # A session of its own: strace passes no signal on, so all of it is ended together.
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if " at http" in line)
        yield line.split(" at ")[1].split()[0].rstrip("/")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=20)


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_no_query_and_no_header_opens_a_file_or_a_connection(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("A title\n" + "We propose FooNet and train it on ImageNet. " * 8 + "\n")
    (tmp_path / f"{CANARY}.ttl").write_text("<urn:a> <urn:b> <urn:c> .\n")
    build = [sys.executable, "-m", "kg", "build", "in.txt", "-o", "out"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    ask = build_opener(ProxyHandler({})).open
    headers = {"Referer": f"file://{tmp_path}/{CANARY}.ttl", "X-Forwarded-For": f"127.0.0.1:{PORT}", "Accept": "*/*"}
    with served(tmp_path / "out", tmp_path / "trace.txt") as address:
        for text in ("ASK {{}}", *ESCAPES):
            sent = urlencode(
                {"query": text.format(folder=tmp_path), "default-graph-uri": f"file://{tmp_path}/{CANARY}"}
            )
            for url in (f"{address}/sparql?{sent}", f"{address}/{CANARY}.ttl", f"{address}/..%2f{CANARY}.ttl"):
                try:
                    with ask(Request(url, headers=headers), timeout=60) as answer:
                        assert "urn:b" not in answer.read().decode()
                except HTTPError as error:
                    assert 400 <= error.code < 500
    calls = (tmp_path / "trace.txt").read_text().splitlines()
    assert any("openat(" in call for call in calls)
    assert not [call for call in calls if CANARY in call and "execve" not in call]
    assert not [call for call in calls if f"htons({PORT})" in call]
    assert not [call for call in calls if "connect(" in call and "AF_INET" in call]
