"""The second slide engine: TIFF pyramids that OpenSlide refuses or misreads, by tifffile and imagecodecs.

OME-TIFF with levels below its first directory, QPTIFF, big-endian tiles, strips, colour planes stored apart, and grey
deeper than 8 bits. Only directories of this one file are read: an OME description may name other files, and is not
followed. Deep grey is shown by one rule for the whole slide: the smallest value of its coarsest level becomes black, the
largest white, and what lies outside is clipped; deep colour keeps its full range.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from viewer.geometry import Level, Size, TileGrid
from viewer.readers import tiff_facts
from viewer.readers.base import Inspection
from viewer.readers.codestream import jpeg2000_size, jpeg_frame_header
from viewer.readers.errors import LimitExceeded, MalformedFile, ReaderError, UnsupportedFormat
from viewer.readers.pyramid import MAX_BLOCK_PX, PyramidReader, usable_tile
from viewer.readers.tiff_levels import find_levels

NAME: Final = "tifffile"
# Uncompressed, LZW, JPEG, deflate (two numbers), PackBits, and JPEG 2000 under Aperio's two numbers and its own.
_COMPRESSIONS: Final = frozenset({1, 5, 7, 8, 32946, 32773, 33003, 33005, 34712})
_JPEG: Final = 7
_JPEG_2000: Final = frozenset({33003, 33005, 34712})
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _YCBCR = 0, 1, 2, 6
_CONTIGUOUS: Final = 1
MAX_SEGMENT_PX: Final = 64_000_000
MAX_KEPT_BYTES: Final = 96 << 20

Samples = NDArray[Any]


class TiffSlideReader(PyramidReader):
    """A TIFF pyramid opened by tifffile.

    Args:
        path: a TIFF whose structure `tiff_structure` has checked.

    Raises:
        UnsupportedFormat: for channels that are no colour, and for layouts or compressions that are not read.
        LimitExceeded: for strips beyond the limit.
        MalformedFile: when directories contradict each other.
    """

    def __init__(self, path: str) -> None:
        try:
            self._file = tifffile.TiffFile(path, _multifile=False)
        except _READ_ERRORS as error:
            raise MalformedFile("malformed", type(error).__name__) from error
        self._kept: OrderedDict[tuple[int, int], Samples] = OrderedDict()
        self.kept_bytes = 0
        self._range: tuple[float, float] | None = None
        try:
            self._open()
        except _READ_ERRORS as error:
            self.close()
            raise MalformedFile("malformed", type(error).__name__) from error
        except ReaderError:
            self.close()
            raise

    def inspect(self) -> Inspection:
        """Levels, spacing and objective; the thumbnail and the first tile are decoded once to prove them."""
        warnings: list[str] = []
        spacing = tiff_facts.spacing(self._pages[0], self._description, warnings)
        self.thumbnail(0, 256)
        self.tile(0, 0, 0)
        if self._range is not None:
            warnings.append("range_stretched")
        if self.levels[-1].size.pixels > MAX_BLOCK_PX:
            warnings.append("pyramid_incomplete")
        return Inspection(
            engine=NAME,
            format=tiff_facts.variant(self._description),
            kind="slide",
            modality="SM",
            size=self.size,
            levels=self.levels,
            spacing=spacing,
            objective_power=tiff_facts.objective(self._description),
            acquisition=tiff_facts.acquisition(self._pages[0]),
            warnings=warnings,
        )

    def close(self) -> None:
        """Close the file and drop what was decoded."""
        self._kept.clear()
        self.kept_bytes = 0
        self._file.close()

    def _open(self) -> None:
        first = self._file.pages.first
        self._description = str(first.description)[: tiff_facts.MAX_DESCRIPTION]
        self._pages = find_levels(self._file, self._description)
        for page in self._pages:
            _check_page(page)
        self.size = Size(first.imagewidth, first.imagelength)
        self.levels = []
        for index, page in enumerate(self._pages):
            size = Size(page.imagewidth, page.imagelength)
            tile = usable_tile(page.tilewidth, page.tilelength)
            downsample = max(1.0, (self.size.width / size.width + self.size.height / size.height) / 2)
            self.levels.append(Level(index, downsample, size, TileGrid.covering(size, tile)))

    def _read(self, level: int, left: int, top: int, size: Size) -> Image.Image:
        samples = self._samples(level, left, top, size)
        return Image.fromarray(self._to_eight_bits(samples), "RGB")

    def _samples(self, level: int, left: int, top: int, size: Size) -> Samples:
        """A rectangle of a level as stored: shape (height, width, 1 or 3); missing segments are white."""
        page = self._pages[level]
        channels = 3 if page.photometric in {_RGB, _YCBCR} else 1
        blank = 0 if page.photometric in {_BLACK_IS_ZERO, _WHITE_IS_ZERO} else np.iinfo(page.dtype).max
        out = np.full((size.height, size.width, channels), blank, page.dtype)
        step_x, step_y = (page.tilewidth, page.tilelength) if page.is_tiled else (page.imagewidth, page.rowsperstrip)
        across, down = -(-page.imagewidth // step_x), -(-page.imagelength // step_y)
        planes = 1 if page.planarconfig == _CONTIGUOUS else channels
        for row in range(top // step_y, min(down, -(-(top + size.height) // step_y))):
            for column in range(left // step_x, min(across, -(-(left + size.width) // step_x))):
                for plane in range(planes):
                    segment = self._segment(level, (plane * down + row) * across + column)
                    if segment is not None:
                        wanted = out if planes == 1 else out[:, :, plane : plane + 1]
                        _paste(wanted, segment, column * step_x - left, row * step_y - top)
        return out

    def _segment(self, level: int, index: int) -> Samples | None:
        """One decoded tile or strip, shape (height, width, samples); None where the file stores none."""
        kept = self._kept.get((level, index))
        if kept is not None:
            self._kept.move_to_end((level, index))
            return kept
        page = self._pages[level]
        offset, count = page.dataoffsets[index], page.databytecounts[index]
        if count == 0 or offset == 0:
            return None
        try:
            self._file.filehandle.seek(offset)
            raw = self._file.filehandle.read(count) if offset + count <= self._file.filehandle.size else b""
            if len(raw) != count:
                raise MalformedFile("truncated", "tiles or strips lie past the end of the file")
            _check_stream(raw, page)
            decoded = page.decode(raw, index, jpegtables=page.jpegtables)[0]
        except _READ_ERRORS as error:
            raise MalformedFile("pixels_undecodable", type(error).__name__) from error
        segment: Samples = np.asarray(decoded)[0]
        self._keep(level, index, segment)
        return segment

    def _keep(self, level: int, index: int, segment: Samples) -> None:
        """Keep what neighbouring tiles need again (a strip crosses the whole slide), within a bound."""
        self._kept[level, index] = segment
        self.kept_bytes += segment.nbytes
        while self.kept_bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
            self.kept_bytes -= self._kept.popitem(last=False)[1].nbytes

    def _to_eight_bits(self, samples: Samples) -> NDArray[np.uint8]:
        page = self._pages[0]
        if samples.shape[2] == 3:
            eight = samples if samples.dtype == np.uint8 else np.rint(samples / (np.iinfo(samples.dtype).max / 255.0))
            return np.ascontiguousarray(eight, dtype=np.uint8)
        if samples.dtype != np.uint8:
            low, high = self._extremes()
            scale = 255.0 / (high - low) if high > low else 0.0
            finite = np.nan_to_num(samples.astype(np.float64), nan=low, posinf=high, neginf=low)
            samples = np.rint(np.clip((finite - low) * scale, 0, 255)).astype(np.uint8)
        grey = 255 - samples if page.photometric == _WHITE_IS_ZERO else samples
        return np.ascontiguousarray(np.repeat(grey, 3, axis=2), dtype=np.uint8)

    def _extremes(self) -> tuple[float, float]:
        """Smallest and largest value of the coarsest level, or of its middle where even that is large."""
        if self._range is None:
            last = self.levels[-1]
            side = int(MAX_BLOCK_PX**0.5)
            size = Size(min(last.size.width, side), min(last.size.height, side))
            left, top = (last.size.width - size.width) // 2, (last.size.height - size.height) // 2
            samples = self._samples(last.index, left, top, size)
            finite = samples[np.isfinite(samples)]
            self._range = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        return self._range


_READ_ERRORS: Final = (
    tifffile.TiffFileError, ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, RuntimeError,
    NotImplementedError, OverflowError, ZeroDivisionError,
)  # fmt: skip


def _paste(out: Samples, segment: Samples, left: int, top: int) -> None:
    """Put `segment` so that its first pixel lies at (left, top) of `out`; either may reach beyond the other."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(out.shape[1], left + segment.shape[1]), min(out.shape[0], top + segment.shape[0])
    if x1 > x0 and y1 > y0:
        out[y0:y1, x0:x1] = segment[y0 - top : y1 - top, x0 - left : x1 - left, : out.shape[2]]


def _check_page(page: tifffile.TiffPage) -> None:
    """Refuse a directory that cannot be shown truly, before anything of it is decoded."""
    if page.compression not in _COMPRESSIONS:
        raise UnsupportedFormat("unsupported_slide_format", f"compression {int(page.compression)}")
    colour = page.photometric in {_RGB, _YCBCR}
    dtype = page.dtype
    if (
        dtype is None
        or dtype.kind not in "uif"
        or dtype.itemsize > 4
        or page.photometric not in {_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _YCBCR}
    ):
        raise UnsupportedFormat("unsupported_pixel_layout", f"photometric {int(page.photometric)}, {page.bitspersample} bits")
    if colour and dtype.kind != "u":
        raise UnsupportedFormat("unsupported_pixel_layout", f"{dtype} colour")
    if page.photometric == _YCBCR and page.compression != _JPEG:
        raise UnsupportedFormat("unsupported_pixel_layout", "YCbCr that is not JPEG")
    if page.samplesperpixel not in ({3, 4} if colour else {1}):
        raise UnsupportedFormat("multichannel_not_supported", f"{page.samplesperpixel} samples a pixel")
    width, height = (page.tilewidth, page.tilelength) if page.is_tiled else (page.imagewidth, page.rowsperstrip)
    if width < 1 or height < 1 or page.imagedepth != 1:
        raise MalformedFile("malformed", "tiles or strips without pixels")
    if width * height > MAX_SEGMENT_PX:
        raise LimitExceeded("too_many_pixels", f"a strip of {width} x {height}")
    segments = -(-page.imagewidth // width) * -(-page.imagelength // height)
    wanted = segments * (1 if page.planarconfig == _CONTIGUOUS else page.samplesperpixel)
    if min(len(page.dataoffsets), len(page.databytecounts)) < wanted:
        raise MalformedFile("malformed", f"{len(page.dataoffsets)} offsets for {wanted} tiles or strips")


def _check_stream(raw: bytes, page: tifffile.TiffPage) -> None:
    """Compare the code stream's own size with the directory's, before a codec allocates for it."""
    found: tuple[int, int] | None
    if page.compression == _JPEG:
        found = jpeg_frame_header(raw)[1]
    elif page.compression in _JPEG_2000:
        found = jpeg2000_size(raw)
    else:
        return
    width, height = (page.tilewidth, page.tilelength) if page.is_tiled else (page.imagewidth, page.rowsperstrip)
    if found is None or found[0] > width or found[1] > height:
        raise MalformedFile("pixels_undecodable", "a tile is not the size that its directory says")
