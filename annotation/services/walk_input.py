"""What a page tells of a walk, checked before anything is stored. Knows nothing of the database."""

import base64
import binascii
import math
import zlib
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from annotation.errors import refusal

MAX_SQUARES: Final = 1 << 24
"""Squares of one grid: a slide of 260,000 x 260,000 px at full resolution; 2 MiB unpacked."""
MAX_ROUND: Final = 1_000
_MAGNIFICATIONS: Final = (1e-3, 1e4)
_MEMBERS: Final = {"magnification", "round", "columns", "rows", "seen", "wanted", "place"}


@dataclass(frozen=True, slots=True)
class SeenPart:
    """What was seen at one magnification.

    Attributes:
        magnification: as readers choose it.
        round: from 1; starting again is the next one.
        columns: squares across the image.
        rows: squares down.
        seen: one bit a square, row by row, the lowest bit of a byte first; read as one little-endian number.
        wanted: squares worth looking at, written the same way; None: all of them.
        place: middle of the field looked at last, level-0 px; None: nowhere yet.
    """

    magnification: float
    round: int
    columns: int
    rows: int
    seen: int
    wanted: int | None
    place: tuple[float, float] | None


def parse_seen(said: Any, *, width: int, height: int) -> SeenPart:
    """Return what a page tells.

    Args:
        said: the JSON that came.
        width: of the image, level-0 px; a grid that no square grid over it could be is refused.
        height: the same downwards.

    Raises:
        ApiError: ``walk_malformed`` with a pointer to the member at fault.
    """
    if not isinstance(said, dict) or set(said) != _MEMBERS:
        _refuse("")
    columns, rows = _whole(said, "columns", MAX_SQUARES), _whole(said, "rows", MAX_SQUARES)
    if columns * rows > MAX_SQUARES or not _are_squares(columns, rows, width, height):
        _refuse("/columns")
    wanted = said["wanted"]
    return SeenPart(
        magnification=_number(said["magnification"], "/magnification", *_MAGNIFICATIONS),
        round=_whole(said, "round", MAX_ROUND),
        columns=columns,
        rows=rows,
        seen=_bits(said["seen"], "/seen", columns * rows),
        wanted=None if wanted is None else _bits(wanted, "/wanted", columns * rows),
        place=_place(said["place"], width, height),
    )


def packed(bits: int, squares: int) -> bytes:
    """Return bits as they are stored and sent."""
    return zlib.compress(bits.to_bytes(-(-squares // 8), "little"))


def unpacked(stored: bytes) -> int:
    """Return bits that ``packed`` wrote."""
    return int.from_bytes(zlib.decompress(stored), "little")


def _are_squares(columns: int, rows: int, width: int, height: int) -> bool:
    """Return whether there is a side with which so many squares cover the image, and none of them in vain."""
    least = max(width / columns, height / rows)
    most = min(width / (columns - 1) if columns > 1 else math.inf, height / (rows - 1) if rows > 1 else math.inf)
    return least <= most * (1 + 1e-6)


def _bits(value: Any, pointer: str, squares: int) -> int:
    size = -(-squares // 8)
    try:
        raw = base64.b64decode(value, validate=True) if isinstance(value, str) else _refuse(pointer)
        stream = zlib.decompressobj()
        plain = stream.decompress(raw, size + 1)
    except (binascii.Error, ValueError, zlib.error):
        _refuse(pointer)
    if len(plain) != size or not stream.eof or stream.unused_data:
        _refuse(pointer)
    bits = int.from_bytes(plain, "little")
    if bits >> squares:
        _refuse(pointer)
    return bits


def _whole(said: dict[str, Any], member: str, most: int) -> int:
    value = said[member]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        _refuse(f"/{member}")
    return int(value)


def _number(value: Any, pointer: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        _refuse(pointer)
    return float(value)


def _place(value: Any, width: int, height: int) -> tuple[float, float] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        _refuse("/place")
    # The field at an edge may have its middle a little outside.
    return _number(value[0], "/place", -width, 2 * width), _number(value[1], "/place", -height, 2 * height)


def _refuse(pointer: str) -> NoReturn:
    raise refusal("walk_malformed", pointer)
