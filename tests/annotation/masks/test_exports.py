"""Masks in documents and exports: pixel for pixel where the format can, said where it cannot."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from annotation.exporters.raster import placed
from annotation.schema.document import build_document
from annotation.schema.facts import CaseFacts
from annotation.schema.masks import Mask
from annotation.schema.validate import validate_document
from tests.annotation.document import rows
from tests.annotation.document.test_exporters import FORMS, pycocotools_and_numpy_2, unpacked
from tests.annotation.masks.pictures import bits_of, mask_of_bits, mask_of_picture

PICTURE = ["####", "#..#", "#.##", "###."]
RING = mask_of_picture(PICTURE, 254, 30)


def case(*masks: Mask, width: int = 40_000, height: int = 30_000) -> CaseFacts:
    slide = rows.image(width_px=width, height_px=height, levels=())
    by = rows.read(slide)
    marks = [rows.mark(number, by, "region", mask, ("tumour",)) for number, mask in enumerate(masks)]
    marks.sort(key=lambda each: each.id)
    return dataclasses.replace(rows.rich_case(), images=(slide,), reads=(by,), annotations=tuple(marks), decisions=())


def painted(counts: list[int], size: tuple[int, int]) -> NDArray[np.bool_]:
    flat = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return np.concatenate((flat, np.zeros(size[0] * size[1] - len(flat), dtype=bool))).reshape(size[::-1]).T


def test_the_document_holds_run_lengths() -> None:
    made = case(RING)
    document = build_document(made, rows.campaign())
    assert validate_document(document, forms=FORMS) == []
    geometry = document["annotations"][0]["geometry"]
    assert (geometry["type"], geometry["origin"], geometry["downsample"]) == ("Mask", [254, 30], 1)
    assert painted(geometry["rle"]["counts"], (4, 4)).tolist() == bits_of(PICTURE).tolist()


@pycocotools_and_numpy_2
@pytest.mark.parametrize("seed", range(8))
def test_coco_reads_the_same_pixels(seed: int) -> None:
    generator = np.random.default_rng(seed)
    bits = generator.random((280, 300)) < generator.choice([0.02, 0.5, 0.98])
    mask = mask_of_bits(bits, 7, 3)
    # at the border as well as away from it
    width, height = (307, 283) if seed % 2 else (330, 400)
    whole = np.zeros((height, width), dtype=bool)
    whole[3:283, 7:307] = bits
    assert np.array_equal(painted(placed(mask, width=width, height=height), (height, width)), whole)
    files = unpacked("coco", [case(mask, width=width, height=height)])
    (annotation,) = json.loads(files["coco.json"])["annotations"]
    size = annotation["segmentation"]["size"]
    assert np.array_equal(coco_mask.decode(coco_mask.frPyObjects(annotation["segmentation"], *size)).astype(bool), whole)
    assert annotation["area"] == bits.sum()


def test_coco_beyond_its_size() -> None:
    files = unpacked("coco", [case(RING, width=60_000, height=60_000)])
    (annotation,) = json.loads(files["coco.json"])["annotations"]
    parts = [shapely.Polygon(np.reshape(flat, (-1, 2))) for flat in annotation["segmentation"]]
    assert sum(part.area for part in parts) == shapely.union_all(parts).area == RING.area
    assert losses(files)["masks_as_outlines"] == 1


def losses(files: dict[str, bytes]) -> dict[str, Any]:
    return {loss["code"]: loss["count"] for loss in json.loads(files["losses.json"])["losses"]}


def test_qupath_has_the_outline() -> None:
    made = case(RING, mask_of_picture(["#.#"]))
    files = unpacked("qupath", [made])
    (collection,) = (json.loads(data) for name, data in files.items() if name.endswith(".geojson"))
    shapes = {feature["geometry"]["type"]: shapely.geometry.shape(feature["geometry"]) for feature in collection["features"]}
    assert set(shapes) == {"Polygon", "MultiPolygon"}
    assert all(shape.is_valid for shape in shapes.values())
    assert shapes["Polygon"].area == RING.area
    assert losses(files)["masks_as_outlines"] == 2
