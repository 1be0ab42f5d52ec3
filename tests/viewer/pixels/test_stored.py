"""Stored tiles over the pixel application: the slide's own bytes, OpenSlide's colours, and nothing open for ever."""

import asyncio
import io
import json
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
import tifffile
from PIL import Image

from viewer.readers.errors import ReaderError, WorkerBusy
from viewer.tiles import grant
from viewer.tiles.app import PixelApp
from viewer.tiles.pool import PixelPool
from viewer.tiles.service import PixelService, PixelSettings, Reply
from viewer.tiles.stored import index_file
from viewer.tiles.stored.shelf import LOOK_AGAIN_S, MAX_DESCRIPTORS, MAX_SLIDES, Shelf, write_index

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
KEY = b"a key for tests, thirty-two byte"
# How many tiles of each level are handed over as they are stored.
STORED = {
    "aperio/CMU-1-Small-Region.svs": [130],  # RGB in the stream, no marker that says so
    "generic-tiff/he_pyramid_jpeg.tif": [108, 30, 9, 4],  # YCbCr 4:2:0
    "generic-tiff/he_pyramid_bigtiff_512.tif": [30, 9, 4],  # BigTIFF
    "generic-tiff/病理スライド №1 (H&E).tif": [12, 4],
    "philips/he_philips.tiff": [30, 9, 4],  # levels padded to whole tiles
    "trestle/he_trestle.tif": [64, 16, 4],
    "dicom/he_pyramid_jpeg/level0.dcm": [108, 30, 9],  # one file a level
    "dicom/camelyon_jpeg/multiframe_camelyon_challenge_image.dcm": [15],
    "aperio/he_jp2k_33003.svs": [0, 0, 0],  # JPEG 2000: no browser shows it
    "aperio/he_jp2k_33005.svs": [0, 0, 0],
    "generic-tiff/ihc_pyramid_lzw.tif": [0, 0],
    "leica/he_leica.scn": [30, 9, 4],  # the scan's own grid, which OpenSlide does not announce, from the corner of the tissue
    "hamamatsu/test3-DAPI-2-(387).ndpi": [0] * 7,
    "dicom/he_pyramid_raw_rgb/level0.dcm": [0, 0],
}


class _NoPool:
    """A pool that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the pool was asked for {name}")


def _paths(path: Path) -> list[str]:
    siblings = sorted(path.parent.glob("level*.dcm"))
    return [str(path), *(str(one) for one in siblings if one != path)]


@pytest.fixture
def site(tmp_path: Path, opened: Opened) -> Callable[..., tuple[PixelSettings, uuid.UUID, dict[str, Any]]]:
    (tmp_path / "manifests").mkdir()

    def add(path: Path, *, revision: int = 1) -> tuple[PixelSettings, uuid.UUID, dict[str, Any]]:
        image_id = uuid.uuid4()
        _, source = opened(path)
        source["paths"] = _paths(path)
        _write_manifest(tmp_path, image_id, source, revision)
        return PixelSettings(data_dir=tmp_path, signing_key=KEY, cache_bytes=50 << 20), image_id, source

    return add


def _write_manifest(data_dir: Path, image_id: uuid.UUID, source: dict[str, Any], revision: int) -> None:
    text = json.dumps({"id": str(image_id), "revision": revision, "source": source})
    (data_dir / "manifests" / f"{image_id}.json").write_text(text)


def _headers(image_id: uuid.UUID) -> dict[str, str]:
    return {"cookie": f"{grant.cookie_name(image_id)}={grant.sign(image_id, 1, time.time() + 60, KEY)}"}


def _get(service: PixelService, image_id: uuid.UUID, tile: str, *, revision: int = 1, **headers: str) -> Reply:
    return service.reply("GET", f"/pixels/{image_id}/{revision}/tiles/{tile}", _headers(image_id) | headers)


def _rgb(body: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def _blocks(pixels: np.ndarray[Any, Any], side: int = 8) -> np.ndarray[Any, Any]:
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    return pixels[: rows * side, : columns * side].reshape(rows, side, columns, side, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("name", ["OS-1-detail.ome.tif", "OS-2-ndpi.ome.tif"])
def test_ome_tiff_in_jpeg_is_handed_over(name: str, site: Any, pool: PixelPool, shared_data: Path) -> None:
    """The directory says RGB, the streams are YCbCr with a JFIF head; OpenSlide reads neither file, tifffile judges."""
    path = shared_data / "wsi/ome-tiff" / name
    settings, image_id, source = site(path)
    service, whole = PixelService(settings, pool), tifffile.imread(path, key=0).astype(int)
    level = source["levels"][0]
    for column in range(level["columns"]):
        for row in range(level["rows"]):
            answer = _get(service, image_id, f"0/{column}/{row}")
            assert answer.headers["ETag"].startswith('"s2/')
            part = whole[row * 512 : (row + 1) * 512, column * 512 : (column + 1) * 512]
            assert np.abs(_rgb(answer.body)[: part.shape[0], : part.shape[1]] - part).max() <= 2


def test_levels_below_a_directory_are_handed_over(site: Any, pool: PixelPool, shared_data: Path, tmp_path: Path) -> None:
    tissue = np.asarray(Image.open(shared_data / "wsi/generic-tiff/OS-1_he_region_40x.png").convert("RGB"))[:1024, :1024]
    path = tmp_path / "levels.ome.tif"
    options: dict[str, Any] = {"tile": (256, 256), "compression": "jpeg", "photometric": "rgb"}
    with tifffile.TiffWriter(path) as file:
        file.write(tissue, subifds=2, **options)
        for step in (2, 4):
            file.write(np.asarray(Image.fromarray(tissue).reduce(step)), subfiletype=1, **options)
    settings, image_id, source = site(path)
    assert source["engine"] == "tifffile"
    slide = Shelf(settings.data_dir / "manifests").fetch(image_id, "1", source, pool)
    assert slide is not None
    assert [bool(slide.place(level["index"], 0, 0)) for level in source["levels"]] == [True] * 3
    service = PixelService(settings, pool)
    with tifffile.TiffFile(path) as read:
        pages = [read.pages.first, *read.pages.first.pages]
        for level, page in enumerate(pages):
            assert np.abs(_rgb(_get(service, image_id, f"{level}/0/0").body) - page.asarray()[:256, :256].astype(int)).max() <= 2


@pytest.mark.parametrize("name", STORED)
def test_stored_tiles_look_as_openslide_shows_them(name: str, site: Any, pool: PixelPool, shared_data: Path) -> None:
    """Level 0 and whole downsamples: no pixel differs by more than 2 of 255. Others: OpenSlide interpolates, so blocks of 8 px."""
    path = shared_data / "wsi" / name
    settings, image_id, source = site(path)
    service, shelf = PixelService(settings, pool), Shelf(settings.data_dir / "manifests")
    held = shelf.fetch(image_id, "1", source, pool)
    assert held is not None
    slide = openslide.OpenSlide(str(path))
    files = b"".join(Path(one).read_bytes() for one in source["paths"])
    counted = []
    for level in source["levels"]:
        cells = [(column, row) for row in range(level["rows"]) for column in range(level["columns"])]
        stored = [cell for cell in cells if held.place(level["index"], *cell)]
        counted.append(len(stored))
        step = max(1, len(stored) // 12)
        for column, row in {*stored[::step], *stored[-1:]}:
            answer = _get(service, image_id, f"{level['index']}/{column}/{row}")
            assert answer.status == 200
            assert answer.body.rstrip(b"\0")[-400:] in files, "these are the slide's own bytes"
            _assert_alike(slide, level, (column, row), _rgb(answer.body))
    assert counted == STORED[name]


def _assert_alike(slide: Any, level: dict[str, Any], cell: tuple[int, int], shown: np.ndarray[Any, Any]) -> None:
    width, height = level["tile_width"], level["tile_height"]
    left, top = cell[0] * width, cell[1] * height
    assert shown.shape[:2] == (height, width)
    size = (min(width, level["width"] - left), min(height, level["height"] - top))
    downsample = slide.level_downsamples[level["index"]]
    x, y = (int(slide.properties.get(f"openslide.bounds-{axis}", 0)) for axis in "xy")
    rgba = slide.read_region((x + round(left * downsample), y + round(top * downsample)), level["index"], size)
    wanted = np.asarray(Image.alpha_composite(Image.new("RGBA", size, "white"), rgba).convert("RGB")).astype(int)
    shown = shown[: size[1], : size[0]]
    if downsample == int(downsample):
        assert np.abs(shown - wanted).max() <= 2
    else:
        assert np.abs(_blocks(shown) - _blocks(wanted)).mean() <= 1.5


def test_an_open_slide_needs_no_decoder_and_no_thread(site: Any, pool: PixelPool, shared_data: Path) -> None:
    settings, image_id, _ = site(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    path = f"/pixels/{image_id}/1/tiles/0/1/2"
    service = PixelService(settings, pool)
    assert service.reply_at_once("GET", path, _headers(image_id)) is None, "nothing is open yet"
    first = _get(service, image_id, "0/1/2")
    again = service.reply_at_once("GET", path, _headers(image_id))
    assert again == first
    assert first.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    known = service.reply_at_once("GET", path, _headers(image_id) | {"if-none-match": first.headers["ETag"]})
    assert known is not None
    assert (known.status, known.body, known.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert service.reply_at_once("GET", path, {}) is None
    assert service.reply("GET", path, {}).status == 403
    assert service.reply_at_once("GET", path, _headers(uuid.uuid4())) is None
    assert service.reply_at_once("POST", path, _headers(image_id)) is None
    assert not list((settings.data_dir / "cache").rglob("*")), "what the slide holds is not stored twice"
    later = PixelService(settings, _NoPool())  # type: ignore[arg-type]
    assert _get(later, image_id, "0/1/2") == first, "the index outlives the process"


def test_asgi_answers_head_and_get_alike(site: Any, pool: PixelPool, shared_data: Path) -> None:
    settings, image_id, _ = site(shared_data / "wsi/trestle/he_trestle.tif")
    app = PixelApp(_NoPool(), settings=settings, pool=pool)

    async def ask(method: str) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        headers = [(name.encode(), value.encode()) for name, value in _headers(image_id).items()]
        scope = {"type": "http", "method": method, "path": f"/pixels/{image_id}/1/tiles/1/0/0", "headers": headers}

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(30)
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await app(scope, receive, send)  # type: ignore[arg-type]
        return sent

    async def both() -> list[list[dict[str, Any]]]:
        return [await ask("GET"), await ask("GET"), await ask("HEAD")]

    slow, quick, head = asyncio.run(both())
    assert slow == quick
    assert head[0] == quick[0]
    assert head[1]["body"] == b""
    assert dict(quick[0]["headers"])[b"content-length"] == str(len(quick[1]["body"])).encode()


def test_a_new_revision_is_indexed_anew_and_the_old_one_is_gone(site: Any, pool: PixelPool, shared_data: Path) -> None:
    settings, image_id, source = site(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    service = PixelService(settings, pool)
    before = _get(service, image_id, "0/3/3")
    _write_manifest(settings.data_dir, image_id, source, 2)
    time.sleep(LOOK_AGAIN_S)
    assert service.reply_at_once("GET", f"/pixels/{image_id}/1/tiles/0/3/3", _headers(image_id)) is None
    assert _get(service, image_id, "0/3/3").status == 404
    after = _get(service, image_id, "0/3/3", revision=2)
    assert (after.status, after.body) == (200, before.body)
    (settings.data_dir / "manifests" / f"{image_id}.json").unlink()
    time.sleep(LOOK_AGAIN_S)
    assert service.reply_at_once("GET", f"/pixels/{image_id}/2/tiles/0/3/3", _headers(image_id)) is None


def test_a_level_that_is_announced_otherwise_stays_rendered(site: Any, pool: PixelPool, shared_data: Path) -> None:
    settings, image_id, source = site(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    source["levels"][0] |= {"tile_width": 256, "columns": 9}
    _write_manifest(settings.data_dir, image_id, source, 1)
    answer = _get(PixelService(settings, pool), image_id, "0/8/12")
    assert Image.open(io.BytesIO(answer.body)).size == (2220 - 8 * 256, 2967 - 12 * 240), "rendered tiles end with the level"


def test_a_broken_index_is_made_again(site: Any, pool: PixelPool, shared_data: Path) -> None:
    settings, image_id, _ = site(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    wanted = _get(PixelService(settings, pool), image_id, "0/1/1")
    path = settings.data_dir / "manifests" / f"{image_id}{index_file.SUFFIX}"
    good = path.read_bytes()
    for broken in (b"", b"MITTILE1", good[:-1], b"X" + good[1:], good[:8] + b"\xff\xff\xff\xff" + good[12:], good[:12] + b"[" + good[13:]):
        path.write_bytes(broken)
        assert _get(PixelService(settings, pool), image_id, "0/1/1") == wanted
        assert path.read_bytes() == good


def test_what_cannot_be_indexed_is_asked_once(site: Any, pool: PixelPool, shared_data: Path) -> None:
    settings, image_id, source = site(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")

    class Failing:
        asked = 0
        error: ReaderError = WorkerBusy("workers_busy")

        def stored_index(self, source: dict[str, Any]) -> bytes:
            self.asked += 1
            raise self.error

    indexer, manifests = Failing(), settings.data_dir / "manifests"
    shelf = Shelf(manifests)
    assert [shelf.fetch(image_id, "1", source, indexer) for _ in range(3)] == [None] * 3
    assert indexer.asked == 1, "not again within the minute"
    assert not list(manifests.glob("*.tiles"))
    indexer.error = ReaderError("malformed")
    for shelf in (Shelf(manifests), Shelf(manifests)):
        slide = shelf.fetch(image_id, "1", source, indexer)
        assert slide is not None
        assert slide.place(0, 0, 0) is None
    assert indexer.asked == 2, "an empty index says that there is nothing"
    assert _get(PixelService(settings, pool), image_id, "0/0/0").status == 200


def test_a_tile_that_is_not_what_it_says_is_rendered(site: Any, pool: PixelPool, shared_data: Path, tmp_path: Path) -> None:
    """A tile whose frame header claims 65,500 x 65,500 px never reaches a browser."""
    good = (shared_data / "wsi/trestle/he_trestle.tif").read_bytes()
    bomb = tmp_path / "slide.tif"
    bomb.write_bytes(good)
    settings, image_id, source = site(bomb)
    service = PixelService(settings, pool)
    slide = Shelf(settings.data_dir / "manifests").fetch(image_id, "1", source, pool)
    assert slide is not None
    place = slide.place(0, 3, 3)
    assert place is not None
    frame = good.index(b"\xff\xc0", place.offset)
    with bomb.open("r+b") as file:
        file.seek(frame + 5)
        file.write(b"\xff\xdc\xff\xdc")
    answer = _get(service, image_id, "0/3/3")
    assert answer.status in {200, 422}
    assert b"\xff\xdc\xff\xdc" not in answer.body
    assert service.reply_at_once("GET", f"/pixels/{image_id}/1/tiles/0/3/3", _headers(image_id)) is None


def test_a_thousand_slides_in_rotation_keep_files_and_memory_flat(site: Any, pool: PixelPool, shared_data: Path) -> None:
    settings, first, source = site(shared_data / "wsi/trestle/he_trestle.tif")
    manifests = settings.data_dir / "manifests"
    shelf = Shelf(manifests)
    assert shelf.fetch(first, "1", source, pool)
    packed = (manifests / f"{first}.tiles").read_bytes()
    images = [uuid.uuid4() for _ in range(1000)]
    for image_id in images:
        _write_manifest(settings.data_dir, image_id, source, 1)
        (manifests / f"{image_id}.tiles").write_bytes(packed)
    _rotate(shelf, images[:200], source)
    open_files, resident = _open_files(), _resident_bytes()
    for _ in range(2):
        _rotate(shelf, images, source)
    assert _open_files() <= open_files
    assert _open_files() <= MAX_DESCRIPTORS + 64
    assert _resident_bytes() - resident < 4 << 20
    assert sum(shelf.ready(image_id.hex, "1") is not None for image_id in images) == MAX_SLIDES


def _rotate(shelf: Shelf, images: list[uuid.UUID], source: dict[str, Any]) -> None:
    for image_id in images:
        slide = shelf.fetch(image_id, "1", source, _NoPool())  # type: ignore[arg-type]
        assert slide is not None
        place = slide.place(0, 2, 2)
        assert place is not None
        assert slide.read(place)


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_reader_keeps_its_slide_while_it_is_put_away(site: Any, pool: PixelPool, shared_data: Path) -> None:
    """Closing a descriptor that somebody reads from would hand out another slide's bytes."""
    settings, image_id, source = site(shared_data / "wsi/trestle/he_trestle.tif")
    slide = Shelf(settings.data_dir / "manifests").fetch(image_id, "1", source, pool)  # the shelf itself is gone already
    assert slide is not None
    place = slide.place(0, 1, 1)
    assert place is not None
    assert slide.read(place) == slide.read_at_once(place)


def test_an_index_bound_to_other_files_is_not_used(site: Any, pool: PixelPool, shared_data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.tif"
    copy.write_bytes((shared_data / "wsi/trestle/he_trestle.tif").read_bytes())
    settings, image_id, source = site(copy)
    write_index(settings.data_dir / "manifests", image_id, "1", source, pool)
    index = index_file.MappedIndex(settings.data_dir / "manifests" / f"{image_id}.tiles", "1")
    assert index.sizes == [copy.stat().st_size]
    with copy.open("ab") as file:
        file.write(b"\0")
    assert Shelf(settings.data_dir / "manifests").fetch(image_id, "1", source, _Refusing()) is None


class _Refusing:
    def stored_index(self, source: dict[str, Any]) -> bytes:
        raise WorkerBusy("workers_busy")


def test_an_image_that_was_announced_in_another_grid_keeps_it(site: Any, pool: PixelPool, shared_data: Path) -> None:
    """SCN slides were once cut into 256 px; pages, caches and manifests that say so still get the right pixels."""
    path = shared_data / "wsi/leica/he_leica.scn"
    settings, image_id, source = site(path)
    for level in source["levels"]:
        level.update(tile_width=256, tile_height=256, columns=-(-level["width"] // 256), rows=-(-level["height"] // 256))
    _write_manifest(settings.data_dir, image_id, source, 1)
    service, slide = PixelService(settings, pool), openslide.OpenSlide(str(path))
    for level in source["levels"][:2]:
        answer = _get(service, image_id, f"{level['index']}/1/2")
        _assert_close(slide, level, (1, 2), _rgb(answer.body))
    assert _get(service, image_id, "0/9/0").status == 404


def _assert_close(slide: Any, level: dict[str, Any], cell: tuple[int, int], shown: np.ndarray[Any, Any]) -> None:
    x, y = (int(slide.properties[f"openslide.bounds-{axis}"]) for axis in "xy")
    step = round(slide.level_downsamples[level["index"]])
    place = x + cell[0] * 256 * step, y + cell[1] * 256 * step
    wanted = np.asarray(slide.read_region(place, level["index"], (256, 256)).convert("RGB")).astype(int)
    assert np.abs(shown - wanted).mean() < 4
    assert np.abs(_blocks(shown) - _blocks(wanted)).mean() < 1
