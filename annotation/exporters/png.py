"""Grey PNG of a label map, written band by band (ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np

from annotation.exporters.painting import Bands
from annotation.schema.spool import Spool

__all__ = ["png_rows", "write_png"]

BAND_BYTES: Final = 8 << 20
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def png_rows(width: int, bits: int) -> int:
    """Return how many rows of a picture make a band of some megabytes."""
    return max(BAND_BYTES // (width * bits // 8), 1)


def write_png(spool: Spool, bands: Bands, *, width: int, height: int, bits: int) -> bool:
    """Write a picture of 8 or 16 bits whose bands have `png_rows`; return whether values of different marks met."""
    rows = png_rows(width, bits)
    spool.write(SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)))
    packer = zlib.compressobj(6)
    met = False
    for band in range(-(-height // rows)):
        picture = np.zeros((min(rows, height - band * rows), width), dtype=np.uint16 if bits > 8 else np.uint8)
        for y, start, stop, value in bands.of(band):
            part = picture[y - band * rows, start:stop]
            met = met or bool(((part != 0) & (part != value)).any())
            part[:] = value
        lines = picture.astype(">u2" if bits > 8 else np.uint8).view(np.uint8).reshape(len(picture), -1)
        # each line begins with the number of its filter: none
        packed = packer.compress(np.pad(lines, ((0, 0), (1, 0))).tobytes())
        if packed:
            spool.write(_chunk(b"IDAT", packed))
    spool.write(_chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b""))
    return met


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
