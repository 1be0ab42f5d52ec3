"""Tiles that a slide does not store, made in the background: right pixels, whole or not at all, within their room, and gone again."""

import io
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from math import log10
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image

from tests.conftest import REPOSITORY
from viewer.readers.errors import ReaderError
from viewer.tiles import grant
from viewer.tiles.made import completing, places, room
from viewer.tiles.made.completing import Completer
from viewer.tiles.made.plan import added_levels
from viewer.tiles.pool import PixelPool
from viewer.tiles.service import PixelService, PixelSettings, Reply
from viewer.tiles.stored.shelf import LOOK_AGAIN_S

KEY = b"a key for tests, thirty-two byte"
ROOM = 1 << 30
Site = Callable[[Path], tuple[uuid.UUID, dict[str, Any]]]


def _said(index: int, downsample: float, width: int, height: int, tile: int = 240) -> dict[str, Any]:
    columns, rows = -(-width // tile), -(-height // tile)
    size = {"width": width, "height": height, "tile_width": tile, "tile_height": tile, "columns": columns, "rows": rows}
    return {"index": index, "downsample": downsample, **size}


def _plan(levels: list[dict[str, Any]]) -> list[tuple[int, float, int, int]]:
    return [(one.level.index, one.level.downsample, one.source, one.factor) for one in added_levels(levels)]


def test_what_aperio_leaves_out_is_added_behind_its_own_levels() -> None:
    aperio = [_said(n, scale, int(46000 / scale), int(32914 / scale)) for n, scale in enumerate((1.0, 4.0001, 16.002, 32.01))]
    assert _plan(aperio) == [(4, 2.0, 0, 2), (5, 8.0002, 1, 2)]
    two, eight = (one.level for one in added_levels(aperio))
    assert (two.size.width, two.size.height, two.grid.columns) == (23000, 16457, 96)
    assert eight.size.width == 11499 // 2


def test_a_slide_of_one_level_gets_levels_down_to_a_screen() -> None:
    assert _plan([_said(0, 1.0, 30000, 20000, 256)]) == [(1, 2.0, 0, 2), (2, 4.0, 1, 2), (3, 8.0, 2, 2), (4, 16.0, 3, 2)]
    assert _plan([_said(0, 1.0, 2048, 2048)]) == []


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [_said(0, 1.0, 9000, 7000), _said(1, 1.9997, 4501, 3500), _said(2, 3.999, 2250, 1750), _said(3, 7.99, 1125, 875)],
        [_said(1, 1.0, 9000, 7000)],  # numbers that are not ours
        [_said(0, 1.0, 9000, 7000, 253)],  # tiles that no factor goes into
    ],
)
def test_nothing_is_added_where_nothing_is_missing_or_nothing_can_be(levels: list[dict[str, Any]]) -> None:
    assert _plan(levels) == []


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """A JPEG pyramid in steps of four, from real tissue."""
    tissue = np.asarray(Image.open(shared_data / "wsi/generic-tiff/OS-1_he_region_40x.png").convert("RGB"))
    whole = np.tile(tissue, (2, 3, 1))[:1900, :2900]
    path = tmp_path_factory.mktemp("slides") / "sparse.tif"
    with tifffile.TiffWriter(path, bigtiff=False) as file:
        for step in (1, 4):
            level = np.asarray(Image.fromarray(whole).reduce(step))
            options: dict[str, Any] = {"subfiletype": 1} if step > 1 else {}
            file.write(level, tile=(256, 256), compression="jpeg", compressionargs={"level": 90}, photometric="rgb", **options)
    return path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    (tmp_path / "manifests").mkdir()
    return tmp_path


@pytest.fixture
def site(data_dir: Path, opened: Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]) -> Site:
    def add(path: Path) -> tuple[uuid.UUID, dict[str, Any]]:
        image_id, (_, source) = uuid.uuid4(), opened(path)
        siblings = sorted(path.parent.glob("level*.dcm"))
        source["paths"] = [str(path), *(str(one) for one in siblings if one != path)]
        _write_manifest(data_dir, image_id, source, 1)
        places.wish(data_dir / "manifests", image_id)
        return image_id, source

    return add


def _write_manifest(data_dir: Path, image_id: uuid.UUID, source: dict[str, Any], revision: int) -> None:
    text = json.dumps({"id": str(image_id), "revision": revision, "source": source})
    (data_dir / "manifests" / f"{image_id}.json").write_text(text)


def _service(data_dir: Path, pool: PixelPool) -> PixelService:
    return PixelService(PixelSettings(data_dir, KEY, cache_bytes=50 << 20), pool)


def _get(service: PixelService, image_id: uuid.UUID, tile: str, revision: int = 1) -> Reply:
    cookie = f"{grant.cookie_name(image_id)}={grant.sign(image_id, 1, time.time() + 60, KEY)}"
    return service.reply("GET", f"/pixels/{image_id}/{revision}/tiles/{tile}", {"cookie": cookie})


def _rgb(body: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(float)


def _is_stored(reply: Reply) -> bool:
    return reply.headers["ETag"].startswith('"s2/')


def _wishes(data_dir: Path) -> list[str]:
    return [path.name for path in places.wishes(data_dir)]


def test_a_missing_level_looks_as_its_source_does(site: Site, data_dir: Path, pool: PixelPool, sparse: Path) -> None:
    """Against means of 2 x 2 px of OpenSlide's level 0: as near as one more JPEG of this quality allows, in all places, no colour shift."""
    image_id, source = site(sparse)
    assert len(source["levels"]) == 2
    assert Completer(data_dir, limit_bytes=ROOM, pool=pool).run_once() == 1
    assert _wishes(data_dir) == []
    service, slide = _service(data_dir, pool), openslide.OpenSlide(str(sparse))
    added = added_levels(source["levels"])
    assert [one.level.downsample for one in added] == [2.0]
    level = added[0].level
    assert (level.size.width, level.size.height) == (1450, 950)
    for column, row in [(0, 0), (3, 2), (level.grid.columns - 1, level.grid.rows - 1)]:
        reply = _get(service, image_id, f"2/{column}/{row}")
        assert (reply.status, _is_stored(reply)) == (200, True)
        shown, size = _rgb(reply.body), level.tile_size(column, row)
        assert shown.shape == (256, 256, 3)
        region = slide.read_region((column * 512, row * 512), 0, (size.width * 2, size.height * 2)).convert("RGB")
        wanted = np.asarray(region).astype(float).reshape(size.height, 2, size.width, 2, 3).mean(axis=(1, 3))
        error = shown[: size.height, : size.width] - wanted
        assert 20 * log10(255 / np.sqrt((error**2).mean())) > 30
        assert np.abs(error.mean(axis=(0, 1))).max() < 1


@pytest.mark.parametrize(
    "name",
    [
        "aperio/he_jp2k_33003.svs",
        "aperio/he_jp2k_33005.svs",
        "generic-tiff/ihc_pyramid_lzw.tif",
        "generic-tiff/ihc_single_level_deflate.tif",
        "hamamatsu/test3-DAPI-2-(387).ndpi",
        "ome-tiff/he_pyramid_subifd.ome.tif",
        "dicom/ihc_pyramid_jp2k/level0.dcm",
        "dicom/he_pyramid_raw_rgb/level0.dcm",
    ],
)
def test_what_was_rendered_is_stored_with_the_same_pixels(
    name: str, site: Site, data_dir: Path, pool: PixelPool, shared_data: Path
) -> None:
    image_id, source = site(shared_data / "wsi" / name)
    service = _service(data_dir, pool)
    cells = [(level["index"], c, r) for level in source["levels"] for c, r in {(0, 0), (level["columns"] - 1, level["rows"] - 1)}]
    before = {cell: _get(service, image_id, "/".join(map(str, cell))) for cell in cells}
    assert not any(_is_stored(reply) for reply in before.values())
    assert Completer(data_dir, limit_bytes=ROOM, pool=pool).run_once() == 1
    time.sleep(LOOK_AGAIN_S)
    for cell, rendered in before.items():
        made = _get(service, image_id, "/".join(map(str, cell)))
        assert _is_stored(made)
        was, now = _rgb(rendered.body), _rgb(made.body)
        level = source["levels"][cell[0]]
        assert now.shape == (level["tile_height"], level["tile_width"], 3)
        error = np.abs(now[: was.shape[0], : was.shape[1]] - was)
        assert error.max() == 0 if was.shape == now.shape else error.mean() < 2


def test_a_large_photograph_is_decoded_once_for_everybody(
    site: Site, data_dir: Path, pool: PixelPool, shared_data: Path, tmp_path: Path
) -> None:
    tissue = Image.open(shared_data / "wsi/generic-tiff/OS-1_he_region_40x.png").convert("RGB")
    large, small = tmp_path / "large.png", tmp_path / "small.jpg"
    tissue.resize((4_700, 3_500)).save(large, compress_level=1)
    tissue.save(small)
    image_id, source = site(large)
    other_id, other = site(small)
    assert (source["kind"], other["kind"]) == ("photograph", "photograph")
    service, last = _service(data_dir, pool), source["levels"][-1]["index"]
    before = {tile: _get(service, image_id, tile) for tile in ("0/3/2", "1/0/0", "0/9/6", f"{last}/0/0")}
    assert Completer(data_dir, limit_bytes=ROOM, pool=pool).run_once() == 1
    time.sleep(LOOK_AGAIN_S)
    for tile, rendered in before.items():
        made = _get(service, image_id, tile)
        assert _is_stored(made)
        was, now = _rgb(rendered.body), _rgb(made.body)
        assert np.abs(now[: was.shape[0], : was.shape[1]] - was).mean() < 2
    assert not _is_stored(_get(service, other_id, "0/0/0"))
    assert _wishes(data_dir) == []


def test_a_complete_slide_gets_an_empty_sidecar_once(site: Site, data_dir: Path, pool: PixelPool, shared_data: Path) -> None:
    image_id, _ = site(shared_data / "wsi/generic-tiff/he_pyramid_jpeg.tif")
    completer = Completer(data_dir, limit_bytes=ROOM, pool=pool)
    assert completer.run_once() == 0
    made = places.open_made(data_dir / "manifests", image_id, "1")
    assert made is not None
    assert made.levels == {}
    _get(_service(data_dir, pool), image_id, "0/0/0")
    assert _wishes(data_dir) == [], "nobody wishes for more"


class _Stopping:
    """A pool that is stopped, as by a kill, after some jobs."""

    def __init__(self, pool: PixelPool, jobs: int) -> None:
        self._pool, self.jobs, self.asked = pool, jobs, 0

    def make(self, job: dict[str, Any], path: str) -> tuple[list[int], bytes]:
        self.asked += 1
        if self.asked > self.jobs:
            raise SystemExit(0)
        return self._pool.make(job, path)

    def stored_index(self, source: dict[str, Any]) -> bytes:
        return self._pool.stored_index(source)


def _made_file(data_dir: Path, image_id: uuid.UUID) -> bytes:
    return (data_dir / "made" / f"{image_id}-1.jpgs").read_bytes()


@pytest.mark.parametrize("harm", ["none", "cut", "hole", "half line", "other work", "rubbish"])
def test_a_killed_run_goes_on_where_it_was(
    *, harm: str, site: Site, data_dir: Path, pool: PixelPool, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "TILES_A_JOB", 8)
    image_id, _ = site(shared_data / "wsi/aperio/he_jp2k_33003.svs")
    with pytest.raises(SystemExit):
        Completer(data_dir, limit_bytes=ROOM, pool=_Stopping(pool, 6)).run_once()  # type: ignore[arg-type]
    part, journal = (data_dir / "made" / f"{image_id}-1.{suffix}" for suffix in ("part", "journal"))
    lines = journal.read_text().splitlines(keepends=True)
    done = len(lines) - 1
    assert 2 <= done <= 6
    assert _wishes(data_dir) == [str(image_id)]
    assert places.open_made(data_dir / "manifests", image_id, "1") is None
    kept = {"none": done, "cut": done - 1, "hole": 1, "half line": done - 1, "other work": 0, "rubbish": 0}[harm]
    if harm == "cut":
        os.truncate(part, part.stat().st_size - 1)
    elif harm == "hole":  # what a power cut may leave: a journal ahead of its data
        raw = bytearray(part.read_bytes())
        first = sum(json.loads(lines[1])["lengths"])
        raw[first : first + 10] = bytes(10)
        part.write_bytes(raw)
    elif harm == "half line":
        journal.write_text("".join(lines)[:-3])
    elif harm == "other work":
        journal.write_text('{"key":"another"}\n' + "".join(lines[1:]))
    elif harm == "rubbish":
        journal.write_bytes(b"\xff\x00{[")
    counting = _Stopping(pool, 1000)
    assert Completer(data_dir, limit_bytes=ROOM, pool=counting).run_once() == 1  # type: ignore[arg-type]
    assert counting.asked == 1 + 2 + 7 - kept, "4 + 16 + 49 tiles, 8 at a time"
    assert sorted(path.name for path in (data_dir / "made").iterdir() if path.is_file()) == [f"{image_id}-1.jpgs"]
    resumed = _made_file(data_dir, image_id)
    (data_dir / "manifests" / f"{image_id}.made").unlink()
    places.wish(data_dir / "manifests", image_id)
    assert Completer(data_dir, limit_bytes=ROOM, pool=pool).run_once() == 1
    assert _made_file(data_dir, image_id) == resumed


def test_the_process_may_be_killed_at_any_time(site: Site, data_dir: Path, shared_data: Path) -> None:
    image_id, _ = site(shared_data / "wsi/hamamatsu/test3-DAPI-2-(387).ndpi")
    command = [sys.executable, "-m", "viewer.tiles.made", str(data_dir), "--limit-bytes", str(ROOM), "--once"]
    first = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    part = data_dir / "made" / f"{image_id}-1.part"
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size) and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    first.send_signal(signal.SIGKILL)
    first.wait(timeout=10)
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=60, stderr=subprocess.DEVNULL)
    made = places.open_made(data_dir / "manifests", image_id, "1")
    assert made is not None
    assert sum(np.count_nonzero(np.frombuffer(made.lengths(level), "<u4")) for level in made.levels.values()) == 414
    assert _wishes(data_dir) == []


def test_a_deleted_sidecar_is_rendered_again_and_wished_for(site: Site, data_dir: Path, pool: PixelPool, sparse: Path) -> None:
    image_id, _ = site(sparse)
    completer = Completer(data_dir, limit_bytes=ROOM, pool=pool)
    completer.run_once()
    made = _get(_service(data_dir, pool), image_id, "2/1/1")
    for path in (data_dir / "made").glob("*.jpgs"):
        path.unlink()
    assert places.open_made(data_dir / "manifests", image_id, "1") is None
    rendered = _get(_service(data_dir, pool), image_id, "2/1/1")
    assert (rendered.status, _is_stored(rendered)) == (200, False), "a page that was opened before still gets its tiles"
    blocks = [_rgb(reply.body).reshape(32, 8, 32, 8, 3).mean(axis=(1, 3)) for reply in (rendered, made)]
    assert np.abs(blocks[0] - blocks[1]).mean() < 1.5
    assert _get(_service(data_dir, pool), image_id, "3/0/0").status == 404
    assert _wishes(data_dir) == [str(image_id)]
    assert completer.run_once() == 1


def test_a_new_revision_has_its_own_sidecar(site: Site, data_dir: Path, pool: PixelPool, sparse: Path) -> None:
    image_id, source = site(sparse)
    completer = Completer(data_dir, limit_bytes=ROOM, pool=pool)
    completer.run_once()
    _write_manifest(data_dir, image_id, source, 2)
    service = _service(data_dir, pool)
    assert not _is_stored(_get(service, image_id, "2/0/0", 2))
    assert completer.run_once() == 1
    time.sleep(LOOK_AGAIN_S)
    assert _is_stored(_get(service, image_id, "2/0/0", 2))
    old = data_dir / "made" / f"{image_id}-1.jpgs"
    os.utime(old, (0, 0))
    completer.run_once()
    assert not old.exists()


def test_the_budget_is_kept_by_what_is_unused_longest(site: Site, data_dir: Path, pool: PixelPool, sparse: Path, shared_data: Path) -> None:
    first, _ = site(sparse)
    assert Completer(data_dir, limit_bytes=ROOM, pool=pool).run_once() == 1
    size = len(_made_file(data_dir, first))
    second, _ = site(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    narrow = Completer(data_dir, limit_bytes=int(size * 1.1), pool=pool)
    assert narrow.run_once() == 0, "the first one was used today"
    assert _wishes(data_dir) == []
    assert not (data_dir / "made" / f"{second}-1.part").exists()
    os.utime(data_dir / "made" / f"{first}-1.jpgs", (1, time.time() - room.UNUSED_S - 10))
    places.wish(data_dir / "manifests", second)
    assert narrow.run_once() in {0, 1}
    assert sum(path.stat().st_size for path in (data_dir / "made").glob("*.jpgs")) <= size * 1.1


def test_a_sidecar_that_outgrows_its_room_is_given_up(
    site: Site, data_dir: Path, pool: PixelPool, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "BYTES_A_PIXEL", 1e-6)
    image_id, _ = site(shared_data / "wsi/aperio/he_jp2k_33003.svs")
    assert Completer(data_dir, limit_bytes=100_000, pool=pool).run_once() == 0
    assert [path for path in (data_dir / "made").iterdir() if path.is_file()] == []
    assert places.open_made(data_dir / "manifests", image_id, "1") is None


def test_a_small_budget_takes_the_coarse_levels(site: Site, data_dir: Path, pool: PixelPool, shared_data: Path) -> None:
    image_id, _ = site(shared_data / "wsi/aperio/he_jp2k_33003.svs")
    assert Completer(data_dir, limit_bytes=700_000, pool=pool).run_once() == 1
    made = places.open_made(data_dir / "manifests", image_id, "1")
    assert made is not None
    assert sorted(made.levels) == [1, 2]


def test_a_wish_is_left_alone_until_it_settles(site: Site, data_dir: Path, pool: PixelPool, sparse: Path) -> None:
    image_id, _ = site(sparse)
    completer = Completer(data_dir, limit_bytes=ROOM, pool=pool)
    assert completer.run_once(settled_s=60) == 0
    os.utime(data_dir / "made" / "wanted" / str(image_id), (0, time.time() - 61))
    assert completer.run_once(settled_s=60) == 1


def test_what_fails_is_not_tried_for_ever(site: Site, data_dir: Path, pool: PixelPool, sparse: Path) -> None:
    image_id, source = site(sparse)

    class Failing(_Stopping):
        def make(self, job: dict[str, Any], path: str) -> tuple[list[int], bytes]:
            self.asked += 1
            raise ReaderError("worker_crashed")

    failing = Failing(pool, 0)
    completer = Completer(data_dir, limit_bytes=ROOM, pool=failing)  # type: ignore[arg-type]
    assert completer.run_once() == 0
    places.wish(data_dir / "manifests", image_id)
    assert completer.run_once() == 0
    assert failing.asked == 1
    assert _wishes(data_dir) == []
    _write_manifest(data_dir, image_id, source, 2)
    places.wish(data_dir / "manifests", image_id)
    failing.make = pool.make  # type: ignore[method-assign]
    assert completer.run_once() == 1, "files that joined may have been what was missing"


def test_wishes_for_nothing_are_dropped(data_dir: Path, pool: PixelPool) -> None:
    places.wish(data_dir / "manifests", uuid.uuid4())
    places.wish(data_dir / "manifests", "no image")
    assert Completer(data_dir, limit_bytes=ROOM, pool=pool).run_once() == 0
    assert _wishes(data_dir) == []
