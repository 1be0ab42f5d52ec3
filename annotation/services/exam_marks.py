"""Checks findings of a whole examination: what is said of several images of one subject, and which of them show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from annotation.errors import problem_refusal, refusal
from annotation.models import Annotation, Read
from viewer.models import Image

__all__ = ["EXAM", "MAX_CITES", "Citation", "check_cites", "parse_cites"]

EXAM: Final = "exam"
"""Granularity of a finding of the whole examination, while it is a mark of a read; documents say `diagnosis` of the case."""
MAX_CITES: Final = 200
_MAX_FRAME: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Citation:
    """An image that shows a finding; more closely one frame of it, counted from 0, or one mark on it."""

    image_id: UUID
    frame: int | None = None
    annotation_id: UUID | None = None

    def stored(self) -> dict[str, Any]:
        """Return what the column and the API hold."""
        mark = str(self.annotation_id) if self.annotation_id is not None else None
        return {"image_id": str(self.image_id), "frame": self.frame, "annotation_id": mark}


def parse_cites(value: object, pointer: str) -> tuple[Citation, ...] | None:
    """Return what a finding cites, None for a mark that cites nothing.

    Raises:
        ApiError: ``cites_malformed`` with a pointer.
    """
    if value is None:
        return None
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CITES:
        raise refusal("cites_malformed", pointer)
    cites = tuple(_citation(one, f"{pointer}/{index}") for index, one in enumerate(value))
    if len(set(cites)) < len(cites):
        raise refusal("cites_malformed", pointer)
    return cites


def check_cites(
    read: Read, images: Mapping[UUID, Image], cites: Iterable[Citation], pointer: str, *, coming: Mapping[UUID, UUID] | None = None
) -> None:
    """Check that what is cited is there: images of the examination, their frames, and marks of the same reader.

    A mark that was deleted may be cited still: it can come back. At most one query.

    Args:
        read: whose finding it is.
        images: the images of the examination by id.
        cites: what is cited.
        pointer: where it stands.
        coming: id of each mark that is about to be stored -> id of its image.

    Raises:
        ApiError: ``cited_image_unknown``, ``frame_outside_image`` or ``cited_mark_unknown`` with a pointer.
    """
    every = list(cites)
    asked = [one.annotation_id for one in every if one.annotation_id is not None]
    marks = dict(coming or {})
    if missing := [key for key in asked if key not in marks]:
        mine = Annotation.objects.filter(pk__in=missing, read__campaign=read.campaign_id, read__reader=read.reader_id)
        marks |= dict(mine.filter(cites__isnull=True).values_list("pk", "read__image"))
    for index, one in enumerate(every):
        image = images.get(one.image_id)
        if image is None:
            raise refusal("cited_image_unknown", f"{pointer}/{index}/image_id")
        if one.frame is not None and (one.frame >= image.frame_count or (not image.has_frames and image.frame_count == 1)):
            raise problem_refusal("frame_outside_image", f"{pointer}/{index}/frame")
        if one.annotation_id is not None and marks.get(one.annotation_id) != one.image_id:
            raise refusal("cited_mark_unknown", f"{pointer}/{index}/annotation_id")


def _citation(value: object, pointer: str) -> Citation:
    if not isinstance(value, dict) or not {"image_id"} <= set(value) <= {"image_id", "frame", "annotation_id"}:
        raise refusal("cites_malformed", pointer)
    frame = value.get("frame")
    # bool is an int in Python and a different thing in JSON
    if frame is not None and (isinstance(frame, bool) or not isinstance(frame, int) or not 0 <= frame <= _MAX_FRAME):
        raise refusal("cites_malformed", f"{pointer}/frame")
    image_id = _uuid(value["image_id"], f"{pointer}/image_id")
    if image_id is None:
        raise refusal("cites_malformed", f"{pointer}/image_id")
    return Citation(image_id, frame, _uuid(value.get("annotation_id"), f"{pointer}/annotation_id"))


def _uuid(value: object, pointer: str) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else _malformed(pointer)
    except ValueError:
        return _malformed(pointer)


def _malformed(pointer: str) -> UUID:
    raise refusal("cites_malformed", pointer)
