"""Who sees which campaign: whoever holds a permission on it."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user

from annotation.models import Campaign
from viewer.api.errors import not_found


def campaigns_for(user: User, *permissions: str, granted_only: bool = False) -> QuerySet[Campaign]:
    """Return the campaigns on which the user holds one of the permissions.

    Args:
        user: who asks.
        permissions: names such as ``annotation.view_campaign``.
        granted_only: a superuser, who may do anything, holds only what was granted to them by name, as everybody else.
    """
    campaigns: QuerySet[Campaign] = get_objects_for_user(
        user, list(permissions), klass=Campaign, any_perm=True, with_superuser=not granted_only, accept_global_perms=False
    )
    return campaigns


def get_campaign(
    *, user: User, campaign_id: UUID, permissions: tuple[str, ...] = ("annotation.view_campaign",), granted_only: bool = False
) -> Campaign:
    """Return a campaign on which the user holds one of the permissions, see :func:`campaigns_for`.

    Raises:
        ApiError: ``not_found`` for a campaign that does not exist and for one that is none of the user's business.
    """
    campaign = campaigns_for(user, *permissions, granted_only=granted_only).filter(pk=campaign_id).first()
    if campaign is None:
        raise not_found()
    return campaign
