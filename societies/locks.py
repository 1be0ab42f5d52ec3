"""The only row lock of this app; taken before any lock of the annotation app."""

from uuid import UUID

from societies.models import Society


def lock_society(society_id: UUID) -> Society:
    """Lock a society inside the caller's transaction: its members and campaigns change one at a time."""
    return Society.objects.select_for_update(of=("self",)).get(pk=society_id)
