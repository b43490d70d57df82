"""The nursery: a process that loads the graph once and forks a worker from it whenever the server asks.

A fork takes milliseconds where loading takes seconds, and all workers share the graph's memory. The server speaks to
the nursery over a socket pair: a command of fixed size, for a birth with the worker's end of a new line attached.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kg.errors import KgError, UsageError
from kg.server.limits import Limits
from kg.server.names import Names
from kg.server.worker import EXERCISES, Holdings, respond, work
from kg.triplestore import load_store, open_all_files

_COMMAND = struct.Struct(">cI")
_BIRTH, _BURIAL = b"f", b"b"
#: The answer to a burial: whose it was and how it ended, as `os.waitpid` tells.
BURIED = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What the server knows of the graph that its workers hold."""

    triples: int
    prefixes: Mapping[str, str]


# The server's side


class Nursery:
    """The server's handle on its nursery.

    Parameters
    ----------
    folder : Path
        A build.
    limits : Limits
        For every worker.
    """

    def __init__(self, folder: Path, limits: Limits):
        self.facts = GraphFacts(0, {})
        self._folder, self._limits = folder, limits
        self.control: socket.socket
        self._process: subprocess.Popen[bytes]

    def open(self) -> None:
        """Start the process and wait until it has loaded the graph.

        Raises
        ------
        UsageError
            When there is no graph or it cannot be read.
        """
        self.control, theirs = socket.socketpair()
        command = [sys.executable, "-m", "kg.server.nursery", str(theirs.fileno()), str(self._folder)]
        self._process = subprocess.Popen(
            [*command, json.dumps(asdict(self._limits))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is the server's to handle
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        theirs.close()
        try:
            said = self._first_words()
        except BaseException:
            self.close()
            raise
        if "error" in said:
            self.close()
            raise UsageError(said["error"])
        self.facts = GraphFacts(said["triples"], said["prefixes"])
        self.control.setblocking(False)

    def _first_words(self) -> dict[str, Any]:
        words = bytearray()
        while not words.endswith(b"\n"):
            part = self.control.recv(65536)
            if not part:
                return {"error": f"the process that loads {self._folder} has ended before it was done"}
            words += part
        return dict(json.loads(words))

    def birth(self) -> socket.socket:
        """Have a worker made; returns the server's end of the line to it. The worker says hello when it is there."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [_COMMAND.pack(_BIRTH, 0)], [theirs.fileno()])
        ours.setblocking(False)
        return ours

    def bury(self, pid: int) -> None:
        """Kill a worker if it lives; what it died of comes back over `control` as `BURIED`.

        Until then its process id belongs to no other process.
        """
        self.control.send(_COMMAND.pack(_BURIAL, pid))

    def close(self) -> None:
        """End the process and with it every worker."""
        self.control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


# The process


def main(control_fd: str, folder: str, limits: str) -> None:
    """Load the graph, say so, and fork until the server hangs up."""
    control = socket.socket(fileno=int(control_fd))
    bounds = Limits(**json.loads(limits))
    try:
        graph = load_store(Path(folder))
        triples = len(graph.store)
        open_all_files(graph, triples)
    except (KgError, OSError) as error:
        control.sendall(_line({"error": str(error)}))
        return
    held = Holdings(graph, Names(graph.store))
    for question in EXERCISES:
        respond(held, question, bounds)
    gc.collect()
    gc.freeze()  # objects that the collector leaves alone stay in pages that all workers share
    control.sendall(_line({"triples": triples, "prefixes": dict(graph.prefixes)}))
    _tend(control, held, bounds)


def _line(words: dict[str, Any]) -> bytes:
    return json.dumps(words).encode() + b"\n"


def _tend(control: socket.socket, held: Holdings, limits: Limits) -> None:
    alive: set[int] = set()
    try:
        while True:
            command, descriptors, *_ = socket.recv_fds(control, _COMMAND.size, 1, socket.MSG_WAITALL)
            if len(command) < _COMMAND.size:
                return
            kind, pid = _COMMAND.unpack(command)
            if kind == _BIRTH:
                alive.add(_fork(control, descriptors[0], held, limits))
            elif pid in alive:
                alive.remove(pid)
                os.kill(pid, signal.SIGKILL)
                control.sendall(BURIED.pack(pid, os.waitpid(pid, 0)[1]))
    except OSError:  # the server has gone in the middle of something
        return
    finally:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)


def _fork(control: socket.socket, descriptor: int, held: Holdings, limits: Limits) -> int:
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    status = 1
    try:
        control.close()
        work(socket.socket(fileno=descriptor), held, limits)
        status = 0
    finally:
        os._exit(status)  # nothing of the nursery's own end may run here


if __name__ == "__main__":
    main(*sys.argv[1:])
