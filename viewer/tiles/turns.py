"""Who is served next when more is asked for than can be rendered at once: the newest.

A person who zooms or scrolls on wants the picture in front of the eyes, not the ones passed on the way. So whoever asked
last comes first, and whoever went away meanwhile never comes.
"""

from __future__ import annotations

import asyncio


class Turns:
    """A bounded number of turns at once, given to the newest waiter; for one event loop.

    Args:
        at_once: how many may have a turn at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def take(self) -> None:
        """Return when it is the caller's turn, who must `give_back` it; a caller that is cancelled has left the line."""
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:  # the turn came in the same moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """End a turn; the newest waiter gets it."""
        if self._waiting:
            self._waiting.pop().set_result(None)
        else:
            self._free += 1
