"""Which frames stand for a video in a strip of small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from viewer.geometry import Size
from viewer.readers.video.times import FrameTimes

MOST_PICTURES: Final = 40
COLUMNS: Final = 8
PICTURE_PX: Final = 160
# Up to so many pixels the whole video is decoded for the strip; beyond, only key frames are.
WHOLE_PX: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Strip:
    """Small pictures in rows of one sheet.

    Attributes:
        frames: which frames (0-based, rising).
        columns: pictures in a row.
        tile: size of a small picture in pixels.
    """

    frames: list[int]
    columns: int
    tile: Size

    @property
    def rows(self) -> int:
        """How many rows the sheet has."""
        return -(-len(self.frames) // self.columns)

    def as_json(self) -> dict[str, Any]:
        """The strip as the manifest carries it."""
        return {"frames": self.frames, "columns": self.columns, "width": self.tile.width, "height": self.tile.height}


def strip_of(data: dict[str, Any]) -> Strip:
    """The strip that `as_json` described."""
    return Strip(
        [int(frame) for frame in data["frames"]][:MOST_PICTURES], int(data["columns"]), Size(int(data["width"]), int(data["height"]))
    )


def plan_strip(times: FrameTimes, size: Size) -> Strip:
    """At most 40 frames at even distances; the key frames before them where decoding all between would take too long."""
    count = min(MOST_PICTURES, times.count)
    frames = [place * times.count // count for place in range(count)]
    if times.count * size.pixels > WHOLE_PX:
        frames = sorted({times.key_before(frame) for frame in frames})
    return Strip(frames, min(COLUMNS, len(frames)), size.fitted_into(PICTURE_PX))
