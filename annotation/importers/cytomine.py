"""Cytomine: WKT whose y runs upwards from the lower edge of the image (Cytomine-python-client, issue 24); turned only when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

import shapely

from annotation.importers.facts import SourceLabel
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.schema.problems import gettext_noop

__all__ = ["CytomineReader"]

_MAX_WKT: Final = 4 << 20


class CytomineReader:
    """Points, polygons and multipolygons; which way y runs is asked, never guessed."""

    name: ClassVar[str] = "cytomine"
    title: ClassVar[str] = "Cytomine JSON with WKT"
    takes: ClassVar[str] = "points, polygons and multipolygons in WKT, once the user has said which way y runs; terms, user"
    losses: ClassVar[Mapping[str, str]] = {"measures": gettext_noop("Areas and perimeters that Cytomine measured are left out.")}

    def claims(self, source: Source) -> bool:
        """Tell by a location in WKT."""
        return source.kind == "json" and any(True for _ in _annotations(source.json))

    def read(self, source: Source, reading: Reading) -> None:
        """Read annotation by annotation. Nothing is taken before the direction of y is chosen."""
        for place, entry in _annotations(source.json):
            image = reading.image()
            if not reading.options.y_axis:
                reading.needs.add("y_axis")
                reading.refuse(f"{place}/location", "y_axis_not_chosen")
            elif reading.options.y_axis == "up" and image.target is None:
                reading.needs.add("image")
                reading.refuse(f"{place}/location", image.code or "image_not_chosen")
            else:
                _take(place, entry, image, reading)


def _annotations(root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(root, dict) and isinstance(root.get("collection"), list):
        entries = [(f"/collection/{index}", one) for index, one in enumerate(root["collection"])]
    elif isinstance(root, list):
        entries = [(f"/{index}", one) for index, one in enumerate(root)]
    else:
        entries = [("", root)]
    for place, entry in entries:
        inner = entry.get("annotation") if isinstance(entry, dict) else None
        one, where = (inner, f"{place}/annotation") if isinstance(inner, dict) else (entry, place)
        if isinstance(one, dict) and isinstance(one.get("location"), str):
            yield where, one


def _take(place: str, entry: dict[str, Any], image: FileImage, reading: Reading) -> None:
    if any(entry.get(name) for name in ("area", "perimeter")):
        reading.lose("measures")
    try:
        geometry = _geometry(entry["location"])
    except FileError as error:
        return reading.refuse(f"{place}/location", error.code, error.detail)
    if reading.options.y_axis == "up" and image.target is not None:
        height = image.target.height_px
        geometry["coordinates"] = _each(geometry["coordinates"], lambda x, y: [x, height - y])
        reading.note("y_flipped", place)
    terms = entry.get("term")
    labels = [SourceLabel(str(term)) for term in terms if isinstance(term, int | str)] if isinstance(terms, list) else []
    identity = str(entry.get("id") or "")
    reading.mark(geometry, place=f"{place}/location", image=image, source_id=identity, labels=labels, author=str(entry.get("user") or ""))
    return None


def _geometry(wkt: str) -> dict[str, Any]:
    """Return WKT as a geometry. Raises FileError."""
    if len(wkt) > _MAX_WKT:
        raise FileError("geometry_too_many_vertices")
    try:
        shape = shapely.from_wkt(wkt)
    except shapely.errors.GEOSException as error:
        raise FileError("object_malformed", "", str(error)[:100]) from error
    if shape is None or shape.is_empty:
        raise FileError("object_empty")
    kind = shape.geom_type
    if kind not in ("Point", "Polygon", "MultiPolygon"):
        raise FileError("line_not_taken" if "Line" in kind else "shape_not_taken", "", kind)
    rings = [[[list(at[:2]) for at in ring.coords] for ring in (part.exterior, *part.interiors)] for part in _polygons(shape)]
    if kind == "Point":
        return {"type": "Point", "coordinates": [shape.x, shape.y]}  # type: ignore[attr-defined]
    return {"type": kind, "coordinates": rings[0] if kind == "Polygon" else rings}


def _polygons(shape: Any) -> list[Any]:
    return [] if shape.geom_type == "Point" else list(shapely.get_parts(shape))


def _each(coordinates: Any, change: Callable[[float, float], list[float]]) -> Any:
    if coordinates and not isinstance(coordinates[0], list):
        return change(*coordinates)
    return [_each(one, change) for one in coordinates]
