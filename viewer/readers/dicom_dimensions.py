"""What differs between the frames of an enhanced image besides their place: echo, b-value, phase, moment, stack, plane.

Such frames are one file and one stack to scroll, and yet several series to a reader (PS3.3 C.7.6.16.2.2, C.8.13.5, C.8.15.3). They
stay in the order in which the file has them, because marks, exports and DICOMweb count by it; which kind each is, is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydicom.dataset import Dataset

from viewer.readers import base
from viewer.readers.dicom_values import functional, number

MAX_PARTS: Final = 2_000
Value = str | float | None


def _figure(group: str, keyword: str) -> Callable[[Dataset, int], Value]:
    def read(header: Dataset, frame: int) -> Value:
        item = functional(header, frame, group)
        figure = number(item.get(keyword)) if item is not None else None
        return None if figure is None else round(figure, 3)

    return read


def _word(group: str, keyword: str) -> Callable[[Dataset, int], Value]:
    def read(header: Dataset, frame: int) -> Value:
        item = functional(header, frame, group)
        return (base.plain_text(item.get(keyword) or "", 32) or None) if item is not None else None

    return read


def _plane(header: Dataset, frame: int) -> Value:
    """The plane's direction in two letters a side, as far as it differs."""
    item = functional(header, frame, "PlaneOrientationSequence")
    axes = [number(part) for part in (item.get("ImageOrientationPatient") or [])] if item is not None else []
    if len(axes) != 6 or None in axes:
        return None
    (a, b, c, d, e, f) = (float(part or 0.0) for part in axes)
    normal = [abs(b * f - c * e), abs(c * d - a * f), abs(a * e - b * d)]
    return ("sagittal", "coronal", "axial")[normal.index(max(normal))]


_READERS: Final[dict[str, Callable[[Dataset, int], Value]]] = {
    "stack": _word("FrameContentSequence", "StackID"),
    "plane": _plane,
    "component": _word("MRImageFrameTypeSequence", "ComplexImageComponent"),
    "echo_time_ms": _figure("MREchoSequence", "EffectiveEchoTime"),
    "b_value": _figure("MRDiffusionSequence", "DiffusionBValue"),
    "cardiac_percent": _figure("CardiacSynchronizationSequence", "NominalPercentageOfCardiacPhase"),
    "trigger_delay_ms": _figure("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    "moment": _figure("FrameContentSequence", "TemporalPositionIndex"),
}


def parts_of(header: Dataset, frames: int) -> list[dict[str, Any]]:
    """Runs of frames of one kind, in order: `start` (0-based), `count`, and `values` of what differs anywhere in the image.

    Empty where all frames are of one kind, and where the kinds change too often to be listed.
    """
    if frames < 2 or "PerFrameFunctionalGroupsSequence" not in header:
        return []
    table = {name: [read(header, frame) for frame in range(frames)] for name, read in _READERS.items()}
    differing = {name: column for name, column in table.items() if len(set(column)) > 1}
    if not differing:
        return []
    found: list[dict[str, Any]] = []
    for frame in range(frames):
        values = {name: column[frame] for name, column in differing.items() if column[frame] is not None}
        if found and found[-1]["values"] == values:
            found[-1]["count"] += 1
        else:
            found.append({"start": frame, "count": 1, "values": values})
    return found if len(found) <= MAX_PARTS else []
