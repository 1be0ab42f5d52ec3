"""Writes the smallest valid slides of the formats that are spread over several files.

No freely licensed MIRAX or VMS is small enough to keep, so these are written from the public descriptions of the formats
(openslide.org/formats/mirax and /hamamatsu): real structure, synthetic tissue.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, Any]

CAMERA_PX = 64
OVERLAP_PX = 8
STEP_PX = CAMERA_PX - OVERLAP_PX


def tissue(width: int, height: int, seed: int = 3) -> Array:
    """A smooth coloured picture, so that JPEG changes it little."""
    rows, columns = np.mgrid[:height, :width]
    wave = np.stack([np.sin(rows / 17 + seed), np.cos(columns / 23), np.sin((rows + columns) / 31)], axis=-1)
    picture: Array = np.rint(160 + 70 * wave).astype(np.uint8)
    return picture


def _png(pixels: Array) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def write_mirax(main: Path, *, across: int = 6, down: int = 4, blank_columns: int = 2, blank_rows: int = 1) -> Array:
    """Write a MIRAX of overlapping camera images (PNG, so by value exact) in two levels, nothing scanned at the left and top.

    Returns the whole canvas, white where nothing was scanned.
    """
    width, height = (across - 1) * STEP_PX + CAMERA_PX, (down - 1) * STEP_PX + CAMERA_PX
    picture = tissue(width, height)
    canvas = np.full_like(picture, 255)
    images: list[tuple[int, bytes]] = []
    small: list[tuple[int, bytes]] = []
    for row in range(blank_rows, down):
        for column in range(blank_columns, across):
            left, top = column * STEP_PX, row * STEP_PX
            part = picture[top : top + CAMERA_PX, left : left + CAMERA_PX]
            canvas[top : top + CAMERA_PX, left : left + CAMERA_PX] = part
            images.append((row * across + column, _png(part)))
    for row in range(0, down, 2):
        for column in range(0, across, 2):
            joined = np.zeros((CAMERA_PX, CAMERA_PX, 3), np.uint8)
            for y in range(2):
                for x in range(2):
                    left, top = (column + x) * STEP_PX, (row + y) * STEP_PX
                    part = picture[top : top + CAMERA_PX : 2, left : left + CAMERA_PX : 2]
                    joined[y * 32 : y * 32 + part.shape[0], x * 32 : x * 32 + part.shape[1]] = part
            small.append((row * across + column, _png(joined)))
    folder = main.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    main.write_bytes(b"\xff\xd8\xff\xe0 a picture of the slide, which nobody reads")
    _write_mirax_data(folder, [images, small])
    (folder / "Slidedat.ini").write_bytes(b"\xef\xbb\xbf" + _slidedat(across, down).encode())
    return canvas


def _write_mirax_data(folder: Path, levels: list[list[tuple[int, bytes]]]) -> None:
    data = bytearray(b"data")
    pages: list[bytes] = []
    for images in levels:
        entries = bytearray()
        for number, raw in images:
            entries += struct.pack("<4i", number, len(data), len(raw), 0)
            data += raw
        pages.append(struct.pack("<2i", len(images), 0) + bytes(entries))
    (folder / "Data0000.dat").write_bytes(data)
    head = b"01.02" + b"SLIDE-1"
    roots = len(head) + 8
    index = bytearray(head + struct.pack("<2i", roots, 0) + bytes(4 * len(pages)))
    for level, page in enumerate(pages):
        struct.pack_into("<i", index, roots + 4 * level, len(index))
        index += struct.pack("<2i", 0, len(index) + 8) + page
    (folder / "Index.dat").write_bytes(index)


def _slidedat(across: int, down: int) -> str:
    level = (
        "[L{n}]\r\nOVERLAP_X = {o}\r\nOVERLAP_Y = {o}\r\nMICROMETER_PER_PIXEL_X = {m}\r\nMICROMETER_PER_PIXEL_Y = {m}\r\n"
        "IMAGE_FORMAT = PNG\r\nIMAGE_FILL_COLOR_BGR = 16777215\r\nIMAGE_CONCAT_FACTOR = {n}\r\n"
        f"DIGITIZER_WIDTH = {CAMERA_PX}\r\nDIGITIZER_HEIGHT = {CAMERA_PX}\r\n"
    )
    return (
        f"[GENERAL]\r\nSLIDE_VERSION = 01.02\r\nSLIDE_ID = SLIDE-1\r\nIMAGENUMBER_X = {across}\r\nIMAGENUMBER_Y = {down}\r\n"
        "OBJECTIVE_MAGNIFICATION = 20\r\nCameraImageDivisionsPerSide = 1\r\n"
        "[HIERARCHICAL]\r\nHIER_COUNT = 1\r\nNONHIER_COUNT = 0\r\nINDEXFILE = Index.dat\r\nHIER_0_NAME = Slide zoom level\r\n"
        "HIER_0_COUNT = 2\r\nHIER_0_VAL_0_SECTION = L0\r\nHIER_0_VAL_1_SECTION = L1\r\n"
        "[DATAFILE]\r\nFILE_COUNT = 1\r\nFILE_0 = Data0000.dat\r\n"
        + level.format(n=0, o=OVERLAP_PX, m=0.25)
        + level.format(n=1, o=OVERLAP_PX / 2, m=0.5)
    )


def write_vms(main: Path, *, name: str = "スライド") -> Array:
    """Write a VMS of two JPEG images side by side with restart markers, and its map. Returns level 0."""
    picture = tissue(512, 128)
    parts = {f"{name}.jpg": picture[:, :256], f"{name}(1,0).jpg": picture[:, 256:], f"{name}_map.jpg": picture[::4, ::4]}
    for part, pixels in parts.items():
        image = Image.fromarray(np.ascontiguousarray(pixels))
        # One restart marker each 64 px: MCUs of 8 px without subsampling.
        image.save(main.parent / part, "JPEG", quality=95, subsampling=0, restart_marker_blocks=8 if image.width > 128 else 4)
    lines = ["[Virtual Microscope Specimen]", "NoLayers=1", "NoJpegColumns=2", "NoJpegRows=1", f"ImageFile={name}.jpg"]
    lines += [f"ImageFile(1,0)={name}(1,0).jpg", f"MapFile={name}_map.jpg", "OptimisationFile=none.opt", "MacroImage="]
    lines += ["PhysicalWidth=128000", "PhysicalHeight=32000", "SourceLens=40"]
    main.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    decoded = [Image.open(main.parent / part).convert("RGB") for part in list(parts)[:2]]
    return np.concatenate([np.asarray(image) for image in decoded], axis=1)


def write_vmu(main: Path) -> Array:
    """Write a VMU, 12 bits a channel without compression, and its map. Returns level 0 in 8 bits."""
    picture = tissue(256, 100)
    for name, pixels in (("image.ngr", picture), ("map.ngr", picture[::4, ::4])):
        _write_ngr(main.parent / name, np.ascontiguousarray(pixels))
    lines = ["[Uncompressed Virtual Microscope Specimen]", "ImageFile=image.ngr", "MapFile=map.ngr", "MacroImage="]
    lines += ["BitsPerPixel=36", "PixelOrder=RGB", "PhysicalWidth=64000", "PhysicalHeight=25000", "SourceLens=20"]
    main.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return picture


def _write_ngr(path: Path, pixels: Array) -> None:
    height, width = pixels.shape[:2]
    column = 64
    head = b"GN\x01\x00" + struct.pack("<3i", width, height, column) + bytes(8) + struct.pack("<i", 32)
    columns = [pixels[:, left : left + column].astype("<u2") * 16 for left in range(0, width, column)]
    path.write_bytes(head.ljust(32, b"\0") + b"".join(part.tobytes() for part in columns))
