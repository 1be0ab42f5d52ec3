"""The marks of two readers side by side, for whoever manages the campaign: on a slide and on frames, named and not named."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.hands import begin, frame_of
from tests.browser.site import ROOT, Site
from tests.browser.test_cells import CellBench
from tests.browser.test_compare import Half, same_place
from tests.browser.test_keys import accessible
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
_SECOND_READ = """
from django.contrib.auth.models import User
from annotation.models import Read
from annotation.services.reads import open_read
read = Read.objects.get(pk="{read_id}")
print(open_read(campaign=read.campaign, image=read.image, user=User.objects.get(username="{reader}")).pk)
"""


def two_reads(visit: Begin, site: Site, society: str) -> tuple[str, str, str]:
    """Have two readers draw on the same image, at different places; return both reads and the campaign."""
    tool, *label = {"jsp": ("freehand", "tumour", "stroma"), "jsum": ("box", "cyst", "fluid")}[society]

    def area(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
        return frame_of(left, top, right, bottom) if tool == "freehand" else [(left, top), (right, bottom)]

    first = begin(visit(f"{society}-reader1", "en"))
    first.draw(tool, label[0], area(0.42, 0.4, 0.48, 0.5))
    first.wait_saved()
    script = _SECOND_READ.format(read_id=first.read_id, reader=f"{society}-reader2")
    second = Workbench(visit(f"{society}-reader2", "en")).open(site.manage("shell", "--no-imports", "-c", script).split()[-1])
    second.draw(tool, label[1], area(0.52, 0.45, 0.58, 0.55))
    second.draw(tool, label[1], area(0.62, 0.45, 0.66, 0.55))
    second.wait_saved()
    return first.read_id, second.read_id, first.campaign["id"]


class Reviewer(Workbench):
    """Whoever manages the campaign, at a read."""

    @property
    def canvas(self) -> Locator:
        """The view on the left."""
        return self.page.locator("#viewer .viewer-canvas")

    def look(self, read_id: str) -> "Reviewer":
        """Open a read and split the view."""
        self.open(read_id)
        self.key("Alt+y")
        expect(self.page.locator(".compare-pane .viewer-position")).to_have_count(1)
        expect(self.pane(1).locator(".viewer-readout")).not_to_be_empty()
        return self

    def pane(self, side: int) -> Locator:
        """The list of a view."""
        return self.page.locator(["#viewer .reader-pane", ".compare-pane .reader-pane"][side])

    def marks_on(self, side: int) -> bytes:
        """What a view shows of its middle."""
        self.page.mouse.move(5, 5)
        half = Half(self.visit, self.page, ["#viewer", ".compare-pane"][side])
        (left, top), (right, bottom) = half.at(0.3, 0.3), half.at(0.85, 0.7)
        return self.page.screenshot(clip={"x": left, "y": top, "width": right - left, "height": bottom - top})


def set_blind(admin: Workbench, campaign: str, *, is_blind: bool) -> None:
    """Tick or untick the setting on the campaign's page."""
    admin.page.goto(f"{admin.url}/campaigns/{campaign}/")
    box = admin.page.locator("#blind input")
    expect(box).to_be_visible()
    if box.is_checked() != is_blind:
        box.click()
        expect(admin.page.locator("#notice")).not_to_be_empty()
    wait_for("the setting", lambda: admin.get(f"/api/campaigns/{campaign}/progress/")["is_blind"] is is_blind)


@pytest.mark.parametrize(("society", "language"), [("jsp", "ja"), ("jsum", "en")])
def test_two_readers_side_by_side(visit: Begin, site: Site, take_picture: Picture, society: str, language: str) -> None:
    one, two, campaign = two_reads(visit, site, society)
    visitor = visit(f"{society}-admin", language, bypass_csp=True)
    admin = Reviewer(visitor)
    page = admin.page
    admin.look(one)
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    left, right = admin.pane(0).locator("select"), admin.pane(1).locator("select")
    expect(left).to_have_value(one)
    expect(right).to_have_value(two)
    expect(right).to_be_focused()
    for select in (left, right):
        names = select.locator("option").all_text_contents()
        assert all(re.match({"ja": "読影者[12]", "en": "Reader [12]"}[language], name) for name in names), names
    expect(admin.pane(0).locator(".viewer-readout")).to_contain_text("1")
    expect(admin.pane(1).locator(".viewer-readout")).to_contain_text("2")
    first, second = Half(visitor, page, "#viewer"), Half(visitor, page, ".compare-pane")
    wait_for("the second view to follow", lambda: same_place(first, second))
    first.wait_still()
    take_picture(page, f"two-readers-{society}")
    accessible(page)

    own, theirs = admin.marks_on(0), admin.marks_on(1)
    assert own != theirs
    right.focus()
    page.keyboard.press("ArrowUp" if right.evaluate("each => each.selectedIndex") else "ArrowDown")
    expect(right).to_have_value(one)
    expect(admin.pane(1).locator(".viewer-readout")).to_contain_text("1")
    wait_for("other marks on the right", lambda: admin.marks_on(1) != theirs)
    assert admin.marks_on(0) == own, "the left view stays as it is"
    left.select_option(two)
    wait_for("other marks on the left", lambda: admin.marks_on(0) != own)
    left.select_option(one)
    wait_for("the marks of the page's own read", lambda: admin.marks_on(0) == own)
    admin.key("Alt+y")
    expect(page.locator(".compare-pane")).to_have_count(0)
    expect(page.locator(".reader-pane")).to_have_count(0)
    expect(admin.mark_rows).to_have_count(1)

    set_blind(admin, campaign, is_blind=False)
    admin.look(one)
    names = admin.pane(1).locator("select option").all_text_contents()
    assert all("Reader" in name or "reader" in name or society.upper() in name for name in names), names
    assert not any(re.match("読影者[12]|Reader [12]$", name) for name in names)
    set_blind(admin, campaign, is_blind=True)
    page.locator("#readers").scroll_into_view_if_needed()
    take_picture(page, f"campaign-blind-{society}")
    assert not [error for error in visitor.errors if "404" not in error]


def test_a_reader_is_not_offered_it(visit: Begin) -> None:
    bench = Workbench(visit("jda-reader1", "en")).take_next_from_home()
    bench.key("Alt+y")
    assert bench.holds_still(lambda: bench.page.locator(".compare-pane").count(), 0.5)
    assert bench.page.locator(".compare-pane").count() == 0


@pytest.mark.parametrize("language", ["ja", "en"])
def test_cells_as_each_reader_left_them(visit: Begin, site: Site, take_picture: Picture, tmp_path: Path, language: str) -> None:
    first = CellBench(visit("jsp-reader1", language))
    first.take_next_from_home()
    first.bring_cells(tmp_path)
    known = len(first.changes())
    first.key("m")
    first.lasso([(0.45, 0.4), (0.6, 0.4), (0.6, 0.6), (0.45, 0.6)])
    wait_for("chosen cells", lambda: first.chosen() > 50)
    decided = first.chosen()
    first.page.locator("#labels-panel .label-button").nth(1).click()
    wait_for("the change on the server", lambda: len(first.changes()) == known + 1)
    script = _SECOND_READ.format(read_id=first.read_id, reader="jsp-reader2")
    second = site.manage("shell", "--no-imports", "-c", script).split()[-1]

    visitor = visit("jsp-admin", language, bypass_csp=True)
    admin = Reviewer(visitor).look(first.read_id)
    page = admin.page
    said = {"ja": f"判断済みの細胞{decided}個", "en": f"{decided} cells decided"}[language]
    expect(admin.pane(0).locator(".viewer-readout")).to_contain_text(said)
    right = admin.pane(1).locator("select")
    right.select_option(second)
    expect(admin.pane(1).locator(".viewer-readout")).not_to_contain_text(said)
    views = Half(visitor, page, "#viewer"), Half(visitor, page, ".compare-pane")
    wait_for("the second view to follow", lambda: same_place(*views))
    views[0].wait_still()
    untouched = still(admin, 1)
    take_picture(page, "two-readers-cells")
    right.select_option(first.read_id)
    expect(admin.pane(1).locator(".viewer-readout")).to_contain_text(said)
    wait_for("the cells of the first reader on the right", lambda: admin.marks_on(1) != untouched)
    relabelled = still(admin, 1)

    # What cannot be fetched is said in the view that lacks it.
    missing = admin.pane(1).locator(".reader-missing")
    expect(missing).to_be_hidden()
    parts = re.compile(r"/packed/-?\d+_-?\d+")
    page.route(parts, lambda route: route.abort())
    right.select_option(second)
    expect(missing).to_be_visible()
    take_picture(page, "two-readers-cells-missing")
    # Nothing of the first attempt may fail when the second has begun.
    wait_for("the end of the first attempt", lambda: admin.holds_still(lambda: admin.marks_on(1), 1))
    page.unroute(parts)
    missing.get_by_role("button").click()
    expect(missing).to_be_hidden()
    wait_for("the cells of the second reader on the right", lambda: admin.marks_on(1) == untouched)
    right.select_option(first.read_id)
    wait_for("those of the first again", lambda: admin.marks_on(1) == relabelled)

    # What the panel hides is hidden in both views, and comes back in both.
    shown = page.locator("#cells-panel .cells-labels input[type=checkbox]").first
    left = still(admin, 0)
    shown.uncheck()
    wait_for("fewer cells on both sides", lambda: admin.marks_on(0) != left and admin.marks_on(1) != relabelled)
    shown.check()
    wait_for("all of them again", lambda: (admin.marks_on(0), admin.marks_on(1)) == (left, relabelled))

    # Another read on the left takes the page's own cells away, and closing brings them back.
    choice = admin.pane(0).locator("select")
    choice.select_option(second)
    wait_for("the cells of the second reader on the left", lambda: admin.marks_on(0) != left)
    choice.select_option(first.read_id)
    wait_for("the page's own", lambda: admin.marks_on(0) == left)
    admin.key("Alt+y")
    expect(page.locator(".compare-pane")).to_have_count(0)
    expect(page.locator("#cells-panel .section-note")).not_to_be_empty()
    assert not [error for error in visitor.errors if "404" not in error]
    first.key("Control+z")
    wait_for("everything as it was", lambda: len(first.changes()) == known + 2)


def still(admin: Reviewer, side: int) -> bytes:
    """What a view shows once it shows the same for half a second."""
    pictures: list[bytes] = []

    def is_still() -> bool:
        pictures.append(admin.marks_on(side))
        admin.page.wait_for_timeout(500)
        return len(pictures) > 1 and pictures[-1] == pictures[-2]

    wait_for("a view at rest", is_still)
    return pictures[-1]
