from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")
httpx = pytest.importorskip("httpx")

sys.path.insert(0, str(Path(__file__).parents[1]))

from example import graph

from kg.analytics import analyse
from kg.export.page import write_page
from kg.export.serialisations import write_turtle
from kg.server import Limits
from kg.server.app import listen, make_app, make_server, start_pool

#: Tight, so that what hits a limit does so soon.
LIMITS = Limits(seconds=1.5, rows=5_000, answer=4 << 20, memory=128 << 20, patience=0.05, waiting=40)


@contextmanager
def running(folder: Path, limits: Limits = LIMITS, **options: object) -> Iterator[httpx.Client]:
    """A client of a live server on a loopback port."""
    settings = {"host": "127.0.0.1", "hosts": (), "origin": "*"} | options
    with listen("127.0.0.1", 0) as socket:
        pool = start_pool(folder, limits)
        server = make_server(make_app(folder, pool, **settings), pool)  # type: ignore[arg-type]
        listening = threading.Event()
        server.ready = listening.set
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        assert listening.wait(30)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{socket.getsockname()[1]}", timeout=20, trust_env=False
        ) as client:
            client.pool = pool  # type: ignore[attr-defined]
            yield client
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("build")
    made = analyse(graph())
    write_turtle(made, path / "graph.ttl")
    write_page(made, path / "graph.html")
    return path


@pytest.fixture(scope="session")
def web(folder: Path) -> Iterator[httpx.Client]:
    with running(folder) as client:
        yield client
