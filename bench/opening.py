"""From the click on an image to its first sharp pixels, in headless Chromium without a GPU, on a real site."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.figures import spread_ms
from tests.browser.conftest import CHROMIUM, PASSWORD
from tests.browser.site import Site

_ROUNDS = 15


def _images(page: Page, url: str) -> list[tuple[str, str]]:
    """Return name and id of every image the signed-in person may see."""
    found: list[tuple[str, str]] = []
    for collection in page.request.get(f"{url}/api/collections/").json()["collections"]:
        listed = page.request.get(f"{url}/api/collections/{collection['id']}/images/").json()["images"]
        found += [(f"{image['kind']}, {image['name']}", image["id"]) for image in listed]
    return found


def first_sharp_s(page: Page, address: str) -> float:
    """Load an image's page; return seconds from navigation to the first frame in which all visible pixels are sharp."""
    page.goto(address, wait_until="commit")
    page.wait_for_function("performance.getEntriesByName('mitate:first-sharp').length > 0")
    return float(page.evaluate("performance.getEntriesByName('mitate:first-sharp')[0].startTime")) / 1e3


def run() -> list[tuple[str, str]]:
    """Open one image of each kind, first with an empty tile cache, then again."""
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        site = Site(Path(folder))
        site.start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            for user in ("jsp-admin", "jrs-admin", "jos-admin", "jsum-admin"):
                context = browser.new_context(viewport={"width": 1600, "height": 1000}, bypass_csp=True)  # to wait on a condition
                page = context.new_page()
                page.goto(f"{site.url}/login/")
                page.fill("input[name=username]", user)
                page.fill("input[name=password]", PASSWORD)
                page.press("input[name=password]", "Enter")
                page.wait_for_url(f"{site.url}/")
                for name, image_id in _images(page, site.url)[:2]:
                    address = f"{site.url}/images/{image_id}/"
                    cold = first_sharp_s(page, address)
                    warm = [first_sharp_s(page, address) for _ in range(_ROUNDS)]
                    rows.append((f"open {name}: nothing cached", f"{cold * 1e3:.0f} ms"))
                    rows.append((f"open {name}: again", spread_ms(warm)))
                context.close()
        finally:
            browser.close()
            site.stop()
    return rows
