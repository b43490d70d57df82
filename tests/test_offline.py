"""Nothing but `kg serve` touches the network, and that only where it was told to listen."""

from __future__ import annotations

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
        subprocess.run([*trace, sys.executable, "-m", "kg", *arguments], cwd=tmp_path, check=True, capture_output=True)
        calls = (tmp_path / "trace.txt").read_text().splitlines()
        # urllib3, which spaCy brings along, binds a socket on loopback to see whether there is IPv6.
        assert not [call for call in calls if "AF_INET" in call and ("connect(" in call or "send" in call)]
