"""Masks: whole pixels of level 0, painted one by one, kept as sparse tiles of 256 x 256 of them.

In the save protocol a mask is ``{"type": "Mask", "tiles": [[column, row, runs], ...]}``: tiles ascend by (row, column) and
none is empty. ``runs`` is the base64url (RFC 4648, section 5, without padding) of unsigned LEB128 numbers (DWARF 5, section
7.6): the lengths of alternating runs along the rows of the tile, pixels that are out first; together they are 65,536. A tile
whose pixels are all in has the empty text. One mask has exactly one such spelling; every other one is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, ClassVar, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.schema.problems import ShapeError
from annotation.schema.shapes import Shape

__all__ = ["MAX_MASK_CHARACTERS", "MAX_TILES", "TILE_PX", "FrameShape", "Mask", "RowRuns", "is_mask", "mask_of_row_runs", "parse_mask"]

TILE_PX: Final = 256
"""Side of a tile, in level-0 pixels; tile (column, row) begins at (256 column, 256 row)."""
MAX_TILES: Final = 16_384
"""Most tiles of one mask: 32,768 x 32,768 px if all are full."""
MAX_MASK_CHARACTERS: Final = 768 * 1024
"""Most characters of all runs of one mask: with it an operation still fits into one request (1 MiB)."""

_TILE_PIXELS: Final = TILE_PX * TILE_PX
_MAX_TILE_NUMBER: Final = (1 << 24) // TILE_PX - 1
_MAX_VARINT_BYTES: Final = 3
_ROW: Final = np.int64(1 << 25)
"""Distance of two rows in a key that stands for a place: larger than any x."""
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")

Tile = tuple[int, int, str]
Numbers = NDArray[np.int64]


class RowRuns(NamedTuple):
    """Runs of pixels that are in: row y, first x, x after the last; level-0 px."""

    y: Numbers
    start: Numbers
    stop: Numbers


@dataclass(frozen=True)
class Mask:
    """Pixels of level 0; at least one. `tiles` are (column, row, runs) in canonical form."""

    tiles: tuple[Tile, ...]
    kind: ClassVar[Literal["Mask"]] = "Mask"

    @cached_property
    def _intervals(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return the number of the tile, the first and the one after the last place along its rows, of each run that is in."""
        return _intervals([runs for _, _, runs in self.tiles])

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return (x min, y min, x max, y max) in level-0 pixels."""
        tile, start, stop = self._intervals
        last = stop - 1
        wraps = start // TILE_PX != last // TILE_PX
        left = np.where(wraps, 0, start % TILE_PX)
        right = np.where(wraps, TILE_PX, last % TILE_PX + 1)
        columns, rows = (np.array([place[axis] for place in self.tiles], dtype=np.int64) * TILE_PX for axis in (0, 1))
        x, y = columns[tile], rows[tile]
        x_min, x_max = (x + left).min(), (x + right).max()
        return (float(x_min), float((y + start // TILE_PX).min()), float(x_max), float((y + last // TILE_PX + 1).max()))

    @cached_property
    def area(self) -> float:
        """Return the number of pixels."""
        _, start, stop = self._intervals
        return float((stop - start).sum())

    @property
    def centre(self) -> tuple[float, float]:
        """Return (x, y) of the centroid of the pixels in level-0 pixels."""
        x_sum = y_sum = 0.0
        for runs in self.row_runs():
            lengths = runs.stop - runs.start
            x_sum += float((lengths * (runs.start + runs.stop)).sum()) / 2
            y_sum += float((lengths * (2 * runs.y + 1)).sum()) / 2
        return (x_sum / self.area, y_sum / self.area)

    def row_runs(self) -> Iterator[RowRuns]:
        """Yield the runs of one row of tiles after the other, from the top, each cut at the borders of its tiles."""
        tile, start, stop = self._intervals
        at = 0
        for _, group in groupby(self.tiles, key=lambda each: each[1]):
            tiles = list(group)
            first, last = np.searchsorted(tile, (at, at + len(tiles)))
            yield _row_runs(tiles, tile[first:last] - at, start[first:last], stop[first:last])
            at += len(tiles)

    def toggles(self) -> Iterator[tuple[int, Numbers]]:
        """Yield for one row of tiles after the other its row number and the places where pixels begin or cease to be in.

        A place is y * 2^25 + x; places ascend, and every row has an even number of them.
        """
        for runs in self.row_runs():
            yield int(runs.y[0]) // TILE_PX, _once(np.concatenate((runs.y * _ROW + runs.start, runs.y * _ROW + runs.stop)))

    def run_lengths(self) -> tuple[tuple[int, int], tuple[int, int], list[int]]:
        """Return the origin (x, y), the size (height, width), and COCO run lengths (column by column, out first) of the bounds."""
        x_min, y_min, x_max, y_max = (int(each) for each in self.bounds)
        height = y_max - y_min
        by_column = sorted((column, row, runs) for column, row, runs in self.tiles)
        places: list[Numbers] = []
        for _, group in groupby(by_column, key=lambda each: each[0]):
            runs = _row_runs(*_turned([*group]))
            places += [(runs.y - x_min) * height + end - y_min for end in (runs.start, runs.stop)]
        # The end of a column is the beginning of the next one: runs that reach over it are one.
        ends = _once(np.concatenate(places))
        counts = np.diff(np.concatenate(([0], ends, [height * (x_max - x_min)]))).tolist()
        return (x_min, y_min), (height, x_max - x_min), counts if counts[-1] else counts[:-1]

    def to_body(self) -> dict[str, Any]:
        """Return the geometry member of a mark in the save protocol."""
        return {"type": "Mask", "tiles": [list(tile) for tile in self.tiles]}

    def to_document(self) -> dict[str, Any]:
        """Return the geometry member of an annotation document: run lengths of the pixels within its bounds."""
        origin, size, counts = self.run_lengths()
        return {"type": "Mask", "origin": list(origin), "downsample": 1, "rle": {"size": list(size), "counts": counts}}

    def to_bytes(self) -> bytes:
        """Return what a row keeps: the tiles as JSON."""
        return json.dumps(self.tiles, separators=(",", ":")).encode("ascii")

    @staticmethod
    def from_bytes(data: bytes) -> Mask:
        """Read what `to_bytes` wrote."""
        return Mask(tuple((column, row, runs) for column, row, runs in json.loads(data)))


FrameShape = Shape | Mask


def is_mask(value: object) -> bool:
    """Tell whether the JSON value of a geometry says that it is a mask."""
    return isinstance(value, dict) and value.get("type") == "Mask"


def parse_mask(value: object, *, width: int, height: int) -> Mask:
    """Turn the JSON value of a mask on an image of a size in level-0 pixels into a mask.

    All is checked, nothing is repaired; the work and the memory grow with the text that came, never with what it says.

    Raises:
        ShapeError: `mask_malformed`, `mask_too_large`, `geometry_empty` or `geometry_outside_image`, with a JSON pointer
            relative to the geometry.
    """
    if not isinstance(value, dict) or set(value) != {"type", "tiles"} or value["type"] != "Mask" or not isinstance(value["tiles"], list):
        raise ShapeError("mask_malformed")
    tiles = value["tiles"]
    if not tiles:
        raise ShapeError("geometry_empty", "/tiles")
    if len(tiles) > MAX_TILES:
        raise ShapeError("mask_too_large", "/tiles")
    last = (-1, -1)
    characters = 0
    for index, tile in enumerate(tiles):
        column, row, runs = _tile(tile, f"/tiles/{index}")
        characters += len(runs)
        if characters > MAX_MASK_CHARACTERS:
            raise ShapeError("mask_too_large", f"/tiles/{index}")
        if (row, column) <= last:
            raise ShapeError("mask_malformed", f"/tiles/{index}")
        last = (row, column)
    _check_runs([runs for _, _, runs in tiles])
    mask = Mask(tuple((column, row, runs) for column, row, runs in tiles))
    _, _, x_max, y_max = mask.bounds
    if x_max > width or y_max > height:
        raise ShapeError("geometry_outside_image")
    return mask


def mask_of_row_runs(runs: RowRuns) -> Mask:
    """Return the mask of some runs in any order that may touch and must not overlap; level-0 px.

    Raises:
        ShapeError: `geometry_empty` without any pixel, `mask_too_large` beyond the limits.
    """
    columns = (runs.stop - 1) // TILE_PX - runs.start // TILE_PX + 1
    which = np.repeat(np.arange(len(columns)), columns)
    column = runs.start[which] // TILE_PX + np.arange(len(which)) - np.repeat(np.cumsum(columns) - columns, columns)
    start = np.maximum(runs.start[which] - column * TILE_PX, 0)
    stop = np.minimum(runs.stop[which] - column * TILE_PX, TILE_PX)
    row, down = runs.y[which] // TILE_PX, runs.y[which] % TILE_PX * TILE_PX
    places, number = np.unique(row * _ROW + column, return_inverse=True)
    # One more than the pixels of a tile: its end is not the beginning of the next one.
    stride = _TILE_PIXELS + 1
    ends = _once(np.concatenate((number * stride + down + start, number * stride + down + stop)))
    if len(places) == 0:
        raise ShapeError("geometry_empty")
    if len(places) > MAX_TILES:
        raise ShapeError("mask_too_large")
    cuts = np.searchsorted(ends, np.arange(1, len(places)) * stride)
    texts = [_spelled(part % stride) for part in np.split(ends, cuts)]
    if sum(map(len, texts)) > MAX_MASK_CHARACTERS:
        raise ShapeError("mask_too_large")
    return Mask(tuple((int(place % _ROW), int(place // _ROW), text) for place, text in zip(places.tolist(), texts, strict=True)))


def _tile(value: object, pointer: str) -> Tile:
    if not isinstance(value, list) or len(value) != 3:
        raise ShapeError("mask_malformed", pointer)
    for index in (0, 1):
        # bool is an int in Python and a different thing in JSON
        if isinstance(value[index], bool) or not isinstance(value[index], int) or not 0 <= value[index] <= _MAX_TILE_NUMBER:
            raise ShapeError("mask_malformed", f"{pointer}/{index}")
    if not isinstance(value[2], str):
        raise ShapeError("mask_malformed", f"{pointer}/2")
    return (value[0], value[1], value[2])


def _check_runs(texts: Sequence[str]) -> None:
    """Raise ShapeError `mask_malformed` unless each text is the one spelling of its runs."""
    parts: list[tuple[int, bytes]] = []
    for index, text in enumerate(texts):
        if text:
            data = _bytes_of(text)
            if data is None:
                raise ShapeError("mask_malformed", f"/tiles/{index}/2")
            parts.append((index, data))
    if not parts:
        return
    octets = np.frombuffer(b"".join(data for _, data in parts), dtype=np.uint8)
    tile = np.repeat(np.array([index for index, _ in parts]), [len(data) for _, data in parts])
    ends = np.flatnonzero(octets < 0x80)
    lengths = np.diff(ends, prepend=-1)
    # The last number of a text must end there; a number that ends in zeros is longer than it has to be.
    wrong = np.zeros(len(texts), dtype=bool)
    last = np.flatnonzero(np.diff(tile, append=-1))
    wrong[tile[last][octets[last] >= 0x80]] = True
    wrong[tile[ends][(lengths > _MAX_VARINT_BYTES) | ((lengths > 1) & (octets[ends] == 0))]] = True
    if not wrong.any():
        owner, values = tile[ends], _values(octets, ends, lengths)
        first = np.diff(owner, prepend=-1) != 0
        sums = np.bincount(owner, weights=values, minlength=len(texts))
        counts = np.bincount(owner, minlength=len(texts))
        wrong[owner[(values == 0) & ~first]] = True
        # A single run is an empty tile; nothing, then everything, is a full one, which has a spelling of its own.
        starts_in = np.zeros(len(texts), dtype=bool)
        starts_in[owner[first & (values == 0)]] = True
        spelled = counts > 0
        wrong |= spelled & ((sums != _TILE_PIXELS) | (counts == 1) | (starts_in & (counts == 2)))
    if wrong.any():
        raise ShapeError("mask_malformed", f"/tiles/{int(np.flatnonzero(wrong)[0])}/2")


def _bytes_of(text: str) -> bytes | None:
    """Return what a base64url text stands for, or None if it is none or not the one spelling."""
    if not _BASE64URL.fullmatch(text):
        return None
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return None
    return data if _text_of(data) == text else None


def _text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _values(octets: NDArray[np.uint8], ends: Numbers, lengths: Numbers) -> Numbers:
    """Return LEB128 numbers of one to three bytes by where their last bytes are."""
    values = np.zeros(len(ends), dtype=np.int64)
    for byte in range(_MAX_VARINT_BYTES):
        has = lengths > byte
        values[has] |= (octets[(ends - lengths + 1 + byte)[has]].astype(np.int64) & 0x7F) << (7 * byte)
    return values


def _intervals(texts: Sequence[str]) -> tuple[Numbers, Numbers, Numbers]:
    """Return (number of the tile, start, stop) of each run that is in; places along the rows of a tile, 0 to 65,536."""
    data = [(index, _bytes_of(text) or b"") for index, text in enumerate(texts)]
    octets = np.frombuffer(b"".join(each for _, each in data), dtype=np.uint8)
    tile = np.repeat(np.arange(len(texts)), [len(each) for _, each in data])
    ends = np.flatnonzero(octets < 0x80)
    owner = tile[ends]
    values = _values(octets, ends, np.diff(ends, prepend=-1))
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    number = np.arange(len(owner)) - np.repeat(first, np.diff(first, append=len(owner)))
    total = np.cumsum(values)
    # Every tile that has runs sums up to the same.
    stop = (total - 1) % _TILE_PIXELS + 1
    is_in = number % 2 == 1
    full = np.array([index for index, text in enumerate(texts) if not text], dtype=np.int64)
    owners = np.concatenate((owner[is_in], full))
    starts = np.concatenate(((stop - values)[is_in], np.zeros_like(full)))
    stops = np.concatenate((stop[is_in], np.full_like(full, _TILE_PIXELS)))
    order = np.argsort(owners, kind="stable")
    return owners[order], starts[order], stops[order]


def _row_runs(tiles: Sequence[Tile], tile: Numbers, start: Numbers, stop: Numbers) -> RowRuns:
    """Cut runs along the rows of tiles into one for each row."""
    top, bottom = start // TILE_PX, (stop - 1) // TILE_PX
    rows = bottom - top + 1
    which = np.repeat(np.arange(len(rows)), rows)
    down = top[which] + np.arange(len(which)) - np.repeat(np.cumsum(rows) - rows, rows)
    left = np.where(down == top[which], start[which] % TILE_PX, 0)
    right = np.where(down == bottom[which], (stop[which] - 1) % TILE_PX + 1, TILE_PX)
    columns, numbers = (np.array([place[axis] for place in tiles], dtype=np.int64) * TILE_PX for axis in (0, 1))
    x, y = columns[tile[which]], numbers[tile[which]]
    return RowRuns(y + down, x + left, x + right)


def _turned(tiles: Sequence[Tile]) -> tuple[list[Tile], Numbers, Numbers, Numbers]:
    """Return tiles of one column with x and y changed places, and the runs along what are rows then."""
    turned: list[Tile] = [(row, column, runs) for column, row, runs in tiles]
    owners: list[Numbers] = []
    places: list[Numbers] = []
    for index, (_, _, runs) in enumerate(tiles):
        ends = np.array([0, _TILE_PIXELS])
        if runs:
            _, start, stop = _intervals([runs])
            bits = np.zeros(_TILE_PIXELS + 1, dtype=np.int8)
            bits[start], bits[stop] = 1, -1
            is_in = np.cumsum(bits[:-1]).reshape(TILE_PX, TILE_PX).T.ravel()
            ends = np.flatnonzero(np.diff(is_in, prepend=0, append=0))
        owners.append(np.full(len(ends) // 2, index))
        places.append(ends.reshape(-1, 2))
    both = np.concatenate(places)
    return turned, np.concatenate(owners), both[:, 0], both[:, 1]


def _once(values: Numbers) -> Numbers:
    """Return the values that are there once, ascending: where one run ends and the next begins nothing changes."""
    unique, counts = np.unique(values, return_counts=True)
    once: Numbers = unique[counts == 1]
    return once


def _spelled(ends: Iterable[np.int64]) -> str:
    """Return the text of a tile by the places along its rows where pixels begin or cease to be in."""
    places = [int(end) for end in ends]
    if places == [0, _TILE_PIXELS]:
        return ""
    data = bytearray()
    last = 0
    for place in [*places, _TILE_PIXELS] if places[-1] < _TILE_PIXELS else places:
        length = place - last
        last = place
        while length > 0x7F:
            data.append(length & 0x7F | 0x80)
            length >>= 7
        data.append(length)
    return _text_of(bytes(data))
