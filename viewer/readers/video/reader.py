"""The video engine: MP4, QuickTime, WebM, Matroska and AVI, frame by frame.

The containers are parsed here, so that which frame is shown when is known and not guessed. FFmpeg (by OpenCV) decodes
pictures, and at ingest its clock is compared with the index, frame by frame as far as time allows.
"""

from __future__ import annotations

import struct
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from PIL import Image

from viewer.geometry import RegionRequest, Size
from viewer.readers import base
from viewer.readers.base import EncodedPixels, Inspection
from viewer.readers.errors import LimitExceeded, MalformedFile, OutOfRange, UnsupportedFormat
from viewer.readers.video import avi, mjpeg, mp4, webm
from viewer.readers.video import times as frame_times
from viewer.readers.video.decode import Decoder, as_jpeg
from viewer.readers.video.spans import Span, Spans
from viewer.readers.video.strip import Strip, plan_strip
from viewer.readers.video.times import FrameTimes, UnusableTimes
from viewer.readers.video.track import Track

NAME: Final = "video"
FRAME_QUALITY: Final = 92
PROVING_CPU_S: Final = 4.0
PROVING_S: Final = 8.0
# What may lie between two key frames, in pixels to decode: some 950 frames of 1080p, four to eight seconds of work.
MAX_GROUP_PX: Final = 2_000_000_000
MAX_MISSING_SHARE: Final = 0.01
_PARSERS: Final = {"mp4": mp4.read_track, "webm": webm.read_track, "avi": avi.read_track}
_HANDED_OVER: Final = frozenset({"mjpeg"})
_PLAYED: Final = frozenset({"h264", "hevc", "vp8", "vp9"})
_DECODED: Final = frozenset({*_PLAYED, "mjpeg", "uncompressed", "ffv1", "huffyuv", "mpeg4"})
MAX_STREAM_SPANS: Final = 4_096
MAX_DECODERS: Final = 4
_decoding: Final[list[VideoReader]] = []


class VideoReader:
    """A video.

    Args:
        path: a file that holds a video.
        family: what sniffing said its container is.
        spans: the parts of the file that hold it; the whole file when left out.

    Raises:
        UnsupportedFormat: for a container, codec or edit that is not read.
        LimitExceeded: for more or larger frames than are read, or key frames too far apart.
        MalformedFile: when the container contradicts itself.
    """

    def __init__(self, path: str, family: str, spans: list[Span] | None = None) -> None:
        self._run = Spans(path, spans)
        try:
            self.track: Final[Track] = _parsed(self._run, family)
        except BaseException:
            self._run.close()
            raise
        self._order = self.track.order()
        self.times = _times_of(self.track)
        self.size = self.track.size
        self._decoder: Decoder | None = None
        self._told: Path | None = None

    @property
    def kept_bytes(self) -> int:
        """Memory that decoded frames take."""
        return self._decoder.kept_bytes if self._decoder else 0

    @property
    def spans(self) -> list[Span]:
        """Where the container lies in its file."""
        return self._run.spans

    def inspect(self) -> Inspection:
        """Codec, size and times; frames are decoded from the start, in the middle and at the end to prove the index."""
        _check_groups(self.times, self.size)
        warnings = list(self.track.warnings)
        self.times = self.times.first(self._proven(warnings))
        for frame in (0, self.times.key_before(self.times.count // 2)):
            self.frame(frame)
        if self.times.varies:
            warnings.append("frame_rate_varies")
        return Inspection(
            engine=NAME,
            format=f"{self.track.container}, {self.track.codec}",
            kind="video",
            modality="XC",
            size=self.size,
            frame_count=self.times.count,
            frames=self._frames_block(),
            video=self._video_block(),
            warnings=[*warnings, "spacing_unknown"],
        )

    def known_times(self, path: Path, count: int) -> None:
        """Take the times that were proven at ingest; without them, the first `count` of those the container states."""
        if self._told == path:
            return
        try:
            self.times = frame_times.read(path)
        except UnusableTimes:
            self.times = self.times.first(count)
        self._told = path

    def tile(self, level: int, column: int, row: int) -> EncodedPixels:
        """Frames are not tiled."""
        raise OutOfRange

    def frame(self, index: int) -> EncodedPixels:
        """One frame (0-based) as JPEG: as it is stored where the video is motion JPEG, else decoded."""
        self._check(index)
        if self.track.codec in _HANDED_OVER and self.track.turn_degrees == 0:
            sample = int(self._order[index])
            stored = self._run.at(int(self.track.samples.offsets[sample]), int(self.track.samples.sizes[sample]))
            whole = mjpeg.as_jpeg(stored, self.track.stored)
            if whole is not None:
                return EncodedPixels("image/jpeg", whole)
        return EncodedPixels("image/jpeg", as_jpeg(self._opened().picture(index), FRAME_QUALITY))

    def thumbnail(self, index: int, max_px: int) -> EncodedPixels:
        """One frame, small."""
        self._check(index)
        return base.encode_jpeg(self._small(index, self.size.fitted_into(max_px)), base.THUMBNAIL_QUALITY)

    def strip(self, plan: Strip) -> EncodedPixels:
        """Small pictures of the frames of a plan, side by side in one JPEG, rows from left to right."""
        sheet = Image.new("RGB", (plan.columns * plan.tile.width, plan.rows * plan.tile.height))
        for place, frame in enumerate(plan.frames):
            self._check(frame)
            at = (place % plan.columns * plan.tile.width, place // plan.columns * plan.tile.height)
            sheet.paste(self._small(frame, plan.tile), at)
        return base.encode_jpeg(sheet, base.THUMBNAIL_QUALITY)

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of level-0 pixels of one frame."""
        self._check(request.frame)
        return base.encode_png(base.crop_region(self._picture(request.frame), request))

    def rest(self) -> None:
        """Let the decoder go, with the pictures that it keeps."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def close(self) -> None:
        """Close the file."""
        if self in _decoding:
            _decoding.remove(self)
        self.rest()
        self._run.close()

    def _check(self, index: int) -> None:
        if not 0 <= index < self.times.count:
            raise OutOfRange("no_such_frame")

    def _opened(self) -> Decoder:
        """The decoder, opened anew if need be; a worker keeps a few open, as each holds pictures."""
        if self._decoder is None:
            self._decoder = Decoder(self._run, self.times, self.track.stored, self.track.turn_degrees)
        if self in _decoding:
            _decoding.remove(self)
        _decoding.append(self)
        while len(_decoding) > MAX_DECODERS:
            _decoding.pop(0).rest()
        return self._decoder

    def _picture(self, index: int) -> Image.Image:
        return Image.fromarray(self._opened().picture(index)[:, :, ::-1])

    def _small(self, index: int, size: Size) -> Image.Image:
        return self._picture(index).resize((size.width, size.height), Image.Resampling.BOX)

    def _proven(self, warnings: list[str]) -> int:
        """How many frames can be shown, after comparing what is decoded with the index.

        Raises:
            MalformedFile: when frames are missing that are not the last few.
        """
        decoder, expected = self._opened(), self.times.count
        cpu_until, until = time.process_time() + PROVING_CPU_S, time.monotonic() + PROVING_S
        last, seen, in_time = 0, 1, True
        for frame in decoder.frames_from(0):
            seen += frame > last
            last = max(last, frame)
            in_time = time.process_time() < cpu_until and time.monotonic() < until
            if not in_time:
                break
        if seen < (last + 1) * (1 - MAX_MISSING_SHARE):
            raise MalformedFile("pixels_undecodable", f"{seen} of {last + 1} frames")
        if seen < last + 1:
            warnings.append("frames_damaged")
        if not in_time:
            last = max(last, *decoder.frames_from(self.times.key_before(expected - 1)))
        if last + 1 < expected * (1 - MAX_MISSING_SHARE) - 1:
            raise MalformedFile("truncated", f"{last + 1} of {expected} frames")
        return last + 1

    def _frames_block(self) -> dict[str, Any]:
        frame_time_ms = round(self.times.frame_time_ms, 4)
        return {"encoding": "colour", "frame_time_ms": frame_time_ms, "windows": [], "invert": False, "positions_mm": None}

    def _video_block(self) -> dict[str, Any]:
        aspect = self.track.pixel_aspect
        plays = self.track.codec in _PLAYED and self.track.container != "avi" and len(self.spans) <= MAX_STREAM_SPANS
        return {
            "codec": self.track.codec,
            "media_type": self.track.media_type,
            "spans": [list(span) for span in self.spans] if plays else None,
            "duration_s": round(self.times.seconds(self.times.count) - self.times.seconds(0), 6),
            "varies": self.times.varies,
            "turn_degrees": self.track.turn_degrees,
            "pixel_aspect": [aspect.numerator, aspect.denominator],
            "strip": plan_strip(self.times, self.size).as_json(),
        }


def _parsed(run: Spans, family: str) -> Track:
    try:
        track = _PARSERS[family](run)
    except (struct.error, LookupError, ValueError, ArithmeticError, RecursionError) as error:
        raise MalformedFile("malformed", type(error).__name__) from error
    if track.codec not in _DECODED:
        raise UnsupportedFormat("video_codec_not_supported", track.codec)
    return track


def _times_of(track: Track) -> FrameTimes:
    order = track.order()
    keys = [place for place, sample in enumerate(order.tolist()) if track.samples.keys[sample]]
    return FrameTimes(track.tick_s, track.samples.ticks[order].tolist(), track.end, keys)


def _check_groups(times: FrameTimes, size: Size) -> None:
    """Refuse a video some frame of which could not be shown within a request's time.

    Raises:
        LimitExceeded: with `video_too_few_keys`.
    """
    edges = [0, *times.keys, times.count]
    longest = max(after - before for before, after in pairwise(edges))
    if longest * size.pixels > MAX_GROUP_PX:
        raise LimitExceeded("video_too_few_keys", f"{longest} frames")
