"""The shape of a stored mark."""

from annotation.models import Annotation
from annotation.schema.masks import Mask
from annotation.schema.shapes import Shape
from annotation.schema.tracks import AnyShape, Track


def shape_of(row: Annotation) -> AnyShape | None:
    """Return the shape that a row holds, in level-0 px; None for a mark of the whole image."""
    if row.mask is not None:
        return Mask.from_bytes(bytes(row.mask))
    if row.geometry_wkb is None:
        return None
    if row.track is not None:
        return Track.from_storage(row.track, bytes(row.geometry_wkb))
    return Shape.from_wkb(row.geometry_kind, bytes(row.geometry_wkb))
