"""Two people look at one image together, each in a browser of one's own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT, Site
from tests.browser.test_keys import accessible
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
PEOPLE = {"ja": ("jsum-reader1", "jsum-reader2"), "en": ("jsum-reader2", "jsum-reader1")}


class Looker(Workbench):
    """Somebody who looks at an image, in a read or without one."""

    def look(self, image_id: str) -> "Looker":
        """Open the page of an image."""
        self.page.goto(f"{self.url}/images/{image_id}/")
        expect(self.page.locator("body")).to_have_class(re.compile(r"\bis-ready\b"))
        return self

    def show(self) -> None:
        """Switch it on."""
        self.key("Shift+Y")
        expect(self.page.locator(".together-panel")).to_be_visible()

    @property
    def others(self) -> list[str]:
        """Names on the list."""
        return self.page.locator(".together-name").all_text_contents()

    @property
    def follow(self):  # type: ignore[no-untyped-def]
        """The button beside the other."""
        return self.page.locator(".together-person button")

    def middle(self) -> tuple[float, float]:
        """Return the pixel in the middle of the view."""
        return self.pixel_under(self.at(0.5, 0.5))

    def drag(self) -> None:
        """Move the image by a drag of the middle button."""
        self.page.mouse.move(*self.at(0.5, 0.5))
        self.page.mouse.down(button="middle")
        self.page.mouse.move(*self.at(0.62, 0.58), steps=6)
        self.page.mouse.up(button="middle")


def same(one: Looker, other: Looker) -> bool:
    """Tell whether both look at one place, equally near."""
    middles, scales = (one.middle(), other.middle()), (one.px_per_screen_px(), other.px_per_screen_px())
    near = max(abs(a - b) for a, b in zip(*middles, strict=True)) <= 3
    return near and abs(scales[0] / scales[1] - 1) < 0.03


@pytest.fixture(scope="module", autouse=True)
def readers_may_meet(site: Site) -> None:
    """Two read each image of the demo's campaigns, independently: here they may look together."""
    site.manage("shell", "--no-imports", "-c", "from annotation.models import Campaign; Campaign.objects.update(is_blind=False)")


def meet(visit: Begin, language: str) -> tuple[Looker, Looker]:
    """Return a reader in a read, and another member on the page of the same image, both not shown yet."""
    first, second = PEOPLE[language]
    reader = Looker(visit(first, language, bypass_csp=True))
    reader.take_next_from_home()
    colleague = Looker(visit(second, language)).look(reader.read["image_id"])
    return reader, colleague


@pytest.mark.parametrize("language", ["ja", "en"])
def test_looking_together(visit: Begin, take_picture: Picture, language: str) -> None:
    reader, colleague = meet(visit, language)
    reader.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    reader.show()
    assert reader.holds_still(lambda: reader.others, 0.5)
    assert not reader.others, "who did not switch it on is not seen"
    expect(colleague.page.locator(".together-panel")).to_have_count(0)
    colleague.show()
    for one in (reader, colleague):
        expect(one.page.locator(".together-name")).to_have_count(1)
        assert one.others != []

    colleague.page.mouse.move(*colleague.at(0.4, 0.4))
    pointed = colleague.pixel_under(colleague.at(0.4, 0.4))
    cursor = reader.page.locator(".together-cursor")
    expect(cursor).to_be_visible()
    wait_for("the pointer", lambda: abs((cursor.bounding_box() or {"x": 0})["x"] - reader.place_of(pointed)[0]) < 4)

    reader.follow.click()
    expect(reader.follow).to_have_attribute("aria-pressed", "true")
    expect(colleague.page.locator(".together-state.is-followed")).to_contain_text("1")
    expect(colleague.follow).to_have_attribute("aria-disabled", "true")
    for _ in range(3):
        colleague.key("+")
    wait_for("the zoom", lambda: same(reader, colleague))
    colleague.drag()
    wait_for("the drag", lambda: same(reader, colleague))
    colleague.go_to_frame(4)
    expect(reader.page.locator(".viewer-frame-number")).to_have_text(re.compile(r"^4 / "))
    colleague.page.mouse.move(*colleague.at(0.45, 0.45))
    expect(cursor).to_be_visible()
    accessible(reader.page)
    for one, name in ((reader, "together-follower"), (colleague, "together-followed")):
        take_picture(one.page, name)

    reader.drag()
    expect(reader.follow).to_have_attribute("aria-pressed", "false")
    expect(colleague.page.locator(".together-state.is-followed")).to_have_count(0)
    mine = reader.middle()
    colleague.key("-")
    assert reader.holds_still(reader.middle, 0.6)
    assert reader.middle() == mine
    reader.key("Shift+Y")
    expect(colleague.page.locator(".together-name")).to_have_count(0)
    expect(colleague.page.locator(".together-cursor")).to_have_count(0)


def test_what_ends_following(visit: Begin) -> None:
    reader, colleague = meet(visit, "en")
    reader.show()
    colleague.show()

    def follow() -> None:
        reader.follow.click()
        expect(reader.follow).to_have_attribute("aria-pressed", "true")
        wait_for("the same view", lambda: same(reader, colleague))

    def is_over() -> None:
        expect(reader.follow).to_have_attribute("aria-pressed", "false")

    follow()
    reader.follow.click()
    is_over()
    follow()
    reader.key("Escape")
    is_over()
    for key in ("+", "]", "PageDown"):
        follow()
        reader.page.locator(".viewer-canvas").focus()
        reader.key(key)
        is_over()
    follow()
    colleague.page.goto(f"{colleague.url}/")
    expect(reader.page.locator(".together-person")).to_have_count(0)
    expect(reader.page.locator(".together-panel [role=status]")).not_to_be_empty()
    reader.page.reload()
    reader.arrive()
    expect(reader.page.locator(".together-panel")).to_have_count(0)


def test_readers_who_work_independently_are_kept_apart(visit: Begin, site: Site, take_picture: Picture) -> None:
    reader, colleague = meet(visit, "ja")
    reader.show()
    colleague.show()
    expect(reader.page.locator(".together-name")).to_have_count(1)
    script = (
        "from annotation.models import Campaign; from annotation.services.campaigns import set_blind; "
        "[set_blind(campaign=each, is_blind=True) for each in Campaign.objects.all()]"
    )
    try:
        site.manage("shell", "--no-imports", "-c", script)
        for one in (reader, colleague):
            one.page.reload()
            one.page.locator(".viewer-canvas").wait_for()
        reader.arrive()
        expect(colleague.page.locator("body")).to_have_class(re.compile(r"\bis-ready\b"))
        for one in (reader, colleague):
            one.key("Shift+Y")
            expect(one.page.locator(".viewer-notice")).to_contain_text("ほかの読影者と独立")
            expect(one.page.locator(".together-panel")).to_have_count(0)
        take_picture(reader.page, "together-blind")
    finally:
        site.manage("shell", "--no-imports", "-c", "from annotation.models import Campaign; Campaign.objects.update(is_blind=False)")
