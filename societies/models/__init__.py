"""Who works here: societies, their members, who holds which read at the moment, and the keys that each person has chosen."""

from societies.models.assignment import Assignment
from societies.models.key_bindings import KeyBindings
from societies.models.society import Membership, Society, SocietyCampaign, SocietyCollection, SocietyEndpoint

__all__ = ["Assignment", "KeyBindings", "Membership", "Society", "SocietyCampaign", "SocietyCollection", "SocietyEndpoint"]
