"""DICOM SR, TID 1500 (PS3.16): regions of measurement groups with their finding. SCOORD has the origin and direction used here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.figures import ellipse, point
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.schema.problems import gettext_noop

__all__ = ["OtherDicomReader", "SrReader", "figures_of"]

_GROUP, _FINDING, _TRACKING, _TRACKING_UID, _OBSERVER = "125007", "121071", "112039", "112040", "121008"
_MAX_DEPTH: Final = 24


class SrReader:
    """Points, closed polylines, circles and ellipses of measurement groups."""

    name: ClassVar[str] = "dicom-sr"
    title: ClassVar[str] = "DICOM SR (TID 1500)"
    takes: ClassVar[str] = "points, closed polylines, circles and ellipses of measurement groups on the referenced frame; finding, observer"
    losses: ClassVar[Mapping[str, str]] = {
        "measurements": gettext_noop("Measurements and evaluations of a group are left out."),
        "site": gettext_noop("Finding sites and categories are left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the modality."""
        return source.modality == "SR"

    def read(self, source: Source, reading: Reading) -> None:
        """Read measurement groups wherever they stand. Raises FileError ``no_annotations`` where there is none."""
        content = list(source.dicom.get("ContentSequence", ()))
        groups = [(place, item) for place, item in _walk(content, "") if _concept(item) == _GROUP]
        if not groups:
            raise FileError("no_annotations")
        observer = next((str(item.get("PersonName") or item.get("TextValue", "")) for item in content if _concept(item) == _OBSERVER), "")
        for place, group in groups:
            _read_group(place, group, observer, reading)


def _walk(items: Any, place: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the items of a tree with their places as SR counts them: 1.2.3."""
    if depth > _MAX_DEPTH:
        raise FileError("dicom_malformed", place, "nested too deeply")
    for number, item in enumerate(items, 1):
        here = f"{place}.{number}" if place else f"item {number}"
        yield here, item
        yield from _walk(item.get("ContentSequence", ()), here, depth + 1)


def _concept(item: Any) -> str:
    named = item.get("ConceptNameCodeSequence")
    return str(named[0].get("CodeValue", "")) if named else ""


def _read_group(place: str, group: Any, observer: str, reading: Reading) -> None:
    children = list(group.get("ContentSequence", ()))
    labels = [_label(item) for item in children if _concept(item) == _FINDING and item.get("ConceptCodeSequence")]
    named = next((str(item.get("TextValue", "")) for item in children if _concept(item) == _TRACKING), "")
    uid = next((str(item.get("UID", "")) for item in children if _concept(item) == _TRACKING_UID), "")
    if any(item.get("ValueType") == "NUM" for item in children):
        reading.lose("measurements")
    if any(item.get("ValueType") == "CODE" and _concept(item) != _FINDING for item in children):
        reading.lose("site")
    found = False
    for where, item in _walk(children, place):
        kind = item.get("ValueType")
        if kind == "SCOORD3D":
            found = True
            reading.refuse(where, "space_not_taken")
        elif kind == "SCOORD":
            found = True
            _take(where, item, labels[:1], (f"{uid}/{where}" if uid else "", named, observer), reading)
        elif kind == "IMAGE" and item.get("ReferencedSOPSequence") and item.ReferencedSOPSequence[0].get("ReferencedSegmentNumber"):
            found = True
            reading.refuse(where, "mask_elsewhere")
    if not found:
        reading.refuse(place, "object_empty")


def _label(item: Any) -> SourceLabel:
    coded = item.ConceptCodeSequence[0]
    return SourceLabel(*(str(coded.get(name, "")) for name in ("CodeMeaning", "CodeValue", "CodingSchemeDesignator")))


def _take(where: str, item: Any, labels: list[SourceLabel], names: tuple[str, str, str], reading: Reading) -> None:
    identity, text, author = names
    try:
        flat = [float(value) for value in item.get("GraphicData") or ()]
        positions = [flat[at : at + 2] for at in range(0, len(flat) - 1, 2)]
        figures = figures_of(str(item.get("GraphicType", "")), positions)
    except FileError as error:
        return reading.refuse(where, error.code, error.detail)
    source = next((one for one in item.get("ContentSequence", ()) if one.get("ReferencedSOPSequence")), None)
    reference = source.ReferencedSOPSequence[0] if source is not None else {}
    uid, number = str(reference.get("ReferencedSOPInstanceUID", "")), reference.get("ReferencedFrameNumber") or 1
    image = _image(uid, reading)
    frame = reading.frame_of(image, uid, int(number if isinstance(number, int | str) else number[0]))
    if image.target is not None and image.target.has_frames and image.target.frame_count > 1 and frame is None:
        return reading.refuse(where, "referenced_image_unknown")
    for index, geometry in enumerate(figures):
        suffix = f", point {index + 1}" if len(figures) > 1 else ""
        reading.mark(
            geometry,
            place=where + suffix,
            image=image,
            source_id=identity + suffix if identity else "",
            labels=labels,
            frame=frame,
            text=text,
            author=author,
        )
    return None


def _image(uid: str, reading: Reading) -> FileImage:
    return reading.image(keys=[uid])


def figures_of(kind: str, positions: list[list[float]]) -> list[dict[str, Any]]:
    """Return the shapes of a DICOM graphic (PS3.3 C.18.6.1.2, C.37.1.2). Raises FileError."""
    if not positions:
        raise FileError("object_empty")
    if kind in ("POINT", "MULTIPOINT"):
        return [point(*position) for position in positions]
    if kind == "POLYLINE":
        if len(positions) < 4 or positions[0] != positions[-1]:
            raise FileError("line_not_taken")
        return [{"type": "Polygon", "coordinates": [positions]}]
    if kind == "CIRCLE" and len(positions) == 2:
        radius = math.dist(*positions)
        return [ellipse(positions[0], (radius, radius))]
    if kind == "ELLIPSE" and len(positions) == 4:
        return [_ellipse(positions)]
    raise FileError("shape_not_taken", "", kind[:40])


def _ellipse(positions: list[list[float]]) -> dict[str, Any]:
    """Return an ellipse by the ends of its two axes."""
    start, end, top, bottom = positions
    middle = [(start[axis] + end[axis]) / 2 for axis in (0, 1)]
    degrees = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    return ellipse(middle, (math.dist(start, end) / 2, math.dist(top, bottom) / 2), degrees)


class OtherDicomReader:
    """Every other DICOM object: it holds no marks."""

    name: ClassVar[str] = "dicom-other"
    title: ClassVar[str] = "Other DICOM objects"
    takes: ClassVar[str] = "nothing: they hold no marks"
    losses: ClassVar[Mapping[str, str]] = {}

    def claims(self, source: Source) -> bool:
        """Take what no other DICOM format is."""
        return source.kind == "dicom"

    def read(self, source: Source, reading: Reading) -> None:
        """Raise FileError ``no_annotations`` with the modality."""
        raise FileError("no_annotations", "", source.modality[:20])
