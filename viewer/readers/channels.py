"""Fluorescence: several grey channels, each with a colour and a range, added up to one picture.

Ranges are in *steps*: stored values of 8 and 16 bits as they are, else 65,536 equal steps over the sampled values. Which
channels are shown, how, is a *view*; see `views`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer.readers.views import Shown

MAX_CHANNELS: Final = 64
MAX_PLANES: Final = 512
SHOWN_AT_FIRST: Final = 4
HISTOGRAM_BINS: Final = 64
DEEP_LIMIT: Final = 65_535
# Of the sampled pixels, so many are black and so many full: background and a few hot pixels do not set the range.
PERCENTILES: Final = (1.0, 99.8)
_DYES: Final = (
    (re.compile(r"dapi|hoechst|draq5|nucle", re.IGNORECASE), "#3355ff"),
    (re.compile(r"fitc|gfp|488|opal ?520|cy2\b|spectrumgreen", re.IGNORECASE), "#00e000"),
    (re.compile(r"tritc|cy3\b|opal ?570|555|568|rhodamine|spectrumorange", re.IGNORECASE), "#ff9000"),
    (re.compile(r"texas|mcherry|594|opal ?620|spectrumred", re.IGNORECASE), "#ff2020"),
    (re.compile(r"cy5|647|opal ?(650|690)", re.IGNORECASE), "#ff30d0"),
)
# By the wavelength a dye shines at, nm: up to this, this colour.
_BY_EMISSION: Final = ((490, "#3355ff"), (545, "#00e000"), (585, "#ffe000"), (620, "#ff9000"), (660, "#ff2020"), (10_000, "#ff30d0"))
_IN_TURN: Final = ("#3355ff", "#00e000", "#ff2020", "#ffe000", "#ff30d0", "#00e0e0", "#ff9000", "#ffffff", "#9070ff", "#80ff80")

Samples = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as the file describes it.

    Attributes:
        name: as the file says, or empty.
        colour: `#rrggbb`, or empty where the file names none.
        emission_nm: wavelength of the light it shows, if the file says.
    """

    name: str = ""
    colour: str = ""
    emission_nm: float | None = None


def limit_of(dtype: np.dtype[Any]) -> int:
    """The largest step of values of this type."""
    return int(np.iinfo(dtype).max) if is_small(dtype) else DEEP_LIMIT


def is_small(dtype: np.dtype[Any]) -> bool:
    """Whether stored values are steps as they are: unsigned, of 8 or 16 bits."""
    return dtype.kind == "u" and dtype.itemsize <= 2


@dataclass(frozen=True, slots=True)
class Steps:
    """How stored values become whole steps from 0 to `limit`: (value - offset) / size."""

    limit: int
    offset: float = 0.0
    size: float = 1.0

    @classmethod
    def of(cls, dtype: np.dtype[Any], sampled: Samples) -> Steps:
        """Steps for values of this type; values that are no small whole numbers are spread over what was sampled."""
        if is_small(dtype):
            return cls(limit_of(dtype))
        finite = sampled[np.isfinite(sampled)].astype(np.float64)
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        return cls(DEEP_LIMIT, low, (high - low) / DEEP_LIMIT if high > low else 1.0)

    def scaled(self, samples: Samples) -> NDArray[np.float32]:
        """Values as steps, not clipped."""
        if self.size == 1.0 and self.offset == 0.0:
            return samples.astype(np.float32)
        return ((np.nan_to_num(samples.astype(np.float64)) - self.offset) / self.size).astype(np.float32)


def colours_of(channels: list[Channel]) -> list[str]:
    """A colour for each channel: the file's, else the usual one of its dye or wavelength, else one of a row, each once if it goes."""
    found: list[str] = []
    for number, channel in enumerate(channels):
        usual = channel.colour or _usual(channel)
        if not usual or (usual in found and not channel.colour):
            usual = next((colour for colour in _IN_TURN if colour not in found), _IN_TURN[number % len(_IN_TURN)])
        found.append("#ffffff" if len(channels) == 1 and not channel.colour else usual)
    return found


def _usual(channel: Channel) -> str:
    for pattern, colour in _DYES:
        if pattern.search(channel.name):
            return colour
    nm = channel.emission_nm
    return next((colour for up_to, colour in _BY_EMISSION if nm <= up_to), "") if nm else ""


def measured(sampled: NDArray[np.float32], limit: int, *, whole: bool) -> dict[str, Any]:
    """What the sampled steps of a channel are like: its range (percentiles, or the `whole` of it) and a histogram."""
    steps = np.clip(sampled[np.isfinite(sampled)], 0, limit)
    if not steps.size:
        steps = np.zeros(1, np.float32)
    least, most = float(steps.min()), float(steps.max())
    low, high = (least, most) if whole else (float(value) for value in np.percentile(steps, PERCENTILES))
    low_step = min(int(np.floor(low)), limit - 1)
    counts, _ = np.histogram(steps, bins=HISTOGRAM_BINS, range=(least, max(most, least + 1)))
    return {
        "low": low_step,
        "high": min(limit, max(low_step + 1, int(np.ceil(high)))),
        "limit": limit,
        "histogram": {"low": least, "high": max(most, least + 1), "counts": [int(count) for count in counts]},
    }


def blend(parts: list[tuple[NDArray[np.float32], Shown]], height: int, width: int) -> NDArray[np.uint8]:
    """The channels in their colours and ranges, added up; what exceeds full is full. Shape (height, width, 3)."""
    light = np.zeros((height, width, 3), np.float32)
    for steps, shown in parts:
        share = np.clip((steps - shown.low) * (1.0 / (shown.high - shown.low)), 0.0, 1.0)
        for index, part in enumerate(shown.colour):
            if part:
                light[:, :, index] += share * part
    return np.rint(np.minimum(light, 255.0)).astype(np.uint8)
