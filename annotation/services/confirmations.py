"""Late confirmation: what becomes known of a diagnosis after its read was submitted. The read stays submitted.

Each confirmation is a revision of the mark with an event beside it that says who, when, by what, and what was said before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.errors import Conflict, refusal
from annotation.events import AnnotationsChanged, CampaignChanged, publish
from annotation.locks import lock_campaign, lock_read
from annotation.models import Annotation, Campaign, Confirmation, Read, Revision
from annotation.selectors.annotations import annotation_json
from annotation.selectors.reads import get_read
from annotation.services.confirmation_input import PENDING, Confirming
from annotation.services.exam_marks import EXAM
from annotation.services.mark_checks import CampaignRules
from annotation.services.report_marks import DIAGNOSIS

__all__ = ["MAX_DAYS", "await_confirmation", "confirm_diagnosis", "set_confirmation_days"]

MAX_DAYS: Final = 3_650
VERB: Final = "confirm"


def confirm_diagnosis(
    *, user: User, read_id: UUID, annotation_id: UUID, base_revision: int, operation_id: UUID, confirming: Confirming
) -> Confirmation:
    """Append what became known of a submitted diagnosis; said twice under the same operation id, it is stored once.

    Args:
        user: the reader of the read, or who manages its campaign; only the reader changes the diagnosis itself.
        read_id: the submitted read.
        annotation_id: the mark that carries the diagnosis.
        base_revision: the revision of the mark that the user has before their eyes.
        operation_id: idempotency key.
        confirming: what became known. ``pending`` puts it back on the list, until ``due_on`` or as long as the campaign says.

    Raises:
        ApiError: ``not_found``, ``reading_not_allowed``, ``read_not_submitted``, ``operation_id_reused``, ``basis_not_there``,
            ``confirmation_date``, ``diagnosis_not_yours``, ``unknown_basis``, ``unknown_label`` or ``label_not_allowed``.
        Conflict: ``stale_revision`` with the mark as it is now.
    """
    _check_may_confirm(get_read(user=user, read_id=read_id), user)
    with transaction.atomic():
        read = lock_read(read_id)
        stored = Confirmation.objects.filter(operation_id=operation_id).select_related("revision").first()
        if stored is not None:
            if not _is_repetition(stored, user, annotation_id, base_revision, confirming):
                raise refusal("operation_id_reused", "/operation_id")
            return stored
        if Revision.objects.filter(operation_id=operation_id).exists():
            raise refusal("operation_id_reused", "/operation_id")
        annotation = read.annotations.filter(pk=annotation_id, deleted=False).first()
        if annotation is None:
            raise refusal("not_found", "/annotation_id")
        if read.state != Read.State.SUBMITTED:
            raise refusal("read_not_submitted")
        if annotation.revision != base_revision:
            raise Conflict("stale_revision", annotation_json(annotation, reader_id=read.reader_id))
        _check(read, annotation, user, confirming)
        return _append(read, annotation, user, operation_id, confirming)


def await_confirmation(*, read: Read, submitted_at: datetime) -> None:
    """Put the pending diagnoses of a read that is being submitted on the list; the caller holds the read's lock."""
    due_on = _first_day(read.campaign, submitted_at)
    rows = [row for row in read.annotations.filter(deleted=False) if _is_pending(row.basis)]
    Annotation.objects.filter(pk__in=[row.pk for row in rows]).update(confirm_by=due_on)


@transaction.atomic
def set_confirmation_days(*, campaign: Campaign, days: int) -> Campaign:
    """Say after how many days readers are reminded; days that a reader chose for one diagnosis stay.

    Raises:
        ApiError: ``confirmation_days`` unless there are 1 to 3,650.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MAX_DAYS:
        raise refusal("confirmation_days", "/days")
    locked = lock_campaign(campaign.pk)
    moved = timedelta(days=days - locked.confirmation_days)
    waiting = Annotation.objects.filter(read__campaign=locked, confirm_by__isnull=False).exclude(confirmations__status=PENDING)
    # Later days first where days move on: what was moved is not found a second time.
    known = list(waiting.order_by().values_list("confirm_by", flat=True).distinct())
    for day in sorted((day for day in known if day is not None), reverse=moved > timedelta(0)):
        waiting.filter(confirm_by=day).update(confirm_by=day + moved)
    locked.confirmation_days = days
    locked.save(update_fields=["confirmation_days"])
    publish(CampaignChanged(campaign_id=locked.pk))
    return locked


def _check_may_confirm(read: Read, user: User) -> None:
    """Raise ApiError where a user who may see the read has no say in it any more."""
    manages = user.has_perm("annotation.manage_campaign", read.campaign)
    if not manages and not user.has_perm("annotation.read_campaign", read.campaign):
        raise refusal("reading_not_allowed")


def _is_repetition(stored: Confirmation, user: User, annotation_id: UUID, base_revision: int, said: Confirming) -> bool:
    before = (stored.author_id, stored.annotation_id, stored.revision.number - 1)
    told = (stored.awaited, stored.method, stored.status, stored.known_on, stored.note)
    labels = stored.revision.body["labels"]
    return (
        before == (user.pk, annotation_id, base_revision)
        and told == (said.awaited, said.method, said.status, said.known_on, said.note)
        and labels == (stored.labels_before if said.labels is None else said.labels)
        and (said.due_on is None or stored.due_on == said.due_on)
    )


def _check(read: Read, annotation: Annotation, user: User, said: Confirming) -> None:
    """Raise ApiError where what became known does not fit the mark, its campaign or the calendar."""
    if all(entry["method"] != said.awaited for entry in annotation.basis):
        raise refusal("basis_not_there", "/awaited")
    allowed = read.campaign.diagnosis.get("basis_methods") or []
    if said.method != said.awaited and allowed and said.method not in allowed:
        raise refusal("unknown_basis", "/method")
    _check_days(said, annotation)
    if said.labels is not None and said.labels != annotation.labels:
        if read.reader_id != user.pk:
            raise refusal("diagnosis_not_yours", "/labels")
        _check_labels(CampaignRules(read.campaign), annotation, said.labels)


def _check_days(said: Confirming, annotation: Annotation) -> None:
    today = timezone.localdate()
    if said.status == PENDING:
        if said.known_on is not None:
            raise refusal("confirmation_date", "/known_on")
        if said.due_on is not None and not today < said.due_on <= today + timedelta(days=MAX_DAYS):
            # Who takes something back gets the reminder of before, even where its day has passed.
            last = annotation.confirmations.order_by("-pk").first()
            if last is None or last.due_before != said.due_on:
                raise refusal("confirmation_date", "/due_on")
        return
    if said.due_on is not None:
        raise refusal("confirmation_date", "/due_on")
    if said.known_on is None:
        if said.status != "not-confirmable":
            raise refusal("confirmation_date", "/known_on")
    elif not date(1900, 1, 1) <= said.known_on <= today:
        raise refusal("confirmation_date", "/known_on")


def _check_labels(rules: CampaignRules, annotation: Annotation, labels: Sequence[str]) -> None:
    for index, code in enumerate(labels):
        allowed = rules.labels.get(code)
        if allowed is None:
            raise refusal("unknown_label", f"/labels/{index}")
        if allowed and annotation.granularity not in {*allowed, DIAGNOSIS, EXAM}:
            raise refusal("label_not_allowed", f"/labels/{index}")


def _append(read: Read, annotation: Annotation, user: User, operation_id: UUID, said: Confirming) -> Confirmation:
    now = timezone.now()
    labels_before, basis_before, due_before = annotation.labels, annotation.basis, annotation.confirm_by
    annotation.basis = _new_basis(annotation.basis, said)
    annotation.labels = labels_before if said.labels is None else said.labels
    due_on = (said.due_on or _first_day(read.campaign, now)) if said.status == PENDING else None
    still_pending = annotation.confirm_by or _first_day(read.campaign, now)
    annotation.confirm_by = due_on or (still_pending if _is_pending(annotation.basis) else None)
    annotation.revision += 1
    annotation.sequence = read.sequence = read.sequence + 1
    annotation.updated_at = now
    annotation.save(update_fields=["basis", "labels", "confirm_by", "revision", "sequence", "updated_at"])
    read.save(update_fields=["sequence"])
    revision = Revision.objects.create(
        annotation=annotation,
        read=read,
        number=annotation.revision,
        sequence=annotation.sequence,
        verb=VERB,
        operation_id=operation_id,
        author=user,
        body=annotation_json(annotation, reader_id=read.reader_id),
        created_at=now,
    )
    event = Confirmation.objects.create(
        revision=revision,
        annotation=annotation,
        operation_id=operation_id,
        author=user,
        awaited=said.awaited,
        method=said.method,
        status=said.status,
        known_on=said.known_on,
        due_on=due_on,
        note=said.note,
        labels_before=labels_before,
        basis_before=basis_before,
        due_before=due_before,
        created_at=now,
    )
    publish(AnnotationsChanged(read_id=read.pk, campaign_id=read.campaign_id, sequence=read.sequence))
    publish(CampaignChanged(campaign_id=read.campaign_id))
    return event


def _new_basis(basis: Sequence[dict[str, Any]], said: Confirming) -> list[dict[str, Any]]:
    """Return the basis with what became known in the place of what was awaited; no method stands in it twice."""
    told = {"method": said.method, "status": said.status}
    return [
        told if entry["method"] == said.awaited else entry
        for entry in basis
        if entry["method"] == said.awaited or entry["method"] != said.method
    ]


def _is_pending(basis: Sequence[dict[str, Any]]) -> bool:
    return any(entry["status"] == PENDING for entry in basis)


def _first_day(campaign: Campaign, since: datetime) -> date:
    return timezone.localdate(since) + timedelta(days=campaign.confirmation_days)
