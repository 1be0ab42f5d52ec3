"""Structured reports (PS3.16, TID 1500): one of each reader of an image, a group for each mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import numpy as np
from highdicom.sr import (
    AlgorithmIdentification,
    Comprehensive3DSR,
    ImageRegion,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    PersonObserverIdentifyingAttributes,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    SourceImageForMeasurementGroup,
    SourceImageForRegion,
    TrackingIdentifier,
)
from pydicom import DataElement, Dataset
from pydicom.sr.codedict import codes

from annotation.exporters.base import Entry, LossReport
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
    place_of,
    source,
    uid_for,
)
from annotation.exporters.fields import Field
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.outlines import solid_rings
from annotation.exporters.streams import by_image
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, DicomFacts, ImageFacts

__all__ = ["ReportSession"]

MAX_GROUPS: Final = 500
"""Most marks of one report; more go into a further one, so that memory stays bounded (some 6 ms and 100 KB a mark)."""

_CONTENT: Final = 0x0040A730


class ReportSession:
    """One run over the cases of a campaign."""

    def __init__(self, campaign: CampaignFacts, losses: LossReport) -> None:
        self._campaign = campaign
        self.losses = losses
        losses.note("many_marks", "A report takes some 6 ms a mark to write; for the cells of a slide take dicom-ann.")
        losses.note("float32", "Coordinates are 32-bit numbers: beyond 131,072 px they are off by up to 0.008 px.")
        losses.note("ascii", "Words within a report are ASCII English, which every viewer reads; Japanese names are in labels.json.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        """Yield the reports of each image with DICOM identity; marks of other images are told."""
        for case in cases:
            for image, rows in by_image(case):
                if image.dicom is None:
                    for row in rows:
                        self.losses.drop("no_dicom", "The image is no DICOM object: a report could not refer to it.", row.id)
                    continue
                yield from self._image(case, image, image.dicom, rows)

    def _image(self, case: CaseFacts, image: ImageFacts, dicom: DicomFacts, rows: Iterable[AnnotationFacts]) -> Iterator[Entry]:
        waiting: dict[str, list[OnFrame]] = {}
        numbers: dict[str, int] = {}
        for mark in frame_by_frame(rows, image, self.losses):
            marks = waiting.setdefault(mark.row.read.id, [])
            marks.append(mark)
            if len(marks) == MAX_GROUPS:
                numbers[mark.row.read.id] = numbers.get(mark.row.read.id, 0) + 1
                yield self._report(case, image, dicom, marks, numbers[mark.row.read.id])
                waiting[mark.row.read.id] = []
        for read, marks in sorted(waiting.items()):
            if marks:
                yield self._report(case, image, dicom, marks, numbers.get(read, 0) + 1)

    def _report(self, case: CaseFacts, image: ImageFacts, dicom: DicomFacts, marks: list[OnFrame], number: int) -> Entry:
        read = marks[0].row.read
        groups = [list(self._groups(mark, dicom)) for mark in marks]
        observer = PersonObserverIdentifyingAttributes(name=person_name(read.reader))
        content = MeasurementReport(
            observation_context=ObservationContext(observer_person_context=ObserverContext(codes.DCM.Person, observer)),
            procedure_reported=codes.SCT.ImagingProcedure,
            imaging_measurements=[groups[number][0] for number in _one_of_each_place(marks, dicom) if groups[number]],
            title=codes.DCM.ImagingMeasurementReport,
        )
        series = uid_for("sr", self._campaign.id, image.id, read.id)
        report = Comprehensive3DSR(
            evidence=_evidence(case, image, dicom, marks),
            content=content,
            series_instance_uid=series,
            series_number=1,
            sop_instance_uid=uid_for(series, str(number)),
            instance_number=number,
            is_complete=read.submitted_at is not None,
            is_final=read.submitted_at is not None,
            is_verified=False,
            **EQUIPMENT,
        )
        _put_all(report, groups)
        data = finished(report, self._campaign, latest([mark.row.updated_at for mark in marks]))
        suffix = "" if number == 1 else f"-{number}"
        return Entry(f"reports/{case.name}/{image.id}-{read.reader}{suffix}.dcm", len(data), [data])

    def _groups(self, mark: OnFrame, dicom: DicomFacts) -> Iterator[Any]:
        row = mark.row
        places = _places(mark, dicom)
        said = self._said(row)
        tracking = TrackingIdentifier(uid=uid_for("mark", row.id), identifier=row.id)
        if mark.shape is None:
            pictures = [SourceImageForMeasurementGroup(at.sop_class, at.sop_instance, [at.frame] if at.frame else None) for at in places]
            yield MeasurementsAndQualitativeEvaluations(tracking, source_images=pictures, **said)
            return
        if mark.shape.kind == "Point":
            outlines, kind = [[mark.shape.centre]], "POINT"
        else:
            outlines, kind = solid_rings(mark.shape, self.losses, row.id), "POLYLINE"
        for outline in outlines:
            yield PlanarROIMeasurementsAndQualitativeEvaluations(tracking, referenced_region=_region(outline, kind, places[0]), **said)

    def _said(self, row: AnnotationFacts) -> dict[str, Any]:
        """Return the finding, what else is said of it in codes, and the time that it took."""
        if row.suggestion is not None:
            text = "A report names the model behind a mark; what it had proposed, and what became of that, is left out."
            self.losses.add("suggestions_as_models", text, row.id, Field.SUGGESTIONS)
        labels = [self._campaign.labels[code] for code in row.labels]
        evaluations = [_evaluation("label", "", label.code, label.display.get("en", "")) for label in labels]
        evaluations.append(_evaluation("granularity", "", row.granularity, ""))
        if row.certainty:
            evaluations.append(_evaluation("certainty", "", row.certainty, ""))
        for basis in row.basis:
            words = f"{basis['method']} {basis['status']}"
            evaluations.append(_evaluation("basis", "basis of diagnosis", words, ""))
        said: dict[str, Any] = {"qualitative_evaluations": evaluations}
        if labels:
            said["finding_type"] = code_of(labels[0])
        if row.active_seconds:
            time = own_code("active-time", "time spent on the mark")
            said["measurements"] = [Measurement(time, float(row.active_seconds), codes.UCUM.Second)]
        if row.suggestion is not None:
            model = row.suggestion.model
            said["algorithm_id"] = AlgorithmIdentification(ascii_text(model.name), ascii_text(model.version))
        return said


@lru_cache(maxsize=1_000)
def _evaluation(name: str, meaning: str, value: str, value_meaning: str) -> QualitativeEvaluation:
    """Return what is said of many marks in the same words; written, and never changed."""
    return QualitativeEvaluation(own_code(name, meaning), own_code(value, value_meaning))


def _places(mark: OnFrame, dicom: DicomFacts) -> list[Place]:
    """Return what a mark is about: level 0 of a slide, one frame, or all files of a stack for a diagnosis of the whole."""
    if dicom.instances[0][0] == WHOLE_SLIDE:
        sop_class, uid, _ = instance_of_slide(dicom)
        return [Place(sop_class, uid, None)]
    if mark.shape is None and mark.row.frame is None:
        return [Place(sop_class, uid, None) for sop_class, uid, _ in dicom.instances]
    return [place_of(dicom, mark.row.frame)]


def _one_of_each_place(marks: list[OnFrame], dicom: DicomFacts) -> list[int]:
    """Return the numbers of marks that refer together to everything that any of them refers to."""
    seen: set[str] = set()
    found = []
    for number, mark in enumerate(marks):
        objects = {place.sop_instance for place in _places(mark, dicom)}
        if not objects <= seen:
            seen |= objects
            found.append(number)
    return found


def _put_all(report: Dataset, groups: list[list[Any]]) -> None:
    """Put the groups of all marks where some are.

    The library copies every item of a report that it is given, and looks through all of them for what they refer to, which takes most of
    the time; it was given as few as name every object.
    """
    (container,) = (item for item in report.ContentSequence if item.ConceptNameCodeSequence[0] == codes.DCM.ImagingMeasurements)
    # set as an element: items are what they are, and are not to be looked at again
    container[_CONTENT] = DataElement(_CONTENT, "SQ", [item for group in groups for part in group for item in part])


def _evidence(case: CaseFacts, image: ImageFacts, dicom: DicomFacts, marks: list[OnFrame]) -> list[Any]:
    """Return the objects that the marks refer to, each once."""
    places = {(place.sop_class, place.sop_instance) for mark in marks for place in _places(mark, dicom)}
    return [source(case, image, Place(*place, None)) for place in sorted(places)]


def _region(outline: list[tuple[float, float]], kind: str, place: Place) -> ImageRegion:
    """Return a region in pixels of its frame, (0, 0) the outer corner of the first one (PS3.3, C.18.6.1.1); closed."""
    picture = SourceImageForRegion(place.sop_class, place.sop_instance, [place.frame] if place.frame else None)
    whole = {"pixel_origin_interpretation": "VOLUME"} if place.sop_class == WHOLE_SLIDE else {}
    return ImageRegion(kind, np.array(outline, dtype=np.float64), picture, **whole)
