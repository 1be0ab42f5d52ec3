"""The subject and the images of a case as plain facts, read from their rows."""

import hashlib
import hmac
import re
from typing import Any, Final

from annotation.schema.facts import DicomFacts, ImageFacts, SubjectFacts
from viewer.dicomweb.files import header_of
from viewer.dicomweb.planes import Planes, planes_in
from viewer.dicomweb.uids import uid_of
from viewer.models import Image, Instance
from viewer.readers.errors import ReaderError
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


def image_facts(image: Image, *, was_read: bool, with_planes: bool = False) -> ImageFacts:
    """Return an image of a case; two queries for one that came as DICOM objects.

    Args:
        image: with its series and study.
        was_read: whether somebody has read it in the campaign.
        with_planes: say where its frames lie in the patient too; that is read from the headers of its files.
    """
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
        dicom=_dicom_facts(image, with_planes=with_planes),
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


def _dicom_facts(image: Image, *, with_planes: bool) -> DicomFacts | None:
    """Return the UIDs by which DICOMweb knows the objects behind an image, its files in the order of their frames; two queries."""
    stored = {row.pk: row for row in Instance.objects.filter(image=image).exclude(sop_instance_uid="").select_related("series")}
    members = members_of(image)
    if not members or not all(member.id in stored and _DICOM_UID.fullmatch(stored[member.id].sop_class_uid) for member in members):
        return None
    instances = tuple((stored[member.id].sop_class_uid, uid_of(member.id), member.frame_count) for member in members)
    planes = _plane_facts([stored[member.id] for member in members]) if with_planes and image.kind == Image.Kind.FRAMES else None
    return DicomFacts(uid_of(image.series.study_id), uid_of(image.series_id), instances, planes)


def _plane_facts(instances: list[Instance]) -> Planes | None:
    """Return where all frames of an image lie; None where a header does not say, or they lie in several frames of reference."""
    found: list[Planes] = []
    for instance in instances:
        try:
            planes = planes_in(header_of(instance).members, instance.frame_count)
        except ReaderError:
            return None
        if planes is None or (found and planes.frame_of_reference_uid != found[0].frame_of_reference_uid):
            return None
        found.append(planes)
    return Planes(found[0].frame_of_reference_uid, tuple(frame for planes in found for frame in planes.frames))
