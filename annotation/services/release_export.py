"""Hands a release over: every name in it its own, the gate asked once more, the ledger before the first byte."""

import hashlib
import hmac
from collections.abc import Generator, Iterator
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from annotation.disclosure.cases import disclosed_campaign, disclosed_case
from annotation.disclosure.tiers import Hop, Tier
from annotation.exporters.base import Entry
from annotation.exporters.package import Package
from annotation.exporters.registry import EXPORTERS, takes_planes
from annotation.models import ExportRun, LedgerEntry, Read, Release
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import CaseFacts
from annotation.selectors.documents import People, campaign_facts, cases_of
from annotation.services.export import Export
from annotation.services.label_maps import kept_relabelling
from annotation.services.ledger import enter
from annotation.services.release_errors import release_refusal, say_blockers
from annotation.services.releases import keeping, locked_release, told_maps
from viewer.services.pseudonym import facility_key

__all__ = ["hop_of", "take_release"]

RELEASE_ENTRY: Final = "release.json"


class ReleaseExport(Export):
    """A release as a ZIP; when its last byte is read, the ledger says so."""

    def __init__(self, run: ExportRun, package: Package, release: Release, user: User) -> None:
        super().__init__(run, package)
        self._release, self._user = release, user
        self.file_name = f"{run.campaign.code}-{release.tier}-{str(release.pk)[:8]}-{run.format}.zip"

    def _recorded(self) -> Generator[bytes, None, None]:
        yield from super()._recorded()
        said: dict[str, Any] = {"run": str(self.run.pk), "sha256": self.run.digest, "cases": self.run.document_count}
        if self._package.label_map is not None:
            said["label_map"] = self._package.label_map
        enter(campaign=self._release.campaign, actor=self._user, action=LedgerEntry.Action.DELIVERED, said=said, release=self._release)


def hop_of(release: Release) -> Hop:
    """Return the hop of a release: its names follow from the site's key and its id, and from nothing else."""
    key = hmac.new(facility_key(), f"release\0{release.pk}".encode(), hashlib.sha256).digest()
    return Hop(Tier(release.tier), str(release.pk), key)


def take_release(*, release: Release, user: User) -> Export:
    """Begin to hand a release over; the caller has checked that the user may export. The same release gives the same bytes.

    Raises:
        ApiError: ``release_state`` unless it is approved, ``release_blocked`` when something keeps it since.
    """
    with transaction.atomic():
        locked = locked_release(release, Release.State.APPROVED)
        kept_by = keeping(locked)
        if kept_by:
            raise release_refusal("release_blocked", blockers=say_blockers(kept_by))
        told = {"format": locked.format, "release": locked, "label_maps": locked.label_maps}
        run = ExportRun.objects.create(campaign=locked.campaign, requested_by=user, **told)
        said = {"run": str(run.pk), **told_maps(locked)}
        enter(campaign=locked.campaign, actor=user, action=LedgerEntry.Action.TAKEN, said=said, release=locked)
    return ReleaseExport(run, _package(locked), locked, user)


def _package(release: Release) -> Package:
    campaign, hop = release.campaign, hop_of(release)
    confirmer = release.pixels_confirmed_by_id
    by = People(campaign.document_project["society"]).pseudonym(confirmer) if confirmer is not None else ""
    facts = disclosed_campaign(campaign_facts(campaign), hop, pixels_confirmed_by=by)
    # what readers chose before the maps stays with the society: a map may be there to withhold it
    relabelling = kept_relabelling(campaign, release.label_maps, release.unmapped, tells_originals=False)
    cases = _cases(release, hop)
    return Package(EXPORTERS[release.format], facts, cases, include_drafts=False, extras=[_terms(release)], relabelling=relabelling)


def _cases(release: Release, hop: Hop) -> Iterator[CaseFacts]:
    pinned = Read.objects.filter(pk__in=release.pinned.values("read"))
    planes = takes_planes(release.format)
    for case in cases_of(
        release.campaign, include_drafts=False, until=release.decided_at, of_facility=True, pinned=pinned, with_planes=planes
    ):
        yield disclosed_case(case, hop)


def _terms(release: Release) -> Entry:
    """Return the entry that tells the recipient what they hold, and on which terms."""
    governance = release.campaign.governance
    terms = {
        "release": str(release.pk),
        "tier": release.tier,
        "recipient": release.recipient,
        "recipientKind": release.recipient_kind,
        "purpose": release.purpose,
        "expiresOn": release.expires_on.isoformat(),
        "licence": governance.get("licence", ""),
        "attribution": governance.get("attribution", ""),
    }
    terms |= {"labelMaps": release.label_maps} if release.label_maps else {}
    body = canonical_json(terms)
    return Entry(RELEASE_ENTRY, len(body), [body])
