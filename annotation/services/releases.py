"""Releases: asked for by one person, approved by another, and taken only while nothing keeps them."""

from collections.abc import Mapping
from datetime import date
from itertools import islice
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.disclosure.gate import PURPOSES, RECIPIENT_KINDS, Wish, blockers
from annotation.disclosure.tiers import Tier
from annotation.exporters.registry import EXPORTERS
from annotation.exporters.relabelling import Relabelling, Unmapped
from annotation.locks import lock_campaign
from annotation.models import Campaign, LedgerEntry, Read, Release, ReleaseRead
from annotation.schema.validate import governance_problems
from annotation.services.ledger import enter
from annotation.services.release_errors import release_refusal, say_blockers

__all__ = [
    "approve_release",
    "confirm_pixels",
    "keeping",
    "locked_release",
    "refuse_release",
    "request_release",
    "revoke_release",
    "set_governance",
    "told_maps",
]

PINNED_AT_ONCE: Final = 2_000

Action = LedgerEntry.Action


def keeping(release: Release) -> list[str]:
    """Return every reason why a release may not leave today, as codes of the gate."""
    wish = Wish(
        tier=Tier(release.tier),
        recipient_kind=release.recipient_kind,
        purpose=release.purpose,
        expires_on=release.expires_on,
        pixels_confirmed=release.pixels_confirmed_by_id is not None,
    )
    return blockers(release.campaign.governance, wish, today=timezone.localdate())


@transaction.atomic
def request_release(
    *,
    campaign: Campaign,
    user: User,
    tier: str,
    format_name: str,
    recipient: str,
    recipient_kind: str,
    purpose: str,
    expires_on: date,
    relabelling: Relabelling | None = None,
) -> Release:
    """Ask that a campaign's documents may leave the society; the caller has checked that the user may export.

    Args:
        campaign: whose documents.
        user: who asks.
        tier: platform or third-party.
        format_name: of EXPORTERS.
        recipient: who is to hold it.
        recipient_kind: of RECIPIENT_KINDS.
        purpose: of PURPOSES.
        expires_on: the last day on which it may be taken.
        relabelling: the label maps that it is made under, see :func:`annotation.services.label_maps.complete_relabelling`.

    Raises:
        ApiError: ``release_invalid`` with a pointer.
    """
    faults = {
        "/tier": tier not in Release.Tier.values,
        "/format": format_name not in EXPORTERS,
        "/recipient": not recipient.strip() or len(recipient.strip()) > 200,
        "/recipient_kind": recipient_kind not in RECIPIENT_KINDS,
        "/purpose": purpose not in PURPOSES,
        "/expires_on": expires_on < timezone.localdate(),
    }
    for pointer, wrong in faults.items():
        if wrong:
            raise release_refusal("release_invalid", pointer)
    release = Release.objects.create(
        campaign=campaign,
        tier=tier,
        format=format_name,
        recipient=recipient.strip(),
        recipient_kind=recipient_kind,
        purpose=purpose,
        expires_on=expires_on,
        label_maps=[] if relabelling is None else relabelling.named,
        unmapped=Unmapped.REFUSE.value if relabelling is None else relabelling.unmapped.value,
        requested_by=user,
        requested_at=timezone.now(),
    )
    said = {
        "tier": tier,
        "format": format_name,
        "recipient": release.recipient,
        "recipient_kind": recipient_kind,
        "purpose": purpose,
        "expires_on": expires_on.isoformat(),
        **told_maps(release),
    }
    enter(campaign=campaign, actor=user, action=Action.REQUESTED, said=said, release=release)
    return release


@transaction.atomic
def confirm_pixels(*, release: Release, user: User) -> Release:
    """Record that a person looked at the images and found nobody named in their pixels.

    Raises:
        ApiError: ``release_state`` unless the release waits for a decision.
    """
    locked = locked_release(release, Release.State.REQUESTED)
    locked.pixels_confirmed_by = user
    locked.save(update_fields=["pixels_confirmed_by"])
    enter(campaign=locked.campaign, actor=user, action=Action.PIXELS_CONFIRMED, said={}, release=locked)
    return locked


@transaction.atomic
def approve_release(*, release: Release, user: User) -> Release:
    """Let a release leave. Reads that are submitted later are not part of it.

    Raises:
        ApiError: ``same_person``, ``release_state``, or ``release_blocked`` with every reason.
    """
    locked = locked_release(release, Release.State.REQUESTED)
    if locked.requested_by_id == user.pk:
        raise release_refusal("same_person")
    kept_by = keeping(locked)
    if kept_by:
        raise release_refusal("release_blocked", blockers=say_blockers(kept_by))
    _decide(locked, user, Release.State.APPROVED, "")
    said = {"governance": locked.campaign.governance, "reads": _pin_reads(locked), **told_maps(locked)}
    enter(campaign=locked.campaign, actor=user, action=Action.APPROVED, said=said, release=locked)
    return locked


def told_maps(release: Release) -> dict[str, Any]:
    """Return what the ledger says of the label maps of a release; nothing where there are none."""
    return {"label_maps": release.label_maps, "unmapped": release.unmapped} if release.label_maps else {}


@transaction.atomic
def refuse_release(*, release: Release, user: User, reason: str) -> Release:
    """Turn a request down.

    Raises:
        ApiError: ``release_state`` unless it waits for a decision, ``release_invalid`` without a reason.
    """
    locked = _ended(locked_release(release, Release.State.REQUESTED), user, Release.State.REFUSED, reason)
    enter(campaign=locked.campaign, actor=user, action=Action.REFUSED, said={"reason": locked.reason}, release=locked)
    return locked


@transaction.atomic
def revoke_release(*, release: Release, user: User, reason: str) -> Release:
    """Take an approval back; what was handed over already is told by the ledger.

    Raises:
        ApiError: ``release_state`` unless it is approved, ``release_invalid`` without a reason.
    """
    locked = _ended(locked_release(release, Release.State.APPROVED), user, Release.State.REVOKED, reason)
    enter(campaign=locked.campaign, actor=user, action=Action.REVOKED, said={"reason": locked.reason}, release=locked)
    return locked


@transaction.atomic
def set_governance(*, campaign: Campaign, user: User, governance: Mapping[str, Any]) -> Campaign:
    """Record on which conditions the campaign's images may be used.

    Raises:
        ApiError: ``governance_invalid`` with a pointer.
    """
    for problem in governance_problems(governance):
        raise release_refusal("governance_invalid", problem.pointer, detail=problem.detail)
    locked = lock_campaign(campaign.pk)
    before, locked.governance = locked.governance, dict(governance)
    locked.save(update_fields=["governance"])
    enter(campaign=locked, actor=user, action=Action.GOVERNANCE, said={"before": before, "after": locked.governance})
    return locked


def _pin_reads(release: Release) -> int:
    """Write down which reads the release is made of; return how many."""
    reads = Read.objects.filter(campaign=release.campaign_id, state=Read.State.SUBMITTED, submitted_at__lte=release.decided_at)
    keys = reads.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=PINNED_AT_ONCE)
    count = 0
    while batch := list(islice(keys, PINNED_AT_ONCE)):
        ReleaseRead.objects.bulk_create([ReleaseRead(release=release, read_id=key) for key in batch])
        count += len(batch)
    return count


def _ended(release: Release, user: User, state: Release.State, reason: str) -> Release:
    if not reason.strip() or len(reason) > 500:
        raise release_refusal("release_invalid", "/reason")
    _decide(release, user, state, reason.strip())
    return release


def _decide(release: Release, user: User, state: Release.State, reason: str) -> None:
    release.state, release.reason = state, reason
    release.decided_by, release.decided_at = user, timezone.now()
    release.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def locked_release(release: Release, state: str) -> Release:
    """Return a release as it is now, locked inside the caller's transaction after its campaign.

    Raises:
        ApiError: ``release_state`` when it is in another state.
    """
    campaign = lock_campaign(release.campaign_id)
    locked = Release.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=release.pk)
    locked.campaign = campaign
    if locked.state != state:
        raise release_refusal("release_state")
    return locked
