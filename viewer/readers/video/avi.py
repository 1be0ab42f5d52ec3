"""AVI (RIFF, with the OpenDML extension): the picture stream's format, and every chunk of it.

The index of an AVI is often missing or wrong, so the chunks themselves are walked. A chunk is shown for one frame time;
an empty one lets the frame before it stand.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np

from viewer.geometry import Size
from viewer.readers.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from viewer.readers.video.spans import Spans
from viewer.readers.video.track import Samples, Track, check, check_count

MAX_CHUNKS: Final = 4_000_000
MAX_DEPTH: Final = 4
# Each frame by itself, or referring backwards only: then frames are shown in the order in which they lie.
_CODECS: Final = {
    b"MJPG": "mjpeg",
    b"\0\0\0\0": "uncompressed",
    b"DIB ": "uncompressed",
    b"FFV1": "ffv1",
    b"HFYU": "huffyuv",
    b"FFVH": "huffyuv",
    b"FMP4": "mpeg4",
    b"XVID": "mpeg4",
    b"DIVX": "mpeg4",
    b"DX50": "mpeg4",
    b"MP4V": "mpeg4",
}
_ALL_KEYS: Final = frozenset({"mjpeg", "uncompressed", "ffv1", "huffyuv"})
# MPEG-4 part 2 (ISO/IEC 14496-2, 6.3.5): the kind of a picture is in the two bits behind its start code.
_VOP_START: Final = b"\0\0\x01\xb6"
_MPEG4_HEAD_BYTES: Final = 1_024
_REFERS_FORWARD: Final = 2


@dataclass(slots=True)
class _Stream:
    number: int = -1
    codec: str = ""
    size: Size = field(default_factory=lambda: Size(0, 0))
    frame_s: Fraction = Fraction(0)
    places: list[tuple[int, int]] = field(default_factory=list)


class _Chunks:
    """RIFF chunks read one by one, and counted."""

    def __init__(self, run: Spans) -> None:
        self._run, self._seen = run, 0

    def within(self, start: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int, int]]:
        """Name, start and length of each chunk; of a list its type is the name, and what it holds comes behind it."""
        place = start
        while place + 8 <= end:
            self._seen += 1
            if self._seen > MAX_CHUNKS or depth > MAX_DEPTH:
                raise LimitExceeded("too_many_frames", "chunks")
            head = self._run.upto(place, 12)
            name, length = head[:4], int.from_bytes(head[4:8], "little")
            if place + 8 + length > end:
                raise MalformedFile("truncated", "a chunk runs past the end")
            if name in {b"LIST", b"RIFF"} and length >= 4:
                yield head[8:12], place + 12, length - 4
                yield from self.within(place + 12, place + 8 + length, depth + 1)
            else:
                yield name, place + 8, length
            place += 8 + length + length % 2


def read_track(run: Spans) -> Track:
    """The first picture stream of an AVI file.

    Raises:
        UnsupportedFormat: for a codec that is not read.
        LimitExceeded: for more chunks or frames than are read.
        MalformedFile: when the file contradicts itself or ends early.
    """
    stream, streams = _Stream(), 0
    wanted: tuple[bytes, ...] = ()
    for name, start, length in _Chunks(run).within(0, run.size):
        if name == b"strh":
            _read_header(run.at(start, min(length, 56)), stream, streams)
            streams += 1
        elif name == b"strf" and stream.number == streams - 1 and not stream.codec:
            _read_format(run.at(start, min(length, 40)), stream)
            wanted = (b"%02ddc" % stream.number, b"%02ddb" % stream.number)
        elif name in wanted:
            check_count(len(stream.places) + 1)
            stream.places.append((start, length))
    if not stream.codec:
        raise UnsupportedFormat("no_video_track")
    return check(_assembled(run, stream), run.size)


def _read_header(raw: bytes, stream: _Stream, number: int) -> None:
    if len(raw) < 28:
        raise MalformedFile("malformed", "a stream header cut short")
    if raw[:4] != b"vids" or stream.number >= 0:
        return
    scale, rate = struct.unpack("<II", raw[20:28])
    if not scale or not rate:
        raise MalformedFile("malformed", "no frame rate")
    stream.number, stream.frame_s = number, Fraction(scale, rate)


def _read_format(raw: bytes, stream: _Stream) -> None:
    if len(raw) < 20:
        raise MalformedFile("malformed", "a picture format cut short")
    width, height = struct.unpack("<ii", raw[4:12])
    codec = _CODECS.get(raw[16:20].upper())
    if codec is None:
        raise UnsupportedFormat("video_codec_not_supported", raw[16:20].decode("ascii", "replace").strip("\0 ")[:8])
    stream.codec, stream.size = codec, Size(max(0, width), abs(height))


def _assembled(run: Spans, stream: _Stream) -> Track:
    if not stream.places:
        raise MalformedFile("truncated", "a track without frames")
    places = np.array(stream.places, dtype=np.int64)
    filled = places[:, 1] > 0
    if not filled.any():
        raise MalformedFile("malformed", "a track without frames")
    kinds = [0 if stream.codec in _ALL_KEYS else _kind(run, *place) for place in places[filled].tolist()]
    if max(kinds) >= _REFERS_FORWARD:
        raise UnsupportedFormat("video_codec_not_supported", "frames out of order in an AVI")
    samples = Samples(
        ticks=np.flatnonzero(filled).astype(np.int64),
        offsets=places[filled, 0],
        sizes=places[filled, 1],
        keys=np.array(kinds) == 0,
        shown=np.ones(int(filled.sum()), dtype=np.bool_),
    )
    return Track("avi", stream.codec, "video/x-msvideo", stream.size, stream.frame_s, len(places), samples)


def _kind(run: Spans, start: int, length: int) -> int:
    """0 for a frame by itself, 1 for one that refers backwards, 2 and 3 for others."""
    head = run.upto(start, min(length, _MPEG4_HEAD_BYTES))
    at = head.find(_VOP_START)
    if at < 0 or at + len(_VOP_START) >= len(head):
        raise MalformedFile("malformed", "a frame without a picture")
    return head[at + len(_VOP_START)] >> 6
