"""A case cut down to the images of a dataset, with the membership written on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from annotation.schema.facts import CaseFacts, DatasetFacts

__all__ = ["restricted_case"]


def restricted_case(case: CaseFacts, image_ids: Collection[str], membership: DatasetFacts) -> CaseFacts | None:
    """Return a case with nothing but what belongs to these images; None when none of its images is among them."""
    images = tuple(image for image in case.images if image.id in image_ids)
    if not images:
        return None
    return replace(
        case,
        images=images,
        reads=tuple(read for read in case.reads if read.image_id in image_ids),
        annotations=(row for row in case.annotations if row.image_id in image_ids),
        decisions=(row for row in case.decisions if row.image_id in image_ids),
        datasets=(membership,),
    )
