"""Slides: the slide's own grid, its own pixels, and never its label."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openslide
import pytest
from PIL import Image

from viewer.readers import errors
from viewer.tiles.pool import PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
SLIDES = {
    "aperio/CMU-1-Small-Region.svs": ("aperio", 2220, 2967, 1, 240),
    "aperio/he_jp2k_33003.svs": ("aperio", 1500, 1500, 3, 240),
    "aperio/he_jp2k_33005.svs": ("aperio", 1500, 1500, 3, 240),
    "generic-tiff/he_pyramid_bigtiff_512.tif": ("generic-tiff", 2220, 2967, 3, 512),
    "generic-tiff/ihc_pyramid_lzw.tif": ("tiff", 512, 512, 2, 256),
    "generic-tiff/病理スライド №1 (H&E).tif": ("generic-tiff", 900, 700, 2, 256),
    "hamamatsu/test3-DAPI-2-(387).ndpi": ("hamamatsu", 3968, 4864, 7, 256),
    "leica/he_leica.scn": ("leica", 2220, 2967, 3, 512),
    "philips/he_philips.tiff": ("philips", 2560, 3072, 3, 512),
    "trestle/he_trestle.tif": ("trestle", 2048, 2048, 3, 256),
    "dicom/he_pyramid_jpeg/level0.dcm": ("dicom", 2220, 2967, 3, 256),
    "dicom/he_pyramid_raw_rgb/level1.dcm": ("dicom", 700, 700, 2, 256),
    "dicom/ihc_pyramid_jp2k/level0.dcm": ("dicom", 512, 512, 2, 256),
    "dicom/wsi2dcm/jpeg2000.dicom": ("dicom", 957, 715, 1, 256),
}


def _rgb(body: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def _independent(path: Path, level: int, left: int, top: int, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """The same pixels through OpenSlide, here."""
    slide = openslide.OpenSlide(str(path))
    x, y = (int(slide.properties.get(f"openslide.bounds-{axis}", 0)) for axis in "xy")
    downsample = slide.level_downsamples[level]
    rgba = slide.read_region((x + round(left * downsample), y + round(top * downsample)), level, size)
    white = Image.new("RGBA", rgba.size, "white")
    return np.asarray(Image.alpha_composite(white, rgba).convert("RGB")).astype(int)


def _through_jpeg(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What the tile's JPEG quality leaves of these pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "JPEG", quality=85, subsampling=0)
    return _rgb(buffer.getvalue())


@pytest.mark.parametrize("name", SLIDES)
def test_the_slide_keeps_its_own_grid_and_pixels(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    vendor, width, height, levels, tile = SLIDES[name]
    path = shared_data / "wsi" / name
    found, source = opened(path)
    engine = "tifffile" if vendor == "tiff" else "openslide"
    assert (found["engine"], found["format"], found["kind"], found["modality"]) == (engine, vendor, "slide", "SM")
    assert (found["width"], found["height"], len(found["levels"])) == (width, height, levels)
    assert found["levels"][0]["tile_width"] == tile
    assert [level["downsample"] for level in found["levels"]] == sorted(level["downsample"] for level in found["levels"])
    for level in found["levels"]:
        column, row = level["columns"] - 1, level["rows"] - 1
        for at in {(0, 0), (column // 2, row // 2), (column, row)}:
            left, top = at[0] * level["tile_width"], at[1] * level["tile_height"]
            size = (min(level["tile_width"], level["width"] - left), min(level["tile_height"], level["height"] - top))
            encoded = pool.tile(source, level["index"], *at)
            pixels = _rgb(encoded.body)
            assert pixels.shape == (size[1], size[0], 3)
            reference = _independent(path, level["index"], left, top, size)
            assert (pixels == _through_jpeg(reference)).all(), (level["index"], at)
            assert np.abs(pixels.mean(axis=(0, 1)) - reference.mean(axis=(0, 1))).max() < 1.5


@pytest.mark.parametrize("address", [(0, 10, 0), (0, 0, 13), (2, 0, 0), (-1, 0, 0), (0, -1, 0), (99, 0, 0)])
def test_a_tile_outside_the_grid_is_none(address: tuple[int, int, int], pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    _, source = opened(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    with pytest.raises(errors.OutOfRange) as refusal:
        pool.tile(source, *address)
    assert refusal.value.code == "no_such_tile"


@pytest.mark.parametrize("folder", ["he_pyramid_jpeg", "he_pyramid_raw_rgb", "ihc_pyramid_jp2k"])
def test_label_and_overview_instances_are_refused(folder: str, pool: PixelPool, shared_data: Path) -> None:
    for name in ("label", "overview", "thumbnail"):
        path = shared_data / "wsi/dicom" / folder / f"{name}.dcm"
        with pytest.raises(errors.WithheldImage) as refusal:
            pool.inspect(str(path))
        assert refusal.value.code == "label_image"
        for ask in (pool.thumbnail, lambda source: pool.tile(source, 0, 0, 0)):
            with pytest.raises(errors.WithheldImage):
                ask({"engine": "openslide", "kind": "slide", "paths": [str(path)], "frame_map": None})


def test_a_label_stays_inside_a_slide_that_has_one(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "wsi/aperio/he_jp2k_33005.svs"
    slide = openslide.OpenSlide(str(path))
    label = np.asarray(slide.associated_images["label"].convert("RGB").resize((64, 64))).astype(int)
    found, source = opened(path)
    thumbnail = np.asarray(Image.open(io.BytesIO(pool.thumbnail(source, max_px=256).body)).resize((64, 64))).astype(int)
    assert np.abs(thumbnail - label).mean() > 20
    assert {level["width"] for level in found["levels"]}.isdisjoint({slide.associated_images["label"].width})


def test_scale_and_power_are_reported_where_they_are_believable(opened: Opened, shared_data: Path) -> None:
    svs = opened(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")[0]
    assert svs["spacing"] == {"x_um": 0.499, "y_um": 0.499, "source": "openslide.mpp"}
    assert svs["objective_power"] == 20.0
    trestle = opened(shared_data / "wsi/trestle/he_trestle.tif")[0]
    assert trestle["spacing"] is None
    assert trestle["warnings"] == ["spacing_implausible"]


def test_a_dicom_slide_knows_its_series(opened: Opened, shared_data: Path) -> None:
    found = opened(shared_data / "wsi/dicom/he_pyramid_jpeg/level1.dcm")[0]
    assert found["dicom"]["is_volume_wsi"] is True
    assert found["dicom"]["series_instance_uid"].startswith("2.25.")
    assert found["frames"] is None


def test_regions_hit_the_same_place_at_any_scale(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    for name in ("wsi/leica/he_leica.scn", "wsi/generic-tiff/he_pyramid_jpeg.tif"):
        path = shared_data / name
        _, source = opened(path)
        for scale in (1, 2, 3):
            encoded = pool.region(source, x=600, y=900, width=600, height=450, out_width=600 // scale, out_height=450 // scale)
            assert encoded.content_type == "image/png"
            reference = Image.fromarray(_independent(path, 0, 600, 900, (600, 450)).astype(np.uint8))
            small = reference.resize((600 // scale, 450 // scale), Image.Resampling.BOX)
            difference = np.abs(_rgb(encoded.body) - np.asarray(small).astype(int)).mean()
            assert difference < (0.5 if scale == 1 else 9), (name, scale)


def test_a_region_beyond_the_edge_is_white_there(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    _, source = opened(shared_data / "wsi/generic-tiff/ihc_pyramid_lzw.tif")
    pixels = _rgb(pool.region(source, x=-100, y=-100, width=200, height=200, out_width=200, out_height=200).body)
    assert (pixels[:99, :99] == 255).all()
    inside = _independent(shared_data / "wsi/generic-tiff/ihc_pyramid_lzw.tif", 0, 0, 0, (100, 100))
    assert (pixels[100:, 100:] == inside).all()
    outside = _rgb(pool.region(source, x=9000, y=9000, width=50, height=50, out_width=10, out_height=10).body)
    assert (outside == 255).all()


@pytest.mark.parametrize(
    "bad",
    [
        {"width": 0},
        {"height": -5},
        {"x": 1e300},
        {"out_width": 0},
        {"out_width": 100_000},
        {"out_width": 8000, "out_height": 8000},
    ],
)
def test_impossible_regions_are_refused(bad: dict[str, Any], pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    _, source = opened(shared_data / "wsi/generic-tiff/ihc_pyramid_lzw.tif")
    with pytest.raises(errors.ReaderError) as refusal:
        pool.region(source, **{"x": 0, "y": 0, "width": 10, "height": 10, "out_width": 10, "out_height": 10} | bad)
    assert refusal.value.code == "bad_region"
    with pytest.raises(errors.ReaderError):
        pool.region(source, x=float("nan"), y=0, width=10, height=10, out_width=10, out_height=10)


def test_thumbnails_keep_shape_and_bound(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    _, source = opened(shared_data / "wsi/aperio/CMU-1-Small-Region.svs")
    for side in (64, 256, 1000):
        thumbnail = Image.open(io.BytesIO(pool.thumbnail(source, max_px=side).body))
        assert max(thumbnail.size) == side
        assert thumbnail.width / thumbnail.height == pytest.approx(2220 / 2967, rel=0.02)
