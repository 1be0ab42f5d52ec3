"""Where the frames of a DICOM whole-slide level lie (DICOM PS3.5 A.4, encapsulated; PS3.3 C.7.6.17, tiled images).

JPEG baseline, 8 bits. Full and sparse tiling; basic, extended and empty offset tables; frames in one fragment or several. The
offset tables are only hints: every frame counts only where item headers of the right tag stand, up to the next frame.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import JPEGBaseline8Bit

from viewer.tiles.stored.candidates import MAX_INDEXED_TILES, Candidate, Lengths, Offsets, within_file
from viewer.tiles.stored.jpeg import RGB, YCBCR

MAX_SPARSE_FRAMES: Final = 100_000
MAX_FRAGMENTS: Final = 4_096  # of one frame
_PIXEL_DATA: Final = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
_ITEM: Final = 0xE000FFFE
_ITEM_HEAD: Final = struct.Struct("<II")


def dicom_candidate(path: str, file: int) -> Candidate | None:
    """The level that the DICOM instance at `path` stores, or None where its frames are nothing to hand over.

    Labels, overviews and thumbnails are none: only ImageType VOLUME counts (PS3.3 C.8.12.4.1.1).
    """
    with Path(path).open("rb") as stream:
        dataset = pydicom.dcmread(stream, stop_before_pixels=True)
        start = stream.tell()
        if not _is_plain_level(dataset):
            return None
        columns = -(-int(dataset.TotalPixelMatrixColumns) // int(dataset.Columns))
        rows = -(-int(dataset.TotalPixelMatrixRows) // int(dataset.Rows))
        cells = _cells(dataset, columns, rows)
        if cells is None or stream.seek(0, 2) <= start:
            return None
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            frames = _frames(mapped, start, len(cells), dataset)
        file_bytes = Path(path).stat().st_size
    if frames is None:
        return None
    offsets, lengths = np.zeros(columns * rows, np.uint64), np.zeros(columns * rows, np.uint64)
    offsets[cells], lengths[cells] = frames.offsets, frames.lengths
    declared = RGB if dataset.PhotometricInterpretation == "RGB" else YCBCR
    return Candidate(
        file=file,
        width=int(dataset.TotalPixelMatrixColumns),
        height=int(dataset.TotalPixelMatrixRows),
        tile_width=int(dataset.Columns),
        tile_height=int(dataset.Rows),
        columns=columns,
        rows=rows,
        components=int(dataset.SamplesPerPixel),
        transforms=(declared, YCBCR if declared == RGB else RGB),  # the attribute is often wrong; pixels decide
        tables=b"",
        offsets=offsets,
        lengths=within_file(offsets, lengths, file_bytes),
        fragmented=frames.fragmented,
    )


def _is_plain_level(dataset: Dataset) -> bool:
    """Whether this is one focal plane of one optical path of a level, in 8-bit baseline JPEG, in one file."""
    names = ("TotalPixelMatrixColumns", "TotalPixelMatrixRows", "Columns", "Rows", "NumberOfFrames", "SamplesPerPixel")
    if any(int(dataset.get(name) or 0) < 1 for name in names) or "ConcatenationUID" in dataset:
        return False
    if dataset.file_meta.get("TransferSyntaxUID") != JPEGBaseline8Bit or dataset.get("BitsAllocated") != 8:
        return False
    if "VOLUME" not in dataset.get("ImageType", []):
        return False
    one_plane = int(dataset.get("TotalPixelMatrixFocalPlanes") or 1) == 1 and int(dataset.get("NumberOfOpticalPaths") or 1) == 1
    tiles = -(-int(dataset.TotalPixelMatrixColumns) // int(dataset.Columns)) * -(-int(dataset.TotalPixelMatrixRows) // int(dataset.Rows))
    return one_plane and tiles <= MAX_INDEXED_TILES


def _cells(dataset: Dataset, columns: int, rows: int) -> list[int] | range | None:
    """The cell of the grid, counted row by row, of each frame; None where frames and grid do not go together."""
    frames = int(dataset.NumberOfFrames)
    if dataset.get("DimensionOrganizationType") == "TILED_FULL":
        return range(frames) if frames == columns * rows else None
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
    if len(groups) != frames or frames > MAX_SPARSE_FRAMES:
        return None
    cells: list[int] = []
    for group in groups:
        cell = _sparse_cell(group, int(dataset.Columns), int(dataset.Rows), columns, rows)
        if cell is None:
            return None
        cells.append(cell)
    return cells if len(set(cells)) == frames else None


def _sparse_cell(group: Dataset, width: int, height: int, columns: int, rows: int) -> int | None:
    """The cell of a frame by its 1-based position in the total pixel matrix; None off the grid."""
    places = group.get("PlanePositionSlideSequence")
    if not places:
        return None
    left = int(places[0].get("ColumnPositionInTotalImagePixelMatrix") or 0) - 1
    top = int(places[0].get("RowPositionInTotalImagePixelMatrix") or 0) - 1
    if left < 0 or top < 0 or left % width or top % height or left // width >= columns or top // height >= rows:
        return None
    return top // height * columns + left // width


class _Frames(NamedTuple):
    """Where the frames lie, in their order."""

    offsets: Offsets
    lengths: Lengths
    fragmented: bool


def _frames(mapped: mmap.mmap, start: int, frames: int, dataset: Dataset) -> _Frames | None:
    """The place of each frame; None where frames and items do not go together."""
    if mapped[start : start + 12] != _PIXEL_DATA or start + 20 > len(mapped):
        return None
    tag, length = _ITEM_HEAD.unpack_from(mapped, start + 12)
    first = start + 20 + length
    if tag != _ITEM or first > len(mapped):
        return None
    table = _offset_table(dataset, mapped, start + 20, length)
    if table is None:
        items = _walk(mapped, first, frames)
        return _packed(items, fragmented=False) if len(items) == frames else None
    places = [first + int(offset) for offset in table[:frames]]
    if len(places) != frames:
        return None
    spans = [_span(mapped, place, places[number + 1] if number + 1 < frames else None) for number, place in enumerate(places)]
    fragmented = any(span.items > 1 for span in spans)
    # A frame in one item is read without the item's head, which saves putting it together.
    found = [(span.place, span.length) if fragmented else (span.place + 8, max(0, span.length - 8)) for span in spans]
    return _packed(found, fragmented=fragmented)


def _packed(found: list[tuple[int, int]], *, fragmented: bool) -> _Frames:
    pairs = np.array(found, np.uint64).reshape(-1, 2)
    return _Frames(pairs[:, 0], pairs[:, 1].astype(np.uint32), fragmented)


def _offset_table(dataset: Dataset, mapped: mmap.mmap, start: int, length: int) -> Any:
    extended = dataset.get("ExtendedOffsetTable")
    if isinstance(extended, bytes) and extended and len(extended) % 8 == 0:
        return np.frombuffer(extended, "<u8")
    return np.frombuffer(mapped[start : start + length], "<u4") if length and length % 4 == 0 else None


def _walk(mapped: mmap.mmap, place: int, frames: int) -> list[tuple[int, int]]:
    """The items one after the other, one more than there are frames at most."""
    items: list[tuple[int, int]] = []
    while place + 8 <= len(mapped) and len(items) <= frames:
        tag, length = _ITEM_HEAD.unpack_from(mapped, place)
        if tag != _ITEM:
            break
        items.append((place + 8, length))
        place += 8 + length
    return items


class _Span(NamedTuple):
    """The items of one frame: where the first one's head stands, bytes up to the end of the last, and how many; 0 bytes for none."""

    place: int
    length: int
    items: int


def _span(mapped: mmap.mmap, place: int, until: int | None) -> _Span:
    """The items from `place` up to the next frame, or for the last frame up to where no further item stands."""
    end, items = place, 0
    while end != until and end + 8 <= len(mapped) and items < MAX_FRAGMENTS:
        tag, length = _ITEM_HEAD.unpack_from(mapped, end)
        if tag != _ITEM:
            break
        end, items = end + 8 + length, items + 1
    whole = items > 0 and (end == until if until is not None else end <= len(mapped))
    return _Span(place, end - place, items) if whole else _Span(place, 0, 0)
