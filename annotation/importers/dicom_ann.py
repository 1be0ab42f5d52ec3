"""DICOM Microscopy Bulk Simple Annotations (PS3.3 A.87, C.37): groups of points and outlines on a slide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from annotation.importers.dicom_sr import figures_of
from annotation.importers.facts import SourceLabel
from annotation.importers.figures import closed
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source
from annotation.schema.problems import gettext_noop

__all__ = ["AnnReader"]


class AnnReader:
    """Points, rectangles, ellipses and polygons of each group."""

    name: ClassVar[str] = "dicom-ann"
    title: ClassVar[str] = "DICOM ANN"
    takes: ClassVar[str] = "points, rectangles, ellipses and polygons in image coordinates; the group's type and label"
    losses: ClassVar[Mapping[str, str]] = {
        "measurements": gettext_noop("Measurements of groups are left out."),
        "algorithm": gettext_noop("How a group was made, and its category, are left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the modality."""
        return source.modality == "ANN"

    def read(self, source: Source, reading: Reading) -> None:
        """Read group by group."""
        dataset = source.dicom
        image = reading.image(keys=[str(one.ReferencedSOPInstanceUID) for one in dataset.get("ReferencedImageSequence", ())])
        for number, group in enumerate(dataset.get("AnnotationGroupSequence", ()), 1):
            place = f"group {number}"
            if dataset.get("AnnotationCoordinateType") != "2D":
                reading.refuse(place, "space_not_taken")
                continue
            if group.get("MeasurementsSequence"):
                reading.lose("measurements")
            if group.get("AnnotationGroupGenerationType"):
                reading.lose("algorithm")
            try:
                _read_group(place, group, image, reading)
            except (ValueError, AttributeError, TypeError) as error:
                reading.refuse(place, "dicom_malformed", str(error))


def _read_group(place: str, group: Any, image: FileImage, reading: Reading) -> None:
    coded = (group.get("AnnotationPropertyTypeCodeSequence") or [None])[0]
    code, system = (str(coded.get(name, "")) if coded is not None else "" for name in ("CodeValue", "CodingSchemeDesignator"))
    label = SourceLabel(str(group.get("AnnotationGroupLabel", "")), code, system)
    uid, kind = str(group.get("AnnotationGroupUID", "")), str(group.GraphicType)
    for number, positions in enumerate(_objects(group, kind), 1):
        where = f"{place}, annotation {number}"
        try:
            figures = _figures(kind, positions)
        except FileError as error:
            reading.refuse(where, error.code, error.detail)
            continue
        reading.note("level_taken", where)
        for geometry in figures:
            reading.mark(geometry, place=where, image=image, source_id=f"{uid}/{number}" if uid else "", labels=[label])


def _figures(kind: str, positions: list[list[float]]) -> list[dict[str, Any]]:
    if kind in ("POLYGON", "RECTANGLE"):
        return [{"type": "Polygon", "coordinates": [closed(positions)]}]
    if kind == "POLYLINE":
        raise FileError("line_not_taken")
    return figures_of(kind, positions)


def _objects(group: Any, kind: str) -> Iterator[list[list[float]]]:
    """Yield the positions of each annotation. Raises ValueError."""
    double, single = group.get("DoublePointCoordinatesData"), group.get("PointCoordinatesData")
    flat = np.frombuffer(double, "<f8") if double is not None else np.frombuffer(single, "<f4").astype(np.float64)
    points = flat.reshape(-1, 2)
    if kind in ("POLYGON", "POLYLINE"):
        # Numbers of the first values, from 1; two values are one point.
        starts = (np.frombuffer(group.LongPrimitivePointIndexList, "<u4").astype(np.int64) - 1) // 2
        if len(starts) and (starts[0] != 0 or (np.diff(starts) <= 0).any() or starts[-1] >= len(points)):
            raise ValueError("LongPrimitivePointIndexList")
        parts = np.split(points, starts[1:])
    else:
        size = {"POINT": 1, "RECTANGLE": 4, "ELLIPSE": 4}[kind] if kind in ("POINT", "RECTANGLE", "ELLIPSE") else len(points)
        parts = [points[at : at + size] for at in range(0, len(points), size)]
    yield from (part.tolist() for part in parts)
