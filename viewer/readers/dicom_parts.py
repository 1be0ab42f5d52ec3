"""Levels of a slide that lie in several DICOM instances (concatenations, PS3.3 C.7.6.16, table C.7.6.16-1).

Only what the files say of each other is looked at here, no pixels. Parts that contradict each other are refused: which of them is
right cannot be known. A part that is not there is no contradiction, as files come one by one; it is told.

OpenSlide 4.0.1 opens a concatenation only when all parts are there, and believes offsets that share or leave out frames; so it is not
asked for slides with such a level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from pydicom.dataset import Dataset

from viewer.readers.dicom_file import read_head
from viewer.readers.dicom_values import number
from viewer.readers.errors import LimitExceeded, MalformedFile, ReaderError

MAX_FILES: Final = 128
SUFFIXES: Final = frozenset({".dcm", ".dicom"})
_LAST_TAG: Final = 0x00209163  # InConcatenationTotalNumber
_MAX_NUMBER: Final = 0xFFFF  # PS3.6: US
_MAX_FRAME: Final = 0xFFFFFFFF  # UL


class Part(NamedTuple):
    """Where an instance says that it belongs in its level.

    Attributes:
        number: of the part, from 1.
        total: how many parts there are; None where the file does not say (it is optional).
        first: which of the level's frames is the first one here, 0-based.
        frames: how many lie here.
    """

    number: int
    total: int | None
    first: int
    frames: int

    @property
    def end(self) -> int:
        """The frame behind its last one."""
        return self.first + self.frames


def concatenation_of(header: Dataset) -> str:
    """The UID of the concatenation that an instance belongs to; empty where it belongs to none."""
    return str(header.get("ConcatenationUID") or "")


def part_of(header: Dataset, frames: int) -> Part | None:
    """The place of an instance in its level; None where it is a level by itself.

    Args:
        header: of the instance.
        frames: how many it holds.

    Raises:
        MalformedFile: `slide_parts_contradict`, when it does not say where it belongs, or says what cannot be.
    """
    if not concatenation_of(header):
        return None
    place, total, first = (
        _whole(header, keyword, most)
        for keyword, most in (
            ("InConcatenationNumber", _MAX_NUMBER),
            ("InConcatenationTotalNumber", _MAX_NUMBER),
            ("ConcatenationFrameOffsetNumber", _MAX_FRAME),
        )
    )
    if place is None or first is None:
        raise _contradiction("a part does not say where its frames belong")
    part = Part(place, total, first, frames)
    if not 1 <= place <= (total or _MAX_NUMBER):
        raise _contradiction(f"part {place} of {total}")
    if (place == 1) != (first == 0) or first < place - 1:
        raise _contradiction(f"part {place} begins at frame {first + 1}")
    return part


def in_order(parts: Sequence[Part]) -> list[Part]:
    """Parts by their number."""
    return sorted(parts, key=lambda part: part.number)


def check_together(parts: Sequence[Part], frames: int | None) -> None:
    """See that parts of one level can be parts of one level.

    Args:
        parts: those that are there, in any order.
        frames: of the whole level, where that is known: every place of a full grid has one (TILED_FULL).

    Raises:
        MalformedFile: `slide_parts_contradict`, when two are one and the same, share frames or leave some out, do not agree in
            number, or have more frames or fewer than the level.
    """
    known = in_order(parts)
    totals = {part.total for part in known}
    if len(totals) > 1:
        raise _contradiction("the parts do not agree on how many they are")
    for before, after in pairwise(known):
        between = after.number - before.number - 1
        if between < 0:
            raise _contradiction(f"part {after.number} is there twice")
        room = after.first - before.end
        if room < between or (room and not between):
            raise _contradiction(f"parts {before.number} and {after.number} share frames, or leave some out")
    if frames is None or not known:
        return
    last = known[-1]
    after_it = 0 if last.total is None else last.total - last.number
    if last.end + after_it > frames or (last.total == last.number and last.end != frames):
        raise _contradiction(f"part {last.number} ends at frame {last.end} of {frames}")


def doubt(parts: Sequence[Part], frames: int | None) -> str:
    """The warning that a level deserves: parts are missing, or nobody says how many there are; empty where all are there.

    Args:
        parts: as `check_together` let them pass.
        frames: likewise.
    """
    known = in_order(parts)
    in_row = [part.number for part in known] == list(range(1, len(known) + 1))
    total = known[-1].total
    if not in_row or (total is not None and total != len(known)) or (frames is not None and known[-1].end != frames):
        return "slide_parts_missing"
    return "slide_parts_uncounted" if total is None and frames is None else ""


def files_beside(path: Path) -> list[Path]:
    """The DICOM files in the folder of one, without it, by name; the folder is a slide's own."""
    return sorted(each for each in path.parent.iterdir() if each.suffix.lower() in SUFFIXES and each.name != path.name)


def lies_in_parts(path: Path, header: Dataset) -> bool:
    """Whether a level of the slide that an instance belongs to lies in several files; only the beginnings of files are read.

    Raises:
        LimitExceeded: for more files than are read.
    """
    beside = files_beside(path)
    if not concatenation_of(header) and not any(_parts_among(beside, str(header.get("SeriesInstanceUID", "")))):
        return False
    if len(beside) >= MAX_FILES:
        raise LimitExceeded("too_many_tiles", f"{len(beside) + 1} files")
    return True


def _parts_among(paths: list[Path], series: str) -> Iterator[bool]:
    for path in paths:
        try:
            header = read_head(str(path), _LAST_TAG)
        except ReaderError:
            continue  # whatever it is, it is no level of this slide
        yield str(header.get("SeriesInstanceUID", "")) == series and bool(concatenation_of(header))


def _whole(header: Dataset, keyword: str, most: int) -> int | None:
    value = number(header.get(keyword))
    if value is None:
        return None
    if value != int(value) or not 0 <= value <= most:
        raise _contradiction(keyword)
    return int(value)


def _contradiction(detail: str) -> MalformedFile:
    return MalformedFile("slide_parts_contradict", detail)
