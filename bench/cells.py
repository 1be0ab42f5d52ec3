"""A million cells: brought in, handed out in chunks, panned, zoomed, filtered, pointed at, relabelled, and taken out again."""

import hashlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Page, sync_playwright

from bench import cell_peers
from bench.figures import spread_ms, wait_until_quiet
from bench.fuzz import DATA
from bench.gestures import frames_while, pan, zoom
from bench.giant import write_giant
from bench.opening import signed_in
from bench.people import sign_in
from tests.browser.conftest import CHROMIUM
from tests.browser.site import Site

CELLS: Final = int(os.environ.get("MITATE_BENCH_CELLS", "1000000"))
MAKER: Final = DATA.parent / "tools/make_cells.py"
# 40,960 x 30,720 px for a million; fewer lie as densely on a smaller slide.
WIDTH_TILES, HEIGHT_TILES = (max(8, round(tiles * (CELLS / 1_000_000) ** 0.5)) for tiles in (160, 120))
LABELS: Final = ("Tumor=tumour-cell", "Lymphocyte=lymphocyte", "Stroma=stromal-cell", "Epithelium=epithelial-cell")
# A small slide is seen whole at 2.5x, and that was drawn when the page came.
POWERS: Final = ("1×", "2.5×", "5×", "10×", "20×", "40×") if CELLS > 400_000 else ("1×", "5×", "10×", "20×", "40×")
_RELABELLED: Final = 100_000
_ONE_BY_ONE: Final = 10
_LONG_MS: Final = 180_000
_DONE = "performance.getEntriesByName('mitate:cells-complete').length > 0"
_DONE_AT = "performance.getEntriesByName('mitate:cells-complete').at(-1).startTime"
# Tiles may be asked for in more than one go, as where a magnification is on its way: nothing has come for a second.
_DONE_SINCE = """
() => {
  const at = performance.getEntriesByName('mitate:cells-complete').at(-1)?.startTime;
  return at > window.firstActMs && performance.now() - at > 1000;
}
"""
# The first thing that a hand does after this; its own time stamp is when the browser had it, not when it came to listen.
_ARM = """
() => {
  performance.clearMarks('mitate:cells-complete');
  window.firstActMs = null;
  window.armed ??= ['click', 'keydown', 'input'].map((kind) => window.addEventListener(kind, (event) => {
    window.firstActMs ??= event.timeStamp;
  }, {capture: true}));
}
"""
_POINT = """
async ([x, y]) => {
  const canvas = document.querySelector('.viewer-canvas');
  // Not the bar itself: its clock goes on every second.
  const bar = document.querySelector('#status-bar .status-message');
  const began = performance.now();
  const answered = new Promise((resolve) => {
    const watch = new MutationObserver(() => { watch.disconnect(); resolve(performance.now() - began); });
    watch.observe(bar, {childList: true, subtree: true, characterData: true});
    setTimeout(() => { watch.disconnect(); resolve(null); }, 150);
  });
  const at = {clientX: x, clientY: y, bubbles: true, pointerId: 1, pointerType: 'mouse', isPrimary: true};
  canvas.querySelector('.ol-viewport').dispatchEvent(new PointerEvent('pointermove', at));
  return answered;
}
"""


def run() -> list[tuple[str, str]]:
    """Measure all of it on one site."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        site = Site(Path(folder))
        site.start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            rows, read_id = _brought_in(site, Path(folder))
            wait_until_quiet()
            rows += _chunks(site, read_id)
            with signed_in(browser, site.url, "jsp-reader1") as page:
                page.set_default_timeout(20_000)
                rows += _on_screen(page, f"{site.url}/reads/{read_id}/")
                rows += _changed(page, site, read_id)
            # Other programs beside it, in browsers started alike; ours is measured with its picture below, theirs without one.
            return rows + (cell_peers.run() if cell_peers.SIZES else [])
        finally:
            browser.close()
            site.stop()


def _brought_in(site: Site, folder: Path) -> tuple[list[tuple[str, str]], str]:
    """A slide, a campaign over it, a million cells for it; returns the read of a reader too."""
    slide, cells = folder / "tissue.tif", folder / "cells.geojson"
    write_giant(slide, WIDTH_TILES, HEIGHT_TILES)
    size = f"{WIDTH_TILES * 256}x{HEIGHT_TILES * 256}"
    subprocess.run(
        [sys.executable, str(MAKER), "--n", str(CELLS), "--size", size, "--check", "0", str(cells)], check=True, capture_output=True
    )
    with closing(sign_in(site.url, "jsp-admin")) as admin:
        collection = admin.post("/api/societies/jsp/collections/", json={"name": "Cells", "slug": "many-cells"}).raise_for_status().json()
        site.manage("ingest", str(slide), "--collection", collection["slug"])
        asked = {"collection_id": collection["id"], "pack": "jsp", "name": {"en": "Cells", "ja": "細胞"}}
        campaign = admin.post("/api/campaigns/", json=asked).raise_for_status().json()
        known = admin.get("/api/campaigns/").raise_for_status().json()["overview"]
        people = [one for each in known for one in admin.get(f"/api/campaigns/{each['id']}/progress/").json()["readers"]]
        person = next(one for one in people if one["username"] == "jsp-reader1")
        admin.post(f"/api/campaigns/{campaign['campaign_id']}/readers/", json={"user_id": person["id"]}).raise_for_status()
        image = admin.get(f"/api/collections/{collection['id']}/images/").json()["images"][0]
    began = time.monotonic()
    labels = [part for label in LABELS for part in ("--label", label)]
    site.manage("import_cells", campaign["campaign_id"], image["id"], str(cells), "--user", "jsp-admin", "--name", "Million", *labels)
    seconds = time.monotonic() - began
    file = next((site.folder / "data/cells").glob("*.cells"))
    with closing(sign_in(site.url, "jsp-reader1")) as reader:
        read = reader.post(f"/api/campaigns/{campaign['campaign_id']}/next/").raise_for_status().json()
    return [
        (f"import of {CELLS:,} cells ({cells.stat().st_size / 1e6:.0f} MB of GeoJSON)", f"{seconds:.0f} s"),
        ("the layer on disk", f"{file.stat().st_size / 1e6:.1f} MB, {file.stat().st_size / CELLS:.0f} bytes a cell"),
    ], str(read["read_id"])


def _chunks(site: Site, read_id: str) -> list[tuple[str, str]]:
    """Chunks over HTTP, one after the other, in any order."""
    dice, seconds, sizes = random.Random(5), [], []
    with closing(sign_in(site.url, "jsp-reader1")) as client:
        layer = client.post(f"/api/reads/{read_id}/cell-layers/open/").raise_for_status().json()["layers"][0]
        squares = client.get(layer["part_url"].format(part="squares")).raise_for_status().content
        table = memoryview(squares).cast("i")
        names = [f"{table[at]}_{table[at + 1]}" for at in range(0, len(table), 3)]
        for name in dice.choices(names, k=400):
            began = time.perf_counter()
            answer = client.get(layer["part_url"].format(part=name)).raise_for_status()
            seconds.append(time.perf_counter() - began)
            sizes.append(int(answer.headers["content-length"]))
    ordered = sorted(seconds)
    said = f"p50 {statistics.median(ordered) * 1e3:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1e3:.1f} ms (n = {len(ordered)})"
    return [("a chunk, over HTTP", f"{said}, {statistics.mean(sizes) / 1e3:.0f} kB")]


def _on_screen(page: Page, address: str) -> list[tuple[str, str]]:
    """Cold views at each power, then panning and zooming, filters, pointing, memory."""
    page.goto(address)
    page.wait_for_function(_DONE)
    opened = page.evaluate(_DONE_AT)
    rows = [("from navigation to a complete view of all cells, cold", f"{opened:.0f} ms")]
    cold = []
    for power in POWERS:
        seconds = _until_complete(page, partial(_power, page, power))
        cold.append(f"{power} {seconds * 1e3:.0f}")
    rows.append(("complete view, cold, by magnification", f"{', '.join(cold)} ms"))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    for power in ("5×", "20×"):
        _power(page, power)
        page.wait_for_timeout(1_500)
        rows.append((f"frames while panning at {power}", frames_while(page, session, pan)))
        rows.append((f"frames while zooming around {power}", frames_while(page, session, zoom)))
    rows += _filters(page)
    _whole(page)
    _power(page, "10×")
    page.wait_for_timeout(1_500)
    page.keyboard.press("m")
    places = [(250 + 31 * (step % 30), 150 + 37 * (step % 19)) for step in range(200)]
    trips = [trip / 1e3 for place in places if (trip := page.evaluate(_POINT, list(place))) is not None]
    rows.append(("what lies under the pointer, with the trip to the worker", spread_ms(trips)))
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    rows.append(("memory of the page's own JavaScript", f"{metrics['JSHeapUsedSize'] / 1e6:.0f} MB"))
    return rows


def _whole(page: Page) -> None:
    page.locator(".viewer-magnification > button").first.click()
    page.wait_for_timeout(500)


def _power(page: Page, power: str) -> None:
    page.locator(".viewer-segments button", has_text=re.compile(f"^{re.escape(power)}$")).click()


def _until_complete(page: Page, act: Any) -> float:
    """Seconds from the click, key or input of an act, as the browser stamps it, until everything in view is drawn.

    What the driver does before (finding the element, scrolling, moving the pointer there) is no part of it: a person's hand is there.
    """
    page.evaluate(_ARM)
    act()
    began = page.evaluate("window.firstActMs")
    assert began is not None, "nothing was clicked, pressed or put in"
    page.wait_for_function(_DONE_SINCE)
    return float(page.evaluate(_DONE_AT) - began) / 1e3


def _filters(page: Page) -> list[tuple[str, str]]:
    """A label hidden and shown again, and the score, at a low and a high power."""
    seconds = []
    for power in ("2.5×", "10×", "40×"):
        _power(page, power)
        page.wait_for_timeout(1_500)
        box = page.locator("#cells-panel .cells-labels input[type=checkbox]:visible").first
        seconds += [_until_complete(page, box.click) for _ in range(4)]
        slider = page.locator("#cells-panel input[type=range]").first
        seconds += [_until_complete(page, partial(slider.fill, value)) for value in ("50", "0")]
    return [("a label or score filter until everything in view is drawn anew", spread_ms(seconds))]


def _changed(page: Page, site: Site, read_id: str) -> list[tuple[str, str]]:
    """Relabel a hundred thousand, change one, delete a thousand, take everything back; the files before and after are the same."""
    with closing(sign_in(site.url, "jsp-reader1")) as client:
        began = time.monotonic()
        before = _digest(client, read_id)
        rows = [(f"export of {CELLS:,} cells", f"{time.monotonic() - began:.0f} s")]
        _whole(page)
        page.wait_for_timeout(2_000)
        page.keyboard.press("m")
        _lasso(page, 0.35)
        count = int("".join(filter(str.isdigit, page.locator(".cells-chosen").text_content() or "")))
        seconds = _until_complete(page, lambda: page.keyboard.press("6"))
        saved = _until_saved(client, read_id, 1)
        rows.append((f"relabel {count:,} cells: on the screen, on the server", f"{seconds * 1e3:.0f} ms, {saved * 1e3:.0f} ms"))
        assert count >= min(_RELABELLED, CELLS // 10), count
        _power(page, "20×")
        page.wait_for_timeout(1_500)
        rows.append(("relabel one cell: on the screen", spread_ms(_one_by_one(page))))
        _power(page, "10×")
        page.wait_for_timeout(1_500)
        _lasso(page, 0.3)
        page.keyboard.press("Delete")
        _until_saved(client, read_id, _ONE_BY_ONE + 2)
        assert _digest(client, read_id) != before
        for _ in range(_ONE_BY_ONE + 2):
            page.keyboard.press("Control+z")
        _until_saved(client, read_id, 2 * (_ONE_BY_ONE + 2))
        same = _digest(client, read_id) == before
        rows.append(("everything taken back: the two exports", "byte-identical" if same else "DIFFER"))
    return rows


def _lasso(page: Page, reach: float) -> None:
    """Drag around the middle of the view, a share of it wide and high."""
    box = page.locator(".viewer-canvas").bounding_box()
    assert box is not None
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -0.9)]
    places = [(box["x"] + box["width"] * (0.5 + reach * x), box["y"] + box["height"] * (0.5 + reach * y)) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()
    page.locator(".cells-chosen:visible").wait_for()
    page.wait_for_timeout(1_000)


def _one_by_one(page: Page) -> list[float]:
    """Seconds of relabelling one cell, for several of them, each somewhere else."""
    places = [(500 + 23 * (step % 20), 300 + 31 * (step // 20)) for step in range(400)]
    # Far from each other, so that hardly a tile comes twice.
    order = iter(places[(step * 37) % len(places)] for step in range(len(places)))
    seconds = []
    for _ in range(_ONE_BY_ONE):
        _pick_one(page, order)
        page.wait_for_timeout(300)
        seconds.append(_until_complete(page, lambda: page.keyboard.press("7")))
        page.locator(".cells-chosen").wait_for(state="hidden")
    return seconds


def _pick_one(page: Page, places: Iterator[tuple[int, int]]) -> None:
    """Click about until there is a cell below the pointer."""
    for place in places:
        page.mouse.click(*place)
        page.wait_for_timeout(60)
        if page.locator(".cells-chosen:visible").count():
            return
    raise AssertionError("no cell was hit")


def _until_saved(client: httpx.Client, read_id: str, count: int) -> float:
    """Seconds until the server holds this many changes."""
    began = time.monotonic()
    while time.monotonic() < began + 60:
        if json.loads(client.get(f"/api/reads/{read_id}/").content)["sequence"] >= count:
            return time.monotonic() - began
        time.sleep(0.02)
    raise AssertionError("the changes were not saved")


def _digest(client: httpx.Client, read_id: str) -> str:
    """SHA-256 of the layer as it is taken out."""
    layer = client.post(f"/api/reads/{read_id}/cell-layers/open/").raise_for_status().json()["layers"][0]
    digest = hashlib.sha256()
    with client.stream("GET", f"/api/reads/{read_id}/cell-layers/{layer['id']}/geojson/", timeout=600) as answer:
        for piece in answer.raise_for_status().iter_bytes():
            digest.update(piece)
    return digest.hexdigest()
