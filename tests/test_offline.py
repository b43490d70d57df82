"""Nothing but `kg serve` touches the network, and that only where it was told to listen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STRACE = shutil.which("strace")


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
