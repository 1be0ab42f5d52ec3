"""The picture of exactly one frame, by OpenCV's FFmpeg.

OpenCV finds a place in a video by guessing from the frame rate. Here its guess is only a start: which frame came is read
from the time that the decoder puts on it and looked up in the frame index, and one that comes out of turn is an error.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from viewer.geometry import Size
from viewer.readers.errors import MalformedFile
from viewer.readers.video.spans import Spans
from viewer.readers.video.times import FrameTimes

Picture = NDArray[np.uint8]

KEPT_BYTES: Final = 96 << 20
READ_ON_FRAMES: Final = 12
_TURNS: Final = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

cv2.setNumThreads(1)


def as_jpeg(picture: Picture, quality: int) -> bytes:
    """A picture (blue, green, red) as JPEG in full colour resolution."""
    how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imencode(".jpg", picture, how)[1].tobytes()


class Decoder:
    """Decodes frames of one video; for one thread.

    Args:
        run: the bytes of the container.
        times: its frame index.
        stored: width and height of the stored pixels.
        turn_degrees: clockwise turn that makes the pictures upright.

    Raises:
        MalformedFile: with `pixels_undecodable` when the decoder does not take the file, or decodes another size.
    """

    def __init__(self, run: Spans, times: FrameTimes, stored: Size, turn_degrees: int) -> None:
        self._run, self._times, self._stored, self._turn = run, times, stored, turn_degrees
        self._kept: OrderedDict[int, Picture] = OrderedDict()
        self._capture: Any = None
        self._stream: BinaryIO | None = None
        self._at = -1
        self._asked = -1
        self._shift_s = 0.0
        self._open()

    @property
    def kept_bytes(self) -> int:
        """Memory that the kept pictures take."""
        return sum(picture.nbytes for picture in self._kept.values())

    def picture(self, frame: int) -> Picture:
        """Rows x columns x (blue, green, red) of a frame (0-based), upright.

        Raises:
            MalformedFile: with `pixels_undecodable` when it cannot be decoded.
        """
        backwards, self._asked = 0 < self._asked - frame <= READ_ON_FRAMES, frame
        kept = self._kept.get(frame)
        if kept is not None:
            self._kept.move_to_end(frame)
            return kept
        # Turning a frame into colours costs as much as decoding it: only who walks backwards gets the ones before it kept.
        kept_before = self._room() if backwards else 2
        key = self._times.key_before(frame)
        if not (self._at < frame and (key <= self._at + 1 or frame - self._at <= READ_ON_FRAMES)):
            self._go_before(frame, key, kept_before)
        while self._at < frame:
            if not self._grab():
                raise MalformedFile("pixels_undecodable", f"frame {frame}")
            if frame - self._at < kept_before:
                self._keep(self._at, self._retrieved())
        if self._at != frame or frame not in self._kept:
            raise MalformedFile("pixels_undecodable", f"frame {frame} is passed over")
        return self._kept[frame]

    def frames_from(self, frame: int) -> Iterator[int]:
        """Decode on from a frame without keeping pictures; the number of each frame that comes."""
        self._go_before(frame, self._times.key_before(frame))
        while self._grab():
            yield self._at

    def close(self) -> None:
        """Let the decoder go."""
        self._capture = None
        self._kept.clear()

    def _open(self) -> None:
        """Open at the first frame, whose time shows where the decoder's clock begins."""
        self._capture = None
        try:
            # The stream keeps the decoder away from names: it opens no other file and no address.
            # It is kept here because OpenCV uses it without owning it.
            stream: Any = self._run.stream()
            self._capture, self._stream = cv2.VideoCapture(stream, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1]), stream
        except cv2.error as error:
            raise MalformedFile("pixels_undecodable", "no decoder") from error
        if not self._capture.isOpened():
            raise MalformedFile("pixels_undecodable", "no decoder")
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        if not self._capture.grab():
            raise MalformedFile("pixels_undecodable", "the first frame")
        self._shift_s = self._times.seconds(0) - self._clock_s()
        self._at = 0
        self._keep(0, self._retrieved())

    def _go_before(self, frame: int, key: int, kept_before: int = 0) -> None:
        """Stand before a frame, or before the key frame that it needs; earlier where the decoder came out too late."""
        goal = max(0, frame - kept_before + 1) if kept_before else frame
        while True:
            if goal <= 0:
                self._open()
                return
            self._capture.set(cv2.CAP_PROP_POS_MSEC, (self._times.seconds(goal) - self._shift_s) * 1000)
            if self._grab() and self._at <= frame:
                if frame - self._at < kept_before:
                    self._keep(self._at, self._retrieved())
                return
            goal = min(goal - 1, key) if goal > key else goal // 2

    def _grab(self) -> bool:
        if not self._capture.grab():
            return False
        seconds = self._clock_s() + self._shift_s
        found = self._times.nearest(seconds)
        span_s = float(self._times.durations[found] * self._times.tick_s)
        if abs(self._times.seconds(found) - seconds) > max(0.25 * span_s, 1.5 * float(self._times.tick_s)):
            raise MalformedFile("pixels_undecodable", f"a frame at {seconds:.3f} s that the index does not know")
        self._at = found
        return True

    def _clock_s(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000

    def _retrieved(self) -> Picture:
        done, picture = self._capture.retrieve()
        if not done or picture is None or picture.shape != (self._stored.height, self._stored.width, 3):
            raise MalformedFile("pixels_undecodable", f"frame {self._at}")
        if self._turn in _TURNS:
            picture = cv2.rotate(picture, _TURNS[self._turn])
        found: Picture = np.ascontiguousarray(picture, dtype=np.uint8)
        return found

    def _room(self) -> int:
        """How many pictures may be kept; stepping backwards is then no work."""
        return max(1, min(24, KEPT_BYTES // max(1, self._stored.pixels * 3)))

    def _keep(self, frame: int, picture: Picture) -> None:
        self._kept[frame] = picture
        self._kept.move_to_end(frame)
        while len(self._kept) > self._room():
            self._kept.popitem(last=False)
