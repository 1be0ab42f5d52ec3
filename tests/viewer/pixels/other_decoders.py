"""The levels of a slide by another decoder than the one that shows it: the proof behind `docs/formats.md`.

What OpenSlide shows is decoded by tifffile or pydicom, what tifffile shows by OpenSlide (LZW) or by zlib and Pillow from the stored
bytes, what pydicom shows as tiles by numpy, and what Pillow shows by imagecodecs.
"""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import openslide
import pydicom
import tifffile
from PIL import Image

Array = np.ndarray[Any, Any]
Levels = list[tuple[int, Array]]
_LZW, _JPEG, _DEFLATE = 5, 7, 8
_DIFFERENCES = 2
_APERIO_YCBCR = 33003
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


def levels_of(path: Path, found: dict[str, Any]) -> Levels:
    """Number and RGB pixels of each level that the other decoder knows; at least the first."""
    sizes = [(level["width"], level["height"]) for level in found["levels"]]
    if found["engine"] == "raster":
        return [(0, _picture(path))]
    if path.suffix in {".dcm", ".dicom"}:
        return _dicom(path, sizes, found)
    if found["engine"] == "openslide":
        return _by_tifffile(path, sizes)
    with tifffile.TiffFile(path) as file:
        compression = file.pages.first.compression
    return _by_openslide(path, sizes) if compression == _LZW else _by_hand(path, found)


def _grey(stored: Array, low: float, high: float) -> Array:
    grey = np.rint(np.clip((stored.astype(np.float64) - low) * 255 / (high - low), 0, 255)).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _picture(path: Path) -> Array:
    raw = path.read_bytes()
    if path.suffix in {".tif", ".tiff"}:
        stored = np.asarray(tifffile.imread(path))
        if stored.ndim == 3:
            return stored
        fits = stored.max() <= 255  # deep in name only: shown as it is
        return _grey(stored, 0, 255) if fits else _grey(stored, float(stored.min()), float(stored.max()))
    decoded = imagecodecs.jpeg8_decode(raw) if path.suffix == ".jpg" else imagecodecs.png_decode(raw)
    return np.asarray(decoded)[:, :, :3]


def _by_tifffile(path: Path, sizes: list[tuple[int, int]]) -> Levels:
    """The directories that are as large as a level; levels that OpenSlide makes itself have none."""
    found: Levels = []
    with tifffile.TiffFile(path) as file:
        pages = [page for page in file.pages if isinstance(page, tifffile.TiffPage) and page.is_tiled]
        for number, (width, height) in enumerate(sizes):
            fits = [page for page in pages if page.imagewidth == width and page.imagelength == height]
            if not fits:
                continue
            pixels = np.asarray(fits[0].asarray())
            found.append((number, _to_rgb(pixels) if fits[0].compression == _APERIO_YCBCR else pixels))
    return found


def _by_openslide(path: Path, sizes: list[tuple[int, int]]) -> Levels:
    with openslide.OpenSlide(path) as slide:
        assert list(slide.level_dimensions) == sizes
        return [(number, np.asarray(slide.read_region((0, 0), number, size).convert("RGB"))) for number, size in enumerate(sizes)]


def _to_rgb(ycbcr: Array) -> Array:
    """Full-range BT.601, as JPEG has it."""
    y, cb, cr = (ycbcr[:, :, index].astype(np.float64) - (128 if index else 0) for index in range(3))
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    return np.rint(rgb.clip(0, 255)).astype(np.uint8)


def _by_hand(path: Path, found: dict[str, Any]) -> Levels:
    with tifffile.TiffFile(path) as file:
        first = file.pages.first
        if found["channels"]:
            plane = found["planes"]["first"] if found["planes"] else 0
            step = found["planes"]["count"] if found["planes"] else 1  # the sample's planes follow each other within a channel
            pages = [file.pages[channel * step + plane] for channel in range(len(found["channels"]))]
            return [(0, _blend([_stored(path, page)[:, :, 0] for page in pages], found["channels"]))]
        return [(number, _stored(path, page)) for number, page in enumerate([first, *(first.pages or [])])]


def _stored(path: Path, page: Any) -> Array:
    """A directory's pixels, each tile or strip decoded from its stored bytes."""
    raw = path.read_bytes()
    wide, high = (page.tilewidth, page.tilelength) if page.is_tiled else (page.imagewidth, page.rowsperstrip)
    across, down = -(-page.imagewidth // wide), -(-page.imagelength // high)
    apart = page.planarconfig == 2
    samples = page.samplesperpixel
    out = np.zeros((down * high, across * wide, samples), page.dtype)
    for number, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
        plane, place = divmod(number, across * down)
        top, left = place // across * high, place % across * wide
        data = raw[offset : offset + count]
        if page.compression == _JPEG:
            tile = np.asarray(Image.open(io.BytesIO(_complete(data, page.jpegtables))))
        else:
            assert page.compression == _DEFLATE
            unpacked = np.frombuffer(zlib.decompress(data), page.dtype.newbyteorder(page.parent.byteorder))
            tile = unpacked.reshape(-1, wide, 1 if apart else samples)
            if page.predictor == _DIFFERENCES:
                tile = np.cumsum(tile, axis=1, dtype=page.dtype)
        part = tile if tile.ndim == 3 else tile[:, :, None]
        wanted = slice(plane, plane + 1) if apart else slice(0, samples)
        out[top : top + part.shape[0], left : left + part.shape[1], wanted] = part
    return out[: page.imagelength, : page.imagewidth]


def _complete(tile: bytes, tables: bytes | None) -> bytes:
    """A tile with its shared tables, and the word that its colours are RGB (its directory says so)."""
    return (tables[:-2] if tables else b"\xff\xd8") + _ADOBE_RGB + tile[2:]


def _blend(stored: list[Array], channels: list[dict[str, Any]]) -> Array:
    light = np.zeros((*stored[0].shape, 3))
    for samples, channel in zip(stored, channels, strict=True):
        if channel["shown"]:
            share = np.clip((samples.astype(np.float64) - channel["low"]) / (channel["high"] - channel["low"]), 0, 1)
            light += share[:, :, None] * np.frombuffer(bytes.fromhex(channel["colour"][1:]), np.uint8)
    return np.rint(np.minimum(light, 255)).astype(np.uint8)


def _dicom(path: Path, sizes: list[tuple[int, int]], found: dict[str, Any]) -> Levels:
    """Each level from the instance of its size in the folder, its frames laid out by pydicom."""
    if "jpegls" in path.name:  # the same tiles, uncompressed
        path = path.with_name("sm_image.dcm")
    own = str(pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID)
    levels: Levels = []
    for number, size in enumerate(sizes):
        for each in [path, *sorted(path.parent.iterdir())]:
            made = pydicom.dcmread(each)
            kinds = {str(part) for part in made.ImageType}
            fits = size == (made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows) and str(made.SeriesInstanceUID) == own
            if fits and not kinds & {"LABEL", "OVERVIEW", "THUMBNAIL"}:
                levels.append((number, _laid_out(made, found["channels"])))
                break
    return levels


def _laid_out(made: pydicom.Dataset, channels: list[dict[str, Any]] | None) -> Array:
    frames = np.asarray(made.pixel_array)
    frames = frames if frames.ndim == (3 if made.SamplesPerPixel == 1 else 4) else frames[None]
    width, height = made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows
    across, down = -(-width // made.Columns), -(-height // made.Rows)
    out = np.full((down * made.Rows, across * made.Columns, *frames.shape[3:]), 255, frames.dtype)
    groups = made.get("PerFrameFunctionalGroupsSequence")
    for number, frame in enumerate(frames):
        left, top = number % across * made.Columns, number // across * made.Rows
        if groups and "PlanePositionSlideSequence" in groups[number]:
            place = groups[number].PlanePositionSlideSequence[0]
            left, top = place.ColumnPositionInTotalImagePixelMatrix - 1, place.RowPositionInTotalImagePixelMatrix - 1
        if top < height:
            out[top : top + made.Rows, left : left + made.Columns] = frame
    whole = out[:height, :width]
    return _grey(whole, channels[0]["low"], channels[0]["high"]) if channels else whole
