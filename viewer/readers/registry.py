"""Which engine opens which file, and the open files a worker keeps.

`open_reader` always sniffs first: an engine, and above all OpenSlide, never sees a file that sniffing has not accepted.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Final

from viewer.readers.base import ImageReader
from viewer.readers.errors import MissingCompanion, ReaderError, UnsupportedFormat
from viewer.readers.sniff import sniff

MAX_HANDLES: Final = 32
MAX_KEPT_BYTES: Final = 1 << 30


def open_reader(path: str) -> ImageReader:
    """The reader for the file at `path`; engines are imported when first needed.

    Raises:
        ReaderError: with the reason why it is refused.
    """
    family = sniff(path)
    if family == "dicom":
        from viewer.readers.dicom import open_instance  # noqa: PLC0415 -- engines load on first use

        return open_instance(path)
    if family == "tiff":
        return _open_tiff(path)
    if family == "spread":
        return _open_spread(path)
    if family in {"mp4", "webm", "avi"}:
        from viewer.readers.video.reader import VideoReader  # noqa: PLC0415 -- engines load on first use

        return VideoReader(path, family)
    from viewer.readers.raster import RasterReader  # noqa: PLC0415 -- engines load on first use

    return RasterReader(path, family)


def _open_spread(path: str) -> ImageReader:
    """A slide of several files, once it is sure that all of them are its own."""
    from viewer.readers import companions  # noqa: PLC0415 -- engines load on first use
    from viewer.readers.openslide import OpenSlideReader  # noqa: PLC0415

    if not companions.is_spread(path):
        raise MissingCompanion(detail="its first file is not named .vms or .vmu")
    companions.check(Path(path))
    return OpenSlideReader(path)


def _open_tiff(path: str) -> ImageReader:
    """Each TIFF to the engine that shows it truly.

    What OpenSlide would misread (channels, planes, levels below the first directory, deep grey cut to its upper bits) goes to
    the second slide engine, as do pyramids in strips and plain LZW and deflate, which it decodes in two thirds of the time;
    other tiled files go to OpenSlide first. What lies in strips without levels, and what neither slide engine knows, is tried
    as a picture.
    """
    from viewer.readers import tiff_structure  # noqa: PLC0415 -- engines load on first use
    from viewer.readers.openslide import OpenSlideReader, is_plain_tiff, keeps_label_first  # noqa: PLC0415

    structure = tiff_structure.read_structure(path)
    tiff_structure.check_structure(structure)
    if structure.ndpi:
        return OpenSlideReader(path)
    first = structure.directories[0]
    if structure.channelled:
        return _open_second(path, True)
    if structure.below or first.deep_grey or b"<OME" in first.description:
        return _open_second(path, first.tiled or structure.in_levels)
    if not first.tiled and any(one.tiled for one in structure.directories) and keeps_label_first(path):
        return OpenSlideReader(path)
    if not first.tiled:
        return _open_second(path, structure.in_levels)
    if first.packed_exactly and is_plain_tiff(path):
        return _open_second(path, True)
    try:
        return OpenSlideReader(path)
    except UnsupportedFormat:
        return _open_second(path, True)


def _open_second(path: str, slide: bool) -> ImageReader:
    """The second slide engine where it can be a slide; else, and for what that does not read, the picture engine."""
    from viewer.readers.raster import RasterReader  # noqa: PLC0415 -- engines load on first use

    if not slide:
        return RasterReader(path, "tiff")
    from viewer.readers.tiff_slide import TiffSlideReader  # noqa: PLC0415

    try:
        return TiffSlideReader(path)
    except UnsupportedFormat as refusal:
        if refusal.code == "multichannel_not_supported":
            raise
        try:
            reader = RasterReader(path, "tiff")
            reader.inspect()
        except ReaderError as second:
            raise refusal from second
        return reader


class HandleCache:
    """Open readers, the least recently used closed first; for one thread."""

    def __init__(self, limit: int = MAX_HANDLES, limit_bytes: int = MAX_KEPT_BYTES) -> None:
        self._limit, self._limit_bytes = limit, limit_bytes
        self._readers: OrderedDict[str, ImageReader] = OrderedDict()

    def get(self, path: str) -> ImageReader:
        """The open reader for `path`.

        Raises:
            ReaderError: when it has to be opened and is refused.
        """
        reader = self._readers.pop(path, None) or open_reader(path)
        self._readers[path] = reader
        return reader

    def trim(self) -> None:
        """Close what is beyond the limits; the reader used last always stays."""
        while len(self._readers) > 1 and (len(self._readers) > self._limit or self._kept() > self._limit_bytes):
            self._readers.popitem(last=False)[1].close()

    def forget(self, path: str) -> None:
        """Close the reader for `path`, if open."""
        reader = self._readers.pop(path, None)
        if reader is not None:
            reader.close()

    def _kept(self) -> int:
        return sum(int(getattr(reader, "kept_bytes", 0)) for reader in self._readers.values())
