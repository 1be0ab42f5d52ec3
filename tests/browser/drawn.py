"""What the hand drew, to be compared with what is kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shapely.geometry import LineString, Polygon

Position = tuple[float, float]


@dataclass
class Drawn:
    """A mark as the hand made it: where the pointer was, as the page itself showed it (whole level-0 px, rounded down)."""

    tool: str
    label: str
    path: list[Position]
    frame: int | None
    px_per_screen_px: float
    id: str = ""
    moved: Position = (0.0, 0.0)
    dragged: dict[int, Position] = field(default_factory=dict)

    def expected(self) -> list[Position]:
        """Return the path after every later change, in the middle of the pixels that were shown."""
        points = [self.dragged.get(at, (x + self.moved[0], y + self.moved[1])) for at, (x, y) in enumerate(self.path)]
        return [(x + 0.5, y + 0.5) for x, y in points]

    def check(self, geometry: dict[str, Any]) -> None:
        """Assert that a geometry of the document is this mark within one pixel."""
        points = self.expected()
        if self.tool == "point":
            assert geometry["type"] == "Point"
            assert _apart(geometry["coordinates"], points[0]) <= 1, (geometry, points)
        elif self.tool == "box":
            assert geometry["type"] == "Rectangle"
            xs, ys = [x for x, _ in points], [y for _, y in points]
            x, y, width, height = geometry["bbox"]
            for is_, should in zip((x, y, x + width, y + height), (min(xs), min(ys), max(xs), max(ys)), strict=True):
                assert abs(is_ - should) <= 1, (geometry, points)
        elif self.tool == "polygon":
            ring = geometry["coordinates"][0]
            assert geometry["type"] == "Polygon"
            assert ring[0] == ring[-1]
            assert len(ring) == len(points) + 1, (ring, points)
            assert all(min(_apart(vertex, point) for vertex in ring) <= 1 for point in points), (ring, points)
        else:
            # A stroke is thinned by what cannot be seen on the screen it was drawn on: three quarters of a screen pixel.
            assert geometry["type"] == "Polygon"
            outline = Polygon(geometry["coordinates"][0])
            closed = LineString([*points, points[0]])
            assert outline.is_valid
            assert outline.exterior.hausdorff_distance(closed) <= 1 + 0.75 * self.px_per_screen_px, geometry


def _apart(one: Sequence[float], other: Sequence[float]) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))
