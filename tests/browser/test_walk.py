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
    """Begin to screen the slide at a magnification, whatever was seen of it before."""
    bench.key("Alt+w")
    bar = bench.page.locator(".walk-bar")
    expect(bar).to_be_visible()
    bar.locator("select").select_option(label=magnification)
    bar.locator(".walk-tissue input").check()
    bar.get_by_role("button", name={"ja": "最初から", "en": "Start again"}[bench.language]).click()
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
    first = squares(page)
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
    again = page.locator(".walk-bar").get_by_role("button", name={"ja": "最初から", "en": "Start again"}[language])
    again.click()
    wait_for("what the message lay over as well", lambda: squares(page) == first)
    again.click()  # the view stays where it is
    assert squares(page) == 0
    wait_for("the first field to count again", lambda: squares(page) == first)
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


def test_a_walk_goes_on_at_another_computer(visit: Begin, take_picture: Picture) -> None:
    """What was seen is on the server; whoever manages the campaign sees how much, and where."""
    here = Workbench(visit("jsp-reader1", "en")).take_next_from_home()
    read_id = here.read_id
    open_walk(here, "20×")
    go_on(here)
    seen = squares(here.page)

    def told() -> int:
        """Return what the walk told last has seen; others of this read may have seen more."""
        walks = here.get(f"/api/reads/{read_id}/walks/")["walks"]
        return int(walks[-1]["seen_count"]) if walks else 0

    wait_for("the server to know", lambda: told() == seen)
    there = Workbench(visit("jsp-reader1", "en")).open(read_id)
    there.key("Alt+w")
    expect(there.page.locator(".walk-bar")).to_be_visible()
    assert squares(there.page) >= seen
    assert there.page.locator(".walk-bar select").evaluate("each => each.selectedOptions[0].text") == "20×"

    # Without a connection it goes on, and is told when there is one.
    there.page.route("**/walks/", lambda route: route.abort())
    before = told()
    go_on(there)
    there.page.wait_for_timeout(4_000)
    assert told() == before
    there.page.unroute_all()
    there.page.evaluate("dispatchEvent(new Event('online'))")
    wait_for("what was seen without a connection", lambda: told() > before)

    admin = Workbench(visit("jsp-admin", "ja"))
    admin.page.goto(f"{admin.url}/campaigns/{there.campaign['id']}/")
    expect(admin.page.locator(f"#images a[href='/reads/{read_id}/'] + span")).to_contain_text("20×")
    admin.page.locator("#images").scroll_into_view_if_needed()
    take_picture(admin.page, "campaign-walks")
    admin.open(read_id)
    admin.key("Alt+w")
    expect(admin.page.locator(".walk-share")).to_contain_text("読影者は")
    assert squares(admin.page) == told()
    take_picture(admin.page, "walk-of-a-reader")
