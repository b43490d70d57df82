"""HTTP connections that end when their other side does not keep to reasonable sizes and times.

uvicorn's own wait as long as a client likes for the end of a request's head, and keep all of it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kg.server.limits import MAX_ADDRESS

_TOO_LONG = (
    b"HTTP/1.1 414 URI Too Long\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 25\r\n"
    b"connection: close\r\n\r\nThe address is too long.\n"
)
#: Bytes of a request's line and headers.
MAX_HEAD = 128 * 1024
#: Seconds that a client may take for them.
_HEAD_SECONDS = 10.0


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a bound on the head of a request."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._head: int | None = 0
        self._fields = 0
        self._too_long = False
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to count the time."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take data, unless it makes the head too large."""
        super().data_received(data)
        if self._head is None or self.transport.is_closing():
            return
        self._head += len(data)
        if self._head > MAX_HEAD:
            self.send_400_response("The request's address and headers are too long.")

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head = self._fields = 0
        self._start_clock()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the address."""
        super().on_url(url)
        if len(self.url) > MAX_ADDRESS:
            self._too_long = True
            raise ValueError("too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; many may come with one read, before their bytes are counted."""
        super().on_header(name, value)
        self._fields += len(name) + len(value)
        if self._fields > MAX_HEAD:
            raise ValueError("too long")

    def send_400_response(self, msg: str) -> None:
        """Answer what is no proper request, and end the connection."""
        if self._too_long:
            self.transport.write(_TOO_LONG)
            self.transport.close()
        else:
            super().send_400_response(msg)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head = None
        self._stop_clock()
        super().on_headers_complete()

    def _start_clock(self) -> None:
        self._stop_clock()
        self._clock = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
