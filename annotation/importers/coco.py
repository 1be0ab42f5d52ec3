"""COCO instances and panoptic: boxes, polygons and run lengths, many images a file (cocodataset.org; pycocotools `maskApi.c`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import shapely

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import box, closed, is_number
from annotation.importers.raster import coco_counts, mask_of_columns
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.schema.masks import Mask
from annotation.schema.problems import ShapeError, gettext_noop
from annotation.schema.shapes import MAX_VERTICES

__all__ = ["CocoReader"]

_MAX_SIDE: Final = 1 << 24
_MAX_JOINED: Final = 1_000
_EXPECTED: Final = frozenset({"id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd", "attributes"})


class CocoReader:
    """Boxes, outlines and masks of object detection."""

    name: ClassVar[str] = "coco"
    title: ClassVar[str] = "COCO"
    takes: ClassVar[str] = "boxes, polygons (several parts are one mark), run lengths in both spellings; categories; many images a file"
    losses: ClassVar[Mapping[str, str]] = {
        "crowd": gettext_noop("That a mask stands for a crowd is left out."),
        "attributes": gettext_noop("Attributes that this project did not write, scores and keypoints are left out."),
        "supercategory": gettext_noop("Supercategories are left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the three lists."""
        root = source.json if source.kind == "json" else None
        return isinstance(root, dict) and all(isinstance(root.get(name), list) for name in ("images", "annotations"))

    def read(self, source: Source, reading: Reading) -> None:
        """Read images, categories, then annotations."""
        root = source.json
        images = _images(root["images"], reading)
        categories = _categories(root.get("categories"), reading)
        for number, entry in enumerate(root["annotations"]):
            place = f"/annotations/{number}"
            if not isinstance(entry, dict):
                reading.refuse(place, "object_malformed")
            elif _key(entry.get("image_id")) not in images:
                reading.refuse(f"{place}/image_id", "unknown_file_image")
            elif "segments_info" in entry:
                reading.refuse(place, "mask_elsewhere", str(entry.get("file_name", ""))[:100])
            elif _key(entry.get("category_id")) not in categories:
                reading.refuse(f"{place}/category_id", "unknown_category")
            else:
                _take(place, entry, images[_key(entry["image_id"])], categories[_key(entry["category_id"])], reading)


class _Image:
    def __init__(self, image: FileImage, frame: int | None) -> None:
        self.image, self.frame = image, frame


def _key(value: Any) -> str:
    return f"{type(value).__name__} {value}" if isinstance(value, int | str) else ""


def _images(entries: list[Any], reading: Reading) -> dict[str, _Image]:
    found: dict[str, _Image] = {}
    for number, entry in enumerate(entries):
        place = f"/images/{number}"
        key = _key(entry.get("id")) if isinstance(entry, dict) else ""
        if not key or key in found:
            reading.refuse(place, "object_malformed")
            continue
        width, height = entry.get("width"), entry.get("height")
        if not all(type(side) is int and 0 < side <= _MAX_SIDE for side in (width, height)):
            reading.refuse(place, "object_malformed", "width, height")
            continue
        ours = entry.get("attributes")
        ours = ours if isinstance(ours, dict) else {}
        name = str(ours.get("image") or entry.get("file_name", ""))[:255]
        keys = [str(ours.get("image", "")), str(ours.get("digest", ""))]
        frame = ours.get("frame")
        image = reading.image(name, width=width, height=height, keys=keys)
        found[key] = _Image(image, frame if type(frame) is int and frame >= 0 else None)
    return found


def _categories(entries: Any, reading: Reading) -> dict[str, SourceLabel]:
    found: dict[str, SourceLabel] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        key = _key(entry.get("id")) if isinstance(entry, dict) else ""
        if not key or key in found:
            reading.refuse(f"/categories/{number}", "object_malformed", "id")
            continue
        ours = entry.get("attributes")
        code = ours.get("code") if isinstance(ours, dict) else None
        if entry.get("supercategory") and not isinstance(code, str):
            reading.lose("supercategory")
        found[key] = (
            SourceLabel(str(entry.get("name", "")), code, "mitate") if isinstance(code, str) else SourceLabel(str(entry.get("name", "")))
        )
    return found


def _take(place: str, entry: dict[str, Any], image: _Image, label: SourceLabel, reading: Reading) -> None:
    try:
        geometry = _geometry(entry, place)
    except ShapeError as error:
        return reading.refuse(place + error.pointer, error.code)
    if isinstance(geometry, str):
        return reading.refuse(f"{place}/segmentation", geometry)
    if entry.get("iscrowd") == 1:
        reading.lose("crowd")
    ours = entry.get("attributes")
    ours = ours if isinstance(ours, dict) and "annotation" in ours else {}
    if set(entry) - _EXPECTED or (entry.get("attributes") and not ours):
        reading.lose("attributes")
    labels = [label] if label.text or label.code else []
    labels += [SourceLabel(code, code, "mitate") for code in _codes(ours)[1:]]
    parts = entry.get("segmentation")
    if isinstance(parts, list) and isinstance(geometry, dict) and len(parts) > 1 and _is_joined(geometry, len(parts)):
        reading.note("rings_joined", place)
    identity = str(ours.get("annotation") or entry.get("id") or "")
    if ours and image.frame is not None:
        identity += f"/{image.frame}"
    granularity = ours.get("granularity")
    said = {"granularity": granularity} if isinstance(granularity, str) else {}
    author = str(ours.get("reader", ""))
    reading.mark(geometry, place=place, image=image.image, source_id=identity, labels=labels, frame=image.frame, author=author, said=said)
    return None


def _is_joined(geometry: dict[str, Any], parts: int) -> bool:
    return geometry["type"] == "Polygon" or (geometry["type"] == "MultiPolygon" and len(geometry["coordinates"]) < parts)


def _codes(ours: dict[str, Any]) -> list[str]:
    codes = ours.get("labels")
    return [code for code in codes if isinstance(code, str)] if isinstance(codes, list) else []


def _geometry(entry: dict[str, Any], place: str) -> dict[str, Any] | Mask | str:
    """Return the most exact shape that an entry has, or a code. Raises ShapeError."""
    segmentation = entry.get("segmentation")
    attributes = entry.get("attributes")
    is_box = isinstance(attributes, dict) and attributes.get("rectangle") is True
    if isinstance(segmentation, dict):
        return _mask(segmentation)
    if isinstance(segmentation, list) and segmentation and not is_box:
        rings = [_ring(flat) for flat in segmentation]
        if any(ring is None for ring in rings):
            return "object_malformed"
        polygons = [[closed(ring)] for ring in rings if ring is not None]
        return {"type": "Polygon", "coordinates": polygons[0]} if len(polygons) == 1 else _joined(polygons)
    sides = entry.get("bbox")
    if not isinstance(sides, list) or len(sides) != 4 or not all(map(is_number, sides)):
        return "object_malformed" if sides else "object_empty"
    x, y, width, height = sides
    return box(x, y, x + width, y + height)


def _joined(polygons: list[list[list[list[float]]]]) -> dict[str, Any]:
    """Return parts as one shape; where they touch or overlap they are joined, because parts stand for the pixels in any of them."""
    apart: dict[str, Any] = {"type": "MultiPolygon", "coordinates": polygons}
    positions = [position for part in polygons for position in part[0]]
    within = all(abs(value) <= _MAX_SIDE for position in positions for value in position)  # false for NaN
    if not within or len(polygons) > _MAX_JOINED or len(positions) > MAX_VERTICES:
        return apart
    parts = [shapely.Polygon(part[0]) for part in polygons]
    if shapely.MultiPolygon(parts).is_valid or not all(part.is_valid for part in parts):
        return apart
    united = shapely.unary_union(parts)
    rings = [[[list(at) for at in ring.coords] for ring in (part.exterior, *part.interiors)] for part in shapely.get_parts(united)]
    return {"type": "MultiPolygon", "coordinates": rings} if len(rings) > 1 else {"type": "Polygon", "coordinates": rings[0]}


def _ring(flat: Any) -> list[list[float]] | None:
    if not isinstance(flat, list) or len(flat) < 6 or len(flat) % 2 or not all(map(is_number, flat)):
        return None
    return [[flat[at], flat[at + 1]] for at in range(0, len(flat), 2)]


def _mask(segmentation: dict[str, Any]) -> Mask | str:
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int and 0 < side <= _MAX_SIDE for side in size):
        return "mask_size_invalid"
    runs = coco_counts(counts) if isinstance(counts, str) else counts
    whole = isinstance(runs, list) and all(type(run) is int and run >= 0 for run in runs)
    if not whole or runs is None or sum(runs) > size[0] * size[1]:
        return "mask_size_invalid"
    return mask_of_columns(runs, height=size[0])
