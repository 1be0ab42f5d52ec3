"""The gate: what keeps a release from leaving, in words of the governance of its campaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from annotation.disclosure.tiers import DISCLOSED, Tier

__all__ = ["BLOCKERS", "PURPOSES", "RECIPIENT_KINDS", "Wish", "blockers"]

RECIPIENT_KINDS: Final = ("academic", "public-institute", "company", "overseas")
PURPOSES: Final = ("ai-research", "ai-product-development", "device-evaluation", "education", "quality-control", "surveillance")

BLOCKERS: Final = (
    "consent_not_recorded",
    "consent_withdrawn",
    "ethics_not_in_force",
    "purpose_not_agreed",
    "embargo_not_over",
    "provision_not_agreed",
    "recipient_not_agreed",
    "ownership_not_recorded",
    "licence_not_recorded",
    "pixels_not_confirmed",
    "release_expired",
)
"""Everything that can keep a release from leaving, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wished for: for whom, what for, until when; and whether a named person looked at the pixels."""

    tier: Tier
    recipient_kind: str
    purpose: str
    expires_on: date
    pixels_confirmed: bool


def blockers(governance: Mapping[str, Any], wish: Wish, *, today: date) -> list[str]:
    """Return every reason, of BLOCKERS, why a release may not leave today; empty: it may.

    Raises:
        ValueError: for a tier that does not leave the society.
    """
    if wish.tier not in DISCLOSED:
        raise ValueError(f"{wish.tier} is no disclosed tier")
    found = {*_of_the_data(governance, wish, today), *_of_the_recipient(governance, wish)}
    if not wish.pixels_confirmed:
        found.add("pixels_not_confirmed")
    if wish.expires_on < today:
        found.add("release_expired")
    return [code for code in BLOCKERS if code in found]


def _of_the_data(governance: Mapping[str, Any], wish: Wish, today: date) -> Iterator[str]:
    consent = governance.get("consent") or {}
    if consent.get("mode", "not-recorded") == "not-recorded":
        yield "consent_not_recorded"
    if consent.get("withdrawn"):
        yield "consent_withdrawn"
    if not any(_in_force(approval, today) for approval in governance.get("ethics") or ()):
        yield "ethics_not_in_force"
    if wish.purpose not in (governance.get("purposes") or ()):
        yield "purpose_not_agreed"
    embargo = _day(governance.get("embargoUntil"))
    if embargo is not None and today < embargo:
        yield "embargo_not_over"


def _of_the_recipient(governance: Mapping[str, Any], wish: Wish) -> Iterator[str]:
    if wish.tier is not Tier.THIRD_PARTY:
        return
    provision = governance.get("thirdPartyProvision") or {}
    if provision.get("allowed") is not True:
        yield "provision_not_agreed"
    elif wish.recipient_kind not in (provision.get("recipients") or ()):
        yield "recipient_not_agreed"
    ownership = governance.get("ownership") or {}
    if not all(ownership.get(what) for what in ("images", "annotations", "dataset")):
        yield "ownership_not_recorded"
    if not governance.get("licence"):
        yield "licence_not_recorded"


def _in_force(approval: Mapping[str, Any], today: date) -> bool:
    """Tell whether an approval holds today; one that does not say until when cannot be relied upon."""
    begins, ends = _day(approval.get("approvedOn")), _day(approval.get("expiresOn"))
    return bool(approval.get("approvalNumber")) and ends is not None and today <= ends and (begins is None or begins <= today)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
