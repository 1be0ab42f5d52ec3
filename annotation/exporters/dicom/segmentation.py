"""Segmentations (PS3.3, A.51), BINARY: one of each marked frame, a segment for each label.

What is known of an image here does not say where its frames lie in the patient. An object of several frames would have to claim that;
one of a single frame refers to the frame it was drawn on, and lies where that lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import numpy as np
from highdicom.seg import Segmentation, SegmentDescription
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sr.codedict import codes

from annotation.exporters.base import Entry, LossReport
from annotation.exporters.details import names_of_labels
from annotation.exporters.dicom.common import (
    EQUIPMENT,
    WHOLE_SLIDE,
    Place,
    ascii_text,
    code_of,
    finished,
    latest,
    own_code,
    place_of,
    source,
    uid_for,
)
from annotation.exporters.fields import Field
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.painting import Runs, runs_of
from annotation.exporters.per_frame import picture_name
from annotation.exporters.streams import by_image
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, DicomFacts, ImageFacts

__all__ = ["SegmentationSession"]

SINGLE_FRAME: Final = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary Capture: what the library takes for one frame that lies nowhere."""
_Segments = dict[str, list[Runs]]
"""Label code -> runs of pixels of one frame."""


class SegmentationSession:
    """One run over the cases of a campaign."""

    def __init__(self, campaign: CampaignFacts, losses: LossReport) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self.losses = losses
        text = "One object for each marked frame; marks of one label are one segment there, whoever made them."
        losses.note("segments", text)
        losses.note("pixels", "An outline is the pixels whose centres it holds; its vertices are lost.")
        losses.note("ascii", "Words within an object are ASCII English, which every viewer reads; Japanese names are in labels.json.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        """Yield the objects of each DICOM image with frames; marks of other images are told."""
        for case in cases:
            for image, rows in by_image(case):
                if image.dicom is None or image.dicom.instances[0][0] == WHOLE_SLIDE:
                    for row in rows:
                        self.losses.drop("no_frames", "The image is no DICOM object with frames; for whole slides take dicom-ann.", row.id)
                    continue
                yield from self._image(case, image, image.dicom, rows)

    def _image(self, case: CaseFacts, image: ImageFacts, dicom: DicomFacts, rows: Iterable[AnnotationFacts]) -> Iterator[Entry]:
        painted: dict[int | None, _Segments] = {}
        instants: dict[int | None, datetime] = {}
        for mark in frame_by_frame(rows, image, self.losses):
            if (runs := self._runs(mark, image)) is not None:
                frame = mark.row.frame
                painted.setdefault(frame, {}).setdefault(mark.row.labels[0] if mark.row.labels else "", []).append(runs)
                instants[frame] = latest([mark.row.updated_at, instants.get(frame, mark.row.updated_at)])
        for frame in sorted(painted, key=lambda number: -1 if number is None else number):
            data = self._object(case, image, place_of(dicom, frame or 0), painted[frame], instants[frame])
            yield Entry(f"segmentations/{case.name}/{picture_name(image, frame)}.dcm", len(data), [data])

    def _runs(self, mark: OnFrame, image: ImageFacts) -> Runs | None:
        row, shape = mark.row, mark.shape
        if shape is None:
            text = "Diagnoses of a whole image or frame have no shape and are left out."
            self.losses.add("without_shape", text, row.id, Field.DIAGNOSES)
            return None
        if shape.kind == "Point":
            self.losses.add("points", "A point has no area; points are left out.", row.id, Field.POINTS)
            return None
        if len(row.labels) > 1:
            self.losses.add("other_labels", "A mark is in the segment of its primary label only.", row.id, Field.CODES)
        runs = runs_of(shape, width=image.width_px, height=image.height_px)
        if not len(runs.y):
            self.losses.add("too_small", "A mark that holds the centre of no pixel leaves no trace.", row.id)
            return None
        return runs

    def _object(self, case: CaseFacts, image: ImageFacts, place: Place, segments: _Segments, moment: datetime) -> bytes:
        used = [code for code in self._names if code in segments]
        series = uid_for("seg", self._campaign.id, image.id)
        made = Segmentation(
            source_images=[source(case, image, place._replace(sop_class=SINGLE_FRAME))],
            pixel_array=_pixels([segments[code] for code in used], image),
            segmentation_type="BINARY",
            segment_descriptions=[self._described(code, number, image) for number, code in enumerate(used, 1)],
            series_instance_uid=series,
            series_number=1,
            sop_instance_uid=uid_for(series, place.sop_instance, str(place.frame)),
            instance_number=place.frame or 1,
            content_description=self._campaign.title.get("ja") or None,
            content_label="MARKS",
            specific_character_set="ISO_IR 192",
            **EQUIPMENT,
        )
        _name_place(made, place)
        made.PatientOrientation = ""  # type 2C: nothing here says how the frame lies
        made.ContentCreatorName = ""  # type 2: a segment may be the work of several readers
        return finished(made, self._campaign, moment)

    def _described(self, code: str, number: int, image: ImageFacts) -> SegmentDescription:
        label = self._campaign.labels.get(code)
        return SegmentDescription(
            segment_number=number,
            segment_label=ascii_text(self._names[code], code),
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure if code else codes.SCT.SpatialAndRelationalConcept,
            segmented_property_type=code_of(label) if label is not None else own_code("unlabelled"),
            algorithm_type="MANUAL",
            tracking_uid=uid_for("segment", image.id, code),
            tracking_id=code or "unlabelled",
        )


def _pixels(segments: list[list[Runs]], image: ImageFacts) -> NDArray[np.uint8]:
    """Return one frame x rows x columns x segments."""
    pixels = np.zeros((1, image.height_px, image.width_px, len(segments)), dtype=np.uint8)
    for number, marks in enumerate(segments):
        layer = pixels[0, :, :, number]
        for y, start, stop in ((y, start, stop) for runs in marks for y, start, stop in zip(*runs, strict=True)):
            layer[y, start:stop] = 1
    return pixels


def _name_place(made: Segmentation, place: Place) -> None:
    """Let every reference name the true class and frame (from 1): the library was given the frame as an object of its own."""
    _name_class(made, place)
    if place.frame is not None:
        for item in made.PerFrameFunctionalGroupsSequence:
            for picture in item.DerivationImageSequence[0].SourceImageSequence:
                picture.ReferencedFrameNumber = place.frame


def _name_class(dataset: Dataset, place: Place) -> None:
    for element in dataset:
        for item in element.value if element.VR == "SQ" else ():
            _name_class(item, place)
            if item.get("ReferencedSOPInstanceUID") == place.sop_instance:
                item.ReferencedSOPClassUID = place.sop_class
