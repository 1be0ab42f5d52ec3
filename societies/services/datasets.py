"""Datasets: described, tried out, and frozen as versions that never change."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.datasets.counts import count_members
from annotation.datasets.members import STRATA, Member, Recipe, make_members, members_digest
from annotation.datasets.query import Query, select
from annotation.datasets.split import check_shares
from annotation.exporters.relabelling import Relabelling, Unmapped
from annotation.models import Campaign, Read
from annotation.selectors.documents import subject_key
from societies.errors import refusal
from societies.locks import lock_society
from societies.models import Dataset, DatasetMember, DatasetVersion, Society, SubjectLink
from societies.selectors.dataset_picks import picked
from societies.selectors.dataset_rows import image_rows, places_elsewhere, subject_links
from societies.services.dataset_maps import check_maps, relabellings
from viewer.models import Image

__all__ = ["change_dataset", "create_dataset", "freeze_dataset", "link_subjects", "preview_counts"]

_KEPT_APART: Final = frozenset({"campaign", "image", "subject"})
"""Members of a candidate that have columns of their own."""


@transaction.atomic
def create_dataset(
    *,
    society: Society,
    user: User,
    code: str,
    name: Mapping[str, str],
    query: Mapping[str, Any],
    shares: Mapping[str, int],
    strata: Sequence[str],
    seed: str = "",
    label_maps: Sequence[str] = (),
    unmapped: str = Unmapped.REFUSE,
) -> Dataset:
    """Describe a dataset; nothing is frozen yet. The caller has checked that the user makes datasets in the society.

    Raises:
        ApiError: ``slug_taken``, ``dataset_name_missing``, ``dataset_invalid`` with a pointer, or as :func:`check_maps`.
    """
    lock_society(society.pk)
    ja, en = (name.get(language, "").strip() for language in ("ja", "en"))
    if not (ja or en):
        raise refusal("dataset_name_missing", "/name")
    if Dataset.objects.filter(society=society, code=code).exists():
        raise refusal("slug_taken", "/code")
    _check(society, query, shares, strata)
    check_maps(user=user, names=label_maps, unmapped=unmapped)
    return Dataset.objects.create(
        society=society,
        code=code,
        name_ja=ja or en,
        name_en=en or ja,
        query=dict(query),
        shares=dict(shares),
        strata=list(strata),
        seed=seed or secrets.token_hex(8),
        label_maps=list(label_maps),
        unmapped=unmapped,
        created_by=user,
    )


@transaction.atomic
def change_dataset(
    *,
    dataset: Dataset,
    user: User,
    query: Mapping[str, Any],
    shares: Mapping[str, int],
    strata: Sequence[str],
    label_maps: Sequence[str] = (),
    unmapped: str = Unmapped.REFUSE,
) -> Dataset:
    """Say what the next version chooses, how it is split and under which maps it goes out; frozen versions stay as they are.

    Raises:
        ApiError: ``dataset_invalid`` with a pointer, or as :func:`check_maps`.
    """
    lock_society(dataset.society_id)
    _check(dataset.society, query, shares, strata)
    check_maps(user=user, names=label_maps, unmapped=unmapped, before=dataset.label_maps)
    dataset.query, dataset.shares, dataset.strata = dict(query), dict(shares), list(strata)
    dataset.label_maps, dataset.unmapped = list(label_maps), unmapped
    dataset.save(update_fields=["query", "shares", "strata", "label_maps", "unmapped"])
    return dataset


def preview_counts(
    *,
    society: Society,
    user: User,
    query: Mapping[str, Any],
    shares: Mapping[str, int],
    strata: Sequence[str],
    label_maps: Sequence[str] = (),
    unmapped: str = Unmapped.REFUSE,
    dataset: Dataset | None = None,
) -> dict[str, Any]:
    """Return the counts of the version that would be frozen now; places of a dataset's earlier versions are kept.

    Raises:
        ApiError: ``dataset_invalid`` with a pointer, or as :func:`check_maps`.
    """
    _check(society, query, shares, strata)
    check_maps(user=user, names=label_maps, unmapped=unmapped, before=dataset.label_maps if dataset is not None else ())
    recipe = Recipe(shares, strata, dataset.seed if dataset is not None else "")
    picks = picked(dataset) if dataset is not None else {}
    return count_members(_members(society, _query(query, picks), recipe, dataset, timezone.now(), label_maps=label_maps))


@transaction.atomic
def freeze_dataset(*, dataset: Dataset, user: User) -> DatasetVersion:
    """Freeze what a dataset chooses now as its next version: members, places, counts, terms, and a digest over them.

    Raises:
        ApiError: ``dataset_empty`` where nothing is chosen.
    """
    lock_society(dataset.society_id)
    dataset.refresh_from_db()
    now = timezone.now()
    recipe = Recipe(dataset.shares, dataset.strata, dataset.seed)
    picks = picked(dataset)
    members = _members(dataset.society, _query(dataset.query, picks), recipe, dataset, now, label_maps=dataset.label_maps)
    if not members:
        raise refusal("dataset_empty")
    said = {"query": dataset.query, **asdict(recipe), **({"picks": picks} if picks else {})}
    if dataset.label_maps:
        said |= {"label_maps": dataset.label_maps, "unmapped": dataset.unmapped}
    number = dataset.versions.count() + 1
    version = DatasetVersion.objects.create(
        dataset=dataset,
        number=number,
        recipe=said,
        counts=count_members(members),
        sources=_sources(members, dataset.label_maps),
        digest=members_digest(members, dataset=str(dataset.pk), version=number, recipe=said),
        frozen_by=user,
        frozen_at=now,
    )
    DatasetMember.objects.bulk_create((_row(version, member) for member in members), batch_size=1_000)
    return version


@transaction.atomic
def link_subjects(*, society: Society, user: User, first_image: Image, second_image: Image) -> SubjectLink:
    """Record that the subjects of two images are one person. Repeating it changes nothing.

    Raises:
        ApiError: ``same_subject`` for images of one subject.
    """
    lock_society(society.pk)
    first, second = sorted((subject_key(first_image), subject_key(second_image)))
    if first == second:
        raise refusal("same_subject")
    link, _made = SubjectLink.objects.get_or_create(society=society, first=first, second=second, defaults={"recorded_by": user})
    return link


def _check(society: Society, query: Mapping[str, Any], shares: Mapping[str, int], strata: Sequence[str]) -> None:
    campaigns = set(query["campaigns"])
    owned = {str(key) for key in society.campaigns.filter(campaign__in=campaigns).values_list("campaign", flat=True)}
    faults = {
        "/shares": not check_shares(shares),
        "/strata": not set(strata) <= set(STRATA) or len(set(strata)) != len(strata),
        "/query/campaigns": owned != campaigns,
    }
    for pointer, wrong in faults.items():
        if wrong:
            raise refusal("dataset_invalid", pointer)


def _members(
    society: Society, query: Query, recipe: Recipe, dataset: Dataset | None, until: datetime, *, label_maps: Sequence[str]
) -> list[Member]:
    kept: dict[str, str] = {}
    if dataset is not None:
        placed = DatasetMember.objects.filter(version__dataset=dataset).order_by("version__number")
        kept = dict(placed.values_list("subject", "split"))  # of a subject in several versions the newest place is the last one
    maps = {} if not label_maps else relabellings(Campaign.objects.filter(pk__in=society.campaigns.values("campaign")), label_maps)
    rules = {campaign: relabelling.rules for campaign, relabelling in maps.items()}
    rows = select(image_rows(society, query, until=until), query, rules)
    return make_members(rows, recipe, links=subject_links(society), kept=kept, elsewhere=places_elsewhere(society, dataset))


def _query(stored: Mapping[str, Any], picks: Mapping[str, Sequence[str]]) -> Query:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}
    days = {key: date.fromisoformat(values[key]) for key in ("submitted_from", "submitted_to") if values[key] is not None}
    query = Query(**values | days)
    return replace(query, picked=tuple(picks.get("in", ())), left_out=(*query.left_out, *picks.get("out", ())))


def _sources(members: Sequence[Member], label_maps: Sequence[str]) -> list[dict[str, Any]]:
    """Return the campaigns of a version with what a datasheet tells of them, as they are now; labels are those after the maps."""
    reads = {read for member in members for read in member.candidate.reads}
    readers: dict[UUID, set[int]] = {}
    keys = {UUID(member.candidate.campaign) for member in members}
    for read, campaign, reader in Read.objects.filter(campaign__in=keys).values_list("pk", "campaign_id", "reader_id").iterator():
        if str(read) in reads:
            readers.setdefault(campaign, set()).add(reader)
    campaigns = Campaign.objects.filter(pk__in=keys).select_related("label_set").prefetch_related("label_set__labels").order_by("code")
    maps = relabellings(campaigns, label_maps)
    return [
        {
            "id": str(campaign.pk),
            "names": {"ja": campaign.name_ja, "en": campaign.name_en},
            "label_set": f"{campaign.label_set.slug} {campaign.label_set.version}",
            "labels": _displays(campaign, maps.get(str(campaign.pk))),
            "readers": len(readers.get(campaign.pk, ())),
            "governance": campaign.governance,
        }
        for campaign in campaigns
    ]


def _displays(campaign: Campaign, relabelling: Relabelling | None) -> dict[str, dict[str, str]]:
    if relabelling is None:
        return {label.code: {"ja": label.display_ja, "en": label.display_en} for label in campaign.label_set.labels.all()}
    return {code: dict(label.display) for code, label in relabelling.labels.items()}


def _row(version: DatasetVersion, member: Member) -> DatasetMember:
    candidate = member.candidate
    facts = {key: value for key, value in asdict(candidate).items() if key not in _KEPT_APART}
    return DatasetMember(
        version=version,
        campaign_id=UUID(candidate.campaign),
        image_id=UUID(candidate.image),
        subject=candidate.subject,
        group=member.group,
        split=member.split,
        reason=member.reason,
        facts=facts,
    )
