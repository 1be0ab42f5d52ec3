"""ASAP XML (`XmlRepository.cpp` of computationalpathologygroup/ASAP): level-0 px, groups as classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import box, number, outline, point
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.importers.xml_tree import Element
from annotation.schema.problems import gettext_noop

__all__ = ["AsapReader"]

_OUTLINES: Final = ("Polygon", "Spline")


class AsapReader:
    """Dots, rectangles and polygons with the group that they are part of."""

    name: ClassVar[str] = "asap"
    title: ClassVar[str] = "ASAP XML"
    takes: ClassVar[str] = "dots, sets of points, rectangles, polygons, splines by their points; the group as class, with its colour"
    losses: ClassVar[Mapping[str, str]] = {
        "groups_of_groups": gettext_noop("That a group is part of another group is left out."),
        "spline": gettext_noop("The curve of a spline between its points is left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the root."""
        return source.kind == "xml" and source.xml.tag == "ASAP_Annotations"

    def read(self, source: Source, reading: Reading) -> None:
        """Read groups, then annotations."""
        groups = source.xml.child("AnnotationGroups")
        colours: dict[str, str] = {}
        for group in groups.all("Group") if groups is not None else ():
            colours[group.get("Name")] = group.get("Color")
            if group.get("PartOfGroup", "None") not in ("None", ""):
                reading.lose("groups_of_groups")
        image = reading.image()
        annotations = source.xml.child("Annotations")
        for number_, element in enumerate(annotations.all("Annotation") if annotations is not None else (), 1):
            _take(element, f"{element.place}, annotation {number_}", colours, image, reading)


def _take(element: Element, place: str, colours: Mapping[str, str], image: FileImage, reading: Reading) -> None:
    group = element.get("PartOfGroup", "None")
    colour = colours.get(group) or element.get("Color")
    labels = [SourceLabel(group, colour=colour.lower() if len(colour) == 7 else "")] if group not in ("None", "") else []
    kind, positions = element.get("Type"), _positions(element)
    if not positions:
        return reading.refuse(place, "object_empty")
    shapes: list[dict[str, Any]]
    if kind in ("Dot", "PointSet"):
        shapes = [point(*position) for position in positions]
        if len(shapes) > 1:
            reading.note("points_split", place)
    elif kind == "Rectangle" and (upright := _upright(positions)) is not None:
        shapes = [upright]
    elif kind in (*_OUTLINES, "Rectangle"):
        shapes = [outline(positions)]
        if kind == "Spline":
            reading.lose("spline")
    else:
        return reading.refuse(place, "shape_not_taken" if kind else "object_malformed", kind[:40])
    for number_, geometry in enumerate(shapes):
        suffix = f", point {number_ + 1}" if len(shapes) > 1 else ""
        reading.mark(geometry, place=place + suffix, image=image, labels=labels, text=_name(element))
    return None


def _name(element: Element) -> str:
    """Return the name of an annotation, unless ASAP made it."""
    name = element.get("Name")
    return "" if name.startswith("Annotation ") and name[11:].isdigit() else name


def _positions(element: Element) -> list[list[float]]:
    coordinates = element.child("Coordinates")
    found = list(coordinates.all("Coordinate")) if coordinates is not None else []
    ordered = sorted(found, key=lambda one: number(one.get("Order")) if one.get("Order").isdigit() else 0.0)
    return [[number(one.get("X")), number(one.get("Y"))] for one in ordered]


def _upright(positions: list[list[float]]) -> dict[str, Any] | None:
    """Return a box of four corners that stand upright."""
    xs, ys = {x for x, _ in positions}, {y for _, y in positions}
    if len(positions) != 4 or len(xs) != 2 or len(ys) != 2:
        return None
    return box(min(xs), min(ys), max(xs), max(ys))
