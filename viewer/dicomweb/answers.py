"""What a search answers of a study, a series and an instance: nothing that the rest of the site would not show."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils import timezone

from viewer.dicomweb.attributes import Dataset, dataset
from viewer.dicomweb.query import Query
from viewer.dicomweb.search import PATIENT_ID_DIGITS
from viewer.dicomweb.uids import uid_of
from viewer.models import Image, Instance, Series, Study

METHOD: Final = "Mitate: attributes by allow-list, new UIDs"
# Given for these searches only where they are asked for, by name or with all the others.
_ON_REQUEST: Final = frozenset(
    {"PatientAge", "PatientIdentityRemoved", "DeidentificationMethod", "LongitudinalTemporalInformationModified", "StudyDescription"}
)


def identity_of(study: Study) -> dict[str, Any]:
    """Return the attributes of patient and study; those that are never told have no value."""
    age = study.subject_age_years
    return {
        "StudyDate": None,
        "StudyTime": None,
        "AccessionNumber": None,
        "ReferringPhysicianName": None,
        "StudyDescription": None,
        "PatientName": None,
        "PatientID": study.subject_pseudonym[:PATIENT_ID_DIGITS],
        "PatientBirthDate": None,
        "PatientSex": study.subject_sex,
        "PatientAge": None if age is None else f"{age:03d}Y",
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": METHOD,
        "LongitudinalTemporalInformationModified": "REMOVED",
        "StudyInstanceUID": uid_of(study.pk),
        "StudyID": None,
    }


def series_identity(series: Series) -> dict[str, Any]:
    """Return the attributes of a series."""
    return {
        "Modality": series.modality,
        "SeriesDescription": series.description,
        "SeriesInstanceUID": uid_of(series.pk),
        "SeriesNumber": series.number,
    }


def instance_identity(instance: Instance) -> dict[str, Any]:
    """Return the attributes of an instance; the copy that is sent was made when the file was taken in."""
    made = timezone.localtime(instance.created_at)
    return {
        "InstanceCreationDate": made.strftime("%Y%m%d"),
        "InstanceCreationTime": made.strftime("%H%M%S"),
        "SOPClassUID": instance.sop_class_uid,
        "SOPInstanceUID": uid_of(instance.pk),
        "InstanceNumber": instance.instance_number,
    }


def whole_identity(instance: Instance) -> Dataset:
    """Return everything that the catalogue adds to the header of an instance, as DICOM JSON; the series and study are loaded."""
    series = instance.series
    values = {**identity_of(series.study), **series_identity(series), **instance_identity(instance)}
    return dataset({"SpecificCharacterSet": "ISO_IR 192", **values})


def study_answer(study: Study, counts: dict[str, Any], base: str, query: Query) -> Dataset:
    """Return a study as a search lists it (PS3.18 table 10.6.3-3)."""
    found = {
        "SpecificCharacterSet": "ISO_IR 192",
        "InstanceAvailability": "ONLINE",
        "ModalitiesInStudy": sorted(set(counts["modalities"])),
        "RetrieveURL": f"{base}/studies/{uid_of(study.pk)}",
        "NumberOfStudyRelatedSeries": counts["series"],
        "NumberOfStudyRelatedInstances": counts["instances"],
        **identity_of(study),
    }
    return dataset(_wanted(found, query))


def series_answer(series: Series, count: int, base: str, query: Query, *, with_study: bool) -> Dataset:
    """Return a series as a search lists it (PS3.18 table 10.6.3-4)."""
    study = identity_of(series.study) if with_study else {"StudyInstanceUID": uid_of(series.study_id)}
    found = {
        "SpecificCharacterSet": "ISO_IR 192",
        "InstanceAvailability": "ONLINE",
        "RetrieveURL": f"{base}/studies/{uid_of(series.study_id)}/series/{uid_of(series.pk)}",
        "NumberOfSeriesRelatedInstances": count,
        **study,
        **series_identity(series),
    }
    return dataset(_wanted(found, query))


def instance_answer(instance: Instance, base: str, query: Query, *, with_study: bool) -> Dataset:
    """Return an instance as a search lists it (PS3.18 table 10.6.3-5)."""
    series = instance.series
    study = {**identity_of(series.study), **series_identity(series)} if with_study else {}
    found = {
        "SpecificCharacterSet": "ISO_IR 192",
        "InstanceAvailability": "ONLINE",
        "RetrieveURL": address_of(instance, base),
        "StudyInstanceUID": uid_of(series.study_id),
        "SeriesInstanceUID": uid_of(series.pk),
        **study,
        **instance_identity(instance),
        **_sizes(instance),
    }
    return dataset(_wanted(found, query))


def address_of(instance: Instance, base: str) -> str:
    """Return the address of an instance; its series is loaded."""
    return f"{base}/studies/{uid_of(instance.series.study_id)}/series/{uid_of(instance.series_id)}/instances/{uid_of(instance.pk)}"


def _sizes(instance: Instance) -> dict[str, Any]:
    """Frames and their size; of a slide the catalogue knows only the whole, so its metadata say it."""
    image = instance.image
    if image.kind != Image.Kind.FRAMES:
        return {}
    return {"NumberOfFrames": instance.frame_count, "Rows": image.height_px, "Columns": image.width_px}


def _wanted(found: dict[str, Any], query: Query) -> dict[str, Any]:
    """Leave out what is only given on request."""
    left_out: Iterable[str] = () if query.everything else _ON_REQUEST - query.include
    return {keyword: value for keyword, value in found.items() if keyword not in left_out}
