"""Tiles and strips of TIFF directories, decoded one by one and kept for their neighbours."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray

from viewer.geometry import Size
from viewer.readers import tiff_lzw
from viewer.readers.codestream import jpeg2000_size, jpeg_frame_header
from viewer.readers.errors import LimitExceeded, MalformedFile, UnsupportedFormat

# Uncompressed, LZW, JPEG, deflate (two numbers), PackBits, and JPEG 2000 under Aperio's two numbers and its own.
_COMPRESSIONS: Final = frozenset({1, 5, 7, 8, 32946, 32773, 33003, 33005, 34712})
_JPEG: Final = 7
_JPEG_2000: Final = frozenset({33003, 33005, 34712})
WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _YCBCR = 0, 1, 2, 6
GREY: Final = frozenset({WHITE_IS_ZERO, _BLACK_IS_ZERO})
_CONTIGUOUS: Final = 1
MAX_SEGMENT_PX: Final = 64_000_000
MAX_KEPT_BYTES: Final = 96 << 20

Samples = NDArray[Any]

READ_ERRORS: Final = (
    tifffile.TiffFileError, ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, RuntimeError,
    NotImplementedError, OverflowError, ZeroDivisionError,
)  # fmt: skip


class Segments:
    """Reads rectangles of directories of one open file.

    Attributes:
        kept_bytes: memory that decoded tiles and strips take.
    """

    def __init__(self, file: tifffile.TiffFile) -> None:
        self._file = file
        self._kept: OrderedDict[tuple[int, int], Samples] = OrderedDict()
        self.kept_bytes = 0

    def clear(self) -> None:
        """Drop what was decoded."""
        self._kept.clear()
        self.kept_bytes = 0

    def colour(self, page: tifffile.TiffPage, left: int, top: int, size: Size) -> Samples:
        """A rectangle of a colour or grey directory as stored: shape (height, width, 1 or 3); missing segments are white."""
        channels = 1 if page.photometric in GREY else 3
        whole = self._whole(page, left, top, size)
        if whole is not None and whole.shape[2] == channels:
            return whole
        blank = 0 if page.photometric in GREY else np.iinfo(page.dtype).max
        out = np.full((size.height, size.width, channels), blank, page.dtype)
        planes = 1 if page.planarconfig == _CONTIGUOUS else channels
        for plane in range(planes):
            wanted = out if planes == 1 else out[:, :, plane : plane + 1]
            self._fill(wanted, page, (left, top), plane, slice(0, channels))
        return out

    def sample(self, page: tifffile.TiffPage, left: int, top: int, size: Size, sample: int) -> Samples:
        """A rectangle of one sample of a directory as stored: shape (height, width); missing segments are 0."""
        out = np.zeros((size.height, size.width, 1), page.dtype)
        apart = page.planarconfig != _CONTIGUOUS
        self._fill(out, page, (left, top), sample if apart else 0, slice(0, 1) if apart else slice(sample, sample + 1))
        return out[:, :, 0]

    def _whole(self, page: tifffile.TiffPage, left: int, top: int, size: Size) -> Samples | None:
        """The tile that is just this rectangle, all samples together, if there is one: most of what is asked for."""
        if not page.is_tiled or page.planarconfig != _CONTIGUOUS or (size.width, size.height) != (page.tilewidth, page.tilelength):
            return None
        if left % size.width or top % size.height:
            return None
        segment = self._segment(page, top // size.height * -(-page.imagewidth // size.width) + left // size.width)
        return segment if segment is not None and segment.shape[:2] == (size.height, size.width) else None

    def _fill(self, out: Samples, page: tifffile.TiffPage, origin: tuple[int, int], plane: int, samples: slice) -> None:
        """Paste what lies under `out`, whose first pixel is at `origin` (x, y), from one plane of segments."""
        left, top = origin
        step_x, step_y = (page.tilewidth, page.tilelength) if page.is_tiled else (page.imagewidth, page.rowsperstrip)
        across, down = -(-page.imagewidth // step_x), -(-page.imagelength // step_y)
        for row in range(top // step_y, min(down, -(-(top + out.shape[0]) // step_y))):
            for column in range(left // step_x, min(across, -(-(left + out.shape[1]) // step_x))):
                segment = self._segment(page, (plane * down + row) * across + column)
                if segment is not None:
                    _paste(out, segment[:, :, samples], column * step_x - left, row * step_y - top)

    def _segment(self, page: tifffile.TiffPage, index: int) -> Samples | None:
        """One decoded tile or strip, shape (height, width, samples); None where the file stores none."""
        key = (int(page.offset), index)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        offset, count = page.dataoffsets[index], page.databytecounts[index]
        if count == 0 or offset == 0:
            return None
        try:
            self._file.filehandle.seek(offset)
            raw = self._file.filehandle.read(count) if offset + count <= self._file.filehandle.size else b""
            if len(raw) != count:
                raise MalformedFile("truncated", "tiles or strips lie past the end of the file")
            _check_stream(raw, page)
            segment = self._decoded(page, raw, index)
        except READ_ERRORS as error:
            raise MalformedFile("pixels_undecodable", type(error).__name__) from error
        self._keep(key, segment)
        return segment

    def _decoded(self, page: tifffile.TiffPage, raw: bytes, index: int) -> Samples:
        if tiff_lzw.takes(page):
            with contextlib.suppress(RuntimeError):  # the other decoder says what is wrong, or forgives it
                return tiff_lzw.decode_tile(raw, page, self._file.byteorder)
        decoded: Samples = np.asarray(page.decode(raw, index, jpegtables=page.jpegtables)[0])[0]
        return decoded

    def _keep(self, key: tuple[int, int], segment: Samples) -> None:
        """Keep what neighbouring tiles need again (a strip crosses the whole slide), within a bound."""
        self._kept[key] = segment
        self.kept_bytes += segment.nbytes
        while self.kept_bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
            self.kept_bytes -= self._kept.popitem(last=False)[1].nbytes


def _paste(out: Samples, segment: Samples, left: int, top: int) -> None:
    """Put `segment` so that its first pixel lies at (left, top) of `out`; either may reach beyond the other."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(out.shape[1], left + segment.shape[1]), min(out.shape[0], top + segment.shape[0])
    if x1 > x0 and y1 > y0:
        out[y0:y1, x0:x1] = segment[y0 - top : y1 - top, x0 - left : x1 - left, : out.shape[2]]


def check_page(page: tifffile.TiffPage) -> None:
    """Refuse a directory that cannot be shown truly, before anything of it is decoded."""
    if page.compression not in _COMPRESSIONS:
        raise UnsupportedFormat("unsupported_slide_format", f"compression {int(page.compression)}")
    colour = page.photometric in {_RGB, _YCBCR}
    dtype = page.dtype
    if (
        dtype is None
        or dtype.kind not in "uif"
        or dtype.itemsize > 4
        or page.photometric not in {WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _YCBCR}
    ):
        raise UnsupportedFormat("unsupported_pixel_layout", f"photometric {int(page.photometric)}, {page.bitspersample} bits")
    if colour and dtype.kind != "u":
        raise UnsupportedFormat("unsupported_pixel_layout", f"{dtype} colour")
    if page.photometric == _YCBCR and page.compression != _JPEG:
        raise UnsupportedFormat("unsupported_pixel_layout", "YCbCr that is not JPEG")
    if colour and page.samplesperpixel not in {3, 4}:
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
