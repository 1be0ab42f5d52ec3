"""Who sees which read: its reader, and, without changing it, whoever manages the campaign."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from annotation.errors import refusal
from annotation.models import Campaign, Read
from annotation.selectors.campaigns import campaigns_for
from viewer.api.errors import not_found


def visible_reads(user: User) -> QuerySet[Read]:
    """Return the reads that a user may look at."""
    managed = campaigns_for(user, "annotation.manage_campaign")
    return Read.objects.filter(Q(reader=user) | Q(campaign__in=managed.values("pk")))


def get_read(*, user: User, read_id: UUID) -> Read:
    """Return a read that the user may look at, with campaign, label set, form, endpoint and reader.

    Raises:
        ApiError: ``not_found`` for a read that does not exist and for one that is none of the user's business.
    """
    related = ("campaign__label_set", "campaign__form", "campaign__endpoint", "reader")
    read = visible_reads(user).select_related(*related).filter(pk=read_id).first()
    if read is None:
        raise not_found()
    return read


def get_read_to_write(*, user: User, read_id: UUID) -> Read:
    """Return a read that the user may change; whether it is still open is for the caller to see under its lock.

    Raises:
        ApiError: ``not_found``, ``not_your_read`` or ``reading_not_allowed``.
    """
    read = get_read(user=user, read_id=read_id)
    if read.reader_id != user.pk:
        raise refusal("not_your_read")
    if not user.has_perm("annotation.read_campaign", read.campaign):
        raise refusal("reading_not_allowed")
    return read


def check_may_write(*, user: User, read_id: UUID) -> None:
    """Refuse what :func:`get_read_to_write` refuses, with less work: a save asks each time and locks the row itself.

    Raises:
        ApiError: ``not_found``, ``not_your_read`` or ``reading_not_allowed``.
    """
    campaign = Campaign.objects.filter(reads__pk=read_id, reads__reader=user).only("pk").first()
    if campaign is None:
        get_read_to_write(user=user, read_id=read_id)
    elif not user.has_perm("annotation.read_campaign", campaign):
        raise refusal("reading_not_allowed")


def can_write(*, user: User, read: Read) -> bool:
    """Return whether a save by this user would be taken now."""
    mine_and_open = read.reader_id == user.pk and read.state == Read.State.OPEN
    return mine_and_open and user.has_perm("annotation.read_campaign", read.campaign)
