"""The line between the server and a worker, as the server sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from kg.server.messages import ANSWER_HEAD, HELLO, Answer, Outcome, Question


class Line(asyncio.Protocol):
    """The server's end of the line to a worker.

    Parameters
    ----------
    arrived, lost : callable
        Are told of the line when the worker has said hello, and when it has gone.
    """

    def __init__(self, arrived: Callable[[Line], None], lost: Callable[[Line], None]):
        self.pid = 0
        self.verdict: Outcome | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.watch: asyncio.Future[None] | None = None
        self._arrived, self._lost = arrived, lost
        self._transport: asyncio.Transport | None = None
        self._said = bytearray()
        self._reply: asyncio.Future[Answer] | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody waits for its answer."""
        return self._reply is not None and not self._reply.done()

    def put(self, question: Question) -> asyncio.Future[Answer]:
        """Send a question; the answer comes with the future."""
        self._reply = asyncio.get_running_loop().create_future()
        if self._transport is not None:
            self._transport.write(question.pack())
        return self._reply

    def tell(self, answer: Answer) -> None:
        """Give whoever waits an answer."""
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(answer)

    def later(self, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        """Have something done if there is no answer by then."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = asyncio.get_running_loop().call_later(seconds, call, *arguments)

    def forget(self) -> None:
        """Stop what goes on beside a query."""
        for beside in (self.timer, self.watch):
            if beside is not None:
                beside.cancel()
        self.timer = self.watch = None

    def hang_up(self) -> None:
        """Close the line."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Collect what the worker says until it is whole."""
        self._said += data
        if not self.pid:
            if len(self._said) >= HELLO.size:
                (self.pid,) = HELLO.unpack(self._said)
                self._said.clear()
                self._arrived(self)
        elif len(self._said) >= ANSWER_HEAD.size:
            outcome, size = ANSWER_HEAD.unpack_from(self._said)
            if len(self._said) >= ANSWER_HEAD.size + size:
                content = bytes(memoryview(self._said)[ANSWER_HEAD.size :])
                self._said = bytearray()
                self.tell(Answer(Outcome(outcome), content))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the pool."""
        self._lost(self)
