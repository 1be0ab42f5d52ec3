"""Requests that wait together are answered together.

To hand one tile to another process and back costs a tenth to a third of a cheap tile: processes wake, caches are cold. What
waits while others are served can go along for next to nothing. So as long as those that were begun last are young, or no core
is free, nobody else is begun; whoever comes meanwhile waits, and goes with the others of the same group, the newest first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Final, Generic, NamedTuple, TypeVar

from viewer.tiles.cores import Cores

# A wait that nobody sees; what takes longer than this is worth a thread and a worker of its own.
PATIENCE_S: Final = 0.004
# Where no core is free a second worker would only take from the first; but what takes this long may be stuck.
PATIENCE_WITHOUT_CORE_S: Final = 0.05
AT_MOST: Final = 8

_Request = TypeVar("_Request")
_Reply = TypeVar("_Reply")


class _Waiting(NamedTuple, Generic[_Request, _Reply]):
    group: str
    request: _Request
    reply: asyncio.Future[_Reply]


class Gathering(Generic[_Request, _Reply]):
    """A line of requests, of which those of one group are answered at once; for one event loop.

    Args:
        answer: gives one reply a request; called in a thread.
        threads: where it is called.
        at_once: how many calls may run at the same time.
        cores: a second call needs one, as long as the first is no more than slow.
    """

    def __init__(self, answer: Callable[[list[_Request]], Sequence[_Reply]], threads: Executor, at_once: int, cores: Cores) -> None:
        self._answer, self._threads, self._at_once, self._cores = answer, threads, at_once, cores
        self._line: list[_Waiting[_Request, _Reply]] = []
        self._begun_s: list[float] = []
        self._alarm: asyncio.TimerHandle | None = None

    async def ask(self, group: str, request: _Request) -> _Reply:
        """The reply to a request; a caller that is cancelled before its turn has left the line."""
        waiting: _Waiting[_Request, _Reply] = _Waiting(group, request, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._begin()
        try:
            return await waiting.reply
        finally:
            if waiting in self._line:
                self._line.remove(waiting)

    def _begin(self) -> None:
        """Begin with the newest if somebody may begin now, or see to it that somebody looks again."""
        loop = asyncio.get_running_loop()
        if not self._line or len(self._begun_s) >= self._at_once:
            return
        core, wait_s = self._core(loop.time())
        if wait_s > 0:
            if self._alarm is None:
                self._alarm = loop.call_later(wait_s, self._again)
            return
        group = self._line[-1].group
        together = [waiting for waiting in reversed(self._line) if waiting.group == group][:AT_MOST]
        for waiting in together:
            self._line.remove(waiting)
        begun_s = loop.time()
        self._begun_s.append(begun_s)
        answer = loop.run_in_executor(self._threads, self._answer, [waiting.request for waiting in together])
        answer.add_done_callback(partial(self._done, begun_s, core, together))

    def _core(self, now_s: float) -> tuple[int | None, float]:
        """The core to render on, None for none of its own, and 0; or how long to wait before looking again."""
        if not self._begun_s:
            return self._cores.join(), 0.0
        age_s = now_s - max(self._begun_s)
        if age_s < PATIENCE_S:
            return None, PATIENCE_S - age_s
        core = self._cores.join_free()
        return core, PATIENCE_S if core is None and age_s < PATIENCE_WITHOUT_CORE_S else 0.0

    def _again(self) -> None:
        self._alarm = None
        self._begin()

    def _done(
        self, begun_s: float, core: int | None, together: list[_Waiting[_Request, _Reply]], answer: asyncio.Future[Sequence[_Reply]]
    ) -> None:
        self._begun_s.remove(begun_s)
        if core is not None:
            self._cores.leave(core)
        failure = asyncio.CancelledError() if answer.cancelled() else answer.exception()
        for number, waiting in enumerate(together):
            if waiting.reply.done():  # nobody waits any more
                continue
            if failure is not None:
                waiting.reply.set_exception(failure)
            else:
                waiting.reply.set_result(answer.result()[number])
        self._begin()
