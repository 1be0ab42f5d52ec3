"""Label Studio JSON (labelstud.io, export format): tasks with results in percent of the image's size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from annotation.importers.brush import brush_counts
from annotation.importers.facts import SourceLabel
from annotation.importers.figures import ellipse, is_number, outline, point, rotated_box
from annotation.importers.problems import FileError
from annotation.importers.raster import mask_of_rows
from annotation.importers.reading import Reading
from annotation.importers.source import Source
from annotation.schema.masks import Mask
from annotation.schema.problems import ShapeError, gettext_noop

__all__ = ["LabelStudioReader"]

_KINDS: Final = ("polygon", "rectangle", "ellipse", "keypoint", "brush", "choices", "textarea", "rating", "video")
_MAX_SIDE: Final = 1 << 24


class LabelStudioReader:
    """Polygons, boxes, turned boxes, ellipses, key points and brush marks that people drew."""

    name: ClassVar[str] = "labelstudio"
    title: ClassVar[str] = "Label Studio JSON"
    takes: ClassVar[str] = "polygons, rectangles (turned ones too), ellipses, key points, brush marks; labels; who completed them"
    losses: ClassVar[Mapping[str, str]] = {
        "predictions": gettext_noop("Predictions of models are left out; they are no person's marks."),
        "cancelled": gettext_noop("Annotations that their author skipped are left out."),
        "other_results": gettext_noop("Choices, ratings, texts and relations are left out."),
        "several_labels": gettext_noop("Of several annotations of one task all are taken; which one was accepted is left out."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by tasks that hold data and annotations (or completions, before version 1.0)."""
        if source.kind != "json":
            return False
        first = source.json[0] if isinstance(source.json, list) and source.json else source.json
        return isinstance(first, dict) and isinstance(first.get("data"), dict) and isinstance(_annotations(first), list)

    def read(self, source: Source, reading: Reading) -> None:
        """Read task by task."""
        tasks = source.json if isinstance(source.json, list) else [source.json]
        for number, task in enumerate(tasks):
            place = f"/{number}" if isinstance(source.json, list) else ""
            annotations = _annotations(task) if isinstance(task, dict) else None
            if not isinstance(annotations, list) or not isinstance(task.get("data"), dict):
                reading.refuse(place, "object_malformed")
                continue
            if isinstance(task.get("predictions"), list) and task["predictions"]:
                reading.lose("predictions", len(task["predictions"]))
            if len(annotations) > 1:
                reading.lose("several_labels")
            for index, annotation in enumerate(annotations):
                _read_annotation(f"{place}/annotations/{index}", _name(task["data"]), annotation, reading)


def _annotations(task: dict[str, Any]) -> Any:
    return task.get("annotations", task.get("completions"))


def _name(data: dict[str, Any]) -> str:
    """Return the name of the picture: the first value that looks like a path or an address."""
    for value in data.values():
        if isinstance(value, str) and "." in value.rsplit("/", 1)[-1] and len(value) < 2000:
            return value.split("?")[0].replace("\\", "/").rsplit("/", 1)[-1][:255]
    return ""


def _read_annotation(place: str, name: str, annotation: Any, reading: Reading) -> None:
    results = annotation.get("result") if isinstance(annotation, dict) else None
    if not isinstance(results, list):
        return reading.refuse(place, "object_malformed")
    if annotation.get("was_cancelled") is True:
        return reading.lose("cancelled")
    by = annotation.get("completed_by")
    author = str(by.get("email") or by.get("id") or "") if isinstance(by, dict) else str(by or "")
    for index, result in enumerate(results):
        where = f"{place}/result/{index}"
        try:
            _take(where, name, author, result, reading)
        except FileError as error:
            reading.refuse(where + error.place, error.code, error.detail)
    return None


def _take(place: str, name: str, author: str, result: Any, reading: Reading) -> None:
    """Take one result. Raises FileError with a pointer from the result."""
    if not isinstance(result, dict) or not isinstance(result.get("type"), str):
        raise FileError("object_malformed")
    kind = next((kind for kind in _KINDS if result["type"].startswith(kind)), "")
    if kind in ("choices", "textarea", "rating", "") or result["type"] == "relation":
        return reading.lose("other_results")
    value, size = result.get("value"), (result.get("original_width"), result.get("original_height"))
    if not isinstance(value, dict) or not all(type(side) is int and 0 < side <= _MAX_SIDE for side in size):
        raise FileError("object_malformed", "", "value, original_width, original_height")
    image = reading.image(name, width=size[0], height=size[1])
    geometry = _brush(value, *size) if kind == "brush" else _geometry(kind, value, (size[0] / 100, size[1] / 100))  # type: ignore[operator,arg-type]
    if kind == "ellipse":
        reading.note("ellipse_as_outline", place)
    elif kind == "rectangle" and not isinstance(geometry, Mask) and geometry["type"] == "Polygon":
        reading.note("rotated_as_outline", place)
    reading.mark(geometry, place=place, image=image, source_id=str(result.get("id") or ""), labels=_labels(value), author=author)
    return None


def _brush(value: dict[str, Any], width: int, height: int) -> Mask:
    """Return the pixels of a brush mark. Raises FileError."""
    rle = value.get("rle")
    if value.get("format") != "rle" or not isinstance(rle, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in rle):
        raise FileError("object_malformed", "/value/rle")
    counts = brush_counts(bytes(rle), pixels=width * height)
    if counts is None:
        raise FileError("mask_size_invalid", "/value/rle")
    try:
        return mask_of_rows(counts, width=width)
    except ShapeError as error:
        raise FileError(error.code, "/value/rle") from error


def _labels(value: dict[str, Any]) -> list[SourceLabel]:
    found = next((named for key, named in value.items() if key.endswith("labels") and isinstance(named, list)), [])
    return [SourceLabel(name) for name in found if isinstance(name, str)]


def _geometry(kind: str, value: dict[str, Any], scale: tuple[float, float]) -> dict[str, Any]:
    """Return a figure in px. Raises FileError."""
    if kind == "polygon":
        points = value.get("points")
        if not isinstance(points, list) or not all(isinstance(at, list) and len(at) == 2 and all(map(is_number, at)) for at in points):
            raise FileError("object_malformed", "/value/points")
        return outline([[x * scale[0], y * scale[1]] for x, y in points])
    if kind not in ("rectangle", "ellipse", "keypoint"):
        raise FileError("shape_not_taken", "/type", kind)
    x, y, first, second, turned = _numbers(kind, value)
    if kind == "keypoint":
        return point(x * scale[0], y * scale[1])
    if kind == "ellipse":
        return ellipse((x * scale[0], y * scale[1]), (first * scale[0], second * scale[1]), turned)
    return rotated_box((x * scale[0], y * scale[1]), (first * scale[0], second * scale[1]), turned)


def _numbers(kind: str, value: dict[str, Any]) -> Iterator[float]:
    names = {"rectangle": ("width", "height"), "ellipse": ("radiusX", "radiusY"), "keypoint": ("x", "y")}[kind]
    for name in ("x", "y", *names, "rotation"):
        number = value.get(name, 0 if name == "rotation" else None)
        if number is None or not is_number(number):
            raise FileError("object_malformed", f"/value/{name}")
        yield number
