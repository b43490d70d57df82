"""The server as a process: it says where it is, and leaves nothing behind however it ends."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")

SCRIPT = """
import sys
from pathlib import Path
from kg.server import serve
serve(Path(sys.argv[1]), port=0, ready=lambda address: print(address, flush=True))
"""
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def helpers(folder):
    """Processes, other than the server, that have to do with a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"kg.server.nursery" in command and str(folder).encode() in command:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(folder, tmp_path, how):
    folder = shutil.copytree(folder, tmp_path / "build")
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        address = server.stdout.readline().strip()
        statuses = []

        def ask():
            try:
                statuses.append(httpx.post(f"{address}sparql", data={"query": CROSS}, timeout=20).status_code)
            except httpx.TransportError:
                statuses.append(0)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.4)
        assert helpers(folder)
        server.send_signal(how)
        said = server.communicate(timeout=10)[1]
        asking.join(10)
    end = time.monotonic() + 5
    while helpers(folder) and time.monotonic() < end:
        time.sleep(0.05)
    assert said == "" and not helpers(folder)
    assert statuses == ([0] if how == signal.SIGKILL else [503])
    assert server.returncode == (0 if how == signal.SIGINT else -how)
