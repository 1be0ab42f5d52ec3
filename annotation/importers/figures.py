"""Figures of other tools as geometries of this one (GeoJSON-like values in level-0 px); nothing here checks them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final

__all__ = ["box", "closed", "ellipse", "is_number", "number", "outline", "point", "rotated_box", "turned_box", "without_spikes"]

CIRCLE_POINTS: Final = 64
Positions = Sequence[Sequence[float]]


def is_number(value: object) -> bool:
    """Tell whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(text: object) -> float:
    """Return a number of XML or text; what is none becomes NaN, which every shape refuses at its place."""
    if not is_number(text) and (not isinstance(text, str) or len(text) > 64 or "_" in text):
        return math.nan
    try:
        return float(text)  # type: ignore[arg-type]  # a number or a text
    except (ValueError, OverflowError):
        return math.nan


def point(x: float, y: float) -> dict[str, Any]:
    """Return a point."""
    return {"type": "Point", "coordinates": [x, y]}


def box(x_min: float, y_min: float, x_max: float, y_max: float) -> dict[str, Any]:
    """Return an upright box by two opposite corners; swapped ones stay wrong."""
    return {"type": "Rectangle", "bbox": [x_min, y_min, x_max - x_min, y_max - y_min]}


def closed(ring: Iterable[Sequence[float]]) -> list[list[float]]:
    """Return a ring that ends where it starts."""
    positions = [list(position) for position in ring]
    if positions and positions[0] != positions[-1]:
        positions.append(list(positions[0]))
    return positions


def outline(*rings: Positions) -> dict[str, Any]:
    """Return a polygon of an outline and its holes, closed where they are not."""
    return {"type": "Polygon", "coordinates": [closed(ring) for ring in rings]}


def ellipse(centre: Sequence[float], radii: Sequence[float], degrees: float = 0.0) -> dict[str, Any]:
    """Return an ellipse as an outline, turned clockwise (y runs down) by degrees."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    ring = []
    for step in range(CIRCLE_POINTS):
        along = radii[0] * math.cos(2 * math.pi * step / CIRCLE_POINTS)
        across = radii[1] * math.sin(2 * math.pi * step / CIRCLE_POINTS)
        ring.append([centre[0] + along * cosine - across * sine, centre[1] + along * sine + across * cosine])
    return outline(ring)


def rotated_box(corner: Sequence[float], size: Sequence[float], degrees: float) -> dict[str, Any]:
    """Return a box turned clockwise about its top left corner; upright if it is not turned."""
    if degrees % 360 == 0:
        return {"type": "Rectangle", "bbox": [corner[0], corner[1], size[0], size[1]]}
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = [(0.0, 0.0), (size[0], 0.0), (size[0], size[1]), (0.0, size[1])]
    return outline([[corner[0] + x * cosine - y * sine, corner[1] + x * sine + y * cosine] for x, y in corners])


def turned_box(middle: Sequence[float], size: Sequence[float], radians: float) -> dict[str, Any]:
    """Return a box turned clockwise (y runs down) about its middle; upright if it is not turned."""
    (x, y), (width, height) = middle, size
    if radians == 0:
        return {"type": "Rectangle", "bbox": [x - width / 2, y - height / 2, width, height]}
    cosine, sine = math.cos(radians), math.sin(radians)
    corners = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    return outline([[x + a * cosine - b * sine, y + a * sine + b * cosine] for a, b in corners])


def without_spikes(ring: Positions) -> list[list[float]]:
    """Return a closed ring without repeated points and without spikes, which enclose nothing."""
    kept: deque[Sequence[float]] = deque()
    for position in ring[:-1]:
        while len(kept) > 1 and position != kept[-1] and _turns_back(kept[-2], kept[-1], position):
            kept.pop()
        if not kept or position != kept[-1]:
            kept.append(position)
    while len(kept) > 2:  # where the ring begins and ends
        if kept[-1] == kept[0] or _turns_back(kept[-2], kept[-1], kept[0]):
            kept.pop()
        elif _turns_back(kept[-1], kept[0], kept[1]):
            kept.popleft()
        else:
            break
    return closed(kept) if len(kept) > 2 else [list(position) for position in ring]


def _turns_back(before: Sequence[float], here: Sequence[float], after: Sequence[float]) -> bool:
    first = (here[0] - before[0], here[1] - before[1])
    second = (after[0] - here[0], after[1] - here[1])
    return first[0] * second[1] == first[1] * second[0] and first[0] * second[0] + first[1] * second[1] < 0
