"""Masks painted on a slide, a CT frame, a clip and a photograph: pixel for pixel on the server, every stroke a step."""

import io
from collections.abc import Callable
from typing import Any

import PIL.Image
import pytest
import shapely
from playwright.sync_api import Page, expect

from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import Mask, parse_mask
from tests.browser.conftest import Visit
from tests.browser.drawn import Position
from tests.browser.hands import begin, drag, frame_of, held
from tests.browser.test_tools import IMAGES, every_tool  # noqa: F401  (a fixture of the whole module)
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LARGE = 1 << 24


def geometries(bench: Workbench, count: int) -> list[dict[str, Any]]:
    """Return what the server has once all is saved and there are so many marks."""
    bench.wait_saved()
    wait_for("the marks on the server", lambda: len(bench.saved_marks()) == count)
    return [mark["geometry"] for mark in bench.saved_marks()]


def masks(bench: Workbench, count: int = 1) -> list[Mask]:
    """Return the masks on the server, the largest first; everything there must be one."""
    return sorted((parse_mask(each, width=LARGE, height=LARGE) for each in geometries(bench, count)), key=lambda each: -each.area)


def region(mask: Mask) -> Any:
    """Return the exact outline of a mask."""
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in outlines_of_mask(mask)])


def take_pixels(bench: Workbench, tool: str = "brush") -> None:
    """Take a tool in hand that paints masks."""
    bench.take(tool)
    pixels = bench.page.locator("[data-action='brush.pixels']")
    if pixels.get_attribute("aria-pressed") != "true":
        bench.key("Shift+Z")
    expect(pixels).to_have_attribute("aria-pressed", "true")


def still(bench: Workbench) -> None:
    """Wait until masks are drawn."""
    bench.page.mouse.move(*bench.at(0.5, 0.03))
    bench.wait_still()


def colour_at(bench: Workbench, place: Position) -> tuple[int, ...]:
    """Return the colour of the screen at a share of the canvas."""
    x, y = bench.at(*place)
    return pixel_of(bench.page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1}))


def pixel_of(picture: bytes) -> tuple[int, ...]:
    """Return the only pixel of a picture."""
    value = PIL.Image.open(io.BytesIO(picture)).convert("RGB").getpixel((0, 0))
    assert isinstance(value, tuple)
    return value


@IMAGES
def test_paint_extend_erase_undo(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    kind = reader[:4].rstrip("-")
    read_id = bench.read_id
    bench.choose(label)
    take_pixels(bench)
    plain = colour_at(bench, (0.44, 0.4))
    for _ in range(3):
        bench.key("]")
    drag(bench, [(0.42, 0.4), (0.52, 0.4)], look=lambda: take_picture(bench.page, f"masks-painting-{kind}"))
    (first,) = masks(bench)
    drag(bench, [(0.51, 0.4), (0.51, 0.52)])
    wait_for("the second stroke", lambda: masks(bench)[0].area > 1.3 * first.area)
    (extended,) = masks(bench)
    for _ in range(7):
        bench.key("[")
    with held(bench, "Alt"):
        drag(bench, [(0.51, 0.46), (0.51, 0.48)])
    wait_for("a hole", lambda: len(region(masks(bench)[0]).geoms[0].interiors) == 1)
    (holed,) = masks(bench)
    assert holed.area < extended.area
    assert region(holed).within(region(extended))
    still(bench)
    take_picture(bench.page, f"masks-painted-{kind}")
    assert colour_at(bench, (0.44, 0.4)) != plain

    bench.take("select")
    bench.key("Escape")
    still(bench)
    take_picture(bench.page, f"masks-unselected-{kind}")
    bench.page.mouse.click(*bench.at(0.51, 0.47))
    expect(bench.selected_row).to_have_count(0)
    bench.page.mouse.click(*bench.at(0.44, 0.4))
    expect(bench.selected_row).to_have_count(1)
    expect(bench.selected_row.locator(".row-size")).not_to_be_empty()

    bench.open(read_id)
    expect(bench.mark_rows).to_have_count(1)
    for expected in (extended, first):
        bench.key("Control+z")
        wait_for("the stroke taken back", lambda expected=expected: masks(bench) == [expected])
    bench.key("Control+z")
    geometries(bench, 0)
    for expected in (first, extended, holed):
        bench.key("Control+Shift+Z")
        wait_for("the stroke again", lambda expected=expected: masks(bench) == [expected])
    assert not bench.visit.errors


@IMAGES
def test_masks_and_outlines(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    bench.choose(label)
    bench.take("freehand")
    drag(bench, frame_of(0.42, 0.35, 0.52, 0.5))
    (drawn,) = geometries(bench, 1)
    bench.key("Shift+K")
    wait_for("a mask", lambda: geometries(bench, 1)[0]["type"] == "Mask")
    (mask,) = masks(bench)
    assert mask.area == pytest.approx(shapely.geometry.shape(drawn).area, rel=0.05)
    bench.key("Shift+O")
    wait_for("its outline", lambda: geometries(bench, 1)[0]["type"] == "Polygon")
    outline = shapely.geometry.shape(geometries(bench, 1)[0])
    assert outline.is_valid
    assert outline.equals(region(mask))
    bench.key("Shift+K")
    wait_for("the mask again", lambda: geometries(bench, 1) == [mask.to_body()])
    for _ in range(3):
        bench.key("Control+z")
    wait_for("what was drawn", lambda: geometries(bench, 1) == [drawn])
    assert not bench.visit.errors


def test_shapes_and_masks(visit: Begin) -> None:
    bench = begin(visit("jsp-reader2", "en"))
    bench.choose("tumour")
    take_pixels(bench)
    for _ in range(6):
        bench.key("]")
    drag(bench, [(0.44, 0.4), (0.5, 0.4)])
    (painted,) = masks(bench)
    bench.key("Shift+Z")
    bench.take("freehand")
    drag(bench, frame_of(0.49, 0.38, 0.56, 0.44), keys=["Control"])
    wait_for("the addition", lambda: masks(bench)[0].area > painted.area)
    (added,) = masks(bench)
    drag(bench, frame_of(0.46, 0.39, 0.47, 0.41), keys=["Alt"])
    wait_for("a hole", lambda: len(region(masks(bench)[0]).geoms[0].interiors) == 1)
    with held(bench, "Control"):
        drag(bench, frame_of(0.49, 0.3, 0.7, 0.7), keys=["Shift"])
    one, other = (region(each) for each in masks(bench, 2))
    assert one.intersection(other).area == 0
    assert one.union(other).area < added.area
    bench.key("Control+a")
    bench.key("Shift+M")
    wait_for("one mask of both", lambda: len(bench.saved_marks()) == 1)
    assert region(masks(bench)[0]).equals(one.union(other))
    for _ in range(4):
        bench.key("Control+z")
    wait_for("what was painted", lambda: masks(bench) == [painted])
    assert not bench.visit.errors


@IMAGES
def test_only_what_is_empty(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    bench.choose(label)
    take_pixels(bench)
    only_empty = bench.page.locator("[data-action='brush.only-empty']")
    if only_empty.get_attribute("aria-pressed") != "true":
        bench.key("z")
    for _ in range(3):
        bench.key("]")
    drag(bench, [(0.42, 0.4), (0.5, 0.4)])
    masks(bench)
    bench.key("Escape")
    bench.take("brush")
    drag(bench, [(0.46, 0.42), (0.46, 0.5)])
    one, other = (region(each) for each in masks(bench, 2))
    assert one.intersection(other).area == 0
    assert one.union(other).geom_type == "Polygon"
    still(bench)
    take_picture(bench.page, f"masks-neighbours-{reader[:4].rstrip('-')}")
    bench.key("Shift+Z")
    bench.key("Escape")
    bench.take("brush")
    drag(bench, [(0.5, 0.42), (0.5, 0.5)])
    wait_for("an outline beside the masks", lambda: len(geometries(bench, 3)) == 3)
    (outline,) = [shapely.geometry.shape(each) for each in geometries(bench, 3) if each["type"] != "Mask"]
    assert outline.intersection(one.union(other)).area == 0
    bench.key("z")
    assert not bench.visit.errors


def superpixels_found(bench: Workbench) -> None:
    """Wait until the superpixels of what is on screen are found."""
    found = "performance.getEntriesByName('mitate:superpixels-ready').length > 0"
    wait_for("superpixels", lambda: bench.page.evaluate(found), 20)


def pixels_on_server(bench: Workbench) -> float:
    """Return how many pixels all masks have together."""
    bench.wait_saved()
    return sum(parse_mask(mark["geometry"], width=LARGE, height=LARGE).area for mark in bench.saved_marks())


def look_again(bench: Workbench) -> None:
    """Forget that superpixels were found."""
    bench.page.evaluate("performance.clearMarks('mitate:superpixels-ready')")


@IMAGES
def test_superpixels(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = begin(visit(reader, language))
    kind = reader[:4].rstrip("-")
    bench.choose(label)
    bench.take("superpixel")
    pixels = bench.page.locator("[data-action='brush.pixels']")
    if pixels.get_attribute("aria-pressed") == "true":
        bench.key("Shift+Z")
    superpixels_found(bench)
    drag(bench, [(0.45, 0.4), (0.52, 0.42)], look=lambda: take_picture(bench.page, f"superpixels-painting-{kind}"))
    (outline,) = (shapely.geometry.shape(each) for each in geometries(bench, 1))
    assert outline.is_valid
    drag(bench, [(0.49, 0.41), (0.53, 0.47)])
    wait_for("more of it", lambda: shapely.geometry.shape(geometries(bench, 1)[0]).area > outline.area)
    larger = shapely.geometry.shape(geometries(bench, 1)[0])
    with held(bench, "Alt"):
        drag(bench, [(0.45, 0.4), (0.46, 0.4)])
    wait_for("less of it", lambda: shapely.geometry.shape(geometries(bench, 1)[0]).area < larger.area)
    for _ in range(3):
        bench.key("Control+z")
    geometries(bench, 0)

    bench.key("Shift+Z")
    expect(pixels).to_have_attribute("aria-pressed", "true")
    look_again(bench)
    bench.key("[")
    superpixels_found(bench)
    drag(bench, [(0.45, 0.4), (0.52, 0.42)])
    (mask,) = masks(bench)
    look_again(bench)
    bench.key("+")
    superpixels_found(bench)
    drag(bench, [(0.47, 0.42), (0.47, 0.5)])
    wait_for("more pixels", lambda: pixels_on_server(bench) > mask.area)
    bench.page.mouse.move(*bench.at(0.52, 0.52))
    take_picture(bench.page, f"superpixels-mask-{kind}")
    bench.key("Shift+Z")
    assert not bench.visit.errors
