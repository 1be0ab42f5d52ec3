"""Which parts of an image a model is shown.

Rectangles are in level-0 pixels, whole numbers; (0, 0) is the outer corner of the top-left pixel, x right, y down.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

CROP_PX = 1024
PROMPT_PX = 512
# A box is shown with half of its size around it.
BOX_MARGIN = 2.0
LEAST_SHRINKING = 1.25
LEAST_TISSUE = 0.05
MAX_THUMBNAIL_PIXELS = 4096 * 4096
Bools = NDArray[np.bool_]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of an image and the size it is sent at.

    Attributes:
        x: Left edge, level-0 px.
        y: Top edge, level-0 px.
        width: Level-0 px.
        height: Level-0 px.
        out_width: Pixels of the picture that is sent.
        out_height: Pixels of the picture that is sent.
        frame: 0-based frame; None for images without frames.
    """

    x: int
    y: int
    width: int
    height: int
    out_width: int
    out_height: int
    frame: int | None = None

    @property
    def scale(self) -> float:
        """Return the level-0 px per pixel sent."""
        return self.width / self.out_width


def crop_at(x: int, y: int, width: int, height: int, *, scale: float, frame: int | None = None) -> Crop:
    """Return a crop sent at ``scale`` level-0 px per pixel, at most ``CROP_PX`` pixels a side."""
    scale = max(scale, width / CROP_PX, height / CROP_PX)
    return Crop(x, y, width, height, max(1, round(width / scale)), max(1, round(height / scale)), frame)


def whole_crop(width: int, height: int, *, frame: int | None = None) -> Crop:
    """Return the whole image, scaled down to ``CROP_PX`` a side where it is larger."""
    return crop_at(0, 0, width, height, scale=1.0, frame=frame)


def prompt_crop(box: Box, *, width: int, height: int, scale: float, frame: int | None = None) -> Crop:
    """Return what a model is shown that is to outline something: its surroundings, within the image.

    Args:
        box: x, y, width and height of what a reader pointed at, level-0 px; a point has no size.
        width: Of the image, level-0 px.
        height: Of the image, level-0 px.
        scale: Level-0 px per pixel sent, as the model wants it.
        frame: 0-based; None for images without frames.
    """
    x, y, box_width, box_height = box
    # To shrink by a few percent gains nothing and blurs the edges that are asked for.
    scale = scale if scale >= LEAST_SHRINKING else 1.0
    side = math.ceil(max(PROMPT_PX * scale, BOX_MARGIN * max(box_width, box_height)))
    crop_width, crop_height = min(side, width), min(side, height)
    left = min(max(0, round(x + box_width / 2 - crop_width / 2)), width - crop_width)
    top = min(max(0, round(y + box_height / 2 - crop_height / 2)), height - crop_height)
    return crop_at(left, top, crop_width, crop_height, scale=scale, frame=frame)


def sending_scale(*, wanted_mpp_um: float, mpp_um: float | None) -> float:
    """Return the level-0 px per pixel sent, never below 1: pixels that were not scanned are not made up.

    Where the spacing is unknown the picture is sent as scanned.
    """
    return 1.0 if mpp_um is None or mpp_um <= 0 else max(1.0, wanted_mpp_um / mpp_um)


def tissue_crops(thumbnail: bytes, *, width: int, height: int, scale: float, limit: int) -> list[Crop]:
    """Return the ``limit`` cells of a grid that hold most tissue, from top to bottom.

    Args:
        thumbnail: The whole image as an encoded picture, made by our own pixel worker.
        width: Of the image, level-0 px.
        height: Of the image, level-0 px.
        scale: Level-0 px per pixel sent; a cell is ``CROP_PX`` pixels sent wide and high.
        limit: Most crops.
    """
    cell = max(1, math.floor(CROP_PX * scale))
    if width <= cell and height <= cell:
        return [crop_at(0, 0, width, height, scale=scale)]
    tissue, density = _tissue(thumbnail)
    ranked: list[tuple[float, float, Crop]] = []
    for y in range(0, height, cell):
        for x in range(0, width, cell):
            here = (slice(*_span(y, cell, height, tissue.shape[0])), slice(*_span(x, cell, width, tissue.shape[1])))
            share = float(tissue[here].mean()) * min(cell, width - x) * min(cell, height - y) / cell**2
            if share >= LEAST_TISSUE:
                crop = crop_at(x, y, min(cell, width - x), min(cell, height - y), scale=scale)
                ranked.append((round(share, 1), float(density[here].mean()), crop))
    ranked.sort(key=lambda item: (-item[0], -item[1], item[2].y, item[2].x))
    return sorted((crop for _share, _density, crop in ranked[:limit]), key=lambda crop: (crop.y, crop.x))


def chosen_frames(count: int, which: str) -> list[int]:
    """Return the 0-based frames that are sent: ``first``, ``middle`` or ``both``."""
    middle = count // 2
    return {"first": [0], "both": sorted({0, middle})}.get(which, [middle])


def _span(start: int, cell: int, size: int, pixels: int) -> tuple[int, int]:
    """Return the thumbnail pixels that a span of level-0 px covers, at least one."""
    first = min(pixels - 1, math.floor(start * pixels / size))
    return first, max(first + 1, math.ceil(min(start + cell, size) * pixels / size))


def _tissue(thumbnail: bytes) -> tuple[Bools, NDArray[np.float64]]:
    """Return where the thumbnail shows tissue, and how densely it is stained (optical density, red channel)."""
    with PillowImage.open(io.BytesIO(thumbnail), formats=("JPEG", "PNG")) as picture:
        if picture.width * picture.height > MAX_THUMBNAIL_PIXELS:
            raise ValueError("thumbnail too large")
        rgb = np.asarray(picture.convert("RGB"), dtype=np.float64)
    spread = rgb.max(axis=2) - rgb.min(axis=2)
    tissue = (spread > 18) & (rgb.mean(axis=2) > 25) & (rgb.mean(axis=2) < 235)
    density = np.where(tissue, -np.log10((rgb[..., 0] + 1.0) / 256.0), 0.0)
    return np.asarray(tissue, dtype=np.bool_), density
