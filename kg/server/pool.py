"""The pool: hands questions to workers, and sees to it that one query's trouble stays its own.

As many workers as asked for stand ready for short queries. A query that proves long keeps its worker to itself, at low
priority, and a fresh one takes that worker's place; of these only so many run at a time, and the rest wait for a slot.
A worker that is late, crashes or runs out of memory is buried and replaced; only its own client hears of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from kg.errors import KgError
from kg.server.limits import Limits
from kg.server.line import Line
from kg.server.messages import Answer, Outcome, Question
from kg.server.nursery import BURIED, GraphFacts, Nursery
from kg.server.turns import Turns

#: Comes back when a client has gone.
Leaving = Callable[[], Awaitable[None]]
#: Queries that are remembered as long ones.
_MOST_KNOWN = 2000
#: Added to the nice value of a long query's process: everything else goes first.
_LOW_PRIORITY = 15
#: After these a worker is not asked again.
_UNSOUND = frozenset([Outcome.NO_MEMORY, Outcome.FAILED, Outcome.LATE, Outcome.BUSY, Outcome.DIED, Outcome.DEFERRED])
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
        self._workers: set[Line] = set()
        self._idle: list[Line] = []
        self._long: set[Line] = set()
        self._waiting: Turns[Line] = Turns(limits.waiting)
        self._waiting_long: Turns[bool] = Turns(limits.waiting)
        self._free_slots = limits.long
        self._known_long: dict[int, None] = {}
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
            "waiting": len(self._waiting) + len(self._waiting_long),
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
                while not self.ready:
                    await asyncio.sleep(0.005)
        except TimeoutError:
            asyncio.get_running_loop().remove_reader(self._nursery.control)
            await asyncio.to_thread(self._nursery.close)
            self._opened = False
            raise KgError("no worker process gets ready; is there enough memory?") from None

    def refuse(self) -> None:
        """Take no more questions and give up those that are being answered: the server is about to stop."""
        self._closed = True
        for worker in self._workers:
            if worker.busy:
                self._end(worker, Outcome.BUSY)
        self._waiting.send_away()
        self._waiting_long.send_away()

    async def stop(self) -> None:
        """End all processes."""
        self._closed = True
        if self._opened:
            asyncio.get_running_loop().remove_reader(self._nursery.control)
            await asyncio.to_thread(self._nursery.close)
        for worker in self._workers:
            worker.hang_up()

    # Asking

    async def ask(self, question: Question, leaving: Leaving | None = None) -> Answer:
        """The answer to a question, or what became of it.

        Parameters
        ----------
        question : Question
        leaving : callable, optional
            Comes back when whoever asks has gone; then a long query is killed.
        """
        key = hash((question.sparql, question.name))
        if key not in self._known_long:
            worker = await self._find_worker()
            if worker is None:
                return Answer(Outcome.BUSY)
            answer = await self._hear(worker, question, self.limits.patience, leaving)
            if answer.outcome is not Outcome.DEFERRED:
                return answer
        if not await self._take_slot():
            return Answer(Outcome.BUSY)
        worker = await self._find_worker_or_free_slot()
        if worker is None:
            return Answer(Outcome.BUSY)
        self._set_apart(worker, key, leaving)
        start = time.monotonic()
        answer = await self._hear(worker, question)
        if time.monotonic() - start < self.limits.patience:
            self._known_long.pop(key, None)
        return answer

    async def _hear(
        self, worker: Line, question: Question, patience: float | None = None, leaving: Leaving | None = None
    ) -> Answer:
        """What a worker answers; if that takes longer than `patience`, it is set apart."""
        reply = worker.put(question)
        if patience is not None:
            key = hash((question.sparql, question.name))
            worker.later(patience, self._outgrow, worker, key, leaving)
        sound = False
        try:
            answer = await reply
            # One with a verdict has been killed, even if its answer was on the way already.
            sound = answer.outcome not in _UNSOUND and worker.verdict is None
            return answer
        finally:
            worker.forget()
            if worker in self._workers and (worker in self._long or not sound):
                self._end(worker)
            elif worker in self._workers:
                self._hand_over(worker)

    async def _find_worker(self) -> Line | None:
        """A worker that has nothing to do, if need be after a time of waiting; None when too many wait."""
        while not self._closed:
            given = self._idle.pop() if self._idle else await self._waiting.join(self.limits.seconds, self._hand_over)
            if given is None or given in self._workers:  # it may have died on the way
                return given
        return None

    def _hand_over(self, worker: Line) -> None:
        """Give a free worker to who has waited longest."""
        if not self._waiting.call(worker):
            self._idle.append(worker)

    # Long queries

    async def _take_slot(self) -> bool:
        if self._closed:
            return False
        if self._free_slots:
            self._free_slots -= 1
            return True
        return bool(await self._waiting_long.join(self.limits.seconds, lambda _: self._free_slot()))

    def _free_slot(self) -> None:
        if not self._waiting_long.call(True):
            self._free_slots += 1

    async def _find_worker_or_free_slot(self) -> Line | None:
        worker = None
        try:
            worker = await self._find_worker()
        finally:
            if worker is None:
                self._free_slot()
        return worker

    def _outgrow(self, worker: Line, key: int, leaving: Leaving | None) -> None:
        """A query has become long: it goes on apart, or if there is no slot, begins anew when there is one."""
        if worker not in self._workers or not worker.busy:  # its answer may have come at the very same time
            return
        if self._free_slots:
            self._free_slots -= 1
            self._set_apart(worker, key, leaving)
        else:
            self._remember(key)
            self._end(worker, Outcome.DEFERRED)

    def _set_apart(self, worker: Line, key: int, leaving: Leaving | None) -> None:
        """Let a query that takes its time run without being in the way, but not longer than it may."""
        self._remember(key)
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, _LOW_PRIORITY)
        self._long.add(worker)
        self._give_birth()
        worker.later(self.limits.seconds, self._end, worker, Outcome.LATE)
        if leaving is not None:
            worker.watch = asyncio.ensure_future(self._end_after(leaving, worker))

    async def _end_after(self, leaving: Leaving, worker: Line) -> None:
        await leaving()
        self._end(worker, Outcome.BUSY)

    def _remember(self, key: int) -> None:
        """That a query is a long one: next time it need not be found out in the way of others."""
        self._known_long.pop(key, None)
        self._known_long[key] = None
        if len(self._known_long) > _MOST_KNOWN:
            del self._known_long[next(iter(self._known_long))]

    # Births and deaths

    def _give_birth(self) -> None:
        if self._closed:
            return
        try:
            line = self._nursery.birth()
        except OSError:
            return  # the nursery has gone: its successor makes new workers
        worker = Line(self._hand_over, self._lose)
        self._workers.add(worker)
        self._run(asyncio.get_running_loop().create_unix_connection(lambda: worker, sock=line))

    def _end(self, worker: Line, verdict: Outcome | None = None) -> None:
        """Kill a worker; its client is told `verdict`."""
        if worker.verdict is None:
            worker.verdict = verdict
        if worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)

    def _lose(self, worker: Line) -> None:
        """A worker has gone, killed or crashed."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker in self._long:
            self._long.remove(worker)
            self._free_slot()
        elif worker.pid:
            self._give_birth()
        else:
            asyncio.get_running_loop().call_later(_PAUSE, self._give_birth)
        self._run(self._close_case(worker))

    async def _close_case(self, worker: Line) -> None:
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
