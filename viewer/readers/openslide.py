"""The slide engine: every format OpenSlide reads, in one file or spread over several, and DICOM whole-slide pyramids.

Tiles keep the slide's own grid. Where a format has bounds (Leica SCN, MIRAX), level 0 is the bounded area, not the empty
canvas. Associated images (label, macro, thumbnail) are never asked for.
"""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any, Final

import openslide
from PIL import Image

from viewer.geometry import Level, PixelSpacing, Size, TileGrid
from viewer.readers import base, tiff_structure
from viewer.readers.base import Inspection
from viewer.readers.colour import PROFILE_ERRORS, ToSrgb
from viewer.readers.companions import is_spread
from viewer.readers.errors import LimitExceeded, MalformedFile, ReaderError, UnsupportedFormat
from viewer.readers.pyramid import MAX_BLOCK_PX, MAX_SCAN_PX, PyramidReader, usable_tile

NAME: Final = "openslide"
VENDORS: Final = frozenset({"aperio", "dicom", "generic-tiff", "hamamatsu", "leica", "mirax", "philips", "trestle", "ventana"})
MAX_LEVELS: Final = 64
OBJECTIVE_RANGE: Final = (0.1, 200.0)
_UNANNOUNCED: Final = frozenset({"leica", "ventana"})


class OpenSlideReader(PyramidReader):
    """A slide opened by OpenSlide.

    Args:
        path: a file that `sniff` called TIFF or DICOM, or a slide of several files that passed `companions.check`.

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
        self.is_spread = is_spread(path)
        self._properties: dict[str, str] = dict(self._slide.properties)
        self._tiles_by_size = _directory_tiles(path) if vendor in _UNANNOUNCED else {}
        self._to_srgb: ToSrgb | None = None
        self._profile_read = False
        self._origin, self.size = self._bounds()
        self.levels = self._read_levels()

    def inspect(self) -> Inspection:
        """Levels, spacing and objective; the thumbnail and the first tile are decoded once to prove them.

        A DICOM slide is spared the thumbnail where it would take too long: its small levels may be files that come later.
        """
        warnings: list[str] = []
        spacing = self._spacing(warnings)
        if self.vendor != "dicom" or self.levels[-1].size.pixels <= MAX_SCAN_PX:
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

    def in_srgb(self, image: Image.Image) -> Image.Image:
        """Pixels of this slide in sRGB, where it has a colour profile that can be used; else as they are."""
        if not self._profile_read:
            self._profile_read = True
            with suppress(openslide.OpenSlideError, *PROFILE_ERRORS):
                profile = self._slide.color_profile
                self._to_srgb = None if profile is None else ToSrgb(profile)
        return image if self._to_srgb is None else self._to_srgb.convert(image)

    def close(self) -> None:
        """Close the handle."""
        self._slide.close()

    def _bounds(self) -> tuple[tuple[int, int], Size]:
        """Level-0 origin and size of the part that holds tissue, if the format says so, else of everything."""
        width, height = self._slide.dimensions
        names = ("bounds-x", "bounds-y", "bounds-width", "bounds-height")
        with suppress(KeyError, ValueError):
            x, y, w, h = (int(self._properties[f"openslide.{name}"]) for name in names)
            # Stitching may push the last camera images a few pixels over the nominal canvas.
            w, h = min(w, width - x), min(h, height - y)
            if x >= 0 and y >= 0 and w > 0 and h > 0:
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
            levels.append(Level(index, max(1.0, downsample), size, TileGrid.covering(size, self._tile_size(index, size))))
        if sum(level.grid.columns * level.grid.rows for level in levels) > tiff_structure.MAX_TILES:
            raise LimitExceeded("too_many_tiles")
        return levels

    def _tile_size(self, level: int, size: Size) -> Size:
        """The stored tile size if a viewer can use it (NDPI stores strips 8 px high)."""
        for (width, height), tile in self._tiles_by_size.items():
            if abs(width - size.width) <= 1 and abs(height - size.height) <= 1:
                return tile
        with suppress(KeyError, ValueError):
            width = int(self._properties[f"openslide.level[{level}].tile-width"])
            height = int(self._properties[f"openslide.level[{level}].tile-height"])
            return usable_tile(width, height)
        return usable_tile(0, 0)

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
    "ObjectiveName": "mirax.GENERAL.OBJECTIVE_NAME",
    "CameraType": "mirax.GENERAL.CAMERA_TYPE",
    "LeicaDeviceModel": "leica.device-model",
    "IlluminationSource": "leica.illumination-source",
    "NumericalAperture": "leica.numerical-aperture",
    "HamamatsuProduct": "hamamatsu.Product",
    # Where the slide lies on the glass, in nanometres: annotations of NDP.view count from the middle of the glass.
    "XOffsetFromSlideCentre": "hamamatsu.XOffsetFromSlideCentre",
    "YOffsetFromSlideCentre": "hamamatsu.YOffsetFromSlideCentre",
    "PhilipsModel": "philips.DICOM_MANUFACTURERS_MODEL_NAME",
    "PhilipsMaker": "philips.DICOM_MANUFACTURER",
    "DicomManufacturer": "dicom.Manufacturer",
    "DicomModel": "dicom.ManufacturerModelName",
    "ObjectiveLensPower": "dicom.OpticalPathSequence[0].ObjectiveLensPower",
    "ImagedVolumeDepth": "dicom.ImagedVolumeDepth",
}


def keeps_label_first(path: str) -> bool:
    """Whether this is a Ventana BIF, whose first directory is a photograph of the label and must never be taken for the picture."""
    return bool(openslide.OpenSlide.detect_format(path) == "ventana")


def is_plain_tiff(path: str) -> bool:
    """Whether this is a tiled TIFF that no scanner maker has added anything to."""
    return bool(openslide.OpenSlide.detect_format(path) == "generic-tiff")


def _directory_tiles(path: str) -> dict[tuple[int, int], Size]:
    """Tile sizes by the size of their directory. OpenSlide announces none for SCN, as a canvas may hold several scans, nor for BIF.

    Where one scan is the whole tissue (SCN), or its tiles do not overlap (BIF), its own grid is the level's.
    """
    directories = tiff_structure.read_structure(path).directories
    return {
        (one.first(tiff_structure.WIDTH), one.first(tiff_structure.HEIGHT)): usable_tile(
            one.first(tiff_structure.TILE_WIDTH), one.first(tiff_structure.TILE_HEIGHT)
        )
        for one in directories
        if one.tiled
    }


def open_tiff(path: str) -> OpenSlideReader:
    """A TIFF-based slide, its directories checked first.

    Raises:
        ReaderError: with the reason why it is refused.
    """
    structure = tiff_structure.read_structure(path)
    tiff_structure.check_structure(structure)
    return OpenSlideReader(path)


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
