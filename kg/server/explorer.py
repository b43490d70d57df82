"""The explorer page as the server gives it: with a script that fetches what the page does not hold (`details`)."""

from __future__ import annotations

import html
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kg.server.guard import POLICY

_META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n?')
_OVERVIEW = '"whole":false'


class Explorer:
    """The page of a build, kept in memory and read again when a build has made a new one."""

    def __init__(self, path: Path):
        self._path = path
        self._tag, self._content, self._policy = "", b"", ""

    async def respond(self, request: Request) -> Response:
        """The page; without one, a browser is sent to the query page."""
        try:
            found = self._path.stat()
        except OSError:
            return RedirectResponse("/sparql?format=html", 303)
        tag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
        if tag != self._tag:
            self._content, self._policy = connected(self._path.read_text(encoding="utf-8"))
            self._tag = tag
        headers = {"etag": tag, "cache-control": "no-cache", "content-security-policy": self._policy}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(self._content, media_type="text/html", headers=headers)


def connected(page: str) -> tuple[bytes, str]:
    """A page with the server's script in it, and the policy under which both may run."""
    stated = _META.search(page)
    if stated is None:
        return page.encode(), POLICY
    policy = (
        html.unescape(stated[1]).replace("script-src ", "script-src 'self' ").replace("img-src ", "img-src 'self' ")
    )
    whole = "no" if _OVERVIEW in page else "yes"
    script = f'<script src="/static/explorer.js" data-whole="{whole}"></script>\n'
    head, body, end = _META.sub("", page, count=1).rpartition("</body>")
    return (head + script + body + end).encode(), policy + "; connect-src 'self'; frame-ancestors 'none'"
