"""Half an hour without network and with a clock that jumps, a browser that dies in mid-stroke, a server of an earlier version."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import CHROMIUM, Visit
from tests.browser.hands import begin
from tests.browser.site import Site
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
EDITS = 500
HALF_AN_HOUR_MS, A_DAY_MS = 1_800_000, 86_400_000
_CLOCK_OFF_BY = """
(offMs) => {
  const Right = (window.RightDate ??= Date);
  window.Date = class extends Right {
    constructor(...parts) { super(...(parts.length ? parts : [Right.now() + offMs])); }
    static now() { return Right.now() + offMs; }
  };
}
"""


def points(bench: Workbench, first: int, count: int) -> None:
    """Set points side by side, as fast as the page takes them."""
    (left, top), (right, bottom) = bench.at(0.35, 0.2), bench.at(0.65, 0.8)
    for at in range(first, first + count):
        bench.page.mouse.click(left + (right - left) * (at % 25) / 24, top + (bottom - top) * (at // 25) / 24)


def test_half_an_hour_offline_with_five_hundred_edits(visit: Begin) -> None:
    person = visit("jsp-reader2")
    bench = begin(person)
    bench.choose("mitosis")
    bench.take("point")
    person.context.set_offline(True)
    points(bench, 0, 200)
    bench.page.evaluate(_CLOCK_OFF_BY, HALF_AN_HOUR_MS)
    points(bench, 200, 200)
    bench.page.evaluate(_CLOCK_OFF_BY, -A_DAY_MS)
    points(bench, 400, EDITS - 400)
    expect(bench.save_state).to_contain_text(str(EDITS))
    wait_for("all of it in the browser's database", lambda: len(bench.outbox()) == EDITS)
    order = [entry["operation"]["annotation_id"] for entry in bench.outbox()]
    assert not bench.saved_marks()

    person.context.set_offline(False)
    wait_for("an empty outbox", lambda: not bench.outbox())
    bench.wait_saved()
    saved = bench.saved_marks()
    assert [mark["id"] for mark in saved] == order, "each once, in the order in which they were set"
    assert {mark["revision"] for mark in saved} == {1}
    bench.key("Control+a")
    bench.key("Delete")
    wait_for("the image as it was", lambda: not bench.saved_marks())


@contextmanager
def lasting_browser(kind: BrowserType, folder: Path) -> Iterator[BrowserContext]:
    """A browser whose profile is on the disk, as people have it."""
    context = kind.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], viewport={"width": 1440, "height": 900}, locale="ja-JP"
    )
    yield context
    with suppress(PlaywrightError):  # it may have been killed
        context.close()


def kill_browser(folder: Path) -> None:
    """Kill every process of the browser that has this profile."""
    found = subprocess.run(["pgrep", "-f", "--", f"--user-data-dir={folder}"], capture_output=True, text=True, check=True)
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)


def test_a_browser_killed_in_mid_stroke(browser: Browser, site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    with lasting_browser(browser.browser_type, folder) as context:
        bench = begin(known(context, site))
        read_id = bench.read_id
        drawn = [bench.draw("box", "polyp", [(0.42, 0.3), (0.47, 0.36)])]
        bench.wait_saved()
        context.set_offline(True)
        drawn.append(bench.draw("box", "polyp", [(0.5, 0.3), (0.55, 0.36)]))
        wait_for("the mark in the browser's database", lambda: len(bench.outbox()) == 1)
        bench.page.mouse.move(*bench.at(0.42, 0.5))
        bench.page.mouse.down()
        bench.page.mouse.move(*bench.at(0.47, 0.56), steps=3)
        kill_browser(folder)
    with lasting_browser(browser.browser_type, folder) as context:
        bench = Workbench(known(context, site)).open(read_id)
        expect(bench.mark_rows).to_have_count(2)
        bench.wait_saved()
        assert {mark["id"] for mark in bench.saved_marks()} == {mark.id for mark in drawn}
        assert not bench.outbox()
        bench.key("Control+a")
        bench.key("Delete")
        wait_for("the image as it was", lambda: not bench.saved_marks())


def known(context: BrowserContext, site: Site) -> Visit:
    """A reader at this browser, signed in by the form unless the browser knows them."""
    visit = Visit(context, site)
    visit.page.goto(f"{site.url}/")
    if "/login/" in visit.page.url:
        visit.fill_in_login(visit.page, "jges-reader1")
    return visit


def test_a_server_of_an_earlier_version(visit: Begin) -> None:
    """It does not know what the page sends: nothing is lost until the right one is back."""
    person = visit("jges-reader2", "en")
    bench = begin(person)
    read_id = bench.read_id

    def not_known(route: Route) -> None:
        error = {"code": "validation_error", "message": "Unknown member.", "hint": "", "fields": {}}
        route.fulfill(status=400, json={"error": error})

    bench.page.route("**/operations/", not_known)
    drawn = [bench.draw("box", "polyp", place) for place in ([(0.42, 0.3), (0.47, 0.36)], [(0.5, 0.3), (0.55, 0.36)])]
    expect(bench.save_state).not_to_have_attribute("data-state", "saved")
    wait_for("both in the browser's database", lambda: len(bench.outbox()) == 2)
    expect(bench.mark_rows).to_have_count(2)
    assert not bench.saved_marks()

    bench.page.unroute("**/operations/")
    bench = Workbench(person, bench.page).open(read_id)
    expect(bench.mark_rows).to_have_count(2)
    bench.save_state.click()
    bench.page.get_by_role("button", name="Try again now").click()
    bench.key("Escape")
    bench.wait_saved()
    assert {mark["id"] for mark in bench.saved_marks()} == {mark.id for mark in drawn}
    bench.key("Control+a")
    bench.key("Delete")
    wait_for("the image as it was", lambda: not bench.saved_marks())


def test_tiles_that_the_server_came_to_grief_over(visit: Begin) -> None:
    """They are asked for once more by themselves; what fails then as well stays hatched until somebody asks for it."""
    bench = Workbench(visit("jsp-reader1", "en")).take_next_from_home()
    page = bench.page
    message = page.locator(".viewer-notice", has_text="Part of the image could not be loaded.")
    asked: Counter[str] = Counter()
    times = 1

    def grief(route: Route) -> None:
        asked[route.request.url] += 1
        if asked[route.request.url] <= times:
            route.fulfill(status=503, json={"error": {"code": "worker_crashed", "message": "", "hint": "", "fields": {}}})
        else:
            route.continue_()

    def times_asked() -> set[int]:
        page.wait_for_timeout(50)  # requests are answered above only while the page is listened to
        return set(asked.values())

    page.route("**/tiles/**", grief)
    page.reload()
    bench.arrive()
    wait_for("all tiles in view for the second time", lambda: times_asked() == {2})
    page.wait_for_timeout(2_000)
    assert times_asked() == {2}
    expect(message).to_have_count(0)

    times = 4
    page.reload()
    bench.arrive()
    expect(message).to_be_visible()
    asked.clear()
    times = 0
    message.get_by_role("button", name="Try again").click()
    wait_for("the tiles to be asked for again", times_asked)
    expect(message).to_have_count(0)


pytestmark = pytest.mark.long
