"""Hamamatsu NDPA: nanometres from the middle of the glass slide, to be placed by the slide's offset and resolution.

x px = (x nm - x offset nm) / nm per px + width / 2, and likewise y, with `hamamatsu.XOffsetFromSlideCentre` of the NDPI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from annotation.importers.facts import SourceLabel, Target
from annotation.importers.figures import box, ellipse, number, outline, point
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.importers.xml_tree import Element
from annotation.schema.problems import gettext_noop

__all__ = ["NdpaReader"]

_LINES: Final = ("linearmeasure", "ruler", "pointer", "arrow")
Place = Callable[[float, float], list[float]]


class NdpaReader:
    """Freehand outlines, rectangles, circles and pins of NDP.view; the slide must be known."""

    name: ClassVar[str] = "ndpa"
    title: ClassVar[str] = "Hamamatsu NDPA"
    takes: ClassVar[str] = "closed freehand outlines, rectangles, circles, pins; title as class, details as text, colour"
    losses: ClassVar[Mapping[str, str]] = {"view": gettext_noop("The magnification and position of the saved view are left out.")}

    def claims(self, source: Source) -> bool:
        """Tell by its views."""
        return source.kind == "xml" and source.xml.tag == "annotations" and source.xml.child("ndpviewstate") is not None

    def read(self, source: Source, reading: Reading) -> None:
        """Read view by view."""
        image = reading.image()
        place = _placing(image, reading)
        for view in source.xml.all("ndpviewstate"):
            reading.lose("view")
            where = f"{view.place}, view {view.get('id')}"
            if view.child("annotation") is None:
                reading.refuse(where, "object_empty")
            elif place is None:
                reading.refuse(where, _missing(image))
            elif view.text_of("coordformat") not in ("nanometers", "nanometres"):
                reading.refuse(where, "object_malformed", "coordformat")
            else:
                _take(where, view, place, image, reading)


def _missing(image: FileImage) -> str:
    if image.target is None:
        return image.code or "image_not_chosen"
    return "spacing_unknown" if image.target.spacing_um is None else "offset_unknown"


def _placing(image: FileImage, reading: Reading) -> Place | None:
    target: Target | None = image.target
    if target is None:
        reading.needs.add("image")
        return None
    spacing, offset = target.spacing_um, target.centre_offset_nm
    if spacing is None or offset is None:
        return None
    width, height = target.width_px, target.height_px

    def placed(x_nm: float, y_nm: float) -> list[float]:
        return [(x_nm - offset[0]) / (spacing[0] * 1000) + width / 2, (y_nm - offset[1]) / (spacing[1] * 1000) + height / 2]

    return placed


def _take(where: str, view: Element, place: Place, image: FileImage, reading: Reading) -> None:
    annotation = view.child("annotation") or view
    kind = annotation.get("type")
    if kind in _LINES:
        return reading.refuse(where, "line_not_taken")
    points = annotation.child("pointlist")
    ring = [place(number(one.text_of("x")), number(one.text_of("y"))) for one in points.all("point")] if points is not None else []
    geometry: dict[str, Any]
    if kind == "pin":
        geometry = point(*place(number(annotation.text_of("x")), number(annotation.text_of("y"))))
    elif kind == "circle":
        x_nm, y_nm, radius_nm = (number(annotation.text_of(name)) for name in ("x", "y", "radius"))
        middle, edge, below = place(x_nm, y_nm), place(x_nm + radius_nm, y_nm), place(x_nm, y_nm + radius_nm)
        reading.note("circle_as_outline", where)
        geometry = ellipse(middle, (edge[0] - middle[0], below[1] - middle[1]))
    elif kind == "freehand" and annotation.text_of("closed") == "0":
        return reading.refuse(where, "line_not_taken")
    elif kind == "freehand" and ring and annotation.text_of("specialtype") == "rectangle":
        geometry = box(*(pick(at[axis] for at in ring) for pick in (min, max) for axis in (0, 1)))
    elif kind == "freehand" and ring:
        geometry = outline(ring)
    else:
        return reading.refuse(where, "shape_not_taken" if kind else "object_malformed", kind[:40])
    title, colour = view.text_of("title"), annotation.get("color").lower()
    labels = [SourceLabel(title, colour=colour if len(colour) == 7 and colour.startswith("#") else "")] if title else []
    reading.mark(geometry, place=where, image=image, source_id=f"view {view.get('id')}", labels=labels, text=view.text_of("details"))
    return None
