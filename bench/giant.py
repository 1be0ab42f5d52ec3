"""A slide of several gigabytes from file to screen, and a thousand slides opened in rotation by one server."""

import io
import json
import os
import random
import shutil
import tempfile
import time
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy
import openslide
import PIL.Image
import tifffile
from playwright.sync_api import Page, sync_playwright

from bench.figures import spread_ms
from bench.fuzz import DATA
from bench.opening import first_sharp_s, images, signed_in
from bench.pixel_load import KEY
from tests.browser.conftest import CHROMIUM
from tests.browser.site import Site
from viewer.tiles import grant
from viewer.tiles.pool import PixelPool
from viewer.tiles.service import PixelService, PixelSettings
from viewer.tiles.stored.shelf import write_index

TISSUE = "wsi/aperio/CMU-1-Small-Region.svs"
SMALL = "wsi/generic-tiff/病理スライド №1 (H&E).tif"
TILE_PX = 256
COLUMNS, ROWS = 1_024, 448
SLIDES, ROUNDS = 1_000, 3
_OPENINGS = 7


def _encoded_tiles() -> list[bytes]:
    """Tiles of real tissue as JPEG, in turned and mirrored copies."""
    with openslide.OpenSlide(DATA / TISSUE) as slide:
        tissue = slide.read_region((0, 0), 0, slide.dimensions).convert("RGB")
    tiles: list[bytes] = []
    for top in range(0, tissue.height - TILE_PX, TILE_PX):
        for left in range(0, tissue.width - TILE_PX, TILE_PX):
            part = tissue.crop((left, top, left + TILE_PX, top + TILE_PX))
            for turn in (PIL.Image.Transpose.ROTATE_90, PIL.Image.Transpose.FLIP_LEFT_RIGHT):
                buffer = io.BytesIO()
                part.transpose(turn).save(buffer, "JPEG", quality=85)
                tiles.append(buffer.getvalue())
    return tiles


def write_giant(path: Path, columns: int = COLUMNS, rows: int = ROWS) -> None:
    """A pyramidal BigTIFF in JPEG tiles of 256 px, 262,144 x 114,688 px if nothing else is said; 0.25 um/px."""
    tiles, dice = _encoded_tiles(), random.Random(3)
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        full = columns
        while True:
            writer.write(
                iter(dice.choices(tiles, k=columns * rows)),
                shape=(rows * TILE_PX, columns * TILE_PX, 3),
                dtype=numpy.uint8,
                tile=(TILE_PX, TILE_PX),
                compression="jpeg",
                photometric="ycbcr",
                subsampling=(2, 2),
                subfiletype=0 if columns == full else 1,
                resolution=(40_000, 40_000),
                resolutionunit="CENTIMETER",
            )
            if min(columns, rows) <= 1:
                return
            columns, rows = (columns + 1) // 2, (rows + 1) // 2


def _forget(path: Path) -> None:
    """Ask the kernel to drop the file from memory."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _one_giant() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        giant = folder / "giant.tif"
        write_giant(giant)
        size = giant.stat().st_size
        site = Site(folder)
        site.start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            began = time.perf_counter()
            site.manage("ingest", str(giant), "--collection", "jsp-demo")
            took = time.perf_counter() - began
            with signed_in(browser, site.url, "jsp-admin") as page:
                image_id = next(found for title, found in images(page, site.url) if "giant" in title)
                stored = next(each for each in (folder / "data").rglob("*") if each.is_file() and each.stat().st_size == size)
                opened = [_opening(page, site.url, image_id, stored) for _ in range(_OPENINGS)]
        finally:
            browser.close()
            site.stop()
    return [
        (f"slide of {size / 1e9:.1f} GB: taken in", f"{took:.1f} s, {size / took / 1e6:.0f} MB/s"),
        ("its manifest, file not in memory", spread_ms([manifest for manifest, _ in opened])),
        ("from navigation to the first sharp screen, file not in memory", spread_ms([sharp for _, sharp in opened])),
    ]


def _opening(page: Page, url: str, image_id: str, stored: Path) -> tuple[float, float]:
    """Seconds to the manifest as a program gets it, and to the first sharp screen in the browser."""
    _forget(stored)
    page.goto(f"{url}/collections/")
    token = page.evaluate("document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? document.querySelector('[name=csrf-token]')?.content")
    began = time.perf_counter()
    answer = page.request.post(f"{url}/api/images/{image_id}/open/", headers={"X-CSRFToken": token, "Referer": url})
    took = time.perf_counter() - began
    if not answer.ok:
        raise RuntimeError(f"{answer.status} {answer.text()}")
    _forget(stored)
    return took, first_sharp_s(page, f"{url}/images/{image_id}/")


def _in_rotation() -> list[tuple[str, str]]:
    """Show one stored and one rendered tile of every slide, round after round, and see what server and workers keep."""
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder, pool = Path(name), PixelPool(workers=2)
        (folder / "manifests").mkdir()
        service = PixelService(PixelSettings(data_dir=folder, signing_key=KEY, cache_bytes=1 << 20), pool)
        try:
            service.start()
            slides = [_listed(folder, number, pool) for number in range(SLIDES)]
            for turn in range(1, ROUNDS + 1):
                took: list[float] = []
                for image_id, source in slides:
                    began = time.perf_counter()
                    _look(service, pool, image_id, source)
                    took.append(time.perf_counter() - began)
                rows.append((f"{SLIDES} slides in rotation, round {turn}: both tiles of a slide", spread_ms(took)))
                rows.append((f"round {turn}: memory and open files, server and workers", _kept()))
        finally:
            pool.close()
    return rows


def _listed(folder: Path, number: int, pool: PixelPool) -> tuple[uuid.UUID, dict[str, Any]]:
    """A slide with a file, a manifest and an index of its own."""
    path, image_id = folder / f"{number}.tif", uuid.uuid4()
    shutil.copyfile(DATA / SMALL, path)
    found = pool.inspect(str(path))
    source = {"engine": found["engine"], "kind": found["kind"], "paths": [str(path)], "frame_map": None, "levels": found["levels"]}
    manifest = {"id": str(image_id), "revision": 1, "source": source}
    (folder / "manifests" / f"{image_id}.json").write_text(json.dumps(manifest))
    write_index(folder / "manifests", image_id, "1", source, pool)
    return image_id, source


def _look(service: PixelService, pool: PixelPool, image_id: uuid.UUID, source: dict[str, Any]) -> None:
    token = grant.sign(image_id, 1, time.time() + 600, KEY)
    reply = service.reply("GET", f"/pixels/{image_id}/1/tiles/0/0/0", {"cookie": f"{grant.cookie_name(image_id)}={token}"})
    if reply.status != HTTPStatus.OK:
        raise RuntimeError(reply.body.decode())
    pool.tile(source, 1, 0, 0)


def _kept() -> str:
    """Resident memory and descriptors of this process, and of all its children together."""
    own = os.getpid()
    children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    sizes = [_resident_bytes(own), sum(_resident_bytes(int(child)) for child in children)]
    files = [_descriptors(own), sum(_descriptors(int(child)) for child in children)]
    return f"{sizes[0] >> 20} + {sizes[1] >> 20} MiB, {files[0]} + {files[1]} files"


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) << 10


def _descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def run() -> list[tuple[str, str]]:
    """Both."""
    return [*_one_giant(), *_in_rotation()]
