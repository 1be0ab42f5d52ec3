import dataclasses
import hashlib
import io
import itertools
import json
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterable
from pathlib import Path

import geojson
import numpy as np
import pytest
import shapely
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from annotation.exporters.base import Entry
from annotation.exporters.package import Package
from annotation.exporters.raster import run_lengths, without_holes
from annotation.exporters.registry import EXPORTERS, find_exporter
from annotation.exporters.zipstream import zip_stream
from annotation.schema.document import build_document
from annotation.schema.facts import CaseFacts
from annotation.schema.problems import DocumentError
from annotation.schema.validate import validate_document
from tests.annotation.document import rows

FORMS = {(rows.FORM.id, rows.FORM.version): rows.FORM.schema}
# pycocotools 2.0 answers numpy 2's question for a copy in the old way
pycocotools_and_numpy_2 = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def package(name: str, cases: Iterable[CaseFacts] | None = None) -> Package:
    exporter = find_exporter(name)
    assert exporter is not None
    return Package(exporter, rows.campaign(), [rows.rich_case()] if cases is None else cases, include_drafts=False)


def unpacked(name: str, cases: Iterable[CaseFacts] | None = None) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(package(name, cases).stream())))
    assert archive.testzip() is None
    return {info.filename: archive.read(info) for info in archive.infolist()}


def coco_from(tmp_path: Path, files: dict[str, bytes]) -> COCO:
    path = tmp_path / "coco.json"
    path.write_bytes(files["coco.json"])
    return COCO(str(path))


@pytest.mark.parametrize("name", EXPORTERS)
def test_twice_the_same_export_is_the_same_bytes(name: str) -> None:
    first, second = package(name), package(name)
    data = b"".join(first.stream())
    assert data == b"".join(second.stream())
    assert first.digest == second.digest == hashlib.sha256(data).hexdigest()
    assert first.case_count == 1


@pytest.mark.parametrize("name", EXPORTERS)
def test_the_manifest_is_last_and_true(name: str) -> None:
    files = unpacked(name)
    assert list(files)[-3:] == ["labels.json", "losses.json", "manifest.json"]
    manifest = json.loads(files["manifest.json"])
    assert manifest["format"] == name
    assert manifest["cases"] == 1
    assert manifest["includesDrafts"] is False
    assert {entry["name"]: (entry["bytes"], entry["sha256"]) for entry in manifest["entries"]} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items() if name != "manifest.json"
    }
    losses = json.loads(files["losses.json"])
    assert losses["format"] == name
    assert losses["always"]
    tumour = json.loads(files["labels.json"])["tumour"]
    assert tumour["text"] == {"ja": "腫瘍", "en": "tumour: all kinds"}
    assert tumour["coding"][0]["code"] == "tumour"


def test_the_document_export_holds_valid_documents_and_their_schemas() -> None:
    files = unpacked("document")
    document = json.loads(files[f"documents/subject-{'5f' * 16}.json"])
    assert document == build_document(rows.rich_case(), rows.campaign())
    assert validate_document(document, forms=FORMS) == []
    assert json.loads(files["document-1.0.0.schema.json"])["$id"] == "urn:mitate:schema:document:1.0.0"
    assert json.loads(files["forms/biopsy-1.0.schema.json"]) == rows.FORM.schema
    assert json.loads(files["losses.json"])["losses"] == []


def test_qupath_files_are_geojson_with_valid_shapes() -> None:
    case = rows.rich_case()
    files = unpacked("qupath", [case])
    slide, loop, unread = case.images
    assert f"geojson/{case.name}/{unread.id}.geojson" not in files
    for image in (slide, loop):
        collection = geojson.loads(files[f"geojson/{case.name}/{image.id}.geojson"])
        assert isinstance(collection, geojson.FeatureCollection)
        assert collection.is_valid, collection.errors()
        for feature in collection["features"]:
            shape = shapely.geometry.shape(feature["geometry"])
            assert shape.is_valid
            assert not shape.is_empty
    features = {feature["id"]: feature for feature in json.loads(files[f"geojson/{case.name}/{slide.id}.geojson"])["features"]}
    region = features[rows.identity("annotation", "region")]
    assert region["geometry"]["coordinates"][0] == rows.RING
    assert region["properties"]["objectType"] == "annotation"
    assert region["properties"]["classification"] == {"name": "tumour - all kinds", "color": [204, 51, 17]}
    assert region["properties"]["metadata"]["mitate:labels"] == "tumour"
    assert all(isinstance(value, str) for value in region["properties"]["metadata"].values())
    assert features[rows.identity("annotation", "cell")]["properties"]["objectType"] == "detection"
    assert "classification" not in features[rows.identity("annotation", "bare")]["properties"]
    echo = {feature["id"]: feature for feature in json.loads(files[f"geojson/{case.name}/{loop.id}.geojson"])["features"]}
    box = echo[rows.identity("annotation", "box")]["geometry"]
    assert box["plane"] == {"c": -1, "z": 3, "t": 0}
    assert shapely.geometry.shape(box).bounds == (489, 312.5, 599, 412.5)
    losses = {loss["code"]: loss for loss in json.loads(files["losses.json"])["losses"]}
    assert losses["without_shape"]["count"] == 2
    assert rows.identity("annotation", "presence") in losses["without_shape"]["examples"]


@pycocotools_and_numpy_2
def test_coco_loads_in_pycocotools(tmp_path: Path) -> None:
    case = rows.rich_case()
    files = unpacked("coco", [case])
    coco = coco_from(tmp_path, files)
    slide, loop, unread = case.images
    by_file = {image["file_name"]: image for image in coco.dataset["images"]}
    assert set(by_file) == {slide.id, f"{loop.id}/3", f"{loop.id}/89"}
    assert unread.id not in by_file
    names = {category["id"]: category["name"] for category in coco.dataset["categories"]}
    marks = {mark["attributes"]["annotation"]: mark for mark in coco.dataset["annotations"]}
    box = marks[rows.identity("annotation", "box")]
    assert box["bbox"] == [489, 312.5, 110, 100]
    assert box["area"] == 11000
    assert names[box["category_id"]] == "mass"
    assert box["image_id"] == by_file[f"{loop.id}/3"]["id"]
    assert names[marks[rows.identity("annotation", "bare")]["category_id"]] == "unlabelled"
    assert sorted(mark["id"] for mark in marks.values()) == list(range(1, len(marks) + 1))
    assert coco_mask.area(coco.annToRLE(box)) == pytest.approx(box["area"], rel=0.02)
    losses = {loss["code"]: loss["count"] for loss in json.loads(files["losses.json"])["losses"]}
    assert losses == {"points": 1, "without_shape": 2, "holes_as_parts": 1}
    # the slide is too large for a mask; its outline with a hole comes in parts that together have its area
    region = marks[rows.identity("annotation", "region")]
    parts = [shapely.Polygon(np.reshape(part, (-1, 2))) for part in region["segmentation"]]
    assert all(part.is_valid for part in parts)
    assert sum(part.area for part in parts) == pytest.approx(region["area"])
    assert shapely.union_all(parts).area == pytest.approx(region["area"])


@pycocotools_and_numpy_2
def test_holes_become_masks_with_the_right_pixels(tmp_path: Path) -> None:
    small = rows.image(width_px=120, height_px=90, levels=())
    by = rows.read(small)
    ring = [[5, 5.5], [100, 0], [119.5, 60.25], [40, 89], [5, 5.5]]
    hole = [[30, 20], [60.5, 20.25], [60, 50], [30, 20]]
    marks = [rows.mark("a", by, "region", rows.outline(ring, hole), ("tumour",))]
    case = dataclasses.replace(rows.rich_case(), images=(small,), reads=(by,), annotations=marks, decisions=())
    coco = coco_from(tmp_path, unpacked("coco", [case]))
    mask = coco.annToMask(coco.dataset["annotations"][0])
    assert mask.shape == (90, 120)
    columns, lines = np.meshgrid(np.arange(120) + 0.5, np.arange(90) + 0.5)
    region = rows.outline(ring, hole).geometry
    on_edge = shapely.distance(shapely.points(columns, lines), region.boundary) < 1e-9
    assert ((mask.astype(bool) == shapely.contains_xy(region, columns, lines)) | on_edge).all()
    assert mask.sum() == pytest.approx(region.area, rel=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_run_lengths_agree_with_a_point_by_point_answer(seed: int) -> None:
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, 14))
    radii = random.uniform(4, 20, 14)
    outer = np.round(np.column_stack([24 + radii * np.cos(angles), 21 + radii * np.sin(angles)]) * 8) / 8
    ring = [[float(np.clip(x, 0, 50)), float(np.clip(y, 0, 40))] for x, y in outer]
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid or polygon.area == 0:
        polygon = shapely.Polygon([[0, 0], [50, 0], [50, 40], [0, 40]])
    shape = rows.outline([[float(x), float(y)] for x, y in polygon.exterior.coords])
    counts = run_lengths(shape, width=50, height=40)
    assert sum(counts) == 50 * 40
    assert all(count > 0 for count in counts[1:])
    flat = np.concatenate([np.full(count, index % 2, dtype=bool) for index, count in enumerate(counts)])
    columns, lines = np.meshgrid(np.arange(50) + 0.5, np.arange(40) + 0.5)
    inside = shapely.contains_xy(polygon, columns, lines)
    on_edge = shapely.distance(shapely.points(columns, lines), polygon.exterior) < 1e-9
    assert ((inside == flat.reshape(50, 40).T) | on_edge).all()


def test_a_shape_between_pixel_centres_is_an_empty_mask() -> None:
    assert run_lengths(rows.box(10.625, 10.625, 0.25, 0.25), width=50, height=40) == [2000]
    assert run_lengths(rows.box(0, 0, 50, 40), width=50, height=40) == [0, 2000]


def test_many_holes_are_cut_away() -> None:
    holes = [[[x, y], [x + 4, y], [x + 4, y + 4], [x, y + 4], [x, y]] for x in range(10, 90, 10) for y in range(10, 90, 10)]
    shape = rows.outline([[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]], *holes)
    parts = [shapely.Polygon(*rings) for rings in without_holes(shape)]
    assert sum(part.area for part in parts) == pytest.approx(shape.area)
    assert all(part.is_valid for part in parts)


def test_images_without_findings_are_there() -> None:
    slide = rows.image()
    case = dataclasses.replace(rows.rich_case(), images=(slide,), reads=(rows.read(slide),), annotations=(), decisions=())
    assert json.loads(unpacked("coco", [case])["coco.json"])["images"][0]["file_name"] == slide.id
    assert json.loads(unpacked("qupath", [case])[f"geojson/{case.name}/{slide.id}.geojson"])["features"] == []


def test_an_empty_campaign_is_an_empty_export() -> None:
    for name in EXPORTERS:
        files = unpacked(name, [])
        assert json.loads(files["manifest.json"])["cases"] == 0
    assert json.loads(unpacked("coco", [])["coco.json"])["annotations"] == []


@pytest.mark.parametrize("name", EXPORTERS)
def test_an_untrue_case_stops_the_export(name: str) -> None:
    case = rows.rich_case()
    broken = dataclasses.replace(case, images=case.images[1:])
    with pytest.raises(DocumentError) as caught:
        b"".join(package(name, [broken]).stream())
    assert caught.value.case == case.name
    assert caught.value.code == "unknown_image"


# Of an outline, at most: it has some 600 on its way out. Tracing memory takes four times as long as exporting.
BYTES_KEPT = 100


def peak_bytes(name: str, count: int, cases: int) -> int:
    run = package(name, rows.many_cells(count, cases))
    tracemalloc.start()
    for _ in run.stream():
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.long
@pytest.mark.parametrize(("name", "cases"), [("document", 1), ("document", 200), ("qupath", 200), ("coco", 1)])
def test_memory_does_not_grow_with_the_number_of_annotations(name: str, cases: int) -> None:
    peak_bytes(name, 200, cases if cases == 1 else 20)  # fills caches that stay
    few = peak_bytes(name, 2_000, cases)  # more than any buffer holds
    many = peak_bytes(name, 5_000, cases)
    assert many < few + 3_000 * BYTES_KEPT, (few, many)
    assert many < 3_000_000


def test_the_zip_is_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"".join(package("document").stream()))
    unzip = shutil.which("unzip")
    command = ["python3", "-m", "zipfile", "-t", str(path)] if unzip is None else [unzip, "-tqq", str(path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}


def test_large_entries_are_announced_in_64_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1 << 20)
    block = bytes(1 << 16)
    data = b"".join(zip_stream([Entry("big", 1 << 24, itertools.repeat(block, 1 << 8)), Entry("small", 3, [b"abc"])]))
    assert b"big\x01\x00\x10\x00" in data  # the local header carries sizes of 8 bytes
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("big").file_size == 1 << 24
        assert archive.read("small") == b"abc"


def test_a_wrong_size_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="has 2 bytes, not 3"):
        b"".join(zip_stream([Entry("a", 3, [b"ab"])]))


def test_unknown_formats_are_unknown() -> None:
    assert find_exporter("pickle") is None
