"""The newest request for pixels comes first, and what nobody waits for any more is not rendered."""

import asyncio
import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.isolation import FILES
from bench.pixel_load import PixelSite
from viewer.tiles.pool import PixelPool
from viewer.tiles.turns import Turns

AT_ONCE = 4 + (os.cpu_count() or 2)
LATE = 6
SOON_S = 20.0


def test_the_newest_waiter_comes_first_and_one_who_left_never() -> None:
    served: list[int] = []

    async def visit(turns: Turns, number: int) -> None:
        await turns.take()
        served.append(number)
        await asyncio.sleep(0.01)
        turns.give_back()

    async def scene() -> int:
        turns = Turns(1)
        tasks = []
        for number in range(5):
            tasks.append(asyncio.create_task(visit(turns, number)))
            await asyncio.sleep(0)
        tasks[3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await turns.take()  # every turn came back
        return turns.waiting

    assert asyncio.run(scene()) == 0
    assert served == [0, 4, 2, 1]


def test_a_turn_that_comes_in_the_moment_of_leaving_is_given_on() -> None:
    async def scene() -> None:
        turns = Turns(1)
        await turns.take()
        leaving = asyncio.create_task(turns.take())
        await asyncio.sleep(0)
        turns.give_back()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        await asyncio.wait_for(turns.take(), 1)

    asyncio.run(scene())


def test_tiles_asked_for_last_are_rendered_first_and_abandoned_ones_never(tmp_path: Path, shared_data: Path) -> None:
    pool = PixelPool(workers=2)
    render, go, order = pool.tiles, threading.Event(), []

    def tiles(source: dict[str, Any], level: int, cells: list[tuple[int, int]], **view: Any) -> Any:
        order.extend((level, *cell) for cell in cells)
        assert go.wait(SOON_S)
        return render(source, level, cells, **view)

    pool.tiles = tiles  # type: ignore[method-assign]
    with PixelSite(tmp_path, [shared_data / FILES[0]], pool, copies=1) as site:
        wanted = [site.request() for _ in range(AT_ONCE + LATE)]
        answers = asyncio.run(_ask_one_after_the_other(site.url, wanted, go, order))
    assert answers == [200] * (AT_ONCE + LATE - 1)
    late = [_address(path) for path, _ in wanted[AT_ONCE:]]
    abandoned = late.pop(2)
    assert abandoned not in order[AT_ONCE:]
    assert order[AT_ONCE] == late[-1]
    assert set(order[AT_ONCE:]) == set(late)


async def _ask_one_after_the_other(
    url: str, wanted: list[tuple[str, dict[str, str]]], go: threading.Event, order: list[tuple[int, int, int]]
) -> list[int]:
    """The statuses of all that were waited for; the third of the late ones goes away before anything is answered."""
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=100)) as http:
        asking = []
        for path, headers in wanted:
            asking.append(asyncio.create_task(http.get(path, headers=headers)))
            await asyncio.sleep(0.05)
        await asyncio.to_thread(_until_taken_up, order)
        gone = asking.pop(AT_ONCE + 2)
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone
        await asyncio.sleep(1.0)
        go.set()
        return [answer.status_code for answer in await asyncio.gather(*asking)]


def _until_taken_up(order: list[tuple[int, int, int]]) -> None:
    deadline = time.monotonic() + SOON_S
    while len(order) < AT_ONCE and time.monotonic() < deadline:
        time.sleep(0.02)


def _address(path: str) -> tuple[int, int, int]:
    level, column, row = path.rsplit("/", 3)[1:]
    return int(level), int(column), int(row)
