"""What a JPEG or JPEG 2000 code stream says about its own size, read before a codec makes room for it."""

from __future__ import annotations

import re
import struct
from typing import Final

_JPEG_FRAME_MARKERS: Final = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_STANDALONE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg_frame_header(raw: bytes) -> tuple[int, tuple[int, int] | None]:
    """The start-of-frame marker (0 if there is none) and the width and height it states."""
    place = 2
    while place + 9 <= len(raw):
        if raw[place] != 0xFF:
            break
        marker = raw[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _STANDALONE_MARKERS:
            place += 2
        elif marker in _JPEG_FRAME_MARKERS:
            height, width = struct.unpack(">HH", raw[place + 5 : place + 9])
            return marker, (int(width), int(height))
        else:
            place += 2 + int(struct.unpack(">H", raw[place + 2 : place + 4])[0])
    return 0, None


def jpeg2000_size(raw: bytes) -> tuple[int, int] | None:
    """Width and height that a JPEG 2000 code stream states; None where it states none or far too many tiles."""
    match = re.search(rb"\xff\x4f\xff\x51", raw[:4096])
    if match is None or len(raw) < match.end() + 36:
        return None
    x1, y1, x0, y0, tile_x, tile_y = struct.unpack(">6I", raw[match.end() + 4 : match.end() + 28])
    if tile_x == 0 or tile_y == 0 or (x1 // tile_x + 1) * (y1 // tile_y + 1) > 65_535:
        return None
    return int(x1 - x0), int(y1 - y0)
