"""YOLO: one text for each picture, boxes for detection and outlines for segmentation side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.outlines import solid_rings
from annotation.exporters.per_frame import FrameSpools, picture_name
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, ImageFacts
from annotation.schema.masks import FrameShape
from annotation.schema.spool import Spool

__all__ = ["YoloExporter"]

TASKS: Final = ("detection", "segmentation")


class YoloExporter:
    """Class numbers and shares of the picture's width and height; nothing else has a place."""

    name: ClassVar[str] = "yolo"
    media_type: ClassVar[str] = "text/plain"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.NO) | {
        Field.HOLES: Held.PARTLY,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.PARTLY,
        Field.CODES: Held.PARTLY,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._names = names_of_labels(campaign)
        self._numbers = {code: number for number, code in enumerate(self._names)}
        self.losses = LossReport(YoloExporter.name, YoloExporter.holds, required)
        self.losses.note("ids", "A line has no place for the id of its mark.")
        self.losses.note(
            "shares", "Coordinates are shares of the picture's size; read back, they differ by less than a millionth of a pixel."
        )

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        with Spool() as listing:
            for case in cases:
                for image, rows in by_image(case):
                    yield from self._image(image, rows, listing)
            names = {str(number): name for number, name in enumerate(self._names.values())}
            # JSON is YAML too
            description = canonical_json({"names": names, "nc": len(names), "path": ".", "train": "train.txt", "val": "train.txt"})
            for task in TASKS:
                yield Entry(f"{task}/data.yaml", len(description), [description])
                yield Entry(f"{task}/train.txt", listing.size, listing.chunks())

    def _image(self, image: ImageFacts, rows: Iterable[AnnotationFacts], listing: Spool) -> Iterator[Entry]:
        boxes, outlines = FrameSpools(), FrameSpools()
        try:
            self._write_marks(image, rows, boxes, outlines)
            for task, spools in zip(TASKS, (boxes, outlines), strict=True):
                for frame, spool in spools.in_order():
                    name = picture_name(image, frame)
                    if task == TASKS[0]:
                        listing.write(f"./images/{name}.png\n".encode())
                    yield Entry(f"{task}/labels/{name}.txt", spool.size, spool.chunks())
        finally:
            boxes.close()
            outlines.close()

    def _write_marks(self, image: ImageFacts, rows: Iterable[AnnotationFacts], boxes: FrameSpools, outlines: FrameSpools) -> None:
        marks = 0
        for mark in frame_by_frame(rows, image, self.losses):
            marks += 1
            in_boxes, in_outlines = boxes.of(mark.row.frame), outlines.of(mark.row.frame)
            shape = self._kept(mark)
            if shape is None:
                continue
            category = self._numbers[mark.row.labels[0] if mark.row.labels else ""]
            in_boxes.write(_line(category, _box(shape, image)))
            for ring in solid_rings(shape, self.losses, mark.row.id):
                shares = [share for x, y in ring[:-1] for share in (x / image.width_px, y / image.height_px)]
                in_outlines.write(_line(category, shares))
        if not marks:
            boxes.of(None)
            outlines.of(None)

    def _kept(self, mark: OnFrame) -> FrameShape | None:
        """Return the shape of a mark that YOLO has a place for, and count what it has none for."""
        shape, identity = mark.shape, mark.row.id
        if len(mark.row.labels) > 1:
            text = "A line has one class, the primary label of the mark; its other labels are left out."
            self.losses.add("other_labels", text, identity, Field.CODES)
        if shape is None:
            text = "Diagnoses of a whole image or frame have no shape and are left out."
            self.losses.add("without_shape", text, identity, Field.DIAGNOSES)
            return None
        if shape.kind == "Point":
            self.losses.add("points", "YOLO has no single point; points are left out.", identity, Field.POINTS)
            return None
        return shape


def _box(shape: FrameShape, image: ImageFacts) -> list[float]:
    """Return centre and size of the box around a shape, as shares of the picture."""
    x_min, y_min, x_max, y_max = shape.bounds
    width, height = image.width_px, image.height_px
    return [(x_min + x_max) / 2 / width, (y_min + y_max) / 2 / height, (x_max - x_min) / width, (y_max - y_min) / height]


def _line(category: int, shares: list[float]) -> bytes:
    return f"{category} {' '.join(f'{share:.12f}' for share in shares)}\n".encode()
