"""Label maps: the same pixels for every reader, at every level, and little memory."""

import dataclasses
import io
import json
import tracemalloc
from pathlib import Path

import numpy as np
import openslide
import pytest
import shapely
import tifffile
from numpy.typing import NDArray
from PIL import Image

from annotation.exporters.label_maps import MAX_PNG_PX
from annotation.exporters.painting import runs_of
from annotation.schema.facts import AnnotationFacts, CaseFacts, ImageFacts
from annotation.schema.masks import FrameShape
from tests.annotation.document import rows
from tests.annotation.exporters import cases
from tests.annotation.masks.pictures import mask_of_bits

SLIDE, STACK = cases.SLIDE, cases.STACK
CASE = "subject-" + "5f" * 16
BIG = rows.image("big", width_px=3000, height_px=2000, levels=())


def on(image: ImageFacts, *marks: tuple[str, FrameShape, str]) -> CaseFacts:
    by = rows.read(image)
    made: list[AnnotationFacts] = [rows.mark(name, by, "region", shape, (label,)) for name, shape, label in marks]
    return CaseFacts(CASE, rows.subject(), rows.NOW, (image,), (by,), sorted(made, key=lambda row: row.id))


def expected(shape: FrameShape, width: int, height: int, step: int = 1) -> NDArray[np.bool_]:
    columns, lines = np.meshgrid((np.arange(width) + 0.5) * step, (np.arange(height) + 0.5) * step)
    inside: NDArray[np.bool_] = shapely.contains_xy(shape.geometry, columns, lines)  # type: ignore[union-attr]
    return inside


def painted(shape: FrameShape, width: int, height: int, step: int = 1) -> NDArray[np.bool_]:
    picture = np.zeros((height, width), dtype=bool)
    for y, start, stop in zip(*runs_of(shape, width=width, height=height, step=step), strict=True):
        assert not picture[y, start:stop].any()
        picture[y, start:stop] = True
    return picture


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_outlines_are_the_pixels_whose_centres_they_hold(step: int) -> None:
    shape = rows.outline([[x + 0.0625, y + 0.0625] for x, y in cases.OUTER], [[x + 0.0625, y + 0.0625] for x, y in cases.HOLE])
    width, height = -(-400 // step), -(-300 // step)
    assert np.array_equal(painted(shape, width, height, step), expected(shape, width, height, step))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", [1, 2, 4])
def test_masks_are_their_own_pixels(seed: int, step: int) -> None:
    bits = np.random.default_rng(seed).random((290, 310)) < 0.4
    mask = mask_of_bits(bits, 9, 5)
    whole = np.zeros((300, 400), dtype=bool)
    whole[5:295, 9:319] = bits
    assert np.array_equal(painted(mask, -(-400 // step), -(-300 // step), step), whole[step // 2 :: step, step // 2 :: step])


def test_png_and_tiff_have_the_same_pixels() -> None:
    case = cases.full_case()
    pngs, tiffs = cases.archive("mask-png", [case]), cases.archive("mask-tiff", [case])
    legend = json.loads(pngs["legend.json"])
    assert legend["values"]["2"] == {"label": "tumour", "name": "tumour: all kinds", "colour": "#cc3311"}
    names = {name.removesuffix(".png") for name in pngs if name.endswith(".png")}
    assert names == {f"maps/{CASE}/{SLIDE.id}", *(f"maps/{CASE}/{STACK.id}-{frame:06d}" for frame in (1, 2, 3, 4, 5))}
    for name in names:
        picture = np.asarray(Image.open(io.BytesIO(pngs[f"{name}.png"])))
        with tifffile.TiffFile(io.BytesIO(tiffs[f"{name}.tiff"])) as tiff:
            assert np.array_equal(tiff.pages[0].asarray(), picture)
    slide = np.asarray(Image.open(io.BytesIO(pngs[f"maps/{CASE}/{SLIDE.id}.png"])))
    assert slide.shape == (300, 400)
    assert slide[100, 100] == 0
    assert slide[60, 60] == 2
    assert slide[240:244, 254:258].tolist() == [[4, 4, 4, 4], [4, 0, 0, 4], [4, 0, 4, 4], [4, 4, 4, 0]]
    assert slide[271, 371] == 7
    expected_losses = {"points": 1, "without_shape": 2, "other_labels": 1, "tracks_as_frames": 1}
    assert cases.losses(pngs) == cases.losses(tiffs) == expected_losses


def test_a_pyramid_is_read_by_tifffile_and_openslide(tmp_path: Path) -> None:
    outline = rows.outline([[100.5, 100.5], [2900.25, 150], [2500, 1900.75], [100.5, 100.5]])
    spaced = dataclasses.replace(BIG, spacing_um=(0.25, 0.25))
    data = cases.archive("mask-tiff", [on(spaced, ("a", outline, "tumour"))])[f"maps/{CASE}/{BIG.id}.tiff"]
    path = tmp_path / "map.tiff"
    path.write_bytes(data)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_bigtiff
        assert [page.shape for page in tiff.pages] == [(2000, 3000), (1000, 1500), (500, 750), (250, 375)]
        for number, page in enumerate(tiff.pages):
            height, width = page.shape
            assert np.array_equal(page.asarray() == 2, expected(outline, width, height, 1 << number))
    with openslide.OpenSlide(path) as slide:
        assert slide.level_dimensions == ((3000, 2000), (1500, 1000), (750, 500), (375, 250))
        assert slide.properties["tiff.XResolution"].startswith("40000")


def test_a_whole_slide_is_small_and_told_to_those_who_want_png() -> None:
    slide = rows.image()
    assert slide.width_px * slide.height_px > MAX_PNG_PX
    case = on(slide, ("cell", rows.CELL, "cell"))
    tracemalloc.start()
    data = cases.archive("mask-tiff", [case])[f"maps/{CASE}/{slide.id}.tiff"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(data) < 2_000_000
    assert peak < 60_000_000
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        level = tiff.pages[0]
        assert level.shape == (76800, 98304)
        assert len(set(level.dataoffsets)) == 2  # one tile with the cell, one for all others
        tile = level.decode(data[level.dataoffsets[0] :][: level.databytecounts[0]], 0)[0].reshape(512, 512)
        assert np.array_equal(tile[:200, :200] == 3, expected(rows.CELL, 200, 200))
    files = cases.archive("mask-png", [case])
    assert not any(name.endswith(".png") for name in files)
    assert cases.losses(files) == {"image_too_large": 1}


def test_overlaps_and_marks_without_a_pixel_are_told() -> None:
    first, second = rows.box(10, 10, 50, 50), rows.box(40, 40, 50, 50)
    between = rows.box(200.625, 200.625, 0.25, 0.25)
    case = on(SLIDE, ("a", first, "tumour"), ("b", second, "mass"), ("c", between, "cell"))
    for name in ("mask-png", "mask-tiff"):
        assert cases.losses(cases.archive(name, [case])) == {"overlaps": 1, "too_small": 1}
    same = on(SLIDE, ("a", first, "mass"), ("b", second, "mass"))
    assert cases.losses(cases.archive("mask-png", [same])) == {}


def test_an_image_without_marks_is_an_empty_map() -> None:
    files = cases.archive("mask-png", [on(SLIDE)])
    (name,) = (name for name in files if name.endswith(".png"))
    assert not np.asarray(Image.open(io.BytesIO(files[name]))).any()
