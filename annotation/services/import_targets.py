"""The images of a campaign as importers see them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from annotation.importers.facts import Target
from annotation.models import Campaign
from annotation.selectors.frames import sop_instance_uids
from annotation.selectors.reports import last_texts
from viewer.models import Image

_OFFSETS = ("XOffsetFromSlideCentre", "YOffsetFromSlideCentre")


def targets_of(campaign: Campaign, *, with_instances: bool) -> list[Target]:
    """Return the images that a file may be about; `with_instances`: with the DICOM instance of each frame, two queries an image."""
    images = Image.objects.filter(campaign_images__campaign=campaign).order_by("created_at", "pk")
    digests: dict[UUID, list[str]] = defaultdict(list)
    of_campaign = last_texts().filter(report__study__series__images__campaign_images__campaign=campaign).distinct()
    for study_id, digest in of_campaign.values_list("report__study", "digest"):
        digests[study_id].append(digest)
    related = images.select_related("series")
    return [_target(image, with_instances=with_instances, report_digests=digests[image.series.study_id]) for image in related]


def _target(image: Image, *, with_instances: bool, report_digests: list[str]) -> Target:
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
        report_digests=tuple(report_digests),
    )


def _offset(acquisition: dict[str, Any]) -> tuple[float, float] | None:
    """Return where the middle of a Hamamatsu slide lies on the glass, in nanometres."""
    try:
        x_nm, y_nm = (float(acquisition[name]) for name in _OFFSETS)
    except (KeyError, TypeError, ValueError):
        return None
    return x_nm, y_nm
