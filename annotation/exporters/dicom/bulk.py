"""Microscopy Bulk Simple Annotations (PS3.3, A.87): one of each reader of a whole slide, a group for each label and kind of shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
from highdicom.ann import AnnotationGroup, MicroscopyBulkSimpleAnnotations
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sr.codedict import codes

from annotation.exporters.base import Entry, LossReport
from annotation.exporters.cells import cells_by_image
from annotation.exporters.details import names_of_labels
from annotation.exporters.dicom.bulk_cells import cell_object
from annotation.exporters.dicom.common import (
    EQUIPMENT,
    WHOLE_SLIDE,
    Place,
    ascii_text,
    code_of,
    finished,
    instance_of_slide,
    latest,
    own_code,
    person_name,
    source,
    uid_for,
)
from annotation.exporters.fields import Field
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.outlines import solid_rings
from annotation.exporters.streams import by_image
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, CellGroupFacts, DicomFacts, ImageFacts
from annotation.schema.masks import FrameShape

__all__ = ["BulkSession"]

_Group = tuple[str, str]
"""Label code and graphic type."""
_Groups = dict[_Group, list[NDArray[np.float64]]]


class BulkSession:
    """One run over the cases of a campaign."""

    def __init__(self, campaign: CampaignFacts, losses: LossReport) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self.losses = losses
        text = (
            "An annotation of a group has no id of its own; coordinates are those of level 0, as 64-bit numbers, for cells as 32-bit ones."
        )
        losses.note("no_ids", text)
        losses.note("rectangles", "A rectangle is written as a polygon with four corners, which more programs read.")
        losses.note("ascii", "Words within an object are ASCII English, which every viewer reads; Japanese names are in labels.json.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        """Yield the objects of each DICOM slide; marks of other images are told."""
        for case in cases:
            for image, rows in by_image(case):
                if not _is_slide(image):
                    for row in rows:
                        self.losses.drop("no_slide", "The image is no DICOM slide; for frames take dicom-seg or dicom-sr.", row.id)
                    continue
                yield from self._image(case, image, rows)
            for image, groups in cells_by_image(case):
                yield from self._cells(case, image, groups)

    def _cells(self, case: CaseFacts, image: ImageFacts, groups: Iterable[CellGroupFacts]) -> Iterator[Entry]:
        """Yield the object of each reader's cells on an image."""
        if not _is_slide(image):
            for group in groups:
                text = "The image of the cells is no DICOM slide; for such take qupath, coco or csv."
                self.losses.add("cells_no_slide", text, group.id, Field.CELLS, count=group.count)
            return
        by_reader: dict[str, list[CellGroupFacts]] = {}
        for group in groups:
            by_reader.setdefault(group.read.reader, []).append(group)
        for reader in sorted(by_reader):
            name = f"annotations/{case.name}/{image.id}-{reader}-cells.dcm"
            made = cell_object(_slide(case, image), by_reader[reader], image=image, campaign=self._campaign, losses=self.losses, name=name)
            if made is not None:
                yield made

    def _image(self, case: CaseFacts, image: ImageFacts, rows: Iterable[AnnotationFacts]) -> Iterator[Entry]:
        by_reader: dict[str, _Groups] = {}
        instants: dict[str, datetime] = {}
        for mark in frame_by_frame(rows, image, self.losses):
            shape = self._kept(mark)
            if shape is None:
                continue
            reader, kind = mark.row.read.reader, "POINT" if shape.kind == "Point" else "POLYGON"
            groups = by_reader.setdefault(reader, {}).setdefault((mark.row.labels[0] if mark.row.labels else "", kind), [])
            # a ring is not closed here: its last vertex is not the first one again (PS3.3, C.37.1.2)
            rings = [[shape.centre]] if kind == "POINT" else [ring[:-1] for ring in solid_rings(shape, self.losses, mark.row.id)]
            groups += [np.array(ring, dtype=np.float64) for ring in rings]
            instants[reader] = latest([mark.row.updated_at, instants.get(reader, mark.row.updated_at)])
        for reader in sorted(by_reader):
            data = self._object(_slide(case, image), image, reader, by_reader.pop(reader), instants[reader])
            yield Entry(f"annotations/{case.name}/{image.id}-{reader}.dcm", len(data), [data])

    def _kept(self, mark: OnFrame) -> FrameShape | None:
        """Return the shape of a mark that has a place, and count what has none."""
        row, shape = mark.row, mark.shape
        if shape is None:
            text = "Diagnoses of a whole image or frame have no shape and are left out."
            self.losses.add("without_shape", text, row.id, Field.DIAGNOSES)
            return None
        if row.frame is not None:
            text = "A mark on one focal plane or moment of a slide is written without it."
            self.losses.add("planes", text, row.id)
        if len(row.labels) > 1:
            self.losses.add("other_labels", "A mark is in the group of its primary label only.", row.id, Field.CODES)
        return shape

    def _object(self, slide: Dataset, image: ImageFacts, reader: str, groups: _Groups, moment: datetime) -> bytes:
        series = uid_for("ann", self._campaign.id, image.id)
        ordered = sorted(groups, key=lambda group: (list(self._names).index(group[0]), group[1]))
        made = MicroscopyBulkSimpleAnnotations(
            source_images=[slide],
            annotation_coordinate_type="2D",
            annotation_groups=[self._group(number, group, groups[group], series) for number, group in enumerate(ordered, 1)],
            series_instance_uid=series,
            series_number=1,
            sop_instance_uid=uid_for(series, reader),
            instance_number=1,
            content_description=self._campaign.title.get("ja") or None,
            content_creator_name=person_name(reader),
            content_label="MARKS",
            specific_character_set="ISO_IR 192",
            **EQUIPMENT,
        )
        made.Laterality = ""  # type 2C: nothing here says which side
        return finished(made, self._campaign, moment)

    def _group(self, number: int, group: _Group, rings: list[NDArray[np.float64]], series: str) -> AnnotationGroup:
        code, kind = group
        label = self._campaign.labels.get(code)
        words: dict[str, Any] = {
            "label": ascii_text(self._names[code], code),
            "annotated_property_category": codes.SCT.MorphologicallyAbnormalStructure,
            "annotated_property_type": code_of(label) if label is not None else own_code("unlabelled"),
        }
        return AnnotationGroup(
            number=number,
            uid=uid_for(series, code, kind),
            algorithm_type="MANUAL",
            graphic_type=kind,
            graphic_data=rings,
            description=code or "unlabelled",
            **words,
        )


def _is_slide(image: ImageFacts) -> bool:
    return image.dicom is not None and image.dicom.instances[0][0] == WHOLE_SLIDE


def _slide(case: CaseFacts, image: ImageFacts) -> Dataset:
    """Return the level 0 of a slide."""
    sop_class, uid, _ = instance_of_slide(_dicom_of(image))
    slide = source(case, image, Place(sop_class, uid, None))
    slide.TotalPixelMatrixColumns, slide.TotalPixelMatrixRows = image.width_px, image.height_px
    # the library compares those of several slides; an object in two dimensions has none of its own
    slide.FrameOfReferenceUID = uid_for("compared-only", uid)
    return slide


def _dicom_of(image: ImageFacts) -> DicomFacts:
    if image.dicom is None:
        raise ValueError("the image has no DICOM identity")
    return image.dicom
