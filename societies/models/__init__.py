"""Who works here: societies, their members, and who holds which read at the moment."""

from societies.models.assignment import Assignment
from societies.models.society import Membership, Society, SocietyCampaign, SocietyCollection, SocietyEndpoint

__all__ = ["Assignment", "Membership", "Society", "SocietyCampaign", "SocietyCollection", "SocietyEndpoint"]
