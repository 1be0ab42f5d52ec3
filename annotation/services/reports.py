"""Attaches reports to the studies of a campaign's images. A text that changes becomes another text; none is lost."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from annotation.errors import refusal
from annotation.events import CampaignChanged, publish
from annotation.locks import lock_campaign
from annotation.models import Campaign, CampaignImage, Report, ReportText
from annotation.services.report_files import ReportRow

__all__ = ["attach_reports"]


@transaction.atomic
def attach_reports(*, campaign: Campaign, user: User, rows: Sequence[ReportRow]) -> dict[str, int]:
    """Attach reports to studies, all or none; the same file twice changes nothing.

    A study has one report of a kind and a day: another text for it replaces the words that count, and spans of the text of
    before are refused from then on.

    Args:
        campaign: whose images are meant.
        user: who attaches them; the caller has checked that they may manage the campaign.
        rows: of :func:`annotation.services.report_files.read_reports`.

    Returns:
        how many reports are ``attached``, ``changed`` and ``unchanged``.

    Raises:
        ApiError: ``report_image_unknown`` with the place in the file.
    """
    locked = lock_campaign(campaign.pk)
    studies = _studies(locked)
    told = {"attached": 0, "changed": 0, "unchanged": 0}
    for row in rows:
        found = studies.get(row.image, set())
        if len(found) != 1:
            raise refusal("report_image_unknown", f"{row.place}/image")
        told[_attach(next(iter(found)), user, row)] += 1
    publish(CampaignChanged(campaign_id=locked.pk))
    return told


def _attach(study_id: UUID, user: User, row: ReportRow) -> str:
    report, is_new = Report.objects.get_or_create(study_id=study_id, kind=row.kind, issued_on=row.issued_on, defaults={"created_by": user})
    digest = hashlib.sha256(row.text.encode()).hexdigest()
    last = report.texts.order_by("-number").first()
    if last is not None and last.digest == digest:
        return "unchanged"
    number = last.number + 1 if last is not None else 1
    ReportText.objects.create(report=report, number=number, text=row.text, digest=digest, author=user)
    return "attached" if is_new else "changed"


def _studies(campaign: Campaign) -> dict[str, set[UUID]]:
    """Return id, file name, and file name without its ending -> studies; more than one study: the name says nothing."""
    known: dict[str, set[UUID]] = defaultdict(set)
    images = CampaignImage.objects.filter(campaign=campaign).values_list("image_id", "image__name", "image__series__study_id")
    for image_id, name, study_id in images.iterator(chunk_size=2_000):
        for key in {str(image_id), name, name.rsplit(".", 1)[0]}:
            known[key].add(study_id)
    return known
