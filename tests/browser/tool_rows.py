"""Every drawing tool once: where a hand draws with it, by mouse or by pen, and what must come of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shapely import affinity
from shapely.geometry import LineString, Point, Polygon, box

from tests.browser.drawn import Position
from tests.browser.hands import Palm, Pen
from tests.browser.workbench import Workbench

PALM: Final = (0.5, 0.78)
Hand = Callable[[Sequence[Position]], None]
Expected = Callable[["Lens", list[Position]], Any]


class Lens:
    """From places on the screen to the image, as the page itself shows positions; the view stands still."""

    def __init__(self, bench: Workbench) -> None:
        corner, other = _whole(bench, (0.3, 0.3)), _whole(bench, (0.7, 0.7))
        (x0, y0), (x1, y1) = bench.pixel_under(corner), bench.pixel_under(other)
        self.scale = (x1 - x0) / (other[0] - corner[0])  # image px in a screen px
        self._zero = (x0 + 0.5 - corner[0] * self.scale, y0 + 0.5 - corner[1] * self.scale)
        self.shown = (x0, y0, x1, y1)

    def level0(self, place: Position) -> Position:
        """Return the place on the image, in level-0 px."""
        return self._zero[0] + place[0] * self.scale, self._zero[1] + place[1] * self.scale

    @property
    def near(self) -> float:
        """A screen pixel, and half a pixel of the image because the page shows whole ones; level-0 px."""
        return self.scale + 0.5


def _whole(bench: Workbench, place: Position) -> Position:
    """Return a place on the screen: a mouse knows whole pixels only."""
    x, y = bench.at(*place)
    return round(x), round(y)


@dataclass(frozen=True)
class Row:
    """One tool: where it draws, as shares of a cell of the grid, and what must come of it."""

    tool: str
    places: tuple[Position, ...]
    expected: Expected | None  # None: what is on screen decides; pen and mouse make the same at least
    taps: bool = False
    closes: str = ""
    pixels: bool = False

    @property
    def name(self) -> str:
        """What the row is called where it fails."""
        return f"{self.tool} (pixels)" if self.pixels else self.tool


def _box(_lens: Lens, path: list[Position]) -> Any:
    return box(*_sorted(path))


def _sorted(path: list[Position]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in path], [y for _, y in path]
    return min(xs), min(ys), max(xs), max(ys)


def _ring(_lens: Lens, path: list[Position]) -> Any:
    return Polygon(path)


def _ellipse(_lens: Lens, path: list[Position]) -> Any:
    left, top, right, bottom = _sorted(path)
    circle = Point((left + right) / 2, (top + bottom) / 2).buffer(1, quad_segs=64)
    return affinity.scale(circle, (right - left) / 2, (bottom - top) / 2)


def _stroke(lens: Lens, path: list[Position]) -> Any:
    return LineString(path).buffer(16 * lens.scale, quad_segs=64)  # the brush is 32 px wide


KITE: Final = ((0.1, 0.3), (0.7, 0.1), (0.9, 0.8), (0.2, 0.7))
ACROSS: Final = ((0.2, 0.5), (0.8, 0.6))
DRAWN: Final = (
    Row("box", ((0.1, 0.1), (0.9, 0.8)), _box),
    Row("polygon", KITE, _ring, taps=True, closes="Enter"),
    Row("freehand", (*KITE, KITE[0]), _ring),
    Row("point", ((0.5, 0.5),), lambda _lens, path: Point(path[0]), taps=True),
    Row("ellipse", ((0.1, 0.2), (0.9, 0.7)), _ellipse),
    Row("brush", ACROSS, _stroke),
    Row("eraser", ((0.2, 0.05), (0.8, 0.05)), _stroke),
    Row("wand", ((0.5, 0.5), (0.5, 0.5)), None),
    Row("superpixel", ACROSS, None),
    Row("brush", ACROSS, _stroke, pixels=True),
)
MEASURED: Final = {"ruler": ((0.1, 0.5), (0.9, 0.9)), "angle": ((0.1, 0.9), (0.5, 0.1), (0.9, 0.9))}


def place_in(bench: Workbench, cell: int, share: Position) -> Position:
    """Return the place on the screen of a share of a cell; twelve of them lie in the middle of the image."""
    row, column = divmod(cell, 4)
    return _whole(bench, (0.42 + 0.04 * column + 0.03 * share[0], 0.36 + 0.1 * row + 0.08 * share[1]))


def offered(bench: Workbench) -> set[str]:
    """Return the tools on the toolbar."""
    names = bench.page.locator("#toolbar [data-action^='tool.']").evaluate_all("(all) => all.map(({dataset}) => dataset.action)")
    return {name.removeprefix("tool.") for name in names}


def by_mouse(bench: Workbench) -> Hand:
    """Return a hand that draws with the mouse."""

    def trace(points: Sequence[Position]) -> None:
        bench.page.mouse.move(*points[0])
        bench.page.mouse.down()
        for point in points[1:]:
            bench.page.mouse.move(*point, steps=6)
        bench.page.mouse.up()

    return trace


def by_pen(bench: Workbench) -> Hand:
    """Return a hand that draws with a pen and rests on the glass meanwhile: before the pen comes, and after it has gone."""
    pen, palm = Pen(bench), Palm(bench)

    def trace(points: Sequence[Position]) -> None:
        with palm.resting(PALM):
            pen.trace(points, midway=lambda: palm.roll(PALM))

    return trace


def drawn_with(bench: Workbench, row: Row, points: list[Position], hand: Hand) -> None:
    """Draw a row, with its tool in hand."""
    if row.taps:
        for point in points:
            hand([point])
    else:
        hand(points)
    if row.closes:
        bench.key(row.closes)
