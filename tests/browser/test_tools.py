"""The drawing tools beside brush and pen, by mouse and by key, on a slide, a CT frame, a clip and a photograph."""

from collections.abc import Callable

import pytest
import shapely
from playwright.sync_api import Page, expect
from shapely.geometry import Point

from tests.browser.conftest import Visit
from tests.browser.hands import ALT, Pen, begin, command, drag, frame_of, held, on_image, polygon, shapes
from tests.browser.site import ROOT, Site
from tests.browser.test_keys import accessible
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
IMAGES = pytest.mark.parametrize(
    ("reader", "label", "language"),
    [("jsp-reader1", "tumour", "ja"), ("jrs-reader1", "mass", "en"), ("jsum-reader1", "cyst", "ja"), ("jges-reader1", "ulcer", "en")],
    ids=["slide", "ct", "clip", "photograph"],
)
# Clips and photographs have boxes alone in the demo; here their labels are drawn as regions as well.
_EVERY_TOOL = """
from django.db import connection
from annotation.append_only import drop_triggers
from annotation.models import Campaign, Label
drop_triggers(connection, ("annotation_label",))  # a published label never changes, but for this site
for campaign in Campaign.objects.exclude(tools=[]):
    campaign.tools = ["freehand", "polygon", "box", "point"]
    campaign.granularities = ["region", *[each for each in campaign.granularities if each != "region"]]
    if campaign.code.startswith("jsum"):
        campaign.form, campaign.diagnosis = None, {**campaign.diagnosis, "required": False}
    campaign.save()
for label in Label.objects.all():
    if "box" in label.granularities:
        label.granularities = ["region", *label.granularities]
        label.save()
"""


@pytest.fixture(scope="module", autouse=True)
def every_tool(site: Site) -> None:
    """Let every campaign that has anything drawn offer every tool."""
    site.manage("shell", "--no-imports", "-c", _EVERY_TOOL)


@IMAGES
def test_modes_by_mouse(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    kind = reader[:4].rstrip("-")
    bench.choose(label)
    bench.take("freehand")
    drag(bench, frame_of(0.42, 0.35, 0.52, 0.55))
    (first,) = shapes(bench, 1)
    badge = bench.page.locator(".mode-badge")
    expect(badge).to_be_hidden()

    def look() -> None:
        expect(badge).to_be_visible()
        take_picture(bench.page, f"tools-subtract-{kind}")

    drag(bench, frame_of(0.45, 0.42, 0.48, 0.48), keys=["Alt"], look=look)
    wait_for("a hole", lambda: len(shapes(bench, 1)[0].interiors) == 1)
    (holed,) = shapes(bench, 1)
    assert holed.area < 0.97 * first.area
    with held(bench, "Control"):
        drag(bench, frame_of(0.5, 0.4, 0.58, 0.5))
    wait_for("the addition", lambda: shapes(bench, 1)[0].area > holed.area)
    with held(bench, "Control"):
        drag(bench, frame_of(0.49, 0.3, 0.7, 0.7), keys=["Shift"])
    piece, rest = sorted(shapes(bench, 2), key=lambda each: len(each.interiors))
    assert len(rest.interiors) == 1
    assert piece.intersection(rest).area == 0
    for _ in range(3):
        bench.key("Control+z")
    wait_for("the first shape again", lambda: shapes(bench, 1)[0].equals(first))
    assert not bench.visit.errors


@IMAGES
def test_modes_by_key(visit: Begin, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    bench.choose(label)
    polygon(bench, frame_of(0.42, 0.35, 0.52, 0.55)[:4], "Enter")
    (first,) = shapes(bench, 1)
    polygon(bench, frame_of(0.40, 0.30, 0.47, 0.45)[:4], "Control+Alt+Enter")
    wait_for("what is common", lambda: shapes(bench, 1)[0].area < 0.5 * first.area)
    expect(bench.page.locator("dialog[open]")).to_have_count(0)
    polygon(bench, frame_of(0.55, 0.60, 0.60, 0.65)[:4], "Alt+Enter")
    expect(bench.page.locator(".status-message")).to_have_class("status-message is-problem")
    expect(bench.mark_rows).to_have_count(1)
    bench.key("Enter")
    shapes(bench, 2)
    assert not bench.visit.errors


@IMAGES
def test_ellipse_and_circle(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    bench.choose(label)
    bench.take("ellipse")
    drag(bench, [(0.42, 0.4), (0.52, 0.48)], look=lambda: take_picture(bench.page, f"tools-ellipse-{reader[:4].rstrip('-')}"))
    (ellipse,) = shapes(bench, 1)
    left, top, right, bottom = ellipse.bounds
    assert ellipse.area == pytest.approx(3.14159 / 4 * (right - left) * (bottom - top), rel=0.02)
    drag(bench, [(0.44, 0.55), (0.52, 0.58)], keys=["Shift"])
    circle = next(each for each in shapes(bench, 2) if each != ellipse)
    left, top, right, bottom = circle.bounds
    assert right - left == bottom - top
    drag(bench, [(0.46, 0.43), (0.48, 0.45)], keys=["Alt"])
    wait_for("a hole", lambda: any(each.interiors for each in shapes(bench, 2)))
    assert not bench.visit.errors


@pytest.mark.parametrize(("reader", "label", "language"), [("jges-reader2", "ulcer", "ja"), ("jsum-reader2", "cyst", "en")])
def test_boxes_of_fixed_size(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    bench.choose(label)
    command(bench, "box.square")
    drag(bench, [(0.42, 0.4), (0.5, 0.42)])
    (square,) = shapes(bench, 1)
    left, top, right, bottom = square.bounds
    assert right - left == bottom - top
    command(bench, "box.size-of-selected")
    bench.page.mouse.click(*bench.at(0.55, 0.6))
    assert [each.area for each in shapes(bench, 2)] == [square.area] * 2
    fields = bench.page.locator(".tool-options input")
    width = float(fields.first.input_value())
    fields.first.fill(str(width / 2))
    fields.first.press("Enter")
    bench.page.mouse.move(*bench.at(0.5, 0.65))
    take_picture(bench.page, f"tools-box-size-{reader[:4]}")
    bench.page.mouse.click(*bench.at(0.5, 0.65))
    assert shapes(bench, 3)[-1].area == pytest.approx(square.area / 2, rel=0.02)
    bench.page.reload()
    bench.arrive()
    bench.take("box")
    expect(bench.page.locator(".tool-options select")).to_have_value("size")
    assert float(fields.first.input_value()) == pytest.approx(width / 2, rel=0.01)
    assert not bench.visit.errors


@IMAGES
def test_commands_on_regions(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    kind = reader[:4].rstrip("-")
    problem = bench.page.locator(".status-message.is-problem")
    bench.choose(label)
    bench.take("ellipse")
    drag(bench, [(0.42, 0.4), (0.52, 0.52)])
    (whole,) = shapes(bench, 1)
    drag(bench, [(0.45, 0.44), (0.48, 0.47)], keys=["Alt"])
    wait_for("a hole", lambda: shapes(bench, 1)[0].interiors)
    bench.key("Shift+H")
    wait_for("no hole", lambda: shapes(bench, 1)[0].equals(whole))
    bench.key("Shift+H")
    expect(problem).to_be_visible()

    bench.key("Shift+R")
    dialog = bench.page.locator(".simplify-dialog")
    expect(dialog).to_contain_text("→")
    take_picture(bench.page, f"tools-simplify-{kind}")
    dialog.locator("input[type=range]").press("End")
    bench.key("Enter")
    expect(dialog).to_have_count(0)
    wait_for("fewer vertices", lambda: len(shapes(bench, 1)[0].exterior.coords) < len(whole.exterior.coords))
    bench.key("Control+z")
    wait_for("the ellipse again", lambda: shapes(bench, 1)[0].equals(whole))

    bench.key("Shift+D")
    assert [each.area for each in shapes(bench, 2)] == [whole.area] * 2
    bench.key("Shift+E")
    wait_for("no overlap", lambda: shapes(bench, 2)[0].intersection(shapes(bench, 2)[1]).area < 1)
    bench.key("Control+a")
    bench.key("Shift+M")
    wait_for("one region", lambda: shapes(bench, 1)[0].area > whole.area)
    (merged,) = shapes(bench, 1)

    bench.key("Shift+L")
    bench.key("Delete")
    expect(problem).to_be_visible()
    bench.page.reload()
    bench.arrive()
    bench.choose(label)
    bench.take("ellipse")
    drag(bench, [(0.44, 0.42), (0.5, 0.5)], keys=["Alt"])
    expect(problem).to_be_visible()
    bench.take("select")
    bench.page.mouse.click(*bench.at(0.47, 0.46))
    expect(bench.selected_row).to_have_count(0)
    take_picture(bench.page, f"tools-locked-{kind}")
    bench.page.locator("#marks-panel .list-row .row-button").first.click()
    bench.page.mouse.click(*bench.at(0.47, 0.46))
    expect(bench.selected_row).to_have_count(1)
    assert [each.area for each in shapes(bench, 1)] == [merged.area]
    assert not bench.visit.errors


def test_paste_onto_another_image(visit: Begin) -> None:
    bench = begin(visit("jsum-reader2", "en"))
    bench.choose("cyst")
    bench.take("ellipse")
    drag(bench, [(0.42, 0.4), (0.5, 0.5)])
    (first,) = shapes(bench, 1)
    bench.page.keyboard.press("Control+c")
    expect(bench.page.locator(".status-message")).to_contain_text("Copied")
    bench.page.keyboard.press("Control+v")
    assert [each.area for each in shapes(bench, 2)] == [first.area] * 2
    with bench.submitted():
        bench.key("Control+Enter")
    bench.key("Shift+V")
    shapes(bench, 1)
    assert not bench.visit.errors


@IMAGES
def test_brush_leaves_neighbours_alone_and_pushes(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    kind = reader[:4].rstrip("-")
    bench.choose(label)
    bench.take("ellipse")
    drag(bench, [(0.42, 0.4), (0.5, 0.52)])
    (first,) = shapes(bench, 1)
    bench.key("Escape")
    bench.take("brush")
    for _ in range(3):
        bench.key("]")
    bench.key("z")
    expect(bench.page.locator("[data-action='brush.only-empty']")).to_have_attribute("aria-pressed", "true")
    drag(bench, [(0.55, 0.46), (0.47, 0.46)])
    wait_for("both", lambda: len(shapes(bench, 2)) == 2)
    # Where two outlines cross, the crossing is rounded to the grid.
    assert all(each.equals(first) or each.intersection(first).area < first.length / 16 for each in shapes(bench, 2))
    assert any(each.equals(first) for each in shapes(bench, 2))
    (painted,) = (each for each in shapes(bench, 2) if not each.equals(first))

    bench.key("u")
    wait_for("the push mode", lambda: bench.page.locator("[data-action='brush.push']").get_attribute("aria-pressed") == "true")
    bench.key("z")
    drag(bench, [(0.54, 0.46), (0.54, 0.54)], look=lambda: take_picture(bench.page, f"tools-push-{kind}"))
    wait_for("the border pushed out", lambda: any(each.area > 1.1 * painted.area and not each.equals(first) for each in shapes(bench, 2)))
    (pushed,) = (each for each in shapes(bench, 2) if not each.equals(first))
    drag(bench, [(0.6, 0.46), (0.54, 0.46)])
    wait_for("the border pushed in", lambda: any(each.area < pushed.area for each in shapes(bench, 2) if not each.equals(first)))
    width = bench.page.locator(".tool-size").text_content()
    bench.page.reload()
    bench.arrive()
    bench.take("brush")
    expect(bench.page.locator(".tool-size")).to_have_text(str(width))
    expect(bench.page.locator("[data-action='brush.push']")).to_have_attribute("aria-pressed", "true")
    assert not bench.visit.errors


@IMAGES
def test_magic_wand(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    kind = reader[:4].rstrip("-")
    bench.choose(label)
    bench.take("wand")
    bench.page.wait_for_timeout(300)  # what reads pixels is fetched
    place, more = (0.47, 0.44), (0.52, 0.44)
    drag(bench, [place, place])
    (first,) = shapes(bench, 1)
    there = bench.pixel_under(bench.at(*place))
    assert first.buffer(8 * bench.px_per_screen_px()).contains(Point(there))
    assert all(vertex * 8 == round(vertex * 8) for vertex in shapely.get_coordinates(first).ravel())
    bench.key("Control+z")
    shapes(bench, 0)
    drag(bench, [place, more], look=lambda: take_picture(bench.page, f"tools-wand-{kind}"))
    (larger,) = shapes(bench, 1)
    assert larger.area > first.area
    tolerance = float(bench.page.locator(".tool-options input").input_value())
    assert tolerance > 24

    bench.page.locator(".tool-options input").fill("24")
    bench.page.locator(".tool-options input").press("Enter")
    with held(bench, "Alt"):
        drag(bench, [place, place])
    wait_for("less of it", lambda: not bench.saved_marks() or shapes(bench, 1)[0].area < larger.area)
    assert not bench.visit.errors


@IMAGES
def test_measuring(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    bench.choose(label)
    bench.take("ruler")
    has_scale = not bench.page.locator(".bench-status .is-unknown").count()
    message = bench.page.locator(".status-message")
    expect(message).to_contain_text("保存されません" if language == "ja" else "not saved")
    assert ("縮尺不明" in str(message.text_content()) or "scale" in str(message.text_content())) != has_scale
    drag(bench, [(0.42, 0.4), (0.52, 0.4)])
    for place in [(0.42, 0.5), (0.47, 0.55), (0.52, 0.5)]:
        bench.page.mouse.click(*bench.at(*place))
    bench.key("Enter")
    bench.take("angle")
    for place in [(0.42, 0.65), (0.47, 0.6), (0.52, 0.65)]:
        bench.page.mouse.click(*bench.at(*place))
    before = on_image(bench)
    take_picture(bench.page, f"tools-measure-{reader[:4].rstrip('-')}")
    assert shapes(bench, 0) == []
    bench.key("Shift+T")
    wait_for("the measurements wiped away", lambda: on_image(bench) != before)
    expect(bench.page.locator("[data-action='measure.clear']")).to_be_disabled()
    assert not bench.visit.errors


@IMAGES
def test_every_tool_by_pen(visit: Begin, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    pen = Pen(bench)
    bench.page.evaluate("addEventListener('pointerdown', (event) => { globalThis.pointerKind = event.pointerType; }, true)")
    bench.choose(label)
    bench.take("ellipse")
    pen.draw([(0.42, 0.4), (0.48, 0.48)])
    (ellipse,) = shapes(bench, 1)
    assert bench.page.evaluate("globalThis.pointerKind") == "pen"
    bench.take("freehand")
    pen.draw(frame_of(0.44, 0.43, 0.46, 0.45), modifiers=ALT)
    wait_for("a hole", lambda: shapes(bench, 1)[0].interiors)
    bench.take("brush")
    pen.draw([(0.47, 0.44), (0.54, 0.44)])
    wait_for("it extended", lambda: shapes(bench, 1)[0].bounds[2] > ellipse.bounds[2])
    bench.take("wand")
    bench.page.wait_for_timeout(300)  # what reads pixels is fetched
    bench.key("Escape")
    pen.draw([(0.5, 0.56), (0.5, 0.56)])
    shapes(bench, 2)
    bench.take("ruler")
    pen.draw([(0.42, 0.6), (0.5, 0.6)])
    expect(bench.page.locator("[data-action='measure.clear']")).to_be_enabled()
    shapes(bench, 2)
    assert not bench.visit.errors


@pytest.mark.parametrize(("reader", "label", "language"), [("jges-reader2", "ulcer", "ja"), ("jrs-reader2", "mass", "en")])
def test_nothing_keeps_people_from_the_options(visit: Begin, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language, bypass_csp=True))
    bench.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    bench.choose(label)
    for tool in ("box", "brush", "wand", "ruler"):
        bench.take(tool)
        if tool == "box":
            command(bench, "box.size")
        expect(bench.page.locator(".tool-options")).to_be_visible()
        accessible(bench.page)
    bench.take("ellipse")
    drag(bench, [(0.42, 0.4), (0.5, 0.5)])
    bench.key("Shift+R")
    expect(bench.page.locator(".simplify-dialog")).to_be_visible()
    accessible(bench.page)
    bench.key("Escape")
    expect(bench.page.locator(".simplify-dialog")).to_have_count(0)
    bench.key("Shift+L")
    accessible(bench.page)


@IMAGES
def test_marks_are_turned_sized_and_mirrored(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language, bypass_csp=True))
    bench.page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    bench.choose(label)
    bench.take("ellipse")
    drag(bench, [(0.42, 0.45), (0.56, 0.5)])
    (before,) = shapes(bench, 1)
    bench.key("Shift+Q")
    dialog = bench.page.locator("dialog[open]")
    turn, size = dialog.locator("input[type=number]").all()
    turn.fill("90")
    size.fill("50")
    dialog.locator("input[type=checkbox]").check()
    take_picture(bench.page, f"tools-transform-{reader[:4].rstrip('-')}")
    accessible(bench.page)
    size.press("Enter")
    expect(dialog).to_have_count(0)
    wait_for("a smaller one", lambda: shapes(bench, 1)[0].area < 0.3 * before.area)
    (after,) = shapes(bench, 1)
    assert after.area == pytest.approx(before.area / 4, rel=0.02)
    left, top, right, bottom = before.bounds
    assert after.centroid.distance(before.centroid) < 1
    assert after.bounds[3] - after.bounds[1] == pytest.approx((right - left) / 2, abs=1)
    assert after.bounds[2] - after.bounds[0] == pytest.approx((bottom - top) / 2, abs=1)
    bench.key("Control+z")
    wait_for("the ellipse again", lambda: shapes(bench, 1)[0].equals(before))
    bench.key("Shift+Q")
    dialog.locator("input[type=range]").first.press("ArrowRight")
    bench.key("Escape")
    expect(dialog).to_have_count(0)
    assert shapes(bench, 1)[0].equals(before), "what was only looked at is not stored"
    assert not bench.visit.errors


@IMAGES
def test_a_new_region_shares_its_neighbours_edge(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    bench.choose(label)
    polygon(bench, [(0.4, 0.4), (0.5, 0.4), (0.5, 0.55), (0.4, 0.55)], "Enter")
    (first,) = shapes(bench, 1)
    bench.key("Escape")
    only_empty = bench.page.locator("[data-action='brush.only-empty']")
    expect(only_empty).to_be_visible()
    if only_empty.get_attribute("aria-pressed") != "true":
        bench.key("z")
    polygon(bench, [(0.46, 0.42), (0.62, 0.42), (0.62, 0.5), (0.46, 0.5)], "Enter")
    second = next(each for each in shapes(bench, 2) if not each.equals(first))
    assert any(each.equals(first) for each in shapes(bench, 2)), "the neighbour stays as it is"
    assert second.intersection(first).area == 0
    assert (
        second.intersection(first).length
        > 0.9 * 0.08 * bench.page.evaluate("document.querySelector('.viewer-canvas').clientHeight") * bench.px_per_screen_px()
    )
    take_picture(bench.page, f"tools-neighbours-{reader[:4].rstrip('-')}")

    bench.key("Escape")
    polygon(bench, [(0.42, 0.42), (0.48, 0.42), (0.48, 0.5), (0.42, 0.5)], "Enter")
    expect(bench.page.locator(".status-message")).to_have_class("status-message is-problem")
    bench.key("Escape")
    shapes(bench, 2)
    bench.key("Control+z")
    (again,) = shapes(bench, 1)
    assert again.equals(first)
    bench.key("z")
    assert not bench.visit.errors
