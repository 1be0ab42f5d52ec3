"""Label Studio's run lengths of brush marks, see :mod:`annotation.exporters.brush`: read from files that anybody may have written."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["brush_counts"]

_CHANNELS: Final = 4
_OPAQUE: Final = 3
_WORD_BITS: Final = 8
_HEAD_BITS: Final = 32 + 5 + 4 * 4


class _Bits:
    """Bits read one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data + b"\0\0\0\0"
        self._left = 8 * len(data)
        self._at = 0

    def take(self, count: int) -> int:
        """Return the next bits, at most 24, as a number. Raises ValueError at the end."""
        self._left -= count
        if self._left < 0:
            raise ValueError("too short")
        byte, bit = divmod(self._at, 8)
        self._at += count
        return (int.from_bytes(self._data[byte : byte + 4], "big") >> (32 - bit - count)) & ((1 << count) - 1)

    def words(self, count: int) -> NDArray[np.uint8]:
        """Return the next bytes. Raises ValueError at the end."""
        self._left -= _WORD_BITS * count
        if self._left < 0:
            raise ValueError("too short")
        byte, bit = divmod(self._at, 8)
        self._at += _WORD_BITS * count
        part = np.frombuffer(self._data, dtype=np.uint8, count=count + 1, offset=byte)
        return np.packbits(np.unpackbits(part)[bit : bit + _WORD_BITS * count])


def brush_counts(rle: bytes, *, pixels: int) -> list[int] | None:
    """Return the run lengths along the rows of a picture, pixels that are out first; None for what is no such spelling of it.

    A pixel is in where its fourth byte, the opacity, is not 0. Time and memory grow with the spelling, never with the picture.
    """
    try:
        return _counts(_Bits(rle), _CHANNELS * pixels)
    except ValueError:
        return None


def _counts(bits: _Bits, total: int) -> list[int]:
    if bits.take(16) << 16 | bits.take(16) != total or bits.take(5) + 1 != _WORD_BITS:
        raise ValueError("of another picture")
    sizes = [bits.take(4) + 1 for _ in range(4)]
    counts, is_in, at = [0], False, 0
    while at < total:
        repeats = bits.take(1)
        stop = at + bits.take(sizes[bits.take(2)]) + 1
        if stop > total:
            raise ValueError("too long")
        values = [(_pixels(stop) - _pixels(at), bits.take(_WORD_BITS) > 0)] if repeats else _one_by_one(bits.words(stop - at), at)
        for count, value in values:
            if count and value != is_in:
                counts.append(0)
                is_in = value
            counts[-1] += count
        at = stop
    return counts


def _pixels(position: int) -> int:
    """Return how many pixels have their opacity before a byte."""
    return (position + _CHANNELS - 1 - _OPAQUE) // _CHANNELS


def _one_by_one(words: NDArray[np.uint8], at: int) -> list[tuple[int, bool]]:
    """Return runs of pixels of bytes that are spelled one by one."""
    opaque = words[(_OPAQUE - at) % _CHANNELS :: _CHANNELS] > 0
    if not len(opaque):
        return []
    edges = np.flatnonzero(np.diff(opaque)) + 1
    bounds = [0, *edges.tolist(), len(opaque)]
    return [(stop - start, bool(opaque[start])) for start, stop in itertools.pairwise(bounds)]
