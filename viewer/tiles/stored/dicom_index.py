"""Where the frames of a DICOM whole-slide level lie (DICOM PS3.5 A.4, encapsulated; PS3.3 C.7.6.17, tiled images).

JPEG baseline, 8 bits. Full and sparse tiling; levels in one file or several; basic, extended and empty offset tables; frames in one
fragment or several. The offset tables are only hints: every frame counts only where item headers of the right tag stand, up to the
next frame.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import JPEGBaseline8Bit

from viewer.readers.dicom_parts import concatenation_of, part_of
from viewer.readers.errors import ReaderError
from viewer.tiles.stored.candidates import MAX_INDEXED_TILES, Candidate, Lengths, Offsets, in_part, within_file
from viewer.tiles.stored.jpeg import RGB, YCBCR

MAX_SPARSE_FRAMES: Final = 100_000
MAX_FRAGMENTS: Final = 4_096  # of one frame
_PIXEL_DATA: Final = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
_ITEM: Final = 0xE000FFFE
_ITEM_HEAD: Final = struct.Struct("<II")


Cells = npt.NDArray[np.int64]


class _Shape(NamedTuple):
    """What the files of one level have in common."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    components: int
    photometric: str

    @property
    def columns(self) -> int:
        return -(-self.width // self.tile_width)

    @property
    def rows(self) -> int:
        return -(-self.height // self.tile_height)


class _Held(NamedTuple):
    """What one instance holds of a level: the cells of its frames, counted row by row, and where these lie."""

    file: int
    concatenation: str
    shape: _Shape
    cells: Cells
    frames: _Frames


def dicom_candidates(paths: list[str]) -> list[Candidate]:
    """The levels that the DICOM instances of a slide store, without those whose frames are nothing to hand over.

    Labels, overviews and thumbnails are none: only ImageType VOLUME counts (PS3.3 C.8.12.4.1.1). A level whose parts are several
    instances (see `viewer.readers.dicom_parts`) is one candidate.
    """
    levels: dict[str, list[_Held]] = {}
    for number, path in enumerate(paths):
        held = _held(path, number)
        if held is not None:
            levels.setdefault(held.concatenation or str(number), []).append(held)
    return [candidate for parts in levels.values() if (candidate := _candidate(parts))]


def _candidate(parts: list[_Held]) -> Candidate | None:
    """A level of one file or of several; None where they do not go together."""
    shape = parts[0].shape
    cells = np.concatenate([part.cells for part in parts])
    if np.unique(cells).size != cells.size or any(part.shape != shape for part in parts):
        return None
    offsets, lengths = np.zeros(shape.columns * shape.rows, np.uint64), np.zeros(shape.columns * shape.rows, np.uint32)
    fragmented = any(part.frames.fragmented for part in parts)
    for number, part in enumerate(parts):
        frames = _as_items(part.frames) if fragmented else part.frames
        offsets[part.cells], lengths[part.cells] = in_part(frames.offsets, number), frames.lengths
    declared = RGB if shape.photometric == "RGB" else YCBCR
    return Candidate(
        files=tuple(part.file for part in parts),
        width=shape.width,
        height=shape.height,
        tile_width=shape.tile_width,
        tile_height=shape.tile_height,
        columns=shape.columns,
        rows=shape.rows,
        components=shape.components,
        transforms=(declared, YCBCR if declared == RGB else RGB),  # the attribute is often wrong; pixels decide
        tables=b"",
        offsets=offsets,
        lengths=lengths,
        fragmented=fragmented,
    )


def _held(path: str, file: int) -> _Held | None:
    """What the instance at `path` holds, or None where its frames are nothing to hand over."""
    with Path(path).open("rb") as stream:
        dataset = pydicom.dcmread(stream, stop_before_pixels=True)
        start = stream.tell()
        if not _is_plain_level(dataset):
            return None
        shape = _shape(dataset)
        cells = _cells(dataset, shape.columns, shape.rows)
        file_bytes = stream.seek(0, 2)
        if cells is None or file_bytes <= start:
            return None
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            frames = _frames(mapped, start, len(cells), dataset)
    if frames is None:
        return None
    within = frames._replace(lengths=within_file(frames.offsets, frames.lengths.astype(np.uint64), file_bytes))
    return _Held(file, concatenation_of(dataset), shape, cells, within)


def _shape(dataset: Dataset) -> _Shape:
    keywords = ("TotalPixelMatrixColumns", "TotalPixelMatrixRows", "Columns", "Rows", "SamplesPerPixel")
    width, height, tile_width, tile_height, components = (int(dataset[keyword].value) for keyword in keywords)
    return _Shape(width, height, tile_width, tile_height, components, str(dataset.PhotometricInterpretation))


def _is_plain_level(dataset: Dataset) -> bool:
    """Whether this is one focal plane of one optical path of a level, in 8-bit baseline JPEG."""
    names = ("TotalPixelMatrixColumns", "TotalPixelMatrixRows", "Columns", "Rows", "NumberOfFrames", "SamplesPerPixel")
    if any(int(dataset.get(name) or 0) < 1 for name in names):
        return False
    if dataset.file_meta.get("TransferSyntaxUID") != JPEGBaseline8Bit or dataset.get("BitsAllocated") != 8:
        return False
    if "VOLUME" not in dataset.get("ImageType", []):
        return False
    one_plane = int(dataset.get("TotalPixelMatrixFocalPlanes") or 1) == 1 and int(dataset.get("NumberOfOpticalPaths") or 1) == 1
    tiles = -(-int(dataset.TotalPixelMatrixColumns) // int(dataset.Columns)) * -(-int(dataset.TotalPixelMatrixRows) // int(dataset.Rows))
    return one_plane and tiles <= MAX_INDEXED_TILES


def _cells(dataset: Dataset, columns: int, rows: int) -> Cells | None:
    """The cell of the grid, counted row by row, of each frame; None where frames and grid do not go together."""
    frames = int(dataset.NumberOfFrames)
    if dataset.get("DimensionOrganizationType") == "TILED_FULL":
        return _full_cells(dataset, frames, columns * rows)
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
    if len(groups) != frames or frames > MAX_SPARSE_FRAMES:
        return None
    cells: list[int] = []
    for group in groups:
        cell = _sparse_cell(group, int(dataset.Columns), int(dataset.Rows), columns, rows)
        if cell is None:
            return None
        cells.append(cell)
    return np.array(cells, np.int64) if len(set(cells)) == frames else None


def _full_cells(dataset: Dataset, frames: int, tiles: int) -> Cells | None:
    """The cells of frames that follow each other, in one file or from where a part begins."""
    try:
        part = part_of(dataset, frames)
    except ReaderError:
        return None
    if part is None:
        return np.arange(frames) if frames == tiles else None
    return np.arange(part.first, part.end) if part.end <= tiles else None


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


def _as_items(frames: _Frames) -> _Frames:
    """Frames with the heads of their items, as those have to be read that lie in several."""
    if frames.fragmented:
        return frames
    lengths = np.where(frames.lengths > 0, frames.lengths + np.uint32(8), np.uint32(0))
    return _Frames(frames.offsets - np.uint64(8), lengths.astype(np.uint32), fragmented=True)


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
