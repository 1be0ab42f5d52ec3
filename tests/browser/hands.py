"""Hands for the tests of drawing: drags with keys held, a pen, and what the server has afterwards."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import expect
from shapely.geometry import box, shape

from tests.browser.conftest import Visit
from tests.browser.drawn import Position
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

ALT: Final = 1  # of the modifiers that the browser's protocol adds up


def begin(visit: Visit) -> Workbench:
    """Open the next image of a reader, without what an earlier test left on it."""
    bench = Workbench(visit).take_next_from_home()
    if bench.mark_rows.count():
        bench.key("Control+a")
        bench.key("Delete")
    shapes(bench, 0)
    return bench


@contextmanager
def held(bench: Workbench, *keys: str) -> Iterator[None]:
    """Hold modifier keys."""
    for key in keys:
        bench.page.keyboard.down(key)
    yield
    for key in reversed(keys):
        bench.page.keyboard.up(key)


def drag(bench: Workbench, places: Sequence[Position], *, keys: Sequence[str] = (), look: Callable[[], None] | None = None) -> None:
    """Drag through shares of the canvas; the keys are pressed on the way and held until the button is let go."""
    bench.page.mouse.move(*bench.at(*places[0]))
    bench.page.mouse.down()
    for place in places[1:]:
        bench.page.mouse.move(*bench.at(*place), steps=6)
    with held(bench, *keys):
        if look:
            look()
        bench.page.mouse.up()


def frame_of(left: float, top: float, right: float, bottom: float) -> list[Position]:
    """Return the corners of a box, as shares of the canvas."""
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def shapes(bench: Workbench, count: int) -> list[Any]:
    """Return the shapes on the server once all is saved and there are so many, the largest first."""
    bench.wait_saved()
    wait_for("the marks on the server", lambda: len(bench.saved_marks()) == count)
    return sorted((outline_of(mark["geometry"]) for mark in bench.saved_marks()), key=lambda each: -each.area)


def outline_of(geometry: dict[str, Any]) -> Any:
    """Return the shape of a mark; shapely knows no rectangles."""
    if geometry["type"] != "Rectangle":
        return shape(geometry)
    x, y, width, height = geometry["bbox"]
    return box(x, y, x + width, y + height)


def polygon(bench: Workbench, places: Sequence[Position], close: str) -> None:
    """Click the vertices of a polygon and close it by a key."""
    bench.take("polygon")
    for place in places:
        bench.page.mouse.click(*bench.at(*place))
    bench.key(close)


def command(bench: Workbench, action: str) -> None:
    """Do an action from the palette, by its id."""
    bench.key("Control+k")
    palette = bench.page.locator("dialog.palette")
    expect(palette.locator("input")).to_be_focused()
    bench.page.keyboard.insert_text(action)
    expect(palette.locator("[role=option][aria-selected=true]")).to_have_attribute("data-choice", action)
    bench.key("Enter")
    expect(palette).to_be_hidden()


def on_image(bench: Workbench) -> bytes:
    """Return a picture of the middle of the canvas, with the pointer out of the way."""
    bench.page.mouse.move(*bench.at(0.5, 0.02))
    left, top = bench.at(0.4, 0.35)
    right, bottom = bench.at(0.6, 0.7)
    return bench.page.screenshot(clip={"x": left, "y": top, "width": right - left, "height": bottom - top})


class Pen:
    """A pen, as the browser's own protocol reports it."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._protocol = bench.page.context.new_cdp_session(bench.page)

    def draw(self, places: Sequence[Position], *, modifiers: int = 0) -> None:
        """Set it down, draw through shares of the canvas, and lift it."""
        self.trace([self._bench.at(*place) for place in places], modifiers=modifiers)

    def trace(self, points: Sequence[Position], *, modifiers: int = 0, midway: Callable[[], None] | None = None) -> None:
        """Set it down, draw through places on the screen, and lift it; `midway` is called while it is down."""
        self._send("mouseMoved", points[0], 0, modifiers)
        self._send("mousePressed", points[0], 1, modifiers)
        if midway:
            midway()
        for start, end in itertools.pairwise(points):
            for step in range(1, 7):
                at = (start[0] + (end[0] - start[0]) * step / 6, start[1] + (end[1] - start[1]) * step / 6)
                self._send("mouseMoved", at, 1, modifiers, force=0.2 + 0.1 * step)
        self._send("mouseReleased", points[-1], 0, modifiers)

    def _send(self, kind: str, place: Position, buttons: int, modifiers: int, force: float = 0.4) -> None:
        button = "none" if kind == "mouseMoved" and not buttons else "left"
        event = {"type": kind, "x": place[0], "y": place[1], "button": button, "buttons": buttons, "clickCount": 1}
        pen = {"pointerType": "pen", "force": force if buttons else 0.0}
        self._protocol.send("Input.dispatchMouseEvent", {**event, **pen, "modifiers": modifiers})


class Palm:
    """The side of a hand on the glass: touches, as the browser's own protocol reports them."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._protocol = bench.page.context.new_cdp_session(bench.page)

    @contextmanager
    def resting(self, place: Position) -> Iterator[None]:
        """Rest on a share of the canvas."""
        self._touch("touchStart", [self._bench.at(*place)])
        yield
        self._touch("touchEnd", [])

    def roll(self, place: Position) -> None:
        """While it rests: move a little, and touch with another part of the hand for a moment."""
        x, y = self._bench.at(*place)
        rolled = (x + 25, y + 10)
        self._touch("touchMove", [(x + 12, y + 5)])
        self._touch("touchMove", [rolled])
        self._touch("touchStart", [rolled, (x + 80, y + 30)])
        self._touch("touchMove", [rolled, (x + 60, y + 10)])
        self._touch("touchEnd", [rolled])

    def _touch(self, kind: str, places: Sequence[Position]) -> None:
        points = [{"x": x, "y": y, "id": at, "radiusX": 20, "radiusY": 12} for at, (x, y) in enumerate(places)]
        self._protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
