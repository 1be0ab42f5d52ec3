"""Views: which plane of an image is shown, and which channels in which colour and range, written as one word.

A view is part of a tile's address: `p2_0-0000ff-120-4000_3-ff0000-80-900` is plane 2 (0-based), channel 0 in blue from step
120 (black) to 4000 (full), and channel 3 in red. There is one way to write a view, so that caches know it again: channels in
rising order, decimal numbers without leading zeros, small letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from viewer.readers.errors import OutOfRange

MAX_SHOWN: Final = 32
PATTERN: Final = f"p[0-9]{{1,6}}(?:_[0-9]{{1,3}}-[0-9a-f]{{6}}-[0-9]{{1,6}}-[0-9]{{1,6}}){{0,{MAX_SHOWN}}}"
_VIEW: Final = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class Shown:
    """A channel in a view: its number, its colour (red, green, blue; 0 to 255) and its range in steps."""

    channel: int
    colour: tuple[int, int, int]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of an image with channels or planes."""

    plane: int = 0
    shown: tuple[Shown, ...] = field(default_factory=tuple)


def parse_view(text: str, *, limits: list[int], planes: int) -> View:
    """The view that a word names.

    Args:
        text: from an address.
        limits: the largest step of each channel; empty for an image without channels.
        planes: how many planes the image has.

    Raises:
        OutOfRange: when it is no view of this image, or not written in the one right way.
    """
    if _VIEW.fullmatch(text) is None:
        raise OutOfRange("no_such_view")
    plane, *words = text[1:].split("_")
    parts = [word.split("-") for word in words]
    shown = tuple(_shown(part) for part in parts)
    numbers = [plane, *(number for part in parts for number in (part[0], *part[2:]))]
    written = all(str(int(number)) == number for number in numbers) and all(a.channel < b.channel for a, b in pairwise(shown))
    known = int(plane) < planes and all(one.channel < len(limits) for one in shown)
    if not written or not known or not all(one.low < one.high <= limits[one.channel] for one in shown):
        raise OutOfRange("no_such_view")
    return View(int(plane), shown)


def _shown(part: list[str]) -> Shown:
    number, colour, low, high = part
    red, green, blue = bytes.fromhex(colour)
    return Shown(int(number), (red, green, blue), int(low), int(high))
