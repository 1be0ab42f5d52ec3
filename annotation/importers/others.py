"""Smaller formats: Datumaro JSON, HoVer-Net JSON, Sectra JSON; and files that are known to hold nothing that can be taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import box, is_number, outline, point
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.schema.problems import gettext_noop

__all__ = ["ArchiveReader", "DatumaroReader", "HoverNetReader", "SectraReader"]

_QUPATH_MEMBER: Final = (b"project.qpproj", b".qpdata")


class DatumaroReader:
    """Boxes, polygons, points and labels of whole images."""

    name: ClassVar[str] = "datumaro"
    title: ClassVar[str] = "Datumaro JSON"
    takes: ClassVar[str] = "boxes, polygons, points; labels of whole images as the diagnosis of the image"
    losses: ClassVar[Mapping[str, str]] = {"attributes": gettext_noop("Attributes, groups and scores are left out.")}

    def claims(self, source: Source) -> bool:
        """Tell by its categories and items."""
        root = source.json if source.kind == "json" else None
        return isinstance(root, dict) and isinstance(root.get("items"), list) and isinstance(root.get("categories"), dict)

    def read(self, source: Source, reading: Reading) -> None:
        """Read item by item; the labels of an image are one mark."""
        listed = source.json["categories"].get("label")
        entries = listed.get("labels") if isinstance(listed, dict) else None
        names = [str(one.get("name", "")) if isinstance(one, dict) else "" for one in entries] if isinstance(entries, list) else []
        for index, item in enumerate(source.json["items"]):
            place = f"/items/{index}"
            annotations = item.get("annotations") if isinstance(item, dict) else None
            if not isinstance(annotations, list):
                reading.refuse(place, "object_malformed")
                continue
            _read_item(place, item, annotations, names, reading)


def _read_item(place: str, item: dict[str, Any], annotations: list[Any], names: list[str], reading: Reading) -> None:
    media = item.get("image") or item.get("media")
    path = media.get("path") if isinstance(media, dict) else None
    size = media.get("size") if isinstance(media, dict) else None
    known = isinstance(size, list) and len(size) == 2 and all(type(side) is int and 0 < side < 1 << 24 for side in size)
    height, width = size if known and size else (None, None)
    image = reading.image(str(path or item.get("id", ""))[:255], width=width, height=height)
    whole: list[SourceLabel] = []
    for index, entry in enumerate(annotations):
        where = f"{place}/annotations/{index}"
        number = entry.get("label_id") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or (number is not None and (type(number) is not int or not 0 <= number < len(names))):
            reading.refuse(where, "unknown_category" if isinstance(entry, dict) else "object_malformed")
            continue
        labels = [SourceLabel(names[number])] if number is not None else []
        if entry.get("attributes"):
            reading.lose("attributes")
        if entry.get("type") == "label":
            whole += labels
        else:
            _take_datumaro(where, entry, labels, image, reading)
    if whole:
        reading.mark(None, place=place, image=image, labels=whole, said={"granularity": "diagnosis"})


def _take_datumaro(place: str, entry: dict[str, Any], labels: list[SourceLabel], image: FileImage, reading: Reading) -> None:
    kind, sides, flat = entry.get("type"), entry.get("bbox"), entry.get("points")
    if kind == "bbox" and isinstance(sides, list) and len(sides) == 4 and all(map(is_number, sides)):
        shapes = [box(sides[0], sides[1], sides[0] + sides[2], sides[1] + sides[3])]
    elif kind in ("polygon", "points") and isinstance(flat, list) and flat and len(flat) % 2 == 0 and all(map(is_number, flat)):
        positions = [[flat[at], flat[at + 1]] for at in range(0, len(flat), 2)]
        shapes = [outline(positions)] if kind == "polygon" else [point(*position) for position in positions]
    else:
        return reading.refuse(place, "line_not_taken" if kind == "polyline" else "shape_not_taken", str(kind)[:40])
    for number, geometry in enumerate(shapes):
        reading.mark(geometry, place=place + (f"/points/{number}" if len(shapes) > 1 else ""), image=image, labels=labels)
    return None


class HoverNetReader:
    """Nuclei by their contours, x first; the boxes, which count rows first, are not needed."""

    name: ClassVar[str] = "hovernet"
    title: ClassVar[str] = "HoVer-Net JSON"
    takes: ClassVar[str] = "nuclei as outlines; the number of their type as class"
    losses: ClassVar[Mapping[str, str]] = {"probability": gettext_noop("Probabilities of types are left out.")}

    def claims(self, source: Source) -> bool:
        """Tell by its nuclei."""
        root = source.json if source.kind == "json" else None
        nuclei = root.get("nuc") if isinstance(root, dict) else None
        return isinstance(nuclei, dict) and all(isinstance(one, dict) and "contour" in one for one in list(nuclei.values())[:3])

    def read(self, source: Source, reading: Reading) -> None:
        """Read nucleus by nucleus."""
        image = reading.image()
        for key, nucleus in source.json["nuc"].items():
            place = f"/nuc/{key}"
            ring = nucleus.get("contour") if isinstance(nucleus, dict) else None
            if not isinstance(ring, list) or not all(isinstance(at, list) and len(at) == 2 and all(map(is_number, at)) for at in ring):
                reading.refuse(place, "object_malformed")
                continue
            if nucleus.get("type_prob") is not None:
                reading.lose("probability")
            kind = nucleus.get("type")
            labels = [SourceLabel(f"type {kind}")] if type(kind) is int else []
            reading.mark(outline(ring), place=f"{place}/contour", image=image, source_id=key, labels=labels, said={"granularity": "cell"})


class SectraReader:
    """Areas of Sectra's viewer: fractions, and the file does not say of what."""

    name: ClassVar[str] = "sectra"
    title: ClassVar[str] = "Sectra JSON"
    takes: ClassVar[str] = "nothing: its fractions cannot be placed without guessing"
    losses: ClassVar[Mapping[str, str]] = {}

    def claims(self, source: Source) -> bool:
        """Tell by its members."""
        root = source.json if source.kind == "json" else None
        return isinstance(root, dict) and isinstance(root.get("content"), list) and "slideId" in root

    def read(self, source: Source, reading: Reading) -> None:
        """Refuse the one shape in it."""
        reading.refuse("/content", "fractions_not_placed")


class ArchiveReader:
    """Archives, and QuPath projects among them: told, not opened."""

    name: ClassVar[str] = "archive"
    title: ClassVar[str] = "Archives and QuPath projects"
    takes: ClassVar[str] = "nothing: the files in it are to be chosen, a QuPath project exported as GeoJSON"
    losses: ClassVar[Mapping[str, str]] = {}

    def claims(self, source: Source) -> bool:
        """Tell by the first bytes."""
        return source.kind == "zip"

    def read(self, source: Source, reading: Reading) -> None:
        """Raise FileError ``qupath_project`` or ``archive``."""
        # The names of members stand uncompressed in the archive's table of contents.
        is_project = any(name in source.data for name in _QUPATH_MEMBER)
        raise FileError("qupath_project" if is_project else "archive")
