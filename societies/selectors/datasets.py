"""Datasets as the admins and exporters of a society see them."""

from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from annotation.datasets.compare import compare
from annotation.datasets.datasheet import Source, Version, write_datasheet
from annotation.datasets.groups import group_subjects
from annotation.datasets.members import Member
from annotation.datasets.query import Candidate
from annotation.datasets.split import Leak, leaks, torn
from societies.models import Dataset, DatasetVersion, Membership, Society
from societies.selectors.dataset_rows import places_elsewhere, subject_links
from viewer.api.errors import not_found

CURATORS: Final = (Membership.Role.ADMIN, Membership.Role.EXPORTER)
"""Who makes datasets; only an admin opens a test split, only an exporter takes the others."""
MAX_LISTED: Final = 200


def curated_society(*, user: User, slug: str, roles: tuple[str, ...] = CURATORS) -> Society:
    """Return a society in which the user holds one of the roles; a superuser holds all of them.

    Raises:
        ApiError: ``not_found``.
    """
    society = Society.objects.filter(slug=slug).first()
    if society is None or not any(has_role(user, society, role) for role in roles):
        raise not_found()
    return society


def curated_societies(user: User) -> QuerySet[Society]:
    """Return the societies whose datasets a person makes; all of them for a superuser."""
    if user.is_superuser:
        return Society.objects.all()
    return Society.objects.filter(memberships__user=user, memberships__role__in=CURATORS).distinct()


def has_role(user: User, society: Society, role: str) -> bool:
    """Tell whether a person holds a role in a society."""
    return user.is_superuser or Membership.objects.filter(society=society, user=user, role=role).exists()


def get_dataset(society: Society, dataset_id: UUID) -> Dataset:
    """Return a dataset of the society.

    Raises:
        ApiError: ``not_found``.
    """
    dataset = Dataset.objects.filter(society=society, pk=dataset_id).select_related("society", "created_by").first()
    if dataset is None:
        raise not_found()
    return dataset


def get_version(society: Society, dataset_id: UUID, number: int) -> DatasetVersion:
    """Return a version of a dataset of the society.

    Raises:
        ApiError: ``not_found``.
    """
    versions = DatasetVersion.objects.filter(dataset__society=society, dataset=dataset_id, number=number)
    version = versions.select_related("dataset__society", "frozen_by").first()
    if version is None:
        raise not_found()
    return version


def list_datasets(society: Society) -> list[dict[str, Any]]:
    """Return the datasets of a society with their versions; two queries."""
    datasets = Dataset.objects.filter(society=society).select_related("created_by").prefetch_related("versions__frozen_by")
    return [dataset_json(dataset) for dataset in datasets]


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset with what its next version will choose, and the versions so far."""
    return {
        "id": str(dataset.pk),
        "code": dataset.code,
        "name": {"ja": dataset.name_ja, "en": dataset.name_en},
        "query": dataset.query,
        "shares": dataset.shares,
        "strata": dataset.strata,
        "seed": dataset.seed,
        "label_maps": dataset.label_maps,
        "unmapped": dataset.unmapped,
        "created_by": _name(dataset.created_by),
        "created_at": dataset.created_at.isoformat(),
        "versions": [version_json(version) for version in dataset.versions.all()],
    }


def version_json(version: DatasetVersion) -> dict[str, Any]:
    """Return a version without its members."""
    return {
        "number": version.number,
        "digest": version.digest,
        "frozen_by": _name(version.frozen_by),
        "frozen_at": version.frozen_at.isoformat(),
        "recipe": version.recipe,
        "counts": version.counts,
        "campaigns": [{"id": source["id"], "name": source["names"]} for source in version.sources],
    }


def version_detail(version: DatasetVersion) -> dict[str, Any]:
    """Return a version with the persons who, as is known today, are in two of its splits, and with what was handed out."""
    exports = version.exports.select_related("run__requested_by")[:MAX_LISTED]
    handed_out = [
        {
            "split": each.split,
            "purpose": each.purpose,
            "format": each.run.format,
            "by": _name(each.run.requested_by),
            "at": each.run.created_at.isoformat(),
            "digest": each.run.digest,
        }
        for each in exports
    ]
    found = [_leak_json(leak) for leak in leaks_today(version)]
    away = [_leak_json(leak) for leak in torn_today(version)]
    return version_json(version) | {"leaks": found, "elsewhere": away, "exports": handed_out}


def _leak_json(leak: Leak) -> dict[str, Any]:
    return {"group": leak.group, "splits": list(leak.splits)}


def leaks_today(version: DatasetVersion) -> list[Leak]:
    """Return every person who is in two splits of a version by what is known today: none when it was frozen; three queries."""
    rows = list(version.members.values_list("subject", "split").distinct())
    return leaks(rows, group_subjects((subject for subject, _split in rows), subject_links(version.dataset.society)))


def torn_today(version: DatasetVersion) -> list[Leak]:
    """Return every person whom one dataset tests with and another learns from, one of them in this version; four queries."""
    dataset = version.dataset
    away = places_elsewhere(dataset.society, dataset)
    if not away:
        return []
    rows = list(version.members.values_list("subject", "split").distinct())
    subjects = (subject for subject, _split in (*rows, *away))
    return torn(rows, away, group_subjects(subjects, subject_links(dataset.society)))


def members_of(version: DatasetVersion) -> list[Member]:
    """Return the members of a version as plain rows; one query."""
    return [
        Member(
            Candidate(
                campaign=str(row.campaign_id),
                image=str(row.image_id),
                subject=row.subject,
                **row.facts | {"labels": tuple(row.facts["labels"]), "reads": tuple(row.facts["reads"])},
            ),
            row.group,
            row.split,
            row.reason,
        )
        for row in version.members.order_by("campaign", "image")
    ]


def comparison_json(before: DatasetVersion, after: DatasetVersion) -> dict[str, Any]:
    """Return what two versions differ in: how much of each, and the first 200 images."""
    found = compare(members_of(before), members_of(after))

    def listed(members: tuple[Member, ...]) -> list[dict[str, Any]]:
        return [{"image": each.candidate.image, "split": each.split, "label": each.candidate.label} for each in members[:MAX_LISTED]]

    def pairs(changed: tuple[tuple[Member, Member], ...]) -> list[dict[str, Any]]:
        sides = listed(tuple(old for old, _new in changed)), listed(tuple(new for _old, new in changed))
        return [{"before": old, "after": new} for old, new in zip(*sides, strict=True)]

    return {
        "before": before.number,
        "after": after.number,
        "same": found.same,
        "came": {"count": len(found.came), "images": listed(found.came)},
        "went": {"count": len(found.went), "images": listed(found.went)},
        "moved": {"count": len(found.moved), "images": pairs(found.moved)},
        "changed": {"count": len(found.changed), "images": pairs(found.changed)},
    }


def datasheet(version: DatasetVersion, language: str) -> str:
    """Return the datasheet of a version in Markdown; it follows from the version alone and so never changes."""
    dataset, society = version.dataset, version.dataset.society
    facts = Version(
        society={"ja": society.name_ja, "en": society.name_en},
        names={"ja": dataset.name_ja, "en": dataset.name_en},
        dataset_id=str(dataset.pk),
        number=version.number,
        frozen_on=timezone.localdate(version.frozen_at),
        counts=version.counts,
        digest=version.digest,
        sources=[Source(**source) for source in version.sources],
        **version.recipe,
    )
    return write_datasheet(facts, language)


def _name(person: User | None) -> str:
    return (person.get_full_name() or person.get_username()) if person is not None else ""
