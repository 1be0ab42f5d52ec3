"""Screening a slide: field by field, what was seen on the overview, and on from there after a reload."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.planted import plant
from tests.browser.site import ROOT
from tests.browser.test_keys import accessible
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
# Pixels of the overview that are painted in the colour of what was seen.
GREEN = """() => {
  const map = document.querySelector('.coverage-map');
  const {data} = map.getContext('2d').getImageData(0, 0, map.width, map.height);
  return data.filter((value, at) => at % 4 === 1 && value > 150).length / (map.width * map.height);
}"""


def share(page: Page) -> int:
    """Return the percentage that the bar says was seen."""
    found = re.search(r"\d+", page.locator(".walk-share").inner_text())
    assert found
    return int(found[0])


def squares(page: Page) -> int:
    """Return how many squares of the grid were seen."""
    return int(page.locator(".walk-share").get_attribute("data-seen") or 0)


def open_walk(bench: Workbench, magnification: str) -> None:
    """Begin to screen the slide at a magnification."""
    bench.key("Alt+w")
    bar = bench.page.locator(".walk-bar")
    expect(bar).to_be_visible()
    bar.locator("select").select_option(label=magnification)
    bench.wait_still()


def go_on(bench: Workbench) -> None:
    """Go to the next field and look until it counts."""
    before = squares(bench.page)
    bench.key(">")
    wait_for("the field to count", lambda: squares(bench.page) > before)


@pytest.mark.parametrize(("reader", "language"), [("jsp-reader1", "ja"), ("jsp-reader2", "en")])
def test_every_field_is_seen_once(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    bench = Workbench(visit(reader, language, bypass_csp=True)).take_next_from_home()
    page, read_id = bench.page, bench.read_id
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    open_walk(bench, "20×")
    wait_for("the first field to count", lambda: share(page) > 0)
    assert page.evaluate(GREEN) > 0
    places = [bench.pixel_under(bench.at(0.5, 0.5))]
    for _ in range(3):
        go_on(bench)
        places.append(bench.pixel_under(bench.at(0.5, 0.5)))
    assert len(set(places)) == 4
    seen = share(page)
    take_picture(page, "walk")
    accessible(page)

    bench.key("<")
    bench.wait_still()
    assert bench.pixel_under(bench.at(0.5, 0.5)) == places[2]
    bench.key("Home")  # the whole slide is on the screen, far below the magnification that is walked at
    bench.wait_still()
    page.wait_for_timeout(1_000)
    assert share(page) == seen

    page.reload()
    bench.arrive()
    assert bench.read_id == read_id
    expect(page.locator(".walk-bar")).to_be_visible()
    assert share(page) == seen
    for _ in range(60):
        if share(page) == 100:
            break
        go_on(bench)
    assert share(page) == 100
    bench.key(">")
    expect(page.locator(".viewer-notice")).to_have_count(1)
    take_picture(page, "walk-done")
    tissue = int(page.locator(".walk-share").get_attribute("data-wanted") or 0)
    page.locator(".walk-tissue input").uncheck()
    wait_for("the glass as well", lambda: int(page.locator(".walk-share").get_attribute("data-wanted") or 0) > tissue)
    bench.key("Alt+w")
    expect(page.locator(".walk-bar")).to_be_hidden()
    page.reload()
    bench.arrive()
    expect(page.locator(".walk-bar")).to_have_count(0)


def test_the_next_uncertain_suggestion(visit: Begin) -> None:
    bench = Workbench(visit("jsp-reader1", "en")).take_next_from_home()
    plant(bench, count=5, across=5, step=60, label="tumour", granularity="region")
    bench.key("Alt+j")
    focused = bench.page.locator("#suggestions-panel .list-row.is-selected .row-score")
    expect(focused).to_have_text("50 %")
    bench.key("Alt+j")
    expect(focused).to_have_text(re.compile("30 %|70 %"))
