"""Places and sizes on an image, each with the space it lives in.

Three spaces exist. *Level-0 pixels* are continuous: (0, 0) is the outer corner of the top-left pixel, x runs right and
y down. *Level pixels* count the samples of one pyramid level. *Millimetres* are derived from level-0 pixels through a
`PixelSpacing` and never stored. A value type per space keeps them from being added by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite
from typing import NewType

Micrometres = NewType("Micrometres", float)
Millimetres = NewType("Millimetres", float)

MICROMETRES_PER_MILLIMETRE = 1000.0


@dataclass(frozen=True, slots=True)
class Size:
    """A width and a height in whole pixels of one level.

    Raises:
        ValueError: when a side is negative.
    """

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 0 or self.height < 0:
            raise ValueError(f"a size cannot be negative: {self.width} x {self.height}")

    @property
    def pixels(self) -> int:
        """The number of pixels inside."""
        return self.width * self.height

    def fitted_into(self, side_px: int) -> Size:
        """The largest size of the same shape whose sides are at most `side_px`; never larger than this one."""
        longest = max(self.width, self.height, 1)
        scale = min(1.0, side_px / longest)
        return Size(max(1, round(self.width * scale)), max(1, round(self.height * scale)))


@dataclass(frozen=True, slots=True)
class Level0Point:
    """A place in continuous level-0 pixels."""

    x: float
    y: float

    def __post_init__(self) -> None:
        if not (isfinite(self.x) and isfinite(self.y)):
            raise ValueError("a level-0 point must be finite")

    def __add__(self, other: Level0Point) -> Level0Point:
        return Level0Point(self.x + other.x, self.y + other.y)


@dataclass(frozen=True, slots=True)
class PointMm:
    """A place in millimetres from the image's outer top-left corner."""

    x: Millimetres
    y: Millimetres

    def __add__(self, other: PointMm) -> PointMm:
        return PointMm(Millimetres(self.x + other.x), Millimetres(self.y + other.y))


@dataclass(frozen=True, slots=True)
class PixelSpacing:
    """Micrometres per level-0 pixel, and where the figure came from.

    Attributes:
        x: horizontal distance between pixel centres.
        y: vertical distance between pixel centres.
        source: the tag or property the value was read from, as a short word.

    Raises:
        ValueError: when a distance is not finite and positive.
    """

    x: Micrometres
    y: Micrometres
    source: str

    def __post_init__(self) -> None:
        if not all(isfinite(distance) and distance > 0 for distance in (self.x, self.y)):
            raise ValueError("pixel spacing must be finite and positive")

    def to_mm(self, point: Level0Point) -> PointMm:
        """The same place in millimetres."""
        return PointMm(
            Millimetres(point.x * self.x / MICROMETRES_PER_MILLIMETRE),
            Millimetres(point.y * self.y / MICROMETRES_PER_MILLIMETRE),
        )

    def to_level0(self, point: PointMm) -> Level0Point:
        """The same place in level-0 pixels."""
        return Level0Point(
            point.x * MICROMETRES_PER_MILLIMETRE / self.x,
            point.y * MICROMETRES_PER_MILLIMETRE / self.y,
        )


@dataclass(frozen=True, slots=True)
class TileGrid:
    """How one level is cut into tiles; the last column and row are clipped to the level.

    Attributes:
        tile: the size of a full tile in level pixels.
        columns: number of tiles across.
        rows: number of tiles down.
    """

    tile: Size
    columns: int
    rows: int

    @classmethod
    def covering(cls, level: Size, tile: Size) -> TileGrid:
        """The grid of `tile` that covers `level`, starting at its top-left corner."""
        if tile.width < 1 or tile.height < 1:
            raise ValueError("a tile has at least one pixel")
        return cls(tile, ceil(level.width / tile.width), ceil(level.height / tile.height))

    def holds(self, column: int, row: int) -> bool:
        """Whether the grid has a tile at this column and row (0-based)."""
        return 0 <= column < self.columns and 0 <= row < self.rows


@dataclass(frozen=True, slots=True)
class Level:
    """One member of an image pyramid.

    Attributes:
        index: 0 is full resolution.
        downsample: level-0 pixels per pixel of this level, at least 1, not always whole.
        size: in pixels of this level.
        grid: the tile layout.
    """

    index: int
    downsample: float
    size: Size
    grid: TileGrid

    def tile_size(self, column: int, row: int) -> Size:
        """The clipped size of one tile in level pixels.

        Raises:
            ValueError: when the grid has no such tile.
        """
        if not self.grid.holds(column, row):
            raise ValueError(f"level {self.index} has no tile at column {column}, row {row}")
        return Size(
            min(self.grid.tile.width, self.size.width - column * self.grid.tile.width),
            min(self.grid.tile.height, self.size.height - row * self.grid.tile.height),
        )

    def as_json(self) -> dict[str, int | float]:
        """The level as the manifest carries it."""
        return {
            "index": self.index,
            "downsample": self.downsample,
            "width": self.size.width,
            "height": self.size.height,
            "tile_width": self.grid.tile.width,
            "tile_height": self.grid.tile.height,
            "columns": self.grid.columns,
            "rows": self.grid.rows,
        }


@dataclass(frozen=True, slots=True)
class RegionRequest:
    """A rectangle in level-0 pixels, and the size in which it is wanted.

    Attributes:
        origin: the rectangle's top-left corner.
        width: level-0 pixels across.
        height: level-0 pixels down.
        out: pixels of the answer.
        frame: which frame of a frame stack (0-based); 0 elsewhere.

    Raises:
        ValueError: when the rectangle or the answer is empty or not finite.
    """

    origin: Level0Point
    width: float
    height: float
    out: Size
    frame: int = 0

    def __post_init__(self) -> None:
        if not (isfinite(self.width) and isfinite(self.height) and self.width > 0 and self.height > 0):
            raise ValueError("a region is finite and not empty")
        if self.out.pixels == 0 or self.frame < 0:
            raise ValueError("a region is asked for in at least one pixel of a frame that exists")
