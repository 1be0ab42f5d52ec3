"""Videos of 1080p in headless Chromium without a GPU, on a real site: the first frame, running, and jumping about."""

import json
import random
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.figures import spread_ms
from tests import clips
from tests.browser.conftest import CHROMIUM, PASSWORD
from tests.browser.site import Site

_SECONDS = 10
_WATCHED_S = 8
_ROUNDS = 10
_JUMPS = 20
_THIRTIETH = (427, 427, 426)  # ticks of 1/12800 s: 30 frames a second
_CLIPS: dict[str, dict[str, Any]] = {
    "1080p30-h264.mp4": {"steps": _THIRTIETH, "frames": 30 * _SECONDS, "keys_every": 60},
    "1080p30-vp9.webm": {"codec": "libvpx-vp9", "steps": _THIRTIETH, "frames": 30 * _SECONDS, "keys_every": 60},
    "1080p25-mjpeg.avi": {"codec": "mjpeg", "frames": 25 * _SECONDS},
}
_TAKE = """
import json
from pathlib import Path
from viewer.models import Collection
from viewer.services.ingest import ingest_file
collection = Collection.objects.get(slug="jges-demo")
made = {{}}
for path in map(Path, {paths!r}):
    made[path.name] = str(ingest_file(collection=collection, path_or_stream=path, name=path.name).image.pk)
print(json.dumps(made))
"""
_WATCH = """() => {
  const readout = document.querySelector('.viewer-frame-number');
  globalThis.seen = [];
  new MutationObserver(() => {
    const frame = Number.parseInt(readout.textContent, 10);
    if (globalThis.seen.at(-1)?.[1] !== frame) globalThis.seen.push([performance.now(), frame]);
  }).observe(readout, {childList: true, characterData: true, subtree: true});
}"""


def _first_sharp_s(page: Page, address: str) -> float:
    """Load an image's page; return seconds from navigation to the first frame on screen."""
    page.goto(address, wait_until="commit")
    page.wait_for_function("performance.getEntriesByName('mitate:first-sharp').length > 0")
    return float(page.evaluate("performance.getEntriesByName('mitate:first-sharp')[0].startTime")) / 1e3


def _running(page: Page, count: int) -> str:
    """Run the video; return frames a second and how many were passed over."""
    page.evaluate(_WATCH)
    page.keyboard.press("c")
    time.sleep(_WATCHED_S)
    page.keyboard.press("c")
    seen: list[tuple[float, int]] = page.evaluate("globalThis.seen")
    first_s, last_s = seen[0][0] / 1e3, seen[-1][0] / 1e3
    due = sum((after - before) % count for (_, before), (_, after) in pairwise(seen))
    return f"{(len(seen) - 1) / (last_s - first_s):.1f} fps, {100 * (1 - (len(seen) - 1) / max(1, due)):.1f} % of {due} frames passed over"


def _fetch_s(page: Page, url: str) -> float:
    started = time.perf_counter()
    answer = page.request.get(url)
    assert answer.ok, answer.status
    return time.perf_counter() - started


def run() -> list[tuple[str, str]]:
    """Measure each clip on the page of its image."""
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        paths = [clips.make(Path(folder) / name, size=(1920, 1080), **options) for name, options in _CLIPS.items()]
        site = Site(Path(folder) / "site")
        site.folder.mkdir()
        site.start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            made = json.loads(site.manage("shell", "-c", _TAKE.format(paths=[str(path) for path in paths])).splitlines()[-1])
            page = browser.new_context(viewport={"width": 1600, "height": 1000}, bypass_csp=True).new_page()
            page.goto(f"{site.url}/login/")
            page.fill("input[name=username]", "jges-admin")
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(f"{site.url}/")
            for name, image_id in made.items():
                rows += _measure(page, f"{site.url}/images/{image_id}/", f"{site.url}/pixels/{image_id}/1/frames", name)
        finally:
            browser.close()
            site.stop()
    return rows


def _measure(page: Page, address: str, frames: str, name: str) -> list[tuple[str, str]]:
    count = int(_CLIPS[name]["frames"])
    cold = _first_sharp_s(page, address)
    rows = [(f"{name}: open, nothing cached", f"{cold * 1e3:.0f} ms")]
    rows.append((f"{name}: open again, p50 / p95", spread_ms([_first_sharp_s(page, address) for _ in range(_ROUNDS)])))
    rows.append((f"{name}: running", _running(page, count)))
    chance = random.Random(1)
    jumps = [_fetch_s(page, f"{frames}/{frame}") for frame in chance.sample(range(10, count), _JUMPS)]
    rows.append((f"{name}: a frame anywhere, not cached, p50 / p95", spread_ms(jumps)))
    steps = [_fetch_s(page, f"{frames}/{frame}") for frame in range(20, 20 + _JUMPS)]
    rows.append((f"{name}: the next frame, p50 / p95", spread_ms(steps)))
    return rows
