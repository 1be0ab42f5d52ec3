"""Masks as pictures of a few characters, and the vectors that Python and the browser share."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.schema.masks import Mask, RowRuns, mask_of_row_runs

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))


def mask_of_bits(bits: NDArray[np.bool_], x: int = 0, y: int = 0) -> Mask:
    """Return the mask of a picture whose top left pixel is (x, y)."""
    steps = np.diff(bits.astype(np.int8), prepend=0, append=0, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, stops = np.nonzero(steps == -1)
    return mask_of_row_runs(RowRuns(rows + y, starts + x, stops + x))


def bits_of(picture: Sequence[str]) -> NDArray[np.bool_]:
    """Return a picture of # and . as an array."""
    return np.array([[sign == "#" for sign in line] for line in picture], dtype=bool)


def mask_of_picture(picture: Sequence[str], x: int = 0, y: int = 0) -> Mask:
    """Return the mask of a picture of # and . whose top left pixel is (x, y)."""
    return mask_of_bits(bits_of(picture), x, y)
