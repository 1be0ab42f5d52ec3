"""Painting a region and erasing from it: every stroke a step, and on the server just what is on the screen."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import LineString, shape

from tests.browser.conftest import Visit
from tests.browser.drawn import Position
from tests.browser.hands import Palm, Pen, begin, shapes
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]


def stroke(bench: Workbench, places: Sequence[Position], *, look: Callable[[], None] | None = None) -> None:
    """Paint with the mouse; places are shares of the canvas. `look` is called before the button is let go."""
    bench.page.mouse.move(*bench.at(*places[0]))
    bench.page.mouse.down()
    for place in places[1:]:
        bench.page.mouse.move(*bench.at(*place), steps=8)
    if look:
        look()
    bench.page.mouse.up()


def geometry(bench: Workbench, revision: int) -> dict[str, Any]:
    """Return the shape of the one mark on the server once this change of it is saved."""
    wait_for("the stroke on the server", lambda: [mark["revision"] for mark in bench.saved_marks()] == [revision])
    bench.wait_saved()
    return dict(bench.saved_marks()[0]["geometry"])


def rings(region: dict[str, Any]) -> list[int]:
    """Return how many rings each polygon of a region has."""
    polygons = [region["coordinates"]] if region["type"] == "Polygon" else region["coordinates"]
    return sorted(len(polygon) for polygon in polygons)


def on_screen(bench: Workbench) -> bytes:
    """Return a picture of the image with its marks, nothing selected and the pointer out of the way."""
    bench.take("select")
    bench.key("Escape")
    bench.page.mouse.move(*bench.at(0.5, 0.02))
    bench.wait_still()
    bench.page.mouse.move(*bench.at(0.5, 0.02))
    left, top = bench.at(0.3, 0.2)
    right, bottom = bench.at(0.7, 0.7)
    return bench.page.screenshot(clip={"x": left, "y": top, "width": right - left, "height": bottom - top})


def paint_all(bench: Workbench, label: str, look: Callable[[str], None]) -> dict[str, Any]:
    """Paint, extend, make a hole and split, and return what the server has after it."""
    bench.choose(label)
    bench.take("brush")
    for _ in range(4):
        bench.key("]")
    stroke(bench, [(0.42, 0.4), (0.54, 0.4)], look=lambda: look("painting"))
    first = geometry(bench, 1)
    assert rings(first) == [1]
    stroke(bench, [(0.53, 0.4), (0.53, 0.52)])
    extended = geometry(bench, 2)
    assert rings(extended) == [1]
    assert shape(extended).area > 1.3 * shape(first).area
    bench.take("eraser")
    for _ in range(6):
        bench.key("[")
    stroke(bench, [(0.53, 0.47), (0.53, 0.49)])
    assert rings(geometry(bench, 3)) == [2]
    bench.take("brush")
    bench.page.keyboard.down("Alt")
    stroke(bench, [(0.46, 0.3), (0.46, 0.5)], look=lambda: look("erasing"))
    bench.page.keyboard.up("Alt")
    expect(bench.mark_rows).to_have_count(1)
    return geometry(bench, 4)


@pytest.mark.parametrize(("reader", "label", "language"), [("jsp-reader1", "tumour", "ja"), ("jrs-reader1", "mass", "en")])
def test_paint_erase_split_undo(visit: Begin, take_picture: Picture, reader: str, label: str, language: str) -> None:
    bench = Workbench(visit(reader, language)).take_next_from_home()
    read_id = bench.read_id
    painted = paint_all(bench, label, lambda name: take_picture(bench.page, f"brush-{name}-{reader[:3]}"))
    assert painted["type"] == "MultiPolygon"
    assert rings(painted) == [1, 2]
    assert shape(painted).is_valid
    take_picture(bench.page, f"brush-painted-{reader[:3]}")

    before = on_screen(bench)
    bench.open(read_id)
    expect(bench.mark_rows).to_have_count(1)
    assert on_screen(bench) == before

    for _ in range(4):
        bench.key("Control+z")
    expect(bench.mark_rows).to_have_count(0)
    bench.wait_saved()
    wait_for("nothing on the server", lambda: not bench.saved_marks())
    for _ in range(4):
        bench.key("Control+Shift+Z")
    expect(bench.mark_rows).to_have_count(1)
    wait_for("the region back on the server", lambda: [mark["geometry"] for mark in bench.saved_marks()] == [painted])


def test_erasing_everything_deletes(visit: Begin) -> None:
    bench = Workbench(visit("jsp-reader2", "en")).take_next_from_home()
    bench.choose("tumour")
    bench.take("brush")
    stroke(bench, [(0.45, 0.4)])
    painted = geometry(bench, 1)
    bench.take("eraser")
    bench.key("]")
    stroke(bench, [(0.45, 0.4)])
    expect(bench.mark_rows).to_have_count(0)
    bench.wait_saved()
    wait_for("nothing on the server", lambda: not bench.saved_marks())
    bench.key("Control+z")
    expect(bench.mark_rows).to_have_count(1)
    wait_for("the region back on the server", lambda: [mark["geometry"] for mark in bench.saved_marks()] == [painted])


def test_moving_about_with_the_brush(visit: Begin) -> None:
    bench = Workbench(visit("jsp-reader2", "ja")).take_next_from_home()
    bench.choose("stroma")
    bench.take("brush")
    marks = bench.mark_rows.count()
    place = bench.at(0.5, 0.5)
    there = bench.pixel_under(place)
    ring = bench.page.locator(".brush-ring")
    expect(ring).to_be_visible()
    bench.page.keyboard.down("Space")
    stroke(bench, [(0.5, 0.5), (0.55, 0.55)])
    bench.page.keyboard.up("Space")
    assert bench.pixel_under(place) != there
    expect(bench.mark_rows).to_have_count(marks)
    size = ring.bounding_box()
    bench.key("+")
    bench.wait_still()
    bench.pixel_under(place)
    after = ring.bounding_box()
    assert size is not None
    assert after is not None
    assert after["width"] == size["width"]
    bench.key("]")
    larger = ring.bounding_box()
    assert larger is not None
    assert larger["width"] > size["width"]


def test_the_width_follows_the_pen(visit: Begin, take_picture: Picture) -> None:
    """A pen that presses more paints wider once that is switched on; a resting palm draws nothing meanwhile."""
    bench = begin(visit("jsp-reader1", "en"))
    bench.choose("tumour")
    bench.take("brush")
    pen, palm = Pen(bench), Palm(bench)
    toggle = bench.page.locator("[data-action='brush.pressure']")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    places = [(0.4, 0.45), (0.6, 0.45)]
    pen.draw(places)
    (even,) = shapes(bench, 1)
    bench.key("Control+z")
    shapes(bench, 0)
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    with palm.resting((0.7, 0.7)):
        pen.draw(places)
        palm.roll((0.7, 0.7))
    (felt,) = shapes(bench, 1)
    take_picture(bench.page, "pen-pressure")

    def width(outline: Any, share: float) -> float:
        left, top, right, bottom = outline.bounds
        x = left + share * (right - left)
        cut = outline.intersection(LineString([(x, top - 1), (x, bottom + 1)]))
        return float(cut.length)

    assert abs(width(even, 0.2) / width(even, 0.8) - 1) < 0.05
    assert width(felt, 0.2) < 0.8 * width(felt, 0.8), "it presses harder and harder"
    assert felt.bounds[3] - felt.bounds[1] <= (even.bounds[3] - even.bounds[1]) * 1.01, "never wider than what is set"
    assert felt.is_valid
    bench.page.reload()
    bench.arrive()
    bench.take("brush")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    bench.key("Control+a")
    bench.key("Delete")
    bench.wait_saved()
    assert not bench.visit.errors
