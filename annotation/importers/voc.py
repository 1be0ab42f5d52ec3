"""Pascal VOC: upright boxes with names, one image a file (VOC development kit, section 4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import box, number
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.importers.xml_tree import Element
from annotation.schema.problems import gettext_noop

__all__ = ["OWN_DATABASE", "VocReader", "image_of"]

OWN_DATABASE: Final = "Mitate"
"""What our own files name as their source; their boxes are in continuous pixels, as detection tools of today read them."""


class VocReader:
    """Boxes by their first and last pixels, counted from 1 as VOC does; in our own files by continuous pixels, which they say."""

    name: ClassVar[str] = "voc"
    title: ClassVar[str] = "Pascal VOC"
    takes: ClassVar[str] = "boxes of objects and of their parts"
    losses: ClassVar[Mapping[str, str]] = {
        "attributes": gettext_noop("Pose, truncation, difficulty and actions are left out."),
        "parts": gettext_noop("That a part belongs to an object is left out; parts are marks of their own."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the root and by the boxes of its objects."""
        if source.kind != "xml" or source.xml.tag != "annotation":
            return False
        objects = list(source.xml.all("object"))
        polygons = any(one.child("polygon") or one.child("segm") for one in objects)
        return not polygons and (source.xml.child("size") is not None or any(one.child("bndbox") for one in objects))

    def read(self, source: Source, reading: Reading) -> None:
        """Read objects, each with its parts."""
        image = image_of(source.xml, reading, ("size", "width"), ("size", "height"))
        is_counted = source.xml.text_of("source", "database") != OWN_DATABASE
        for number_, entry in enumerate(source.xml.all("object"), 1):
            _take(entry, f"{entry.place}, object {number_}", image, reading, is_counted=is_counted)
            for part in entry.all("part"):
                reading.lose("parts")
                _take(part, part.place, image, reading, is_counted=is_counted)
            if any(entry.child(name) for name in ("pose", "truncated", "difficult", "actions")):
                reading.lose("attributes")


def image_of(root: Element, reading: Reading, width: tuple[str, ...], height: tuple[str, ...]) -> FileImage:
    """Return the image that a file names in `filename`, with its size where the file says it."""
    sides = [number(root.text_of(*path)) for path in (width, height)]
    known = all(math.isfinite(side) and side > 0 for side in sides)
    return reading.image(root.text_of("filename")[:255], width=int(sides[0]) if known else None, height=int(sides[1]) if known else None)


def _take(entry: Element, place: str, image: FileImage, reading: Reading, *, is_counted: bool) -> None:
    sides = entry.child("bndbox")
    if sides is None:
        return reading.refuse(place, "object_empty")
    x_min, y_min, x_max, y_max = (number(sides.text_of(name)) for name in ("xmin", "ymin", "xmax", "ymax"))
    # The first pixel is 1, and the last one belongs to the box.
    before = 1 if is_counted else 0
    taken = reading.mark(box(x_min - before, y_min - before, x_max, y_max), place=place, image=image, labels=_label(entry.text_of("name")))
    if taken and is_counted:
        reading.note("one_based", place)
    return None


def _label(name: str) -> list[SourceLabel]:
    return [SourceLabel(name)] if name else []
