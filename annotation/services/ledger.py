"""Writes the ledger of releases: only ever one more entry, chained to the one before."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotation.disclosure.ledger import FIRST, link_hash
from annotation.models import Campaign, LedgerEntry, Release

_POSTGRES_LOCK = 0x6D69_7461_7465  # any number of ours; held until the transaction ends


def enter(*, campaign: Campaign, actor: User, action: LedgerEntry.Action, said: Mapping[str, Any], release: Release | None = None) -> None:
    """Add an entry inside the caller's transaction: what is done and what is entered stand or fall together.

    Args:
        campaign: what it is about.
        actor: who did it.
        action: what was done.
        said: the facts of it, plain JSON.
        release: the release that it is about, if any.
    """
    with transaction.atomic():
        _wait_in_line()
        last = LedgerEntry.objects.order_by("-pk").values_list("hash", flat=True).first()
        previous, now = last or FIRST, timezone.now()
        facts = {
            "action": action.value,
            "actor": actor.get_username(),
            "campaign": campaign.code,
            "release": str(release.pk) if release is not None else None,
            **said,
        }
        LedgerEntry.objects.create(
            campaign=campaign,
            release=release,
            action=action,
            actor=actor,
            at=now,
            said=facts,
            previous=previous,
            hash=link_hash(previous, facts, now),
        )


def _wait_in_line() -> None:
    """Let one writer of the chain go on at a time; SQLite has one writer anyway, as its transactions begin IMMEDIATE."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_POSTGRES_LOCK])
