"""Waiting for one's turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue of those who wait for something, at most so many at a time."""

    def __init__(self, most: int):
        self._most = most
        self._queue: deque[asyncio.Future[T | None]] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    async def join(self, seconds: float, give_back: Callable[[T], None]) -> T | None:
        """Wait for one's turn; None when the queue is full or it takes too long.

        What has been handed to someone who no longer waits goes to `give_back`.
        """
        if len(self._queue) >= self._most:
            return None
        turn: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(seconds):
                return await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn in self._queue:
                self._queue.remove(turn)
            elif not turn.cancelled() and (given := turn.result()) is not None:
                give_back(given)
            if isinstance(error, TimeoutError):
                return None
            raise

    def call(self, given: T) -> bool:
        """Hand something to who has waited longest; False when nobody waits."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(given)
                return True
        return False

    def send_away(self) -> None:
        """Tell everybody that there will be nothing."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
