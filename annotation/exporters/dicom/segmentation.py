"""Segmentations (PS3.3, A.51), BINARY: a segment for each label, and all marked frames of an image in one object.

One object can hold several frames only where it says where they lie in the patient. Where the files do not say that, each marked
frame has an object of its own: it refers to the frame it was drawn on, and lies where that lies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from highdicom.seg import Segmentation, SegmentDescription
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.valuerep import DSfloat

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
from viewer.dicomweb.planes import Planes

__all__ = ["SegmentationSession"]

SINGLE_FRAME: Final = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary Capture: what the library takes for one frame that lies nowhere."""
PLACED_FRAME: Final = "1.2.840.10008.5.1.4.1.1.2"
"""CT Image: what the library takes for one frame that lies in a patient."""
MAX_PIXELS: Final = 1 << 27
"""Frames x rows x columns x segments of one object: the library holds a byte for each."""


class _Marked(NamedTuple):
    """A marked frame: its number (from 0; None for an image without frames), pixels by label code, and its last change."""

    frame: int | None
    segments: dict[str, list[Runs]]
    moment: datetime


class SegmentationSession:
    """One run over the cases of a campaign."""

    def __init__(self, campaign: CampaignFacts, losses: LossReport) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self.losses = losses
        text = "Marks of one label are one segment, whoever made them."
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
        marked: dict[int | None, _Marked] = {}
        for mark in frame_by_frame(rows, image, self.losses):
            if (runs := self._runs(mark, image)) is not None:
                row = mark.row
                known = marked.get(row.frame, _Marked(row.frame, {}, row.updated_at))
                known.segments.setdefault(row.labels[0] if row.labels else "", []).append(runs)
                marked[row.frame] = known._replace(moment=latest([row.updated_at, known.moment]))
        frames = sorted(marked.values(), key=lambda one: -1 if one.frame is None else one.frame)
        if dicom.planes is None:
            self._tell_apart(frames)
            for one in frames:
                yield self._entry(case, picture_name(image, one.frame), self._object(case, image, dicom, [one], None))
            return
        for number, together in enumerate(_together(frames, dicom.planes, image), 1):
            name = picture_name(image, None) + (f"-{number}" if number > 1 else "")
            yield self._entry(case, name, self._object(case, image, dicom, together, number))

    def _tell_apart(self, frames: list[_Marked]) -> None:
        if len(frames) > 1:
            text = "Where the files do not say how their frames lie in the patient, each marked frame has an object of its own."
            self.losses.note("places", text)

    @staticmethod
    def _entry(case: CaseFacts, name: str, data: bytes) -> Entry:
        return Entry(f"segmentations/{case.name}/{name}.dcm", len(data), [data])

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

    def _object(self, case: CaseFacts, image: ImageFacts, dicom: DicomFacts, frames: list[_Marked], number: int | None) -> bytes:
        """Return the object of some frames: the so-many-th of an image whose planes are known, or that of one frame (None)."""
        used = [code for code in self._names if any(code in one.segments for one in frames)]
        series = uid_for("seg", self._campaign.id, image.id)
        places = [place_of(dicom, one.frame or 0) for one in frames]
        sources = _Sources(case, image, places, [(dicom.planes, one.frame or 0) for one in frames])
        first = places[0]
        uid = uid_for(series, first.sop_instance, str(first.frame)) if number is None else uid_for(series, "planes", str(number))
        made = Segmentation(
            source_images=sources.datasets,
            pixel_array=_pixels([[one.segments.get(code, []) for code in used] for one in frames], image),
            segmentation_type="BINARY",
            segment_descriptions=[self._described(code, at, image) for at, code in enumerate(used, 1)],
            series_instance_uid=series,
            series_number=1,
            sop_instance_uid=uid,
            instance_number=number or first.frame or 1,
            content_description=self._campaign.title.get("ja") or None,
            content_label="MARKS",
            specific_character_set="ISO_IR 192",
            **EQUIPMENT,
        )
        sources.name_in(made)
        if dicom.planes is None:
            made.PatientOrientation = ""  # type 2C: nothing here says how the frame lies
        made.ContentCreatorName = ""  # type 2: a segment may be the work of several readers
        return finished(made, self._campaign, latest([one.moment for one in frames]))

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


class _Sources:
    """The frames that segments refer to. The library is given each as an object of its own; afterwards they get their true names."""

    def __init__(self, case: CaseFacts, image: ImageFacts, places: list[Place], planes: list[tuple[Planes | None, int]]) -> None:
        self._places = {uid_for("frame", place.sop_instance, str(place.frame)): place for place in places}
        self.datasets = [
            _placed(source(case, image, Place(PLACED_FRAME if known else SINGLE_FRAME, uid, None)), known, frame)
            for uid, (known, frame) in zip(self._places, planes, strict=True)
        ]

    def name_in(self, made: Segmentation) -> None:
        """Let every reference name the true class, object and frame (from 1), each object once."""
        for group in made.PerFrameFunctionalGroupsSequence:
            for picture in (one for derived in group.DerivationImageSequence for one in derived.SourceImageSequence):
                self._name(picture, with_frame=True)
        for series in made.ReferencedSeriesSequence:
            series.ReferencedInstanceSequence = self._named_once(series.ReferencedInstanceSequence)
        made.SourceImageSequence = self._named_once(made.SourceImageSequence)

    def _named_once(self, pictures: Iterable[Dataset]) -> list[Dataset]:
        return list({self._name(picture, with_frame=False).sop_instance: picture for picture in pictures}.values())

    def _name(self, picture: Dataset, *, with_frame: bool) -> Place:
        """One item may stand in several sequences; it is named once."""
        place = self._places.get(picture.ReferencedSOPInstanceUID)
        if place is None:
            return Place(picture.ReferencedSOPClassUID, picture.ReferencedSOPInstanceUID, None)
        picture.ReferencedSOPClassUID, picture.ReferencedSOPInstanceUID = place.sop_class, place.sop_instance
        if with_frame and place.frame is not None:
            picture.ReferencedFrameNumber = place.frame
        return place


def _placed(dataset: Dataset, planes: Planes | None, frame: int) -> Dataset:
    if planes is not None:
        plane = planes.frames[frame]
        dataset.FrameOfReferenceUID = planes.frame_of_reference_uid
        dataset.PositionReferenceIndicator = ""
        dataset.ImagePositionPatient = _decimals(plane.position_mm)
        dataset.ImageOrientationPatient = _decimals(plane.orientation)
        dataset.PixelSpacing = _decimals(plane.spacing_mm)
        dataset.SliceThickness = None if plane.thickness_mm is None else _decimals((plane.thickness_mm,))[0]
    return dataset


def _decimals(numbers: Iterable[float]) -> list[DSfloat]:
    """Return numbers as DS, which has room for sixteen characters."""
    return [DSfloat(number, auto_format=True) for number in numbers]


def _together(frames: list[_Marked], planes: Planes, image: ImageFacts) -> Iterator[list[_Marked]]:
    """Yield the frames of each object: alike in direction and scale, no two at one place, and no more than memory has room for."""
    groups: dict[tuple[object, ...], list[_Marked]] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for one in frames:
        plane = planes.frames[one.frame or 0]
        place = tuple(round(number, 3) for number in plane.position_mm)
        key = (*plane[1:], place)
        seen[key] += 1
        groups.setdefault((*plane[1:], seen[key]), []).append(one)
    for group in groups.values():
        labels = len({code for one in group for code in one.segments})
        at_once = max(1, MAX_PIXELS // (image.width_px * image.height_px * labels))
        for start in range(0, len(group), at_once):
            yield group[start : start + at_once]


def _pixels(frames: list[list[list[Runs]]], image: ImageFacts) -> NDArray[np.uint8]:
    """Return frames x rows x columns x segments."""
    pixels = np.zeros((len(frames), image.height_px, image.width_px, len(frames[0])), dtype=np.uint8)
    for at, segments in enumerate(frames):
        for number, marks in enumerate(segments):
            layer = pixels[at, :, :, number]
            for y, start, stop in ((y, start, stop) for runs in marks for y, start, stop in zip(*runs, strict=True)):
                layer[y, start:stop] = 1
    return pixels
