"""LZW tiles of TIFF slides through libtiff, whose decoder takes two thirds of the time of imagecodecs' own.

libtiff decodes files, not tiles; so a tile is put into the smallest file that says what it is (TIFF 6.0, sections 2 and 13).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    import tifffile
    from numpy.typing import NDArray

LZW: Final = 5
_SHORT, _LONG = 3, 4
_ENTRIES: Final = 11
_DIRECTORY: Final = 8


def takes(page: tifffile.TiffPage) -> bool:
    """Whether the tiles of a directory are such that this decodes them: LZW, whole bytes, all samples of a pixel together."""
    return (
        page.compression == LZW
        and page.is_tiled
        and page.planarconfig == 1
        and page.dtype in (np.uint8, np.uint16)
        and page.predictor in {1, 2}
        and page.bitspersample in {8, 16}
    )


def decode_tile(raw: bytes, page: tifffile.TiffPage, byte_order: str) -> NDArray[Any]:
    """The samples of one tile, shape (height, width, samples).

    Args:
        raw: as the file holds it.
        page: its directory, which `takes` has agreed to.
        byte_order: of the file, "<" or ">".

    Raises:
        RuntimeError: when libtiff does not decode it.
    """
    width, height, samples, depth = int(page.tilewidth), int(page.tilelength), int(page.samplesperpixel), int(page.bitspersample)
    bits = struct.pack(f"{byte_order}{samples}H", *[depth] * samples)
    bits_at = _DIRECTORY + 2 + _ENTRIES * 12 + 4
    entries = (
        (256, _LONG, 1, width),
        (257, _LONG, 1, height),
        (258, _SHORT, samples, bits_at if len(bits) > 4 else depth),
        (259, _SHORT, 1, LZW),
        (262, _SHORT, 1, 2 if samples >= 3 else 1),
        (273, _LONG, 1, bits_at + len(bits)),
        (277, _SHORT, 1, samples),
        (278, _LONG, 1, height),
        (279, _LONG, 1, len(raw)),
        (284, _SHORT, 1, 1),
        (317, _SHORT, 1, int(page.predictor)),
    )
    head = (b"II" if byte_order == "<" else b"MM") + struct.pack(f"{byte_order}HIH", 42, _DIRECTORY, _ENTRIES)
    directory = b"".join(_entry(byte_order, *entry) for entry in entries) + bytes(4)
    decoded = np.asarray(imagecodecs.tiff_decode(b"".join((head, directory, bits, raw))))
    if decoded.size != width * height * samples or decoded.dtype != np.dtype(f"u{depth // 8}"):
        raise RuntimeError("a tile of another size")
    return decoded.reshape(height, width, samples)


def _entry(byte_order: str, tag: int, kind: int, count: int, value: int) -> bytes:
    # A short value stands at the beginning of its four bytes; two short ones of the same value fill them.
    packed = struct.pack(f"{byte_order}HH", value, value if count == 2 else 0) if kind == _SHORT and count <= 2 else None
    return struct.pack(f"{byte_order}HHI", tag, kind, count) + (packed or struct.pack(f"{byte_order}I", value))
