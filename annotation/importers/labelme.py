"""labelme: JSON of the desktop program (wkentaro/labelme 3 to 5), and XML of the older web tool (LabelMe, CSAIL)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import box, ellipse, is_number, number, outline, point
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.importers.voc import image_of
from annotation.importers.xml_tree import Element
from annotation.schema.problems import gettext_noop

__all__ = ["LabelmeReader", "LabelmeXmlReader"]


class LabelmeReader:
    """Shapes of the desktop program; the picture that the file may carry is not looked at."""

    name: ClassVar[str] = "labelme"
    title: ClassVar[str] = "labelme JSON"
    takes: ClassVar[str] = "polygons, rectangles, circles, points; label, description"
    losses: ClassVar[Mapping[str, str]] = {
        "flags": gettext_noop("Flags and group ids are left out."),
        "picture": gettext_noop("The picture within the file is left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by its shapes and the path of the picture."""
        root = source.json if source.kind == "json" else None
        return isinstance(root, dict) and isinstance(root.get("shapes"), list) and ("imagePath" in root or "imageHeight" in root)

    def read(self, source: Source, reading: Reading) -> None:
        """Read shape by shape."""
        root = source.json
        width, height = root.get("imageWidth"), root.get("imageHeight")
        known = all(type(side) is int and 0 < side < 1 << 24 for side in (width, height))
        name = str(root.get("imagePath") or "").replace("\\", "/").rsplit("/", 1)[-1][:255]
        image = reading.image(name, width=width if known else None, height=height if known else None)
        if root.get("imageData"):
            reading.lose("picture")
        for index, shape in enumerate(root["shapes"]):
            _take(f"/shapes/{index}", shape, image, reading)


def _take(place: str, shape: Any, image: FileImage, reading: Reading) -> None:
    points = shape.get("points") if isinstance(shape, dict) else None
    if not isinstance(points, list) or not all(isinstance(at, list) and len(at) == 2 and all(map(is_number, at)) for at in points):
        return reading.refuse(place, "object_malformed")
    if shape.get("flags") or shape.get("group_id") is not None:
        reading.lose("flags")
    kind = shape.get("shape_type") or "polygon"
    geometry: dict[str, Any]
    if kind == "polygon" and points:
        geometry = outline(points)
    elif kind == "rectangle" and len(points) == 2:
        (x_a, y_a), (x_b, y_b) = points  # dragged from any corner
        geometry = box(min(x_a, x_b), min(y_a, y_b), max(x_a, x_b), max(y_a, y_b))
    elif kind == "circle" and len(points) == 2:
        reading.note("circle_as_outline", place)
        radius = math.hypot(number(points[1][0]) - number(points[0][0]), number(points[1][1]) - number(points[0][1]))
        geometry = ellipse([number(points[0][0]), number(points[0][1])], (radius, radius))
    elif kind == "point" and len(points) == 1:
        geometry = point(*points[0])
    else:
        return reading.refuse(place, "line_not_taken" if kind in ("line", "linestrip") else "shape_not_taken", str(kind)[:40])
    label, text = shape.get("label"), shape.get("description")
    labels = [SourceLabel(label)] if isinstance(label, str) and label else []
    reading.mark(geometry, place=place, image=image, labels=labels, text=text if isinstance(text, str) else "")
    return None


class LabelmeXmlReader:
    """Polygons and boxes of the web tool; masks lie in files beside it."""

    name: ClassVar[str] = "labelme-xml"
    title: ClassVar[str] = "LabelMe XML"
    takes: ClassVar[str] = "polygons, bounding boxes; name, attributes as text, user name"
    losses: ClassVar[Mapping[str, str]] = {
        "parts": gettext_noop("Which object is part of which is left out."),
        "occluded": gettext_noop("Occlusion is left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by objects with polygons or segments."""
        root = source.xml if source.kind == "xml" else None
        return (
            root is not None and root.tag == "annotation" and any(one.child("polygon") or one.child("segm") for one in root.all("object"))
        )

    def read(self, source: Source, reading: Reading) -> None:
        """Read object by object; deleted ones are none."""
        image = image_of(source.xml, reading, ("imagesize", "ncols"), ("imagesize", "nrows"))
        for index, entry in enumerate(source.xml.all("object"), 1):
            if entry.text_of("deleted") != "1":
                _take_object(f"{entry.place}, object {index}", entry, image, reading)


def _take_object(place: str, entry: Element, image: FileImage, reading: Reading) -> None:
    polygon = entry.child("polygon")
    if polygon is None:
        mask = entry.text_of("segm", "mask")
        return reading.refuse(place, "mask_elsewhere" if mask else "object_empty", mask[:100])
    if entry.text_of("parts", "hasparts") or entry.text_of("parts", "ispartof"):
        reading.lose("parts")
    if entry.text_of("occluded") == "yes":
        reading.lose("occluded")
    ring = [[number(one.text_of("x")), number(one.text_of("y"))] for one in polygon.all("pt")]
    geometry = outline(ring)
    if entry.text_of("type") == "bounding_box" and len(ring) == 4:
        geometry = box(min(x for x, _ in ring), min(y for _, y in ring), max(x for x, _ in ring), max(y for _, y in ring))
    name = entry.text_of("name")
    reading.mark(
        geometry,
        place=place,
        image=image,
        source_id=f"object {entry.text_of('id')}" if entry.text_of("id") else "",
        labels=[SourceLabel(name)] if name else [],
        text=entry.text_of("attributes"),
        author=polygon.text_of("username"),
    )
    return None
