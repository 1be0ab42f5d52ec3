"""CVAT for images and for video 1.1 (docs.cvat.ai, XML annotation format): px, tracks with keyframes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import box, ellipse, number, outline, point, turned_box
from annotation.importers.problems import FileError
from annotation.importers.raster import mask_of_rows
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.importers.xml_tree import Element
from annotation.schema.masks import Mask
from annotation.schema.problems import ShapeError, gettext_noop

__all__ = ["CvatReader"]

_SHAPES: Final = ("box", "polygon", "polyline", "points", "ellipse", "mask", "cuboid", "skeleton")
_MAX_SIDE: Final = 1 << 24


class CvatReader:
    """Boxes, polygons, points, ellipses and masks on images; tracks on videos."""

    name: ClassVar[str] = "cvat"
    title: ClassVar[str] = "CVAT XML"
    takes: ClassVar[str] = "boxes, polygons, points, ellipses, masks, labels with colours; tracks with keyframes and outside"
    losses: ClassVar[Mapping[str, str]] = {
        "attributes": gettext_noop("Attributes of shapes are left out."),
        "order": gettext_noop("What lies in front (z order), occlusion and groups are left out."),
        "tags": gettext_noop("Tags of whole images are left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the root and what lies in it."""
        root = source.xml if source.kind == "xml" else None
        return root is not None and root.tag == "annotations" and any(root.child(tag) for tag in ("version", "image", "track", "meta"))

    def read(self, source: Source, reading: Reading) -> None:
        """Read images with their shapes, then tracks."""
        colours = _colours(source.xml)
        for element in source.xml.all("image"):
            size = [number(element.get(name)) for name in ("width", "height")]
            known = all(0 < side <= _MAX_SIDE for side in size)
            image = reading.image(element.get("name")[:255], width=int(size[0]) if known else None, height=int(size[1]) if known else None)
            for shape in element.children:
                _take(shape, image, colours, reading)
        tracks = list(source.xml.all("track"))
        if tracks:
            _read_tracks(source.xml, tracks, colours, reading)


def _colours(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for holder in ("task", "job", "project"):
        labels = root.child("meta", holder, "labels")
        for label in labels.all("label") if labels is not None else ():
            found[label.text_of("name")] = label.text_of("color") if label.text_of("color").startswith("#") else ""
    return found


def _label(name: str, colours: Mapping[str, str]) -> list[SourceLabel]:
    return [SourceLabel(name, colour=colours.get(name, ""))] if name else []


def _take(element: Element, image: FileImage, colours: Mapping[str, str], reading: Reading) -> None:
    place = f"{element.place}, {element.tag}"
    if element.tag == "tag":
        return reading.lose("tags")
    if element.tag not in _SHAPES:
        return None
    _count_losses(element, reading)
    try:
        shapes = list(_shapes(element, reading, place))
    except (FileError, ShapeError) as error:
        return reading.refuse(place, error.code)
    for number_, geometry in enumerate(shapes):
        suffix = f", point {number_ + 1}" if len(shapes) > 1 else ""
        if suffix:
            reading.note("points_split", place)
        reading.mark(geometry, place=place + suffix, image=image, labels=_label(element.get("label"), colours))
    return None


def _shapes(element: Element, reading: Reading, place: str) -> Iterator[dict[str, Any] | Mask]:
    """Yield what an element shows. Raises FileError or ShapeError with a code."""
    if element.tag == "polyline":
        raise FileError("line_not_taken")
    if element.tag in ("cuboid", "skeleton"):
        raise FileError("shape_not_taken")
    if element.tag == "points":
        yield from (point(*position) for position in _positions(element))
    elif element.tag == "polygon":
        yield outline(_positions(element))
    elif element.tag == "mask":
        yield _mask(element)
    elif element.tag == "ellipse":
        reading.note("ellipse_as_outline", place)
        cx, cy, rx, ry, turned = (number(element.get(name, "0")) for name in ("cx", "cy", "rx", "ry", "rotation"))
        yield ellipse((cx, cy), (rx, ry), turned)
    else:
        yield _box(element, reading, place)


def _box(element: Element, reading: Reading, place: str) -> dict[str, Any]:
    x_min, y_min, x_max, y_max = (number(element.get(name)) for name in ("xtl", "ytl", "xbr", "ybr"))
    turned = number(element.get("rotation", "0"))
    if turned % 360 == 0:
        return box(x_min, y_min, x_max, y_max)
    reading.note("rotated_as_outline", place)
    return turned_box(((x_min + x_max) / 2, (y_min + y_max) / 2), (x_max - x_min, y_max - y_min), math.radians(turned))


def _positions(element: Element) -> list[list[float]]:
    pairs = [pair.split(",") for pair in element.get("points").split(";") if pair]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise FileError("object_malformed")
    return [[number(x), number(y)] for x, y in pairs]


def _mask(element: Element) -> Mask:
    left, top, width, height = (element.get(name) for name in ("left", "top", "width", "height"))
    words = element.get("rle").split(",")
    if not all(word.strip().isdigit() and len(word) < 12 for word in (left, top, width, height, *words)):
        raise FileError("object_malformed")
    runs = [int(word) for word in words]
    if not 0 < int(width) <= _MAX_SIDE or not 0 < int(height) <= _MAX_SIDE or sum(runs) > int(width) * int(height):
        raise FileError("mask_size_invalid")
    return mask_of_rows(runs, width=int(width), x_px=int(left), y_px=int(top))


def _read_tracks(root: Element, tracks: list[Element], colours: Mapping[str, str], reading: Reading) -> None:
    sides = [number(root.text_of("meta", holder, "original_size", name)) for holder in ("task", "job") for name in ("width", "height")]
    size = [int(side) for side in sides if 0 < side <= _MAX_SIDE][:2]
    image = reading.image(
        root.text_of("meta", "source")[:255] or root.text_of("meta", "task", "source")[:255],
        width=size[0] if len(size) == 2 else None,
        height=size[1] if len(size) == 2 else None,
    )
    for track in tracks:
        _take_track(track, image, colours, reading)


def _take_track(track: Element, image: FileImage, colours: Mapping[str, str], reading: Reading) -> None:
    place = f"{track.place}, track {track.get('id')}"
    entries: dict[int, dict[str, Any]] = {}
    was_outside = True
    for element in track.children:
        if element.tag not in _SHAPES:
            continue
        _count_losses(element, reading)
        frame = number(element.get("frame"))
        if not (0 <= frame < 1 << 31) or frame != int(frame):
            return reading.refuse(f"{element.place}, {element.tag}", "object_malformed", "frame")
        outside = element.get("outside") == "1"
        if element.get("keyframe", "1") != "1" and not outside:
            continue  # CVAT reckoned it from the keyframes around it, as is done here
        if outside and was_outside:
            continue
        was_outside = outside
        entry = _keyframe(element, int(frame), outside, reading)
        if entry is None:
            return None
        entries[int(frame)] = entry
    if not entries:
        return reading.refuse(place, "object_empty")
    geometry = {"type": "Track", "interpolation": "linear", "keyframes": [entries[frame] for frame in sorted(entries)]}
    reading.mark(geometry, place=place, image=image, source_id=f"track {track.get('id')}", labels=_label(track.get("label"), colours))
    return None


def _keyframe(element: Element, frame: int, outside: bool, reading: Reading) -> dict[str, Any] | None:
    """Return a keyframe, or None after refusing the track that it belongs to."""
    if outside:
        return {"frame": frame, "outside": True}
    place = f"{element.place}, {element.tag}"
    code = ""
    try:
        shapes = list(_shapes(element, reading, place))
    except (FileError, ShapeError) as error:
        code = error.code
    else:
        code = "shape_not_taken" if len(shapes) != 1 or isinstance(shapes[0], Mask) else ""
    if code:
        reading.refuse(place, code)
        return None
    return {"frame": frame, "outside": False, "geometry": shapes[0]}


def _count_losses(element: Element, reading: Reading) -> None:
    if element.child("attribute") is not None:
        reading.lose("attributes")
    if element.get("occluded") == "1" or element.get("z_order", "0") != "0" or element.get("group_id"):
        reading.lose("order")
