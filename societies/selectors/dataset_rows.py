"""What datasets are made from, read from the database as plain rows: images with their reads, and who is one person."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from annotation.datasets.groups import Link, shared_links
from annotation.datasets.query import ImageRow, Query, ReadRow
from annotation.models import Annotation, Campaign, CampaignImage, Read, Withdrawal
from societies.models import Dataset, DatasetMember, Society, SubjectLink
from viewer.models import Image

ROWS_AT_ONCE: Final = 2_000
_SUBJECT: Final = "series__study__subject_pseudonym"
_ACQUISITION: Final = "image__inspection__acquisition"


def image_rows(society: Society, query: Query, *, until: datetime) -> Iterator[ImageRow]:
    """Yield the images of a society's campaigns with the reads that were submitted up to then.

    Subjects that withdrew from any collection of the society are left out. Four queries for each campaign.
    """
    gone = withdrawn_subjects(society)
    campaigns = Campaign.objects.filter(owner__society=society).order_by("pk")
    for campaign in campaigns.filter(pk__in=query.campaigns) if query.campaigns else campaigns:
        for row in _campaign_rows(campaign, until):
            if row.subject not in gone:
                yield row


def withdrawn_subjects(society: Society) -> set[str]:
    """Return the subjects of whom nothing may be handed out any more; one query."""
    return set(Withdrawal.objects.filter(collection__owner__society=society).values_list("subject", flat=True))


def subject_links(society: Society) -> list[Link]:
    """Return which subjects are one person: what was recorded, and who shares a file; two queries."""
    owned = Image.objects.filter(collection__owner__society=society)
    repeated = owned.order_by().values("digest").annotate(count=Count("pk")).filter(count__gt=1).values("digest")
    files = owned.filter(digest__in=repeated).values_list("digest", _SUBJECT, "pk")
    shared = shared_links((digest, pseudonym or str(key)) for digest, pseudonym, key in files.iterator(chunk_size=ROWS_AT_ONCE))
    recorded = SubjectLink.objects.filter(society=society).order_by("pk").values_list("first", "second")
    return [*recorded, *shared]


def places_elsewhere(society: Society, dataset: Dataset | None) -> list[tuple[str, str]]:
    """Return (subject, split) of everybody who ever was in a split of another dataset of the society; one query."""
    placed = DatasetMember.objects.filter(version__dataset__society=society).exclude(split=DatasetMember.Split.QUARANTINE)
    if dataset is not None:
        placed = placed.exclude(version__dataset=dataset)
    return list(placed.order_by().values_list("subject", "split").distinct())


def _campaign_rows(campaign: Campaign, until: datetime) -> Iterator[ImageRow]:
    reads = _reads(campaign, until)
    columns = ("image_id", f"image__{_SUBJECT}", "image__collection__slug", "image__modality")
    device = (f"{_ACQUISITION}__manufacturer", f"{_ACQUISITION}__model")
    asked = CampaignImage.objects.filter(campaign=campaign, added_at__lte=until).order_by("image_id").values_list(*columns, *device)
    for image, pseudonym, collection, modality, manufacturer, model in asked.iterator(chunk_size=ROWS_AT_ONCE):
        yield ImageRow(
            campaign=str(campaign.pk),
            image=str(image),
            subject=pseudonym or str(image),
            collection=collection,
            modality=modality,
            manufacturer=_text(manufacturer),
            model=_text(model),
            reads=tuple(reads.get(image, ())),
        )


def _reads(campaign: Campaign, until: datetime) -> dict[UUID, list[ReadRow]]:
    submitted = Read.objects.filter(campaign=campaign, state=Read.State.SUBMITTED, submitted_at__lte=until)
    labels: dict[UUID, set[str]] = defaultdict(set)
    diagnoses: dict[UUID, str] = {}
    marks: dict[UUID, int] = defaultdict(int)
    rows = Annotation.objects.filter(read__in=submitted, deleted=False, report__isnull=True, cites__isnull=True).order_by("pk")
    for read, kind, frame, codes in rows.values_list("read_id", "geometry_kind", "frame", "labels").iterator(chunk_size=ROWS_AT_ONCE):
        labels[read].update(codes)
        marks[read] += 1
        if not kind and frame is None and codes:
            diagnoses[read] = codes[0]
    found: dict[UUID, list[ReadRow]] = defaultdict(list)
    for read, image, submitted_at, sequence in submitted.order_by("pk").values_list("pk", "image_id", "submitted_at", "sequence"):
        day = timezone.localdate(submitted_at)
        found[image].append(ReadRow(str(read), day, diagnoses.get(read, ""), frozenset(labels[read]), marks[read], sequence))
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
