"""The web application: which address leads where."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvicorn
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from kg.errors import UsageError
from kg.server.connections import BoundedProtocol
from kg.server.description import describe_service
from kg.server.details import cards, details, identify
from kg.server.endpoint import ask, endpoint, problem, typed, while_connected
from kg.server.explorer import Explorer
from kg.server.guard import Guard
from kg.server.limits import Limits
from kg.server.messages import Outcome, Question
from kg.server.negotiation import GRAPHS, HTML, accepted, preferred
from kg.server.pool import Pool
from kg.server.space import Space
from kg.server.terms import used_terms
from kg.server.things import Row, Rows, gather, rows_of
from kg.sparql import named_queries, named_query
from kg.store import PAGE, TURTLE

_WEB = Path(__file__).parent / "web"
_STATIC = ("site.css", "query.js", "complete.js", "explorer.js", "icon.svg")
_SERIALIZED = {"turtle": "to_turtle", "ntriples": "to_tsv", "jsonld": "to_json", "rdfxml": "to_xml"}
#: Connections at a time; more are told to come back.
_MOST_CONNECTIONS = 1000


class _Site:
    """The answers to requests, over one pool."""

    def __init__(self, folder: Path, pool: Pool):
        self._pool, self._folder = pool, folder
        self._templates = Environment(
            loader=FileSystemLoader(_WEB), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )

    def routes(self) -> list[Route]:
        """Every address."""
        sparql = endpoint(self._pool, self.describe, self.query_page)
        return [
            Route("/sparql", sparql, methods=["GET", "POST"]),
            Route("/", Explorer(self._folder / PAGE).respond),
            Route("/queries", self.queries),
            Route("/queries/{name}", self.query),
            Route("/search", self.search),
            Route("/lookup", self.lookup),
            Route("/data/search", self.data_search),
            Route("/data/node", self.data_node),
            Route("/health", self.health),
            Route("/graph.ttl", self.dump),
            Route("/.well-known/void", RedirectResponse("/build/graph", 303)),
            Route("/favicon.ico", _static("icon.svg")),
            *(Route(f"/static/{name}", _static(name)) for name in _STATIC),
            Route("/{kind}/{local:path}", self.thing),
        ]

    @property
    def _space(self) -> Space:
        return Space.of(self._pool.facts.prefixes)

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        """A page made from a template."""
        content = self._templates.get_template(name).render(triples=self._pool.facts.triples, **values)
        return Response(content, status, {"vary": "Accept"}, HTML)

    def _rows(self, request: Request) -> Rows:
        async def rows(sparql: str) -> list[Row]:
            return rows_of(await self._asked(request, Question(sparql)))

        return rows

    async def _asked(self, request: Request, question: Question) -> bytes:
        """The content of an answer; anything but an answer is raised as what the client is told."""
        answer = await while_connected(request, self._pool, question)
        if answer.outcome is not Outcome.ROWS:
            raise problem(answer, self._pool.limits)
        return answer.content

    # SPARQL

    async def describe(self, request: Request) -> Response:
        """The service description."""
        media_type = preferred(_likes(request), tuple(GRAPHS))
        if media_type is None:
            raise HTTPException(406, f"The description comes as {', '.join(GRAPHS)}.", {"vary": "Accept"})
        result = describe_service(str(request.url.replace(query="")), self._pool.facts.triples)
        return typed(getattr(result, _SERIALIZED[GRAPHS[media_type]])(), media_type)

    async def query_page(self, request: Request) -> Response:
        """The page to write queries on."""
        return self.page("query.html")

    async def queries(self, request: Request) -> Response:
        """The named queries, the prefixes that every query knows, and the classes and properties of the graph."""
        known = [{**asdict(q), "parameters": [asdict(p) for p in q.parameters]} for q in named_queries()]
        prefixes = {**self._pool.facts.prefixes}
        terms = [asdict(term) for term in used_terms()]
        return JSONResponse({"base": self._space.base, "prefixes": prefixes, "terms": terms, "queries": known})

    async def query(self, request: Request) -> Response:
        """The text of a named query with the parameters that the address gives."""
        name = request.path_params["name"]
        if name not in {q.name for q in named_queries()}:
            raise HTTPException(404, "There is no query of that name.")
        try:
            values = {key: value for key, value in request.query_params.items() if value}
            return PlainTextResponse(named_query(name, **values), media_type="application/sparql-query")
        except UsageError as error:
            raise HTTPException(400, str(error)) from None

    # Things

    async def thing(self, request: Request) -> Response:
        """A thing of the graph, as a page or as data."""
        iri = self._space.iri(request.scope.get("raw_path", b"").decode("ascii", "replace"))
        if iri is None:
            raise HTTPException(404, "There is nothing at this address.")
        likes = _likes(request)
        media_type = preferred(likes, ("text/turtle", HTML, *GRAPHS))
        if media_type is None:
            raise HTTPException(406, f"This comes as {HTML}, {', '.join(GRAPHS)}.", {"vary": "Accept"})
        if media_type == HTML:
            found = await gather(self._rows(request), self._space, iri, _turned(request))
            if found is not None:
                return self.page("thing.html", thing=found)
        else:
            if b"true" in await self._asked(request, Question(f"ASK {{ {iri} ?property ?value }}")):
                return await ask(request, self._pool, f"DESCRIBE {iri}", likes)
        raise HTTPException(404, "The graph knows nothing of this name.")

    async def search(self, request: Request) -> Response:
        """Things by name."""
        found = [_hit(self._space, named) for named in await self._named(request)]
        if preferred(_likes(request), (HTML, "application/json")) == HTML:
            return self.page("search.html", text=request.query_params.get("q", ""), found=found)
        return JSONResponse(found, headers={"vary": "Accept"})

    async def _named(self, request: Request) -> list[dict[str, Any]]:
        question = Question("", name=request.query_params.get("q") or " ")
        return list(json.loads(await self._asked(request, question)))

    async def lookup(self, request: Request) -> Response:
        """From an id as ``papers.jsonl`` has it to the address of the paper or entity."""
        iri = identify(self._space.base, request.query_params.get("id", ""))
        return RedirectResponse(self._space.path(iri.value) or "/", 303)

    # What the explorer page does not hold

    async def data_search(self, request: Request) -> Response:
        """Papers and entities by name, as cards, the best first."""
        iris = [named["iri"] for named in await self._named(request)]
        found = await cards(self._rows(request), iris)
        return JSONResponse([found[iri] for iri in iris if iri in found])

    async def data_node(self, request: Request) -> Response:
        """All that the explorer shows of the paper or entity with an id."""
        iri = identify(self._space.base, request.query_params.get("id", ""))
        found = await details(self._rows(request), iri)
        if found is None:
            raise HTTPException(404, "The graph knows nothing of this id.")
        return JSONResponse(found)

    # The rest

    async def health(self, request: Request) -> Response:
        """Whether queries can be answered, and how busy the pool is."""
        words = {"status": "ok" if self._pool.ready else "starting", "triples": self._pool.facts.triples}
        status = 200 if self._pool.ready else 503
        return JSONResponse({**words, **self._pool.state()}, status, headers={"cache-control": "no-store"})

    async def dump(self, request: Request) -> Response:
        """The whole graph as Turtle."""
        path = self._folder / TURTLE if self._folder.is_dir() else self._folder
        if not path.is_file():
            raise HTTPException(404, "The graph lies here in parts, not in one file.")
        return FileResponse(path, media_type="text/turtle")

    async def error(self, request: Request, error: Exception) -> Response:
        """What went wrong, in words: on a page for a browser, else as text."""
        assert isinstance(error, HTTPException)
        if request.url.path != "/sparql" and preferred(_likes(request), ("text/plain", HTML)) == HTML:
            page = self.page("error.html", error.status_code, words=error.detail)
            page.headers.update(error.headers or {})
            return page
        return PlainTextResponse(error.detail.rstrip() + "\n", error.status_code, error.headers)


def _hit(space: Space, named: dict[str, Any]) -> dict[str, Any]:
    path = space.path(named["iri"]) or named["iri"]
    return {**named, "path": path, "kind": path.split("/")[1]}


def _likes(request: Request) -> str:
    return accepted(", ".join(request.headers.getlist("accept")), request.query_params.get("format", ""))


def _turned(request: Request) -> tuple[str, int]:
    start = request.query_params.get("from", "")
    return request.query_params.get("list", ""), int(start) if start.isdecimal() and len(start) < 10 else 0


def _static(name: str) -> Callable[[Request], Any]:
    content = (_WEB / name).read_bytes()
    media_type = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]

    async def give(request: Request) -> Response:
        return Response(content, media_type=media_type, headers={"cache-control": "no-cache"})

    return give


# Putting it together


def make_app(folder: Path, pool: Pool, host: str, hosts: Iterable[str], origin: str) -> Starlette:
    """The application over a pool, which starts and stops with it."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await pool.start()
        try:
            yield
        finally:
            await pool.stop()

    site = _Site(folder, pool)
    app = Starlette(
        routes=site.routes(),
        middleware=[Middleware(Guard, host=host, hosts=tuple(hosts), origin=origin)],
        exception_handlers={HTTPException: site.error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # "/paper/" is no other name for "/paper"
    return app


class Server(uvicorn.Server):
    """uvicorn that says when it listens, and that lets nobody wait for a query when it stops."""

    ready: Callable[[], None] | None = None
    pool: Pool

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.ready is not None and not self.should_exit:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop the queries, then stop."""
        self.pool.refuse()
        await super().shutdown(sockets)


def make_server(app: Starlette, pool: Pool) -> Server:
    """A server for the application over a pool; `run` it with the sockets of `listen`."""
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    server.pool = pool
    return server


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises
    ------
    UsageError
        When the address is taken, not this machine's or not to be had.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot listen on {host} port {port}: {reason}; give another with --port") from None


def start_pool(folder: Path, limits: Limits) -> Pool:
    """A pool that has its graph."""
    pool = Pool(folder, limits)
    pool.open()
    return pool
