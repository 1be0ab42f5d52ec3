"""Where the frames of a DICOM object lie in the patient, as its shared header says (PS3.3 C.7.6.2, C.7.6.16.2)."""

from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

from viewer.dicomweb.attributes import Dataset

__all__ = ["FramePlane", "Planes", "planes_in"]

_FRAME_OF_REFERENCE = "00200052"
_POSITION, _ORIENTATION = "00200032", "00200037"
_SPACING, _THICKNESS = "00280030", "00180050"
_SHARED, _PER_FRAME = "52009229", "52009230"
_GROUP_OF = {_POSITION: "00209113", _ORIENTATION: "00209116", _SPACING: "00289110", _THICKNESS: "00289110"}


class FramePlane(NamedTuple):
    """A frame in the coordinates of the patient, in mm.

    Attributes:
        position_mm: x, y and z of the middle of its first pixel.
        orientation: direction cosines of its rows and of its columns.
        spacing_mm: between rows, between columns.
        thickness_mm: of the slice; None where it is not said.
    """

    position_mm: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    thickness_mm: float | None


class Planes(NamedTuple):
    """The frames of an object in their order, and the frame of reference that they share."""

    frame_of_reference_uid: str
    frames: tuple[FramePlane, ...]


def planes_in(header: Dataset, frame_count: int) -> Planes | None:
    """Return where every frame lies; None where the header leaves that out for one of them.

    Args:
        header: DICOM JSON (PS3.18 F.2) as it is shared.
        frame_count: of the object.
    """
    reference = _values(header, _FRAME_OF_REFERENCE)
    frames = tuple(_plane(header, frame) for frame in range(frame_count))
    known = tuple(frame for frame in frames if frame is not None)
    if not reference or not isinstance(reference[0], str) or not reference[0] or len(known) != frame_count:
        return None
    return Planes(reference[0], known)


def _plane(header: Dataset, frame: int) -> FramePlane | None:
    position, orientation = _numbers(header, frame, _POSITION, 3), _numbers(header, frame, _ORIENTATION, 6)
    spacing, thickness = _numbers(header, frame, _SPACING, 2), _numbers(header, frame, _THICKNESS, 1)
    if position is None or orientation is None or spacing is None or min(spacing) <= 0:
        return None
    return FramePlane(position, orientation, spacing, thickness[0] if thickness and thickness[0] > 0 else None)


def _numbers(header: Dataset, frame: int, tag: str, count: int) -> tuple[float, ...] | None:
    """The value of the frame's own functional group, of the shared one, or of the object itself."""
    per_frame, shared = _values(header, _PER_FRAME), _values(header, _SHARED)
    groups = [*per_frame[frame : frame + 1], *shared[:1]]
    holders = [item for group in groups if isinstance(group, dict) for item in _values(group, _GROUP_OF[tag])[:1]]
    for holder in [*(one for one in holders if isinstance(one, dict)), header]:
        found = [float(value) for value in _values(holder, tag) if isinstance(value, int | float) and isfinite(value)]
        if len(found) == count:
            return tuple(found)
    return None


def _values(holder: Dataset, tag: str) -> Sequence[Any]:
    found = holder.get(tag, {}).get("Value", [])
    return found if isinstance(found, list) else []
