"""The keys that a person has chosen for the actions of the workbench."""

from django.contrib.auth.models import User

from societies.models import KeyBindings


def bindings_of(*, user: User) -> dict[str, list[str]]:
    """Return what a person has chosen: action id -> keys; nothing for those who have changed nothing."""
    kept = KeyBindings.objects.filter(user=user).first()
    return dict(kept.bindings) if kept else {}
