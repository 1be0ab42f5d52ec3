"""What every engine offers, and the values it answers with.

An engine is one module with one `ImageReader`. A reader is opened on one file that `sniff` accepted, lives in a pixel
worker, and is used by one thread. It answers with encoded bytes and never with label, overview or macro images.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, Literal, Protocol, runtime_checkable

from PIL import Image

from viewer.geometry import Level, Micrometres, PixelSpacing, RegionRequest, Size

TILE_QUALITY: Final = 85
FRAME_QUALITY: Final = 90
THUMBNAIL_QUALITY: Final = 85
MAX_REGION_SIDE_PX: Final = 8_192
MAX_REGION_PX: Final = 32_000_000
MAX_THUMBNAIL_PX: Final = 2_048
SPACING_RANGE_UM: Final = (0.001, 50_000.0)

Kind = Literal["slide", "frames", "photograph", "video", "presentation"]


@dataclass(frozen=True, slots=True)
class EncodedPixels:
    """One answer of a reader: media type, body and the headers that explain the body."""

    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Inspection:
    """What a file holds, as plain values; see `PixelPool.inspect`."""

    engine: str
    format: str
    kind: Kind
    modality: str
    size: Size
    frame_count: int = 1
    levels: list[Level] = field(default_factory=list)
    spacing: PixelSpacing | None = None
    objective_power: float | None = None
    frames: dict[str, Any] | None = None
    video: dict[str, Any] | None = None
    dicom: dict[str, Any] | None = None
    acquisition: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    presentation: dict[str, Any] | None = None
    channels: list[dict[str, Any]] | None = None
    planes: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """The inspection as it crosses the process boundary."""
        spacing = self.spacing
        return {
            "engine": self.engine,
            "format": self.format,
            "kind": self.kind,
            "modality": self.modality,
            "width": self.size.width,
            "height": self.size.height,
            "frame_count": self.frame_count,
            "levels": [level.as_json() for level in self.levels],
            "spacing": None if spacing is None else {"x_um": spacing.x, "y_um": spacing.y, "source": spacing.source},
            "objective_power": self.objective_power,
            "frames": self.frames,
            "video": self.video,
            "dicom": self.dicom,
            "acquisition": self.acquisition,
            "warnings": sorted(set(self.warnings)),
            "channels": self.channels,
            "planes": self.planes,
            **({"presentation": self.presentation} if self.presentation else {}),
        }


class ImageReader(Protocol):
    """An open image file. Every method may raise `ReaderError`."""

    def inspect(self) -> Inspection:
        """Metadata without identifiers, after decoding the first pixels once."""

    def tile(self, level: int, column: int, row: int) -> EncodedPixels:
        """One tile as JPEG, clipped to the level; column and row are 0-based."""

    def frame(self, index: int) -> EncodedPixels:
        """One frame of this file (0-based), as values, not packed, or as colour."""

    def thumbnail(self, index: int, max_px: int) -> EncodedPixels:
        """A JPEG of the whole image (of frame `index`) with sides of at most `max_px`."""

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A rectangle of level-0 pixels as RGB PNG."""

    def close(self) -> None:
        """Give the file and its memory back."""


@runtime_checkable
class ViewedReader(Protocol):
    """A reader of an image with channels or planes."""

    def seen(self, view: str) -> ImageReader:
        """The image as a view shows it; raises `OutOfRange` when it has no such view. See `viewer.readers.views`."""


def encode_jpeg(image: Image.Image, quality: int, *, full_chroma: bool = False) -> EncodedPixels:
    """The image as JPEG; `full_chroma` (4:4:4) halves the colour error on stained tissue for half as many bytes more."""
    buffer = io.BytesIO()
    rgb = image if image.mode in {"RGB", "L"} else image.convert("RGB")
    rgb.save(buffer, "JPEG", quality=quality, subsampling=0 if full_chroma else 2)
    return EncodedPixels("image/jpeg", buffer.getvalue())


def encode_png(image: Image.Image) -> EncodedPixels:
    """The image as an RGB PNG without metadata."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG", compress_level=1)
    return EncodedPixels("image/png", buffer.getvalue())


def crop_region(image: Image.Image, request: RegionRequest) -> Image.Image:
    """A rectangle of a whole decoded image, in the size asked for; white outside the image."""
    left, top = request.origin.x, request.origin.y
    box = (max(0.0, left), max(0.0, top), min(image.width, left + request.width), min(image.height, top + request.height))
    canvas = Image.new("RGB", (request.out.width, request.out.height), "white")
    if box[0] >= box[2] or box[1] >= box[3]:
        return canvas
    scale_x, scale_y = request.out.width / request.width, request.out.height / request.height
    target = Size(max(1, round((box[2] - box[0]) * scale_x)), max(1, round((box[3] - box[1]) * scale_y)))
    method = Image.Resampling.BOX if scale_x < 1 or scale_y < 1 else Image.Resampling.BILINEAR
    part = image.convert("RGB").resize((target.width, target.height), method, box=box)
    canvas.paste(part, (round((box[0] - left) * scale_x), round((box[1] - top) * scale_y)))
    return canvas


def plausible_spacing(x_um: float | None, y_um: float | None, source: str) -> PixelSpacing | None:
    """A spacing if both distances are finite, positive and physically possible, else None."""
    low, high = SPACING_RANGE_UM
    if x_um is None or y_um is None or not all(isfinite(v) and low <= v <= high for v in (x_um, y_um)):
        return None
    return PixelSpacing(Micrometres(x_um), Micrometres(y_um), source)


def plain_text(value: object, limit: int = 64) -> str:
    """Text of a file made harmless: one line, no control, bidi or unassigned characters, at most `limit` characters."""
    kept = "".join(ch for ch in str(value)[: limit * 4] if unicodedata.category(ch)[0] != "C" or ch in " \t")
    return re.sub(r"\s+", " ", kept).strip()[:limit]
