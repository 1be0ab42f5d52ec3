"""COCO instances as pycocotools reads them: one file with images, categories and annotations, ids counted from 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

import numpy as np
import shapely

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.cells import (
    DISPOSITIONS,
    cells_by_image,
    figures_of,
    group_words,
    kept_pieces,
    label_of,
    number_texts,
    position_texts,
)
from annotation.exporters.details import extras
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import frame_by_frame
from annotation.exporters.pieces import Piece, entry_of
from annotation.exporters.raster import placed, run_lengths, without_holes
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, CellGroupFacts, ImageFacts
from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.shapes import Shape
from annotation.schema.spool import Spool

__all__ = ["CocoExporter"]

MAX_MASK_PX: Final = (1 << 31) - 1
"""Most pixels of an image whose masks are run-length coded: pycocotools counts in 32 bits."""


class CocoExporter:
    """Boxes and outlines for detection and segmentation tools."""

    name: ClassVar[str] = "coco"
    media_type: ClassVar[str] = "application/json"

    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.HOLES: Held.PARTLY,
        Field.POINTS: Held.NO,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.PARTLY,
        Field.DIAGNOSES: Held.NO,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self._categories = {code: number for number, code in enumerate(campaign.labels, 1)}
        self._unlabelled_id = len(self._categories) + 1
        self._image_count = 0
        self._annotation_count = 0
        self.losses = LossReport(CocoExporter.name, CocoExporter.holds, required)
        self.losses.note("governance", "Reads without a mark and governance have no place in COCO.")
        self.losses.note("one_category", "COCO keeps one category an object: the primary label; all label codes are in the attributes.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        with Spool() as images, Spool() as annotations:
            for case in cases:
                numbers: dict[str, int] = {}
                for image, rows in by_image(case):
                    numbers[image.id] = self._write_image(image, rows, images, annotations)
                for image, groups in cells_by_image(case):
                    number = numbers.get(image.id) or self._add_image(image, None, images)
                    for group in groups:
                        self._write_cells(group, number, annotations)
            info = {"description": self._campaign.title.get("en") or self._campaign.code, "version": self._campaign.protocol_version}
            parts: list[Piece] = [
                b'{"annotations":[',
                annotations,
                b'],"categories":' + canonical_json(self._category_members()) + b',"images":[',
                images,
                b'],"info":' + canonical_json(info) + b',"licenses":[]}',
            ]
            yield entry_of("coco.json", parts)

    def _write_image(self, image: ImageFacts, rows: Iterable[AnnotationFacts], images: Spool, annotations: Spool) -> int:
        """Write an image, or each marked frame of a stack as an image of its own; return the number of the whole image, 0: none."""
        numbers: dict[int | None, int] = {}
        for row, shape, _id, keyframe in frame_by_frame(rows, image, self.losses):
            if shape is None:
                self.losses.add(
                    "without_shape", "Diagnoses of a whole image or frame have no shape and are left out.", row.id, Field.DIAGNOSES
                )
            elif shape.kind == "Point":
                self.losses.add("points", "COCO has no single point; points are left out.", row.id, Field.POINTS)
            else:
                number = numbers.get(row.frame) or self._add_image(image, row.frame, images)
                numbers[row.frame] = number
                member = self._annotation(row, shape, number, image)
                if keyframe is not None:
                    member["attributes"] |= {"track": True, "keyframe": keyframe}
                annotations.write((b"," if self._annotation_count > 1 else b"") + canonical_json(member))
        if not numbers:
            numbers[None] = self._add_image(image, None, images)
        return numbers.get(None, 0)

    def _write_cells(self, group: CellGroupFacts, image_number: int, annotations: Spool) -> None:
        """Write the cells of a group; text by text, because a dictionary a cell would take minutes for a million."""
        category = self._unlabelled_id if label_of(group, self._campaign) is None else self._categories[group.label]
        words = canonical_json(group_words(group))[1:].decode()
        for piece in kept_pieces(group, self.losses):
            positions, starts, (boxes, areas) = position_texts(piece), piece.starts.tolist(), figures_of(piece)
            sides = number_texts(np.column_stack((boxes[:, :2], boxes[:, 2:] - boxes[:, :2])).ravel())
            rows = zip(piece.numbers.tolist(), number_texts(piece.scores), piece.dispositions.tolist(), number_texts(areas), strict=True)
            members = [
                f'{{"area":{area},"attributes":{{"cell":{number},"disposition":"{DISPOSITIONS[disposition]}","score":{score},{words},'
                f'"bbox":[{",".join(sides[4 * index : 4 * index + 4])}],"category_id":{category},"id":{self._annotation_count + index + 1},'
                f'"image_id":{image_number},"iscrowd":0,"segmentation":[[{",".join(positions[starts[index] : starts[index + 1]])}]]}}'
                for index, (number, score, disposition, area) in enumerate(rows)
            ]
            annotations.write(("," * (self._annotation_count > 0) + ",".join(members)).encode())
            self._annotation_count += len(members)

    def _add_image(self, image: ImageFacts, frame: int | None, images: Spool) -> int:
        self._image_count += 1
        member: dict[str, Any] = {
            "id": self._image_count,
            "file_name": image.id if frame is None else f"{image.id}/{frame}",
            "width": image.width_px,
            "height": image.height_px,
            "attributes": {"image": image.id, "digest": image.digest, "modality": image.modality},
        }
        if frame is not None:
            member["attributes"]["frame"] = frame
        images.write((b"," if self._image_count > 1 else b"") + canonical_json(member))
        return self._image_count

    def _annotation(self, row: AnnotationFacts, shape: FrameShape, image_number: int, image: ImageFacts) -> dict[str, Any]:
        self._annotation_count += 1
        x_min, y_min, x_max, y_max = shape.bounds
        return {
            "id": self._annotation_count,
            "image_id": image_number,
            "category_id": self._categories[row.labels[0]] if row.labels else self._unlabelled_id,
            "bbox": [x_min, y_min, x_max - x_min, y_max - y_min],
            "area": shape.area,
            "iscrowd": 0,
            "segmentation": self._mask(row, shape, image) if isinstance(shape, Mask) else self._segmentation(row, shape, image),
            "attributes": {
                "annotation": row.id,
                "granularity": row.granularity,
                "labels": list(row.labels),
                "reader": row.read.reader,
                "state": row.read.state,
                "rectangle": shape.kind == "Rectangle",
                **extras(row, self._campaign),
            },
        }

    def _segmentation(self, row: AnnotationFacts, shape: Shape, image: ImageFacts) -> Any:
        polygons = shape.polygons
        if all(len(rings) == 1 for rings in polygons):
            return [_flat(rings[0]) for rings in polygons]
        if image.width_px * image.height_px <= MAX_MASK_PX:
            text = "An outline with holes is written as a mask of whole pixels (COCO polygons have no holes)."
            self.losses.add("holes_as_mask", text, row.id, Field.HOLES)
            counts = run_lengths(shape, width=image.width_px, height=image.height_px)
            return {"size": [image.height_px, image.width_px], "counts": counts}
        text = "On an image too large for COCO masks, an outline with holes is cut into touching parts without holes."
        self.losses.add("holes_as_parts", text, row.id, Field.HOLES)
        return [_flat(rings[0]) for rings in without_holes(shape)]

    def _mask(self, row: AnnotationFacts, mask: Mask, image: ImageFacts) -> Any:
        if image.width_px * image.height_px <= MAX_MASK_PX:
            return {"size": [image.height_px, image.width_px], "counts": placed(mask, width=image.width_px, height=image.height_px)}
        text = "On an image too large for COCO masks, a mask is written as its outline along the edges of its pixels."
        self.losses.add("masks_as_outlines", text, row.id, Field.MASKS)
        polygons = outlines_of_mask(mask)
        outlines = Shape("MultiPolygon", shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons]))
        return [_flat(rings[0]) for rings in (polygons if all(len(rings) == 1 for rings in polygons) else without_holes(outlines))]

    def _category_members(self) -> list[dict[str, Any]]:
        members = [
            {
                "id": number,
                "name": self._campaign.labels[code].display.get("en") or code,
                "supercategory": self._campaign.labels[code].role,
                "attributes": {"code": code, "ja": self._campaign.labels[code].display.get("ja", "")},
            }
            for code, number in self._categories.items()
        ]
        return [
            *members,
            {"id": self._unlabelled_id, "name": "unlabelled", "supercategory": "", "attributes": {"code": "", "ja": "ラベルなし"}},
        ]


def _flat(ring: list[tuple[float, float]]) -> list[float]:
    """Return x, y, x, y ... without the closing vertex, as COCO wants it."""
    return [number for position in ring[:-1] for number in position]
