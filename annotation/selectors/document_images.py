"""The subject and the images of a case as plain facts, read from their rows."""

import hashlib
import hmac
import re
from typing import Any, Final

from annotation.schema.facts import DicomFacts, ImageFacts, SubjectFacts
from viewer.dicomweb.uids import uid_of
from viewer.models import Image, Instance
from viewer.services.manifests import members_of
from viewer.services.pseudonym import facility_key

__all__ = ["image_facts", "subject_facts"]

_MODALITY: Final = re.compile(r"[A-Z]{2,16}")
_DICOM_UID: Final = re.compile(r"[0-9]+(\.(0|[1-9][0-9]*))+")
_LARGEST_INTEGER: Final = (1 << 53) - 1


def subject_facts(pseudonym: str, images: list[Image]) -> SubjectFacts:
    """Return the subject as its earliest study knows it; where no file names one, the image stands in, under a keyed digest."""
    studies = sorted((image.series.study for image in images), key=lambda study: (study.created_at, study.pk))
    ages = [study.subject_age_years for study in studies if study.subject_age_years is not None]
    sexes = [study.subject_sex for study in studies if study.subject_sex]
    value, scheme = pseudonym, "facility-hmac-sha256"
    if not pseudonym:
        value, scheme = hmac.new(facility_key(), f"image\0{images[0].pk}".encode(), hashlib.sha256).hexdigest(), "random"
    return SubjectFacts(scheme, value, sexes[0] if sexes else "", ages[0] if ages else None)


def image_facts(image: Image, *, was_read: bool) -> ImageFacts:
    """Return an image of a case; two queries for one that came as DICOM objects."""
    inspection: dict[str, Any] = image.inspection
    spacing = (image.spacing_x_um, image.spacing_y_um) if image.spacing_x_um and image.spacing_y_um else None
    frame_time_ms = (inspection.get("frames") or {}).get("frame_time_ms")
    return ImageFacts(
        id=str(image.pk),
        kind=image.kind,
        modality=image.modality if _MODALITY.fullmatch(image.modality) else "OT",
        digest=image.digest,
        width_px=image.width_px,
        height_px=image.height_px,
        frame_count=image.frame_count,
        levels=tuple((level["width"], level["height"], level["downsample"]) for level in inspection.get("levels") or ()),
        spacing_um=spacing,
        spacing_source=re.sub(r"[^A-Za-z0-9._-]+", "-", image.spacing_source),
        frame_time_ms=frame_time_ms,
        dicom=_dicom_facts(image),
        acquisition={key: _plain(value) for key, value in (inspection.get("acquisition") or {}).items() if value is not None},
        was_read=was_read,
    )


def _plain(value: Any) -> Any:
    """Return a parameter of the file as other programs can hold it: whole numbers beyond 2^53 as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_INTEGER:
        return str(value)
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value


def _dicom_facts(image: Image) -> DicomFacts | None:
    """Return the UIDs by which DICOMweb knows the objects behind an image, its files in the order of their frames; two queries."""
    stored = Instance.objects.filter(image=image).exclude(sop_instance_uid="")
    classes = dict(stored.values_list("id", "sop_class_uid"))
    members = members_of(image)
    if not members or not all(_DICOM_UID.fullmatch(classes.get(member.id, "")) for member in members):
        return None
    instances = tuple((classes[member.id], uid_of(member.id), member.frame_count) for member in members)
    return DicomFacts(uid_of(image.series.study_id), uid_of(image.series_id), instances)
