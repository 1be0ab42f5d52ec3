"""YOLO labels: a line an object, in fractions of the image: boxes by their middles, or polygons (Ultralytics, Datasets)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from annotation.importers.facts import SourceLabel, Target
from annotation.importers.figures import box, number, outline
from annotation.importers.problems import FileError
from annotation.importers.reading import FileImage, Reading
from annotation.importers.source import Source, is_number_line
from annotation.schema.problems import gettext_noop

__all__ = ["YoloReader"]

_MAX_CLASS: Final = 10_000
_BOX: Final = (5, 6)
_ROUNDING: Final = 1e-6
"""Fractions that are written with six digits may leave the image by as much."""


class YoloReader:
    """Boxes and polygons; the image must be known, because the file holds fractions of its size."""

    name: ClassVar[str] = "yolo"
    title: ClassVar[str] = "YOLO"
    takes: ClassVar[str] = "boxes (5 numbers a line) and polygons (7 and more); class names are given by the user"
    losses: ClassVar[Mapping[str, str]] = {"score": gettext_noop("Scores at the end of a line are left out.")}

    def claims(self, source: Source) -> bool:
        """Tell by the first line that holds anything: numbers only, at least five."""
        first = next((line for _, line in _lines(source)), "") if source.kind == "text" else ""
        return is_number_line(first) and len(first.split()) >= 5

    def read(self, source: Source, reading: Reading) -> None:
        """Read lines, each taken or refused by itself. Raises FileError ``class_names`` for a file that holds none."""
        image = reading.image()
        if image.target is None:
            reading.needs.add("image")
        if not reading.options.classes:
            reading.needs.add("classes")
        for line_number, line in _lines(source):
            _take(f"line {line_number}", line.split(), image, reading)


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    return ((number_, line.strip()) for number_, line in enumerate(source.text.splitlines(), 1) if line.strip())


def _take(place: str, words: list[str], image: FileImage, reading: Reading) -> None:
    if len(words) < 5 or (len(words) > 6 and len(words) % 2 == 0):
        return reading.refuse(place, "object_malformed")
    numbers = [number(word) for word in words]
    label = _label(words[0], reading)
    if label is None or not all(map(math.isfinite, numbers)):
        return reading.refuse(place, "object_malformed")
    if not all(-_ROUNDING <= part <= 1 + _ROUNDING for part in numbers[1 : 5 if len(words) in _BOX else None]):
        return reading.refuse(place, "geometry_outside_image")
    if image.target is None:
        return reading.refuse(place, "image_not_chosen")
    if len(words) in _BOX:
        if len(words) == 6:
            reading.lose("score")
        geometry = _box(numbers[1:5], image.target)
    else:
        width, height = image.target.width_px, image.target.height_px
        ring = [[_clamped(x, width), _clamped(y, height)] for x, y in zip(numbers[1::2], numbers[2::2], strict=True)]
        geometry = outline(ring)
    reading.mark(geometry, place=place, image=image, labels=[label])
    return None


def _label(word: str, reading: Reading) -> SourceLabel | None:
    if not word.isascii() or not word.isdigit() or int(word[:6]) > _MAX_CLASS or len(word) > 5:
        return None
    names = reading.options.classes
    return SourceLabel(names[int(word)] if int(word) < len(names) else f"#{int(word)}")


def _box(parts: list[float], target: Target) -> dict[str, object]:
    x, y, width, height = parts
    size = (target.width_px, target.height_px)
    return box(
        _edge((x - width / 2), size[0]), _edge((y - height / 2), size[1]), _edge((x + width / 2), size[0]), _edge((y + height / 2), size[1])
    )


def _edge(part: float, size: int) -> float:
    """Return a place in px; what leaves the image by rounding only lies on its border."""
    return _clamped(part, size) if -_ROUNDING * 4 <= part <= 1 + _ROUNDING * 4 else part * size


def _clamped(part: float, size: int) -> float:
    return min(max(part, 0.0), 1.0) * size


class ClassNamesReader:
    """Lists of class names (`classes.txt`, `*.names`): no marks, but people drop them with the rest."""

    name: ClassVar[str] = "class-names"
    title: ClassVar[str] = "Class names"
    takes: ClassVar[str] = "nothing: its lines are offered as class names for YOLO"
    losses: ClassVar[Mapping[str, str]] = {}

    def claims(self, source: Source) -> bool:
        """Tell by short lines of which none is numbers only."""
        lines = [line for _, line in _lines(source)] if source.kind == "text" else []
        return 0 < len(lines) <= 1000 and all(len(line) <= 80 and not is_number_line(line) and " = " not in line for line in lines)

    def read(self, source: Source, reading: Reading) -> None:
        """Raise FileError ``class_names`` with the names."""
        raise FileError("class_names", "", ", ".join(line for _, line in _lines(source)))
