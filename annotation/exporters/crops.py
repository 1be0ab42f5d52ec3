"""Pictures cut out around marks, around cells, or as a grid of tiles over marked regions, each with where it comes from.

Pixels are asked for one crop at a time, so that memory holds one. Boxes are in whole level-0 px; what lies outside the image is white.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple, Protocol

import shapely

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.cells import DISPOSITIONS, cells_by_image, figures_of, kept_pieces
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.streams import by_image
from annotation.exporters.table import neutral
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, CellGroupFacts, ImageFacts
from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool

__all__ = ["Box", "CropChoices", "CropsExporter", "Pixels", "PixelsError"]

MAX_SIDE_PX: Final = 2_048
"""Most pixels of a side of a picture; a larger mark is sent at a lower power."""
POINT_PX: Final = 256
"""Side of the picture around a point where no size is chosen."""
SOURCES: Final = ("marks", "cells", "tiles")
COLUMNS: Final = (
    "file",
    "sha256",
    "width_px",
    "height_px",
    "case",
    "image",
    "digest",
    "frame",
    "x",
    "y",
    "width",
    "height",
    "downsample",
    "spacing_um",
    "annotation",
    "cell_group",
    "cell",
    "tile_column",
    "tile_row",
    "labels",
    "granularity",
    "score",
    "disposition",
    "reader",
    "read",
    "state",
)


class Box(NamedTuple):
    """A rectangle of an image, whole level-0 px; (0, 0) is the outer corner of the top-left pixel."""

    x: int
    y: int
    width: int
    height: int


class PixelsError(Exception):
    """The pixels of an image cannot be had; `code` is that of the reader."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Pixels(Protocol):
    """Where pixels come from."""

    def crop(self, image_id: str, box: Box, out: tuple[int, int], frame: int | None) -> bytes:
        """Return a rectangle as PNG of `out` (width, height) pixels. Raises PixelsError."""
        ...


@dataclass(frozen=True, slots=True)
class CropChoices:
    """What people choose of crops."""

    of: str = "marks"
    """marks: a picture of each; cells: of each cell of layers; tiles: a grid over the outlines of marks."""
    labels: tuple[str, ...] = ()
    """Codes; only what has one of them. Empty: everything."""
    size_px: int = 256
    """Side of a picture; 0: as large as the mark and its margin."""
    spacing_um: float = 0.0
    """Micrometres per pixel of the picture; 0, and images whose spacing is unknown: as scanned."""
    margin_percent: int = 0
    """Added on each side, of the longer side of the mark; where `size_px` is 0."""
    most_cells: int = 10_000
    """Most cells of a group that are cut out, the first by their numbers; the others are counted in `losses.json`."""

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> CropChoices:
        """Return the choices in a JSON object. Raises ValueError with the name of the wrong one."""
        labels = value.get("labels", [])
        texts = isinstance(labels, list) and len(labels) <= 1000 and all(isinstance(one, str) and len(one) <= 64 for one in labels)
        spacing = value.get("spacing_um", 0)
        right = {
            "of": value.get("of", "marks") in SOURCES,
            "labels": texts,
            "size_px": _whole(value.get("size_px", 256), 0, MAX_SIDE_PX) and _has_size(value),
            "spacing_um": type(spacing) in {int, float} and (spacing == 0 or 0.01 <= spacing <= 1000),
            "margin_percent": _whole(value.get("margin_percent", 0), 0, 400),
            "most_cells": _whole(value.get("most_cells", 10_000), 1, 100_000),
        }
        wrong = sorted({name for name, holds in right.items() if not holds} | (set(value) - set(right)))
        if wrong:
            raise ValueError(wrong[0])
        return cls(**{**value, "labels": tuple(sorted(set(labels))), "spacing_um": float(spacing)})

    def to_json(self) -> dict[str, Any]:
        """Return the choices as JSON values."""
        return {
            "of": self.of,
            "labels": list(self.labels),
            "size_px": self.size_px,
            "spacing_um": self.spacing_um,
            "margin_percent": self.margin_percent,
            "most_cells": self.most_cells,
        }

    def wants(self, labels: Iterable[str]) -> bool:
        """Tell whether something with these labels is cut out."""
        return not self.labels or bool(set(self.labels) & set(labels))


class CropsExporter:
    """Pictures of marks, of cells or of tiles, with a table of where each comes from."""

    name: ClassVar[str] = "crops"
    media_type: ClassVar[str] = "image/png"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.NO) | {Field.AUTHORS: Held.YES, Field.CELLS: Held.PARTLY}

    def __init__(self, choices: CropChoices, pixels: Pixels) -> None:
        self._choices, self._pixels = choices, pixels

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(LossReport(self.name, self.holds, required), self._choices, self._pixels)


class _Cut(NamedTuple):
    """A crop that is to be made: its file below the case, its place, and its columns."""

    file: str
    box: Box
    out: tuple[int, int]
    frame: int | None
    said: dict[str, Any]


class _Session:
    def __init__(self, losses: LossReport, choices: CropChoices, pixels: Pixels) -> None:
        self._choices, self._pixels = choices, pixels
        self.losses = losses
        losses.note("pictures", "A picture shows a rectangle; outlines are in the other formats, by the same ids.")
        losses.note("colours", "Pixels are those that the viewer shows: 8-bit RGB; what lies outside the image is white.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        choices = canonical_json(self._choices.to_json())
        yield Entry("crops.json", len(choices), [choices])
        for case in cases:
            with Spool() as table, Spool() as members:
                table.write(b"\xef\xbb\xbf" + _line(list(COLUMNS)))
                for image, cuts in self._images(case):
                    yield from self._pictures(case, image, cuts, table, members)
                yield Entry(f"crops/{case.name}/crops.csv", table.size, table.chunks())
                yield Entry(f"crops/{case.name}/crops.json", members.size + 2, _bracketed(members))

    def _images(self, case: CaseFacts) -> Iterator[tuple[ImageFacts, Iterator[_Cut]]]:
        """Yield images with what is cut out of them."""
        if self._choices.of == "cells":
            for image, groups in cells_by_image(case):
                yield image, self._of_cells(image, groups)
            return
        for image, rows in by_image(case):
            marks = self._wanted(frame_by_frame(rows, image, self.losses))
            yield image, self._of_tiles(image, marks) if self._choices.of == "tiles" else self._of_marks(image, marks)
        for group in case.cells:
            self.losses.add("cells_left_out", "Cells are cut out where crops of cells are asked for.", group.id, count=group.count)

    def _wanted(self, marks: Iterable[OnFrame]) -> Iterator[tuple[OnFrame, FrameShape]]:
        """Yield the marks that have a shape and one of the chosen labels; the others are counted."""
        for mark in marks:
            if not self._choices.wants(mark.row.original_labels or mark.row.labels):
                self.losses.add("other_labels", "What has none of the chosen labels is left out.", mark.id)
            elif mark.shape is None:
                self.losses.add("without_shape", "Diagnoses of a whole image or frame have no shape and are left out.", mark.id)
            else:
                yield mark, mark.shape

    def _of_marks(self, image: ImageFacts, marks: Iterable[tuple[OnFrame, FrameShape]]) -> Iterator[_Cut]:
        for mark, shape in marks:
            box, out = self._window(image, shape.bounds, mark.id)
            yield _Cut(f"{mark.id}.png", box, out, mark.row.frame, _said(mark.row))

    def _of_tiles(self, image: ImageFacts, marks: Iterable[tuple[OnFrame, FrameShape]]) -> Iterator[_Cut]:
        """Yield the tiles of the image's own grid whose middles lie within a mark."""
        size = self._choices.size_px
        side = max(1, round(size * self._scale(image)))
        for mark, shape in marks:
            if shape.area:
                for column, row in _tiles_within(shape, side):
                    said = _said(mark.row) | {"tile_column": column, "tile_row": row}
                    box = Box(column * side, row * side, side, side)
                    yield _Cut(f"{mark.id}-{column}-{row}.png", box, (size, size), mark.row.frame, said)
            else:
                self.losses.add("without_area", "A point has no area to lay tiles over.", mark.id)

    def _of_cells(self, image: ImageFacts, groups: Iterable[CellGroupFacts]) -> Iterator[_Cut]:
        for group in groups:
            if not self._choices.wants(filter(None, [group.original_label or group.label])):
                self.losses.add("other_labels", "What has none of the chosen labels is left out.", group.id, count=group.count)
                continue
            made = left = 0
            for piece in kept_pieces(group, self.losses):
                room = max(0, self._choices.most_cells - made)
                left += max(0, len(piece.numbers) - room)
                boxes = figures_of(piece).boxes.tolist() if room else []
                for place, bounds in enumerate(boxes[:room]):
                    number = int(piece.numbers[place])
                    said = _of_group(group) | {
                        "cell": number,
                        "score": float(piece.scores[place]),
                        "disposition": DISPOSITIONS[int(piece.dispositions[place])],
                    }
                    box, out = self._window(image, tuple(bounds), f"{group.id}/{number}")
                    yield _Cut(f"{group.id}/{number}.png", box, out, None, said)
                    made += 1
            if left:
                text = "More cells of a group than are asked for at most; the first by their numbers are cut out."
                self.losses.add("too_many_cells", text, group.id, count=left)

    def _window(self, image: ImageFacts, bounds: tuple[float, ...], identity: str) -> tuple[Box, tuple[int, int]]:
        """Return the level-0 rectangle around some bounds (x_min, y_min, x_max, y_max) and the size of its picture."""
        x_min, y_min, x_max, y_max = bounds
        scale, size = self._scale(image), self._choices.size_px
        if not size and x_min == x_max and y_min == y_max:
            size = POINT_PX
        if size:
            side = max(1, round(size * scale))
            if max(x_max - x_min, y_max - y_min) > side:
                self.losses.add("larger_than_crop", "A mark is larger than its picture, which shows its middle.", identity)
            return Box(math.floor((x_min + x_max - side) / 2), math.floor((y_min + y_max - side) / 2), side, side), (size, size)
        margin = max(x_max - x_min, y_max - y_min) * self._choices.margin_percent / 100
        left, top = math.floor(x_min - margin), math.floor(y_min - margin)
        box = Box(left, top, max(1, math.ceil(x_max + margin) - left), max(1, math.ceil(y_max + margin) - top))
        least = max(box.width, box.height) / MAX_SIDE_PX
        if least > scale:
            self.losses.add("lower_power", "A picture would be larger than 2,048 px and is sent at a lower power.", identity)
            scale = least
        return box, (max(1, round(box.width / scale)), max(1, round(box.height / scale)))

    def _scale(self, image: ImageFacts) -> float:
        """Return level-0 px per pixel of the picture; never below 1: pixels that were not scanned are not made up."""
        if not self._choices.spacing_um:
            return 1.0
        if image.spacing_um is None:
            self.losses.note("no_spacing", "Images whose spacing is unknown are cut out as scanned.")
            return 1.0
        return max(1.0, self._choices.spacing_um / image.spacing_um[0])

    def _pictures(self, case: CaseFacts, image: ImageFacts, cuts: Iterable[_Cut], table: Spool, members: Spool) -> Iterator[Entry]:
        """Yield the pictures of an image and write their rows; an image that cannot be read is given up at its first picture."""
        unreadable = ""
        for cut in cuts:
            body = b""
            if not unreadable:
                try:
                    body = self._pixels.crop(image.id, cut.box, cut.out, cut.frame)
                except PixelsError as error:
                    unreadable = error.code
            if unreadable:
                self.losses.add("unreadable", "The pixels of the image cannot be read.", f"{image.id}/{cut.file}: {unreadable}")
                continue
            name = f"{image.id}/{cut.file}"
            yield Entry(f"crops/{case.name}/{name}", len(body), [body])
            _tell(_row(case, image, cut, name, body), table, members)


def _row(case: CaseFacts, image: ImageFacts, cut: _Cut, name: str, body: bytes) -> dict[str, Any]:
    """Return the columns of a crop that have a value."""
    downsample = cut.box.width / cut.out[0]
    row = {
        "file": name,
        "sha256": hashlib.sha256(body).hexdigest(),
        "width_px": cut.out[0],
        "height_px": cut.out[1],
        "case": case.name,
        "image": image.id,
        "digest": image.digest,
        "frame": cut.frame,
        **cut.box._asdict(),
        "downsample": round(downsample, 6),
        "spacing_um": round(image.spacing_um[0] * downsample, 6) if image.spacing_um is not None else None,
        **cut.said,
    }
    return {key: value for key, value in row.items() if value is not None and value != ""}


def _tell(row: dict[str, Any], table: Spool, members: Spool) -> None:
    # numbers may be negative, and are no formula
    cells = {key: " ".join(value) if isinstance(value, list) else value for key, value in row.items()}
    texts = {key: neutral(value) if isinstance(value, str) else str(value) for key, value in cells.items()}
    table.write(_line([texts.get(name, "") for name in COLUMNS]))
    members.write((b"," if members.size else b"") + canonical_json(row))


def _said(row: AnnotationFacts) -> dict[str, Any]:
    return {
        "annotation": row.id,
        "labels": list(row.labels),
        "granularity": row.granularity,
        "reader": row.read.reader,
        "read": row.read.id,
        "state": row.read.state,
    }


def _of_group(group: CellGroupFacts) -> dict[str, Any]:
    read = group.read
    return {
        "cell_group": group.id,
        "labels": [group.label] if group.label else [],
        "granularity": "cell",
        "reader": read.reader,
        "read": read.id,
        "state": read.state,
    }


def _tiles_within(shape: FrameShape, side_px: int) -> Iterator[tuple[int, int]]:
    """Yield column and row of the tiles of a grid from (0, 0) whose middles lie within a shape, row by row."""
    polygons = outlines_of_mask(shape) if isinstance(shape, Mask) else shape.polygons
    outline = shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons])
    shapely.prepare(outline)
    x_min, y_min, x_max, y_max = shape.bounds
    for row in range(math.floor(y_min / side_px), math.ceil(y_max / side_px)):
        for column in range(math.floor(x_min / side_px), math.ceil(x_max / side_px)):
            if shapely.contains_xy(outline, (column + 0.5) * side_px, (row + 0.5) * side_px):
                yield column, row


def _bracketed(members: Spool) -> Iterator[bytes]:
    yield b"["
    yield from members.chunks()
    yield b"]"


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _whole(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _has_size(value: Mapping[str, Any]) -> bool:
    """Tell whether a size is chosen where one is needed: a grid has no other."""
    return bool(value.get("size_px", 256)) or value.get("of") != "tiles"
