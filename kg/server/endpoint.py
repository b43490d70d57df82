"""The SPARQL endpoint: SPARQL 1.1 Protocol for queries, by GET, by POST of a form and by POST of the query itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kg.server.limits import MAX_ADDRESS, MAX_BODY, Limits
from kg.server.messages import Answer, Outcome, Question
from kg.server.negotiation import GRAPHS, HTML, TABLES, accepted, preferred
from kg.server.pool import Pool
from kg.sparql import MAX_LENGTH

_FORM, _SPARQL = "application/x-www-form-urlencoded", "application/sparql-query"
_DATASET = frozenset(["default-graph-uri", "named-graph-uri", "using-graph-uri", "using-named-graph-uri"])
_UTF8 = frozenset(["text/csv", "text/tab-separated-values", "text/html", "text/plain"])
#: Seconds that a client may take to send the body of a request.
_BODY_SECONDS = 10.0

Fields = list[tuple[str, str]]
#: Answers a request in one way or another.
Responder = Callable[[Request], Awaitable[Response]]


def endpoint(pool: Pool, describe: Responder, page: Responder) -> Responder:
    """The endpoint over a pool.

    Parameters
    ----------
    pool : Pool
        Answers the queries.
    describe : callable
        Answers a request without a query: the service's description.
    page : callable
        Answers a browser: the query page.
    """

    async def answer(request: Request) -> Response:
        if request.method == "POST":
            fields, query = await _posted(request)
        else:
            fields = _fields(_address(request), "address")
            query = _query(fields)
            likes = _likes(request, fields)
            if preferred(likes, (*TABLES, *GRAPHS, HTML)) == HTML:
                return await page(request)
            if query is None:
                return await describe(request)
        if query is None:
            raise HTTPException(400, "There is no query: send one as 'query'.")
        return await ask(request, pool, query, _likes(request, fields))

    return answer


# What is asked


async def _posted(request: Request) -> tuple[Fields, str | None]:
    """The fields that come with a query and the query itself."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_FORM, _SPARQL):
        said = "This endpoint is read-only" if kind == "application/sparql-update" else f"Cannot read {kind or 'that'}"
        raise HTTPException(415, f"{said}: send {_SPARQL} or {_FORM}.", {"accept-post": f"{_SPARQL}, {_FORM}"})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "The body must not be compressed.", {"accept-encoding": "identity"})
    body = await _body(request)
    if kind == _FORM:
        fields = _fields(body, "form")
        return fields, _query(fields)
    fields = _fields(_address(request), "address")
    if _query(fields) is not None:
        raise HTTPException(400, "There is a query in the address and another in the body.")
    try:
        return fields, body.decode()
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"The query is not UTF-8: {error}.") from None


def _address(request: Request) -> bytes:
    asked: bytes = request.scope["query_string"]
    if len(asked) > MAX_ADDRESS:
        raise HTTPException(
            414, f"The address is too long; {MAX_ADDRESS:,} bytes are the most. POST the query instead."
        )
    return asked


async def _body(request: Request) -> bytes:
    too_large = HTTPException(413, f"The request is too large; {MAX_BODY:,} bytes are the most.")
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > MAX_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, "The request took too long to arrive.") from None
    return bytes(body)


def _fields(content: bytes, where: str) -> Fields:
    try:
        return parse_qsl(content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise HTTPException(400, f"The {where} cannot be read: {error}.") from None


def _query(fields: Fields) -> str | None:
    """The one query among the fields; None when there is none."""
    for name, _ in fields:
        if name == "update":
            raise HTTPException(400, "This endpoint is read-only: it takes no update.")
        if name in _DATASET:
            raise HTTPException(400, f"There is one graph here, and a query asks it without naming it: omit {name}.")
    queries = [value for name, value in fields if name == "query"]
    if len(queries) > 1:
        raise HTTPException(400, "There is more than one query.")
    return queries[0] if queries else None


def _likes(request: Request, fields: Fields) -> str:
    """The Accept header, or what a field named "format" says instead."""
    name = next((value for key, value in fields if key == "format"), "")
    return accepted(", ".join(request.headers.getlist("accept")), name)


# What is answered


async def ask(request: Request, pool: Pool, query: str, likes: str) -> Response:
    """Ask the graph and answer in the form that the client likes best."""
    if len(query) > MAX_LENGTH:
        status = 413 if request.method == "POST" else 414
        raise HTTPException(status, f"The query has {len(query):,} characters; {MAX_LENGTH:,} are the most.")
    table, graph = preferred(likes, tuple(TABLES)), preferred(likes, tuple(GRAPHS))
    if table is None and graph is None:
        raise _not_acceptable(Answer(Outcome.UNACCEPTABLE))
    question = Question(query, TABLES.get(table or "", ""), GRAPHS.get(graph or "", ""))
    answer = await while_connected(request, pool, question)
    if answer.outcome not in (Outcome.ROWS, Outcome.TRIPLES):
        raise problem(answer, pool.limits)
    media_type = str(table if answer.outcome is Outcome.ROWS else graph)
    if answer.outcome is Outcome.TRIPLES and media_type == "application/json":
        media_type = "application/ld+json"
    return typed(answer.content, media_type)


def typed(content: bytes | str, media_type: str) -> Response:
    """A response that depends on what the client accepts."""
    charset = "; charset=utf-8" if media_type in _UTF8 else ""
    return Response(content, headers={"content-type": media_type + charset, "vary": "Accept"})


async def while_connected(request: Request, pool: Pool, question: Question) -> Answer:
    """The answer to a question, which is dropped when it takes long and the client goes."""
    return await pool.ask(question, lambda: _leaving(request))


async def _leaving(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def problem(answer: Answer, limits: Limits) -> HTTPException:
    """The status and the words for an outcome that is no answer."""
    words = answer.content.decode()
    match answer.outcome:
        case Outcome.REFUSED:
            return HTTPException(400, words)
        case Outcome.TOO_LARGE:
            return HTTPException(413, words)
        case Outcome.UNACCEPTABLE:
            return _not_acceptable(answer)
        case Outcome.LATE:
            return HTTPException(503, f"The query did not end within {limits.seconds:g} s: ask for less at a time.")
        case Outcome.NO_MEMORY:
            most = limits.memory >> 20
            return HTTPException(503, f"The query needs more memory than the {most:,} MiB that one may take.")
        case Outcome.BUSY:
            return HTTPException(503, "Too many queries at once: try again in a moment.", {"retry-after": "1"})
        case Outcome.DIED:
            return HTTPException(503, "The engine could not cope with this query; the others go on.")
        case _:
            return HTTPException(500, words)


def _not_acceptable(answer: Answer) -> HTTPException:
    offered = {b"rows": tuple(TABLES), b"triples": tuple(GRAPHS)}.get(answer.content, (*TABLES, *GRAPHS))
    return HTTPException(406, f"The answer comes as {', '.join(dict.fromkeys(offered))}.", {"vary": "Accept"})
