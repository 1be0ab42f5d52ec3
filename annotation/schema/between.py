"""The shape between two keyframes. `static/js/annotation/tracks/between.js` computes the same numbers from the same steps.

Points and rectangles move in a straight line. Outlines are blended as signed distances on a grid, after both were laid with their
centroids upon each other, and the zero line of the blend is followed (marching squares). Pairing the vertices of two
outlines would be simpler, but outlines that were drawn by hand have no vertices in common, and paired ones cross themselves as soon
as one is much more bent than the other, or has parts or holes that the other lacks. A contour of a field cannot cross itself, whatever
was drawn. Centroids are laid upon each other because the blend of two outlines that do not overlap would be empty, and things
on video move farther than they are wide.

Only additions, multiplications, divisions, square roots and comparisons are used, in a fixed order: IEEE 754 gives them
one result in every language.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from annotation.schema.shapes import GRID_PX, Position, Shape

__all__ = ["Between"]

CELLS: Final = 64
"""Grid cells along the longer side of both outlines together."""
SMALLEST_CELL_PX: Final = 1.0
MAX_CORNERS: Final = 512
"""Outlines with more corners are thinned before distances are taken; a grid cell is coarser than what is lost."""
MOST_CORNERS: Final = 4096
"""What has more corners after thinning (thousands of parts) is held as it is: the distances would take seconds."""
MARGIN_PX: Final = 0.25
"""No corner of a contour is nearer to a node of the grid, so that rounding to 1/8 px cannot let two of them touch."""

Ring = list[Position]
Field = NDArray[np.float64]


class Between:
    """What lies between two shapes of one family: points, rectangles, or outlines."""

    def __init__(self, start: Shape, end: Shape) -> None:
        self._start = start
        self._end = end
        self._blend = _Blend(start, end) if start.polygons and start.kind != "Rectangle" and start != end else None

    def at(self, share: float) -> Shape:
        """Return the shape at a share of the way, more than 0 and less than 1; on the 1/8 px grid, level-0 pixels.

        Where the blend of two outlines is empty (a crescent that becomes a disc), the nearer one of the two is held.
        """
        if self._start.kind == "Point":
            (x_a, y_a), (x_b, y_b) = self._start.centre, self._end.centre
            return Shape("Point", shapely.Point(_snap(x_a + (x_b - x_a) * share), _snap(y_a + (y_b - y_a) * share)))
        if self._start.kind == "Rectangle":
            return _box_between(self._start, self._end, share)
        polygons = self._blend.polygons(share) if self._blend is not None else []
        if not polygons:
            return self._start if share < 0.5 else self._end
        made = [shapely.Polygon(rings[0], rings[1:]) for rings in polygons]
        return Shape("Polygon", made[0]) if len(made) == 1 else Shape("MultiPolygon", shapely.MultiPolygon(made))


def _snap(value_px: float) -> float:
    return math.floor(value_px / GRID_PX + 0.5) * GRID_PX


def _box_between(start: Shape, end: Shape, share: float) -> Shape:
    left, top, right, bottom = (_snap(a + (b - a) * share) for a, b in zip(start.bounds, end.bounds, strict=True))
    return Shape("Rectangle", shapely.box(left, top, max(right, left + GRID_PX), max(bottom, top + GRID_PX), ccw=False))


class _Blend:
    """Two outlines as signed distances on one grid; None for the distances where there are too many corners."""

    def __init__(self, start: Shape, end: Shape) -> None:
        self.centres = (_centroid(start.polygons), _centroid(end.polygons))
        sides = [_centred(shape.polygons, centre) for shape, centre in zip((start, end), self.centres, strict=True)]
        self.fields: tuple[Field, Field] | None = None
        if max(sum(map(len, rings)) for rings in sides) > MOST_CORNERS:
            return
        every = [position for rings in sides for ring in rings for position in ring]
        left, top = min(x for x, _ in every), min(y for _, y in every)
        width, height = max(x for x, _ in every) - left, max(y for _, y in every) - top
        self.cell = max(SMALLEST_CELL_PX, max(width, height) / CELLS)
        # One and a half cells beside the outlines all is outside, so that no contour runs into the border.
        self.left, self.top = left - 1.5 * self.cell, top - 1.5 * self.cell
        self.columns, self.rows = math.ceil(width / self.cell) + 4, math.ceil(height / self.cell) + 4
        self.fields = (self._field(sides[0]), self._field(sides[1]))

    def _field(self, rings: list[Ring]) -> Field:
        """Return the distance from the outline at each node, positive inside; (row, column), level-0 pixels."""
        x = (self.left + np.arange(self.columns) * self.cell)[np.newaxis, :]
        y = (self.top + np.arange(self.rows) * self.cell)[:, np.newaxis]
        nearest = np.full((self.rows, self.columns), np.inf)
        inside = np.zeros((self.rows, self.columns), dtype=bool)
        for ring in rings:
            for (x_a, y_a), (x_b, y_b) in zip(ring, [*ring[1:], ring[0]], strict=True):
                dx, dy = x_b - x_a, y_b - y_a
                squared = dx * dx + dy * dy
                if squared == 0:
                    continue
                along = ((x - x_a) * dx + (y - y_a) * dy) / squared
                along = np.minimum(np.maximum(along, 0.0), 1.0)
                off_x, off_y = x - x_a - along * dx, y - y_a - along * dy
                nearest = np.minimum(nearest, off_x * off_x + off_y * off_y)
                if dy != 0:
                    inside ^= ((y_a > y) != (y_b > y)) & (x < dx * (y - y_a) / dy + x_a)
        distance = np.sqrt(nearest)
        signed: Field = np.where(inside, distance, -distance)
        return signed

    def polygons(self, share: float) -> list[list[Ring]]:
        """Return polygons -> rings (outline first, then holes), closed; empty where the blend has no inside."""
        if self.fields is None:
            return []
        (x_a, y_a), (x_b, y_b) = self.centres
        centre_x, centre_y = x_a + (x_b - x_a) * share, y_a + (y_b - y_a) * share
        field = self.fields[0] + (self.fields[1] - self.fields[0]) * share
        rings = [
            [(_snap(x + centre_x), _snap(y + centre_y)) for x, y in (self._crossing(field, edge) for edge in loop)]
            for loop in _loops(field)
        ]
        return _nested([[*ring, ring[0]] for ring in rings])

    def _crossing(self, field: Field, edge: int) -> Position:
        """Return where the zero line passes an edge of the grid: edges along x are numbered first, then those along y."""
        nodes = self.columns * self.rows
        row, column = divmod(edge % nodes, self.columns)
        along_y = edge >= nodes
        here = float(field[row, column])
        there = float(field[row + 1, column] if along_y else field[row, column + 1])
        margin = MARGIN_PX / self.cell
        share = min(max(here / (here - there), margin), 1.0 - margin)
        x = self.left + (column + (0.0 if along_y else share)) * self.cell
        y = self.top + (row + (share if along_y else 0.0)) * self.cell
        return x, y


def _centroid(polygons: list[list[Ring]]) -> Position:
    """Return the centre of area, holes taken out."""
    area, moment_x, moment_y = 0.0, 0.0, 0.0
    for rings in polygons:
        for place, ring in enumerate(rings):
            x_0, y_0 = ring[0]
            doubled, x_sum, y_sum = 0.0, 0.0, 0.0
            for (x_a, y_a), (x_b, y_b) in pairwise(ring):
                cross = (x_a - x_0) * (y_b - y_0) - (x_b - x_0) * (y_a - y_0)
                doubled += cross
                x_sum += ((x_a - x_0) + (x_b - x_0)) * cross
                y_sum += ((y_a - y_0) + (y_b - y_0)) * cross
            sign = 1.0 if (doubled > 0) == (place == 0) else -1.0
            area += sign * doubled
            moment_x += sign * (x_sum / 3 + x_0 * doubled)
            moment_y += sign * (y_sum / 3 + y_0 * doubled)
    return moment_x / area, moment_y / area


def _centred(polygons: list[list[Ring]], centre: Position) -> list[Ring]:
    """Return all rings, open, thinned, and with the centre at (0, 0)."""
    rings = [ring[:-1] for polygon in polygons for ring in polygon]
    step = -(-sum(map(len, rings)) // MAX_CORNERS)
    thinned = [ring[:: min(step, len(ring) // 3)] for ring in rings]
    return [[(x - centre[0], y - centre[1]) for x, y in ring] for ring in thinned]


def _loops(field: Field) -> list[list[int]]:
    """Return the closed zero lines as the edges of the grid that each passes; what is inside lies on one side of all of them."""
    inside = field > 0
    corners = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    following: dict[int, int] = {}
    columns, nodes = field.shape[1], field.size
    for row, column in np.argwhere((corners != 0) & (corners != 15)).tolist():
        top = row * columns + column
        edges = (top, nodes + top + 1, top + columns, nodes + top)  # top, right, bottom, left
        case = int(corners[row, column])
        if case in {5, 10}:
            middle = float(field[row, column]) + float(field[row, column + 1])
            middle += float(field[row + 1, column]) + float(field[row + 1, column + 1])
            pairs: tuple[tuple[int, int], ...] = _SADDLES[case, middle > 0]
        else:
            pairs = _PASSES[case]
        for start, end in pairs:
            following[edges[start]] = edges[end]
    loops = []
    for first in sorted(following):
        loop = []
        edge = first
        while edge in following:
            loop.append(edge)
            edge = following.pop(edge)
        if loop:
            loops.append(loop)
    return loops


_TOP, _RIGHT, _BOTTOM, _LEFT = range(4)
_PASSES: Final[dict[int, tuple[tuple[int, int], ...]]] = {
    1: ((_TOP, _LEFT),),
    2: ((_RIGHT, _TOP),),
    3: ((_RIGHT, _LEFT),),
    4: ((_BOTTOM, _RIGHT),),
    6: ((_BOTTOM, _TOP),),
    7: ((_BOTTOM, _LEFT),),
    8: ((_LEFT, _BOTTOM),),
    9: ((_TOP, _BOTTOM),),
    11: ((_RIGHT, _BOTTOM),),
    12: ((_LEFT, _RIGHT),),
    13: ((_TOP, _RIGHT),),
    14: ((_LEFT, _TOP),),
}
"""Which corners of a cell are inside (1 top left, 2 top right, 4 bottom right, 8 bottom left) -> where the line enters and leaves."""
_SADDLES: Final = {
    (5, True): ((_TOP, _RIGHT), (_BOTTOM, _LEFT)),
    (5, False): ((_TOP, _LEFT), (_BOTTOM, _RIGHT)),
    (10, True): ((_LEFT, _TOP), (_RIGHT, _BOTTOM)),
    (10, False): ((_RIGHT, _TOP), (_LEFT, _BOTTOM)),
}
"""The same for two opposite corners, by whether the middle of the cell is inside."""


def _nested(rings: list[Ring]) -> list[list[Ring]]:
    """Return each outline with the holes inside it; outlines run one way round, holes the other."""
    outlines = [(ring, area) for ring in rings if (area := _doubled_area(ring)) > 0]
    polygons = [[ring] for ring, _ in outlines]
    for hole in rings:
        if _doubled_area(hole) > 0:
            continue
        holders = [(area, place) for place, (ring, area) in enumerate(outlines) if _holds(ring, hole[0])]
        polygons[min(holders)[1]].append(hole)
    return polygons


def _doubled_area(ring: Ring) -> float:
    return sum(x_a * y_b - x_b * y_a for (x_a, y_a), (x_b, y_b) in pairwise(ring))


def _holds(ring: Ring, position: Position) -> bool:
    x, y = position
    inside = False
    for (x_a, y_a), (x_b, y_b) in pairwise(ring):
        if (y_a > y) != (y_b > y) and x < (x_b - x_a) * (y - y_a) / (y_b - y_a) + x_a:
            inside = not inside
    return inside
