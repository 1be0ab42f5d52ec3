"""Outlines of any shape for formats that know polygons only, with the losses that this means."""

from __future__ import annotations

import shapely

from annotation.exporters.base import LossReport
from annotation.exporters.fields import Field
from annotation.exporters.raster import without_holes
from annotation.schema.mask_outlines import outlines_of_mask
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.shapes import Shape

__all__ = ["rings_of", "solid_rings"]

Ring = list[tuple[float, float]]


def rings_of(shape: FrameShape, losses: LossReport, identity: str) -> list[list[Ring]]:
    """Return polygons -> rings (outline first, then holes), closed; level-0 px. A mask becomes its outline, and is counted."""
    if isinstance(shape, Mask):
        losses.add("masks_as_outlines", "A mask is written as its outline along the edges of its pixels.", identity, Field.MASKS)
        return outlines_of_mask(shape)
    return shape.polygons


def solid_rings(shape: FrameShape, losses: LossReport, identity: str) -> list[Ring]:
    """Return closed outlines without holes that together cover the shape; level-0 px. What is cut is counted."""
    polygons = rings_of(shape, losses, identity)
    if all(len(rings) == 1 for rings in polygons):
        return [rings[0] for rings in polygons]
    text = "An outline with holes is cut into touching parts without holes."
    losses.add("holes_as_parts", text, identity, Field.HOLES)
    whole = Shape("MultiPolygon", shapely.MultiPolygon([(rings[0], rings[1:]) for rings in polygons]))
    return [rings[0] for rings in without_holes(whole)]
