"""WebM and Matroska (RFC 9559): the picture track, and every block of its clusters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd
from typing import Final, NamedTuple

import numpy as np

from viewer.geometry import Size
from viewer.readers.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from viewer.readers.video.spans import Spans
from viewer.readers.video.track import Samples, Track, check, check_count

MAX_ELEMENTS: Final = 4_000_000
_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SCALE, _TRACK_ENTRY, _NUMBER, _TYPE, _CODEC, _PRIVATE, _VIDEO, _ENCODINGS, _DEFAULT_DURATION = (
    0x2AD7B1, 0xAE, 0xD7, 0x83, 0x86, 0x63A2, 0xE0, 0x6D80, 0x23E383,
)  # fmt: skip
_WIDTH, _HEIGHT, _SHOWN_WIDTH, _SHOWN_HEIGHT, _SHOWN_UNIT = 0xB0, 0xBA, 0x54B0, 0x54BA, 0x54B2
_TIME, _SIMPLE, _GROUP, _BLOCK, _REFERENCE = 0xE7, 0xA3, 0xA0, 0xA1, 0xFB
_LIVES_IN_SEGMENT: Final = frozenset({_INFO, _TRACKS, _CLUSTER, 0x114D9B74, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367})
_PICTURES: Final = 1
_CODECS: Final = {
    "V_VP8": ("vp8", "vp8"),
    "V_VP9": ("vp9", "vp9"),
    "V_AV1": ("av1", "av01.0.08M.08"),
    "V_MPEG4/ISO/AVC": ("h264", "avc1.640028"),
    "V_MPEGH/ISO/HEVC": ("hevc", "hvc1.1.6.L120.B0"),
    "V_MJPEG": ("mjpeg", "mjpeg"),
}
_WEBM: Final = frozenset({"vp8", "vp9", "av1"})  # the codecs that are called WebM; others are Matroska
_HEAD_BYTES: Final = 16


@dataclass(slots=True)
class _Found:
    """What the headers say, and the blocks of the picture track as they come."""

    scale_ns: int = 1_000_000
    number: int = 0
    codec: str = ""
    size: Size = field(default_factory=lambda: Size(0, 0))
    aspect: Fraction = Fraction(1)
    frame_ns: int = 0
    private: bytes = b""
    ticks: list[int] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    keys: list[bool] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)


class _Element(NamedTuple):
    """An element: its id, where it begins, and from where to where its content goes (None: it does not say)."""

    kind: int
    at: int
    start: int
    end: int | None


class _Elements:
    """EBML elements (RFC 8794) read one by one, counted so that no file can keep a worker busy for ever."""

    def __init__(self, run: Spans) -> None:
        self._run, self._seen = run, 0

    def within(self, start: int, end: int) -> Iterator[_Element]:
        """The elements between two places; ends behind one that does not say where it ends."""
        place = start
        while place < end:
            self._seen += 1
            if self._seen > MAX_ELEMENTS:
                raise LimitExceeded("too_many_frames", "elements")
            head = self._run.upto(place, _HEAD_BYTES)
            kind, after = _number_at(head, 0, keep_marker=True)
            length, content = _number_at(head, after, keep_marker=False)
            if length == (1 << 7 * (content - after)) - 1:
                yield _Element(kind, place, place + content, None)
                return
            if place + content + length > end:
                raise MalformedFile("truncated", "an element runs past the end")
            yield _Element(kind, place, place + content, place + content + length)
            place += content + length

    def known(self, start: int, end: int) -> dict[int, tuple[int, int]]:
        """The last element of each kind between two places, as where its content begins and ends."""
        return {found.kind: (found.start, found.end) for found in self.within(start, end) if found.end is not None}


def _number_at(head: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable width (RFC 8794, 4), and the place behind it."""
    if at >= len(head) or head[at] == 0:
        raise MalformedFile("malformed", "no element where one should be")
    width = 9 - head[at].bit_length()
    if at + width > len(head):
        raise MalformedFile("truncated")
    value = int.from_bytes(head[at : at + width], "big")
    return (value if keep_marker else value & (1 << 7 * width) - 1), at + width


def read_track(run: Spans) -> Track:
    """The first picture track of a WebM or Matroska file.

    Raises:
        UnsupportedFormat: for a codec or packing that is not read.
        LimitExceeded: for more elements or frames than are read.
        MalformedFile: when the file contradicts itself or ends early.
    """
    elements, found = _Elements(run), _Found()
    segment = next((element for element in elements.within(0, run.size) if element.kind == _SEGMENT), None)
    if segment is None:
        raise MalformedFile("malformed", "no segment")
    place: int | None = segment.start
    end = run.size if segment.end is None else segment.end
    while place is not None and place < end:
        place = _read_segment(run, elements, found, place, end)
    if not found.codec:
        raise UnsupportedFormat("no_video_track")
    return check(_assembled(found), run.size)


def _read_segment(run: Spans, elements: _Elements, found: _Found, place: int, end: int) -> int | None:
    """Read on from `place`; returns where to go on behind a cluster that did not say its end, None when all is read."""
    for element in elements.within(place, end):
        if element.kind == _CLUSTER:
            behind = _read_cluster(run, elements, found, element.start, end if element.end is None else element.end)
            if element.end is None:
                return behind
        elif element.end is None:
            raise MalformedFile("malformed", "an element without end")
        elif element.kind == _INFO:
            _read_info(run, elements, found, element.start, element.end)
        elif element.kind == _TRACKS and not found.codec:
            _read_tracks(run, elements, found, element.start, element.end)
    return None


def _number(run: Spans, start: int, end: int) -> int:
    return int.from_bytes(run.at(start, min(8, end - start)), "big")


def _read_info(run: Spans, elements: _Elements, found: _Found, start: int, stop: int) -> None:
    fields = elements.known(start, stop)
    if _SCALE in fields:
        found.scale_ns = _number(run, *fields[_SCALE])
    if not 0 < found.scale_ns <= 1_000_000_000:
        raise MalformedFile("malformed", "impossible time scale")


def _read_tracks(run: Spans, elements: _Elements, found: _Found, start: int, stop: int) -> None:
    for element in elements.within(start, stop):
        if element.kind != _TRACK_ENTRY or element.end is None or found.codec:
            continue
        fields = elements.known(element.start, element.end)
        if _TYPE in fields and _number(run, *fields[_TYPE]) == _PICTURES:
            _read_track(run, elements, found, fields)


def _read_track(run: Spans, elements: _Elements, found: _Found, fields: dict[int, tuple[int, int]]) -> None:
    if not {_CODEC, _NUMBER, _VIDEO} <= fields.keys():
        raise MalformedFile("malformed", "a track without codec or size")
    at, until = fields[_CODEC]
    name = run.at(at, min(64, until - at)).rstrip(b"\0").decode("ascii", "replace")
    if name not in _CODECS:
        raise UnsupportedFormat("video_codec_not_supported", name[:32])
    if _ENCODINGS in fields:
        raise UnsupportedFormat("video_codec_not_supported", "compressed or encrypted blocks")
    found.codec, found.number = name, _number(run, *fields[_NUMBER])
    found.frame_ns = _number(run, *fields[_DEFAULT_DURATION]) if _DEFAULT_DURATION in fields else 0
    if _PRIVATE in fields:
        at, until = fields[_PRIVATE]
        found.private = run.at(at, min(64, until - at))
    values = {kind: _number(run, *place) for kind, place in elements.known(*fields[_VIDEO]).items()}
    found.size = Size(values.get(_WIDTH, 0), values.get(_HEIGHT, 0))
    shown_width, shown_height = values.get(_SHOWN_WIDTH, found.size.width), values.get(_SHOWN_HEIGHT, found.size.height)
    if shown_width and shown_height and found.size.pixels and values.get(_SHOWN_UNIT, 0) in {0, 3}:
        found.aspect = Fraction(shown_width * found.size.height, shown_height * found.size.width)


def _read_cluster(run: Spans, elements: _Elements, found: _Found, start: int, stop: int) -> int | None:
    """Take in a cluster's blocks; returns where an element begins that belongs to the segment again, None at `stop`."""
    time = 0
    for element in elements.within(start, stop):
        if element.kind in _LIVES_IN_SEGMENT:
            return element.at
        if element.end is None:
            raise MalformedFile("malformed", "an element without end in a cluster")
        if element.kind == _TIME:
            time = _number(run, element.start, element.end)
        elif element.kind == _SIMPLE:
            _take_block(run, found, time, (element.start, element.end), None)
        elif element.kind == _GROUP:
            parts = elements.known(element.start, element.end)
            if _BLOCK in parts:
                _take_block(run, found, time, parts[_BLOCK], _REFERENCE not in parts)
    return None


def _take_block(run: Spans, found: _Found, time: int, place: tuple[int, int], is_key: bool | None) -> None:
    """Note one block (RFC 9559, 10.1); `is_key` is None for a simple block, which says it itself."""
    start, end = place
    head = run.upto(start, min(_HEAD_BYTES, end - start))
    track, at = _number_at(head, 0, keep_marker=False)
    if track != found.number:
        return
    if len(head) < at + 4:
        raise MalformedFile("malformed", "an empty block")
    flags = head[at + 2]
    if flags & 0x06:
        raise UnsupportedFormat("video_codec_not_supported", "laced frames")
    check_count(len(found.ticks) + 1)
    found.ticks.append(time + int.from_bytes(head[at : at + 2], "big", signed=True))
    found.places.append((start + at + 3, end - start - at - 3))
    found.keys.append(bool(flags & 0x80) if is_key is None else is_key)
    # VP8 (RFC 6386, 9.1): the fifth bit of a frame says whether it is shown or only referred to.
    hidden = flags & 0x08 or (found.codec == "V_VP8" and not head[at + 3] & 0x10)
    found.shown.append(not hidden)


def _assembled(found: _Found) -> Track:
    if not found.ticks:
        raise MalformedFile("truncated", "a track without frames")
    codec, profile = _CODECS[found.codec]
    if codec == "h264" and len(found.private) >= 4:
        profile = f"avc1.{found.private[1:4].hex()}"
    places = np.array(found.places, dtype=np.int64)
    samples = Samples(
        ticks=np.array(found.ticks, dtype=np.int64),
        offsets=places[:, 0],
        sizes=places[:, 1],
        keys=np.array(found.keys, dtype=np.bool_),
        shown=np.array(found.shown, dtype=np.bool_),
    )
    divisor = gcd(found.scale_ns, 1_000_000_000)
    usual = round(found.frame_ns / found.scale_ns) or _usual_step(samples)
    return Track(
        container="webm",
        codec=codec,
        media_type=f'video/{"webm" if codec in _WEBM else "x-matroska"}; codecs="{profile}"',
        stored=found.size,
        tick_s=Fraction(found.scale_ns // divisor, 1_000_000_000 // divisor),
        end=int(samples.ticks.max()) + max(1, usual),
        samples=samples,
        pixel_aspect=found.aspect,
        warnings=[] if found.aspect == 1 else ["pixels_not_square"],
    )


def _usual_step(samples: Samples) -> int:
    steps = np.diff(np.sort(samples.ticks[samples.shown]))
    return int(np.median(steps)) if len(steps) else 1
