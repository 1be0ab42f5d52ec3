"""Overlay planes: drawings and regions that a device stored over the pixels, one bit each (PS3.3 C.9.2 and C.9.3).

Their bits lie in a data element of their own or, in older files, in bits of the pixel words that hold no pixel. All
planes of a frame become one picture, in which each plane is one bit of the palette index.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from viewer.geometry import Size
from viewer.readers import base
from viewer.readers.base import EncodedPixels
from viewer.readers.errors import MalformedFile

GROUPS: Final = range(0x6000, 0x6020, 2)
MAX_SIDE: Final = 32_768
MAX_FRAMES: Final = 20_000
# One bit of an 8-bit palette index a plane; more than eight planes share the last bit.
MAX_PLANES: Final = 8
COUNT_HEADER: Final = "Mitate-Overlays"
_GRAPHICS_COLOUR: Final = (255, 221, 87)
_REGION_COLOUR: Final = (110, 214, 255)

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay group.

    Attributes:
        group: 0x6000 to 0x601E.
        rows: height of the plane in image pixels.
        columns: its width.
        top: image row of its first row (0-based, may be negative).
        left: image column of its first column.
        region: True for a region of interest (type R), False for graphics.
        first_frame: the image frame its first frame lies over (0-based); None where one plane lies over all frames.
        frames: number of its frames.
        bit: the bit of the pixel words it is stored in; None where it has data of its own.
    """

    group: int
    rows: int
    columns: int
    top: int
    left: int
    region: bool
    first_frame: int | None
    frames: int
    bit: int | None

    def frame_over(self, frame: int) -> int | None:
        """Which of its frames lies over the image's `frame`; both 0-based."""
        if self.first_frame is None:
            return 0
        own = frame - self.first_frame
        return own if 0 <= own < self.frames else None


def overlays_of(header: Dataset, *, words: bool) -> tuple[list[Overlay], bool]:
    """The overlays that can be drawn, and whether all that the file declares are among them.

    Args:
        header: the data set before the pixels.
        words: whether the pixel words lie open, so that their spare bits can be read: uncompressed grey.
    """
    found, whole = [], True
    for group in GROUPS:
        if (group << 16) | 0x0010 not in header:
            continue
        try:
            found.append(_read(header, group, words=words))
        except (MalformedFile, TypeError, ValueError, IndexError, KeyError, AttributeError):
            whole = False
    return found, whole


def _read(header: Dataset, group: int, *, words: bool) -> Overlay:
    def value(element: int, default: Any = None) -> Any:
        held = header.get((group << 16) | element)
        return default if held is None or held.value is None or held.value == "" else held.value

    rows, columns = int(value(0x0010)), int(value(0x0011))
    top, left = (int(part) - 1 for part in value(0x0050, (1, 1)))
    frames, first = value(0x0015), value(0x0051)
    count = int(frames or 1)
    if not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE and 0 < count <= MAX_FRAMES and abs(top) < 1 << 16 and abs(left) < 1 << 16):
        raise MalformedFile("malformed", "overlay")
    own = (group << 16) | 0x3000 in header
    bit = None if own else int(value(0x0102))
    if own:
        if len(bytes(value(0x3000, b""))) * 8 < rows * columns * count:
            raise MalformedFile("truncated", "overlay")
    elif not words or not _is_spare(header, bit or 0) or (rows, columns) != (header.get("Rows"), header.get("Columns")):
        raise MalformedFile("malformed", "overlay")
    over_all = (frames is None and first is None) or not own
    start = None if over_all else int(first or 1) - 1
    return Overlay(group, rows, columns, top, left, str(value(0x0040, "G")).strip() == "R", start, count, bit)


def _is_spare(header: Dataset, bit: int) -> bool:
    """Whether a bit of the pixel words lies outside those that hold the pixel."""
    stored, allocated = int(header.get("BitsStored", 0)), int(header.get("BitsAllocated", 0))
    high = int(header.get("HighBit", stored - 1))
    return 0 <= bit < allocated and not high - stored < bit <= high


def planes(header: Dataset, overlays: list[Overlay], frame: int, size: Size, words: NDArray[Any] | None) -> Iterator[tuple[Overlay, Bits]]:
    """Each overlay that lies over `frame` (0-based), as a mask of the image's rows and columns.

    Args:
        header: the data set before the pixels.
        overlays: of `overlays_of`.
        frame: 0-based.
        size: of the image; what an overlay holds beyond it is cut off.
        words: the frame's pixel words with all their bits, where an overlay is stored in them.
    """
    for overlay in overlays:
        own = overlay.frame_over(frame)
        if own is None:
            continue
        if overlay.bit is not None:
            bits = np.zeros((size.height, size.width), bool) if words is None else (words >> overlay.bit) & 1 == 1
        else:
            bits = own_bits(header, overlay, own)
        yield overlay, _onto(bits, overlay, size)


def own_bits(header: Dataset, overlay: Overlay, own: int) -> Bits:
    """One frame of overlay data; frames follow each other without padding, the lowest bit of a byte first."""
    element = header[(overlay.group << 16) | 0x3000]
    raw = np.frombuffer(bytes(element.value), dtype=np.uint8)
    if element.VR == "OW" and header.original_encoding[1] is False:
        raw = raw[: raw.size // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
    first, wanted = own * overlay.rows * overlay.columns, overlay.rows * overlay.columns
    part = np.unpackbits(raw[first // 8 : (first + wanted + 7) // 8], bitorder="little")
    return part[first % 8 : first % 8 + wanted].reshape(overlay.rows, overlay.columns).astype(bool)


def _onto(bits: Bits, overlay: Overlay, size: Size) -> Bits:
    mask = np.zeros((size.height, size.width), bool)
    top, left = max(0, overlay.top), max(0, overlay.left)
    bottom, right = min(size.height, overlay.top + bits.shape[0]), min(size.width, overlay.left + bits.shape[1])
    if top < bottom and left < right:
        mask[top:bottom, left:right] = bits[top - overlay.top : bottom - overlay.top, left - overlay.left : right - overlay.left]
    return mask


def encode(found: Iterator[tuple[Overlay, Bits]], size: Size) -> EncodedPixels:
    """The planes as one palette PNG: bit i of the index is plane i, index 0 is transparent."""
    index = np.zeros((size.height, size.width), np.uint8)
    regions = 0
    for number, (overlay, mask) in enumerate(found):
        bit = min(number, MAX_PLANES - 1)
        index |= (mask.astype(np.uint8) << bit).astype(np.uint8)
        regions |= int(overlay.region) << bit
    image = Image.fromarray(index, "P")
    image.putpalette([part for entry in range(256) for part in (_REGION_COLOUR if entry & ~regions == 0 else _GRAPHICS_COLOUR)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=bytes([0] + [255] * 255), compress_level=1)
    return EncodedPixels("image/png", buffer.getvalue())


def count_over(overlays: list[Overlay], frame: int) -> int:
    """How many overlays lie over `frame` (0-based)."""
    return sum(overlay.frame_over(frame) is not None for overlay in overlays)


def with_count(encoded: EncodedPixels, count: int) -> EncodedPixels:
    """The frame, saying how many overlays lie over it, so that a viewer asks only for those that are there."""
    return base.EncodedPixels(encoded.content_type, encoded.body, {**encoded.headers, COUNT_HEADER: str(count)}) if count else encoded
