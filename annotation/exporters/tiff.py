"""Tiled pyramid of a label map as BigTIFF, Deflate; every empty tile is one and the same, so that a slide of nothing is small."""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.exporters.painting import Bands
from annotation.schema.spool import Spool

__all__ = ["HEADER_BYTES", "TILE_PX", "Page", "header", "levels_of", "pages", "write_tiles"]

TILE_PX: Final = 512
HEADER_BYTES: Final = 16
_SHORT, _LONG, _RATIONAL, _LONG8 = 3, 4, 5, 16
_PACKING: Final = {_SHORT: "H", _LONG: "I", _LONG8: "Q"}


class Page(NamedTuple):
    """One level: its size in its own pixels, how many level-0 pixels each stands for, and where its tiles lie in the file."""

    width: int
    height: int
    step: int
    offsets: list[int]
    sizes: list[int]


def levels_of(width: int, height: int) -> list[tuple[int, int, int]]:
    """Return (width, height, step) of each level: halved until one tile holds the picture."""
    levels = [(width, height, 1)]
    while max(levels[-1][:2]) > TILE_PX:
        step = levels[-1][2] * 2
        levels.append((-(-width // step), -(-height // step), step))
    return levels


def write_tiles(spool: Spool, bands: Bands, *, width: int, height: int, step: int, bits: int) -> tuple[Page, bool]:
    """Append the tiles of a level, whose bands have TILE_PX rows; return where they lie, and whether different values met.

    Memory: the tiles of one row of tiles that hold anything.
    """
    across, down = -(-width // TILE_PX), -(-height // TILE_PX)
    kind = "<u2" if bits > 8 else "u1"
    page, met = Page(width, height, step, [], []), False
    nothing: tuple[int, int] | None = None
    for band in range(down):
        tiles, overlap = _painted(bands, band, kind)
        met = met or overlap
        for column in range(across):
            tile = tiles.get(column)
            if tile is None:
                nothing = nothing or _append(spool, np.zeros((TILE_PX, TILE_PX), dtype=kind))
                place = nothing
            else:
                place = _append(spool, tile)
            page.offsets.append(place[0])
            page.sizes.append(place[1])
    return page, met


def _painted(bands: Bands, band: int, kind: str) -> tuple[dict[int, NDArray[np.generic]], bool]:
    tiles: dict[int, NDArray[np.generic]] = {}
    met = False
    for y, start, stop, value in bands.of(band):
        for column in range(start // TILE_PX, (stop - 1) // TILE_PX + 1):
            if column not in tiles:
                tiles[column] = np.zeros((TILE_PX, TILE_PX), dtype=kind)
            left = column * TILE_PX
            part = tiles[column][y - band * TILE_PX, max(start - left, 0) : min(stop - left, TILE_PX)]
            met = met or bool(((part != 0) & (part != value)).any())
            part[:] = value
    return tiles, met


def _append(spool: Spool, tile: NDArray[np.generic]) -> tuple[int, int]:
    packed = zlib.compress(tile.tobytes(), 6)
    place = (HEADER_BYTES + spool.size, len(packed))
    spool.write(packed)
    return place


def header(first_page: int) -> bytes:
    """Return the beginning of a little-endian BigTIFF whose first page lies at a byte."""
    return b"II" + struct.pack("<HHHQ", 43, 8, 0, first_page)


def pages(levels: list[Page], at: int, *, bits: int, spacing_um: tuple[float, float] | None) -> bytes:
    """Return the descriptions of all levels, which begin at a byte of the file."""
    out = b""
    for place, level in enumerate(levels):
        out += _page(level, at + len(out), bits=bits, spacing_um=spacing_um, last=place == len(levels) - 1)
    return out


def _page(level: Page, at: int, *, bits: int, spacing_um: tuple[float, float] | None, last: bool) -> bytes:
    tags: list[tuple[int, int, list[int]]] = [
        (254, _LONG, [0 if level.step == 1 else 1]),
        (256, _LONG, [level.width]),
        (257, _LONG, [level.height]),
        (258, _SHORT, [bits]),
        (259, _SHORT, [8]),  # Adobe Deflate
        (262, _SHORT, [1]),  # black is zero
        (277, _SHORT, [1]),
        *_resolution(level.step, spacing_um),
        (322, _SHORT, [TILE_PX]),
        (323, _SHORT, [TILE_PX]),
        (324, _LONG8, level.offsets),
        (325, _LONG8, level.sizes),
        (339, _SHORT, [1]),
    ]
    after = at + 8 + 20 * len(tags) + 8
    entries, beyond = b"", b""
    for tag, kind, values in tags:
        data = struct.pack(f"<{len(values)}{_PACKING[kind]}", *values) if kind != _RATIONAL else struct.pack("<2I", *values)
        count = 1 if kind == _RATIONAL else len(values)
        if len(data) > 8:
            entries += struct.pack("<HHQQ", tag, kind, count, after + len(beyond))
            beyond += data + b"\0" * (-len(data) % 8)
        else:
            entries += struct.pack("<HHQ", tag, kind, count) + data.ljust(8, b"\0")
    following = 0 if last else after + len(beyond)
    return struct.pack("<Q", len(tags)) + entries + struct.pack("<Q", following) + beyond


def _resolution(step: int, spacing_um: tuple[float, float] | None) -> list[tuple[int, int, list[int]]]:
    """Return pixels per centimetre of a level, to a thousandth."""
    if spacing_um is None:
        return []
    across, down = (round(10_000 / (spacing * step) * 1000) for spacing in spacing_um)
    return [(282, _RATIONAL, [across, 1000]), (283, _RATIONAL, [down, 1000]), (296, _SHORT, [3])]
