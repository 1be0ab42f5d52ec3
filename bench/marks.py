"""Marks as rows: how soon a page is ready, ten thousand marks or suggestions in view, an outline with as many vertices as one may have."""

import math
import statistics
import tempfile
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
from playwright.sync_api import Page, sync_playwright

from bench.figures import spread_ms, wait_until_quiet
from bench.gestures import frames_while, pan, zoom
from bench.saving import begin, mark
from tests.browser.conftest import CHROMIUM, PASSWORD
from tests.browser.planted import plant_run
from tests.browser.site import Site
from tests.waiting import wait_for

MARKS: Final = 10_000
_PER_REQUEST: Final = 200
_MOST_VERTICES: Final = 19_900
_READY = "performance.getEntriesByName('mitate:ready').length > 0"
_READY_AT = "performance.getEntriesByName('mitate:ready')[0].startTime"
# Time in which the page's own scripts and layout handle one move of the pen, and from the end of a stroke to its mark in the list.
_WATCH = """
() => {
  window.moves = [];
  window.committed = null;
  const canvas = document.querySelector('.viewer-canvas');
  let began = 0;
  addEventListener('pointermove', () => { began = performance.now(); }, {capture: true});
  addEventListener('pointermove', () => { window.moves.push(performance.now() - began); });
  addEventListener('pointerup', () => {
    const start = performance.now();
    const watch = new MutationObserver(() => { watch.disconnect(); window.committed = performance.now() - start; });
    watch.observe(document.querySelector('#marks-panel'), {childList: true, subtree: true, characterData: true, attributes: true});
  }, {capture: true});
}
"""


def run() -> list[tuple[str, str]]:
    """Fill one read with many marks, another with one outline, and work on both in a browser."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        site = Site(Path(name))
        site.start()
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM)
            rows = _empty(browser, site)
            rows += _many(browser, site)
            rows += _one(browser, site)
            rows += _suggested(browser, site)
            browser.close()
        finally:
            site.stop()
    return rows


def _opened(browser: Any, site: Site, user: str, read_id: str) -> tuple[Page, float]:
    """A page of its own context, cold, and milliseconds until it was ready."""
    page = browser.new_context(viewport={"width": 1600, "height": 1000}, bypass_csp=True).new_page()  # to wait on a condition
    page.goto(f"{site.url}/login/")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{site.url}/")
    page.goto(f"{site.url}/reads/{read_id}/")
    page.wait_for_function(_READY, timeout=60_000)
    return page, float(page.evaluate(_READY_AT))


def _empty(browser: Any, site: Site) -> list[tuple[str, str]]:
    client, read = begin(site.url, "jsp-reader1")
    with closing(client):
        wait_until_quiet()
        ready = []
        for _ in range(21):
            page, ready_ms = _opened(browser, site, "jsp-reader1", read["id"])
            ready.append(ready_ms / 1e3)
            page.context.close()
    return [("page ready, cold cache, no marks", spread_ms(ready))]


def _many(browser: Any, site: Site) -> list[tuple[str, str]]:
    client, read = begin(site.url, "jsp-reader1")
    with closing(client):
        image = client.get(f"/api/images/{read['image_id']}/").raise_for_status().json()
        _fill(client, read, image["width"], image["height"])
        listed = _listed(client, f"/api/reads/{read['id']}/annotations/", "marks")
    return [listed, *_in_view(browser, site, "jsp-reader1", read["id"], "marks")]


def _listed(client: httpx.Client, address: str, what: str) -> tuple[str, str]:
    began_s = time.perf_counter()
    size = len(client.get(address).raise_for_status().content)
    fetched_s = time.perf_counter() - began_s
    return f"list of {MARKS:,} {what} over HTTP, {size / 1e6:.1f} MB before compression", f"{fetched_s * 1e3:.0f} ms"


def _in_view(browser: Any, site: Site, user: str, read_id: str, what: str) -> list[tuple[str, str]]:
    """Open a read, show all of its image and move it."""
    wait_until_quiet()
    page, ready_ms = _opened(browser, site, user, read_id)
    page.locator(".viewer-magnification > button").first.click()
    page.keyboard.press("s")
    page.wait_for_timeout(3_000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    rows = [
        (f"page ready, cold cache, {MARKS:,} {what}", f"{ready_ms:.0f} ms"),
        (f"frames while panning, {MARKS:,} {what} in view", frames_while(page, session, pan)),
        (f"frames while zooming, {MARKS:,} {what} in view", frames_while(page, session, zoom)),
    ]
    page.context.close()
    return rows


def _suggested(browser: Any, site: Site) -> list[tuple[str, str]]:
    """As many suggestions side by side in the middle of an image of which a model proposed something already."""
    client, read = begin(site.url, "jsp-reader2")
    with closing(client):
        for known in client.get(f"/api/reads/{read['id']}/annotations/").raise_for_status().json()["annotations"]:
            gone = {"verb": "delete", "annotation_id": known["id"], "base_revision": known["revision"]}
            _save(client, read, [gone | {"operation_id": str(uuid.uuid4())}])
        address = f"/api/reads/{read['id']}/suggestions/"
        wait_for("the model", lambda: client.get(address).raise_for_status().json()["is_run_waiting"] is False, 120)
        image = client.get(f"/api/images/{read['image_id']}/").raise_for_status().json()
        across = math.isqrt(MARKS)
        step_px = min(image["width"], image["height"]) / across
        label = mark(read, 0)["annotation"]["labels"][0]
        left_px, top_px = (image["width"] - across * step_px) / 2, (image["height"] - across * step_px) / 2
        where = {"left": left_px, "top": top_px, "step": step_px, "across": across, "count": MARKS, "label": label}
        plant_run(site, read, where | {"granularity": "region"})
        listed = _listed(client, address, "suggestions")
    return [listed, *_in_view(browser, site, "jsp-reader2", read["id"], "suggestions")]


def _fill(client: httpx.Client, read: dict[str, Any], width_px: int, height_px: int) -> None:
    """Save outlines of 16 vertices side by side over the whole image."""
    across = math.ceil(math.sqrt(MARKS * width_px / height_px))
    step_px = width_px / across
    operations = []
    for number in range(MARKS):
        x, y = (number % across + 0.5) * step_px, (number // across + 0.5) * step_px
        operation = mark(read, number)
        if operation["annotation"]["geometry"]["type"] != "Polygon":
            raise AssertionError("this campaign draws no outlines")
        operation["annotation"]["geometry"]["coordinates"] = [_ring(x, min(y, height_px - step_px), 0.4 * step_px, 16)]
        operations.append(operation)
    for start in range(0, MARKS, _PER_REQUEST):
        _save(client, read, operations[start : start + _PER_REQUEST])


def _ring(x_px: float, y_px: float, radius_px: float, vertices: int) -> list[list[float]]:
    turns = [step * math.tau / vertices for step in range(vertices)]
    ring = [[round((x_px + radius_px * math.cos(turn)) * 8) / 8, round((y_px + radius_px * math.sin(turn)) * 8) / 8] for turn in turns]
    return [*ring, ring[0]]


def _save(client: httpx.Client, read: dict[str, Any], operations: list[dict[str, Any]]) -> None:
    answer = client.post(f"/api/reads/{read['id']}/operations/", json={"operations": operations}).raise_for_status().json()
    refused = [result for result in answer["results"] if result["status"] != "applied"]
    if refused:
        raise AssertionError(refused[0])


def _one(browser: Any, site: Site) -> list[tuple[str, str]]:
    client, read = begin(site.url, "jsp-reader2")
    with closing(client):
        image = client.get(f"/api/images/{read['image_id']}/").raise_for_status().json()
        operation = mark(read, 0)
        middle = (image["width"] / 2, image["height"] / 2)
        operation["annotation"]["geometry"]["coordinates"] = [_wavy(*middle, 0.36 * min(image["width"], image["height"]))]
        _save(client, read, [operation])
    wait_until_quiet()
    page, _ = _opened(browser, site, "jsp-reader2", read["id"])
    page.locator(".viewer-magnification > button").first.click()
    page.keyboard.press("s")
    page.locator("#marks-panel .list-row").first.click()
    page.keyboard.press("d")
    page.wait_for_timeout(1_500)
    box = page.locator(".viewer-canvas").bounding_box()
    assert box is not None
    middle_x, middle_y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(_WATCH)
    moves, commits = [], []
    for stroke in range(5):
        page.mouse.move(middle_x, middle_y)
        page.mouse.down()
        for step in range(60):
            page.mouse.move(middle_x + 6 * step, middle_y + 30 * stroke + 10 * math.sin(step / 5))
        page.mouse.up()
        page.wait_for_function("window.committed !== null")
        commits.append(page.evaluate("window.committed") / 1e3)
        moves += page.evaluate("window.moves.splice(0)")
        page.evaluate("window.committed = null")
        page.wait_for_timeout(500)
    page.context.close()
    ordered = sorted(moves)
    p95 = ordered[int(len(ordered) * 0.95)]
    spread = f"p50 {statistics.median(ordered):.1f} ms, p95 {p95:.1f} ms, max {ordered[-1]:.1f} ms (n = {len(ordered)})"
    return [
        (f"a move of the brush over an outline of {_MOST_VERTICES:,} vertices", spread),
        ("from the end of the stroke to the mark in the list", spread_ms(commits)),
    ]


def _wavy(x_px: float, y_px: float, radius_px: float) -> list[list[float]]:
    """A ring that goes in and out, with nearly as many vertices as one may have."""
    ring = []
    for step in range(_MOST_VERTICES - 1):
        turn = step * math.tau / (_MOST_VERTICES - 1)
        reach = radius_px * (1 + 0.05 * math.sin(400 * turn))
        ring.append([round((x_px + reach * math.cos(turn)) * 8) / 8, round((y_px + reach * math.sin(turn)) * 8) / 8])
    kept = [position for at, position in enumerate(ring) if at == 0 or position != ring[at - 1]]
    return [*kept, kept[0]]
