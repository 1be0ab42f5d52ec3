"""Masks in Label Studio's run lengths: bits of the four bytes of each pixel along its rows, in and opaque or out and nothing.

The spelling (label-studio-converter, `brush.py`; thi-ng/rle-pack): 32 bits for how many bytes, 5 for the size of one less one, four times 4
for the sizes of lengths less one; then runs: a bit that says that one byte repeats, 2 for which size, the length less one, the byte.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from annotation.exporters.painting import Runs

__all__ = ["MAX_BRUSH_PX", "brush_rle"]

MAX_BRUSH_PX: Final = 1 << 28
"""Most pixels of a picture with brush marks: Label Studio holds each in four bytes, and counts them in 32 bits."""
_SIZES: Final = (3, 4, 8, 16)
_LONGEST: Final = 1 << _SIZES[-1]
_CHANNELS: Final = 4
_IN: Final = 255


def brush_rle(runs: Runs, *, width: int, height: int) -> list[int]:
    """Return the bytes of a mask's spelling; its runs may touch and must not overlap."""
    order = np.argsort(runs.y * width + runs.start, kind="stable")
    starts, stops = (runs.y * width + runs.start)[order], (runs.y * width + runs.stop)[order]
    if len(starts):
        apart = starts[1:] > stops[:-1]
        starts, stops = starts[np.concatenate(([True], apart))], stops[np.concatenate((apart, [True]))]
    total = width * height * _CHANNELS
    bits = [f"{total:032b}", f"{8 - 1:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    at = 0
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        bits += _run(_CHANNELS * (start - at), 0)
        bits += _run(_CHANNELS * (stop - start), _IN)
        at = stop
    bits += _run(total - _CHANNELS * at, 0)
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def _run(length: int, value: int) -> list[str]:
    whole, rest = divmod(length, _LONGEST)
    parts = [_part(_LONGEST, value)] * whole
    return [*parts, _part(rest, value)] if rest else parts


def _part(length: int, value: int) -> str:
    which = next(number for number, size in enumerate(_SIZES) if length <= 1 << size)
    return f"1{which:02b}{length - 1:0{_SIZES[which]}b}{value:08b}"
