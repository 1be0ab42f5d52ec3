"""Which studies, series and instances a person finds: what is permitted is part of every query.

Only stored DICOM instances are found; a photograph or a slide of another format has no place in DICOMweb.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, Final, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Left
from django.db.models.lookups import Regex
from django.utils import timezone

from viewer.dicomweb.query import Query, date_range, pattern_of, uid_list, whole_number
from viewer.dicomweb.uids import key_of
from viewer.models import Image, Instance, Series, Study
from viewer.selectors.catalogue import permitted_collections
from viewer.services.grouping import Member, in_order

User = AbstractBaseUser | AnonymousUser
Row = TypeVar("Row", bound=Model)
PATIENT_ID_DIGITS: Final = 32
"""Hexadecimal digits of the pseudonym that stand for the patient, shown inside this site; what is exported bears other names."""
# A video instance is one stream: it has no frames that DICOMweb could hand out one by one.
_STORED: Final = ~Q(sop_class_uid="") & ~Q(sop_instance_uid="") & ~Q(image__kind=Image.Kind.VIDEO)


def instances_of(user: User) -> QuerySet[Instance]:
    """Return the DICOM instances that a person may view."""
    return Instance.objects.filter(_STORED, collection__in=permitted_collections(user))


def series_of(user: User) -> QuerySet[Series]:
    """Return the series that hold a DICOM instance which a person may view."""
    found = Instance.objects.filter(_STORED, series=OuterRef("pk"))
    return Series.objects.filter(Exists(found), study__collection__in=permitted_collections(user))


def studies_of(user: User) -> QuerySet[Study]:
    """Return the studies that hold a DICOM instance which a person may view."""
    found = Instance.objects.filter(_STORED, series__study=OuterRef("pk"))
    return Study.objects.filter(Exists(found), collection__in=permitted_collections(user))


def with_study_counts(studies: list[Study]) -> dict[Any, dict[str, Any]]:
    """Return for each study its modalities and how many series and instances it has; one query."""
    rows = (
        Instance.objects.filter(_STORED, series__study__in=studies)
        .values("series__study", "series__modality")
        .annotate(series_count=Count("series", distinct=True), instance_count=Count("id"))
        .order_by("series__study", "series__modality")
    )
    found: dict[Any, dict[str, Any]] = {study.pk: {"modalities": [], "series": 0, "instances": 0} for study in studies}
    for row in rows:
        entry = found[row["series__study"]]
        entry["modalities"].append(row["series__modality"])
        entry["series"] += row["series_count"]
        entry["instances"] += row["instance_count"]
    return found


def with_series_counts(series: list[Series]) -> dict[Any, int]:
    """Return for each series how many instances it has; one query."""
    rows = Instance.objects.filter(_STORED, series__in=series).values_list("series").annotate(count=Count("id")).order_by("series")
    return dict(rows)


def page(found: QuerySet[Row], query: Query) -> tuple[list[Row], bool]:
    """Return the rows that a search asks for, and whether there are more behind them; one query."""
    rows = list(found[query.offset : query.offset + query.limit + 1])
    return rows[: query.limit], len(rows) > query.limit


def matching_studies(user: User, query: Query) -> QuerySet[Study]:
    """Return the studies a search finds, the newest first.

    Raises:
        BadQuery: for a key whose value is none.
    """
    return studies_of(user).filter(_conditions(query, _STUDY_KEYS, "")).order_by("-created_at", "-id")


def matching_series(user: User, query: Query, study: Study | None) -> QuerySet[Series]:
    """Return the series a search finds, by study and number.

    Raises:
        BadQuery: for a key whose value is none.
    """
    found = series_of(user).filter(study=study) if study else series_of(user)
    wanted = _conditions(query, _STUDY_KEYS, "study__") & _conditions(query, _SERIES_KEYS, "")
    return found.filter(wanted).select_related("study").order_by("study", "number", "id")


def matching_instances(user: User, query: Query, study: Study | None, series: Series | None) -> QuerySet[Instance]:
    """Return the instances a search finds, by series, number and position.

    Raises:
        BadQuery: for a key whose value is none.
    """
    found = instances_of(user)
    if study is not None:
        found = found.filter(series__study=study)
    if series is not None:
        found = found.filter(series=series)
    wanted = _conditions(query, _STUDY_KEYS, "series__study__") & _conditions(query, _SERIES_KEYS, "series__")
    wanted &= _conditions(query, _INSTANCE_KEYS, "")
    related = found.filter(wanted).select_related("series__study", "image")
    return related.order_by("series", "instance_number", "position_mm", "id")


Condition = Callable[[str, str, str], Q]


def _conditions(query: Query, known: dict[str, Condition], prefix: str) -> Q:
    wanted = Q()
    for keyword, value in query.keys.items():
        if keyword in known:
            wanted &= known[keyword](prefix, keyword, value)
    return wanted


def _by_key(field: str) -> Condition:
    def condition(prefix: str, _keyword: str, value: str) -> Q:
        keys = [key_of(uid) for uid in uid_list(value)]
        return Q(**{f"{prefix}{field}__in": keys})

    return condition


def _by_text(field: str) -> Condition:
    def condition(prefix: str, keyword: str, value: str) -> Q:
        pattern = pattern_of(keyword, value)
        return Q(**{f"{prefix}{field}__regex": pattern}) if pattern else Q(**{f"{prefix}{field}": value})

    return condition


def _by_number(field: str) -> Condition:
    def condition(prefix: str, keyword: str, value: str) -> Q:
        return Q(**{f"{prefix}{field}": whole_number(keyword, value)})

    return condition


def _by_sop_class(prefix: str, _keyword: str, value: str) -> Q:
    return Q(**{f"{prefix}sop_class_uid__in": uid_list(value)})


def _by_patient(prefix: str, keyword: str, value: str) -> Q:
    """A patient is known by the first digits of the pseudonym, so these are compared."""
    field, pattern = f"{prefix}subject_pseudonym", pattern_of(keyword, value)
    if pattern:
        return Q(Regex(Left(F(field), PATIENT_ID_DIGITS), pattern))
    return Q(**{f"{field}__startswith": value}) if len(value) == PATIENT_ID_DIGITS else Q(pk__in=[])


def _by_modality_in_study(prefix: str, keyword: str, value: str) -> Q:
    series = Series.objects.filter(_by_text("modality")("", keyword, value))
    return Q(**{f"{prefix}pk__in": series.values("study")})


def _by_day(prefix: str, keyword: str, value: str) -> Q:
    first, last = date_range(keyword, value)
    wanted = Q()
    if first is not None:
        wanted &= Q(**{f"{prefix}created_at__gte": timezone.make_aware(datetime.combine(first, time.min))})
    if last is not None and last.year < 9999:
        wanted &= Q(**{f"{prefix}created_at__lt": timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min))})
    return wanted


def _never(_prefix: str, keyword: str, value: str) -> Q:
    """What is never told has no value, and nothing but a key that matches everything finds that."""
    if keyword in {"StudyDate", "PatientBirthDate"}:
        date_range(keyword, value)
    return Q(pk__in=[])


_UNTOLD: Final = (
    "PatientName", "PatientBirthDate", "AccessionNumber", "ReferringPhysicianName", "StudyID", "StudyDate", "StudyTime", "StudyDescription",
)  # fmt: skip
_STUDY_KEYS: Final[dict[str, Condition]] = {
    "StudyInstanceUID": _by_key("pk"),
    "PatientID": _by_patient,
    "PatientSex": _by_text("subject_sex"),
    "ModalitiesInStudy": _by_modality_in_study,
    **dict.fromkeys(_UNTOLD, _never),
}
_SERIES_KEYS: Final[dict[str, Condition]] = {
    "SeriesInstanceUID": _by_key("pk"),
    "Modality": _by_text("modality"),
    "SeriesNumber": _by_number("number"),
    "SeriesDescription": _by_text("description"),
}
_INSTANCE_KEYS: Final[dict[str, Condition]] = {
    "SOPInstanceUID": _by_key("pk"),
    "SOPClassUID": _by_sop_class,
    "InstanceNumber": _by_number("instance_number"),
    "InstanceCreationDate": _by_day,
}


def keys_at(level: str) -> frozenset[str]:
    """Return the keywords by which one level (study, series or instance) can be searched."""
    known = {"study": (_STUDY_KEYS,), "series": (_STUDY_KEYS, _SERIES_KEYS)}.get(level, (_STUDY_KEYS, _SERIES_KEYS, _INSTANCE_KEYS))
    return frozenset(keyword for keys in known for keyword in keys)


def in_frame_order(found: list[Instance]) -> list[Instance]:
    """Return instances in the order in which a viewer shows them."""
    by_key = {instance.pk: instance for instance in found}
    members = (Member(row.pk, row.digest, row.path, row.instance_number, row.position_mm, row.frame_count) for row in found)
    return [by_key[member.id] for member in in_order(members)]
