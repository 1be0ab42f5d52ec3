"""Aperio ImageScope XML: layers of regions in level-0 px; a region of the same layer with NegativeROA is a hole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import shapely

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import box, closed, ellipse, number
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.importers.xml_tree import Element
from annotation.schema.problems import gettext_noop

__all__ = ["ImageScopeReader"]

_FREEHAND, _RECTANGLE, _ELLIPSE, _ARROW, _RULER = "0", "1", "2", "3", "4"
_MAX_COORDINATE: Final = float(1 << 24)


class ImageScopeReader:
    """Freehand outlines with their holes, rectangles, ellipses; the layer's name is the class."""

    name: ClassVar[str] = "imagescope"
    title: ClassVar[str] = "Aperio ImageScope XML"
    takes: ClassVar[str] = "freehand outlines with negative regions as holes, rectangles, ellipses; layer name and colour, text"
    losses: ClassVar[Mapping[str, str]] = {
        "attributes": gettext_noop("Attributes of layers and regions are left out."),
        "measures": gettext_noop("Lengths and areas that ImageScope measured are left out."),
        "invisible": gettext_noop("That a layer is hidden is left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the root and its layers."""
        root = source.xml if source.kind == "xml" else None
        return (
            root is not None
            and root.tag == "Annotations"
            and (root.child("Annotation") is not None or "MicronsPerPixel" in root.attributes)
        )

    def read(self, source: Source, reading: Reading) -> None:
        """Read layer by layer."""
        image = reading.image()
        for number_, layer in enumerate(source.xml.all("Annotation"), 1):
            if layer.get("Visible") == "0":
                reading.lose("invisible")
            _read_layer(layer, number_, image, reading)


def _read_layer(layer: Element, number_: int, image: FileImage, reading: Reading) -> None:
    regions = layer.child("Regions")
    found = list(regions.all("Region")) if regions is not None else []
    holes = [region for region in found if region.get("NegativeROA") == "1"]
    outlines = [region for region in found if region.get("NegativeROA") != "1"]
    owned = _owners(outlines, holes, reading)
    for region in outlines:
        place = _place(region)
        try:
            geometry = _geometry(region, owned.get(id(region), []))
        except FileError as error:
            reading.refuse(place, error.code, error.detail)
            continue
        if region.get("Type") == _ELLIPSE:
            reading.note("ellipse_as_outline", place)
        if any(region.get(name, "0") not in ("0", "0.0", "") for name in ("Length", "Area")):
            reading.lose("measures")
        attributes = region.child("Attributes")
        if attributes is not None and attributes.children:
            reading.lose("attributes")
        identity = f"layer {layer.get('Id', str(number_))} region {region.get('Id')}"
        reading.mark(geometry, place=place, image=image, source_id=identity, labels=_label(layer), text=region.get("Text"))


def _place(region: Element) -> str:
    return f"{region.place}, region {region.get('Id')}"


def _label(layer: Element) -> list[SourceLabel]:
    name = layer.get("Name").strip()
    if not name:
        attributes = layer.child("Attributes")
        values = [one.get("Value").strip() for one in attributes.all("Attribute")] if attributes is not None else []
        name = next((value for value in values if value), "")
    colour = layer.get("LineColor")
    packed = int(colour) if colour.isdigit() and len(colour) < 10 else -1
    # COLORREF of Windows: red is the lowest byte.
    written = f"#{packed & 255:02x}{packed >> 8 & 255:02x}{packed >> 16 & 255:02x}" if packed >= 0 else ""
    return [SourceLabel(name, colour=written)] if name else []


def _vertices(region: Element) -> list[list[float]]:
    vertices = region.child("Vertices")
    return [[number(one.get("X")), number(one.get("Y"))] for one in vertices.all("Vertex")] if vertices is not None else []


def _owners(outlines: list[Element], holes: list[Element], reading: Reading) -> dict[int, list[Element]]:
    """Return the holes of each outline: the smallest one of the layer that covers the hole."""
    owned: dict[int, list[Element]] = {}
    polygons = [(region, polygon) for region in outlines if (polygon := _polygon(region)) is not None]
    for hole in holes:
        shape = _polygon(hole)
        around = [(polygon.area, id(region)) for region, polygon in polygons if shape is not None and polygon.covers(shape)]
        if around:
            owned.setdefault(min(around)[1], []).append(hole)
        else:
            reading.refuse(_place(hole), "hole_without_outline")
    return owned


def _polygon(region: Element) -> shapely.Polygon | None:
    ring = closed(_vertices(region))
    # also false for NaN
    if len(ring) < 4 or not all(abs(value) <= _MAX_COORDINATE for position in ring for value in position):
        return None
    polygon = shapely.Polygon(ring)
    return polygon if polygon.is_valid else None


def _geometry(region: Element, holes: list[Element]) -> dict[str, Any]:
    """Return the shape of a region. Raises FileError."""
    kind, vertices = region.get("Type"), _vertices(region)
    if kind in (_ARROW, _RULER):
        raise FileError("line_not_taken")
    if kind not in (_FREEHAND, _RECTANGLE, _ELLIPSE):
        raise FileError("shape_not_taken", "", f"Type {kind[:20]}")
    if not vertices:
        raise FileError("object_empty")
    if kind == _ELLIPSE and len(vertices) >= 2:
        (x_min, y_min), (x_max, y_max) = ([pick(one[axis] for one in vertices) for axis in (0, 1)] for pick in (min, max))
        geometry = ellipse(((x_min + x_max) / 2, (y_min + y_max) / 2), ((x_max - x_min) / 2, (y_max - y_min) / 2))
    elif kind == _RECTANGLE and not holes and len({x for x, _ in vertices}) == 2 == len({y for _, y in vertices}):
        xs, ys = ([one[axis] for one in vertices] for axis in (0, 1))
        geometry = box(min(xs), min(ys), max(xs), max(ys))
    else:
        geometry = {"type": "Polygon", "coordinates": [closed(vertices)]}
    if holes:
        geometry["coordinates"] += [closed(_vertices(hole)) for hole in holes]
    return geometry
