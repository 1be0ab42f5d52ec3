"""Photographs: upright, in the right colours, in levels by halving."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from viewer.readers import errors
from viewer.tiles.pool import PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
Array = np.ndarray[Any, Any]


def _rgb(body: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def _whole(pool: PixelPool, source: dict[str, Any], level: int) -> Array:
    """All tiles of one level, put together."""
    grid = source["levels"][level]
    picture = np.zeros((grid["height"], grid["width"], 3), dtype=int)
    for row in range(grid["rows"]):
        for column in range(grid["columns"]):
            part = _rgb(pool.tile(source, level, column, row).body)
            top, left = row * 512, column * 512
            picture[top : top + part.shape[0], left : left + part.shape[1]] = part
    return picture


@pytest.mark.parametrize("number", range(1, 9))
def test_every_orientation_stands_upright(number: int, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    upright = _whole(pool, opened(shared_data / "photo/exif/orientation_1.jpg")[1], 0)
    found, source = opened(shared_data / f"photo/exif/orientation_{number}.jpg")
    assert (found["width"], found["height"]) == (480, 360)
    turned = _whole(pool, source, 0)
    assert turned.shape == upright.shape
    assert np.abs(turned - upright).mean() < 6


@pytest.mark.parametrize("name", ["alpha.png", "grey.jpg", "lossless.webp", "palette.png", "progressive.jpg", "rgb_16bit.png"])
def test_containers_give_the_picture_pillow_gives(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "photo/exif" / name
    stored = Image.open(path)
    if "A" in stored.mode:
        white = Image.new("RGBA", stored.size, "white")
        stored = Image.alpha_composite(white, stored.convert("RGBA"))
    picture = _whole(pool, opened(path)[1], 0)
    assert np.abs(picture - np.asarray(stored.convert("RGB")).astype(int)).mean() < 3.5


def test_cmyk_is_turned_into_the_colours_it_stands_for(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "photo/exif/cmyk.jpg"
    reference = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert np.abs(_whole(pool, opened(path)[1], 0) - reference).mean() < 3.5


def test_levels_halve_and_tiles_meet(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "photo/fundus/idrid_0001.jpg"
    found, source = opened(path)
    assert [(level["width"], level["height"]) for level in found["levels"]] == [
        (4288, 2848),
        (2144, 1424),
        (1072, 712),
        (536, 356),
        (268, 178),
    ]
    reference = Image.open(path).convert("RGB")
    for level in (1, 3):
        size = (found["levels"][level]["width"], found["levels"][level]["height"])
        small = np.asarray(reference.resize(size, Image.Resampling.BOX)).astype(int)
        assert np.abs(_whole(pool, source, level) - small).mean() < 2
    assert np.abs(_whole(pool, source, 0)[1000:1500, 2000:2600] - np.asarray(reference).astype(int)[1000:1500, 2000:2600]).mean() < 2


def test_a_wide_gamut_profile_is_applied(tmp_path: Path, pool: PixelPool, opened: Opened) -> None:
    swapped = ImageCms.createProfile("LAB")
    plain = Image.new("RGB", (64, 64), (200, 60, 60))
    plain.save(tmp_path / "srgb.png", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    plain.save(tmp_path / "unfit.png", icc_profile=ImageCms.ImageCmsProfile(swapped).tobytes())
    for name in ("srgb.png", "unfit.png"):  # a profile that does not fit the channels is passed over
        assert np.abs(_rgb(pool.tile(opened(tmp_path / name)[1], 0, 0, 0).body) - [200, 60, 60]).max() < 4


def test_deep_grey_is_stretched_and_says_so(tmp_path: Path, pool: PixelPool, opened: Opened) -> None:
    ramp = np.linspace(1000, 5000, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "deep.tif")
    found, source = opened(tmp_path / "deep.tif")
    pixels = _rgb(pool.tile(source, 0, 0, 0).body)
    assert "range_stretched" in found["warnings"]
    assert pixels[0, 0].max() < 6
    assert pixels[-1, -1].min() > 249


def test_several_pages_show_the_first(tmp_path: Path, pool: PixelPool, opened: Opened) -> None:
    first, second = Image.new("RGB", (32, 32), "red"), Image.new("RGB", (16, 16), "blue")
    first.save(tmp_path / "pages.tif", save_all=True, append_images=[second])
    found, source = opened(tmp_path / "pages.tif")
    assert "first_page_only" in found["warnings"]
    assert _rgb(pool.tile(source, 0, 0, 0).body).shape == (32, 32, 3)


def test_strips_that_openslide_refuses_are_a_photograph(opened: Opened, shared_data: Path) -> None:
    found = opened(shared_data / "wsi/generic-tiff/ihc_strips_not_tiled.tif")[0]
    assert (found["engine"], found["kind"]) == ("raster", "photograph")


def test_more_than_120_megapixels_are_refused_before_decoding(tmp_path: Path, pool: PixelPool) -> None:
    Image.new("1", (12_000, 10_001)).save(tmp_path / "large.png")
    with pytest.raises(errors.LimitExceeded) as refusal:
        pool.inspect(str(tmp_path / "large.png"))
    assert refusal.value.code == "too_many_pixels"


def test_120_megapixels_fit_into_a_worker(tmp_path: Path, pool: PixelPool, opened: Opened) -> None:
    Image.new("RGB", (12_000, 10_000), "navy").save(tmp_path / "large.jpg")
    found, source = opened(tmp_path / "large.jpg")
    assert len(found["levels"]) == 6
    assert _rgb(pool.tile(source, 5, 0, 0).body).shape == (313, 375, 3)


def test_metadata_of_the_camera_stays_in_the_file(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    found, source = opened(shared_data / "photo/exif/with_gps_and_author.jpg")
    tile = Image.open(io.BytesIO(pool.tile(source, 0, 0, 0).body))
    assert not tile.getexif()
    assert set(found["acquisition"]) <= {"Manufacturer", "ManufacturerModelName"}


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"GIF89a" + b"\0" * 50, "unsupported_format"),
        (b"PK\x03\x04" + b"\0" * 50, "archive_not_supported"),
        (b"\x1f\x8b\x08" + b"\0" * 50, "archive_not_supported"),
        (b"<html><script>", "vector_not_supported"),
        (b"\0\0\0\x20ftypheic" + b"\0" * 50, "unsupported_format"),
        (b"\0\0\0\x20ftypisom" + b"\0" * 50, "truncated"),
        (b"\x1aE\xdf\xa3" + b"\0" * 50, "malformed"),
        (b"\0\0\x01\xba" + b"\0" * 50, "video_not_supported"),
        (b"[Virtual Microscope Specimen]\nx=1", "companion_files"),
        (b"ZISRAWFILE" + b"\0" * 50, "unsupported_slide_format"),
        (b"", "empty_file"),
        (b"\xff\xd8\xff", "malformed"),
        (b"II*\0", "truncated"),
    ],
)
def test_files_are_known_by_their_content(head: bytes, code: str, tmp_path: Path, pool: PixelPool) -> None:
    path = tmp_path / "named.jpg"
    path.write_bytes(head)
    with pytest.raises(errors.ReaderError) as refusal:
        pool.inspect(str(path))
    assert refusal.value.code == code
