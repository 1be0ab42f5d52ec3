"""The hop from a facility to its society: which key gives subjects their names in what people of the society take out."""

import hashlib
import hmac
from uuid import UUID

from annotation.disclosure.tiers import Hop, Tier
from viewer.services.pseudonym import facility_key

__all__ = ["hop_of_campaign", "hop_of_dataset"]


def hop_of_campaign(campaign_id: UUID) -> Hop:
    """Return the hop of everything that is exported of a campaign: a subject has one name in all of it, in no other campaign."""
    return _hop(f"campaign:{campaign_id}")


def hop_of_dataset(dataset_id: UUID, number: int) -> Hop:
    """Return the hop of a version of a dataset: a subject has one name in all its splits and campaigns, in no other version."""
    return _hop(f"dataset:{dataset_id}:{number}")


def _hop(domain: str) -> Hop:
    key = hmac.new(facility_key(), f"society\0{domain}".encode(), hashlib.sha256).digest()
    return Hop(Tier.SOCIETY, domain, key)
