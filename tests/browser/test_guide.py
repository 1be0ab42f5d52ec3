"""The ten-minute guide, done as it is written; its pictures are taken on the way."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.hands import drag, polygon
from tests.browser.site import ROOT
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
GUIDES = {"ja": "guide.ja.md", "en": "guide.md"}
LANGUAGES = pytest.mark.parametrize(("reader", "language"), [("jsp-reader1", "ja"), ("jsp-reader2", "en")])


@LANGUAGES
def test_the_guide_works_as_it_is_written(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    text = (ROOT / "docs" / GUIDES[language]).read_text("utf-8")
    assert reader in text
    taken: list[str] = []

    def picture(name: str) -> None:
        take_picture(bench.page, f"guide-{name}")
        taken.append(f"images/guide-{name}-{language}.jpg")

    bench = Workbench(visit(reader, language))
    page, key = bench.page, bench.key
    page.goto(f"{bench.url}/")
    expect(page.locator("#reading button[data-key=n]")).to_be_visible()
    picture("home")
    key("n")
    bench.arrive()
    bench.wait_still()
    bench.assert_real_pixels()
    picture("look")
    key("s")

    key("1")
    polygon(bench, [(0.38, 0.35), (0.55, 0.3), (0.6, 0.5), (0.5, 0.65), (0.4, 0.55)], "Enter")
    expect(bench.mark_rows).to_have_count(1)
    bench.wait_saved()
    picture("draw")
    [drawn] = bench.saved_marks()
    key("d")
    drag(bench, [(0.5, 0.5), (0.6, 0.6), (0.66, 0.62)])
    wait_for("the painted border", lambda: bench.saved_marks()[0]["revision"] == drawn["revision"] + 1)
    picture("correct")
    key("Control+z")
    wait_for("the outline as it was", lambda: bench.saved_marks()[0]["geometry"] == drawn["geometry"])
    key("Control+Shift+z")

    key("v")
    key("Escape")
    key("s")
    key("Home")
    suggestion = bench.open_suggestions()[0]
    x_px, y_px, width_px, height_px = suggestion["bbox"] if "bbox" in suggestion else _bounds(suggestion["geometry"])
    page.mouse.move(*bench.place_of((x_px + width_px / 2, y_px + height_px / 2)))
    key("a")
    bench.wait_decided(suggestion, "accept")
    key("'")
    strip = page.locator(".film-strip")
    expect(strip).to_be_visible()
    key("Shift+ArrowRight")
    expect(strip.locator(".film-crop[aria-selected=true]")).to_have_count(2)
    wait_for("crops with pixels", lambda: strip.locator(".film-crop.is-drawn").count() >= 5)
    picture("suggest")
    before = len(bench.saved_marks())
    key("5")
    wait_for("two decided by one key", lambda: len(bench.saved_marks()) == before + 2)
    key("Escape")

    roles = bench.campaign["diagnosis"].get("label_roles", [])
    label = next(each["code"] for each in bench.campaign["label_set"]["labels"] if each["role"] in roles)
    bench.diagnose(label, form={"specimen": "biopsy", "group": "5", "tumourFraction": 40}, certainty="definite", basis=[])
    bench.wait_saved()
    picture("diagnose")
    effort = page.locator(".status-effort")
    expect(effort).to_have_text(re.compile(r"^\d+:\d\d · \d\d"))
    page.reload()
    bench.arrive()
    expect(effort).to_have_text(re.compile(r"^\d+:\d\d · \d\d"))
    with bench.submitted():
        key("Control+Enter")
    bench.wait_still()
    picture("submitted")
    assert taken == re.findall(r"!\[[^\]]*\]\((images/[^)]+)\)", text)
    missing = [name for name in taken if not (ROOT / "docs" / name).is_file()]
    assert not missing, "MITATE_UPDATE_IMAGES=1 brings the pictures of the guide up to date"


def _bounds(geometry: dict[str, list[list[list[float]]]]) -> tuple[float, float, float, float]:
    ring = geometry["coordinates"][0]
    left, top = min(x for x, _ in ring), min(y for _, y in ring)
    return left, top, max(x for x, _ in ring) - left, max(y for _, y in ring) - top
