"""Sets of cells as runs of numbers that follow each other: how a change names a hundred thousand cells in a few thousand numbers.

A set is written as a list of whole numbers, in pairs: how many numbers are left out since the end of the last run (0 for none), and
how many follow. `[3, 2, 5, 1]` is 3, 4 and 10.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_RUNS: Final = 100_000
_KIND: Final = np.dtype("<u4")
_LEVEL: Final = 6

Numbers = NDArray[np.int64]


class UnusableRuns(ValueError):
    """What was given names no set of cells of the layer."""


def from_runs(runs: Sequence[object], count: int) -> Numbers:
    """The numbers that runs stand for, ascending, shape (n,).

    Args:
        runs: gaps and lengths in turns; at most `MAX_RUNS` pairs.
        count: cells of the layer; all numbers lie below it.

    Raises:
        UnusableRuns: for anything but pairs of whole numbers, for an empty run, for too many, for numbers beyond the layer.
    """
    whole = [number for number in runs if type(number) is int]  # not bool, which is one of its kinds
    if not runs or len(whole) < len(runs) or len(runs) % 2 or len(runs) > 2 * MAX_RUNS:
        raise UnusableRuns("no pairs of whole numbers")
    # Compared before numpy takes them: a number may have any length in JSON.
    if min(whole) < 0 or max(whole) > count or min(whole[1::2]) < 1:
        raise UnusableRuns("a run that cannot be")
    pairs = np.array(whole, np.int64).reshape(-1, 2)
    if (pairs[1:, 0] < 1).any() or int(pairs.sum()) > count:
        raise UnusableRuns("runs that touch or leave the layer")
    ends = np.cumsum(pairs.sum(axis=1))
    starts = ends - pairs[:, 1]
    before = np.cumsum(pairs[:, 1]) - pairs[:, 1]
    numbers: Numbers = np.arange(int(pairs[:, 1].sum())) + np.repeat(starts - before, pairs[:, 1])
    return numbers


def to_runs(numbers: Numbers) -> list[int]:
    """Runs of ascending numbers without repetition."""
    if not len(numbers):
        return []
    breaks = np.flatnonzero(np.diff(numbers) > 1) + 1
    firsts, lasts = numbers[np.concatenate(([0], breaks))], numbers[np.concatenate((breaks - 1, [len(numbers) - 1]))]
    gaps = firsts - np.concatenate(([0], lasts[:-1] + 1))
    return [int(number) for number in np.column_stack((gaps, lasts - firsts + 1)).ravel()]


def packed(numbers: Numbers) -> bytes:
    """Numbers as they are stored."""
    return zlib.compress(np.array(to_runs(numbers), _KIND).tobytes(), _LEVEL)


def unpacked(raw: bytes, count: int) -> Numbers:
    """Numbers out of what is stored.

    Raises:
        UnusableRuns: when it is spoilt.
    """
    try:
        stored = zlib.decompressobj().decompress(raw, 2 * count * _KIND.itemsize + 1)
    except zlib.error as error:
        raise UnusableRuns("no packed runs") from error
    if len(stored) % (2 * _KIND.itemsize):
        raise UnusableRuns("cut short")
    return from_runs(np.frombuffer(stored, _KIND).tolist(), count)
