"""A stored tile made into a JPEG file that a browser shows in the right colours. No codec: segments are moved, not decoded.

A slide keeps the tables of a level once and may say the colours of its tiles outside of them (TIFF PhotometricInterpretation).
A browser believes the stream alone: JFIF means YCbCr, and so does silence. So every tile gets the shared tables and one
Adobe marker that says what the slide says (ITU-T T.872, 6.5.3: transform 0 is RGB, 1 is YCbCr); its own application and
comment segments go, and with them embedded profiles, orientation, and text that nobody has looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_TABLES_BYTES: Final = 65_536
_SOI: Final = b"\xff\xd8"
_EOI: Final = b"\xff\xd9"
_PADDING_LOOKED_AT: Final = 16
_ITEM: Final = b"\xfe\xff\x00\xe0"
_TABLES: Final = frozenset({0xDB, 0xC4, 0xDD})
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_SCAN: Final = 0xDA
_SPOKEN: Final = frozenset({*range(0xE0, 0xF0), 0xFE})

RGB, YCBCR = 0, 1
# A JPEG file in two parts that follow each other, as writev(2) takes them: copying a tile costs more than finding it.
Pieces = tuple[bytes, memoryview]


@dataclass(frozen=True, slots=True)
class Head:
    """How tiles begin that were checked: everything before the first byte of the picture itself.

    Attributes:
        stored: as the slide has it.
        sent: as a browser gets it.
    """

    stored: bytes
    sent: bytes

    def pieces(self, tile: bytes | bytearray) -> Pieces | None:
        """The JPEG file of a stored tile that begins like this, not yet put together; None where it has no end."""
        if not tile.endswith(_EOI) and _EOI not in tile[-_PADDING_LOOKED_AT:]:
            return None
        return self.sent, memoryview(tile)[len(self.stored) :]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the tiles of one level need to become JPEG files.

    Attributes:
        width: of a tile in pixels, as its frame header must say.
        height: likewise.
        components: 1 or 3, likewise.
        prefix: everything that comes before the tile's own segments, from SOI on.
        fragmented: whether a tile lies in DICOM items, each with its head of 8 bytes, that have to be put together.
    """

    width: int
    height: int
    components: int
    prefix: bytes
    fragmented: bool = False

    def complete(self, stored: bytes | bytearray) -> bytes | None:
        """The JPEG file of a stored tile, or None where it is not the tile that was announced, or no whole one.

        Looks at every segment up to the first scan, and at the end; nothing is decoded.
        """
        whole = join_fragments(stored) if self.fragmented else stored
        head = None if whole is None else self.head_of(whole)
        found = None if whole is None or head is None else head.pieces(whole)
        return None if found is None else b"".join(found)

    def head_of(self, stored: bytes | bytearray) -> Head | None:
        """What the tile begins with, up to its first scan, as it is stored and as it is sent; None where that is not as announced."""
        if stored[:2] != _SOI:
            return None
        parts: list[bytes | bytearray] = [self.prefix]
        start = place = 2
        limit = len(stored) - 4
        framed = False
        while place < limit and stored[place] == 0xFF:
            marker = stored[place + 1]
            end = place + 2 + (stored[place + 2] << 8 | stored[place + 3])
            if marker == _SCAN:
                return Head(bytes(stored[:end]), b"".join([*parts, stored[start:end]])) if framed and end <= limit + 4 else None
            if marker in _SPOKEN:
                parts.append(stored[start:place])
                start = end
            elif marker in _FRAMES:
                if framed or not self._fits(stored[place + 4 : place + 10]):
                    return None
                framed = True
            elif marker not in _TABLES:
                return None
            if end < place + 4:
                return None
            place = end
        return None

    def _fits(self, frame: bytes | bytearray) -> bool:
        """Whether a frame header (precision, lines, samples a line, components; ITU-T T.81, B.2.2) is the announced one."""
        if len(frame) < 6:
            return False
        height, width = frame[1] << 8 | frame[2], frame[3] << 8 | frame[4]
        return frame[0] == 8 and width == self.width and height == self.height and frame[5] == self.components


def recipe(*, width: int, height: int, components: int, transform: int, tables: bytes = b"") -> Recipe | None:
    """The recipe of a level, or None where its tables are none.

    Args:
        width: of a full tile, in pixels.
        height: likewise.
        components: 1 (grey) or 3.
        transform: `RGB` or `YCBCR`, what the three components are.
        tables: an abbreviated table stream (SOI to EOI), as TIFF tag 347 holds it; empty where each tile has its own.
    """
    segments = _table_segments(tables) if tables else b""
    if segments is None or components not in {1, 3}:
        return None
    return Recipe(width, height, components, _SOI + (_adobe(transform) if components == 3 else b"") + segments)


def join_fragments(items: bytes | bytearray) -> bytes | None:
    """The content of DICOM items that follow each other (PS3.5 A.4), or None where something else stands between them."""
    parts: list[memoryview] = []
    view, place = memoryview(items), 0
    while place + 8 <= len(view) and bytes(view[place : place + 4]) == _ITEM:
        length = int.from_bytes(view[place + 4 : place + 8], "little")
        if place + 8 + length > len(view):
            return None
        parts.append(view[place + 8 : place + 8 + length])
        place += 8 + length
    return b"".join(parts) if place == len(view) else None


def _adobe(transform: int) -> bytes:
    return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])


def _table_segments(tables: bytes) -> bytes | None:
    """The table segments of an abbreviated stream without what stands around them."""
    if len(tables) > MAX_TABLES_BYTES or tables[:2] != _SOI:
        return None
    kept = b""
    place = 2
    while place + 4 <= len(tables) and tables[place] == 0xFF and tables[place + 1] != _EOI[1]:
        end = place + 2 + int.from_bytes(tables[place + 2 : place + 4], "big")
        if end > len(tables) or end < place + 4 or tables[place + 1] not in _TABLES | _SPOKEN:
            return None
        if tables[place + 1] in _TABLES:
            kept += tables[place:end]
        place = end
    return kept
