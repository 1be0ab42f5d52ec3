"""GeoJSON as QuPath writes it (0.1 to 0.6), and as this project writes it for QuPath: level-0 px, one image a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import is_number
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.importers.strict_json import parse_json
from annotation.schema.problems import gettext_noop

__all__ = ["GeoJsonReader"]

_GEOMETRIES: Final = ("Point", "MultiPoint", "Polygon", "MultiPolygon", "LineString", "MultiLineString", "GeometryCollection")
_ROOTS: Final = ("Feature", "FeatureCollection", *_GEOMETRIES)
_OURS: Final = "mitate:"


class GeoJsonReader:
    """Objects of QuPath: outlines with holes, boxes, points; classes with colours; planes of stacks."""

    name: ClassVar[str] = "qupath"
    title: ClassVar[str] = "QuPath GeoJSON"
    takes: ClassVar[str] = "polygons and multipolygons with holes, points, groups of points; class, colour, name, description, plane"
    losses: ClassVar[Mapping[str, str]] = {
        "measurements": gettext_noop("Measurements of objects are left out."),
        "nucleus": gettext_noop("The nucleus within a cell is left out; the cell's outline is taken."),
        "lock": gettext_noop("Whether an object is locked is left out."),
        "metadata": gettext_noop("Metadata that this project did not write is left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the type of the root, of the first entry, or of the first line."""
        if source.kind == "lines":
            first = parse_json(next(line for line in source.data.split(b"\n") if line.strip()))
            return isinstance(first, dict) and first.get("type") in _ROOTS
        if source.kind != "json":
            return False
        root = source.json
        if isinstance(root, list):
            return bool(root) and isinstance(root[0], dict) and root[0].get("type") == "Feature"
        return isinstance(root, dict) and isinstance(root.get("type"), str) and root["type"] in _ROOTS

    def read(self, source: Source, reading: Reading) -> None:
        """Read features one by one; each is taken or refused by itself."""
        image = reading.image()
        for place, feature in _features(source, reading):
            _take(place, feature, image, reading)


def _features(source: Source, reading: Reading) -> Iterator[tuple[str, Any]]:
    if source.kind == "lines":
        for number, line in enumerate(source.data.split(b"\n"), 1):
            if line.strip():
                try:
                    yield f"line {number}", parse_json(line)
                except FileError as error:
                    reading.refuse(f"line {number}", error.code, error.detail)
        return
    root = source.json
    if isinstance(root, list):
        yield from ((f"/{number}", feature) for number, feature in enumerate(root))
    elif root["type"] == "FeatureCollection":
        features = root.get("features")
        if not isinstance(features, list):
            raise FileError("object_malformed", "/features")
        yield from ((f"/features/{number}", feature) for number, feature in enumerate(features))
    elif root["type"] == "Feature":
        yield "", root
    else:
        yield "", {"type": "Feature", "geometry": root, "properties": {}}


def _take(place: str, feature: Any, image: FileImage, reading: Reading) -> None:
    if not isinstance(feature, dict):
        return reading.refuse(place, "object_malformed")
    geometry = feature.get("geometry")
    if geometry is None:
        return reading.refuse(f"{place}/geometry", "object_empty")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or not isinstance(kind, str):
        return reading.refuse(f"{place}/geometry", "object_malformed")
    if kind in ("LineString", "MultiLineString"):
        return reading.refuse(f"{place}/geometry", "line_not_taken")
    if kind not in ("Point", "MultiPoint", "Polygon", "MultiPolygon"):
        return reading.refuse(f"{place}/geometry/type", "shape_not_taken", kind[:40])
    properties = feature.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    metadata = properties.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    _count_losses(feature, properties, metadata, reading)
    identity = feature.get("id")
    identity = identity if isinstance(identity, str) and identity != "PathAnnotationObject" else ""
    labels, said = _labels(place, properties, metadata, reading), _said(properties, metadata)
    where = f"{place}/geometry" if place.startswith("/") or not place else place
    for suffix, one in _parts(geometry, said):
        if suffix:
            reading.note("points_split", place)
        reading.mark(
            one,
            place=where + suffix,
            image=image,
            source_id=identity + suffix if identity else "",
            labels=labels,
            frame=_frame(geometry),
            text=_text(properties, metadata),
            author=str(metadata.get("mitate:reader", "")),
            said=said,
        )
    return None


def _parts(geometry: dict[str, Any], said: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    kind, coordinates = geometry["type"], geometry.get("coordinates")
    if kind == "MultiPoint":
        points = coordinates if isinstance(coordinates, list) else []
        for number, position in enumerate(points):
            yield f"/coordinates/{number}", {"type": "Point", "coordinates": _flat(position)}
    elif kind == "Point":
        yield "", {"type": "Point", "coordinates": _flat(coordinates)}
    elif kind == "Polygon" and said.get("granularity") == "box" and (sides := _upright(coordinates)):
        yield "", {"type": "Rectangle", "bbox": sides}
    else:
        yield "", {"type": kind, "coordinates": coordinates}


def _flat(position: Any) -> Any:
    """Return x and y of a position; some writers add a height of 0."""
    return position[:2] if isinstance(position, list) and len(position) == 3 and position[2] == 0 else position


def _upright(rings: Any) -> list[float] | None:
    """Return x, y, width and height where the rings are one upright box, as this project writes boxes."""
    if not isinstance(rings, list) or len(rings) != 1 or not isinstance(rings[0], list) or len(rings[0]) != 5:
        return None
    ring = rings[0]
    if not all(isinstance(at, list) and len(at) == 2 and all(map(is_number, at)) for at in ring) or ring[0] != ring[4]:
        return None
    xs, ys = sorted({at[0] for at in ring}), sorted({at[1] for at in ring})
    turns = all(one[0] == other[0] or one[1] == other[1] for one, other in pairwise(ring))
    if len(xs) != 2 or len(ys) != 2 or not turns:
        return None
    return [xs[0], ys[0], xs[1] - xs[0], ys[1] - ys[0]]


def _labels(place: str, properties: dict[str, Any], metadata: dict[str, Any], reading: Reading) -> list[SourceLabel]:
    said = properties.get("classification")
    name, colour = "", ""
    if isinstance(said, dict):
        names = said.get("name") or said.get("names") or ""
        name = ": ".join(map(str, names)) if isinstance(names, list) else str(names)
        given = said.get("color", said.get("colorRGB"))
        colour = _colour(given)
        if given is not None and not colour:
            reading.note("colour_unreadable", place)
    elif isinstance(said, str):
        name = said
    codes = str(metadata.get("mitate:labels", "")).replace(",", " ").split()
    if codes:
        return [
            SourceLabel(name if number == 0 else code, code, "mitate", colour if number == 0 else "") for number, code in enumerate(codes)
        ]
    return [SourceLabel(name, colour=colour)] if name else []


def _colour(value: Any) -> str:
    """Return #rrggbb of three numbers, or of QuPath's packed signed integer (ARGB)."""
    if isinstance(value, list) and len(value) == 3 and all(type(part) is int and 0 <= part <= 255 for part in value):
        return "#{:02x}{:02x}{:02x}".format(*value)
    if type(value) is int and -(1 << 31) <= value < 1 << 32:
        return f"#{value & 0xFFFFFF:06x}"
    return ""


def _frame(geometry: dict[str, Any]) -> int | None:
    """Return the plane: z of a stack, or t where there is but one z."""
    plane = geometry.get("plane")
    if not isinstance(plane, dict):
        return None
    depth, time = plane.get("z", 0), plane.get("t", 0)
    if type(depth) is not int or type(time) is not int or min(depth, time) < 0:
        return None
    return depth or time


def _text(properties: dict[str, Any], metadata: dict[str, Any]) -> str:
    words = [properties.get("name"), metadata.get("ANNOTATION_DESCRIPTION") or properties.get("description")]
    return "\n".join(word for word in words if isinstance(word, str) and word)


def _said(properties: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    granularity = metadata.get("mitate:granularity")
    if isinstance(granularity, str) and granularity:
        return {"granularity": granularity}
    return {"granularity": "cell"} if properties.get("objectType") in ("detection", "cell") else {}


def _count_losses(feature: dict[str, Any], properties: dict[str, Any], metadata: dict[str, Any], reading: Reading) -> None:
    if properties.get("measurements"):
        reading.lose("measurements")
    if feature.get("nucleusGeometry") or properties.get("nucleusGeometry"):
        reading.lose("nucleus")
    if properties.get("isLocked") is True:
        reading.lose("lock")
    if any(not str(key).startswith((_OURS, "ANNOTATION_DESCRIPTION")) for key in metadata):
        reading.lose("metadata")
