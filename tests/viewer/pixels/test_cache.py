"""The disk cache keeps what was put in, within its limit, and shrugs at damage."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from viewer.tiles.cache import TileCache
from viewer.tiles.pool import Encoded

IMAGE = "0198c0de000070008000000000000001"


def _answer(body: bytes) -> Encoded:
    return Encoded("image/jpeg", body, {"Mitate-Rows": "1"})


def test_what_is_put_comes_back(tmp_path: Path) -> None:
    cache = TileCache(tmp_path / "cache", 1 << 20)
    assert cache.get(IMAGE, "a") is None
    cache.put(IMAGE, "a", _answer(b"\0\1\2"))
    assert cache.get(IMAGE, "a") == _answer(b"\0\1\2")
    assert cache.get("f" * 32, "a") is None
    assert cache.get(IMAGE, "b") is None


def test_a_cut_or_damaged_file_is_a_miss_and_goes(tmp_path: Path) -> None:
    cache = TileCache(tmp_path, 1 << 20)
    for damage in (lambda raw: raw[:-1], lambda raw: b"", lambda raw: b"\xff" * 40, lambda raw: raw[:6]):
        cache.put(IMAGE, "a", _answer(b"x" * 100))
        (path,) = [p for p in tmp_path.rglob("*") if p.is_file()]
        path.write_bytes(damage(path.read_bytes()))
        assert cache.get(IMAGE, "a") is None
        assert not path.exists()


def test_the_oldest_go_first_when_the_limit_is_passed(tmp_path: Path) -> None:
    cache = TileCache(tmp_path, 50_000)
    for number in range(10):
        cache.put(IMAGE, str(number), _answer(bytes(9_900)))
        path = cache._path(IMAGE, str(number))
        os.utime(path, (time.time() - 10_000 + number, time.time() - 10_000 + number))
    cache.get(IMAGE, "0")  # used again, so young again
    assert cache.sweep() <= 50_000
    kept = [number for number in range(10) if cache.get(IMAGE, str(number)) is not None]
    assert kept == [0, 7, 8, 9]


def test_sweeping_happens_by_itself(tmp_path: Path) -> None:
    cache = TileCache(tmp_path, 100_000)
    for number in range(400):
        cache.put(IMAGE, str(number), _answer(bytes(2_000)))
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):  # it was being swept at this moment
            held = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
            if held < 600_000:
                break
        time.sleep(0.05)
    assert held < 600_000


def test_many_threads_write_one_key(tmp_path: Path) -> None:
    cache = TileCache(tmp_path, 1 << 20)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: cache.put(IMAGE, "same", _answer(bytes([n]) * 5_000)), range(64)))
    found = cache.get(IMAGE, "same")
    assert found is not None
    assert len(set(found.body)) == 1
    assert not list(tmp_path.rglob(".*"))


def test_an_image_can_be_forgotten(tmp_path: Path) -> None:
    cache = TileCache(tmp_path, 1 << 20)
    cache.put(IMAGE, "a", _answer(b"x"))
    cache.put("f" * 32, "a", _answer(b"y"))
    cache.forget(IMAGE)
    assert cache.get(IMAGE, "a") is None
    assert cache.get("f" * 32, "a") == _answer(b"y")


def test_no_name_leaves_the_folder(tmp_path: Path) -> None:
    cache = TileCache(tmp_path / "cache", 1 << 20)
    cache.put("../../escape", "../a", _answer(b"x"))
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_an_unwritable_folder_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    cache = TileCache(tmp_path / "cache", 1 << 20)
    cache.put(IMAGE, "a", _answer(b"x"))
    assert cache.get(IMAGE, "a") is None
