"""The images of a campaign as importers see them."""

from __future__ import annotations

from typing import Any

from annotation.importers.facts import Target
from annotation.models import Campaign
from annotation.selectors.frames import sop_instance_uids
from viewer.models import Image

_OFFSETS = ("XOffsetFromSlideCentre", "YOffsetFromSlideCentre")


def targets_of(campaign: Campaign, *, with_instances: bool) -> list[Target]:
    """Return the images that a file may be about; `with_instances`: with the DICOM instance of each frame, two queries an image."""
    images = Image.objects.filter(campaign_images__campaign=campaign).order_by("created_at", "pk")
    return [_target(image, with_instances=with_instances) for image in images]


def _target(image: Image, *, with_instances: bool) -> Target:
    spacing = (image.spacing_x_um, image.spacing_y_um)
    uids = sop_instance_uids(image) if with_instances and image.kind == Image.Kind.FRAMES else ()
    return Target(
        id=str(image.pk),
        name=image.name,
        width_px=image.width_px,
        height_px=image.height_px,
        digest=image.digest,
        frame_count=image.frame_count,
        has_frames=image.has_frames,
        spacing_um=(spacing[0], spacing[1]) if spacing[0] and spacing[1] else None,
        centre_offset_nm=_offset(image.inspection.get("acquisition") or {}),
        sop_instance_uids=tuple(uids),
    )


def _offset(acquisition: dict[str, Any]) -> tuple[float, float] | None:
    """Return where the middle of a Hamamatsu slide lies on the glass, in nanometres."""
    try:
        x_nm, y_nm = (float(acquisition[name]) for name in _OFFSETS)
    except (KeyError, TypeError, ValueError):
        return None
    return x_nm, y_nm
