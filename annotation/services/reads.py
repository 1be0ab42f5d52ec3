"""Opens and submits reads. A submitted read is complete by the campaign's rules; only confirmations are added to it later."""

from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotation.errors import refusal
from annotation.events import ReadOpened, ReadSubmitted, publish
from annotation.locks import lock_read
from annotation.models import Annotation, Campaign, Read
from annotation.selectors.reads import get_read_to_write
from annotation.services.confirmations import await_confirmation
from annotation.services.forms import check_form_data
from annotation.services.mark_checks import IMAGE_LEVEL
from viewer.api.errors import not_found
from viewer.models import Image

_MAX_SECONDS: Final = 1e7


@transaction.atomic
def open_read(*, campaign: Campaign, image: Image, user: User) -> Read:
    """Return the user's read of an image, made now if there is none; there is at most one, whoever asks at once.

    Raises:
        ApiError: ``reading_not_allowed``, ``not_found`` for an image that the campaign does not ask for, or
            ``campaign_closed`` when a read would have to be made.
    """
    if not user.has_perm("annotation.read_campaign", campaign):
        raise refusal("reading_not_allowed")
    if not campaign.campaign_images.filter(image=image).exists():
        raise not_found()
    known = Read.objects.filter(campaign=campaign, image=image, reader=user).first()
    if known is not None:
        return known
    if Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.CLOSED).exists():
        raise refusal("campaign_closed")
    read, created = Read.objects.get_or_create(campaign=campaign, image=image, reader=user)
    if created:
        publish(ReadOpened(read_id=read.pk, campaign_id=campaign.pk))
    return read


@transaction.atomic
def submit_read(*, read: Read, user: User, sequence: int, active_seconds: float) -> Read:
    """Close a read for ever.

    Args:
        read: the read.
        user: its reader.
        sequence: the list revision that the reader has before their eyes; another one means that something is not saved
            yet, or was changed in another window.
        active_seconds: how long the reader worked on the whole read; the larger of this and what is stored is kept.

    Raises:
        ApiError: ``not_found``, ``not_your_read``, ``reading_not_allowed``, ``already_submitted``, ``unsaved_changes`` (with
            the server's ``sequence``), ``diagnosis_missing``, ``label_missing`` or ``form_invalid``.
    """
    get_read_to_write(user=user, read_id=read.pk)
    locked = lock_read(read.pk)
    if locked.state == Read.State.SUBMITTED:
        raise refusal("already_submitted")
    if locked.sequence != sequence:
        raise refusal("unsaved_changes", "/sequence", sequence=locked.sequence)
    _check_complete(locked)
    locked.state = Read.State.SUBMITTED
    locked.submitted_at = timezone.now()
    locked.active_seconds = max(locked.active_seconds, min(active_seconds, _MAX_SECONDS))
    locked.save(update_fields=["state", "submitted_at", "active_seconds"])
    await_confirmation(read=locked, submitted_at=locked.submitted_at)
    publish(ReadSubmitted(read_id=locked.pk, campaign_id=locked.campaign_id, sequence=locked.sequence))
    return locked


def add_active_seconds(*, user: User, read_id: UUID, seconds: float) -> None:
    """Add working time to an open read; a submitted one keeps what it has.

    Raises:
        ApiError: ``not_found``, ``not_your_read`` or ``reading_not_allowed``.
    """
    read = get_read_to_write(user=user, read_id=read_id)
    open_reads = Read.objects.filter(pk=read.pk, state=Read.State.OPEN)
    open_reads.update(active_seconds=F("active_seconds") + max(0.0, min(seconds, _MAX_SECONDS)))


def _check_complete(read: Read) -> None:
    """Raise ApiError where the read lacks what its campaign asks for."""
    marks = list(read.annotations.filter(deleted=False).order_by("sequence"))
    form = read.campaign.form
    diagnosis = next((mark for mark in marks if not mark.geometry_kind and mark.granularity in IMAGE_LEVEL), None)
    if read.campaign.diagnosis.get("required") and not _is_labelled(read, diagnosis):
        raise refusal("diagnosis_missing", "/diagnosis")
    for mark in marks:
        if not mark.labels and mark.report_id is None:
            raise refusal("label_missing", f"/annotations/{mark.pk}/labels")
        data: dict[str, Any] | None = mark.form_data
        if mark is diagnosis and data is None:
            data = {}
        if form is not None and data is not None:
            check_form_data(form, data, complete=True, pointer=f"/annotations/{mark.pk}/form")


def _is_labelled(read: Read, diagnosis: Annotation | None) -> bool:
    """Return whether the diagnosis has a label of a role that the campaign asks for; no roles named: any label."""
    if diagnosis is None:
        return False
    roles = read.campaign.diagnosis.get("label_roles") or []
    labels = read.campaign.label_set.labels.filter(code__in=diagnosis.labels)
    return (labels.filter(role__in=roles) if roles else labels).exists()
