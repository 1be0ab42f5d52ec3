"""Makes tiles in a pixel worker: rendered ones once more, and coarser ones from stored ones.

A coarser tile is put together from stored JPEG tiles that the decoder scales down on the way (it leaves out the high
frequencies of each block), which costs a third of decoding them whole. Two steps from the slide's own tiles at most differ
from them in quality; the finest level is never touched.
"""

from __future__ import annotations

import base64
import io
import os
from typing import Any, Final

from PIL import Image

from viewer.geometry import Level
from viewer.readers import base
from viewer.readers.errors import OutOfRange, ReaderError
from viewer.readers.pyramid import PyramidReader
from viewer.tiles.stored.jpeg import Recipe

MAX_TILES_A_JOB: Final = 256
HALF_QUALITY: Final = 80
Made = tuple[dict[str, Any], bytes]


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
        for cell in job["cells"]:
            canvas = Image.new("RGB", (width, height), "white")
            part = (width // factor, height // factor)
            for number, place in enumerate(cell):
                if place is None:
                    continue
                file, offset, length = (int(value) for value in place)
                stored = recipes[file].complete(os.pread(descriptors[file], length, offset))
                smaller = None if stored is None else _decoded(stored, part)
                if smaller is not None:
                    canvas.paste(smaller, (number % factor * part[0], number // factor * part[1]))
            tiles.append(base.encode_jpeg(canvas, HALF_QUALITY).body)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return _packed(tiles)


def _decoded(jpeg: bytes, size: tuple[int, int]) -> Image.Image | None:
    try:
        image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
        image.draft("RGB", size)
        image.load()
    except (OSError, SyntaxError):  # what cannot be decoded is white here, and says why where it is looked at
        return None
    return image if image.size == size else image.resize(size, Image.Resampling.BOX)


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as it crosses the process boundary."""
    prefix = base64.b64encode(recipe.prefix).decode()
    return {"tile": [recipe.width, recipe.height, recipe.components], "prefix": prefix, "fragmented": recipe.fragmented}


def _recipe(said: dict[str, Any]) -> Recipe:
    width, height, components = (int(value) for value in said["tile"])
    return Recipe(width, height, components, base64.b64decode(said["prefix"]), said["fragmented"] is True)


def _packed(tiles: list[bytes]) -> Made:
    return {"lengths": [len(tile) for tile in tiles]}, b"".join(tiles)
