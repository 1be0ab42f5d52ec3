"""Overlays bit by bit: against pydicom where it reads them, against the pixel words where they lie in spare bits."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from viewer.readers import errors
from viewer.tiles.pool import Encoded, PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
Array = np.ndarray[Any, Any]


def planes_of(encoded: Encoded) -> Array:
    """The palette indices, in which each plane is a bit."""
    assert encoded.content_type == "image/png"
    picture = Image.open(io.BytesIO(encoded.body))
    assert picture.mode == "P"
    index = np.asarray(picture)
    alpha = np.asarray(picture.convert("RGBA"))[..., 3]
    assert ((alpha == 255) == (index > 0)).all()
    assert set(np.unique(alpha)) <= {0, 255}
    return index


@pytest.mark.parametrize("name", ["mr/with_overlays.dcm", "sc/examples_overlay.dcm"])
def test_overlay_data_equals_that_of_pydicom(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    header = pydicom.dcmread(shared_data / "dicom" / name)
    _, source = opened(shared_data / "dicom" / name)
    groups = [group for group in range(0x6000, 0x6020, 2) if (group << 16) | 0x3000 in header]
    assert groups
    assert pool.frame(source, 0).headers["Mitate-Overlays"] == str(len(groups))
    index = planes_of(pool.overlay(source, 0))
    for bit, group in enumerate(groups):
        assert (((index >> bit) & 1) == placed(header.overlay_array(group), header, group)).all(), hex(group)
        assert ((index >> bit) & 1).any()


def placed(plane: Array, header: pydicom.Dataset, group: int) -> Array:
    """An overlay as pydicom gives it, moved to where the header says."""
    top, left = (int(part) - 1 for part in header[(group << 16) | 0x0050].value)
    picture = np.zeros((header.Rows, header.Columns), np.uint8)
    for row, column in zip(*np.nonzero(plane), strict=True):
        if 0 <= row + top < header.Rows and 0 <= column + left < header.Columns:
            picture[row + top, column + left] = 1
    return picture


def test_overlays_in_spare_bits_of_the_pixel_words(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom/pr/overlay_image.dcm"
    header = pydicom.dcmread(path)
    words = np.frombuffer(header.PixelData, "<u2").reshape(512, 512)
    _, source = opened(path)
    index = planes_of(pool.overlay(source, 0))
    expected = [words >> 15 & 1, words >> 14 & 1, header.overlay_array(0x6004), header.overlay_array(0x6006)]
    for bit, plane in enumerate(expected):
        assert plane.any()
        assert (((index >> bit) & 1) == plane).all(), bit


def small(tmp_path: Path, shared_data: Path, frames: int, **overlay: Any) -> Path:
    """A multi-frame file with one overlay of three frames, made from a real one."""
    whole = pydicom.dcmread(shared_data / "dicom" / overlay.get("name", "ct/CT_small.dcm"))
    whole.NumberOfFrames = frames
    whole.PixelData = whole.PixelData * frames
    for element, vr, value in (
        (0x0010, "US", overlay.get("rows", 5)),
        (0x0011, "US", overlay.get("columns", 7)),
        (0x0015, "IS", overlay.get("count")),
        (0x0040, "CS", overlay.get("type", "G")),
        (0x0050, "SS", overlay.get("origin", [1, 1])),
        (0x0051, "US", overlay.get("first")),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", overlay["data"]),
    ):
        if value is not None:
            whole.add_new((0x6000 << 16) | element, vr, value)
    path = tmp_path / "overlay.dcm"
    whole.save_as(path)
    return path


def test_each_overlay_frame_lies_over_its_own_image_frame(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    """Frames of overlay data follow each other bit by bit; ImageFrameOrigin counts from 1 (PS3.3 C.9.3)."""
    drawn = np.random.default_rng(7).integers(0, 2, (3, 5, 7), dtype=np.uint8)
    packed = np.packbits(drawn.reshape(-1), bitorder="little").tobytes() + b"\0"
    path = small(tmp_path, shared_data, 6, data=packed[:14], count=3, first=2, origin=[-1, 126])
    found, source = opened(path)
    assert found["frame_count"] == 6
    assert "overlay_unreadable" not in found["warnings"]
    for frame in (0, 4, 5):
        assert "Mitate-Overlays" not in pool.frame(source, frame).headers
        with pytest.raises(errors.OutOfRange):
            pool.overlay(source, frame)
    for frame in (1, 2, 3):
        index = planes_of(pool.overlay(source, frame))
        # Rows -1 and 0 and all columns beyond 128 lie outside the image.
        assert (index[:3, 125:] == drawn[frame - 1, 2:, :3]).all()
        assert index.sum() == drawn[frame - 1, 2:, :3].sum()


def test_one_plane_without_frames_lies_over_all(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    _, source = opened(small(tmp_path, shared_data, 3, data=b"\xff" * 6, type="R"))
    for frame in range(3):
        index = planes_of(pool.overlay(source, frame))
        assert index[:5, :7].all()
        assert index.sum() == 35


def test_words_of_a_big_endian_file_are_turned(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    drawn = np.random.default_rng(8).integers(0, 2, (8, 16), dtype=np.uint8)
    words = np.frombuffer(np.packbits(drawn, bitorder="little").tobytes(), "<u2").astype(">u2").tobytes()
    path = small(tmp_path, shared_data, 1, name="mr/MR_small_bigendian.dcm", rows=8, columns=16, data=words)
    _, source = opened(path)
    assert (planes_of(pool.overlay(source, 0))[:8, :16] == drawn).all()


@pytest.mark.parametrize(
    "wrong",
    [{"rows": 60_000}, {"columns": 0}, {"count": -4}, {"data": b"\0\0"}, {"origin": [1]}, {"origin": [30_000, 1], "rows": 60_000}],
)
def test_what_cannot_be_drawn_is_said(wrong: dict[str, Any], tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    found, source = opened(small(tmp_path, shared_data, 1, **{"data": b"\xff" * 6, **wrong}))
    assert "overlay_unreadable" in found["warnings"]
    assert "Mitate-Overlays" not in pool.frame(source, 0).headers
    with pytest.raises(errors.OutOfRange):
        pool.overlay(source, 0)
