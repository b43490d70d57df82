"""What every request has to pass and every response carries: the Host check, CORS and headers for safety."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
#: Addresses that mean "every interface".
_ANY = frozenset(["0.0.0.0", "::", "[::]", ""])
#: Pages take scripts, styles and data from here only, and no script or style that stands in the page itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_POLICY_NAME = b"content-security-policy"
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
#: The answer to a browser that asks whether a script from elsewhere may ask.
_OPTIONS = {
    "allow": "GET, HEAD, POST, OPTIONS",
    "access-control-allow-methods": "GET, HEAD, POST",
    "access-control-allow-headers": "Accept, Content-Type",
    "access-control-max-age": "86400",
}


class Guard:
    """ASGI middleware around the whole app.

    A page elsewhere can make its own name resolve to this machine and so reach a server that only listens here; the
    browser then sends that name in the Host header, which is why the header is checked.

    Parameters
    ----------
    app : ASGI application
    host : str
        What the server listens on; its name is allowed in the Host header beside this machine's own. If it means
        every interface, any IP address is: an address cannot be made to resolve to another.
    hosts : iterable of str
        More names to allow, "*" for all of them.
    origin : str
        Whose scripts may read answers: an origin, "*" for all, or empty for none but this server's own.
    """

    def __init__(self, app: ASGIApp, host: str, hosts: Iterable[str] = (), origin: str = ""):
        self._app = app
        self._headers = [*_HEADERS, *_sharing(origin)]
        self._names = {name.lower() for name in (*_LOCAL, _bracketed(host), *hosts)}
        self._addresses = host in _ANY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(message)
            await send(message)

        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_OPTIONS)(scope, receive, send_with_headers)
            return
        said = [value for name, value in scope["headers"] if name == b"host"]
        if len(said) == 1 and self._allows(said[0].decode("latin-1")):
            await self._app(scope, receive, send_with_headers)
        else:
            words = "This server does not go by the name in the Host header. Allow a name with --allow-host NAME.\n"
            await PlainTextResponse(words, 400)(scope, receive, send_with_headers)

    def _allows(self, host: str) -> bool:
        name = _without_port(host).lower()
        return name in self._names or "*" in self._names or (self._addresses and _is_address(name))

    def _add_headers(self, message: Message) -> None:
        headers = message.setdefault("headers", [])
        if not any(name == _POLICY_NAME for name, _ in headers):
            headers.append((_POLICY_NAME, POLICY.encode()))
        headers.extend(self._headers)


def _sharing(origin: str) -> list[tuple[bytes, bytes]]:
    if not origin:
        return [(b"cross-origin-resource-policy", b"same-origin")]
    headers = [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-expose-headers", b"Retry-After"),
    ]
    return headers if origin == "*" else [*headers, (b"vary", b"Origin")]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.rpartition(":")[0] if ":" in host else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
