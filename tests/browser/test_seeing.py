"""How the picture is shown: tone, stains, grid; and places: by coordinate, by link, as a picture with its scale."""

import io
import re
from collections.abc import Callable

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT
from tests.browser.test_keys import accessible
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize(("reader", "language"), [("jsp-reader1", "ja"), ("jsp-reader2", "en")])


def open_slide(visit: Begin, reader: str, language: str) -> Workbench:
    """Open the reader's next slide, near enough to see cells."""
    bench = Workbench(visit(reader, language, bypass_csp=True, accept_downloads=True)).take_next_from_home()
    bench.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    bench.key("s")  # suggestions would lie over the picture
    bench.page.locator(".viewer-magnification button", has_text="10×").click()
    bench.wait_still()
    return bench


def colours(bench: Workbench) -> tuple[float, float, float]:
    """Return the mean colour of the middle of the screen."""
    left, top = bench.at(0.35, 0.35)
    picture = bench.page.screenshot(clip={"x": left, "y": top, "width": 200, "height": 200})
    with PIL.Image.open(io.BytesIO(picture)) as image:
        red, green, blue = image.convert("RGB").resize((1, 1), PIL.Image.Resampling.BOX).get_flattened_data()[0]
    return float(red), float(green), float(blue)


@LANGUAGES
def test_tone_and_stains(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    bench = open_slide(visit, reader, language)
    page = bench.page
    plain = colours(bench)
    bench.key("Alt+b")
    panel, sign = page.locator(".look-panel"), page.locator(".look-sign")
    expect(panel.locator("input").first).to_be_focused()
    expect(sign).to_be_hidden()
    for _ in range(40):
        bench.key("ArrowRight")
    expect(panel.locator("output").first).to_have_text("40")
    expect(sign).to_be_visible()
    wait_for("a brighter picture", lambda: sum(colours(bench)) > sum(plain) + 20)
    accessible(page)
    take_picture(page, "seeing-tone")
    bench.key("Alt+0")
    expect(sign).to_be_hidden()
    wait_for("the picture as it was", lambda: colours(bench) == plain)

    page.locator(".viewer-canvas").focus()
    bench.key("Alt+c")
    expect(sign).to_be_visible()
    wait_for("haematoxylin, which is blue", lambda: colours(bench)[2] > colours(bench)[1] + 5 and colours(bench) != plain)
    page.wait_for_timeout(500)
    take_picture(page, "seeing-haematoxylin")
    blue = colours(bench)
    bench.key("Alt+c")
    wait_for("eosin, which is pink", lambda: colours(bench)[0] > colours(bench)[1] + 5 and colours(bench)[0] > blue[0])
    bench.key("Alt+c")
    bench.key("Alt+c")
    expect(sign).to_be_hidden()
    wait_for("all stains again", lambda: colours(bench) == plain)
    bench.key("Alt+b")
    expect(panel).to_be_hidden()


def test_a_tone_leaves_the_marks_as_they_are(visit: Begin) -> None:
    bench = open_slide(visit, "jsp-reader1", "en")
    page = bench.page
    bench.draw("polygon", "tumour", [(0.3, 0.4), (0.5, 0.4), (0.4, 0.6)])
    bench.key("Escape")
    page.mouse.move(*bench.at(0.9, 0.9))
    x, y = bench.at(0.4, 0.4)

    def border() -> list[tuple[int, int, int]]:
        """Return the pixels about a point of the upper side, whose line is a few of them thick."""
        with PIL.Image.open(io.BytesIO(page.screenshot(clip={"x": x - 6, "y": y - 6, "width": 13, "height": 13}))) as picture:
            return [(red, green, blue) for red, green, blue in picture.convert("RGB").get_flattened_data()]

    page.wait_for_timeout(500)
    plain = border()
    bench.key("Alt+b")
    for _ in range(40):
        bench.key("ArrowLeft")
    changed: list[bool] = []

    def is_darker() -> bool:
        changed[:] = [before != now for before, now in zip(plain, border(), strict=True)]
        return sum(changed) > len(plain) / 2

    wait_for("a darker picture", is_darker)
    kept = [colour for colour, is_changed in zip(plain, changed, strict=True) if not is_changed]
    assert len(kept) >= 13, "the line is seen through the tone"
    assert max(max(colour) - min(colour) for colour in kept) > 60
    bench.key("Alt+0")
    wait_for("the picture as it was", lambda: border() == plain)


@LANGUAGES
def test_places(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    bench = open_slide(visit, reader, language)
    page = bench.page
    bench.key("Alt+g")
    dialog = page.locator("dialog.goto-dialog")
    expect(dialog.locator("input")).to_be_focused()
    page.keyboard.type("99999999, 1")
    bench.key("Enter")
    expect(dialog.locator("[role=alert]")).not_to_be_empty()
    accessible(page)
    take_picture(page, "seeing-go-to")
    dialog.locator("input").fill("800, 1200")
    bench.key("Enter")
    expect(dialog).to_have_count(0)
    bench.wait_still()
    middle = bench.pixel_under(bench.at(0.5, 0.5))
    assert abs(middle[0] - 800) <= 2
    assert abs(middle[1] - 1200) <= 2

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bench.key("Alt+l")
    expect(page.locator(".viewer-notice")).to_have_count(1)
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{bench.url}/reads/{bench.read_id}/#x=800\.0&y=1200\.0&r=[\d.]+", link), link
    bench.key("Home")
    bench.wait_still()
    page.goto("about:blank")
    page.goto(link)
    bench.arrive()
    bench.wait_still()
    assert bench.pixel_under(bench.at(0.5, 0.5)) == middle
    assert "#" not in page.url
    bench.key("Home")
    bench.wait_still()
    page.evaluate("(hash) => { location.hash = hash; }", link.split("#")[1])
    bench.wait_still()
    assert bench.pixel_under(bench.at(0.5, 0.5)) == middle


def test_a_picture_to_take_along(visit: Begin, take_picture: Picture) -> None:
    bench = open_slide(visit, "jsp-reader1", "ja")
    page = bench.page
    bench.draw("polygon", "tumour", [(0.4, 0.4), (0.6, 0.4), (0.5, 0.6)])
    bench.key("Alt+k")
    expect(page.locator(".viewer-grid canvas")).to_have_count(1)
    page.mouse.move(*bench.at(0.5, 0.02))
    page.wait_for_timeout(300)
    take_picture(page, "seeing-grid")
    with page.expect_download() as started:
        bench.key("Alt+s")
    assert started.value.suggested_filename == "mitate-view.png"
    with PIL.Image.open(started.value.path()) as saved, PIL.Image.open(io.BytesIO(bench.canvas.screenshot())) as shown:
        assert saved.info == {} or set(saved.info) <= {"srgb", "gamma"}
        saved.convert("RGB").save(ROOT / "build" / "screenshots" / "seeing-saved.png")
        assert saved.size == shown.size
        box = (saved.width // 3, saved.height // 3, saved.width * 2 // 3, saved.height * 2 // 3)
        taken, there = (each.convert("RGB").crop(box) for each in (saved, shown))
        differing = sum(max(abs(a - b) for a, b in zip(one, other, strict=True)) > 24 for one, other in zip(
            taken.get_flattened_data(), there.get_flattened_data(), strict=True))  # fmt: skip
        assert differing < 0.002 * taken.width * taken.height
        corner = saved.convert("L").crop((10, saved.height - 50, 200, saved.height - 10))
        assert max(corner.get_flattened_data()) == 255


@LANGUAGES
def test_layers(visit: Begin, take_picture: Picture, reader: str, language: str) -> None:
    bench = open_slide(visit, reader, language)
    page = bench.page
    before = bench.saved_marks()
    tumour = bench.draw("polygon", "tumour", [(0.3, 0.4), (0.45, 0.4), (0.4, 0.6)])
    stroma = bench.draw("polygon", "stroma", [(0.55, 0.4), (0.7, 0.4), (0.6, 0.6)])
    bench.take("select")
    bench.key("Escape")
    expect(bench.mark_rows).to_have_count(len(before) + 2)
    others = sum(mark["labels"] == ["tumour"] for mark in before)
    colour = {each["code"]: each["colour"] for each in bench.campaign["label_set"]["labels"]}
    assert bench.shows_colour(tumour, colour["tumour"])
    bench.key("Alt+v")
    panel, sign = page.locator(".layers-panel"), page.locator(".look-sign")
    expect(panel.locator("button").first).to_be_focused()
    row = panel.locator("[data-layer='label tumour']")
    row.focus()
    bench.key("Enter")
    expect(row).to_have_attribute("aria-pressed", "false")
    expect(row).to_be_focused()
    expect(sign).to_contain_text(str(1 + others))
    accessible(page)
    take_picture(page, "seeing-layers")
    assert not bench.shows_colour(tumour, colour["tumour"])
    assert bench.shows_colour(stroma, colour["stroma"])
    page.mouse.click(*bench.place_of(bench.middle_of(tumour)))
    expect(bench.selected_row).to_have_count(0)

    panel.locator("select").select_option("strong")
    panel.locator("input[type=range]").fill("50")
    page.mouse.move(*bench.at(0.5, 0.02))
    page.wait_for_timeout(300)
    take_picture(page, "seeing-layers-filled")
    bench.choose("tumour")  # whoever is about to draw with a label sees it again
    expect(sign).to_be_hidden()
    bench.take("select")
    bench.key("Alt+v")
    expect(panel).to_be_hidden()
