"""MP4 and QuickTime (ISO/IEC 14496-12, -14, -15): boxes, sample tables, fragments, one edit."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np

from viewer.geometry import Size
from viewer.readers.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from viewer.readers.video.boxes import boxes, children
from viewer.readers.video.mp4_samples import Fragments, Table, read_table
from viewer.readers.video.spans import Spans
from viewer.readers.video.track import Track, check

MAX_MOVIE_BYTES: Final = 64 << 20
MAX_BOXES: Final = 200_000
MAX_EDITS: Final = 16
_CODECS: Final = {
    b"avc1": "h264",
    b"avc3": "h264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"vp08": "vp8",
    b"vp09": "vp9",
    b"av01": "av1",
    b"mjpg": "mjpeg",
    b"jpeg": "mjpeg",
    b"mp4v": "mpeg4",
}
_TURNS: Final = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 90, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 270}
_PICTURES: Final = b"vide"


@dataclass(slots=True)
class _Movie:
    """The movie header, and the fragments that follow it."""

    movie: memoryview
    fragments: list[tuple[int, memoryview]] = field(default_factory=list)


def read_track(run: Spans) -> Track:
    """The first picture track of an MP4 or QuickTime file.

    Raises:
        UnsupportedFormat: for a codec or an edit list that is not read.
        LimitExceeded: for tables beyond the limits.
        MalformedFile: when the file contradicts itself or ends early.
    """
    found = _walk(run)
    top = children(found.movie)
    if b"mvhd" not in top:
        raise MalformedFile("malformed", "a movie without header")
    movie_scale = _scale(top[b"mvhd"])
    for kind, content in boxes(found.movie):
        if kind == b"trak" and _handler(content) == _PICTURES:
            return check(_track(content, movie_scale, found, top.get(b"mvex")), run.size)
    raise UnsupportedFormat("no_video_track")


def _walk(run: Spans) -> _Movie:
    """The boxes of the file's top level; contents are read for the movie and its fragments only."""
    movie, bytes_read = None, 0
    fragments: list[tuple[int, memoryview]] = []
    for kind, place, start, size in _top_level(run):
        if kind not in {b"moov", b"moof"}:
            continue
        bytes_read += size
        if bytes_read > MAX_MOVIE_BYTES:
            raise LimitExceeded("too_many_frames", "a movie header of more than 64 MiB")
        content = memoryview(run.at(start, place + size - start))
        if kind == b"moof":
            fragments.append((place, content))
        elif movie is None:
            movie = content
    if movie is None:
        raise MalformedFile("truncated", "no movie header")
    return _Movie(movie, fragments)


def _top_level(run: Spans) -> Iterator[tuple[bytes, int, int, int]]:
    """Type, place, start of the content and size of each box; the last may run past the end, as its samples are looked at."""
    place = 0
    for _ in range(MAX_BOXES):
        if place + 8 > run.size:
            return
        head = run.upto(place, 16)
        size, start = int.from_bytes(head[:4], "big"), 8
        if size == 1 and len(head) == 16:
            size, start = int.from_bytes(head[8:16], "big"), 16
        size = size or run.size - place
        if size < start:
            raise MalformedFile("malformed", "a box smaller than its head")
        yield head[4:8], place, place + start, size
        place += size
    raise LimitExceeded("too_many_frames", "boxes")


def _handler(trak: memoryview) -> bytes:
    media = children(children(trak).get(b"mdia", memoryview(b"")))
    return bytes(media.get(b"hdlr", memoryview(b""))[8:12])


def _scale(header: memoryview) -> int:
    """Ticks a second of a `mvhd` or `mdhd` box."""
    at = 20 if header[0] == 1 else 12
    scale = int.from_bytes(header[at : at + 4], "big")
    if not scale:
        raise MalformedFile("malformed", "no time scale")
    return scale


def _track(trak: memoryview, movie_scale: int, found: _Movie, extends: memoryview | None) -> Track:
    parts = children(trak)
    media = children(parts[b"mdia"])
    inner = children(media.get(b"minf", memoryview(b"")))
    if b"mdhd" not in media or b"stbl" not in inner or b"tkhd" not in parts:
        raise MalformedFile("malformed", "a track without tables")
    tables = children(inner[b"stbl"])
    entry = _sample_entry(tables.get(b"stsd", memoryview(b"")))
    scale = _scale(media[b"mdhd"])
    table = read_table(tables)
    if extends is not None and found.fragments:
        table = Fragments(_track_id(parts[b"tkhd"]), extends).append(table, found.fragments)
    return _assembled(table, entry, scale, _edit(parts.get(b"edts"), movie_scale, scale), _turn(parts[b"tkhd"]))


def _assembled(table: Table, entry: _Entry, scale: int, edit: _Edit, turn: int) -> Track:
    samples = table.samples()
    if len(samples.ticks) == 0:
        raise MalformedFile("malformed", "a track without frames")
    over = int((samples.ticks + table.durations).max())
    samples.shown &= samples.ticks >= edit.start
    if edit.end is not None:
        samples.shown &= samples.ticks < edit.end
        over = min(over, edit.end)
    shift = edit.delay - edit.start
    samples.ticks = samples.ticks + shift
    warnings = [] if entry.aspect == 1 else ["pixels_not_square"]
    return Track(
        container="mp4",
        codec=entry.codec,
        media_type=f'video/mp4; codecs="{entry.profile}"',
        stored=entry.size,
        tick_s=Fraction(1, scale),
        end=over + shift,
        samples=samples,
        turn_degrees=turn,
        pixel_aspect=entry.aspect,
        warnings=warnings,
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    codec: str
    profile: str
    size: Size
    aspect: Fraction


def _sample_entry(raw: memoryview) -> _Entry:
    """Codec, size and shape of the pixels, from the first sample description."""
    described = list(boxes(raw[8:]))
    if not described:
        raise MalformedFile("malformed", "no sample description")
    if len({kind for kind, _ in described}) > 1:
        raise UnsupportedFormat("video_codec_not_supported", "several codecs in one track")
    kind, content = described[0]
    codec = _CODECS.get(kind)
    if codec is None:
        raise UnsupportedFormat("video_codec_not_supported", kind.decode("ascii", "replace").strip()[:8])
    if len(content) < 78:
        raise MalformedFile("malformed", "a sample description cut short")
    width, height = struct.unpack(">HH", content[24:28])
    inside = children(content[78:])
    return _Entry(codec, _profile(kind, inside), Size(width, height), _aspect(inside.get(b"pasp")))


def _aspect(raw: memoryview | None) -> Fraction:
    if raw is None or len(raw) < 8:
        return Fraction(1)
    across, down = struct.unpack(">II", raw[:8])
    return Fraction(across, down) if across and down else Fraction(1)


def _profile(kind: bytes, inside: dict[bytes, memoryview]) -> str:
    """The codec as RFC 6381 spells it, as far as a browser needs it to say whether it plays it."""
    name = kind.decode("ascii")
    if kind in {b"avc1", b"avc3"} and len(inside.get(b"avcC", b"")) >= 4:
        return f"{name}.{bytes(inside[b'avcC'][1:4]).hex()}"
    if kind in {b"hvc1", b"hev1"} and len(inside.get(b"hvcC", b"")) >= 13:
        raw = inside[b"hvcC"]
        space, tier, profile = raw[1] >> 6, raw[1] >> 5 & 1, raw[1] & 31
        compatible = int(f"{int.from_bytes(raw[2:6], 'big'):032b}"[::-1], 2)
        return f"{name}.{['', 'A', 'B', 'C'][space]}{profile}.{compatible:X}.{'LH'[tier]}{raw[12]}.B0"
    if kind in {b"vp08", b"vp09"} and len(inside.get(b"vpcC", b"")) >= 7:
        raw = inside[b"vpcC"]
        return f"{name}.{raw[4]:02d}.{raw[5]:02d}.{raw[6] >> 4:02d}"
    return name


def _track_id(header: memoryview) -> int:
    at = 20 if header[0] == 1 else 12
    return int.from_bytes(header[at : at + 4], "big")


def _turn(header: memoryview) -> int:
    """Degrees clockwise of the track header's matrix (14496-12, 6.2.2).

    Raises:
        UnsupportedFormat: for mirrored or slanted pictures.
    """
    at = 52 if header[0] == 1 else 40
    values = struct.unpack(">9i", header[at : at + 36]) if len(header) >= at + 36 else (1, 0, 0, 0, 1, 0, 0, 0, 0)
    a, b, _, c, d = values[:5]
    turn = _TURNS.get((int(np.sign(a)), int(np.sign(b)), int(np.sign(c)), int(np.sign(d))))
    if turn is None:
        raise UnsupportedFormat("unsupported_pixel_layout", "a mirrored or slanted video")
    return turn


@dataclass(frozen=True, slots=True)
class _Edit:
    """The part of the track that is shown, in its ticks: from, up to (None: its end), and how long nothing is shown before."""

    start: int = 0
    end: int | None = None
    delay: int = 0


def _edit(edits: memoryview | None, movie_scale: int, scale: int) -> _Edit:
    """What the edit list leaves of the track (14496-12, 8.6.6).

    Raises:
        UnsupportedFormat: for several parts or another speed, which would show frames twice or not at their time.
    """
    raw = None if edits is None else children(edits).get(b"elst")
    if raw is None or len(raw) < 8:
        return _Edit()
    layout = ">Qqhh" if raw[0] == 1 else ">Iihh"
    count, step = int.from_bytes(raw[4:8], "big"), struct.calcsize(layout)
    if count > (len(raw) - 8) // step:
        raise MalformedFile("malformed", "an edit list cut short")
    parts = [struct.unpack(layout, raw[8 + step * n : 8 + step * (n + 1)]) for n in range(min(count, MAX_EDITS + 1))]
    media = [part for part in parts if part[1] >= 0]
    if not media:
        return _Edit()
    if len(parts) > MAX_EDITS or len(media) > 1 or media[0][2] != 1 or parts[-1][1] < 0:
        raise UnsupportedFormat("video_edit_list")
    duration, start = media[0][0], media[0][1]
    delay = sum(part[0] for part in parts if part[1] < 0) * scale // movie_scale
    # Movie ticks are coarser: an end that falls within a frame must not cut it off.
    length = -(-(duration + 1) * scale // movie_scale) if duration else None
    return _Edit(start, None if length is None else start + length, delay)
