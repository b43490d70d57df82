"""Serving a build: a SPARQL endpoint, a query page, the explorer page, and a page for everything in the graph.

Queries run in worker processes that hold the graph and have no way to anything else; see `kg.server.pool`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import UsageError
from kg.server.limits import Limits

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["Limits", "create_app", "serve"]

HOST, PORT = "127.0.0.1", 7878


def create_app(
    folder: Path, *, limits: Limits | None = None, host: str = HOST, hosts: Iterable[str] = (), origin: str = ""
) -> Starlette:
    """An ASGI application that serves a build; its workers live from the application's start to its end.

    Parameters
    ----------
    folder : Path
        What ``kg build`` wrote.
    limits : Limits, optional
        On queries.
    host : str
        What the server listens on: a name that the Host header of a request may have.
    hosts : iterable of str
        More such names; "*" allows all, which is safe only where another server in front checks them.
    origin : str
        Whose scripts may read answers (CORS): an origin, "*" for every page that a user of the server visits, or
        empty for none but the server's own pages.

    Raises
    ------
    UsageError
        When the packages for serving are not installed.
    """
    _require()
    from kg.server.app import make_app
    from kg.server.pool import Pool

    return make_app(Path(folder), Pool(Path(folder), limits or Limits()), host, hosts, origin)


def serve(
    folder: Path,
    host: str = HOST,
    port: int = PORT,
    *,
    limits: Limits | None = None,
    hosts: Iterable[str] = (),
    origin: str = "",
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a build until interrupted.

    Parameters
    ----------
    folder, limits, hosts, origin
        As for `create_app`.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    ready : callable, optional
        Is told the server's address when it listens.

    Raises
    ------
    UsageError
        When there is no graph, the address is taken, or the packages for serving are not installed.
    """
    _require()
    from kg.server.app import listen, make_app, make_server, start_pool

    with listen(host, port) as socket:
        pool = start_pool(Path(folder), limits or Limits())
        server = make_server(make_app(Path(folder), pool, host, hosts, origin), pool)
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{socket.getsockname()[1]}/"
        if ready is not None:
            server.ready = lambda: ready(address)
        try:
            server.run(sockets=[socket])
        except KeyboardInterrupt:  # the way to end a server
            return


def _require() -> None:
    try:
        import httptools  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UsageError(f"serving needs more packages ({error.name}): pip install 'kg-abstracts[serve]'") from None
