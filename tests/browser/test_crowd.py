"""More than a thousand marks or suggestions in view: drawn together, and each still one that is picked, decided on and brought back."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from bench.people import sign_in
from bench.saving import mark
from tests.browser.conftest import Visit
from tests.browser.drawn import Position
from tests.browser.hands import begin, shapes
from tests.browser.planted import plant, plant_run
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
COLUMNS, ROWS, STEP_PX, SIDE_PX = 30, 40, 70, 44
AT_ONCE = 200


def square(column: int, row: int) -> list[list[float]]:
    """A ring of the grid; level-0 px."""
    x, y = 40 + column * STEP_PX, 40 + row * STEP_PX
    return [[x, y], [x + SIDE_PX, y], [x + SIDE_PX, y + SIDE_PX], [x, y + SIDE_PX], [x, y]]


def bring_many(bench: Workbench, reader: str) -> None:
    """Save the grid, which leaves the middle of the slide to one outline with a hole, and open the page anew."""
    outer, hole = (
        [[900, 1300], [1300, 1300], [1300, 1700], [900, 1700], [900, 1300]],
        [[1000, 1400], [1200, 1400], [1200, 1600], [1000, 1400]],
    )
    rings = [square(column, row) for column in range(COLUMNS) for row in range(ROWS)]
    rings = [ring for ring in rings if not (ring[2][0] > 880 and ring[0][0] < 1320 and ring[2][1] > 1280 and ring[0][1] < 1720)]
    operations = [mark(bench.read, number) for number in range(len(rings) + 1)]
    for operation, coordinates in zip(operations, [*([ring] for ring in rings), [outer, hole]], strict=True):
        operation["annotation"]["geometry"] = {"type": "Polygon", "coordinates": coordinates}
    with closing(sign_in(bench.url, reader)) as client:
        for at in range(0, len(operations), AT_ONCE):
            answer = client.post(f"/api/reads/{bench.read_id}/operations/", json={"operations": operations[at : at + AT_ONCE]})
            assert {result["status"] for result in answer.raise_for_status().json()["results"]} == {"applied"}
    bench.open(bench.read_id)
    bench.wait_still()


def colours_at(bench: Workbench, place: Position, reach_px: int = 3) -> list[tuple[int, ...]]:
    """What is on the screen around a place of the image, the pointer elsewhere."""
    x, y = bench.place_of(place)
    bench.page.mouse.move(*bench.at(0.02, 0.5))
    picture = bench.page.screenshot(clip={"x": x - reach_px, "y": y - reach_px, "width": 2 * reach_px, "height": 2 * reach_px})
    with PIL.Image.open(io.BytesIO(picture)) as image:
        return list(image.convert("RGB").get_flattened_data())


def is_yellow(colours: list[tuple[int, ...]]) -> bool:
    """Whether a line of the label's colour runs here, which may share its pixels with the tissue."""
    return any(red > 170 and green > 140 and blue < 125 for red, green, blue in colours)


def border(ring: list[list[float]]) -> Position:
    """The middle of a ring's left side."""
    return ring[0][0], (ring[0][1] + ring[2][1]) / 2


def expect_drawn(bench: Workbench, place: Position, what: str, *, is_drawn: bool = True) -> None:
    wait_for(what, lambda: is_yellow(colours_at(bench, place)) is is_drawn)


def test_marks_of_a_crowd_are_picked_moved_deleted_and_brought_back(visit: Begin) -> None:
    reader = "jsp-reader1"
    bench = begin(visit(reader, "en"))
    bring_many(bench, reader)
    count = len(bench.saved_marks())
    assert count > 1_000
    beside = square(6, 12)
    expect_drawn(bench, border(beside), "marks on the screen")
    expect_drawn(bench, (900, 1500), "the outline around a hole")
    assert bench.page.evaluate("performance.getEntriesByType('resource').some(({name}) => /render\\/crowd\\./.test(name))")

    # One is picked in the crowd, and drawn with it no more while it is dragged.
    bench.take("select")
    start, to = bench.place_of((950, 1500)), bench.place_of((1550, 1100))
    bench.page.mouse.click(*start)
    expect(bench.selected_row).to_have_count(1)
    bench.page.mouse.move(*start)
    bench.page.mouse.down()
    bench.page.mouse.move(*to, steps=8)
    bench.page.mouse.up()
    wait_for("the move on the server", lambda: any(mark["revision"] > 1 for mark in bench.saved_marks()))
    bench.key("Escape")
    expect_drawn(bench, (900, 1500), "its old place empty", is_drawn=False)
    moved = next(mark for mark in bench.saved_marks() if mark["revision"] > 1)["geometry"]["coordinates"]
    assert [len(ring) for ring in moved] == [5, 4]
    assert moved[0][0] == pytest.approx([1500, 900], abs=5)
    expect_drawn(bench, (moved[1][1][0], moved[1][1][1] + 60), "the border of its hole at its new place")

    bench.page.mouse.click(*bench.place_of((beside[0][0] + 20, beside[0][1] + 40)))
    bench.key("Delete")
    expect_drawn(bench, border(beside), "a deleted one gone", is_drawn=False)
    bench.key("Control+z")
    expect_drawn(bench, border(beside), "and brought back")

    # So many selected that they are drawn in their look with the crowd.
    bench.key("Control+a")
    expect_drawn(bench, border(beside), "all look selected", is_drawn=False)
    bench.key("Delete")
    shapes(bench, 0)
    expect_drawn(bench, border(beside), "nothing left", is_drawn=False)
    bench.key("Control+z")
    shapes(bench, count)
    # They are selected again, as whoever brings them back looks for them.
    bench.key("Escape")
    expect_drawn(bench, border(beside), "everything brought back")
    bench.key("Control+a")
    bench.key("Delete")
    shapes(bench, 0)


NUCLEI, ACROSS, APART_PX = 1_600, 40, 40


@pytest.fixture
def bench(visit: Begin) -> Iterator[Workbench]:
    """An image on which other tests find one suggestion in a corner afterwards, where these would lie over what they draw."""
    opened = begin(visit("jsp-reader2", "ja"))
    yield opened
    corner = {"left": 0, "top": 0, "step": 8, "across": 1, "count": 1, "label": "tumour", "granularity": "region"}
    plant_run(opened.visit.site, opened.read, corner)


def test_suggestions_of_a_crowd_are_decided_on(bench: Workbench, take_picture: Picture) -> None:
    field = plant(bench, count=NUCLEI, across=ACROSS, step=APART_PX, label="tumour", granularity="region")
    bench.key("Home")
    bench.wait_still()
    bench.key("Escape")
    score = round((NUCLEI // 2 + ACROSS // 2 + 0.5) / NUCLEI, 4)  # of the middle one
    one = next(each for each in field if each["score"] == score)
    ring = one["geometry"]["coordinates"][0]
    left = min(ring, key=lambda place: place[0])
    middle = (left[0] + 0.3 * APART_PX, left[1])
    expect_drawn(bench, (left[0], left[1]), "suggestions on the screen")
    assert bench.page.evaluate("performance.getEntriesByType('resource').some(({name}) => /render\\/crowd\\./.test(name))")
    take_picture(bench.page, "suggestions-crowd")

    # One at a time: the one under the pointer.
    bench.page.mouse.move(*bench.place_of(middle))
    bench.key("a")
    wait_for("one accepted", lambda: len(bench.open_suggestions()) == NUCLEI - 1)
    assert [mark["suggestion_id"] for mark in bench.saved_marks()] == [one["id"]]
    bench.key("Control+z")
    wait_for("taken back", lambda: len(bench.open_suggestions()) == NUCLEI)

    # All above a score: the rest looks faint as long as one chooses, and is a crowd no more when it is little.
    bench.key(":")
    bench.page.keyboard.type("25")
    expect(bench.page.locator(".many-decide").first).to_contain_text("1200")
    take_picture(bench.page, "suggestions-crowd-score")
    bench.page.keyboard.press("Enter")
    wait_for("most accepted", lambda: len(bench.open_suggestions()) == 400, 60)
    bench.page.keyboard.press("Escape")
    shapes(bench, 1_200)
    expect_drawn(bench, (left[0], left[1]), "marks where suggestions were")
    take_picture(bench.page, "suggestions-crowd-decided")
    bench.key("Control+z")
    wait_for("all open again", lambda: len(bench.open_suggestions()) == NUCLEI, 60)
    shapes(bench, 0)
    expect_drawn(bench, (left[0], left[1]), "suggestions again")
