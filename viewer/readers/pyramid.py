"""What every reader of a tiled pyramid does alike, once it can read a rectangle of one level."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Final

from PIL import Image

from viewer.geometry import Level, RegionRequest, Size, TileGrid
from viewer.readers import base
from viewer.readers.base import EncodedPixels
from viewer.readers.errors import LimitExceeded, OutOfRange

DEFAULT_TILE_PX: Final = 256
OWN_TILE_RANGE_PX: Final = (8, 4_096)
MAX_TILE_ASPECT: Final = 4
MAX_BLOCK_PX: Final = 16_000_000
MAX_SCAN_PX: Final = 400_000_000


class PyramidReader(ABC):
    """A slide in levels; a subclass sets `size` and `levels` and reads rectangles."""

    size: Size
    levels: list[Level]

    @abstractmethod
    def _read(self, level: int, left: int, top: int, size: Size) -> Image.Image:
        """A rectangle of level pixels, within the level, as RGB."""

    def tile(self, level: int, column: int, row: int) -> EncodedPixels:
        """One tile in the slide's own grid, clipped to the level."""
        return base.encode_jpeg(self.tile_pixels(level, column, row), base.TILE_QUALITY, full_chroma=True)

    def tile_pixels(self, level: int, column: int, row: int) -> Image.Image:
        """What `tile` encodes: the pixels as the engine decodes them, RGB.

        Raises:
            OutOfRange: when the level's grid has no such tile.
            MalformedFile: when the pixels cannot be decoded.
        """
        if not 0 <= level < len(self.levels):
            raise OutOfRange
        return self.cell_pixels(self.levels[level], column, row)

    def cell_pixels(self, level: Level, column: int, row: int) -> Image.Image:
        """One cell of a grid over a level of this slide, which need not be the slide's own grid.

        Raises:
            OutOfRange: when the grid has no such tile.
            MalformedFile: when the pixels cannot be decoded.
        """
        try:
            size = level.tile_size(column, row)
        except ValueError as error:
            raise OutOfRange from error
        return self._read(level.index, column * level.grid.tile.width, row * level.grid.tile.height, size)

    def in_srgb(self, image: Image.Image) -> Image.Image:
        """Pixels of this slide in sRGB, where it has a colour profile that can be used; else as they are."""
        return image

    def announced_level(self, said: dict[str, Any]) -> Level:
        """The level that a manifest speaks of, in the grid that it announced; an earlier version may have cut it otherwise.

        Raises:
            OutOfRange: when the slide has no such level of that size.
        """
        index = int(said["index"])
        level = self.levels[index] if 0 <= index < len(self.levels) else None
        if level is None or (said["width"], said["height"]) != (level.size.width, level.size.height):
            raise OutOfRange
        tile = Size(int(said["tile_width"]), int(said["tile_height"]))
        return level if tile == level.grid.tile else replace(level, grid=TileGrid.covering(level.size, tile))

    def tile_between(self, level: Level, column: int, row: int) -> EncodedPixels:
        """One tile of a level that the slide has not, scaled down from a finer one.

        Raises:
            OutOfRange: when the level's grid has no such tile.
        """
        try:
            size = level.tile_size(column, row)
        except ValueError as error:
            raise OutOfRange from error
        scale = level.downsample
        left, top = column * level.grid.tile.width * scale, row * level.grid.tile.height * scale
        image = self._scaled(left, top, size.width * scale, size.height * scale, size)
        return base.encode_jpeg(image, base.TILE_QUALITY, full_chroma=True)

    def frame(self, index: int) -> EncodedPixels:
        """A slide has no frames."""
        raise OutOfRange("no_such_frame")

    def thumbnail(self, index: int, max_px: int) -> EncodedPixels:
        """The whole slide, from its coarsest level that is large enough; never the stored thumbnail."""
        out = self.size.fitted_into(max_px)
        image = self._scaled(0, 0, self.size.width, self.size.height, out)
        return base.encode_jpeg(image, base.THUMBNAIL_QUALITY)

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of level-0 pixels."""
        image = self._scaled(request.origin.x, request.origin.y, request.width, request.height, request.out)
        return base.encode_png(image)

    def _scaled(self, left: float, top: float, width: float, height: float, out: Size) -> Image.Image:
        """A rectangle of level-0 pixels in the size `out`, read block by block so that memory stays bounded."""
        target = max(width / out.width, height / out.height)
        index = max((lv.index for lv in self.levels if lv.downsample <= target + 1e-9), default=0)
        level = self.levels[index]
        scale = level.downsample
        x0, y0 = max(0, int(left / scale)), max(0, int(top / scale))
        x1 = min(level.size.width, int(-(-(left + width) // scale)))
        y1 = min(level.size.height, int(-(-(top + height) // scale)))
        canvas = Image.new("RGB", (out.width, out.height), "white")
        if x1 <= x0 or y1 <= y0:
            return canvas
        if (x1 - x0) * (y1 - y0) > MAX_SCAN_PX:
            raise LimitExceeded("too_many_pixels", "the slide has no level small enough for an overview")
        ratio_x, ratio_y = out.width / (width / scale), out.height / (height / scale)
        for top_px, bottom_px in _bands(y0, y1, max(1, MAX_BLOCK_PX // (x1 - x0))):
            band = self._read(index, x0, top_px, Size(x1 - x0, bottom_px - top_px))
            from_x, to_x = (round((value - left / scale) * ratio_x) for value in (x0, x1))
            from_y, to_y = (round((value - top / scale) * ratio_y) for value in (top_px, bottom_px))
            wanted = (max(1, to_x - from_x), max(1, to_y - from_y))
            method = Image.Resampling.BOX if ratio_x < 1 else Image.Resampling.BILINEAR
            canvas.paste(band if band.size == wanted else band.resize(wanted, method), (from_x, from_y))
        return canvas


def usable_tile(width: int, height: int) -> Size:
    """The stored tile size if a viewer can use it, else 256 px squares."""
    low, high = OWN_TILE_RANGE_PX
    square = max(width, height) <= MAX_TILE_ASPECT * min(width, height)
    if low <= min(width, height) and max(width, height) <= high and square:
        return Size(width, height)
    return Size(DEFAULT_TILE_PX, DEFAULT_TILE_PX)


def _bands(start: int, end: int, rows: int) -> list[tuple[int, int]]:
    return [(top, min(end, top + rows)) for top in range(start, end, rows)]
