"""A stored frame of motion JPEG as a JPEG file: handed over as it is, with what such files leave out."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

from PIL import Image

from viewer.geometry import Size

_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_BASELINE: Final = frozenset({0xC0, 0xC1})
_HUFFMAN, _SCAN, _RESTART = 0xC4, 0xDA, 0xDD
_QUANTISATION: Final = 0xDB
_SPOKEN: Final = frozenset({*range(0xE0, 0xF0), 0xFE})


def as_jpeg(stored: bytes, size: Size) -> bytes | None:
    """The JPEG file of a stored frame, or None where it has to be decoded: fields of half the height, other codecs, damage.

    Application and comment segments go, as nobody has looked at them; where the Huffman tables are left out, the usual
    ones (ITU-T T.81, K.3) are put in.

    Args:
        stored: the bytes of one frame.
        size: that its frame header must state.
    """
    if stored[:2] != _SOI or _EOI not in stored[-16:]:
        return None
    kept, place, framed, has_tables = [_SOI], 2, False, False
    while place + 4 <= len(stored) and stored[place] == 0xFF:
        marker = stored[place + 1]
        end = place + 2 + int.from_bytes(stored[place + 2 : place + 4], "big")
        if marker == _SCAN:
            tables = b"" if has_tables else _usual_tables()
            return b"".join([*kept, tables, stored[place:]]) if framed else None
        if end < place + 4 or end > len(stored):
            return None
        if marker in _BASELINE and not framed and _fits(stored[place + 4 : place + 10], size):
            framed = True
        elif marker not in _SPOKEN | {_HUFFMAN, _RESTART, _QUANTISATION}:
            return None
        has_tables |= marker == _HUFFMAN
        if marker not in _SPOKEN:
            kept.append(stored[place:end])
        place = end
    return None


def _fits(frame: bytes, size: Size) -> bool:
    """Whether a frame header (precision, lines, samples a line, components; ITU-T T.81, B.2.2) is the announced one."""
    if len(frame) < 6:
        return False
    stated = Size(int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big"))
    return frame[0] == 8 and stated == size and frame[5] in {1, 3}


@lru_cache(maxsize=1)
def _usual_tables() -> bytes:
    """The usual Huffman tables, from a file that has them."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    raw, place, tables = buffer.getvalue(), 2, b""
    while raw[place + 1] != _SCAN:
        end = place + 2 + int.from_bytes(raw[place + 2 : place + 4], "big")
        tables += raw[place:end] if raw[place + 1] == _HUFFMAN else b""
        place = end
    return tables
