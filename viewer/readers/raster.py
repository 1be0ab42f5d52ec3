"""The photograph engine: JPEG, PNG, WebP and TIFF pictures, decoded whole by Pillow.

Levels are made by halving and cut into 512 px tiles. EXIF orientation and colour profile are applied, so that what a
reader sees has the same axes and colours everywhere; no metadata of the file leaves the reader.
"""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from viewer.geometry import Level, PixelSpacing, RegionRequest, Size, TileGrid
from viewer.readers import base, tiff_structure
from viewer.readers.base import EncodedPixels, Inspection
from viewer.readers.bounded_file import BoundedFile
from viewer.readers.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from viewer.readers.pyramid import PyramidReader
from viewer.readers.sniff import Family

NAME: Final = "raster"
MAX_PIXELS: Final = 120_000_000
MAX_DEFLATE_RATIO: Final = 1_032  # what deflate can reach at most (zlib's technical details)
TILE_PX: Final = 512
SMALLEST_LEVEL_PX: Final = 512
_FORMATS: Final[dict[Family, str]] = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "tiff": "TIFF"}
_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "I", "I;16", "I;16B", "F"})
_EXIF_ACQUISITION: Final = {271: "Manufacturer", 272: "ManufacturerModelName"}

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class RasterReader(PyramidReader):
    """A photograph. The decoded picture is kept until the reader is closed.

    Args:
        path: a file that `sniff` accepted.
        family: what `sniff` said it is.

    Raises:
        LimitExceeded: for more than 120 megapixels, before decoding.
        UnsupportedFormat: for channels that are no colour.
        MalformedFile: when Pillow cannot make sense of it.
    """

    def __init__(self, path: str, family: Family) -> None:
        self._family = family
        self._path = path
        self.warnings: list[str] = []
        if family == "tiff":
            self._check_tiff(path)
        self._file = BoundedFile(path)
        try:
            self._image = self._opened()
            stored = Size(*self._image.size)
            self._turned = self._orientation() in {5, 6, 7, 8}
        except BaseException:
            self._file.close()
            raise
        self.size = Size(stored.height, stored.width) if self._turned else stored
        self.levels = halved_levels(self.size)
        self._pyramid: list[Image.Image] = []

    @property
    def kept_bytes(self) -> int:
        """Memory that the decoded picture takes (Pillow keeps four bytes a pixel)."""
        return sum(4 * level.width * level.height for level in self._pyramid)

    def inspect(self) -> Inspection:
        """Size and levels; the whole picture is decoded once."""
        spacing = self._spacing()
        acquisition = self._acquisition()
        self._check_sums()
        self._decoded(0)
        if spacing is None:
            self.warnings.append("spacing_unknown")
        if getattr(self._image, "n_frames", 1) > 1:
            self.warnings.append("first_page_only")
        return Inspection(
            engine=NAME,
            format=self._family,
            kind="photograph",
            modality="XC",
            size=self.size,
            levels=self.levels,
            spacing=spacing,
            acquisition=acquisition,
            warnings=self.warnings,
        )

    def _read(self, level: int, left: int, top: int, size: Size) -> Image.Image:
        return self._decoded(level).crop((left, top, left + size.width, top + size.height))

    def thumbnail(self, index: int, max_px: int) -> EncodedPixels:
        """The whole picture, small."""
        out = self.size.fitted_into(max_px)
        level = max((lv.index for lv in self.levels if lv.size.width >= out.width), default=0)
        image = self._decoded(level).resize((out.width, out.height), Image.Resampling.BOX)
        return base.encode_jpeg(image, base.THUMBNAIL_QUALITY)

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of level-0 pixels."""
        return base.encode_png(base.crop_region(self._decoded(0), request))

    def close(self) -> None:
        """Drop the picture."""
        self._pyramid.clear()
        self._image.close()
        self._file.close()

    def _check_tiff(self, path: str) -> None:
        structure = tiff_structure.read_structure(path)
        tiff_structure.check_structure(structure)
        first = structure.directories[0]
        if first.first(tiff_structure.PLANAR, 1) == 2 and first.tiled:
            raise UnsupportedFormat("unsupported_pixel_layout", "tiles of colour planes stored apart")
        several_planes = b"<OME" in first.description and len(structure.directories) > 1
        if several_planes or first.first(tiff_structure.SAMPLES, 1) > 4:
            raise UnsupportedFormat("multichannel_not_supported")

    def _opened(self) -> Image.Image:
        """The picture's header, checked against the limits; nothing is decoded."""
        try:
            image: Image.Image = Image.open(self._file, formats=(_FORMATS[self._family],))
        except Image.DecompressionBombError as error:
            raise LimitExceeded("too_many_pixels") from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, OverflowError, KeyError) as error:
            raise MalformedFile("malformed") from error
        width, height = image.size
        if width * height == 0:
            raise MalformedFile("malformed", "no pixels")
        if width * height > MAX_PIXELS:
            raise LimitExceeded("too_many_pixels", f"{width} x {height}")
        if image.mode not in _MODES:
            raise UnsupportedFormat("unsupported_pixel_layout", image.mode)
        least_bits = 8 * len(image.getbands()) if image.mode in {"RGB", "RGBA", "LA"} else 1
        if self._family == "png" and width * height * least_bits // 8 > MAX_DEFLATE_RATIO * Path(self._path).stat().st_size:
            raise MalformedFile("truncated", f"{width} x {height} pixels declared")
        return image

    def _check_sums(self) -> None:
        """Compare the check sums of a PNG, which decoding passes over."""
        if self._family != "png":
            return
        try:
            with BoundedFile(self._path) as file, Image.open(file, formats=("PNG",)) as copy:
                copy.verify()
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise MalformedFile("pixels_undecodable", "a check sum is wrong") from error

    def _orientation(self) -> int:
        with suppress(ValueError, OSError, SyntaxError, KeyError, TypeError):
            return int(self._image.getexif().get(274, 1))
        return 1

    def _decoded(self, level: int) -> Image.Image:
        if not self._pyramid:
            try:
                with BoundedFile(self._path) as file, Image.open(file, formats=(_FORMATS[self._family],)) as stored:
                    self._pyramid.append(self._to_rgb(stored))
            except (OSError, ValueError, SyntaxError, IndexError, EOFError) as error:
                raise MalformedFile("pixels_undecodable") from error
        while len(self._pyramid) <= level:
            size = self.levels[len(self._pyramid)].size
            self._pyramid.append(self._pyramid[-1].resize((size.width, size.height), Image.Resampling.BOX))
        return self._pyramid[level]

    def _to_rgb(self, stored: Image.Image) -> Image.Image:
        """The picture as RGB, upright, in sRGB, see-through parts on white."""
        profile = stored.info.get("icc_profile")
        upright = ImageOps.exif_transpose(stored) or stored
        if upright.mode in {"I", "I;16", "I;16B", "F"}:
            return self._deep_grey(upright)
        if upright.mode in {"LA", "PA", "RGBA"} or "transparency" in upright.info:
            see_through = upright.convert("RGBA")
            canvas = Image.new("RGB", upright.size, "white")
            canvas.paste(see_through, mask=see_through.getchannel("A"))
            return canvas
        if profile and upright.mode in {"RGB", "CMYK"}:
            with suppress(ImageCms.PyCMSError, OSError, ValueError):
                return self._in_srgb(upright, profile)
        return upright.convert("RGB")

    def _in_srgb(self, image: Image.Image, profile: bytes) -> Image.Image:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in str(ImageCms.getProfileDescription(own)).lower():
            return image.convert("RGB")
        converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        self.warnings.append("colour_profile_applied")
        return converted if converted is not None else image.convert("RGB")

    def _deep_grey(self, image: Image.Image) -> Image.Image:
        """16-bit and float grey, stretched from its own smallest to its own largest value."""
        samples = np.nan_to_num(np.asarray(image, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(samples.min()), float(samples.max())
        if not (image.mode.startswith("I") and high <= 255):
            samples = (samples - low) * (255.0 / (high - low) if high > low else 0.0)
            self.warnings.append("range_stretched")
        return Image.fromarray(samples.astype(np.uint8), "L").convert("RGB")

    def _spacing(self) -> PixelSpacing | None:
        """None: the density of a photograph speaks of paper, not of tissue."""
        return None

    def _acquisition(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with suppress(ValueError, OSError, SyntaxError, KeyError, TypeError):
            exif = self._image.getexif()
            for tag, keyword in _EXIF_ACQUISITION.items():
                if text := base.plain_text(exif.get(tag, "")):
                    found[keyword] = text
        return found


def halved_levels(size: Size) -> list[Level]:
    """Levels by halving down to one tile; the last pixel of an odd side is kept."""
    levels = [Level(0, 1.0, size, TileGrid.covering(size, Size(TILE_PX, TILE_PX)))]
    while max(levels[-1].size.width, levels[-1].size.height) > SMALLEST_LEVEL_PX:
        last = levels[-1]
        half = Size((last.size.width + 1) // 2, (last.size.height + 1) // 2)
        levels.append(Level(last.index + 1, last.downsample * 2, half, TileGrid.covering(half, Size(TILE_PX, TILE_PX))))
    return levels
