"""The pool: hands questions to workers, and sees to it that one query's trouble stays its own.

As many workers as asked for stand ready for short queries. A query that proves long keeps its worker to itself, at low
priority, and a fresh one takes that worker's place. A worker that is late, crashes or runs out of memory is buried and
replaced; only its own client hears of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, cast

from kg.errors import KgError
from kg.server.limits import Limits
from kg.server.messages import ANSWER_HEAD, HELLO, Answer, Outcome, Question
from kg.server.nursery import BURIED, GraphFacts, Nursery

#: Added to the nice value of a long query's process: everything else goes first.
_LOW_PRIORITY = 15
#: After these a worker is not asked again.
_UNSOUND = frozenset([Outcome.NO_MEMORY, Outcome.FAILED, Outcome.LATE, Outcome.BUSY, Outcome.DIED])
#: Seconds that the first worker may take to get ready.
_BIRTH_SECONDS = 20.0
#: Seconds before trying again when a worker or the nursery has failed at birth.
_PAUSE = 1.0


class Pool:
    """Workers on one graph; used from one event loop.

    Parameters
    ----------
    folder : Path
        A build.
    limits : Limits
        For each query and for all together.
    """

    def __init__(self, folder: Path, limits: Limits):
        self.limits = limits
        self.deaths = 0
        self._nursery = Nursery(folder, limits)
        self._opened = self._closed = False
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._long: set[_Worker] = set()
        self._waiting: deque[asyncio.Future[_Worker]] = deque()
        self._burials: dict[int, asyncio.Future[int]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    # Start and end

    @property
    def facts(self) -> GraphFacts:
        """What is known of the graph once it is open."""
        return self._nursery.facts

    @property
    def ready(self) -> bool:
        """Whether there is a worker that could take a question, now or when it is done with another."""
        return any(worker.pid for worker in self._workers - self._long)

    def state(self) -> dict[str, int]:
        """Counts for whoever looks after the server."""
        return {
            "workers": len(self._workers - self._long),
            "idle": len(self._idle),
            "long": len(self._long),
            "waiting": len(self._waiting),
            "deaths": self.deaths,
        }

    def open(self) -> None:
        """Load the graph, in a process of its own.

        Raises
        ------
        UsageError
            When there is no graph or it cannot be read.
        """
        if not self._opened:
            self._nursery.open()
            self._opened = True

    async def start(self) -> None:
        """Open the pool unless that has been done, and come back when the first worker is ready.

        Raises
        ------
        KgError
            When no worker gets ready.
        """
        await asyncio.to_thread(self.open)
        asyncio.get_running_loop().add_reader(self._nursery.control, self._read_burials)
        for _ in range(self.limits.workers):
            self._give_birth()
        try:
            async with asyncio.timeout(_BIRTH_SECONDS):
                while not self._idle:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise KgError("no worker process gets ready; is there enough memory?") from None

    async def stop(self) -> None:
        """End all processes."""
        self._closed = True
        if self._opened:
            asyncio.get_running_loop().remove_reader(self._nursery.control)
            await asyncio.to_thread(self._nursery.close)
        for worker in self._workers:
            worker.hang_up()

    # Asking

    async def ask(self, question: Question, leaving: Callable[[], Awaitable[None]] | None = None) -> Answer:
        """The answer to a question, or what became of it.

        Parameters
        ----------
        question : Question
        leaving : callable, optional
            Comes back when whoever asks has gone; then a long query is killed.
        """
        worker = await self._find_worker()
        if worker is None:
            return Answer(Outcome.BUSY)
        reply = worker.put(question)
        timer = asyncio.get_running_loop().call_later(self.limits.patience, self._set_apart, worker, leaving)
        sound = False
        try:
            answer = await reply
            sound = answer.outcome not in _UNSOUND
            return answer
        finally:
            timer.cancel()
            worker.forget()
            self._release(worker, sound)

    async def _find_worker(self) -> _Worker | None:
        """A worker that has nothing to do, if need be after a time of waiting; None when too many wait."""
        if self._idle:
            return self._idle.pop()
        if len(self._waiting) >= self.limits.waiting or self._closed:
            return None
        turn: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self.limits.seconds):
                return await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self._hand_over(turn.result())
            else:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                return None
            raise

    def _hand_over(self, worker: _Worker) -> None:
        """Give a free worker to who has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(worker)
                return
        self._idle.append(worker)

    def _release(self, worker: _Worker, sound: bool) -> None:
        if worker not in self._workers:
            return
        if worker in self._long or not sound:
            self._end(worker)
        else:
            self._hand_over(worker)

    def _set_apart(self, worker: _Worker, leaving: Callable[[], Awaitable[None]] | None) -> None:
        """Let a query that takes its time go on without being in the way, but not longer than it may."""
        if worker not in self._workers:
            return
        if len(self._long) >= self.limits.long:
            self._end(worker, Outcome.BUSY)
            return
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, _LOW_PRIORITY)
        self._long.add(worker)
        self._give_birth()
        left = self.limits.seconds - self.limits.patience
        worker.timer = asyncio.get_running_loop().call_later(left, self._end, worker, Outcome.LATE)
        if leaving is not None:
            worker.watch = asyncio.ensure_future(self._end_after(leaving, worker))

    async def _end_after(self, leaving: Callable[[], Awaitable[None]], worker: _Worker) -> None:
        await leaving()
        self._end(worker, Outcome.BUSY)

    # Births and deaths

    def _give_birth(self) -> None:
        if self._closed:
            return
        try:
            line = self._nursery.birth()
        except OSError:
            return  # the nursery has gone: its successor makes new workers
        worker = _Worker(self)
        self._workers.add(worker)
        self._run(asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=line))

    def arrived(self, worker: _Worker) -> None:
        """A worker has said hello."""
        self._hand_over(worker)

    def _end(self, worker: _Worker, verdict: Outcome | None = None) -> None:
        """Kill a worker; its client is told `verdict`."""
        if worker.verdict is None:
            worker.verdict = verdict
        if worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)

    def lost(self, worker: _Worker) -> None:
        """A worker has gone, killed or crashed."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker in self._long:
            self._long.remove(worker)
        elif worker.pid:
            self._give_birth()
        else:
            asyncio.get_running_loop().call_later(_PAUSE, self._give_birth)
        self._run(self._close_case(worker))

    async def _close_case(self, worker: _Worker) -> None:
        """Have a dead worker buried and tell its client what happened."""
        status = await self._bury(worker.pid) if worker.pid and not self._closed else 0
        if worker.verdict is None and worker.busy:
            self.deaths += 1
            # The engine aborts when it gets no memory; the system kills when there is none.
            starved = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGABRT, signal.SIGKILL)
            worker.verdict = Outcome.NO_MEMORY if starved else Outcome.DIED
        worker.tell(Answer(worker.verdict or Outcome.DIED))

    async def _bury(self, pid: int) -> int:
        self._burials[pid] = buried = asyncio.get_running_loop().create_future()
        try:
            self._nursery.bury(pid)
            async with asyncio.timeout(_PAUSE):
                return int(await buried)
        except (OSError, TimeoutError):
            return 0
        finally:
            self._burials.pop(pid, None)

    def _read_burials(self) -> None:
        try:
            said = self._nursery.control.recv(BURIED.size * 64)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self._lose_nursery()
        for pid, status in BURIED.iter_unpack(said[: len(said) // BURIED.size * BURIED.size]):
            if pid in self._burials and not self._burials[pid].done():
                self._burials[pid].set_result(status)

    def _lose_nursery(self) -> None:
        """The nursery itself has died: let go of its workers and load the graph anew."""
        asyncio.get_running_loop().remove_reader(self._nursery.control)
        self._opened = False
        for worker in [*self._workers]:
            self._end(worker, Outcome.DIED)
            worker.hang_up()
        if not self._closed:
            self._run(self._reopen())

    async def _reopen(self) -> None:
        await asyncio.to_thread(self._nursery.close)
        while not self._closed:
            try:
                return await self.start()
            except (OSError, KgError):
                await asyncio.sleep(_PAUSE)

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something on the side; the loop itself keeps no hold of its tasks."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Worker(asyncio.Protocol):
    """The server's end of the line to a worker."""

    def __init__(self, pool: Pool):
        self.pid = 0
        self.verdict: Outcome | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.watch: asyncio.Future[None] | None = None
        self._pool = pool
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

    def forget(self) -> None:
        """Stop what goes on beside a long query."""
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
                self._pool.arrived(self)
        elif len(self._said) >= ANSWER_HEAD.size:
            outcome, size = ANSWER_HEAD.unpack_from(self._said)
            if len(self._said) >= ANSWER_HEAD.size + size:
                content = bytes(memoryview(self._said)[ANSWER_HEAD.size :])
                self._said = bytearray()
                self.tell(Answer(Outcome(outcome), content))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the pool."""
        self._pool.lost(self)
