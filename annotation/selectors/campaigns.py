"""Who sees which campaign: whoever holds a permission on it."""

from typing import cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from guardian.shortcuts import get_objects_for_user, get_users_with_perms

from annotation.models import Campaign, Read
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


def readers_of(campaign: Campaign) -> QuerySet[User]:
    """Return who may read in a campaign now, by a grant of their own."""
    return cast("QuerySet[User]", get_users_with_perms(campaign, only_with_perms_in=["read_campaign"], with_group_users=False))


def reads_blind(*, user: User, image_id: UUID) -> bool:
    """Return whether a person is to read an image independently of others, and has not submitted yet; two queries.

    A closed campaign hands nothing out any more: then only an open read counts.
    """
    asked = Campaign.objects.filter(is_blind=True, campaign_images__image=image_id)
    own = Read.objects.filter(campaign__in=asked, image=image_id, reader=user)
    if own.filter(state=Read.State.OPEN).exists():
        return True
    reading = campaigns_for(user, "annotation.read_campaign", granted_only=True)
    return reading.filter(pk__in=asked.filter(state=Campaign.State.OPEN).exclude(pk__in=own.values("campaign"))).exists()
