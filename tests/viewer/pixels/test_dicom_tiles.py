"""DICOM slides that OpenSlide does not decode: by value, in channels and planes, sparse, and with their other levels."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from viewer.readers import errors
from viewer.readers.dicom import open_instance
from viewer.readers.dicom_tiles import DicomTileReader
from viewer.tiles.pool import PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
Array = np.ndarray[Any, Any]
TINY = "wsi/dicom/highdicom_tiny"


def _whole(pool: PixelPool, opened: Opened, path: Path) -> Array:
    found, source = opened(path)
    size = {"width": found["width"], "height": found["height"]}
    body = pool.region(source, x=0, y=0, **size, out_width=size["width"], out_height=size["height"]).body
    return np.asarray(Image.open(io.BytesIO(body))).astype(int)


@pytest.mark.parametrize("name", ["sm_image_jpegls.dcm", "sm_image_jpegls_nobot.dcm"])
def test_jpeg_ls_tiles_are_those_of_the_uncompressed_slide(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    found, _ = opened(shared_data / TINY / name)
    assert (found["engine"], found["kind"], found["channels"], found["spacing"]["x_um"]) == ("dicom", "slide", None, pytest.approx(0.499))
    original = _whole(pool, opened, shared_data / TINY / "sm_image.dcm")  # read by OpenSlide
    assert (_whole(pool, opened, shared_data / TINY / name) == original).all()


def _mosaic(frames: Array, columns: int, rows: int) -> Array:
    high, wide = frames.shape[1:3]
    out = np.zeros((rows * high, columns * wide), frames.dtype)
    for number, frame in enumerate(frames[: rows * columns]):
        top, left = number // columns * high, number % columns * wide
        out[top : top + high, left : left + wide] = frame
    return out


def test_grey_of_16_bits_by_value(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / TINY / "sm_image_grayscale.dcm"
    found, source = opened(path)
    assert (found["engine"], found["warnings"], len(found["channels"])) == ("dicom", ["range_stretched"], 1)
    stored = _mosaic(pydicom.dcmread(path).pixel_array, 5, 5)
    low, high = int(stored.min()), max(int(stored.max()), int(stored.min()) + 1)
    assert (found["channels"][0]["low"], found["channels"][0]["high"]) == (low, high)
    expected = np.rint((stored.astype(float) - low) * 255 / (high - low))
    assert np.abs(_whole(pool, opened, path)[:, :, 0] - expected).max() <= 1
    assert pool.tile(source, 0, 0, 0, view=f"p0_0-ff0000-{low}-{high}").body


def _series(shared_data: Path, frames: Array, columns: int, rows: int, **changes: Any) -> Dataset:
    """A slide of these tiles: 16-bit grey, without compression."""
    made = pydicom.dcmread(shared_data / TINY / "sm_image_grayscale.dcm")
    made.NumberOfFrames, made.Rows, made.Columns = len(frames), frames.shape[1], frames.shape[2]
    made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows = columns * frames.shape[2], rows * frames.shape[1]
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 0
    made.DimensionOrganizationType = "TILED_FULL"
    made.PixelData = frames.astype("<u2").tobytes()
    if "PerFrameFunctionalGroupsSequence" in made:
        del made.PerFrameFunctionalGroupsSequence
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    return made


@pytest.fixture
def frames() -> Array:
    """Tiles of 16 x 16 px for 3 columns, 2 rows, 3 focal planes and 2 optical paths, each of one value."""
    values = np.arange(36, dtype=np.uint16) * 1000 + 500
    return np.repeat(values, 256).reshape(36, 16, 16)


def _grey(path: Path, view: str, column: int, row: int) -> int:
    reader = DicomTileReader(str(path))
    value = int(np.asarray(reader.seen(view).tile_pixels(0, column, row))[0, 0, 0])
    reader.close()
    return value


def test_optical_paths_are_channels_and_focal_planes_are_planes(opened: Opened, frames: Array, shared_data: Path, tmp_path: Path) -> None:
    made = _series(shared_data, frames, 3, 2, NumberOfOpticalPaths=2, TotalPixelMatrixFocalPlanes=3)
    made.save_as(tmp_path / "slide.dcm")
    found, _ = opened(tmp_path / "slide.dcm")
    assert (found["engine"], len(found["channels"]), found["planes"]["z"], found["frame_count"]) == ("dicom", 2, 3, 3)
    for path in range(2):
        for plane in range(3):
            for row, column in ((0, 0), (1, 2)):
                number = (path * 3 + plane) * 6 + row * 3 + column  # columns, rows, focal planes, optical paths
                shown = _grey(tmp_path / "slide.dcm", f"p{plane}_{path}-ffffff-0-51000", column, row)
                assert shown == round((number * 1000 + 500) / 200)


def test_channels_and_planes_may_lie_in_several_files(opened: Opened, frames: Array, shared_data: Path, tmp_path: Path) -> None:
    for number, (first, end) in enumerate(((0, 20), (20, 21), (21, 36)), 1):
        part = _series(shared_data, frames[first:end], 3, 2, NumberOfOpticalPaths=2, TotalPixelMatrixFocalPlanes=3)
        part.ConcatenationUID, part.InConcatenationNumber, part.InConcatenationTotalNumber = "1.2.3", number, 3
        part.ConcatenationFrameOffsetNumber = first
        part.save_as(tmp_path / f"{number}.dcm")
    found, _ = opened(tmp_path / "2.dcm")
    assert (len(found["channels"]), found["planes"]["z"], found["warnings"]) == (2, 3, [])
    for number in range(36):
        path, plane, row, column = np.unravel_index(number, (2, 3, 2, 3))
        shown = _grey(tmp_path / "1.dcm", f"p{plane}_{path}-ffffff-0-51000", int(column), int(row))
        assert shown == round((number * 1000 + 500) / 200)


def test_sparse_tiles_lie_where_they_say(frames: Array, shared_data: Path, tmp_path: Path) -> None:
    made = _series(shared_data, frames[:3], 3, 2, DimensionOrganizationType="TILED_SPARSE")
    groups = []
    for column, row in ((2, 1), (0, 0), (1, 0)):
        position = Dataset()
        position.ColumnPositionInTotalImagePixelMatrix, position.RowPositionInTotalImagePixelMatrix = column * 16 + 1, row * 16 + 1
        group = Dataset()
        group.PlanePositionSlideSequence = Sequence([position])
        groups.append(group)
    made.PerFrameFunctionalGroupsSequence = Sequence(groups)
    made.save_as(tmp_path / "slide.dcm")
    view = "p0_0-ffffff-0-51000"
    assert [_grey(tmp_path / "slide.dcm", view, *place) for place in ((2, 1), (0, 0), (1, 0), (0, 1))] == [2, 8, 12, 0]
    groups[0].PlanePositionSlideSequence[0].ColumnPositionInTotalImagePixelMatrix = 7
    made.save_as(tmp_path / "askew.dcm")
    with pytest.raises(errors.UnsupportedFormat):
        open_instance(str(tmp_path / "askew.dcm"))


def test_the_other_levels_lie_beside_and_nothing_else_joins(pool: PixelPool, opened: Opened, shared_data: Path, tmp_path: Path) -> None:
    scene = np.add.outer(np.arange(64) * 300, np.arange(96) * 200).astype(np.uint16)
    tiles = scene.reshape(4, 16, 6, 16).transpose(0, 2, 1, 3).reshape(24, 16, 16)
    half = scene[::2, ::2].reshape(2, 16, 3, 16).transpose(0, 2, 1, 3).reshape(6, 16, 16)
    _series(shared_data, tiles, 6, 4).save_as(tmp_path / "a.dcm")
    _series(shared_data, half, 3, 2).save_as(tmp_path / "b.dcm")
    _series(shared_data, half, 3, 2, SeriesInstanceUID="1.2.3").save_as(tmp_path / "other.dcm")
    _series(shared_data, half, 3, 2, ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"]).save_as(tmp_path / "label.dcm")
    (tmp_path / "notes.dcm").write_text("no DICOM")
    for name in ("a.dcm", "b.dcm"):
        found, source = opened(tmp_path / name)
        assert [level["width"] for level in found["levels"]] == [96, 48]
        low, high = found["channels"][0]["low"], found["channels"][0]["high"]
        shown = Image.open(io.BytesIO(pool.tile(source, 1, 1, 1, view=f"p0_0-ffffff-{low}-{high}").body))
        expected = np.clip((scene[::2, ::2][16:, 16:32].astype(float) - low) * 255 / (high - low), 0, 255)
        assert np.abs(np.asarray(shown.convert("L")).astype(float) - expected).mean() < 2
