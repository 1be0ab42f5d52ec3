"""The second slide engine: TIFF pyramids that OpenSlide refuses or misreads, by tifffile and imagecodecs.

OME-TIFF with levels below its first directory, QPTIFF, big-endian tiles, strips, colour planes stored apart, grey deeper than
8 bits, fluorescence in several channels, planes of focus and moments. Only directories of this one file are read: an OME
description may name other files, and is not followed. Grey that is deeper than 8 bits is a channel in white; its range is the
smallest and largest value of its coarsest level. Deep colour keeps its full range.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray

from viewer.geometry import Level, Size, TileGrid
from viewer.readers import tiff_facts
from viewer.readers.base import Inspection
from viewer.readers.errors import MalformedFile, ReaderError
from viewer.readers.pyramid import MAX_BLOCK_PX, usable_tile
from viewer.readers.tiff_planes import find_stack
from viewer.readers.tiff_segments import READ_ERRORS, WHITE_IS_ZERO, Samples, Segments, check_page
from viewer.readers.viewed import Box, ViewedPyramid

NAME: Final = "tifffile"


class TiffSlideReader(ViewedPyramid):
    """A TIFF pyramid opened by tifffile.

    Args:
        path: a TIFF whose structure `tiff_structure` has checked.

    Raises:
        UnsupportedFormat: for channels that are no colour and that nothing explains, and for layouts that are not read.
        LimitExceeded: for strips beyond the limit.
        MalformedFile: when directories contradict each other.
    """

    def __init__(self, path: str) -> None:
        try:
            self._file = tifffile.TiffFile(path, _multifile=False)
        except READ_ERRORS as error:
            raise MalformedFile("malformed", type(error).__name__) from error
        super().__init__()
        self._segments = Segments(self._file)
        try:
            self._open()
        except READ_ERRORS as error:
            self.close()
            raise MalformedFile("malformed", type(error).__name__) from error
        except ReaderError:
            self.close()
            raise

    @property
    def kept_bytes(self) -> int:
        """Memory that decoded tiles and strips take."""
        return self._segments.kept_bytes

    def inspect(self) -> Inspection:
        """Levels, channels, planes, spacing and objective; the thumbnail and the first tile are decoded once to prove them."""
        warnings: list[str] = []
        first = self._stack.levels[0][0]
        spacing = tiff_facts.spacing(first, self._description, warnings)
        self.thumbnail(0, 256)
        self.tile(0, 0, 0)
        if len(self.channels) == 1:
            warnings.append("range_stretched")
        if self.levels[-1].size.pixels > MAX_BLOCK_PX:
            warnings.append("pyramid_incomplete")
        return Inspection(
            engine=NAME,
            format=tiff_facts.variant(self._description),
            kind="slide",
            modality="SM",
            size=self.size,
            frame_count=self.z * self.t,
            levels=self.levels,
            spacing=spacing,
            objective_power=tiff_facts.objective(self._description),
            acquisition=tiff_facts.acquisition(first),
            warnings=warnings,
            channels=self.described_channels(),
            planes=self.described_planes(),
        )

    def close(self) -> None:
        """Close the file and drop what was decoded."""
        self._segments.clear()
        self._file.close()

    def _open(self) -> None:
        self._description = str(self._file.pages.first.description)[: tiff_facts.MAX_DESCRIPTION]
        self._stack = find_stack(self._file, self._description)
        self.channels, self.z, self.t, self.z_step_um = self._stack.channels, self._stack.z, self._stack.t, self._stack.z_step_um
        for page in (page for level in self._stack.levels for page in level):
            check_page(page)
        first = self._stack.levels[0][0]
        self.size = Size(first.imagewidth, first.imagelength)
        self.levels = []
        for index, pages in enumerate(self._stack.levels):
            size = Size(pages[0].imagewidth, pages[0].imagelength)
            tile = usable_tile(pages[0].tilewidth, pages[0].tilelength)
            downsample = max(1.0, (self.size.width / size.width + self.size.height / size.height) / 2)
            self.levels.append(Level(index, downsample, size, TileGrid.covering(size, tile)))

    def _colour(self, level: int, box: Box, plane: int) -> NDArray[np.uint8]:
        page = self._stack.levels[level][self._stack.places[plane][0][0]]
        return _to_eight_bits(self._segments.colour(page, *box), page)

    def _stored(self, level: int, box: Box, plane: int, channel: int) -> Samples:
        number, sample = self._stack.places[plane][channel]
        return self._segments.sample(self._stack.levels[level][number], *box, sample)

    def _dtype(self) -> np.dtype[Any]:
        return np.dtype(self._stack.levels[0][0].dtype)

    def _is_inverted(self) -> bool:
        return bool(self._stack.levels[0][0].photometric == WHITE_IS_ZERO)


def _to_eight_bits(samples: Samples, page: tifffile.TiffPage) -> NDArray[np.uint8]:
    if samples.shape[2] == 3:
        eight = samples if samples.dtype == np.uint8 else np.rint(samples / (np.iinfo(samples.dtype).max / 255.0))
        return np.ascontiguousarray(eight, dtype=np.uint8)
    grey = 255 - samples if page.photometric == WHITE_IS_ZERO else samples
    return np.ascontiguousarray(np.repeat(grey, 3, axis=2), dtype=np.uint8)
