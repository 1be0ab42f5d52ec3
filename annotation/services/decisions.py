"""What readers decided on suggestions. Rows are only ever added: the last one counts, ``undo`` opens the suggestion again."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.models import Annotation, Decision, Exposure, Read, Suggestion
from annotation.services.suggestion_errors import suggestion_of_another_read


def store_decision(
    *,
    read: Read,
    suggestion: Suggestion,
    user: User,
    verdict: str,
    reason: str,
    annotation: Annotation | None,
    operation_id: UUID,
    shown_at: datetime | None,
) -> Decision:
    """Add a decision inside the caller's transaction; the same ``operation_id`` again returns the stored one.

    The caller has locked the read and checked that the user may write to it. Without ``shown_at`` the instant of the first
    exposure is taken, if there was one.

    Raises:
        ApiError: ``unknown_suggestion`` if the suggestion is about another image or campaign than the read, or was made for another
            reader who pointed at something.
    """
    if (suggestion.campaign_id, suggestion.image_id) != (read.campaign_id, read.image_id) or suggestion.run.read_id not in {None, read.pk}:
        raise suggestion_of_another_read()
    known = Decision.objects.filter(operation_id=operation_id).first()
    if known is not None:
        return known
    if shown_at is None:
        shown_at = Exposure.objects.filter(read=read, suggestion=suggestion).values_list("shown_at", flat=True).first()
    return Decision.objects.create(
        read=read,
        suggestion=suggestion,
        author=user,
        verdict=Decision.Verdict(verdict),
        reason=reason,
        annotation=annotation,
        operation_id=operation_id,
        shown_at=shown_at,
        decided_at=timezone.now(),
    )
