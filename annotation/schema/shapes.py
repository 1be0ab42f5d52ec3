"""Geometry of marks: strict parsing, the 1/8 px grid, limits, and the forms in which a shape travels.

Every coordinate is in level-0 continuous pixels: (0, 0) is the outer corner of the top-left pixel, x runs right,
y runs down. A shape is validated and never repaired: what a person drew is stored as drawn, or refused with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from annotation.schema.problems import ShapeError

__all__ = [
    "GRID_PX",
    "MAX_VERTICES",
    "Shape",
    "ShapeError",
    "ShapeKind",
    "check_inside",
    "normalise",
    "parse_geometry",
]

ShapeKind = Literal["Point", "Rectangle", "Polygon", "MultiPolygon"]

GRID_PX: Final = 0.125
"""Distance of neighbouring grid lines, in level-0 pixels; a power of two, so that every grid value is exact in binary."""
MAX_VERTICES: Final = 20_000
"""Most vertices of one shape, closing vertices included."""
MAX_COORDINATE: Final = float(1 << 24)
"""Largest absolute coordinate that is looked at, in level-0 pixels; no slide scanner comes near."""
MAX_OVERLAPPING_SPANS: Final = 20_000_000
"""Edge pairs that a crossing test may have to compare (about one second); a drawn outline has some thousands."""

_SHAPELY_TYPE: Final = {"Point": "Point", "Rectangle": "Polygon", "Polygon": "Polygon", "MultiPolygon": "MultiPolygon"}
_MEMBERS: Final = {
    "Point": ("type", "coordinates"),
    "Rectangle": ("type", "bbox"),
    "Polygon": ("type", "coordinates"),
    "MultiPolygon": ("type", "coordinates"),
}
_CROSSING_REASONS: Final = ("Self-intersection", "Ring Self-intersection", "Nested shells", "Duplicate Rings")

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """One geometry in level-0 pixels; a rectangle stays a rectangle although it is stored as a polygon."""

    kind: ShapeKind
    geometry: BaseGeometry

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return (x min, y min, x max, y max) in level-0 pixels."""
        x_min, y_min, x_max, y_max = self.geometry.bounds
        return (float(x_min), float(y_min), float(x_max), float(y_max))

    @property
    def area(self) -> float:
        """Return the enclosed area in square level-0 pixels; 0 for a point."""
        return float(self.geometry.area)

    @property
    def centre(self) -> Position:
        """Return (x, y) of the point itself, of the middle of a rectangle, or of the centroid of an outline."""
        centroid = self.geometry.centroid
        return (float(centroid.x), float(centroid.y))

    @property
    def vertex_count(self) -> int:
        """Return the number of stored vertices, closing vertices included."""
        return int(shapely.get_num_coordinates(self.geometry))

    @property
    def polygons(self) -> list[list[list[Position]]]:
        """Return polygons -> rings (outline first, then holes) -> closed (x, y) positions; empty for a point."""
        if self.kind == "Point":
            return []
        parts = cast("list[shapely.Polygon]", list(shapely.get_parts(self.geometry)))
        return [[_positions(ring) for ring in (part.exterior, *part.interiors)] for part in parts]

    def to_document(self) -> dict[str, Any]:
        """Return the geometry member of an annotation document."""
        if self.kind == "Point":
            x, y = _positions(self.geometry)[0]
            return {"type": "Point", "coordinates": [x, y]}
        if self.kind == "Rectangle":
            x_min, y_min, x_max, y_max = self.bounds
            return {"type": "Rectangle", "bbox": [x_min, y_min, x_max - x_min, y_max - y_min]}
        polygons = [[[list(position) for position in ring] for ring in rings] for rings in self.polygons]
        return {"type": self.kind, "coordinates": polygons[0] if self.kind == "Polygon" else polygons}

    def to_body(self) -> dict[str, Any]:
        """Return the geometry member of a mark in the save protocol, which is that of the document."""
        return self.to_document()

    def wkb(self) -> bytes:
        """Return ISO well-known binary, little-endian, two dimensions; a rectangle as its polygon."""
        return shapely.to_wkb(self.geometry, output_dimension=2, byte_order=1, flavor="iso")

    @staticmethod
    def from_wkb(kind: str, wkb: bytes) -> Shape:
        """Read what `wkb` wrote; `kind` tells a rectangle from a polygon. Raises ShapeError `geometry_malformed`."""
        if kind not in _SHAPELY_TYPE:
            raise ShapeError("geometry_malformed", "/type")
        try:
            geometry = shapely.from_wkb(bytes(wkb))
        except shapely.errors.GEOSException as error:
            raise ShapeError("geometry_malformed") from error
        if geometry is None or geometry.geom_type != _SHAPELY_TYPE[kind] or geometry.is_empty:
            raise ShapeError("geometry_malformed")
        return Shape(cast("ShapeKind", kind), geometry)


def parse_geometry(value: object) -> Shape:
    """Turn the JSON value of a geometry into a shape.

    Types, finiteness, range, vertex count and closing are checked in plain Python before any geometry library sees a
    number. Raises ShapeError with a code and a JSON pointer relative to the geometry.
    """
    if not isinstance(value, dict):
        raise ShapeError("geometry_malformed")
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in _MEMBERS:
        raise ShapeError("geometry_unknown_type", "/type")
    members = _MEMBERS[kind]
    for name in members:
        if name not in value:
            raise ShapeError("geometry_malformed", f"/{name}")
    if len(value) != len(members):
        raise ShapeError("geometry_malformed")
    if kind == "Point":
        return Shape("Point", shapely.Point(_position(value["coordinates"], "/coordinates")))
    if kind == "Rectangle":
        return Shape("Rectangle", _parse_rectangle(value["bbox"]))
    if kind == "Polygon":
        rings = _rings(value["coordinates"], "/coordinates", 0)
        return Shape("Polygon", _checked(shapely.Polygon(rings[0], rings[1:]), rings))
    return Shape("MultiPolygon", _parse_multipolygon(value["coordinates"]))


def normalise(shape: Shape) -> Shape:
    """Move a shape onto the 1/8 px grid, with valid rings; doing it twice changes nothing more.

    Vertices keep their order, so that vertex numbers in a viewer stay true. Only where rounding would make rings touch
    does the precision model rebuild them; a polygon with a neck thinner than the grid then becomes a MultiPolygon.
    Raises ShapeError `geometry_empty` when nothing with an area is left.
    """
    rounded = shapely.set_precision(shape.geometry, GRID_PX, mode="pointwise")
    if shape.kind == "Point":
        return Shape("Point", _without_grid(rounded))
    if shape.kind == "Rectangle":
        x_min, y_min, x_max, y_max = rounded.bounds
        if not (x_max > x_min and y_max > y_min):
            raise ShapeError("geometry_empty")
        return Shape("Rectangle", shapely.box(x_min, y_min, x_max, y_max, ccw=False))
    rounded = shapely.remove_repeated_points(_without_grid(rounded))
    unchanged = rounded.equals_exact(shape.geometry)
    if not unchanged and not (rounded.is_valid and rounded.area > 0 and not _has_empty_part(rounded)):
        rounded = _without_grid(shapely.set_precision(shape.geometry, GRID_PX, mode="valid_output"))
    if rounded.is_empty or rounded.geom_type not in {"Polygon", "MultiPolygon"}:
        raise ShapeError("geometry_empty")
    kind: ShapeKind = "MultiPolygon" if shape.kind == "MultiPolygon" or rounded.geom_type == "MultiPolygon" else "Polygon"
    if kind == "MultiPolygon" and rounded.geom_type == "Polygon":
        rounded = shapely.MultiPolygon([cast("shapely.Polygon", rounded)])
    return Shape(kind, rounded)


def check_inside(shape: Shape, *, width: int, height: int) -> None:
    """Raise ShapeError `geometry_outside_image` unless the shape lies in [0, width] x [0, height] level-0 pixels."""
    x_min, y_min, x_max, y_max = shape.bounds
    if x_min < 0 or y_min < 0 or x_max > width or y_max > height:
        raise ShapeError("geometry_outside_image")


def _number(value: object, pointer: str) -> float:
    # bool is an int in Python and a different thing in JSON
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ShapeError("geometry_malformed", pointer)
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  (NaN is the number that differs from itself)
        raise ShapeError("geometry_not_finite", pointer)
    if not -MAX_COORDINATE <= value <= MAX_COORDINATE:
        raise ShapeError("geometry_outside_image", pointer)
    return float(value) + 0.0  # -0.0 becomes 0.0: one number, one spelling


def _position(value: object, pointer: str) -> Position:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ShapeError("geometry_malformed", pointer)
    return (_number(value[0], f"{pointer}/0"), _number(value[1], f"{pointer}/1"))


def _parse_rectangle(value: object) -> shapely.Polygon:
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise ShapeError("geometry_malformed", "/bbox")
    x, y, width, height = (_number(item, f"/bbox/{index}") for index, item in enumerate(value))
    if width <= 0 or height <= 0:
        raise ShapeError("geometry_empty", "/bbox")
    return shapely.box(x, y, x + width, y + height, ccw=False)


def _parse_multipolygon(value: object) -> shapely.MultiPolygon:
    if not isinstance(value, list | tuple) or not value:
        raise ShapeError("geometry_malformed", "/coordinates")
    polygons: list[shapely.Polygon] = []
    every_ring: list[list[Position]] = []
    vertices = 0
    for index, item in enumerate(value):
        rings = _rings(item, f"/coordinates/{index}", vertices)
        vertices += sum(map(len, rings))
        every_ring += rings
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return cast("shapely.MultiPolygon", _checked(shapely.MultiPolygon(polygons), every_ring))


def _rings(value: object, pointer: str, vertices_before: int) -> list[list[Position]]:
    if not isinstance(value, list | tuple) or not value:
        raise ShapeError("geometry_malformed", pointer)
    rings: list[list[Position]] = []
    vertices = vertices_before
    for index, ring in enumerate(value):
        here = f"{pointer}/{index}"
        if not isinstance(ring, list | tuple) or len(ring) < 4:
            raise ShapeError("geometry_malformed", here)
        vertices += len(ring)
        if vertices > MAX_VERTICES:
            raise ShapeError("geometry_too_many_vertices", here)
        positions = [_position(item, f"{here}/{number}") for number, item in enumerate(ring)]
        if positions[0] != positions[-1]:
            raise ShapeError("geometry_not_closed", here)
        rings.append(positions)
    return rings


def _checked(geometry: BaseGeometry, rings: list[list[Position]]) -> BaseGeometry:
    """Return the geometry when its rings are simple and enclose something; raise ShapeError otherwise."""
    if shapely.convex_hull(geometry).area == 0:
        raise ShapeError("geometry_empty")
    _check_crossing_work(rings)
    if not geometry.is_valid:
        reason = str(shapely.is_valid_reason(geometry))
        crossing = reason.startswith(_CROSSING_REASONS)
        raise ShapeError("geometry_self_crossing" if crossing else "geometry_invalid_rings")
    return geometry


def _check_crossing_work(rings: list[list[Position]]) -> None:
    """Refuse outlines whose crossing test would be quadratic: thousands of edges that all pass over one another."""
    pairs = min(_overlapping_spans(rings, axis) for axis in (0, 1))
    if pairs > MAX_OVERLAPPING_SPANS:
        raise ShapeError("geometry_too_complex")


def _overlapping_spans(rings: list[list[Position]], axis: int) -> int:
    """Return how many pairs of edges share a coordinate of this axis, in n log n time."""
    arrays = [np.asarray(ring, dtype=np.float64)[:, axis] for ring in rings]
    lows = np.sort(np.concatenate([np.minimum(values[:-1], values[1:]) for values in arrays]))
    highs = np.concatenate([np.maximum(values[:-1], values[1:]) for values in arrays])
    begun_before_each_end = int(np.searchsorted(lows, highs, side="right").sum())
    edges = len(lows)
    return begun_before_each_end - edges * (edges + 1) // 2


def _without_grid(geometry: BaseGeometry) -> BaseGeometry:
    """Drop the precision model from the object, so that later operations compute in full precision."""
    return shapely.set_precision(geometry, 0.0, mode="pointwise")


def _has_empty_part(geometry: BaseGeometry) -> bool:
    return bool(np.any(shapely.area(shapely.get_parts(geometry)) == 0))


def _positions(line: Any) -> list[Position]:
    return [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
