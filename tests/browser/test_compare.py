"""Two views side by side: the same image or another one, linked as they lie."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT
from tests.browser.test_keys import accessible
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]


class Half(Workbench):
    """One of the two views."""

    def __init__(self, visit: Visit, page: Page, scope: str) -> None:
        super().__init__(visit, page)
        self.scope = scope

    @property
    def canvas(self) -> Locator:
        """Where the image of this view is drawn."""
        return self.page.locator(f"{self.scope} .viewer-canvas")

    def pixel_under(self, place: tuple[float, float]) -> tuple[float, float]:
        """Return the image pixel that this view shows for a place."""
        self.page.mouse.move(*place)
        found = re.search(r"x (\d+)\s+y (\d+)", self.page.locator(f"{self.scope} .viewer-position-px").text_content() or "")
        assert found
        return float(found[1]), float(found[2])


def same_place(first: Half, second: Half, apart: float = 6) -> bool:
    """Tell whether the middles of both views lie on one place of the image."""
    one, other = first.pixel_under(first.at(0.5, 0.5)), second.pixel_under(second.at(0.5, 0.5))
    return abs(one[0] - other[0]) <= apart and abs(one[1] - other[1]) <= apart


@pytest.mark.parametrize(("reader", "language"), [("jsp-reader1", "ja"), ("jsp-reader2", "en")])
def test_side_by_side(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    visitor = visit(reader, language, bypass_csp=True)
    bench = Workbench(visitor).take_next_from_home()
    page = bench.page
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    first, second = Half(visitor, page, "#viewer"), Half(visitor, page, ".compare-pane")
    first.key("Alt+p")
    dialog = page.locator("dialog.choose-dialog")
    expect(dialog.locator(".choice").first).to_be_focused()
    accessible(page)
    take_picture(page, "compare-choose")
    first.key("Enter")
    expect(page.locator(".compare-pane .viewer-position")).to_have_count(1)
    for _ in range(3):
        first.key("+")
    wait_for("the second view to follow", lambda: same_place(first, second))
    page.mouse.move(*first.at(0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*first.at(0.7, 0.6), steps=6)
    page.mouse.up()
    wait_for("the second view to follow", lambda: same_place(first, second))
    page.mouse.move(*first.at(0.3, 0.4))
    expect(page.locator(".compare-pane .compare-cursor")).to_be_visible()
    take_picture(page, "compare")
    accessible(page)

    page.mouse.move(*second.at(0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*second.at(0.3, 0.5), steps=6)
    page.mouse.up()
    wait_for("the first view to follow", lambda: same_place(first, second))
    link = page.locator(".compare-head [aria-pressed]")
    link.click()
    page.mouse.move(*second.at(0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*second.at(0.4, 0.5), steps=6)
    page.mouse.up()
    assert not same_place(first, second)
    before = first.pixel_under(first.at(0.5, 0.5))
    link.click()
    assert first.pixel_under(first.at(0.5, 0.5)) == before

    page.locator(".compare-head button").nth(1).click()
    expect(dialog).to_be_visible()
    others = dialog.locator(".choice")
    if others.count() > 1:
        name = others.nth(1).inner_text()
        others.nth(1).click()
        expect(page.locator(".compare-name")).to_have_text(name)
        take_picture(page, "compare-other")
    else:
        others.first.click()
    first.key("Alt+p")
    expect(page.locator(".compare-pane")).to_have_count(0)
    expect(page.locator("#viewer .viewer-canvas")).to_be_focused()
