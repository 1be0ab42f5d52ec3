"""Releases and the ledger, as those who ask for them and decide on them see them."""

from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User

from annotation.models import Campaign, Release
from annotation.selectors.campaigns import campaigns_for
from annotation.services.release_errors import say_blockers
from annotation.services.releases import keeping
from viewer.api.errors import not_found

__all__ = ["get_release", "ledger_of", "list_releases", "release_json"]

MAX_ENTRIES: Final = 200
WAITING: Final = frozenset({Release.State.REQUESTED, Release.State.APPROVED})


def get_release(*, user: User, release_id: UUID, permissions: tuple[str, ...]) -> Release:
    """Return a release of a campaign on which the user holds one of the permissions.

    Raises:
        ApiError: ``not_found``.
    """
    known = Release.objects.filter(pk=release_id, campaign__in=campaigns_for(user, *permissions))
    release = known.select_related("campaign", "requested_by", "decided_by", "pixels_confirmed_by").first()
    if release is None:
        raise not_found()
    return release


def list_releases(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the releases of a campaign, newest first; one query."""
    rows = campaign.releases.select_related("campaign", "requested_by", "decided_by", "pixels_confirmed_by")
    return [release_json(row) for row in rows]


def release_json(release: Release) -> dict[str, Any]:
    """Return a release with everything that keeps it from leaving today."""
    return {
        "id": str(release.pk),
        "tier": release.tier,
        "format": release.format,
        "recipient": release.recipient,
        "recipient_kind": release.recipient_kind,
        "purpose": release.purpose,
        "expires_on": release.expires_on.isoformat(),
        "label_maps": release.label_maps,
        "unmapped": release.unmapped,
        "state": release.state,
        "requested_by": _name(release.requested_by),
        "requested_at": release.requested_at.isoformat(),
        "pixels_confirmed_by": _name(release.pixels_confirmed_by),
        "decided_by": _name(release.decided_by),
        "decided_at": release.decided_at.isoformat() if release.decided_at else None,
        "reason": release.reason,
        "kept_by": say_blockers(keeping(release)) if release.state in WAITING else [],
    }


def ledger_of(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the newest entries of a campaign's part of the ledger, at most 200; one query."""
    rows = campaign.ledger.select_related("actor").order_by("-pk")[:MAX_ENTRIES]
    return [
        {
            "action": row.action,
            "actor": _name(row.actor),
            "at": row.at.isoformat(),
            "release": str(row.release_id) if row.release_id else None,
            "said": row.said,
            "hash": row.hash,
        }
        for row in rows
    ]


def _name(person: User | None) -> str:
    return (person.get_full_name() or person.get_username()) if person is not None else ""
