"""Which bytes of a DICOM file are which frame.

Native pixels are cut by arithmetic. Encapsulated pixels are items; the frames are found by the extended offset table,
the basic offset table, one item a frame, or the start marker of each code stream, in that order. A table that points
anywhere but at an item is ignored.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from viewer.readers.dicom_file import DicomFile
from viewer.readers.errors import LimitExceeded, MalformedFile, OutOfRange, UnsupportedFormat

MAX_FRAMES: Final = 500_000
MAX_STACK_FRAMES: Final = 20_000
MAX_ITEMS: Final = 2_000_000
MAX_FRAME_BYTES: Final = 512 << 20
_ITEM: Final = b"\xfe\xff\x00\xe0"
_DELIMITER: Final = b"\xfe\xff\xdd\xe0"
_STARTS: Final = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")


@dataclass(frozen=True, slots=True)
class Layout:
    """How one frame's samples lie, as the header declares it and as it was believed.

    Attributes:
        rows: height in pixels.
        columns: width in pixels.
        samples: 1 or 3 a pixel.
        allocated: bits a sample takes.
        stored: bits of it that count.
        signed: whether samples are two's complement.
        photometric: PhotometricInterpretation.
        planar: PlanarConfiguration.
        frames: number of frames.
    """

    rows: int
    columns: int
    samples: int
    allocated: int
    stored: int
    signed: bool
    photometric: str
    planar: int
    frames: int

    @property
    def frame_bits(self) -> int:
        """Bits of one native frame."""
        if self.photometric == "YBR_FULL_422":
            return self.rows * self.columns * 2 * self.allocated
        return self.rows * self.columns * self.samples * self.allocated


def read_layout(file: DicomFile) -> Layout:
    """The layout, if it is sane.

    Raises:
        MalformedFile: for values that contradict each other.
        LimitExceeded: for frames or sizes beyond the limits.
        UnsupportedFormat: for layouts that are not read.
    """
    header = file.header
    allocated = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}.get(file.keyword) or _whole(header, "BitsAllocated", 0)
    samples = _whole(header, "SamplesPerPixel", 1)
    photometric = str(header.get("PhotometricInterpretation", "") or "").strip().upper()
    layout = Layout(
        rows=_whole(header, "Rows", 0),
        columns=_whole(header, "Columns", 0),
        samples=samples,
        allocated=allocated,
        stored=_whole(header, "BitsStored", allocated) if file.keyword == "PixelData" else allocated,
        signed=_whole(header, "PixelRepresentation", 0) == 1,
        photometric=photometric or ("MONOCHROME2" if samples == 1 else "RGB"),
        planar=_whole(header, "PlanarConfiguration", 0),
        frames=_whole(header, "NumberOfFrames", 1),
    )
    _check(layout)
    return layout


def _check(layout: Layout) -> None:
    if layout.rows < 1 or layout.columns < 1:
        raise MalformedFile("malformed", f"an image of {layout.columns} x {layout.rows} pixels")
    if layout.frames < 1:
        raise MalformedFile("malformed", f"{layout.frames} frames")
    if layout.frames > MAX_FRAMES:
        raise LimitExceeded("too_many_frames", str(layout.frames))
    if layout.allocated not in {1, 8, 16, 32, 64} or not 1 <= layout.stored <= layout.allocated:
        raise MalformedFile("malformed", f"{layout.stored} bits stored of {layout.allocated} allocated")
    if layout.frame_bits // 8 > MAX_FRAME_BYTES:
        raise LimitExceeded("too_many_pixels", f"{layout.columns} x {layout.rows} pixels a frame")
    one_sample = layout.photometric in {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}
    if layout.samples not in {1, 3} or one_sample != (layout.samples == 1):
        raise MalformedFile("malformed", f"{layout.samples} samples a pixel and {layout.photometric}")
    if layout.planar not in {0, 1}:
        raise MalformedFile("malformed", "planar configuration")


def _whole(header: object, keyword: str, default: int) -> int:
    value = header.get(keyword)  # type: ignore[attr-defined]
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedFile("malformed", keyword) from error


class FrameIndex:
    """Where each frame of a file lies.

    Attributes:
        table_fits: False where the file has an offset table that points elsewhere than at the frames. It is not used here,
            but a library that believes it reads beyond its memory.

    Args:
        file: an open DICOM file.
        layout: its checked layout.

    Raises:
        MalformedFile: when frames are missing or run past the end.
    """

    def __init__(self, file: DicomFile, layout: Layout) -> None:
        self._file, self._layout = file, layout
        self._frames: list[list[tuple[int, int]]] = []
        self.table_fits = True
        if file.encapsulated:
            self._index_items()
        elif file.syntax.is_encapsulated:
            raise MalformedFile("malformed", "uncompressed pixels in a compressed transfer syntax")
        else:
            needed = (layout.frame_bits * layout.frames + 7) // 8
            if min(file.length, file.stream_bytes - file.offset) < needed:
                raise MalformedFile("truncated", f"{needed} bytes of pixels declared")

    def frame_bytes(self, index: int) -> bytes:
        """The bytes of frame `index` (0-based), still encoded.

        Raises:
            OutOfRange: when there is no such frame.
            MalformedFile: when the file ends before it does.
        """
        if not 0 <= index < self._layout.frames:
            raise OutOfRange("no_such_frame")
        if self._frames:
            return b"".join(self._file.at(offset, length) for offset, length in self._frames[index])
        first_bit = index * self._layout.frame_bits
        start, end = first_bit // 8, (first_bit + self._layout.frame_bits + 7) // 8
        return self._file.at(self._file.offset + start, end - start)

    def first_bit(self, index: int) -> int:
        """Where frame `index` starts within its first byte; only bit-packed frames start elsewhere than at 0."""
        return index * self._layout.frame_bits % 8

    def _index_items(self) -> None:
        table, items = self._walk()
        frames, total = self._layout.frames, len(items)
        if total < frames:
            raise MalformedFile("truncated", f"{total} items for {frames} frames")
        extended = self._extended_table()
        grouped = self._by_offsets(extended, items) or self._by_offsets(table, items)
        self.table_fits = bool(grouped) or not (table or extended)
        if frames == 1:
            self._frames = [[(offset, length) for offset, length in items]]
        elif grouped:
            self._frames = grouped
        elif total == frames:
            self._frames = [[item] for item in items]
        else:
            self._frames = self._by_markers(items)

    def _walk(self) -> tuple[list[int], list[tuple[int, int]]]:
        file, place = self._file, self._file.offset
        table: list[int] | None = None
        items: list[tuple[int, int]] = []
        while place + 8 <= file.stream_bytes:
            head = file.at(place, 8)
            length = int(struct.unpack("<I", head[4:])[0])
            if head[:4] == _DELIMITER:
                break
            if head[:4] != _ITEM:
                raise MalformedFile("malformed", "something that is no item between the frames")
            if place + 8 + length > file.stream_bytes:
                raise MalformedFile("truncated", "an item runs past the end of the file")
            if table is None:
                raw = file.at(place + 8, min(length, 4 * MAX_FRAMES))
                table = list(struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))
            else:
                items.append((place + 8, length))
            if len(items) > MAX_ITEMS:
                raise LimitExceeded("too_many_frames", "items")
            place += 8 + length
        return table or [], items

    def _extended_table(self) -> list[int]:
        raw = self._file.header.get("ExtendedOffsetTable")
        if not isinstance(raw, bytes) or len(raw) % 8 or len(raw) > 8 * MAX_FRAMES:
            return []
        return list(struct.unpack(f"<{len(raw) // 8}Q", raw))

    def _by_offsets(self, table: list[int], items: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
        """Items grouped by the table, or nothing if the table does not fit them."""
        if not items or len(table) != self._layout.frames or table[0] != 0:
            return []
        first = items[0][0] - 8
        position = {offset - 8 - first: number for number, (offset, _) in enumerate(items)}
        starts = [position.get(offset, -1) for offset in table]
        if -1 in starts or starts != sorted(set(starts)):
            return []
        return [items[start:end] for start, end in zip(starts, [*starts[1:], len(items)], strict=True)]

    def _by_markers(self, items: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
        frames: list[list[tuple[int, int]]] = []
        for offset, length in items:
            if self._file.at(offset, min(length, 8)).startswith(_STARTS) or not frames:
                frames.append([])
            frames[-1].append((offset, length))
        if len(frames) != self._layout.frames:
            raise MalformedFile("malformed", f"{len(frames)} code streams for {self._layout.frames} frames")
        return frames


def check_stack(layout: Layout) -> None:
    """Refuse stacks longer than a viewer can list.

    Raises:
        LimitExceeded: beyond 20,000 frames.
        UnsupportedFormat: for 64-bit whole numbers.
    """
    if layout.frames > MAX_STACK_FRAMES:
        raise LimitExceeded("too_many_frames", str(layout.frames))
    if layout.samples == 3 and layout.allocated not in {8, 16, 32}:
        raise UnsupportedFormat("unsupported_pixel_layout", f"{layout.allocated}-bit colour")
