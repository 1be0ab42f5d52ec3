"""Broken copies of real image files, each made from a seed and a number alone, so that any can be made again.

Three kinds of harm: bytes flipped, the end cut off, and integers in the header set to the edges of their range. The
third knows where TIFF, DICOM, JPEG, PNG, WebP, MP4, WebM and AVI keep the integers that decoders trust.
"""

import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from viewer.readers.video.sniffing import container_of

MAX_FILE_BYTES = 4 << 20
HEADER_BYTES = 4_096
_EDGES = (0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_TIFF_TYPES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_JPEG_SEGMENT = re.compile(rb"\xff[\xc0-\xcf\xda-\xdf\xe0-\xef\xf7\xfe]..", re.DOTALL)
_VIDEO_NAME = re.compile(
    rb"ftyp|moov|mvhd|trak|tkhd|elst|mdhd|hdlr|stsd|avc1|avcC|stts|ctts|stss|stsz|stsc|stco|mdat|"  # MP4
    rb"\x1a\x45\xdf\xa3|\x18\x53\x80\x67|\x15\x49\xa9\x66|\x16\x54\xae\x6b|\x1f\x43\xb6\x75|\x2a\xd7\xb1|\xe7\x81|"  # WebM
    rb"RIFF|LIST|avih|strh|strf|00dc|idx1"  # AVI
)
# Rows to SmallestValues, planes, bits, frames, tables, palettes, tiles and total size of a slide, overlays.
_DICOM_TAGS = tuple(
    struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    for tag in (
        0x00280002, 0x00280006, 0x00280008, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
        0x00281050, 0x00281051, 0x00281052, 0x00281053, 0x00281101, 0x00281102, 0x00281103, 0x00281201, 0x00281202,
        0x00283002, 0x00283006, 0x00480006, 0x00480007, 0x0048021E, 0x0048021F, 0x52009230, 0x52009229, 0x60000010,
        0x60000011, 0x60000050, 0x60003000, 0x7FE00001, 0x7FE00010, 0xFFFEE000, 0xFFFEE0DD, 0x00020000, 0x00020010,
    )
)  # fmt: skip


class Mutant(NamedTuple):
    """One broken copy."""

    number: int
    source: Path
    harm: str
    raw: bytes


def families(data: Path, samples: Path) -> dict[str, list[Path]]:
    """Real files, grouped by who reads them; each group is drawn from equally often."""
    groups: dict[str, list[Path]] = {
        "tiff": [],
        "slide dicom": [],
        "encapsulated": [],
        "dicom": [],
        "presentation": [],
        "raster": [],
        "video": [],
    }
    folders = [data / name for name in ("wsi", "dicom", "photo", "video")] + [samples]
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        if path.stat().st_size <= MAX_FILE_BYTES and (group := _group(path)):
            groups[group].append(path)
    return groups


def _group(path: Path) -> str | None:
    raw = path.read_bytes()
    if container_of(raw[:16]):
        return "video"
    if raw[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if raw[:3] == b"\xff\xd8\xff" or raw[:4] in (b"\x89PNG", b"RIFF"):
        return "raster"
    if raw[128:132] != b"DICM" and path.suffix.lower() not in {".dcm", ""}:
        return None
    if b"1.2.840.10008.5.1.4.1.1.77.1.6" in raw[:HEADER_BYTES]:
        return "slide dicom"
    if b"1.2.840.10008.5.1.4.1.1.11.1" in raw[:HEADER_BYTES]:
        return "presentation"
    return "encapsulated" if b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" in raw else "dicom"


def mutant(groups: dict[str, list[Path]], seed: int, number: int) -> Mutant:
    """Copy `number` of the series that `seed` starts; the same arguments give the same bytes."""
    dice = random.Random(f"{seed}:{number}")
    names = sorted(groups)
    path = dice.choice(groups[names[number % len(names)]])
    harm = dice.choice(("flip", "cut", "edge", "edge", "edge+flip"))
    raw = bytearray(path.read_bytes())
    if "edge" in harm:
        _set_edges(raw, dice)
    if "flip" in harm:
        _flip(raw, dice)
    if harm == "cut":
        del raw[max(1, int(len(raw) * dice.random() ** 2)) :]
    return Mutant(number, path, harm, bytes(raw))


def _flip(raw: bytearray, dice: random.Random) -> None:
    """Some bytes changed, half of the time within the header only."""
    end = min(len(raw), HEADER_BYTES) if dice.random() < 0.5 else len(raw)
    for _ in range(dice.choice((1, 2, 5, 20, 100))):
        raw[dice.randrange(end)] = dice.choice((0, 127, 128, 255, dice.randrange(256)))


def _set_edges(raw: bytearray, dice: random.Random) -> None:
    fields = list(_fields(bytes(raw)))
    order = ">" if raw[:2] == b"MM" or raw[:4] == b"\x89PNG" or raw[:2] == b"\xff\xd8" or raw[4:8] == b"ftyp" else "<"
    for _ in range(dice.choice((1, 1, 2, 4))):
        if fields and dice.random() < 0.9:
            offset, size = dice.choice(fields)
        else:
            offset, size = dice.randrange(max(1, min(len(raw), HEADER_BYTES) - 8)), dice.choice((1, 2, 4, 8))
        if offset + size > len(raw):
            continue
        value = dice.choice((*_EDGES, len(raw), len(raw) - 1, len(raw) + 1)) & ((1 << (8 * size)) - 1)
        raw[offset : offset + size] = value.to_bytes(size, "little" if order == "<" else "big")
    if raw[:4] == b"\x89PNG" and len(raw) > 33:  # a wrong check sum would hide the harm
        raw[29:33] = zlib.crc32(raw[12:29]).to_bytes(4, "big")


def _fields(raw: bytes) -> Iterator[tuple[int, int]]:
    """Where integers lie that decoders trust: offset and size in bytes."""
    readers: tuple[tuple[bool, Callable[[bytes], Iterator[tuple[int, int]]]], ...] = (
        (raw[:2] in (b"II", b"MM"), _tiff_fields),
        (raw[:2] == b"\xff\xd8", _jpeg_fields),
        (raw[:4] == b"\x89PNG", lambda _: iter([(8, 4), (16, 4), (20, 4), (24, 1), (25, 1), (28, 1), (33, 4)])),
        (container_of(raw[:16]) is not None, _video_fields),
        (raw[:4] == b"RIFF", lambda _: iter([(4, 4), (16, 4), (24, 4), (26, 2), (28, 2)])),
    )
    found = next((reader for fits, reader in readers if fits), _dicom_fields)
    yield from found(raw)


def _video_fields(raw: bytes) -> Iterator[tuple[int, int]]:
    """Sizes in front of and behind each name, and the first words of what follows: counts, times, places, dimensions."""
    for found in _VIDEO_NAME.finditer(raw):
        start, end = found.span()
        if start >= 4:
            yield start - 4, 4
        yield end, 1
        yield from ((end + step, 4) for step in range(0, 40, 4))


def _tiff_fields(raw: bytes) -> Iterator[tuple[int, int]]:
    order = "<" if raw[:2] == b"II" else ">"
    big = raw[2:4] in (b"+\0", b"\0+")
    word, count_bytes, entry_bytes = ("Q", 8, 20) if big else ("I", 2, 12)
    wide = 8 if big else 4
    place = 8 if big else 4
    yield place, wide
    for _ in range(32):
        if place + wide > len(raw):
            return
        offset = struct.unpack_from(order + word, raw, place)[0]
        if not 0 < offset < len(raw) - count_bytes:
            return
        entries = min(256, struct.unpack_from(order + ("Q" if big else "H"), raw, offset)[0])
        yield offset, count_bytes
        for number in range(entries):
            entry = offset + count_bytes + number * entry_bytes
            if entry + entry_bytes > len(raw):
                return
            yield from _entry_fields(raw, entry, order, big)
        place = offset + count_bytes + entries * entry_bytes
        yield place, wide


def _entry_fields(raw: bytes, entry: int, order: str, big: bool) -> Iterator[tuple[int, int]]:
    kind = struct.unpack_from(order + "H", raw, entry + 2)[0]
    count = struct.unpack_from(order + ("Q" if big else "I"), raw, entry + 4)[0]
    value, room, size = (entry + 12, 8, _TIFF_TYPES.get(kind, 1)) if big else (entry + 8, 4, _TIFF_TYPES.get(kind, 1))
    yield entry + 2, 2
    yield entry + 4, 8 if big else 4
    yield value, min(size, room)
    if size * count > room:
        table = struct.unpack_from(order + ("Q" if big else "I"), raw, value)[0]
        for number in (0, 1, count // 2, count - 1):
            if table + (number + 1) * size <= len(raw):
                yield table + number * size, size


def _jpeg_fields(raw: bytes) -> Iterator[tuple[int, int]]:
    for match in _JPEG_SEGMENT.finditer(raw, 0, HEADER_BYTES * 4):
        yield match.start() + 2, 2
        yield from ((match.start() + at, size) for at, size in ((4, 1), (5, 2), (7, 2), (9, 1), (11, 1)))


def _dicom_fields(raw: bytes) -> Iterator[tuple[int, int]]:
    for tag in _DICOM_TAGS:
        place = raw.find(tag, 128)
        for _ in range(3):
            if place < 0:
                break
            explicit = raw[place + 4 : place + 6].isalpha()
            long_form = raw[place + 4 : place + 6] in (b"OB", b"OW", b"SQ", b"UN", b"OF", b"OD", b"UT")
            yield (place + 8, 4) if long_form else (place + 6, 2) if explicit else (place + 4, 4)
            if not long_form:
                yield place + 8, 2
                yield place + 10, 2
            place = raw.find(tag, place + 4)
