"""What DICOM objects of marks share: where an image lies, codes in ASCII, and bytes that follow from the facts alone.

The viewers built on dcmjs read texts within sequences as Latin-1: code meanings are ASCII English, Japanese stands only in top-level
attributes.
"""

from __future__ import annotations

import io
import re
import uuid
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from highdicom.sr.coding import CodedConcept
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from annotation.schema.facts import CampaignFacts, CaseFacts, DicomFacts, ImageFacts
from annotation.schema.labels import LabelValue

__all__ = [
    "EQUIPMENT",
    "WHOLE_SLIDE",
    "Place",
    "ascii_text",
    "code_of",
    "finished",
    "instance_of_slide",
    "latest",
    "own_code",
    "person_name",
    "place_of",
    "settled",
    "source",
    "uid_for",
]

WHOLE_SLIDE: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"
"""VL Whole Slide Microscopy Image Storage."""
OWN_SCHEME: Final = "99MITATE"
_SCHEMES: Final = {
    "http://snomed.info/sct": "SCT",
    "http://dicom.nema.org/resources/ontology/DCM": "DCM",
    "http://loinc.org": "LN",
    "http://www.radlex.org": "RADLEX",
}
EQUIPMENT: Final[dict[str, Any]] = {
    "manufacturer": "Mitate",
    "manufacturer_model_name": "Mitate",
    "software_versions": "1",
    "device_serial_number": "0",
}
_SPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:mitate:dicom")
_HIGHDICOM_ROOT: Final = "1.2.826.0.1.3680043.10.511."
_PYDICOM_ROOT: Final = "1.2.826.0.1.3680043.8.498."
MEANING_LENGTH: Final = 64
SEX: Final = ("M", "F", "O")


class Place(NamedTuple):
    """Where a frame of an image lies: the object, and the frame in it, from 1; None for an object of one frame."""

    sop_class: str
    sop_instance: str
    frame: int | None


def uid_for(*parts: str) -> str:
    """Return a UID that follows from some texts (PS3.5, B.2: a UUID as a number below 2.25)."""
    return f"2.25.{uuid.uuid5(_SPACE, '/'.join(parts)).int}"


def place_of(dicom: DicomFacts, frame: int | None) -> Place:
    """Return where a frame of the image (from 0) lies; None stands for the only object as a whole."""
    left = frame or 0
    for sop_class, uid, frames in dicom.instances:
        if left < frames:
            return Place(sop_class, uid, None if frame is None or frames == 1 else left + 1)
        left -= frames
    sop_class, uid, _ = dicom.instances[-1]
    return Place(sop_class, uid, None)


def instance_of_slide(dicom: DicomFacts) -> tuple[str, str, int]:
    """Return the object of a slide's level 0: the one with the most tiles."""
    return max(dicom.instances, key=lambda one: one[2])


def source(case: CaseFacts, image: ImageFacts, place: Place) -> Dataset:
    """Return as much of an image's object as an object that refers to it repeats: who, which study, which series, how large."""
    if image.dicom is None:
        raise ValueError("the image has no DICOM identity")
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientID = case.subject.value[:32]
    dataset.PatientName = ""
    dataset.PatientBirthDate = ""
    dataset.PatientSex = case.subject.sex if case.subject.sex in SEX else ""
    dataset.StudyInstanceUID = image.dicom.study_uid
    dataset.StudyID = dataset.StudyDate = dataset.StudyTime = dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.SeriesInstanceUID = image.dicom.series_uid
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.Modality = image.modality
    dataset.SOPClassUID, dataset.SOPInstanceUID = place.sop_class, place.sop_instance
    dataset.Rows, dataset.Columns = min(image.height_px, 0xFFFF), min(image.width_px, 0xFFFF)
    return dataset


def ascii_text(text: str, otherwise: str = "not stated") -> str:
    """Return a text in printable ASCII, at most 64 characters; what has none gives the other text."""
    kept = re.sub(r"\s+", " ", re.sub(r"[^\x20-\x7e]+", " ", text)).replace("\\", "/").strip()
    return kept[:MEANING_LENGTH].strip() or otherwise[:MEANING_LENGTH]


def own_code(value: str, meaning: str = "") -> CodedConcept:
    """Return a code of our own."""
    plain = ascii_text(value, "label")
    return CodedConcept(plain, OWN_SCHEME, ascii_text(meaning, plain))


def code_of(label: LabelValue) -> CodedConcept:
    """Return the code of a label in a scheme that DICOM names (PS3.16, 8), else our own."""
    for coding in label.codings:
        if coding.system in _SCHEMES:
            words = coding.display.get("en", "") or label.display.get("en", "")
            return CodedConcept(coding.code, _SCHEMES[coding.system], ascii_text(words, label.code))
    return own_code(label.code, label.display.get("en", ""))


def person_name(reader: str) -> str:
    """Return a pseudonym as a person's name (PS3.5, 6.2): all of it the family name."""
    return f"{reader}^"


def latest(instants: list[datetime]) -> datetime:
    """Return the latest instant, in UTC."""
    return max(instants).astimezone(UTC)


def finished(dataset: Dataset, campaign: CampaignFacts, moment: datetime) -> bytes:
    """Return the file of an object, see :func:`settled`."""
    settled(dataset, campaign, moment)
    file = io.BytesIO()
    dataset.file_meta.TransferSyntaxUID = dataset.file_meta.get("TransferSyntaxUID", ExplicitVRLittleEndian)
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def settled(dataset: Dataset, campaign: CampaignFacts, moment: datetime) -> None:
    """Give an object dates that are one moment of the facts, and UIDs that follow from its own."""
    moment = moment.astimezone(UTC)
    date, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    for name in ("ContentDate", "InstanceCreationDate", "SeriesDate"):
        setattr(dataset, name, date)
    for name in ("ContentTime", "InstanceCreationTime", "SeriesTime"):
        setattr(dataset, name, time)
    dataset.SeriesDescription = ascii_text(campaign.title.get("en", ""), campaign.code)
    if "TimezoneOffsetFromUTC" in dataset:
        dataset.TimezoneOffsetFromUTC = "+0000"
    _settle(dataset, dataset.SOPInstanceUID, f"{date}{time}", {})


def _settle(dataset: Dataset, root: str, moment: str, known: dict[str, str]) -> None:
    """Replace what the library made up: UIDs of its own roots by such that count on from the object's, and its clock."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _settle(item, root, moment, known)
        elif element.VR == "UI" and isinstance(element.value, str) and element.value.startswith((_HIGHDICOM_ROOT, _PYDICOM_ROOT)):
            element.value = known.setdefault(element.value, uid_for(root, str(len(known))))
        elif element.VR == "DT" and element.value:
            element.value = moment
