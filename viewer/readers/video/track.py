"""What a container says of its picture track: the codec, the stored samples, and when each is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from viewer.geometry import Size
from viewer.readers.errors import LimitExceeded, MalformedFile

MAX_FRAMES: Final = 500_000
MAX_SIDE_PX: Final = 8_192
MAX_TICKS: Final = 1 << 53  # beyond this a browser's numbers are no longer exact

Container = Literal["mp4", "webm", "avi"]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(slots=True)
class Samples:
    """The stored samples in decoding order; all arrays have one entry a sample.

    Attributes:
        ticks: when it is shown, in ticks of the track.
        offsets: where its bytes begin in the run of bytes.
        sizes: bytes.
        keys: whether decoding can begin with it.
        shown: False for what is decoded but never shown (cut off by an edit list, a frame only others refer to).
    """

    ticks: Ints
    offsets: Ints
    sizes: Ints
    keys: Flags
    shown: Flags


@dataclass(slots=True)
class Track:
    """One picture track.

    Attributes:
        container: which parser read it.
        codec: a short word: h264, hevc, vp8, vp9, av1, mjpeg, ...
        media_type: as a browser is asked whether it plays it (RFC 6381).
        stored: width and height of the stored pixels.
        tick_s: seconds a tick.
        end: the tick at which the last frame is over.
        samples: see `Samples`.
        turn_degrees: clockwise turn that makes the picture upright: 0, 90, 180 or 270.
        pixel_aspect: width to height of a pixel.
        warnings: codes of `viewer.readers.errors.WARNINGS`.
    """

    container: Container
    codec: str
    media_type: str
    stored: Size
    tick_s: Fraction
    end: int
    samples: Samples
    turn_degrees: int = 0
    pixel_aspect: Fraction = Fraction(1)
    warnings: list[str] = field(default_factory=list)

    @property
    def size(self) -> Size:
        """Width and height of the upright picture."""
        return Size(self.stored.height, self.stored.width) if self.turn_degrees in {90, 270} else self.stored

    def order(self) -> Ints:
        """The samples that are shown, as indices in decoding order, sorted by when they are shown."""
        shown = np.flatnonzero(self.samples.shown)
        return shown[np.argsort(self.samples.ticks[shown], kind="stable")]


def check(track: Track, run_bytes: int) -> Track:
    """The track, if it is sane.

    Raises:
        LimitExceeded: for more frames or larger pictures than are read.
        MalformedFile: for samples beyond the end, frames without order, or none at all.
    """
    width, height, samples = track.stored.width, track.stored.height, track.samples
    if width < 1 or height < 1:
        raise MalformedFile("malformed", f"a video of {width} x {height} pixels")
    if max(width, height) > MAX_SIDE_PX:
        raise LimitExceeded("too_many_pixels", f"{width} x {height}")
    check_count(len(samples.ticks))
    if not samples.shown.any() or not samples.keys.any():
        raise MalformedFile("malformed", "no frame that can be shown")
    if int((samples.offsets + samples.sizes).max()) > run_bytes or int(samples.offsets.min()) < 0:
        raise MalformedFile("truncated", "frames lie beyond the end of the file")
    ticks = samples.ticks[track.order()]
    if not 0 < track.tick_s <= 1 or int(np.abs(ticks).max()) > MAX_TICKS:
        raise MalformedFile("malformed", "impossible times")
    if (np.diff(ticks) <= 0).any():
        raise MalformedFile("malformed", "two frames at one moment")
    track.end = max(track.end, int(ticks[-1]) + 1)
    return track


def check_count(count: int) -> None:
    """Refuse more samples than are read, before room is made for them.

    Raises:
        LimitExceeded: beyond 500,000.
    """
    if count > MAX_FRAMES:
        raise LimitExceeded("too_many_frames", str(count))
