"""What a person is shown before anything is imported: counts, refusals, losses, and some shapes of each label."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from annotation.importers.base import Reader
from annotation.importers.facts import ImportedMark
from annotation.importers.reading import FileImage, Reading
from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import Mask
from annotation.schema.tracks import AnyShape, Track

__all__ = ["OFF_IMAGE", "preview"]

SAMPLES_A_LABEL: Final = 40
MAX_SAMPLES: Final = 600
MAX_SAMPLE_VERTICES: Final = 160
MAX_GROUPS: Final = 2_000
MAX_LABELS: Final = 1_000
MAX_IMAGES: Final = 1_000
OFF_IMAGE: Final = ("exam", "term", "report")
CODED: Final = "coded"
"""Granularities of marks that are on no place of the image: any label goes with them, and they are counted as a kind of their own;
those with a code instead of a label as another one."""


def preview(reader: Reader, reading: Reading) -> dict[str, Any]:
    """Return plain values: what the reader read of the file."""
    return {
        "format": reader.name,
        "marks": len(reading.marks),
        "refused": [{"place": one.place, "code": one.code, "detail": one.detail} for one in reading.refused],
        "refused_counts": dict(sorted(reading.refused_counts.items())),
        "notes": [{"code": code, "count": note.count, "places": note.places} for code, note in sorted(reading.notes.items())],
        "losses": [{"code": code, "count": count} for code, count in sorted(reading.losses.items())],
        "labels": _labels(reading),
        "images": [_image(image) for image in list(reading.images.values())[:MAX_IMAGES]],
        "groups": _groups(reading.marks),
        "needs": sorted(reading.needs),
        "codings": _codings(reading),
        "samples": _samples(reading.marks),
        "largest_shift_px": round(reading.largest_shift_px, 4),
    }


def _labels(reading: Reading) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "key": key,
            "text": label.text,
            "code": label.code,
            "system": label.system,
            "colour": label.colour,
            "count": reading.label_counts[key],
        }
        for key, label in reading.labels.items()
    ]
    return sorted(rows, key=lambda row: (-row["count"], row["key"]))[:MAX_LABELS]


def _codings(reading: Reading) -> list[dict[str, str]]:
    rows = reading.codings.items()
    return [{"system": system, "code": code, "version": version, "place": place} for (system, code, version), place in rows]


def _image(image: FileImage) -> dict[str, Any]:
    return {
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "target": image.target.id if image.target is not None else None,
        "proposed": image.proposed.id if image.proposed is not None else None,
        "code": image.code,
        "marks": image.marks,
    }


def _groups(marks: list[ImportedMark]) -> list[dict[str, Any]]:
    """Count marks by what decides whether a label of the campaign may be used: primary label, kind of shape, granularity."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for mark in marks:
        label = mark.labels[0].key if mark.labels else ""
        said = str(mark.said.get("granularity", ""))
        kind = _kind(mark.shape) if said not in OFF_IMAGE else said if mark.labels else CODED
        counts[label, kind, said] += 1
    rows = [
        {"label": label, "kind": kind, "granularity": said, "count": count} for (label, kind, said), count in counts.most_common(MAX_GROUPS)
    ]
    return sorted(rows, key=lambda row: (row["label"], row["kind"], row["granularity"]))


def _kind(shape: AnyShape | None) -> str:
    if isinstance(shape, Track):
        return shape.shapes[0].kind
    return shape.kind if shape is not None else ""


def _samples(marks: list[ImportedMark]) -> list[dict[str, Any]]:
    """Return some shapes of each label on each image, simplified for a small picture: rings of [x, y], a point as one position."""
    taken: Counter[tuple[str, str]] = Counter()
    samples: list[dict[str, Any]] = []
    for mark in marks:
        label = mark.labels[0].key if mark.labels else ""
        if mark.shape is None or taken[mark.image, label] >= SAMPLES_A_LABEL or len(samples) >= MAX_SAMPLES:
            continue
        taken[mark.image, label] += 1
        samples.append({"image": mark.image, "label": label, "rings": _rings(mark.shape)})
    return samples


def _rings(shape: AnyShape) -> list[list[list[float]]]:
    if isinstance(shape, Track):
        return _rings(shape.shapes[0])
    if isinstance(shape, Mask):
        polygons = outlines_of_mask(shape) if shape.area < 4_000_000 else [[_box(shape.bounds)]]
    elif shape.kind == "Point":
        return [[list(shape.centre)]]
    else:
        polygons = shape.polygons
    return [_simple(ring) for rings in polygons[:20] for ring in rings[:5]]


def _box(bounds: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    x_min, y_min, x_max, y_max = bounds
    return [(x_min, y_min), (x_max, y_min), (x_max, y_max), (x_min, y_max), (x_min, y_min)]


def _simple(ring: list[tuple[float, float]]) -> list[list[float]]:
    line: BaseGeometry = shapely.LineString(ring)
    tolerance = 0.25
    while shapely.get_num_coordinates(line) > MAX_SAMPLE_VERTICES:
        line = shapely.LineString(ring).simplify(tolerance, preserve_topology=False)
        tolerance *= 2
    return [[round(x, 2), round(y, 2)] for x, y in shapely.get_coordinates(line).tolist()]
