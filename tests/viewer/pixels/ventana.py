"""A small Ventana BIF made for tests, as no real one is at hand: three levels of one area, its tiles overlapping or not.

Built after what OpenSlide reads of the format: an iScan packet in the first directory, tile joints in the packet of level 0,
tiles numbered from the bottom in turns to the right and to the left.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

TILE_PX = 256
_XMP = 700


def write_bif(path: Path, pixels: NDArray[np.uint8], *, columns: int, rows: int, overlap_px: int) -> None:
    """Cut `pixels` (height, width, RGB) into columns x rows tiles that overlap by `overlap_px`, and store them side by side."""
    step = TILE_PX - overlap_px
    mosaic = np.zeros((rows * TILE_PX, columns * TILE_PX, 3), np.uint8)
    for row in range(rows):
        for column in range(columns):
            tile = pixels[row * step : row * step + TILE_PX, column * step : column * step + TILE_PX]
            mosaic[row * TILE_PX : row * TILE_PX + tile.shape[0], column * TILE_PX : column * TILE_PX + tile.shape[1]] = tile
    scan = '<iScan Z-layers="1" Magnification="40" ScanRes="0.25" UnitNumber="1"/>'
    options: dict[str, Any] = {"tile": (TILE_PX, TILE_PX), "compression": "jpeg", "compressionargs": {"level": 90}, "photometric": "rgb"}
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        file.write(mosaic[:64, :64], photometric="rgb", description="Label_Image", metadata=None, extratags=[_packet(scan)])
        for number in range(3):
            level = np.asarray(Image.fromarray(mosaic).reduce(1 << number))
            tags = [_packet(_joints(columns, rows, overlap_px))] if number == 0 else []
            description = f"level={number} mag={40 >> number} quality=90"
            file.write(level, description=description, metadata=None, extratags=tags, subfiletype=int(number > 0), **options)


def _packet(text: str) -> tuple[int, int, int, bytes, bool]:
    raw = text.encode()
    return _XMP, 1, len(raw), raw, True


def _joints(columns: int, rows: int, overlap_px: int) -> str:
    def number(column: int, row: int) -> int:
        up = rows - 1 - row
        return up * columns + (columns - 1 - column if up % 2 else column) + 1

    joints = ""
    for row in range(rows):
        for column in range(columns):
            if column + 1 < columns:
                joints += _joint("RIGHT", number(column, row), number(column + 1, row), overlap_px, 0)
            if row > 0:
                joints += _joint("UP", number(column, row), number(column, row - 1), 0, overlap_px)
    info = f'AOIScanned="1" AOIIndex="0" NumRows="{rows}" NumCols="{columns}" Width="{TILE_PX}" Height="{TILE_PX}" Pos-X="0" Pos-Y="0"'
    origin = '<AoiOrigin><AOI0 OriginX="0" OriginY="0"/></AoiOrigin>'
    return f'<EncodeInfo Ver="2"><SlideStitchInfo><ImageInfo {info}>{joints}</ImageInfo></SlideStitchInfo>{origin}</EncodeInfo>'


def _joint(direction: str, first: int, second: int, across: int, down: int) -> str:
    names = f'FlagJoined="1" Confidence="99" Direction="{direction}" Tile1="{first}" Tile2="{second}"'
    return f'<TileJointInfo {names} OverlapX="{across}" OverlapY="{down}"/>'
