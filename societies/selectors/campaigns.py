"""Campaigns as their readers and admins see them: what is left, how far it is, and by whom."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from guardian.shortcuts import get_users_with_perms

from annotation.models import Campaign, CampaignImage, Read
from annotation.selectors.campaigns import campaigns_for
from annotation.selectors.pending import pending_by_campaign
from annotation.selectors.walks import most_seen
from societies.models import Assignment, Membership, Society
from societies.selectors.societies import display_name
from societies.selectors.worklist import live, open_for

VIEW = ("annotation.view_campaign", "annotation.manage_campaign", "annotation.export_campaign")
MANAGE = ("annotation.manage_campaign",)
READ = ("annotation.read_campaign",)
IMAGES_PER_PAGE = 100


def reading_list(*, user: User) -> list[dict[str, Any]]:
    """Return the campaigns that a person reads in, with what is left for them and what they have done; four queries."""
    campaigns = list(_with_society(campaigns_for(user, *READ, granted_only=True)).filter(owner__society__in=_societies_read_in(user)))
    ids = [campaign.pk for campaign in campaigns]
    remaining = dict(open_for(user=user, campaigns=ids).order_by().values_list("campaign").annotate(count=Count("pk")))
    done = dict(_submitted(ids).filter(reader=user).order_by().values_list("campaign").annotate(count=Count("pk")))
    return [
        {
            "id": str(campaign.pk),
            "name": display_name(campaign),
            "society": display_name(campaign.owner.society),
            "state": campaign.state,
            "remaining": remaining.get(campaign.pk, 0) if campaign.state == Campaign.State.OPEN else 0,
            "done": done.get(campaign.pk, 0),
        }
        for campaign in campaigns
    ]


def overview(*, user: User) -> list[dict[str, Any]]:
    """Return the campaigns whose progress a person may see, newest first; six queries.

    What waits for a confirmation is counted where the person manages the campaign.
    """
    campaigns = list(_with_society(campaigns_for(user, *VIEW)))
    ids = [campaign.pk for campaign in campaigns]
    images = _counts(CampaignImage.objects.filter(campaign__in=ids))
    done = _counts(_submitted(ids))
    managed = set(campaigns_for(user, *MANAGE).filter(pk__in=ids).values_list("pk", flat=True))
    waiting = pending_by_campaign(managed)
    exported = set(campaigns_for(user, "annotation.export_campaign").filter(pk__in=ids).values_list("pk", flat=True))
    return [
        {
            "id": str(campaign.pk),
            "name": display_name(campaign),
            "society": display_name(campaign.owner.society),
            "state": campaign.state,
            "images": images.get(campaign.pk, 0),
            "wanted": images.get(campaign.pk, 0) * campaign.reads_per_image,
            "done": done.get(campaign.pk, 0),
            "can_manage": campaign.pk in managed,
            "can_export": campaign.pk in exported,
            **waiting.get(campaign.pk, {"pending": 0, "overdue": 0}),
        }
        for campaign in campaigns
    ]


def progress(*, campaign: Campaign, with_reads: bool, offset: int = 0) -> dict[str, Any]:
    """Return how far a campaign is: in all, by reader, and image by image.

    Args:
        campaign: the campaign.
        with_reads: name the reads, so that whoever manages the campaign can open them.
        offset: where the page of images begins.
    """
    images = CampaignImage.objects.filter(campaign=campaign)
    count = images.count()
    being_read = Assignment.objects.filter(campaign=campaign, state=Assignment.State.LEASED, leased_until__gt=timezone.now())
    return {
        "campaign_id": str(campaign.pk),
        "state": campaign.state,
        "images": count,
        "reads_per_image": campaign.reads_per_image,
        "is_blind": campaign.is_blind,
        "wanted": count * campaign.reads_per_image,
        "done": _submitted([campaign.pk]).count(),
        "being_read": being_read.count(),
        "readers": readers(campaign=campaign),
        "rows": _image_rows(campaign, images, offset, with_reads=with_reads),
        "next_offset": offset + IMAGES_PER_PAGE if offset + IMAGES_PER_PAGE < count else None,
    }


def readers(*, campaign: Campaign) -> list[dict[str, Any]]:
    """Return who reads in a campaign, or has read in it, with how much; three queries."""
    granted = cast("Iterable[User]", get_users_with_perms(campaign, only_with_perms_in=["read_campaign"], with_group_users=False))
    added = {person.pk: person for person in granted}
    reads = Read.objects.filter(campaign=campaign)
    earlier = {person.pk: person for person in User.objects.filter(pk__in=reads.values("reader")).exclude(pk__in=added)}
    facts: dict[int, dict[str, Any]] = defaultdict(dict)
    counted = reads.order_by().values("reader", "state").annotate(count=Count("pk"), last=Max("submitted_at"))
    for row in counted:
        facts[row["reader"]][row["state"]] = row
    rows = []
    for person in sorted({**added, **earlier}.values(), key=lambda each: each.get_username()):
        submitted = facts[person.pk].get(Read.State.SUBMITTED, {})
        rows.append(
            {
                "id": person.pk,
                "name": person.get_full_name() or person.get_username(),
                "username": person.get_username(),
                "done": submitted.get("count", 0),
                "open": facts[person.pk].get(Read.State.OPEN, {}).get("count", 0),
                "last_submitted_at": submitted["last"].isoformat() if submitted.get("last") else None,
                "active": person.pk in added,
            }
        )
    return rows


def possible_readers(*, campaign: Campaign) -> list[dict[str, Any]]:
    """Return the readers of the campaign's society who are not in the campaign yet."""
    inside = [row["id"] for row in readers(campaign=campaign) if row["active"]]
    people = User.objects.filter(memberships__society__campaigns__campaign=campaign, memberships__role=Membership.Role.READER)
    others = people.exclude(pk__in=inside).order_by("username")
    return [
        {"id": person.pk, "name": person.get_full_name() or person.get_username(), "username": person.get_username()} for person in others
    ]


def society_of(campaign: Campaign) -> Society:
    """Return the society that runs a campaign."""
    return Society.objects.get(campaigns__campaign=campaign)


def _image_rows(campaign: Campaign, images: QuerySet[CampaignImage], offset: int, *, with_reads: bool) -> list[dict[str, Any]]:
    page = list(images.select_related("image").order_by("added_at", "image__name", "pk")[offset : offset + IMAGES_PER_PAGE])
    ids = [row.image_id for row in page]
    reads: dict[UUID, list[Read]] = defaultdict(list)
    for read in Read.objects.filter(campaign=campaign, image__in=ids).select_related("reader").order_by("opened_at"):
        reads[read.image_id].append(read)
    held = Assignment.objects.filter(live(timezone.now()), campaign=campaign, image__in=ids).exclude(state=Assignment.State.DONE)
    being_read = set(held.values_list("read", flat=True))
    seen = most_seen(read.pk for own in reads.values() for read in own) if with_reads else {}
    rows = []
    for row in page:
        own = reads[row.image_id]
        done = sum(read.state == Read.State.SUBMITTED for read in own)
        state = "done" if done >= campaign.reads_per_image else "reading" if any(read.pk in being_read for read in own) else "waiting"
        rows.append(
            {
                "image_id": str(row.image_id),
                "name": row.image.name,
                "kind": row.image.kind,
                "uncertainty": row.uncertainty,
                "done": done,
                "state": state,
                "reads": [_read_json(read, held=read.pk in being_read, seen=seen.get(read.pk)) for read in own] if with_reads else [],
            }
        )
    return rows


def _read_json(read: Read, *, held: bool, seen: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": str(read.pk),
        "reader": read.reader.get_full_name() or read.reader.get_username(),
        "state": read.state,
        "held": held,
        "seen": seen,
    }


def _with_society(campaigns: QuerySet[Campaign]) -> QuerySet[Campaign]:
    return campaigns.filter(owner__isnull=False).select_related("owner__society").order_by("-created_at", "pk")


def _societies_read_in(user: User) -> QuerySet[Society]:
    return Society.objects.filter(memberships__user=user, memberships__role=Membership.Role.READER)


def _submitted(campaigns: Iterable[UUID]) -> QuerySet[Read]:
    return Read.objects.filter(campaign__in=list(campaigns), state=Read.State.SUBMITTED)


def _counts(rows: QuerySet[Any]) -> dict[UUID, int]:
    return dict(rows.order_by().values_list("campaign").annotate(count=Count("pk")))
