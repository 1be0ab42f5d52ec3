"""The second slide engine: what OpenSlide refuses or misreads, compared by value with whole pages read by tifffile."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from viewer.readers import errors
from viewer.tiles.pool import PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
Array = np.ndarray[Any, Any]


def _colour(height: int = 700, width: int = 900) -> Array:
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=-1).astype(np.uint8)


def _through_jpeg(pixels: Array) -> Array:
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "JPEG", quality=85, subsampling=0)
    return _rgb(buffer.getvalue())


def _rgb(body: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def _compare_all(pool: PixelPool, source: dict[str, Any], levels: list[dict[str, Any]], pages: list[Array]) -> None:
    """Every tile of every level against the page, through the same JPEG quality."""
    assert [(level["width"], level["height"]) for level in levels] == [(page.shape[1], page.shape[0]) for page in pages]
    for level, page in zip(levels, pages, strict=True):
        for column in range(level["columns"]):
            for row in range(level["rows"]):
                left, top = column * level["tile_width"], row * level["tile_height"]
                part = page[top : top + level["tile_height"], left : left + level["tile_width"]]
                assert (_rgb(pool.tile(source, level["index"], column, row).body) == _through_jpeg(part)).all(), (
                    level["index"],
                    column,
                    row,
                )


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("OS-1-detail.ome.tif", (1, 0.2270972430394695)),
        ("OS-2-ndpi.ome.tif", (1, 0.2270972430394695)),
        ("he_pyramid_subifd.ome.tif", (3, 0.499)),
    ],
)
def test_ome_tiff_with_its_levels_and_its_scale(
    name: str, stated: tuple[int, float], pool: PixelPool, opened: Opened, shared_data: Path
) -> None:
    levels, mpp = stated
    path = shared_data / "wsi/ome-tiff" / name
    found, source = opened(path)
    assert (found["engine"], found["format"], found["kind"], len(found["levels"])) == ("tifffile", "ome-tiff", "slide", levels)
    assert found["spacing"]["x_um"] == pytest.approx(mpp)
    with tifffile.TiffFile(path) as file:
        first = file.pages.first
        pages = [first.asarray(), *(page.asarray() for page in first.pages or [])]
    _compare_all(pool, source, found["levels"], pages)


@pytest.mark.parametrize(
    "options",
    [
        {"tile": (256, 256), "byteorder": ">", "compression": "lzw"},
        {"tile": (256, 256), "byteorder": ">", "compression": "deflate", "predictor": True},
        {"tile": (256, 256), "planarconfig": "separate", "compression": "deflate"},
        {"tile": (128, 256), "compression": "jpeg2000", "byteorder": ">"},
        {"rowsperstrip": 64, "compression": "lzw"},
        {"rowsperstrip": 100, "planarconfig": "separate"},
        {"tile": (256, 256), "bigtiff": True, "byteorder": ">", "compression": "packbits"},
    ],
    ids=str,
)
@pytest.mark.parametrize("below", [True, False], ids=["levels below", "levels after"])
def test_every_layout_of_a_pyramid(options: dict[str, Any], below: bool, pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    path, stored, options = tmp_path / "slide.tif", [_colour(), _colour()[::2, ::2], _colour()[::4, ::4]], dict(options)
    planar = options.get("planarconfig") == "separate"
    shown = [np.moveaxis(level, -1, 0) if planar else level for level in stored]
    with tifffile.TiffWriter(path, byteorder=options.pop("byteorder", "<"), bigtiff=options.pop("bigtiff", False)) as writer:
        common = {"photometric": "rgb", "metadata": None, "resolution": (20_000, 20_000), "resolutionunit": "CENTIMETER", **options}
        writer.write(shown[0], subifds=2 if below else 0, **common)
        for level in shown[1:]:
            writer.write(level, subfiletype=1, **common)
    found, source = opened(path)
    if found["engine"] == "tifffile":  # the rest is what OpenSlide itself reads
        assert found["spacing"] == {"x_um": 0.5, "y_um": 0.5, "source": "resolution"}
    _compare_all(pool, source, found["levels"], stored)


def test_deep_grey_runs_from_its_smallest_to_its_largest_value(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    grey = (np.arange(512 * 512).reshape(512, 512) % 4_000 + 96).astype(np.uint16)
    path = tmp_path / "grey.tif"
    tifffile.imwrite(path, grey, tile=(256, 256), photometric="minisblack", byteorder=">")
    found, source = opened(path)
    assert (found["engine"], found["warnings"]) == ("tifffile", ["range_stretched", "spacing_unknown"])
    expected = np.rint((grey.astype(float) - 96) * 255 / (4_095 - 96))
    _compare_all(pool, source, found["levels"], [np.repeat(expected[:, :, None], 3, axis=2)])


def test_a_real_grey_slide_is_stretched_by_the_same_rule(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "wsi/generic-tiff/grey16_tiled.tif"
    found, source = opened(path)
    page = tifffile.imread(path).astype(float)
    expected = np.rint((page - page.min()) * 255 / (page.max() - page.min()))
    assert found["levels"][0]["tile_width"] == 128
    _compare_all(pool, source, found["levels"], [np.repeat(expected[:, :, None], 3, axis=2)])


def _ome(path: Path, size: str) -> None:
    description = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument><Objective NominalMagnification="40"/></Instrument>'
        f'<Image><Pixels SizeC="3" SizeZ="1" SizeT="1" {size}><TiffData/></Pixels></Image></OME>'
    )
    tifffile.imwrite(path, _colour(), tile=(256, 256), photometric="rgb", description=description.encode(), metadata=None)


@pytest.mark.parametrize(
    ("size", "spacing", "warning"),
    [
        ('PhysicalSizeX="0.25" PhysicalSizeY="0.25"', 0.25, None),
        ('PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="250" PhysicalSizeYUnit="nm"', 0.25, None),
        ('PhysicalSizeX="0,25" PhysicalSizeY="0,25"', None, "spacing_unknown"),
        ('PhysicalSizeX="0.25" PhysicalSizeXUnit="pixel" PhysicalSizeY="0.25"', None, "spacing_unknown"),
        ('PhysicalSizeX="352.8" PhysicalSizeY="352.8"', None, "spacing_implausible"),
        ('PhysicalSizeX="nan" PhysicalSizeY="nan"', None, "spacing_implausible"),
        ("", None, "spacing_unknown"),
    ],
)
def test_a_scale_is_stated_or_unknown(size: str, spacing: float | None, warning: str | None, opened: Opened, tmp_path: Path) -> None:
    _ome(tmp_path / "slide.ome.tif", size)
    found, _ = opened(tmp_path / "slide.ome.tif")
    assert found["engine"] == "tifffile"
    assert (found["spacing"] and found["spacing"]["x_um"]) == (spacing and pytest.approx(spacing))
    assert found["warnings"] == ([warning] if warning else [])
    assert found["objective_power"] == 40.0


def test_the_label_of_a_qptiff_is_no_level(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "slide.qptiff"
    kinds = (("FullResolution", 1), ("ReducedResolution", 2), ("Thumbnail", 4), ("Label", 4))
    with tifffile.TiffWriter(path, byteorder=">") as writer:
        for kind, step in kinds:
            words = f"<PerkinElmer-QPI-ImageDescription><ImageType>{kind}</ImageType><Objective>20x</Objective>"
            words += "</PerkinElmer-QPI-ImageDescription>"
            writer.write(_colour()[::step, ::step], tile=(128, 128), photometric="rgb", description=words, metadata=None)
    found, source = opened(path)
    assert (found["engine"], found["format"], found["objective_power"]) == ("tifffile", "qptiff", 20.0)
    _compare_all(pool, source, found["levels"], [_colour(), _colour()[::2, ::2]])


def test_a_tile_that_claims_to_be_larger_is_refused_before_decoding(pool: PixelPool, tmp_path: Path) -> None:
    path = tmp_path / "slide.ome.tif"
    _ome(path, "")
    with tifffile.TiffWriter(path, byteorder=">") as writer:
        writer.write(_colour(256, 256), tile=(256, 256), photometric="rgb", compression="jpeg", metadata=None)
    raw = bytearray(path.read_bytes())
    frame = raw.index(b"\xff\xc0")
    raw[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    path.write_bytes(raw)
    with pytest.raises(errors.MalformedFile) as refusal:
        pool.inspect(str(path))
    assert refusal.value.code == "pixels_undecodable"
