"""Which files make one image, and in which order; plain values, no database.

Slices of one series that lie in one geometry are scrolled as one stack. Everything else stands alone: two projections of a chest in
one series are two images, as are the clips of an echo examination.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple
from uuid import UUID

_STACKED_MODALITIES: Final = frozenset({"CT", "MR", "PT", "NM"})
_GAP_FACTOR: Final = 1.5
_SAME_PLACE_MM: Final = 1e-3
STACK_WARNINGS: Final = frozenset({"stack_position_gap", "stack_positions_missing", "stack_positions_repeat"})

# Said when an image is opened, as it depends on the others.
SEVERAL_STACKS: Final = "series_in_several_stacks"
STACK_MARK: Final = "stack|"

ALONE: Final = ""
SLIDE: Final = "slide"


class Member(NamedTuple):
    """One stored file of an image, as far as its place in the image goes."""

    id: UUID
    digest: str
    path: str
    instance_number: int | None
    position_mm: float | None
    frame_count: int


def group_key(inspection: dict[str, Any]) -> str:
    """Return the same text for files of one series that make one image together, or :data:`ALONE`."""
    dicom = inspection.get("dicom")
    if not dicom or not dicom.get("series_instance_uid"):
        return ALONE
    if inspection["kind"] == "slide":
        return SLIDE if dicom.get("is_volume_wsi") else ALONE
    if inspection["kind"] != "frames" or inspection["frame_count"] != 1 or inspection["frames"]["encoding"] != "values":
        return ALONE
    if (inspection["modality"] not in _STACKED_MODALITIES) and dicom.get("position_mm") is None:
        return ALONE
    spacing = inspection.get("spacing")
    parts = [
        f"{inspection['width']}x{inspection['height']}",
        "/".join(f"{spacing[axis]:.6g}" for axis in ("x_um", "y_um")) if spacing else "-",
        "/".join(f"{_plus_zero(round(float(value), 3)):.3f}" for value in dicom.get("orientation") or []) or "-",
        "inverted" if inspection["frames"]["invert"] else "",
    ]
    return STACK_MARK + "|".join(parts)


def _plus_zero(value: float) -> float:
    """Return the value, with minus zero made zero."""
    return value + 0.0


def in_order(members: Iterable[Member]) -> list[Member]:
    """Return the files of an image in the order of its frames.

    Along the normal of the slices, then by instance number. Where one slice states no position, positions order nothing and the
    instance numbers decide.
    """
    found = list(members)
    placed = all(member.position_mm is not None for member in found)

    def place(member: Member) -> tuple[float, float, str]:
        number = float("inf") if member.instance_number is None else float(member.instance_number)
        return (member.position_mm or 0.0) if placed else 0.0, number, member.digest

    return sorted(found, key=place)


def stack_warnings(ordered: Sequence[Member]) -> list[str]:
    """Return codes for what may be wrong with the order of a stack: slices missing, without a place, or twice in one place."""
    if len(ordered) < 2:
        return []
    positions = [member.position_mm for member in ordered if member.position_mm is not None]
    if len(positions) < len(ordered):
        return ["stack_positions_missing"]
    steps = [after - before for before, after in pairwise(positions)]
    real = sorted(step for step in steps if step > _SAME_PLACE_MM)
    found = []
    if real and real[-1] > _GAP_FACTOR * real[(len(real) - 1) // 2]:
        found.append("stack_position_gap")
    if len(real) < len(steps):
        found.append("stack_positions_repeat")
    return found


def with_stack_warnings(warnings: Iterable[str], ordered: Sequence[Member]) -> list[str]:
    """Return the warnings of an image with those on its order brought up to date."""
    return sorted((set(warnings) - STACK_WARNINGS) | set(stack_warnings(ordered)))


def image_digest(digests: Iterable[str]) -> str:
    """Return the identity of an image: the digest of its one file, or SHA-256 over the sorted digests of its files."""
    known = sorted(digests)
    return known[0] if len(known) == 1 else hashlib.sha256("\n".join(known).encode()).hexdigest()
