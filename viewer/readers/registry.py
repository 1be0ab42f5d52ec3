"""Which engine opens which file, and the open files a worker keeps.

`open_reader` always sniffs first: an engine, and above all OpenSlide, never sees a file that sniffing has not accepted.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from viewer.readers.base import ImageReader
from viewer.readers.errors import ReaderError, UnsupportedFormat
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
    from viewer.readers.raster import RasterReader  # noqa: PLC0415 -- engines load on first use

    return RasterReader(path, family)


def _open_tiff(path: str) -> ImageReader:
    """Tiled files go to OpenSlide; what it does not know, and what lies in strips, is tried as a picture."""
    from viewer.readers import tiff_structure  # noqa: PLC0415 -- engines load on first use
    from viewer.readers.openslide import OpenSlideReader  # noqa: PLC0415
    from viewer.readers.raster import RasterReader  # noqa: PLC0415

    structure = tiff_structure.read_structure(path)
    tiff_structure.check_structure(structure)
    if not structure.ndpi and not structure.directories[0].tiled:
        return RasterReader(path, "tiff")
    try:
        return OpenSlideReader(path)
    except UnsupportedFormat as refusal:
        try:
            reader = RasterReader(path, "tiff")
            reader.inspect()
        except UnsupportedFormat:
            raise
        except ReaderError as second:
            if structure.big_endian:
                raise UnsupportedFormat("unsupported_slide_format", "tiles in big-endian byte order") from second
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
