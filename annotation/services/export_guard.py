"""Asks the layer above whether a person may take a whole campaign, or one case of it: this layer knows no test sets."""

from typing import Protocol

from django.contrib.auth.models import User

from annotation.models import Campaign
from viewer.models import Image


class ExportGuard(Protocol):
    """Who may take what of a campaign beyond the permission to export it."""

    def check(self, *, campaign: Campaign, user: User, image: Image | None) -> None:
        """Raise ApiError where the user may not take the campaign, or the case of an image of it."""


class _Open:
    """The rule of a workbench without test sets."""

    def check(self, *, campaign: Campaign, user: User, image: Image | None) -> None:
        """Refuse nothing."""


_guard: ExportGuard = _Open()


def use_guard(guard: ExportGuard) -> None:
    """Let the layer above decide."""
    global _guard  # noqa: PLW0603  # one rule a process is the point of this function
    _guard = guard


def check_export(*, campaign: Campaign, user: User, image: Image | None = None) -> None:
    """Raise ApiError where the user may not take the campaign, or the case of an image of it; by the rule of the layer above."""
    _guard.check(campaign=campaign, user=user, image=image)
