"""The slide engine: every format OpenSlide reads from one file, and DICOM whole-slide pyramids.

Tiles keep the slide's own grid. Where a format has bounds (Leica SCN), level 0 is the bounded area, not the empty
canvas. Associated images (label, macro, thumbnail) are never asked for.
"""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any, Final

import openslide
from PIL import Image

from viewer.geometry import Level, PixelSpacing, RegionRequest, Size, TileGrid
from viewer.readers import base, tiff_structure
from viewer.readers.base import EncodedPixels, Inspection
from viewer.readers.errors import LimitExceeded, MalformedFile, OutOfRange, ReaderError, UnsupportedFormat

NAME: Final = "openslide"
VENDORS: Final = frozenset({"aperio", "dicom", "generic-tiff", "hamamatsu", "leica", "philips", "trestle", "ventana"})
DEFAULT_TILE_PX: Final = 256
OWN_TILE_RANGE_PX: Final = (8, 4_096)
MAX_TILE_ASPECT: Final = 4
MAX_LEVELS: Final = 64
MAX_BLOCK_PX: Final = 16_000_000
MAX_SCAN_PX: Final = 400_000_000
OBJECTIVE_RANGE: Final = (0.1, 200.0)


class OpenSlideReader:
    """A slide opened by OpenSlide.

    Args:
        path: a file that `sniff` called TIFF or DICOM.
        checked_as: "tiff" or "dicom"; decides which other doors must have been passed.

    Raises:
        UnsupportedFormat: when OpenSlide does not know the variant.
        MalformedFile: when it does, and the file is broken.
    """

    def __init__(self, path: str) -> None:
        try:
            vendor = openslide.OpenSlide.detect_format(path)
            if vendor not in VENDORS:
                raise UnsupportedFormat("unsupported_slide_format")
            self._slide = openslide.OpenSlide(path)
        except openslide.OpenSlideUnsupportedFormatError as error:
            raise UnsupportedFormat("unsupported_slide_format") from error
        except openslide.OpenSlideError as error:
            reason = _first_line(error)
            if "Unsupported" in reason:
                raise UnsupportedFormat("unsupported_slide_format", reason) from error
            raise MalformedFile("malformed", reason) from error
        self.vendor: str = vendor
        self._properties: dict[str, str] = dict(self._slide.properties)
        self._origin, self.size = self._bounds()
        self.levels = self._read_levels()

    def inspect(self) -> Inspection:
        """Levels, spacing and objective; the thumbnail and the first tile are decoded once to prove them."""
        warnings: list[str] = []
        spacing = self._spacing(warnings)
        self.thumbnail(0, 256)
        self.tile(0, 0, 0)
        if self.levels[-1].size.pixels > MAX_BLOCK_PX:
            warnings.append("pyramid_incomplete")
        return Inspection(
            engine=NAME,
            format=self.vendor,
            kind="slide",
            modality="SM",
            size=self.size,
            levels=self.levels,
            spacing=spacing,
            objective_power=self._objective(),
            acquisition=self._acquisition(),
            warnings=warnings,
        )

    def tile(self, level: int, column: int, row: int) -> EncodedPixels:
        """One tile in the slide's own grid, clipped to the level."""
        return base.encode_jpeg(self.tile_pixels(level, column, row), base.TILE_QUALITY, full_chroma=True)

    def tile_pixels(self, level: int, column: int, row: int) -> Image.Image:
        """What `tile` encodes: the pixels as OpenSlide decodes them, RGB.

        Raises:
            OutOfRange: when the level's grid has no such tile.
            MalformedFile: when the pixels cannot be decoded.
        """
        if not 0 <= level < len(self.levels):
            raise OutOfRange
        wanted = self.levels[level]
        try:
            size = wanted.tile_size(column, row)
        except ValueError as error:
            raise OutOfRange from error
        left, top = column * wanted.grid.tile.width, row * wanted.grid.tile.height
        return self._read(level, left, top, size)

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

    def close(self) -> None:
        """Close the handle."""
        self._slide.close()

    def _bounds(self) -> tuple[tuple[int, int], Size]:
        """Level-0 origin and size of the part that holds tissue, if the format says so, else of everything."""
        width, height = self._slide.dimensions
        names = ("bounds-x", "bounds-y", "bounds-width", "bounds-height")
        with suppress(KeyError, ValueError):
            x, y, w, h = (int(self._properties[f"openslide.{name}"]) for name in names)
            if x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= width and y + h <= height:
                return (x, y), Size(w, h)
        return (0, 0), Size(width, height)

    def _read_levels(self) -> list[Level]:
        whole = Size(*self._slide.dimensions)
        if not 0 < self._slide.level_count <= MAX_LEVELS or whole.pixels == 0:
            raise MalformedFile("malformed", "no level, or far too many")
        levels: list[Level] = []
        for index, (level_width, level_height) in enumerate(self._slide.level_dimensions):
            downsample = float(self._slide.level_downsamples[index])
            size = Size(level_width, level_height)
            if self.size != whole:
                size = Size(max(1, round(self.size.width / downsample)), max(1, round(self.size.height / downsample)))
            levels.append(Level(index, max(1.0, downsample), size, TileGrid.covering(size, self._tile_size(index))))
        if sum(level.grid.columns * level.grid.rows for level in levels) > tiff_structure.MAX_TILES:
            raise LimitExceeded("too_many_tiles")
        return levels

    def _tile_size(self, level: int) -> Size:
        """The stored tile size if a viewer can use it, else 256 px squares (NDPI stores strips 8 px high)."""
        with suppress(KeyError, ValueError):
            width = int(self._properties[f"openslide.level[{level}].tile-width"])
            height = int(self._properties[f"openslide.level[{level}].tile-height"])
            low, high = OWN_TILE_RANGE_PX
            square = max(width, height) <= MAX_TILE_ASPECT * min(width, height)
            if low <= min(width, height) and max(width, height) <= high and square:
                return Size(width, height)
        return Size(DEFAULT_TILE_PX, DEFAULT_TILE_PX)

    def _read(self, level: int, left: int, top: int, size: Size) -> Image.Image:
        """A rectangle of level pixels as RGB, see-through parts in the slide's background colour."""
        downsample = self._slide.level_downsamples[level]
        location = (self._origin[0] + round(left * downsample), self._origin[1] + round(top * downsample))
        try:
            rgba = self._slide.read_region(location, level, (size.width, size.height))
        except openslide.OpenSlideError as error:
            raise MalformedFile("pixels_undecodable", _first_line(error)) from error
        if rgba.getchannel("A").getextrema() == (255, 255):
            return rgba.convert("RGB")
        canvas = Image.new("RGB", rgba.size, self._background())
        canvas.paste(rgba, mask=rgba.getchannel("A"))
        return canvas

    def _background(self) -> str:
        colour = self._properties.get("openslide.background-color", "")
        return f"#{colour}" if len(colour) == 6 and all(ch in "0123456789abcdefABCDEF" for ch in colour) else "#ffffff"

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

    def _spacing(self, warnings: list[str]) -> PixelSpacing | None:
        values = [_number(self._properties.get(f"openslide.mpp-{axis}")) for axis in ("x", "y")]
        spacing = base.plausible_spacing(values[0], values[1], "openslide.mpp")
        if spacing is None or spacing.x > 1000:
            warnings.append("spacing_unknown" if values[0] is None else "spacing_implausible")
            return None
        return spacing

    def _objective(self) -> float | None:
        power = _number(self._properties.get("openslide.objective-power"))
        low, high = OBJECTIVE_RANGE
        return power if power is not None and low <= power <= high else None

    def _acquisition(self) -> dict[str, Any]:
        found = {"Manufacturer": self.vendor}
        for keyword, name in _ACQUISITION.items():
            if text := base.plain_text(self._properties.get(name, "")):
                found[keyword] = text
        return dict(found)


# Properties that describe the scanner or the scan and cannot name a person; everything else stays in the file.
_ACQUISITION: Final = {
    "ObjectivePower": "openslide.objective-power",
    "ManufacturerModelName": "tiff.Model",
    "DeviceMaker": "tiff.Make",
    "LeicaDeviceModel": "leica.device-model",
    "IlluminationSource": "leica.illumination-source",
    "NumericalAperture": "leica.numerical-aperture",
    "HamamatsuProduct": "hamamatsu.Product",
    "PhilipsModel": "philips.DICOM_MANUFACTURERS_MODEL_NAME",
    "PhilipsMaker": "philips.DICOM_MANUFACTURER",
    "DicomManufacturer": "dicom.Manufacturer",
    "DicomModel": "dicom.ManufacturerModelName",
    "ObjectiveLensPower": "dicom.OpticalPathSequence[0].ObjectiveLensPower",
    "ImagedVolumeDepth": "dicom.ImagedVolumeDepth",
}


def open_tiff(path: str) -> OpenSlideReader:
    """A TIFF-based slide, its directories checked first.

    Raises:
        ReaderError: with the reason why it is refused.
    """
    structure = tiff_structure.read_structure(path)
    tiff_structure.check_structure(structure)
    return OpenSlideReader(path)


def _bands(start: int, end: int, rows: int) -> list[tuple[int, int]]:
    return [(top, min(end, top + rows)) for top in range(start, end, rows)]


def _number(text: str | None) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if isfinite(value) else None


def _first_line(error: Exception) -> str:
    """OpenSlide's reason without the path it puts in front."""
    text = base.plain_text(error, 200)
    for part in text.split():
        if part.startswith("/"):
            text = text.replace(part, Path(part).suffix or "the file")
    return text


__all__ = ["NAME", "OpenSlideReader", "ReaderError", "open_tiff"]
