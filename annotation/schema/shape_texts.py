"""JSON of many stored shapes at once: the text of what ``to_body`` gives, without a Python object for each vertex.

An answer of ten thousand marks holds half a million coordinates. As lists of lists they cost seconds, a good part of it
in the garbage collector. Coordinates lie on the 1/8 px grid, so that their digits can be looked up in tables, a whole
array at a time: a vertex becomes 36 bytes with blanks in it, and the blanks are taken out at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from annotation.schema.shapes import Shape

__all__ = ["body_texts"]

_VERTICES_AT_ONCE: Final = 50_000
"""Vertices whose text is made in one go: about 2 MB of bytes with blanks, and some more of numbers."""
_BLANK: Final = ord(" ")
_GROUP: Final = 10_000
_LIMIT: Final = float(_GROUP * _GROUP)
"""Coordinates below it have their digits in two groups of four; images are smaller by far."""

Words = NDArray[np.uint32]


def _words(*texts: str) -> Words:
    """Return texts of up to four characters as numbers that hold their bytes, blanks after them."""
    return np.frombuffer("".join(text.ljust(4) for text in texts).encode("ascii"), dtype=np.uint32)


_HIGH: Final = _words("", *(str(number).rjust(4) for number in range(1, _GROUP)))
"""The group of digits in front of another one: nothing where it is 0."""
_ONLY: Final = _words(*(str(number).rjust(4) for number in range(_GROUP)))
_LOW: Final = _words(*(str(number).zfill(4) for number in range(_GROUP)))
_EIGHTHS: Final = _words(*(str(number / 8)[1:] for number in range(8)))
_COMMA: Final = _words(",")[0]
# What stands before and after a vertex: in the midst of a ring, and where a ring, a polygon or a mark begins or ends.
_BEFORE: Final = _words(",[", ",[[", ",[[[")
_FIRST: Final = {3: _words("[[[")[0], 6: _words("[[[[")[0]}
_AFTER: Final = _words("]", "]]", "]]]")
_LAST: Final = {3: _words("]]]")[0], 6: _words("]]]]")[0]}
_OUTLINES: Final = {"Polygon": 3, "MultiPolygon": 6}
"""Kinds that are written from arrays, with the number by which GEOS knows them."""


def body_texts(kinds: Sequence[str], wkbs: Sequence[bytes]) -> list[str]:
    """Return the JSON of the ``to_body`` of plain shapes, given the kinds and what ``Shape.wkb`` wrote of them; level-0 px.

    Raises ShapeError `geometry_malformed` as ``Shape.from_wkb`` does.
    """
    texts: list[str | None] = [None] * len(kinds)
    for kind, number in _OUTLINES.items():
        of_kind = [place for place, each in enumerate(kinds) if each == kind]
        for places in _parcels(of_kind, wkbs):
            geometries = shapely.from_wkb([wkbs[place] for place in places], on_invalid="ignore")
            for place, text in zip(places, _outline_texts(kind, number, geometries), strict=True):
                texts[place] = text
    return [text if text is not None else _one(kind, wkb) for kind, wkb, text in zip(kinds, wkbs, texts, strict=True)]


def _one(kind: str, wkb: bytes) -> str:
    return json.dumps(Shape.from_wkb(kind, wkb).to_body(), separators=(",", ":"))


def _parcels(places: list[int], wkbs: Sequence[bytes]) -> Iterator[list[int]]:
    """Yield the places in parcels of bounded size: 16 bytes of well-known binary are at most one vertex."""
    parcel: list[int] = []
    room = 16 * _VERTICES_AT_ONCE
    for place in places:
        if parcel and len(wkbs[place]) > room:
            yield parcel
            parcel, room = [], 16 * _VERTICES_AT_ONCE
        parcel.append(place)
        room -= len(wkbs[place])
    if parcel:
        yield parcel


def _outline_texts(kind: str, number: int, geometries: NDArray[Any]) -> list[str | None]:
    """Return the texts of outlines of one kind; None for all of them where one is not what it should be, or off the grid."""
    if not (np.all(shapely.get_type_id(geometries) == number) and not np.any(shapely.is_empty(geometries))):
        return [None] * len(geometries)
    polygons, mark_of_polygon = shapely.get_parts(geometries, return_index=True)
    rings, polygon_of_ring = shapely.get_rings(polygons, return_index=True)
    coordinates, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
    eighths = coordinates * 8
    if np.any(np.signbit(eighths) | (eighths >= _LIMIT * 8) | (eighths % 1 != 0)):
        return [None] * len(geometries)
    # 0 in the midst of a ring, 1 where a ring begins, 2 where a polygon does, 3 where a mark does; in the end one more.
    of_vertex = (ring_of_vertex, polygon_of_ring[ring_of_vertex], mark_of_polygon[polygon_of_ring][ring_of_vertex])
    steps = sum((np.diff(each, prepend=-1, append=-1) != 0).astype(np.int64) for each in of_vertex)
    begins, ends = np.asarray(steps)[:-1], np.asarray(steps)[1:]
    padded = np.empty((len(coordinates), 9), dtype=np.uint32)
    padded[:, 0] = np.where(begins == 3, _FIRST[number], _BEFORE[np.minimum(begins, 2)])
    padded[:, 4] = _COMMA
    padded[:, 8] = np.where(ends == 3, _LAST[number], _AFTER[np.minimum(ends, 2)])
    for axis, column in ((0, 1), (1, 5)):
        padded[:, column : column + 3] = _digits(eighths[:, axis].astype(np.int64))
    return _divided(kind, padded, np.flatnonzero(ends == 3))


def _digits(eighths: NDArray[np.int64]) -> Words:
    """Return the digits of numbers of eighths, as Python writes a float, in three times four bytes with blanks in them."""
    whole, rest = eighths >> 3, eighths & 7
    high, low = whole // _GROUP, whole % _GROUP
    return np.stack((_HIGH[high], np.where(high > 0, _LOW[low], _ONLY[low]), _EIGHTHS[rest]), axis=1)


def _divided(kind: str, padded: Words, last_vertices: NDArray[np.int64]) -> list[str | None]:
    """Take the blanks out and divide the text after the last vertex of each mark."""
    characters = padded.view(np.uint8)
    kept = characters != _BLANK
    text = characters[kept].tobytes().decode("ascii")
    ends = np.cumsum(kept.sum(axis=1))[last_vertices].tolist()
    head = f'{{"type":"{kind}","coordinates":'
    return [f"{head}{text[start:end]}}}" for start, end in zip([0, *ends], ends, strict=False)]
