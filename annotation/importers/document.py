"""Documents of this project: all that a mark can hold comes back as it was."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from annotation.importers.figures import ellipse, point, turned_box
from annotation.importers.problems import FileError
from annotation.importers.raster import coco_counts, mask_of_columns
from annotation.importers.reading import FileImage, Reading
from annotation.importers.report_marks import label_of, note_codings, read_report
from annotation.importers.source import Source
from annotation.schema.annotation_member import CELL_KEY
from annotation.schema.canonical import content_hash
from annotation.schema.masks import Mask, RowRuns, mask_of_row_runs
from annotation.schema.problems import DocumentError, ShapeError, gettext_noop
from annotation.schema.validate import check_annotation_schema, validate_document
from annotation.schema.versions import upgrade

__all__ = ["DocumentReader"]


class DocumentReader:
    """Annotation documents of every published version."""

    name: ClassVar[str] = "document"
    title: ClassVar[str] = "Annotation document"
    takes: ClassVar[str] = (
        "every shape, mask and track; labels, text, form, certainty, basis, active seconds, author; diagnoses of images; "
        "findings of examinations; terms and confirmed diagnoses of reports that have the same words here"
    )
    losses: ClassVar[Mapping[str, str]] = {
        "review": gettext_noop("Reviews and earlier states are left out: the marks become part of a new read."),
        "suggestion": gettext_noop("From which suggestion a mark was made is left out."),
        "cell": gettext_noop("From which cell of a layer a mark was made is left out."),
        "confirmations": gettext_noop("Who confirmed a diagnosis later, and what it was before, is left out; the basis comes along."),
        "reports": gettext_noop("Reports without their words are left out, with what was said of them."),
        "nucleus": gettext_noop("The nucleus within a cell is left out."),
        "cells": gettext_noop("Packed cells are left out: bring them in as a cell layer."),
        "extensions": gettext_noop("Decisions on suggestions and times of reads are left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the version of the schema."""
        root = source.json if source.kind == "json" else None
        return isinstance(root, dict) and "schemaVersion" in root and "documentId" in root

    def read(self, source: Source, reading: Reading) -> None:
        """Check the document, then take annotation by annotation."""
        root = _checked(source.json)
        images = {str(image["id"]): _image(image, reading) for image in root["images"]}
        if root.get("extensions"):
            reading.lose("extensions")
        for group in root.get("annotationGroups", ()):
            reading.lose("cells", group["count"])
        people = {agent["id"] for agent in root["agents"] if agent.get("type") == "person"}
        for index, entry in enumerate(root["annotations"]):
            place = f"/annotations/{index}"
            problem = next(check_annotation_schema(entry), None) if isinstance(entry, dict) else None
            if not isinstance(entry, dict) or problem is not None:
                reading.refuse(place + (problem.pointer if problem else ""), "object_malformed", problem.detail if problem else "")
                continue
            finding = "cites" in entry
            image = images.get(str(entry["target"].get("imageId", entry["cites"][0]["imageId"] if finding else "")))
            stray = next((number for number, one in enumerate(entry.get("cites", ())) if one["imageId"] not in images), None)
            if image is None:
                reading.refuse(f"{place}/target/imageId", "unknown_file_image")
            elif stray is not None:
                reading.refuse(f"{place}/cites/{stray}/imageId", "unknown_file_image")
            else:
                _take(place, entry, image, people, reading)
        for index, report in enumerate(root.get("reports", ())):
            read_report(f"/reports/{index}", report, images, people, reading)


def _checked(root: dict[str, Any]) -> dict[str, Any]:
    """Return the document in the newest version. Raises FileError."""
    try:
        given = root.get("contentHash")
        if given is not None and given != content_hash(root):
            raise FileError("content_hash_mismatch", "/contentHash")
        newest = upgrade(root)
    except DocumentError as error:
        raise FileError(error.code, error.pointer) from error
    except ValueError as error:
        raise FileError("schema_violation", "", str(error)[:100]) from error
    annotations = newest.get("annotations")
    if not isinstance(annotations, list):
        raise FileError("schema_violation", "/annotations")
    head = {key: member for key, member in newest.items() if key not in ("contentHash", "annotations")}
    for problem in islice(validate_document(head | {"annotations": []}), 1):
        raise FileError(problem.code, problem.pointer, problem.detail)
    return newest


def _image(member: dict[str, Any], reading: Reading) -> FileImage:
    matrix = member["pixelMatrix"]
    digest = str(member.get("digest", "")).removeprefix("sha256:")
    return reading.image(str(member["id"]), width=matrix["width"], height=matrix["height"], keys=[str(member["id"]), digest])


def _take(place: str, entry: dict[str, Any], image: FileImage, people: set[str], reading: Reading) -> None:
    for name in ("suggestion", "nucleus", "confirmations"):
        if name in entry:
            reading.lose(name)
    if entry["review"]["state"] != "draft":
        reading.lose("review")
    if CELL_KEY in entry.get("extensions", {}):
        reading.lose("cell")
    try:
        shapes = list(_shapes(entry.get("geometry"), place, reading))
    except ShapeError as error:
        return reading.refuse(f"{place}/geometry{error.pointer}", error.code)
    except FileError as error:
        return reading.refuse(f"{place}/geometry/type", error.code, error.detail)
    for number, label in enumerate(entry["labels"]):
        note_codings(f"{place}/labels/{number}", label, reading)
    author = entry["createdBy"]
    for number, geometry in enumerate(shapes):
        suffix = f"/geometry/coordinates/{number}" if len(shapes) > 1 else ""
        reading.mark(
            geometry,
            place=place + suffix,
            image=image,
            source_id=entry["id"] + (f"/{number}" if suffix else ""),
            labels=[label_of(label) for label in entry["labels"]],
            frame=entry["target"].get("frame"),
            text="\n".join(entry.get("text", {}).values()),
            author=author if author in people else "",
            said=_said(entry),
        )
    return None


def _shapes(geometry: dict[str, Any] | None, place: str, reading: Reading) -> Iterator[dict[str, Any] | Mask | None]:
    """Yield what a geometry of the schema is here. Raises ShapeError or FileError."""
    kind = geometry["type"] if geometry is not None else ""
    if geometry is None or kind in ("Point", "Polygon", "MultiPolygon", "Track") or (kind == "Rectangle" and "rotation" not in geometry):
        yield geometry
    elif kind == "Rectangle":
        x, y, width, height = geometry["bbox"]
        reading.note("rotated_as_outline", place)
        yield turned_box((x + width / 2, y + height / 2), (width, height), geometry["rotation"])
    elif kind == "Ellipse":
        reading.note("ellipse_as_outline", place)
        yield ellipse(geometry["center"], geometry["radii"], math.degrees(geometry.get("rotation", 0.0)))
    elif kind == "MultiPoint":
        reading.note("points_split", place)
        yield from (point(*position) for position in geometry["coordinates"])
    elif kind == "Mask" and geometry["downsample"] == 1:
        yield _mask(geometry)
    else:
        raise FileError("line_not_taken" if kind == "LineString" else "shape_not_taken", "", kind)


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"granularity": entry["granularity"]}
    if "cites" in entry:
        said |= {"granularity": "exam", "cites": entry["cites"]}
    if category := entry.get("confidence", {}).get("category"):
        said["certainty"] = category
    if entry.get("basis"):
        said["basis"] = [{name: one[name] for name in ("method", "status") if name in one} for one in entry["basis"]]
    if "form" in entry:
        said["form"] = entry["form"]["data"]
    if seconds := entry.get("effort", {}).get("activeSeconds"):
        said["active_seconds"] = seconds
    return said


def _mask(geometry: dict[str, Any]) -> Mask:
    """Return the mask of run lengths within its bounds. Raises ShapeError or FileError."""
    (x, y), (height, width), counts = geometry["origin"], geometry["rle"]["size"], geometry["rle"]["counts"]
    runs = coco_counts(counts) if isinstance(counts, str) else counts
    if runs is None or min(runs, default=0) < 0 or sum(runs) > height * width or not 0 <= min(x, y) <= max(x, y) < 1 << 24:
        raise FileError("mask_size_invalid")
    moved = [RowRuns(one.y + int(y), one.start + int(x), one.stop + int(x)) for one in mask_of_columns(runs, height=height).row_runs()]
    return mask_of_row_runs(RowRuns(*(np.concatenate(part) for part in zip(*moved, strict=True))))
