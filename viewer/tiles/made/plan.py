"""Which levels a pyramid lacks, as a pure function of the levels it has: whoever asks gets the same levels with the same numbers.

Scanners keep every fourth level or none; a viewer then fetches sixteen times the tiles it shows. Levels are added until there
is one for each power of two, down to a level that fits a screen. Their numbers come after the slide's own, so that no address
changes its meaning when they appear or go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from viewer.geometry import Level, Size, TileGrid

# The coarsest level should be no wider than a screen; it is fetched whole as the overview.
SCREEN_PX: Final = 2_048
# A level counts for a power of two when it is nearer to it than a third of an octave.
NEAR: Final = 2 ** (1 / 3)
FACTORS: Final = (2, 4, 8)  # what a JPEG decoder scales by on the way (DCT scaling)
MAX_LEVELS: Final = 64
# From here on decoding a photograph for its first tile makes somebody wait; it is decoded whole, in a second or two for 100 megapixels.
LARGE_PHOTOGRAPH_PX: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class AddedLevel:
    """A level that is made of another one.

    Attributes:
        level: its number, size and grid.
        source: number of the level it is made of, the slide's own or an added one with a smaller number.
        factor: pixels of the source per pixel, along each side.
    """

    level: Level
    source: int
    factor: int


def is_completed(kind: str, announced: list[dict[str, Any]]) -> bool:
    """Whether an image's tiles are made once in the background: those of slides and of large photographs.

    Args:
        kind: of the image.
        announced: levels as a manifest has them.
    """
    if kind == "photograph":
        return any(int(level["width"]) * int(level["height"]) >= LARGE_PHOTOGRAPH_PX for level in announced)
    return kind == "slide"


def added_levels(announced: list[dict[str, Any]]) -> list[AddedLevel]:
    """The levels that are missing between and below those announced, in the order in which they can be made.

    Args:
        announced: levels as a manifest has them, numbered from 0 without a gap.
    """
    known = [_level(said) for said in announced]
    if not known or [level.index for level in known] != list(range(len(known))):
        return []
    finest = min(known, key=lambda level: level.downsample)
    longest = max(finest.size.width, finest.size.height)
    coarsest = max(level.downsample for level in known)
    added: list[AddedLevel] = []
    power = 2
    while len(known) < MAX_LEVELS and (power < coarsest or longest / (power / 2) > SCREEN_PX):
        if not any(power / NEAR < level.downsample < power * NEAR for level in known):
            new = _made_of_the_coarsest(known, power, len(known))
            if new is not None:
                added.append(new)
                known.append(new.level)
        power *= 2
    return added


def _made_of_the_coarsest(known: list[Level], power: int, number: int) -> AddedLevel | None:
    """The level for one power of two, from the coarsest of those finer than it that go into it."""
    for source in sorted(known, key=lambda level: -level.downsample):
        factor = min(FACTORS, key=lambda one: abs(one - power / source.downsample))
        tile = source.grid.tile
        downsample = source.downsample * factor
        if not power / NEAR < downsample < power * NEAR or tile.width % factor or tile.height % factor:
            continue
        # Rounded down: a pixel that lay half outside of the slide would show what nobody scanned.
        size = Size(max(1, source.size.width // factor), max(1, source.size.height // factor))
        return AddedLevel(Level(number, downsample, size, TileGrid.covering(size, tile)), source.index, factor)
    return None


def _level(said: dict[str, Any]) -> Level:
    size, tile = Size(int(said["width"]), int(said["height"])), Size(int(said["tile_width"]), int(said["tile_height"]))
    return Level(int(said["index"]), float(said["downsample"]), size, TileGrid.covering(size, tile))
