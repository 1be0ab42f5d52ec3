"""Tiles that are waited for together are rendered together, and none of them pays for another one."""

import asyncio
import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from tests.waiting import wait_for
from viewer.readers import errors
from viewer.tiles import gathering, grant
from viewer.tiles.cores import Cores
from viewer.tiles.gathering import Gathering
from viewer.tiles.pool import Encoded, PixelPool, _parted
from viewer.tiles.service import PixelService, PixelSettings, Request, together

KEY = b"a key for tests, thirty-two byte"
IMAGE = uuid.UUID(int=(9 << 76) + 1)
SIDE = 4


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    """A slide whose tiles are all different and none of which is stored as JPEG."""
    dice = np.random.default_rng(20261123)
    pixels = np.repeat(np.repeat(dice.integers(0, 255, (SIDE * 32, SIDE * 32, 3), dtype=np.uint8), 8, 0), 8, 1)
    tifffile.imwrite(tmp_path / "lzw.tif", pixels, tile=(256, 256), compression="lzw", photometric="rgb")
    return tmp_path / "lzw.tif"


def _source(path: Path, pool: PixelPool) -> dict[str, Any]:
    return {"engine": "openslide", "kind": "slide", "paths": [str(path)], "frame_map": None, "levels": pool.inspect(str(path))["levels"]}


def _service(folder: Path, source: dict[str, Any], pool: PixelPool) -> tuple[PixelService, dict[str, str]]:
    (folder / "manifests").mkdir()
    (folder / "manifests" / f"{IMAGE}.json").write_text(json.dumps({"id": str(IMAGE), "revision": 1, "source": source}))
    token = grant.sign(IMAGE, 1, time.time() + 600, KEY)
    return PixelService(PixelSettings(folder, KEY, 1 << 24), pool), {"cookie": f"{grant.cookie_name(IMAGE)}={token}"}


def _path(column: int, row: int) -> str:
    return f"/pixels/{IMAGE}/1/tiles/0/{column}/{row}"


def test_together_is_what_differs_in_its_cell_alone() -> None:
    base = f"/pixels/{IMAGE}/1"
    assert together("GET", f"{base}/tiles/2/3/4") == together("GET", f"{base}/tiles/2/9/0") != together("GET", f"{base}/tiles/1/3/4")
    assert together("GET", f"{base}/tiles/2/3/4?icc=1") not in {None, together("GET", f"{base}/tiles/2/3/4")}
    assert together("GET", f"{base}/views/p1_-/tiles/2/3/4") not in {None, together("GET", f"{base}/tiles/2/3/4")}
    assert together("HEAD", f"{base}/tiles/2/3/4") is None
    assert together("GET", f"{base}/frames/7") is None
    assert together("GET", "/pixels/") is None


def test_several_tiles_are_each_the_tile_that_one_alone_is(pool: PixelPool, slide: Path) -> None:
    source = _source(slide, pool)
    cells = [(column, row) for row in range(SIDE) for column in range(SIDE)]
    several = pool.tiles(source, 0, [*cells[:3], (SIDE, 0), *cells[3:]])
    outside = several.pop(3)
    assert isinstance(outside, errors.OutOfRange)
    assert several == [pool.tile(source, 0, column, row) for column, row in cells]
    assert len({one.body for one in several if isinstance(one, Encoded)}) == SIDE * SIDE


def test_who_went_along_gets_the_same_answer_as_who_asked_alone(tmp_path: Path, pool: PixelPool, slide: Path) -> None:
    service, headers = _service(tmp_path, _source(slide, pool), pool)
    wanted = [_path(0, 0), _path(1, 0), _path(0, 0), _path(SIDE, 0), _path(2, 0).replace("/1/tiles", "/2/tiles"), _path(1, 1)]
    replies = service.reply_together([Request("GET", path, headers) for path in wanted])
    answered = [number for number, reply in enumerate(replies) if reply is not None]
    assert answered == [0, 1, 3, 5]  # the one that is asked for twice is there by then; another revision is a refusal
    alone = [service.reply("GET", path, headers) for path in wanted]
    assert [alone[number] for number in answered] == [replies[number] for number in answered]
    assert [reply.status for reply in alone] == [200, 200, 200, 404, 404, 200]


def test_nobody_gets_a_tile_along_with_somebody_who_may(tmp_path: Path, pool: PixelPool, slide: Path) -> None:
    service, headers = _service(tmp_path, _source(slide, pool), pool)
    replies = service.reply_together([Request("GET", _path(0, 0), headers), Request("GET", _path(1, 0), {})])
    assert replies[0] is not None
    assert replies[0].status == 200
    assert replies[1] is None
    assert service.reply("GET", _path(1, 0), {}).status == 403


def test_tiles_whose_worker_dies_again_and_again_are_asked_for_alone(tmp_path: Path, slide: Path) -> None:
    pool = PixelPool(workers=1)
    service, headers = _service(tmp_path, _source(slide, pool), pool)
    stop = threading.Event()

    def killer() -> None:
        while not stop.is_set():
            for pid in pool.worker_ids():
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    thread = threading.Thread(target=killer)
    thread.start()
    requests = [Request("GET", _path(column, 0), headers) for column in range(SIDE)]
    try:
        replies = service.reply_together(requests)
    finally:
        stop.set()
        thread.join()
    assert replies == [None] * SIDE
    assert [service.reply(*request).status for request in requests] == [200] * SIDE
    pool.close()


@pytest.mark.parametrize(
    "said",
    [None, [], {}, [{}] * 3, [{"length": 1}], [{"length": -1, "content_type": "a", "headers": {}}], ["x"],
     [{"length": 9, "content_type": "a", "headers": {}}], [{"length": 1, "content_type": "a", "headers": 3}]],
)  # fmt: skip
def test_a_worker_that_says_nonsense_of_tiles_has_crashed(said: Any) -> None:
    with pytest.raises(errors.WorkerCrashed):
        _parted(said, b"four", at_most=2)


class _Scene:
    """Calls that end when they are told to, and what each was called with."""

    def __init__(self) -> None:
        self.called: list[list[int]] = []
        self.go = threading.Event()
        self.threads = ThreadPoolExecutor(8)

    def answer(self, requests: list[int]) -> list[int]:
        self.called.append(requests)
        assert self.go.wait(10)
        if 13 in requests:
            raise RuntimeError
        return [10 * request for request in requests]


def test_what_waits_goes_with_the_newest_of_its_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PATIENCE_S", 60.0)
    scene = _Scene()

    async def play() -> list[int]:
        line = Gathering(scene.answer, scene.threads, 3, Cores(2, tmp_path))
        tasks = []
        for number, group in enumerate("abababab"):
            tasks.append(asyncio.create_task(line.ask(group, number)))
            await asyncio.sleep(0.01)
        tasks[5].cancel()
        await asyncio.sleep(0.01)
        scene.go.set()
        return [answer for answer in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(answer, int)]

    assert asyncio.run(play()) == [0, 10, 20, 30, 40, 60, 70]
    assert scene.called == [[0], [7, 3, 1], [6, 4, 2]]


def test_who_waits_behind_a_slow_one_gets_a_thread_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PATIENCE_S", 0.3)  # so that the three are in line before it is over, on any machine
    scene = _Scene()

    async def play() -> list[int]:
        line = Gathering(scene.answer, scene.threads, 2, Cores(2, tmp_path))
        tasks = [asyncio.create_task(line.ask("a", number)) for number in range(3)]
        await asyncio.to_thread(wait_for, "two calls", lambda: len(scene.called) == 2)
        tasks += [asyncio.create_task(line.ask("a", number)) for number in range(3, 15)]
        await asyncio.sleep(2 * gathering.PATIENCE_S)
        scene.go.set()
        return [answer if isinstance(answer, int) else -1 for answer in await asyncio.gather(*tasks, return_exceptions=True)]

    answers = asyncio.run(play())
    assert scene.called[:2] == [[0], [2, 1]]
    assert [len(called) for called in scene.called[2:]] == [gathering.AT_MOST, 12 - gathering.AT_MOST]
    assert answers[7:] == [-1] * 8, "all that went with a failure failed, and nobody waits for ever"
    assert answers[:7] == [0, 10, 20, 30, 40, 50, 60]


def _a_second_call_waits_until(happens: Callable[[], None], cores: Cores) -> None:
    scene = _Scene()

    async def play() -> list[int]:
        line = Gathering(scene.answer, scene.threads, 3, cores)
        tasks = [asyncio.create_task(line.ask("a", number)) for number in range(2)]
        await asyncio.sleep(20 * gathering.PATIENCE_S)
        assert scene.called == [[0]], "no core is free"
        happens()
        await asyncio.to_thread(wait_for, "a second call", lambda: len(scene.called) == 2)
        scene.go.set()
        return list(await asyncio.gather(*tasks))

    assert asyncio.run(play()) == [0, 10]


def test_a_second_call_waits_for_a_core_but_not_behind_one_that_may_be_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PATIENCE_WITHOUT_CORE_S", 60.0)
    others = Cores(1, tmp_path)
    taken = others.join()
    _a_second_call_waits_until(lambda: monkeypatch.setattr(gathering, "PATIENCE_WITHOUT_CORE_S", 0.0), Cores(1, tmp_path))
    assert others.join_free() is None
    others.leave(taken)
    assert others.join_free() is not None, "whoever is done has left"


def test_a_second_call_begins_when_another_process_leaves_a_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PATIENCE_WITHOUT_CORE_S", 60.0)
    others = Cores(2, tmp_path)
    taken = others.join()
    _a_second_call_waits_until(lambda: others.leave(taken), Cores(2, tmp_path))
