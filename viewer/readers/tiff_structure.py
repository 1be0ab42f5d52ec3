"""The directories of a TIFF file, read and doubted before any codec sees them.

A few hundred bytes can claim billions of pixels, loop for ever or ask for gigabytes of table. `read_structure` walks the
directories with bounds, and `check_pyramid` refuses what a slide must not be. Nothing is decompressed here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from viewer.readers.errors import LimitExceeded, MalformedFile, UnsupportedFormat

MAX_DIRECTORIES: Final = 512
MAX_ENTRIES: Final = 512
MAX_VALUE_BYTES: Final = 64 << 20
MAX_TILE_SIDE_PX: Final = 4_096
MIN_TILE_SIDE_PX: Final = 8
MAX_TILES: Final = 8_000_000
MAX_SLIDE_SIDE_PX: Final = 4_000_000
MAX_SAMPLES: Final = 64
MAX_STRIP_BYTES: Final = 1 << 30

KIND, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION = 254, 256, 257, 258, 259, 262, 270
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS, PLANAR = 273, 277, 278, 279, 284
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, SUB_DIRECTORIES, SAMPLE_FORMAT = 322, 323, 324, 325, 330, 339
NDPI_MARK: Final = 65420

_TYPE_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_SMALL_TAGS: Final = frozenset({KIND, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANAR, TILE_WIDTH, TILE_HEIGHT,
                                SAMPLE_FORMAT, ROWS_PER_STRIP, SUB_DIRECTORIES})  # fmt: skip

_EXACT: Final = frozenset({5, 8, 32946})


@dataclass(frozen=True, slots=True)
class Directory:
    """One TIFF directory: the tags that say how the pixels lie.

    Attributes:
        numbers: first integers of the small tags, by tag.
        counts: how many values each tag declares.
        description: the ImageDescription, raw bytes.
        data_end: the largest end of a tile or strip, bytes from the file's start; 0 where unknown.
    """

    numbers: dict[int, tuple[int, ...]]
    counts: dict[int, int]
    description: bytes = b""
    data_end: int = 0

    def first(self, tag: int, default: int = 0) -> int:
        """The tag's first value."""
        values = self.numbers.get(tag)
        return values[0] if values else default

    @property
    def tiled(self) -> bool:
        """Whether the pixels lie in tiles."""
        return TILE_WIDTH in self.counts or TILE_OFFSETS in self.counts

    @property
    def deep_grey(self) -> bool:
        """Whether these are tiles of one sample a pixel with more than 8 bits."""
        return self.tiled and self.first(SAMPLES, 1) == 1 and self.first(BITS, 1) > 8

    @property
    def packed_exactly(self) -> bool:
        """Whether the pixels are LZW or deflate."""
        return self.first(COMPRESSION, 1) in _EXACT


@dataclass(frozen=True, slots=True)
class TiffStructure:
    """All directories of a file, in order, and those that hang below them (smaller levels)."""

    directories: list[Directory] = field(default_factory=list)
    below: list[Directory] = field(default_factory=list)
    ndpi: bool = False
    big_endian: bool = False
    file_bytes: int = 0

    @property
    def channelled(self) -> bool:
        """Whether there are samples or directories that are neither colour nor levels: channels, planes of focus, moments."""
        first = self.directories[0]
        grey = first.first(PHOTOMETRIC, 1) <= 1
        several = len(self.directories) > 1 and (
            b"<OME" in first.description
            or (grey and b"PerkinElmer-QPI" in first.description)
            or (first.description.startswith(b"ImageJ=") and not first.description.startswith(b"ImageJ=\nimages=1\n"))
        )
        return several or first.first(SAMPLES, 1) > (1 if grey else 4)

    @property
    def in_levels(self) -> bool:
        """Whether another directory is a smaller copy of the first: it lies below it, or calls itself reduced, and has its shape."""
        width, height = self.directories[0].first(WIDTH), self.directories[0].first(HEIGHT)
        reduced = [other for other in self.directories[1:] if other.first(KIND) & 1]
        others = [(other.first(WIDTH), other.first(HEIGHT)) for other in [*reduced, *self.below]]
        return any(0 < w <= width * 0.8 and h and abs(width / w - height / h) <= 0.02 * width / w for w, h in others)


class _Walker:
    """Reads directories of one open file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        head = self.head = file.read(16)
        if len(head) < 8:
            raise MalformedFile("truncated")
        self.file, self.size = file, size
        self.order = "<" if head[:2] == b"II" else ">"
        self.big = head[2:4] in (b"+\0", b"\0+")
        self.wide_next = self.big

    def unpack(self, code: str, raw: bytes) -> int:
        """One integer in the file's byte order."""
        return int(struct.unpack(self.order + code, raw)[0])

    def at(self, offset: int, count: int) -> bytes:
        """`count` bytes at `offset`, all of them."""
        if offset < 0 or count < 0 or offset + count > self.size:
            raise MalformedFile("truncated", "a directory points past the end of the file")
        self.file.seek(offset)
        return self.file.read(count)

    def first_offset(self) -> int:
        """Where the first directory lies."""
        if self.big:
            return self.unpack("Q", self.head[8:16]) if len(self.head) == 16 else self.size + 1
        return self.unpack("I", self.head[4:8])

    def directory(self, offset: int) -> tuple[Directory, int]:
        """The directory at `offset`, and the offset of the next (0: none)."""
        count_bytes, entry_bytes = (8, 20) if self.big else (2, 12)
        entries = self.unpack("Q" if self.big else "H", self.at(offset, count_bytes))
        if not 0 < entries <= MAX_ENTRIES:
            raise MalformedFile("malformed", "a directory with no entry, or far too many")
        table = self.at(offset + count_bytes, entries * entry_bytes)
        numbers: dict[int, tuple[int, ...]] = {}
        counts: dict[int, int] = {}
        places: dict[int, tuple[int, bytes]] = {}
        for position in range(0, len(table), entry_bytes):
            tag, kind, count, field_bytes = self._entry(table[position : position + entry_bytes])
            counts[tag] = count
            places[tag] = (kind, field_bytes)
            if tag in _SMALL_TAGS:
                numbers[tag] = self._integers(kind, min(count, 16), field_bytes)
        description = self._text(places.get(DESCRIPTION), counts.get(DESCRIPTION, 0))
        found = Directory(numbers, counts, description, self._data_end(places, counts))
        after = offset + count_bytes + len(table)
        wide = self.wide_next
        return found, self.unpack("Q" if wide else "I", self.at(after, 8 if wide else 4))

    def _entry(self, raw: bytes) -> tuple[int, int, int, bytes]:
        tag, kind = self.unpack("H", raw[0:2]), self.unpack("H", raw[2:4])
        count = self.unpack("Q", raw[4:12]) if self.big else self.unpack("I", raw[4:8])
        if count * _TYPE_BYTES.get(kind, 1) > MAX_VALUE_BYTES:
            raise MalformedFile("malformed", f"tag {tag} declares {count} values")
        return tag, kind, count, raw[12:20] if self.big else raw[8:12]

    def _raw(self, kind: int, count: int, field_bytes: bytes) -> bytes:
        wanted = count * _TYPE_BYTES.get(kind, 1)
        if wanted <= len(field_bytes):
            return field_bytes[:wanted]
        return self.at(self.unpack("Q" if self.big else "I", field_bytes), wanted)

    def _integers(self, kind: int, count: int, field_bytes: bytes) -> tuple[int, ...]:
        code = _INTEGERS.get(kind)
        if code is None:
            return ()
        return tuple(struct.unpack(f"{self.order}{count}{code}", self._raw(kind, count, field_bytes)))

    def _text(self, place: tuple[int, bytes] | None, count: int) -> bytes:
        if place is None:
            return b""
        return self._raw(place[0], count, place[1])

    def _data_end(self, places: dict[int, tuple[int, bytes]], counts: dict[int, int]) -> int:
        for offsets_tag, counts_tag in ((TILE_OFFSETS, TILE_COUNTS), (STRIP_OFFSETS, STRIP_COUNTS)):
            if offsets_tag not in places or counts_tag not in places:
                continue
            number = min(counts[offsets_tag], counts[counts_tag])
            starts = self._integers(places[offsets_tag][0], number, places[offsets_tag][1])
            sizes = self._integers(places[counts_tag][0], number, places[counts_tag][1])
            return max((start + size for start, size in zip(starts, sizes, strict=False)), default=0)
        return 0


def read_structure(path: str) -> TiffStructure:
    """Every directory of the TIFF at `path`, within bounds.

    Raises:
        MalformedFile: for loops, offsets past the end and impossible tables.
        LimitExceeded: for too many directories.
    """
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        walker = _Walker(file, size)
        offset = walker.first_offset()
        first, _ = walker.directory(offset)
        ndpi = not walker.big and NDPI_MARK in first.counts
        walker.wide_next = walker.big or ndpi
        directories: list[Directory] = []
        seen: set[int] = set()
        while offset:
            if offset in seen:
                raise MalformedFile("malformed", "the directories form a loop")
            if len(directories) >= MAX_DIRECTORIES:
                raise LimitExceeded("too_many_tiles", f"more than {MAX_DIRECTORIES} directories")
            seen.add(offset)
            directory, offset = walker.directory(offset)
            directories.append(directory)
        places = [place for one in directories for place in one.numbers.get(SUB_DIRECTORIES, ()) if place]
        if len(places) > MAX_DIRECTORIES:
            raise LimitExceeded("too_many_tiles", f"more than {MAX_DIRECTORIES} directories")
        below = [walker.directory(place)[0] for place in places]
    return TiffStructure(directories, below, ndpi, walker.order == ">", size)


def check_structure(structure: TiffStructure) -> None:
    """Refuse directories that no decoder should be asked to open.

    Raises:
        MalformedFile: for missing or zero sizes, data past the end, tables that do not fit the size.
        LimitExceeded: for tile sizes and tile counts beyond the limits.
        UnsupportedFormat: for more samples than colour has.
    """
    tiles = sum(_check_directory(directory, structure) for directory in [*structure.directories, *structure.below])
    if tiles > MAX_TILES:
        raise LimitExceeded("too_many_tiles", f"{tiles} tiles")


def _check_directory(directory: Directory, structure: TiffStructure) -> int:
    """The number of tiles in the directory, after doubting it."""
    if WIDTH not in directory.counts and HEIGHT not in directory.counts and len(directory.counts) < 4:
        raise MalformedFile("malformed", "a directory without an image")
    width, height = directory.first(WIDTH), directory.first(HEIGHT)
    if width < 1 or height < 1:
        raise MalformedFile("malformed", f"an image of {width} x {height} pixels")
    if max(width, height) > MAX_SLIDE_SIDE_PX:
        raise LimitExceeded("too_many_pixels", f"{width} x {height}")
    if directory.first(SAMPLES, 1) > MAX_SAMPLES:
        raise UnsupportedFormat("multichannel_not_supported", f"{directory.first(SAMPLES)} samples a pixel")
    if not structure.ndpi and directory.data_end > structure.file_bytes:
        raise MalformedFile("truncated", "tiles or strips lie past the end of the file")
    if b"<!ENTITY" in directory.description or b"<!DOCTYPE" in directory.description:
        raise MalformedFile("external_entity")
    if directory.tiled:
        return _check_tiles(directory, width, height)
    if not structure.ndpi:
        _check_strips(directory, width)
    return 0


def _check_tiles(directory: Directory, width: int, height: int) -> int:
    """The number of tiles, after checking it against the tables."""
    tile_width, tile_height = directory.first(TILE_WIDTH), directory.first(TILE_HEIGHT)
    if tile_width % 16 or tile_height % 16:
        raise MalformedFile("tile_size", f"{tile_width} x {tile_height}, not a multiple of 16")
    for side in (tile_width, tile_height):
        if not MIN_TILE_SIDE_PX <= side <= MAX_TILE_SIDE_PX:
            raise LimitExceeded("tile_size", f"{tile_width} x {tile_height}")
    number = -(-width // tile_width) * -(-height // tile_height)
    planes = directory.first(SAMPLES, 1) if directory.first(PLANAR, 1) == 2 else 1
    offsets = directory.counts.get(TILE_OFFSETS, directory.counts.get(STRIP_OFFSETS, 0))
    if offsets < number * planes:
        raise MalformedFile("malformed", f"{offsets} tile offsets for {number * planes} tiles")
    return number


def _check_strips(directory: Directory, width: int) -> None:
    bits = max(directory.numbers.get(BITS, (1,)), default=1)
    height = directory.first(HEIGHT)
    rows = min(directory.first(ROWS_PER_STRIP, height) or height, height)
    if width * rows * directory.first(SAMPLES, 1) * bits // 8 > MAX_STRIP_BYTES:
        raise LimitExceeded("too_many_pixels", f"a strip of {width} x {rows}")
