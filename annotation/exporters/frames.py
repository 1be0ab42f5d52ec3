"""Tracks for formats that know single frames only: one shape for each frame that the mark is on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import shapely

from annotation.exporters.base import LossReport
from annotation.exporters.fields import Field
from annotation.schema.facts import AnnotationFacts, ImageFacts
from annotation.schema.masks import FrameShape
from annotation.schema.shapes import Shape, ShapeError, check_inside
from annotation.schema.tracks import Track

__all__ = ["OnFrame", "frame_by_frame", "frames_of"]


class OnFrame(NamedTuple):
    """A mark as it is on one frame: `row.frame` names it. `keyframe` is None for a mark that is no track."""

    row: AnnotationFacts
    shape: FrameShape | None
    id: str
    """Of its own for each frame of a track; the annotation's otherwise."""
    keyframe: bool | None


def frame_by_frame(rows: Iterable[AnnotationFacts], image: ImageFacts, losses: LossReport) -> Iterator[OnFrame]:
    """Yield plain marks as they are, and tracks once for each frame; the report says of which marks that was done."""
    for row in rows:
        if not isinstance(row.shape, Track):
            yield OnFrame(row, row.shape, row.id, None)
            continue
        text = "A track is written as one shape for each of its frames; which of them a person drew is in the attributes."
        losses.add("tracks_as_frames", text, row.id, Field.TRACKS)
        yield from frames_of(row, image)


def frames_of(row: AnnotationFacts, image: ImageFacts) -> Iterator[OnFrame]:
    """Yield a plain mark as it is, and a track once for each frame that it is on."""
    if not isinstance(row.shape, Track):
        yield OnFrame(row, row.shape, row.id, None)
        return
    for frame, shape, is_keyframe in row.shape.frames(image.frame_count):
        identity = str(uuid.uuid5(uuid.UUID(row.id), str(frame)))
        yield OnFrame(replace(row, frame=frame), _on_image(shape, image), identity, is_keyframe)


def _on_image(shape: Shape, image: ImageFacts) -> Shape:
    """Return the shape without what sticks out: a shape between two keyframes at the border may, by a little."""
    try:
        check_inside(shape, width=image.width_px, height=image.height_px)
    except ShapeError:
        part = shapely.intersection(shape.geometry, shapely.box(0, 0, image.width_px, image.height_px))
        pieces = [piece for piece in shapely.get_parts(part) if piece.geom_type == "Polygon" and piece.area > 0]
        if not pieces:
            return shape
        return Shape("Polygon", pieces[0]) if len(pieces) == 1 else Shape("MultiPolygon", shapely.MultiPolygon(pieces))
    return shape
