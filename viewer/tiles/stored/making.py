"""Makes the index of a slide, in a pixel worker, and proves it: what is handed over must look as OpenSlide shows it.

The proof replaces trust in what a scanner writes. From every level a few tiles, the richest ones first, are decoded from the
bytes that a browser would get, and compared with the pixels that the slide's reader gives for the same cell. Overlapping tiles, a
shifted grid, wrong colour attributes and another image of the same size all fail here, and the level stays rendered.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from viewer.geometry import Level
from viewer.readers.dicom_tiles import DicomTileReader
from viewer.readers.errors import ReaderError
from viewer.readers.openslide import OpenSlideReader
from viewer.readers.pyramid import PyramidReader
from viewer.tiles.stored import index_file, jpeg
from viewer.tiles.stored.candidates import Candidate, Lengths, Offsets
from viewer.tiles.stored.dicom_index import dicom_candidates
from viewer.tiles.stored.index_file import PART_SHIFT, IndexedLevel
from viewer.tiles.stored.tiff_index import tiff_candidates

BLOCK_PX: Final = 8
MEAN_TOLERANCE: Final = 1.5
PROOFS_A_REGION: Final = 3

Grid = npt.NDArray[np.uint32]


def make_index(reader: PyramidReader, paths: list[str], announced: list[dict[str, Any]]) -> bytes:
    """The packed index of a slide, with no level where nothing can be handed over.

    Args:
        reader: open on the slide.
        paths: all files of the slide, the reader's own among them.
        announced: the levels as the image's manifest has them; a level that the reader sees otherwise is left out.

    Raises:
        ReaderError: when the files cannot be parsed.
    """
    if isinstance(reader, DicomTileReader) or (isinstance(reader, OpenSlideReader) and reader.vendor == "dicom"):
        found = dicom_candidates(paths)
    else:
        found = tiff_candidates(paths[0])
    levels: list[tuple[IndexedLevel, Offsets, Lengths]] = []
    for level in reader.levels:
        if level.as_json() not in announced:
            continue
        proven = next((made for candidate in found if (made := _level(reader, level, candidate, paths))), None)
        if proven is not None:
            levels.append(proven)
    return index_file.pack(levels)


def _level(reader: PyramidReader, level: Level, candidate: Candidate, paths: list[str]) -> tuple[IndexedLevel, Offsets, Lengths] | None:
    """The level's tiles if the candidate stores them in the level's own grid, and they are proven."""
    if not _covers(candidate, level):
        return None
    shape = (candidate.rows, candidate.columns)
    offsets = candidate.offsets.reshape(shape)[: level.grid.rows, : level.grid.columns]
    for transform in candidate.transforms:
        recipe = jpeg.recipe(
            width=candidate.tile_width,
            height=candidate.tile_height,
            components=candidate.components,
            transform=transform,
            tables=candidate.tables,
        )
        if recipe is None:
            return None
        recipe = replace(recipe, fragmented=candidate.fragmented)
        lengths = candidate.lengths.reshape(shape)[: level.grid.rows, : level.grid.columns].copy()
        file, *others = candidate.files
        indexed = IndexedLevel(level.index, file, level.grid.columns, level.grid.rows, recipe, others=tuple(others))
        if _Proof(reader, level, indexed, [paths[each] for each in candidate.files], offsets).keep_proven(lengths):
            return indexed, offsets.ravel(), lengths.ravel()
    return None


def _covers(candidate: Candidate, level: Level) -> bool:
    """Whether the candidate has the level's tile size and its tiles, and hardly more: Philips pads a level to whole tiles.

    One pixel less may come of rounding the bounds of a level; it is padding then, as JPEG blocks have it.
    """
    tile = level.grid.tile
    if candidate.columns < level.grid.columns or candidate.rows < level.grid.rows:
        return False
    beyond = (candidate.width - level.size.width, candidate.height - level.size.height)
    same_tiles = (candidate.tile_width, candidate.tile_height) == (tile.width, tile.height)
    return same_tiles and -1 <= beyond[0] < 2 * tile.width and -1 <= beyond[1] < 2 * tile.height


class _Proof:
    """Compares stored tiles of one level with the reader's pixels."""

    def __init__(self, reader: PyramidReader, level: Level, indexed: IndexedLevel, paths: list[str], offsets: Offsets) -> None:
        self._reader, self._level, self._recipe = reader, level, indexed.recipe
        self._paths = paths
        self._parts, self._offsets = offsets >> np.uint64(PART_SHIFT), offsets & np.uint64((1 << PART_SHIFT) - 1)

    def keep_proven(self, lengths: Grid) -> bool:
        """Set to 0 what is not proven; whether anything stays.

        The last column and row are judged by themselves, as scanners often treat them otherwise. Tiles that Aperio left
        empty there have no length; OpenSlide rebuilds them from the finer level when they are rendered.
        """
        rows, columns = lengths.shape
        inner, right, bottom = (slice(0, rows - 1), slice(0, columns - 1)), np.s_[:, -1:], np.s_[-1:, :]
        for region in (inner, right, bottom):
            if lengths[region].size and not self._holds(lengths, region):
                lengths[region] = 0
        return bool(lengths.any())

    def _holds(self, lengths: Grid, region: tuple[slice, slice]) -> bool:
        """Whether the richest stored tiles of a region, and the one in its middle, are what the reader shows; so for each file."""
        sizes = lengths[region]
        stored = np.flatnonzero(sizes)
        if not stored.size:
            return False
        numbers = np.arange(lengths.size).reshape(lengths.shape)[region].ravel()
        parts = self._parts[region].ravel()[stored]
        for part in np.unique(parts):
            here = stored[parts == part]
            richest = here[np.argsort(sizes.ravel()[here])[-PROOFS_A_REGION:]]
            chosen = {int(numbers[index]) for index in [*richest, here[len(here) // 2]]}
            if not all(self._is_shown(self._paths[int(part)], lengths, number) for number in chosen):
                return False
        return True

    def _is_shown(self, path: str, lengths: Grid, number: int) -> bool:
        row, column = divmod(number, lengths.shape[1])
        with open(path, "rb") as file:  # noqa: PTH123 -- paths are text all the way
            file.seek(int(self._offsets[row, column]))
            return self._same(file.read(int(lengths[row, column])), column, row)

    def _same(self, stored: bytes, column: int, row: int) -> bool:
        whole = self._recipe.complete(stored)
        if whole is None:
            return False
        try:
            wanted = self._reader.tile_pixels(self._level.index, column, row)
            shown = Image.open(io.BytesIO(whole), formats=["JPEG"]).convert("RGB").crop((0, 0, wanted.width, wanted.height))
        except (OSError, ReaderError):
            return False
        return float(np.abs(_blocks(shown) - _blocks(wanted)).mean()) <= MEAN_TOLERANCE


def _blocks(image: Image.Image) -> npt.NDArray[np.float64]:
    """Means of blocks: OpenSlide interpolates a level whose downsample is no whole number, by less than a pixel."""
    side = min(BLOCK_PX, image.width, image.height)
    rows, columns = image.height // side, image.width // side
    pixels = np.asarray(image, np.float64)[: rows * side, : columns * side]
    means: npt.NDArray[np.float64] = pixels.reshape(rows, side, columns, side, 3).mean(axis=(1, 3))
    return means
