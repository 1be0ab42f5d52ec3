"""The scale of an image whose file states none: entered by a person, kept with who and when, and never assumed."""

from math import isfinite
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from viewer.models import Image, ImageScale
from viewer.services.locks import lock_images
from viewer.services.reasons import Refused

ENTERED: Final = "manual-calibration"
"""What `Image.spacing_source` says of a scale that a person entered."""
RANGE_UM: Final = (0.001, 50_000.0)
COARSEST_SLIDE_UM: Final = 20.0
MOST_STRETCHED: Final = 10.0


def enter_scale(*, user: User, image: Image, x_um: float | None, y_um: float | None) -> Image:
    """Keep a scale for an image, or take back (None) what was entered before; the caller has checked the permission.

    Args:
        user: who says so; kept.
        image: one whose file states no scale.
        x_um: micrometres that a level-0 pixel is wide.
        y_um: and high.

    Raises:
        Refused: ``scale_in_file``, ``scale_implausible``.
    """
    with transaction.atomic():
        (held,) = lock_images([image.pk])
        if held.spacing_x_um is not None and held.spacing_source != ENTERED:
            raise Refused("scale_in_file")
        if not _is_plausible(held, x_um, y_um):
            raise Refused("scale_implausible")
        last = ImageScale.objects.filter(image=held).order_by("-revision").first()
        ImageScale.objects.create(image=held, revision=last.revision + 1 if last else 1, x_um=x_um, y_um=y_um, entered_by=user)
        held.spacing_x_um, held.spacing_y_um = x_um, y_um
        held.spacing_source = "" if x_um is None else ENTERED
        held.save(update_fields=["spacing_x_um", "spacing_y_um", "spacing_source"])
    return held


def _is_plausible(image: Image, x_um: float | None, y_um: float | None) -> bool:
    if x_um is None or y_um is None:
        return x_um is None and y_um is None
    low, high = RANGE_UM[0], COARSEST_SLIDE_UM if image.kind == Image.Kind.SLIDE else RANGE_UM[1]
    possible = all(isfinite(value) and low <= value <= high for value in (x_um, y_um))
    return possible and max(x_um, y_um) <= MOST_STRETCHED * min(x_um, y_um)


def scale_history(image: Image) -> list[dict[str, Any]]:
    """Return what was entered for an image, the newest first: revision, scale, who, when."""
    rows = ImageScale.objects.filter(image=image).select_related("entered_by").order_by("-revision")
    return [
        {"revision": row.revision, "x_um": row.x_um, "y_um": row.y_um, "by": _name(row.entered_by), "at": row.entered_at.isoformat()}
        for row in rows
    ]


def _name(user: Any) -> str:
    return str(user.get_full_name() or user.get_username())
