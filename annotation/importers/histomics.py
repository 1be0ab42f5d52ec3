"""HistomicsUI and large_image annotations (large_image `annotation.py`, schema): elements in level-0 px."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import closed, ellipse, is_number, point, turned_box
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.schema.problems import gettext_noop

__all__ = ["HistomicsReader"]

_COLOUR: Final = re.compile(r"rgba?\(\s*(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})")


class HistomicsReader:
    """Polylines with holes, rectangles, ellipses, circles and points of annotation documents."""

    name: ClassVar[str] = "histomicsui"
    title: ClassVar[str] = "HistomicsUI JSON"
    takes: ClassVar[str] = (
        "closed polylines with holes, rectangles (turned ones too), ellipses, circles, points; group or label, line colour"
    )
    losses: ClassVar[Mapping[str, str]] = {
        "user": gettext_noop("The free `user` block of elements is left out."),
        "attributes": gettext_noop("Attributes of annotations and line widths are left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by elements, in an annotation by itself, in one that a server wraps, or in a list of those."""
        return source.kind == "json" and any(True for _ in _documents(source.json))

    def read(self, source: Source, reading: Reading) -> None:
        """Read element by element."""
        image = reading.image()
        for place, document in _documents(source.json):
            if document.get("attributes"):
                reading.lose("attributes")
            for index, element in enumerate(document["elements"]):
                where = f"{place}/elements/{index}"
                try:
                    _take(where, element, document, image, reading)
                except FileError as error:
                    reading.refuse(where + error.place, error.code, error.detail)


def _documents(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    entries = [(f"/{index}", one) for index, one in enumerate(root)] if isinstance(root, list) else [("", root)]
    for place, entry in entries:
        inner = entry.get("annotation") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("elements"), list):
            yield f"{place}/annotation", inner
        elif isinstance(entry, dict) and isinstance(entry.get("elements"), list):
            yield place, entry


def _take(place: str, element: Any, document: dict[str, Any], image: FileImage, reading: Reading) -> None:
    """Take one element. Raises FileError with a pointer from the element."""
    if not isinstance(element, dict) or not isinstance(element.get("type"), str):
        raise FileError("object_malformed")
    geometry = _geometry(element)
    if element["type"] in ("ellipse", "circle"):
        reading.note(f"{element['type']}_as_outline", place)
    elif element["type"] == "rectangle" and geometry["type"] == "Polygon":
        reading.note("rotated_as_outline", place)
    if element.get("user"):
        reading.lose("user")
    given = element.get("label")
    label = given.get("value") if isinstance(given, dict) else None
    name = element.get("group") or label or document.get("name") or ""
    text = label if isinstance(label, str) and label != name else ""
    labels = [SourceLabel(name, colour=_colour(element.get("lineColor")))] if isinstance(name, str) and name else []
    reading.mark(geometry, place=place, image=image, source_id=str(element.get("id") or ""), labels=labels, text=text)


def _colour(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return value.lower()
    match = _COLOUR.match(value) if isinstance(value, str) else None
    return "#{:02x}{:02x}{:02x}".format(*(min(int(part), 255) for part in match.groups())) if match else ""


def _geometry(element: dict[str, Any]) -> dict[str, Any]:
    """Return a figure in px. Raises FileError."""
    kind = element["type"]
    if kind == "polyline":
        if element.get("closed") is not True:
            raise FileError("line_not_taken")
        holes = element.get("holes") or []
        if not isinstance(holes, list):
            raise FileError("object_malformed", "/holes")
        rings = [_ring(element.get("points"), "/points"), *(_ring(hole, f"/holes/{index}") for index, hole in enumerate(holes))]
        return {"type": "Polygon", "coordinates": [closed(ring) for ring in rings]}
    if kind == "arrow":
        raise FileError("line_not_taken")
    if kind not in ("point", "rectangle", "ellipse", "circle"):
        raise FileError("shape_not_taken", "/type", kind[:40])
    x, y = _ring([element.get("center")], "/center")[0]
    if kind == "point":
        return point(x, y)
    if kind == "circle":
        return ellipse((x, y), (_number(element, "radius"),) * 2)
    width, height = _number(element, "width"), _number(element, "height")
    radians = _number(element, "rotation") if element.get("rotation") is not None else 0.0
    if kind == "ellipse":
        return ellipse((x, y), (width / 2, height / 2), math.degrees(radians))
    return turned_box((x, y), (width, height), radians)


def _ring(points: Any, pointer: str) -> list[list[float]]:
    """Return x and y of three-dimensional positions; z is 0 on a slide."""
    if not isinstance(points, list) or not points:
        raise FileError("object_malformed", pointer)
    for index, at in enumerate(points):
        if not isinstance(at, list) or len(at) not in (2, 3) or not all(map(is_number, at)):
            raise FileError("object_malformed", f"{pointer}/{index}")
    return [[at[0], at[1]] for at in points]


def _number(element: dict[str, Any], name: str) -> float:
    value = element.get(name)
    if not is_number(value) or not math.isfinite(value) or abs(value) > 1 << 24:  # type: ignore[arg-type]
        raise FileError("object_malformed", f"/{name}")
    return float(value)  # type: ignore[arg-type]
