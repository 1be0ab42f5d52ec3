"""Who sees which read: its reader, and, without changing it, whoever manages the campaign."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from annotation.errors import refusal
from annotation.models import Campaign, Read
from annotation.selectors.campaigns import campaigns_for
from viewer.api.errors import not_found


def visible_reads(user: User) -> QuerySet[Read]:
    """Return the reads that a user may look at; :func:`_shown` says the same of one."""
    managed = campaigns_for(user, "annotation.manage_campaign")
    return Read.objects.filter(Q(reader=user) | Q(campaign__in=managed.values("pk")))


def get_read(*, user: User, read_id: UUID) -> Read:
    """Return a read that the user may look at, with campaign, label set, form, endpoint and reader.

    Raises:
        ApiError: ``not_found`` for a read that does not exist and for one that is none of the user's business.
    """
    return _shown(Read.objects.select_related("campaign__label_set", "campaign__form", "campaign__endpoint", "reader"), user, read_id)


def get_bare_read(*, user: User, read_id: UUID) -> Read:
    """Return what :func:`get_read` does without what belongs to the read: its marks are asked for with each view.

    Raises:
        ApiError: ``not_found``.
    """
    return _shown(Read.objects.all(), user, read_id)


def _shown(reads: QuerySet[Read], user: User, read_id: UUID) -> Read:
    """Return one of what :func:`visible_reads` returns; to make that question of all reads takes longer than to answer it of one."""
    read = reads.filter(pk=read_id).first()
    if read is None or not (read.reader_id == user.pk or user.has_perm("annotation.manage_campaign", read.campaign)):
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


def reads_beside(*, user: User, read: Read) -> list[dict[str, Any]]:
    """Return the reads of the same image in the campaign whose marks a user may see side by side; four queries.

    Where readers work independently, the others have a number instead of a name, which stays as long as nobody joins; and whoever
    still reads the image there is shown no marks but their own.
    """
    reads = visible_reads(user).filter(campaign=read.campaign_id, image=read.image_id).select_related("reader")
    if read.campaign.is_blind and any(each.reader_id == user.pk and each.state == Read.State.OPEN for each in reads):
        reads = reads.filter(reader=user)
    names = reader_names(user=user, read=read) if read.campaign.is_blind else {}
    return [
        {
            "id": str(each.pk),
            "name": names.get(each.pk) or each.reader.get_full_name() or each.reader.get_username(),
            "is_own": each.reader_id == user.pk,
            "is_submitted": each.state == Read.State.SUBMITTED,
        }
        for each in sorted(reads, key=lambda each: each.pk.bytes)
    ]


def reader_names(*, user: User, read: Read) -> dict[UUID, str]:
    """Return what stands for the names of readers of an image who work independently, by read; not for the user's own; one query.

    The numbers follow the ids of the reads, which are random: neither who was first nor who reads elsewhere can be told from them.
    """
    reads = Read.objects.filter(campaign=read.campaign_id, image=read.image_id).values_list("pk", "reader")
    numbered = sorted(reads, key=lambda row: row[0].bytes)
    return {pk: _("Reader %(number)d") % {"number": place} for place, (pk, reader) in enumerate(numbered, 1) if reader != user.pk}


def shown_reader(*, user: User, read: Read) -> str:
    """Return how the reader of a read is named to somebody who looks at it."""
    if read.campaign.is_blind and read.reader_id != user.pk:
        return reader_names(user=user, read=read)[read.pk]
    return read.reader.get_full_name() or read.reader.get_username()
