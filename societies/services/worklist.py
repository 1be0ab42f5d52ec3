"""Hands out images under a lease, and takes reads back. Whatever two readers do at once, a read has one reader.

Every function first locks the campaign, so that claims on one campaign follow one another; the database's constraint on
live claims stands behind it.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotation.errors import refusal as annotation_refusal
from annotation.events import CampaignChanged, publish
from annotation.locks import lock_campaign
from annotation.models import Campaign, CampaignImage, Read
from annotation.selectors.campaigns import campaigns_for
from annotation.selectors.reads import get_read_to_write
from annotation.services.reads import open_read, submit_read
from societies.errors import refusal
from societies.models import Assignment
from societies.queue import Candidate, choose, free_slot
from societies.selectors.worklist import open_for

WINDOW: Final = 50
"""Images that are looked at for one claim; the database hands them over in the order of the queue."""
State = Assignment.State


@transaction.atomic
def claim_next(*, user: User, campaign: Campaign) -> Assignment | None:
    """Return the reader's next image under a lease: the one they hold already, or the first of the queue; None: nothing left.

    Raises:
        ApiError: ``reading_not_allowed``, or ``campaign_closed`` when they hold none and the campaign is closed.
    """
    # Asked as a grant: a superuser who only looks in must not take a reader's place.
    if not campaigns_for(user, "annotation.read_campaign", granted_only=True).filter(pk=campaign.pk).exists():
        raise annotation_refusal("reading_not_allowed")
    locked = lock_campaign(campaign.pk)
    _let_expire(locked)
    held = Assignment.objects.filter(campaign=locked, reader=user, state=State.LEASED).order_by("created_at").first()
    if held is not None:
        return _extend(held, locked)
    if locked.state == Campaign.State.CLOSED:
        raise annotation_refusal("campaign_closed")
    chosen = choose(_candidates(locked, user), reads_per_image=locked.reads_per_image)
    if chosen is None:
        return None
    candidate, slot = chosen
    return _take(locked, user, candidate, slot)


@transaction.atomic
def renew_lease(*, user: User, read_id: UUID) -> Assignment:
    """Prolong the claim on an open read, or take it anew if it ran out and nobody else has it.

    Raises:
        ApiError: what :func:`get_read_to_write` says, ``already_submitted`` or ``lease_lost``.
    """
    return _hold(user, read_id)[1]


@transaction.atomic
def submit(*, user: User, read_id: UUID, sequence: int, active_seconds: float) -> Read:
    """Close a read for ever and count it as done.

    Args:
        user: its reader.
        read_id: the read.
        sequence: the list revision that the reader has before their eyes.
        active_seconds: how long the reader worked on it.

    Raises:
        ApiError: ``lease_lost`` when another reader took the image over, or what
            :func:`annotation.services.reads.submit_read` says.
    """
    read, assignment = _hold(user, read_id)
    submitted = submit_read(read=read, user=user, sequence=sequence, active_seconds=active_seconds)
    assignment.state = State.DONE
    assignment.save(update_fields=["state"])
    return submitted


def _hold(user: User, read_id: UUID) -> tuple[Read, Assignment]:
    """Return an open read with a live claim of its reader."""
    read = get_read_to_write(user=user, read_id=read_id)
    campaign = lock_campaign(read.campaign_id)
    read.refresh_from_db(fields=["state"])
    if read.state == Read.State.SUBMITTED:
        raise annotation_refusal("already_submitted")
    known = Assignment.objects.filter(read=read).first()
    if known is not None and known.state == State.LEASED:
        return read, _extend(known, campaign)
    _let_expire(campaign)
    slot = free_slot(_taken_slots(campaign, read.image_id), campaign.reads_per_image)
    if slot is None:
        raise refusal("lease_lost")
    candidate = Candidate(image_id=read.image_id, uncertainty=None, added_at=timezone.now(), resumed=True)
    return read, _take(campaign, user, candidate, slot)


def _let_expire(campaign: Campaign) -> None:
    """Free the slots of leases that ran out; an expired lease blocks nobody from here on."""
    late = Assignment.objects.filter(campaign=campaign, state=State.LEASED, leased_until__lte=timezone.now())
    if late.update(state=State.EXPIRED):
        publish(CampaignChanged(campaign_id=campaign.pk))


def _extend(assignment: Assignment, campaign: Campaign) -> Assignment:
    assignment.leased_until = timezone.now() + timedelta(minutes=campaign.lease_minutes)
    assignment.save(update_fields=["leased_until"])
    return assignment


def _take(campaign: Campaign, user: User, candidate: Candidate, slot: int) -> Assignment:
    """Open the read and put a lease on it; a reader has one claim an image, renewed when they come back to it."""
    image = CampaignImage.objects.select_related("image").get(campaign=campaign, image=candidate.image_id).image
    read = open_read(campaign=campaign, image=image, user=user)
    values = {
        "campaign": campaign,
        "image": image,
        "reader": user,
        "slot": slot,
        "state": State.LEASED,
        "leased_until": timezone.now() + timedelta(minutes=campaign.lease_minutes),
        "chosen_by": candidate.chosen_by,
        "score": candidate.uncertainty,
    }
    assignment, _created = Assignment.objects.update_or_create(read=read, defaults=values)
    publish(CampaignChanged(campaign_id=campaign.pk))
    return assignment


def _taken_slots(campaign: Campaign, image_id: UUID) -> frozenset[int]:
    live = Assignment.objects.filter(campaign=campaign, image=image_id).exclude(state=State.EXPIRED)
    return frozenset(live.values_list("slot", flat=True))


def _candidates(campaign: Campaign, user: User) -> list[Candidate]:
    """Return the first images of the queue that this reader could be given, and the one they had begun."""
    possible = open_for(user=user, campaigns=[campaign.pk])
    ordered = possible.order_by(F("uncertainty").desc(nulls_last=True), "added_at", "image_id")
    begun = Assignment.objects.filter(campaign=campaign, reader=user, state=State.EXPIRED).values("image")
    rows = [*ordered.filter(image__in=begun)[:WINDOW], *ordered.exclude(image__in=begun)[:WINDOW]]
    resumed = set(begun.values_list("image", flat=True))
    taken: dict[UUID, set[int]] = {row.image_id: set() for row in rows}
    live = Assignment.objects.filter(campaign=campaign, image__in=taken).exclude(state=State.EXPIRED)
    for image_id, slot in live.values_list("image_id", "slot"):
        taken[image_id].add(slot)
    return [Candidate(row.image_id, row.uncertainty, row.added_at, frozenset(taken[row.image_id]), row.image_id in resumed) for row in rows]
