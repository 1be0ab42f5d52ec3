"""Pictures whose pixels are labels: PNG and TIFF; each value but 0 is a class, each becomes one mask."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from annotation.importers.facts import SourceLabel
from annotation.importers.problems import FileError
from annotation.importers.raster import mask_of_picture
from annotation.importers.reading import Reading
from annotation.importers.source import Source
from annotation.schema.problems import ShapeError, gettext_noop

__all__ = ["PictureReader"]

MAX_PX: Final = 1 << 28
MAX_CLASSES: Final = 1_000
_MODES: Final = ("1", "L", "P", "I", "I;16", "I;16B", "LA")


class PictureReader:
    """One mask for each value of a picture with one number a pixel."""

    name: ClassVar[str] = "mask"
    title: ClassVar[str] = "Mask PNG or TIFF"
    takes: ClassVar[str] = "pictures of one number a pixel, of the size of the image: one mask a value; 0 is nothing"
    losses: ClassVar[Mapping[str, str]] = {
        "pieces": gettext_noop("Pieces of one value are one mark; which belong together is not in the picture."),
        "palette": gettext_noop("The colours of a palette are kept as colours of classes, its names are in no picture."),
    }

    def claims(self, source: Source) -> bool:
        """Tell by the first bytes."""
        return source.kind in ("png", "tiff")

    def read(self, source: Source, reading: Reading) -> None:
        """Read value by value."""
        numbers, palette = _numbers(source.data)
        image = reading.image(width=numbers.shape[1], height=numbers.shape[0])
        values = np.unique(numbers)
        if len(values) > MAX_CLASSES:
            raise FileError("pixels_undecodable", "", f"{len(values)} values: this is a photograph, not a mask")
        reading.lose("pieces", len(values[values > 0]))
        for value in values[values > 0].tolist():
            colour = palette.get(value, "")
            if colour:
                reading.lose("palette")
            try:
                mask = mask_of_picture(numbers == value)
            except ShapeError as error:
                reading.refuse(f"value {value}", error.code)
                continue
            reading.mark(
                mask, place=f"value {value}", image=image, source_id=f"value {value}", labels=[SourceLabel(f"value {value}", colour=colour)]
            )


def _numbers(data: bytes) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Return the numbers (rows, columns) and the colours of a palette. Raises FileError ``pixels_undecodable``."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "TIFF")) as picture:
            if picture.width * picture.height > MAX_PX:
                raise FileError("file_too_large", "", f"{picture.width} x {picture.height}")
            if picture.mode not in _MODES:
                raise FileError("pixels_undecodable", "", f"{picture.mode}: several numbers a pixel")
            palette = _palette(picture)
            picture.load()
            numbers = np.asarray(picture.getchannel(0) if picture.mode == "LA" else picture)
    except (OSError, ValueError, SyntaxError, EOFError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FileError("pixels_undecodable", "", str(error)[:100]) from error
    return numbers, palette


def _palette(picture: Image.Image) -> dict[int, str]:
    flat = picture.getpalette() if picture.mode == "P" else None
    if not flat:
        return {}
    return {number: "#{:02x}{:02x}{:02x}".format(*flat[3 * number : 3 * number + 3]) for number in range(len(flat) // 3)}
