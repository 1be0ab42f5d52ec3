"""When each frame of a video is shown: the frame index, as it is kept beside the manifest and sent to browsers.

Gzip'd JSON: `tick` is [numerator, denominator] of the seconds a tick; `first` is the tick of frame 0; `durations` are
runs of [ticks, how many frames]; `keys` are runs of [frames from key frame to key frame, how many times], the first run
beginning with frame 0. Frames count from 0 in the order in which they are shown. Needs nothing but the standard library.
"""

from __future__ import annotations

import gzip
import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, chain, groupby, pairwise, repeat
from pathlib import Path
from typing import Any, Final

MAX_FRAMES: Final = 500_000
SUFFIX: Final = ".frames"
_VERSION: Final = 1


class UnusableTimes(ValueError):
    """A frame index is missing parts or cut short."""


@dataclass(frozen=True)
class FrameTimes:
    """The frame index.

    Attributes:
        tick_s: seconds a tick.
        starts: the tick at which each frame begins to be shown, rising.
        end: the tick at which the last one is over.
        keys: frames (0-based, rising) with which decoding can begin.
    """

    tick_s: Fraction
    starts: Sequence[int]
    end: int
    keys: Sequence[int]

    @property
    def count(self) -> int:
        """How many frames are shown."""
        return len(self.starts)

    def seconds(self, frame: int) -> float:
        """When a frame begins to be shown, in seconds; `count` is allowed and means the end."""
        return float((self.end if frame >= self.count else self.starts[frame]) * self.tick_s)

    def nearest(self, seconds: float) -> int:
        """The frame whose beginning is closest to a time."""
        at = bisect_left(self.starts, seconds / float(self.tick_s))
        around = [frame for frame in (at - 1, at) if 0 <= frame < self.count]
        return min(around, key=lambda frame: abs(self.seconds(frame) - seconds))

    def key_before(self, frame: int) -> int:
        """The last key frame that is not behind `frame`; frame 0 where there is none."""
        at = bisect_right(self.keys, frame)
        return self.keys[at - 1] if at else 0

    @cached_property
    def durations(self) -> list[int]:
        """How long each frame is shown, in ticks."""
        return [after - before for before, after in pairwise([*self.starts, self.end])]

    @property
    def frame_time_ms(self) -> float:
        """Mean time from frame to frame, in milliseconds."""
        return float((self.end - self.starts[0]) * self.tick_s * 1000 / self.count)

    @property
    def varies(self) -> bool:
        """Whether frames are shown for different times, beyond what rounding to ticks explains."""
        steps = self.durations[:-1]
        return bool(steps) and max(steps) - min(steps) > max(1, round(0.1 * min(steps)))

    def first(self, count: int) -> FrameTimes:
        """The index of the first `count` frames alone."""
        if count >= self.count:
            return self
        return FrameTimes(self.tick_s, self.starts[:count], self.starts[count], [key for key in self.keys if key < count])


def pack(times: FrameTimes) -> bytes:
    """The index as it is kept and sent; the same bytes for the same index."""
    steps = [after - before for before, after in pairwise([0, *(key for key in times.keys if key > 0)])]
    content = {
        "version": _VERSION,
        "tick": [times.tick_s.numerator, times.tick_s.denominator],
        "first": int(times.starts[0]),
        "durations": _runs(times.durations),
        "keys": _runs(steps),
    }
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 6, mtime=0)


def _runs(values: Iterable[int]) -> list[list[int]]:
    return [[int(value), sum(1 for _ in group)] for value, group in groupby(values)]


def unpack(packed: bytes) -> FrameTimes:
    """The index from its bytes.

    Raises:
        UnusableTimes: when they are not what `pack` made.
    """
    try:
        content: dict[str, Any] = json.loads(gzip.decompress(packed))
        if content["version"] != _VERSION:
            raise UnusableTimes("another version")
        durations = _expanded(content["durations"])
        starts = list(accumulate(durations, initial=int(content["first"])))
        keys = list(accumulate(_expanded(content["keys"]), initial=0))
        tick_s = Fraction(*content["tick"])
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise UnusableTimes(type(error).__name__) from error
    return FrameTimes(tick_s, starts[:-1], starts[-1], keys)


def _expanded(runs: list[list[int]]) -> list[int]:
    if sum(count for _, count in runs) > MAX_FRAMES:
        raise UnusableTimes("too many frames")
    return list(chain.from_iterable(repeat(value, count) for value, count in runs))


def read(path: Path) -> FrameTimes:
    """The index in a file.

    Raises:
        UnusableTimes: when there is none, or it is not what `pack` made.
    """
    try:
        return unpack(path.read_bytes())
    except OSError as error:
        raise UnusableTimes("no index") from error
