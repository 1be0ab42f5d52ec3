"""Where the frames of an image lie in the patient (PS3.3 C.7.6.2)."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FramePlaneFacts", "PlaneFacts"]


class FramePlaneFacts(NamedTuple):
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


class PlaneFacts(NamedTuple):
    """The frames of an image in their order, and the frame of reference that they share."""

    frame_of_reference_uid: str
    frames: tuple[FramePlaneFacts, ...]
