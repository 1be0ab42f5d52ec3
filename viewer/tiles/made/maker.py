"""Makes tiles in a pixel worker: rendered ones once more, and coarser ones from stored ones.

A coarser tile is put together from stored JPEG tiles that the decoder scales down on the way (it leaves out the high
frequencies of each block), which costs a third of decoding them whole. Two steps from the slide's own tiles at most differ
from them in quality; the finest level is never touched.
"""

from __future__ import annotations

import base64
import os
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.geometry import Level
from viewer.readers import base
from viewer.readers.codestream import jpeg_frame_header
from viewer.readers.errors import OutOfRange, ReaderError
from viewer.readers.pyramid import PyramidReader
from viewer.tiles.stored.jpeg import Recipe

MAX_TILES_A_JOB: Final = 256
HALF_QUALITY: Final = 80
Made = tuple[dict[str, Any], bytes]
Picture = NDArray[np.uint8]
# libjpeg-turbo scales while it decodes; OpenCV's way to it takes a sixth less time than Pillow's.
_SCALED: Final = {
    1: cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION,
    2: cv2.IMREAD_REDUCED_COLOR_2 | cv2.IMREAD_IGNORE_ORIENTATION,
    4: cv2.IMREAD_REDUCED_COLOR_4 | cv2.IMREAD_IGNORE_ORIENTATION,
    8: cv2.IMREAD_REDUCED_COLOR_8 | cv2.IMREAD_IGNORE_ORIENTATION,
}
cv2.setNumThreads(1)


def render(reader: PyramidReader, level: Level, cells: list[list[int]]) -> Made:
    """The tiles at these cells (column, row), each of the size of a full tile; empty where one cannot be decoded.

    They are encoded as a tile at first view is, so an address shows the same before and after.

    Raises:
        OutOfRange: for too many cells, or a cell that the level has not.
    """
    if len(cells) > MAX_TILES_A_JOB:
        raise OutOfRange
    return _packed([_rendered(reader, level, int(column), int(row)) for column, row in cells])


def _rendered(reader: PyramidReader, level: Level, column: int, row: int) -> bytes:
    try:
        pixels = reader.cell_pixels(level, column, row)
    except OutOfRange:
        raise
    except ReaderError:
        return b""
    tile = level.grid.tile
    return base.encode_jpeg(_padded(pixels, tile.width, tile.height), base.TILE_QUALITY, full_chroma=True).body


def _padded(pixels: Image.Image, width: int, height: int) -> Image.Image:
    """The picture in the size of a full tile; beyond its end its last pixels go on, which leaves no edge for JPEG to smear."""
    if pixels.size == (width, height):
        return pixels
    whole = Image.new("RGB", (width, height))
    whole.paste(pixels)
    if pixels.width < width:
        last = pixels.crop((pixels.width - 1, 0, pixels.width, pixels.height))
        whole.paste(last.resize((width - pixels.width, pixels.height)), (pixels.width, 0))
    if pixels.height < height:
        last = whole.crop((0, pixels.height - 1, width, pixels.height))
        whole.paste(last.resize((width, height - pixels.height)), (0, pixels.height))
    return whole


def shrink(job: dict[str, Any]) -> Made:
    """Tiles of a coarser level.

    Args:
        job: `factor`; `tile` (width, height); `files` (path, recipe) that hold finer tiles; `cells`, for each tile its factor x
            factor finer tiles row by row, as (number of file, offset, length), or null where there is none.

    Raises:
        OutOfRange: for too many cells.
        OSError: when a file is gone.
    """
    if len(job["cells"]) > MAX_TILES_A_JOB:
        raise OutOfRange
    factor, (width, height) = int(job["factor"]), (int(side) for side in job["tile"])
    recipes = [_recipe(said["recipe"]) for said in job["files"]]
    descriptors = [os.open(said["path"], os.O_RDONLY) for said in job["files"]]
    try:
        tiles: list[bytes] = []
        canvas = np.empty((height, width, 3), np.uint8)
        wide, high = width // factor, height // factor
        for cell in job["cells"]:
            canvas[:] = 255
            for number, place in enumerate(cell):
                if place is None:
                    continue
                file, offset, length = (int(value) for value in place)
                stored = recipes[file].complete(os.pread(descriptors[file], length, offset))
                smaller = None if stored is None else _decoded(stored, wide, high)
                if smaller is not None:
                    left, top = number % factor * wide, number // factor * high
                    canvas[top : top + high, left : left + wide] = smaller
            tiles.append(cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, HALF_QUALITY])[1].tobytes())
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return _packed(tiles)


def _decoded(jpeg: bytes, width: int, height: int) -> Picture | None:
    """The tile in at most this size, as blue, green and red, shape (height, width, 3)."""
    shown = jpeg_frame_header(jpeg)[1]
    by = next((number for number in (8, 4, 2) if shown is not None and shown[0] >= number * width and shown[1] >= number * height), 1)
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), _SCALED[by])
    except cv2.error:
        return None
    if image is None:  # what cannot be decoded is white here, and says why where it is looked at
        return None
    if image.shape[:2] != (height, width):
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8)


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as it crosses the process boundary."""
    prefix = base64.b64encode(recipe.prefix).decode()
    return {"tile": [recipe.width, recipe.height, recipe.components], "prefix": prefix, "fragmented": recipe.fragmented}


def _recipe(said: dict[str, Any]) -> Recipe:
    width, height, components = (int(value) for value in said["tile"])
    return Recipe(width, height, components, base64.b64decode(said["prefix"]), said["fragmented"] is True)


def _packed(tiles: list[bytes]) -> Made:
    return {"lengths": [len(tile) for tile in tiles]}, b"".join(tiles)
