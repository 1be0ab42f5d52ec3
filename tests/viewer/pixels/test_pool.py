"""Workers die, hang and run out of memory; the process that asked never does."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_for
from viewer.readers import errors
from viewer.tiles import child as child_module
from viewer.tiles import pool as pool_module
from viewer.tiles import wire
from viewer.tiles.pool import PixelPool, configure_default_pool, default_pool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
ROOT = Path(__file__).resolve().parents[3]
_TRICKLE = """
import os, time
from viewer.tiles import wire
os.write(1, wire.pack({"warm": True}) + wire.PREFIX.pack(2, 1 << 20) + b"{}")
while True:
    os.write(1, b"x")
    time.sleep(0.01)
"""


def _pids(pool: PixelPool) -> list[int]:
    return [child.pid for child in [*pool._idle, *pool._busy]]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _gone_within(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_a_killed_worker_costs_no_request(shared_data: Path) -> None:
    pool = PixelPool(workers=1)
    path = str(shared_data / "photo/fundus/retina.jpg")
    pool.inspect(path)
    os.kill(_pids(pool)[0], signal.SIGKILL)
    assert pool.inspect(path)["width"] == 1411
    pool.close()


def test_a_request_over_the_wall_limit_is_stopped_and_the_worker_replaced(shared_data: Path) -> None:
    pool = PixelPool(workers=1, wall_limit_s=20)
    path = str(shared_data / "photo/fundus/retina.jpg")
    pool.inspect(path)
    stuck = _pids(pool)[0]
    os.kill(stuck, signal.SIGSTOP)
    pool._wall_limit_s = 0.3
    with pytest.raises(errors.WorkerTimeout):
        pool.inspect(path)
    assert _gone_within([stuck], 20)
    pool._wall_limit_s = 20
    assert pool.inspect(path)["width"] == 1411
    pool.close()


def test_waiting_for_a_busy_worker_ends(shared_data: Path) -> None:
    pool = PixelPool(workers=1, wall_limit_s=20)
    path = str(shared_data / "photo/fundus/retina.jpg")
    pool.inspect(path)
    os.kill(_pids(pool)[0], signal.SIGSTOP)
    pool._wall_limit_s = 4.0
    outcomes: list[str] = []

    def ask() -> None:
        try:
            pool.inspect(path)
        except errors.ReaderError as error:
            outcomes.append(error.code)

    first = threading.Thread(target=ask)
    first.start()
    wait_for("the stuck worker to be asked", lambda: pool._busy)
    pool._wall_limit_s = 0.2
    with pytest.raises(errors.WorkerBusy):
        pool.inspect(path)
    first.join()
    assert outcomes == ["worker_timeout"]
    pool.close()


def test_many_threads_share_few_workers(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    found, source = opened(shared_data / "wsi/generic-tiff/he_pyramid_jpeg.tif")
    level = found["levels"][0]
    addresses = [(c, r) for c in range(level["columns"]) for r in range(level["rows"])][:60]
    with ThreadPoolExecutor(8) as threads:
        tiles = list(threads.map(lambda at: pool.tile(source, 0, *at), addresses))
    assert all(tile.body[:2] == b"\xff\xd8" and tile.content_type == "image/jpeg" for tile in tiles)
    assert len(_pids(pool)) <= 2


def test_memory_is_limited(shared_data: Path) -> None:
    pool = PixelPool(workers=1, memory_limit_bytes=420 << 20)
    with pytest.raises(errors.ReaderError) as refusal:
        pool.inspect(str(shared_data / "malformed/dicom/deflate_bomb_300MB.dcm"))
    assert refusal.value.code in {"expands_too_far", "out_of_memory"}
    assert pool.inspect(str(shared_data / "photo/derm/ISIC_0000000.jpg"))["width"] == 1022
    pool.close()


def test_children_end_when_the_parent_is_killed(shared_data: Path) -> None:
    script = (
        "import os, sys, time\n"
        "from viewer.tiles.pool import PixelPool\n"
        "pool = PixelPool(workers=2)\n"
        "pool.warm_up()\n"
        f"pool.inspect({str(shared_data / 'photo/derm/ISIC_0000000.jpg')!r})\n"
        "print(*[c.pid for c in pool._idle], flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert _gone_within(pids, 20)


def test_a_closed_pool_leaves_nobody_and_says_so(shared_data: Path) -> None:
    pool = PixelPool(workers=2)
    pool.warm_up()
    pids = _pids(pool)
    assert len(pids) == 2
    pool.close()
    assert _gone_within(pids, 20)
    with pytest.raises(errors.ReaderError) as refusal:
        pool.inspect(str(shared_data / "photo/derm/ISIC_0000000.jpg"))
    assert refusal.value.code == "pool_closed"


def test_workers_see_no_secrets(pool: PixelPool, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITATE_SECRET_KEY", "canary-7f3a9c")
    fresh = PixelPool(workers=1)
    fresh.inspect(str(shared_data / "photo/derm/ISIC_0000000.jpg"))
    environment = Path(f"/proc/{_pids(fresh)[0]}/environ").read_bytes()
    assert b"canary-7f3a9c" not in environment
    fresh.close()


@pytest.mark.parametrize(
    "header",
    [
        {"verb": "no such verb"},
        {"verb": "tile", "source": {"paths": []}, "level": 0, "column": 0, "row": 0},
        {"verb": "frame", "source": {"paths": ["/nowhere"]}, "frame": "x"},
        {"verb": "tile"},
    ],
)
def test_nonsense_is_answered_not_obeyed(pool: PixelPool, header: dict[str, Any]) -> None:
    with pytest.raises(errors.ReaderError):
        pool._ask(header, "")
    assert _pids(pool)


def test_missing_files_are_named(pool: PixelPool) -> None:
    with pytest.raises(errors.ReaderError) as refusal:
        pool.inspect("/nowhere/at/all.svs")
    assert refusal.value.code == "not_found"


def test_the_default_pool_is_one_and_can_be_configured() -> None:
    configure_default_pool(workers=1)
    first = default_pool()
    assert default_pool() is first
    configure_default_pool(workers=3)
    second = default_pool()
    assert second is not first
    assert second._limit == 3
    second.close()
    configure_default_pool()
    pool_module._shared.pool = None


def test_errors_cross_the_border_with_type_code_and_words() -> None:
    original = errors.LimitExceeded("too_many_pixels", "9 x 9")
    copy = errors.from_json(errors.to_json(original))
    assert type(copy) is errors.LimitExceeded
    assert (copy.code, copy.text, copy.hint) == (original.code, original.text, original.hint)
    stranger = errors.from_json({"type": "os.system", "code": "rm", "detail": "x"})
    assert type(stranger) is errors.ReaderError
    assert stranger.code == "unreadable"


def test_messages_come_out_as_they_were_sent_however_they_arrive() -> None:
    reading, writing = os.pipe()
    inbox = wire.Inbox(reading)
    large = os.urandom(300_000)
    sent = [({"n": 1}, b""), ({"n": 2, "text": "病理"}, b"abc"), ({"n": 3}, large), ({}, b"")]
    sent += [({"n": number}, os.urandom(number * 90_000)) for number in range(4)]  # the border of the buffer falls anywhere
    raw = b"".join(wire.pack(header, body) for header, body in sent)
    cuts = [0, 5, 12, 13, 60, 61, 200_000, len(raw)]

    def write() -> None:
        for start, end in itertools.pairwise(cuts):
            wire.send(writing, raw[start:end])
            time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert [inbox.receive() for _ in sent] == sent
        assert not inbox.readable()
    finally:
        writer.join()
        os.close(writing)
        with pytest.raises(wire.WireClosed):
            inbox.receive()
        os.close(reading)


def test_wire_refuses_what_is_no_message() -> None:
    reading, writing = os.pipe()
    try:
        for raw in (wire.PREFIX.pack(1 << 31, 0), wire.PREFIX.pack(2, 0) + b"[]", wire.PREFIX.pack(3, 0) + b"{]}"):
            os.write(writing, raw)
            with pytest.raises(wire.WireClosed):
                wire.Inbox(reading).receive()
        inbox = wire.Inbox(reading)
        os.write(writing, wire.pack({}, b"x" * 50_000)[:40_000])
        os.close(writing)
        with pytest.raises(wire.WireClosed):
            inbox.receive()
    finally:
        os.close(reading)
    with pytest.raises(ValueError, match="JSON"):
        wire.pack({"x": float("nan")})


@pytest.mark.parametrize("raw", [b"", b"[", b"N", b"\xff\xff", b"{", wire.encode({"verb": "tile"})])
def test_a_worker_takes_requests_only(raw: bytes) -> None:
    with pytest.raises(wire.WireClosed):
        wire.parse_request(raw)


def test_a_request_arrives_as_it_was_asked() -> None:
    header = {"verb": "tiles", "source": {"paths": ["/a/病理.svs"], "levels": [{"downsample": 4.000025}]}, "cells": [(3, 4)], "view": ""}
    assert wire.parse_request(wire.pack_request(header)[wire.PREFIX.size :]) == header
    with pytest.raises(ValueError, match="unmarshallable"):
        wire.pack_request({"path": Path("/a")})


def test_an_answer_that_trickles_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was taken over may go on for ever to send a little of what it announced."""
    monkeypatch.setattr(child_module, "_WORKER", ["-c", _TRICKLE])
    pool = PixelPool(workers=1, wall_limit_s=0.6)
    began_s = time.monotonic()
    with pytest.raises(errors.WorkerTimeout):
        pool.inspect("/a")
    assert time.monotonic() - began_s < 20
    pool.close()


def test_workers_that_ended_unasked_cost_nobody_anything(shared_data: Path) -> None:
    """However many an operator has ended: none of them had begun with the request."""
    pool = PixelPool(workers=6)
    pool.warm_up()
    path = str(shared_data / "photo/derm/ISIC_0000000.jpg")
    with ThreadPoolExecutor(6) as threads:
        for _ in range(2):  # each has been heard of
            list(threads.map(lambda _: pool.thumbnail({"kind": "photo", "paths": [path]}), range(24)))
    killed = _pids(pool)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert _gone_within(killed, 20)
    assert pool.thumbnail({"kind": "photo", "paths": [path]}).body[:2] == b"\xff\xd8"
    pool.close()
