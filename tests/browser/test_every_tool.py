"""Every tool on a slide, a CT frame, a clip and a photograph: by mouse, by a pen beside a resting palm, and by key."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from shapely import affinity
from shapely.geometry import Point

from annotation.schema.masks import parse_mask
from tests.browser.conftest import Visit
from tests.browser.hands import begin, command, on_image, outline_of
from tests.browser.site import Site
from tests.browser.test_masks import LARGE, look_again, region, superpixels_found
from tests.browser.test_tools import IMAGES
from tests.browser.tool_rows import DRAWN, MEASURED, Hand, Lens, Row, by_mouse, by_pen, drawn_with, offered, place_in
from tests.browser.workbench import TOOL_KEYS, Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
# What the demo's campaigns leave out: each offers every tool, and labels for what they draw.
_EVERY_KIND = """
from django.db import connection
from annotation.append_only import drop_triggers
from annotation.models import Campaign, Label
drop_triggers(connection, ("annotation_label",))  # a published label never changes, but for this site
KINDS = ["region", "box", "point"]
for campaign in Campaign.objects.exclude(tools=[]):
    campaign.tools = ["freehand", "polygon", "box", "point"]
    campaign.granularities = [*KINDS, *[each for each in campaign.granularities if each not in KINDS]]
    if campaign.code.startswith("jsum"):
        campaign.form, campaign.diagnosis = None, {**campaign.diagnosis, "required": False}
    campaign.save()
for label in Label.objects.all():
    if set(KINDS) & set(label.granularities):
        label.granularities = [*KINDS, *[each for each in label.granularities if each not in KINDS]]
        label.save()
"""
# Before anything of the page: what the browser reports, whoever keeps it from others later.
_WATCH = """
globalThis.pointersSeen = {pen: 0, touch: 0, pressure: []};
addEventListener('pointermove', ({pointerType, pressure, buttons}) => {
  if (pointerType === 'touch') globalThis.pointersSeen.touch += 1;
  if (pointerType !== 'pen' || buttons !== 1) return;
  globalThis.pointersSeen.pen += 1;
  globalThis.pointersSeen.pressure.push(pressure);
}, true);
"""


@pytest.fixture(scope="module", autouse=True)
def every_kind(site: Site) -> None:
    """Let every campaign that has anything drawn offer every tool, and every drawn label take what they make."""
    site.manage("shell", "--no-imports", "-c", _EVERY_KIND)


def saved(bench: Workbench) -> dict[str, dict[str, Any]]:
    """Return the shapes on the server by the id of their mark, once all is saved."""
    bench.wait_saved()
    return {mark["id"]: mark["geometry"] for mark in bench.saved_marks()}


def until(bench: Workbench, what: str, condition: Callable[[dict[str, dict[str, Any]]], bool]) -> dict[str, dict[str, Any]]:
    """Wait until what is saved is so, and return it."""
    wait_for(what, lambda: condition(saved(bench)))
    return saved(bench)


def shape_of(geometry: dict[str, Any]) -> Any:
    """Return the shape of a mark, a mask as its exact outline."""
    return region(parse_mask(geometry, width=LARGE, height=LARGE)) if geometry["type"] == "Mask" else outline_of(geometry)


def take(bench: Workbench, row: Row) -> None:
    """Take the tool of a row in hand, with nothing selected."""
    bench.take("select")
    bench.key("Escape")
    look_again(bench)
    bench.take(row.tool)
    pixels = bench.page.locator(".tool-options [data-action='brush.pixels']")
    if pixels.count() and (pixels.get_attribute("aria-pressed") == "true") != row.pixels:
        bench.key("Shift+Z")
    if row.tool == "superpixel":
        superpixels_found(bench)
    if row.tool == "wand":
        bench.page.wait_for_timeout(300)  # what reads pixels is fetched


def check(row: Row, lens: Lens, got: Any, expected: Any) -> None:
    """Assert that a shape is the expected one within a pixel of the screen: its border, its bounds and its area."""
    what = (row.name, got.bounds, expected.bounds, lens.near)
    assert got.is_valid, what
    if row.tool == "point":
        assert got.distance(expected) <= lens.near, what
        return
    # A pixel belongs to a mask when its middle does: the border lies up to half a diagonal away.
    near = lens.near + (0.71 if row.pixels else 0)
    assert expected.buffer(near).covers(got), what
    assert got.buffer(near).covers(expected), what
    assert all(abs(is_ - should) <= near for is_, should in zip(got.bounds, expected.bounds, strict=True)), what
    assert abs(got.area - expected.area) <= near * expected.length, (got.area, expected.area, what)


def one_tool(bench: Workbench, lens: Lens, row: Row, cell: int, hand: Hand) -> Any:
    """Draw with a tool, compare what is saved, take it back and do it again; return the shape."""
    page = bench.page
    points = [place_in(bench, cell, share) for share in row.places]
    path = [lens.level0(point) for point in points]
    ground = None
    if row.tool == "eraser":
        count = len(saved(bench))
        bench.take("box")
        command(bench, "box.free")
        bench.take("ellipse")
        by_mouse(bench)([place_in(bench, cell, (0.1, 0.0)), place_in(bench, cell, (0.9, 0.8))])
        made = until(bench, "what is erased from", lambda now: len(now) == count + 1)
        ground = next(shape_of(made[id_]) for id_ in made if id_ == bench.saved_marks()[-1]["id"])
        bench.take("eraser")
    else:
        take(bench, row)
    before = saved(bench)
    drawn_with(bench, row, points, hand)
    after = until(bench, f"what the {row.name} draws", lambda now: now != before)
    changed = [id_ for id_, geometry in after.items() if before.get(id_) != geometry]
    assert len(changed) == 1, (row.name, changed)
    assert len(after) == len(before) + (row.tool != "eraser"), row.name
    assert after[changed[0]]["type"] == "Mask" if row.pixels else after[changed[0]]["type"] != "Mask"
    got = shape_of(after[changed[0]])
    if row.expected:
        swept = row.expected(lens, path)
        check(row, lens, got, ground.difference(swept) if ground is not None else swept)
    else:
        assert got.buffer(8 * lens.scale).intersects(Point(path[0])), row.name
        assert got.area > (2 * lens.scale) ** 2
    page.keyboard.press("Control+z")
    until(bench, f"the {row.name} taken back", lambda now: now == before)
    page.keyboard.press("Control+Shift+z")
    until(bench, f"the {row.name} once more", lambda now: now == after)
    return got


def measured(bench: Workbench, hand: Hand) -> None:
    """Measure with ruler and angle: it is seen, nothing is saved, and it can be wiped away."""
    before = saved(bench)
    wipe = bench.page.locator("[data-action='measure.clear']")
    for cell, (tool, shares) in enumerate(MEASURED.items(), start=10):
        bench.take("select")
        bench.key("Escape")
        bench.take(tool)
        expect(wipe).to_be_disabled()
        nothing = on_image(bench)
        points = [place_in(bench, cell, share) for share in shares]
        if tool == "ruler":
            hand(points)
        else:
            for point in points:
                hand([point])
        expect(wipe).to_be_enabled()
        assert on_image(bench) != nothing, tool
        bench.key("Shift+T")
        expect(wipe).to_be_disabled()
    assert saved(bench) == before


@IMAGES
def test_every_tool_by_mouse_and_by_pen(visit: Begin, reader: str, label: str, language: str) -> None:
    person = visit(reader, language)
    person.context.add_init_script(_WATCH)
    bench = begin(person)
    watching = Workbench(person, person.context.new_page()).open(bench.read_id)
    bench.page.bring_to_front()
    # Where the campaign's model takes prompts there is one tool more, which has tests of its own.
    assert offered(bench) | {"prompt"} == set(TOOL_KEYS), "a tool that no row here draws with"
    assert {row.tool for row in DRAWN} | set(MEASURED) | {"select", "prompt"} == set(TOOL_KEYS)
    bench.choose(label)
    lens = Lens(bench)
    made: dict[str, Any] = {}
    for cell, row in enumerate(DRAWN):
        made[row.name] = one_tool(bench, lens, row, cell, by_mouse(bench))
        for _ in range(2 if row.tool == "eraser" else 1):
            bench.key("Control+z")
    measured(bench, by_mouse(bench))
    until(bench, "an empty image", lambda now: not now)
    pen = by_pen(bench)
    for cell, row in enumerate(DRAWN):
        check(row, lens, one_tool(bench, lens, row, cell, pen), made[row.name])
    measured(bench, pen)
    assert Lens(bench).shown == lens.shown, "the palm has moved the image"
    seen = bench.page.evaluate("globalThis.pointersSeen")
    assert seen["pen"] > 0
    assert seen["touch"] > 0
    assert len(set(seen["pressure"])) > 2, "the pen presses harder and softer"
    shows_the_same(bench, watching)
    assert not person.errors


def rows_of(bench: Workbench) -> list[str]:
    """Return the list of marks as the page shows it, sorted: pages may have heard of them in another order."""
    return sorted(bench.mark_rows.all_inner_texts())


def picture_of(bench: Workbench) -> bytes:
    """Return the image with its marks, nothing selected."""
    bench.page.bring_to_front()
    bench.take("select")
    bench.key("Escape")
    bench.page.mouse.move(*bench.at(0.5, 0.02))
    bench.wait_still()
    return on_image(bench)


def shows_the_same(bench: Workbench, watching: Workbench) -> None:
    """Assert that a page which heard of every change shows what a page shows that was opened just now."""
    count = len(saved(bench))
    fresh = Workbench(bench.visit, bench.visit.context.new_page()).open(bench.read_id)
    for page in (watching, fresh):
        expect(page.mark_rows).to_have_count(count)
    watching.page.bring_to_front()
    wait_for("the list of a fresh page", lambda: rows_of(watching) == rows_of(fresh))
    assert rows_of(bench) == rows_of(fresh)
    assert fresh.saved() == watching.saved() == bench.saved()
    wanted = picture_of(fresh)
    wait_for("the picture of a fresh page", lambda: picture_of(watching) == wanted)


@IMAGES
def test_every_tool_by_key(visit: Begin, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    page, key = bench.page, bench.key
    options = page.locator(".tool-options")
    for tool in sorted(offered(bench)):
        bench.take(tool)
        key("Escape")
        expect(page.locator("#toolbar [data-action='tool.select']")).to_have_attribute("aria-pressed", "true")
    command(bench, "box.square")
    expect(options.locator("select")).to_have_value("ratio")
    command(bench, "box.free")
    expect(options.locator("select")).to_have_value("free")
    for tool in ("brush", "eraser", "superpixel"):
        bench.take(tool)
        size = options.locator(".tool-size").text_content()
        key("]")
        expect(options.locator(".tool-size")).not_to_have_text(str(size))
        key("[")
    bench.take("brush")
    for action, stroke in (("only-empty", "z"), ("push", "u"), ("pixels", "Shift+Z")):
        toggle = options.locator(f"[data-action='brush.{action}']")
        was = toggle.get_attribute("aria-pressed")
        key(stroke)
        expect(toggle).not_to_have_attribute("aria-pressed", str(was))
        key(stroke)
        expect(toggle).to_have_attribute("aria-pressed", str(was))
    bench.take("wand")
    # Backwards: a slide with many suggestions has hundreds of controls, and the line below the image comes last.
    bench.tab_to(str(options.locator("input").get_attribute("aria-label")), "Shift+Tab")
    key("ArrowUp")
    expect(options.locator("input")).to_have_value("25")
    key("ArrowDown")
    key("Enter")

    bench.choose(label)
    lens = Lens(bench)
    outline, mask = (
        next(row for row in DRAWN if row.tool == tool and row.pixels == pixels) for tool, pixels in (("ellipse", False), ("brush", True))
    )
    for cell, row in ((1, outline), (9, mask)):
        take(bench, row)
        drawn_with(bench, row, [place_in(bench, cell, share) for share in row.places], by_mouse(bench))
        until(bench, row.name, lambda now, cell=cell: len(now) == (1 if cell == 1 else 2))
    key("Shift+Z")
    moved_by_key(bench, lens)
    relabelled_deleted_restored_by_key(bench, label)
    assert not bench.visit.errors


def moved_by_key(bench: Workbench, lens: Lens) -> None:
    """Move an outline and a mask by arrows, along the screen; a burst is one step of undo."""
    bench.take("select")
    bench.key("Control+a")
    expect(bench.selected_row).to_have_count(2)
    before = saved(bench)
    for stroke in ("Control+ArrowRight", "Control+ArrowRight", "Control+Shift+ArrowDown", "Control+ArrowLeft"):
        bench.key(stroke)
    bench.wait_saved()
    wanted = (max(lens.scale, 1.0), max(10 * lens.scale, 1.0))  # a mask moves by whole pixels, and what moves with it

    def arrived(now: dict[str, dict[str, Any]]) -> bool:
        there = [affinity.translate(shape_of(before[id_]), *wanted).bounds for id_ in now]
        return all(
            abs(is_ - should) <= lens.near + 1
            for id_, bounds in zip(now, there, strict=True)
            for is_, should in zip(shape_of(now[id_]).bounds, bounds, strict=True)
        )

    after = until(bench, "marks moved by key", arrived)
    assert all(shape_of(after[id_]).area == pytest.approx(shape_of(before[id_]).area) for id_ in before)
    bench.key("Control+z")
    until(bench, "the burst taken back", lambda now: now == before)
    bench.key("Control+Shift+z")
    until(bench, "the burst once more", lambda now: now == after)


def relabelled_deleted_restored_by_key(bench: Workbench, label: str) -> None:
    """Give both marks another label, delete them and take it all back."""
    labels = bench.campaign["label_set"]["labels"]
    other = next(each for each in labels if each["code"] != label and each["key"] and "region" in each["granularities"])
    before = saved(bench)
    bench.key("Control+a")
    bench.key(other["key"])
    wait_for("the other label", lambda: [mark["labels"] for mark in bench.saved_marks()] == [[other["code"]]] * 2)
    bench.key("Delete")
    until(bench, "nothing", lambda now: not now)
    expect(bench.mark_rows).to_have_count(0)
    bench.key("Control+z")
    until(bench, "the marks restored", lambda now: now == before)
    bench.key("Control+z")
    wait_for("the label restored", lambda: [mark["labels"] for mark in bench.saved_marks()] == [[label]] * 2)
