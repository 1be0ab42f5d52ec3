"""Pascal VOC, YOLO and CSV: what comes out, and what others read of it."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image

from annotation.exporters.table import neutral
from tests.annotation.document import rows
from tests.annotation.exporters import cases
from tests.annotation.exporters.judge import unpack, verdict

SLIDE, STACK = cases.SLIDE, cases.STACK


def pictures(folder: Path, names: dict[str, tuple[int, int]]) -> None:
    """Write empty pictures of the right sizes, which an export does not hold."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in names.items():
        Image.new("L", size).save(folder / f"{name}.png")


def test_voc_has_a_box_for_every_shape() -> None:
    files = cases.archive("voc")
    tree = ET.fromstring(files[f"Annotations/{SLIDE.id}.xml"])  # noqa: S314  (our own)
    assert [tree.findtext(f"size/{side}") for side in ("width", "height")] == ["400", "300"]
    found = {one.findtext("attributes/attribute/value"): one for one in tree.iter("object")}
    region = found[cases.identity("region")]
    assert region.findtext("name") == "tumour - all kinds"
    assert [float(region.findtext(f"bndbox/{side}") or "") for side in ("xmin", "ymin", "xmax", "ymax")] == [20, 20.5, 230.5, 225.125]
    attributes = {one.findtext("name"): one.findtext("value") for one in region.iter("attribute")}
    assert attributes["text"] == cases.TEXT
    assert attributes["labels"] == "tumour second-77"
    assert json.loads(attributes["form"] or "")["data"] == {"group": "1"}
    assert found[cases.identity("bare")].findtext("name") == "unlabelled"
    assert files["ImageSets/Main/default.txt"].decode().split() == sorted(
        [SLIDE.id, *(f"{STACK.id}-{frame:06d}" for frame in (1, 2, 3, 4, 5))]
    )
    expected = {"without_shape": 2, "points": 1, "masks_as_boxes": 1, "outlines_as_boxes": 2, "tracks_as_frames": 1}
    assert cases.losses(files) == expected


def test_yolo_shares_are_those_of_the_picture() -> None:
    files = cases.archive("yolo")
    names = json.loads(files["detection/data.yaml"])["names"]
    assert names == {
        "0": "abnormal",
        "1": "tumour: all kinds",
        "2": "tumour cell",
        "3": "mass",
        "4": "cancer",
        "5": "well differentiated",
        "6": "unlabelled",
    }
    boxes = [line.split() for line in files[f"detection/labels/{STACK.id}-000003.txt"].decode().splitlines()]
    assert len(boxes) == 2
    shares = {tuple(round(float(share) * side, 6) for share, side in zip(box[1:], (120, 90, 120, 90), strict=True)) for box in boxes}
    assert (65.25, 50, 30.5, 20) in shares
    lines = files[f"segmentation/labels/{SLIDE.id}.txt"].decode().splitlines()
    areas: dict[str, float] = {}
    for line in lines:
        number, *rest = line.split()
        ring = np.reshape([float(share) for share in rest], (-1, 2)) * (400, 300)
        areas[names[number]] = areas.get(names[number], 0) + shapely.Polygon(ring).area
    whole = rows.outline(cases.OUTER, cases.HOLE).area + 2 * rows.outline(cases.SECOND).area
    assert areas["tumour: all kinds"] == pytest.approx(whole, abs=1e-3)
    assert areas["mass"] == pytest.approx(cases.MASK.area, abs=1e-3)
    expected = {"without_shape": 2, "points": 1, "other_labels": 1, "holes_as_parts": 2, "masks_as_outlines": 1, "tracks_as_frames": 1}
    assert cases.losses(files) == expected


@pytest.mark.long
def test_datumaro_reads_voc_and_yolo(tmp_path: Path) -> None:
    names = {SLIDE.id: (400, 300)} | {f"{STACK.id}-{frame:06d}": (120, 90) for frame in (1, 2, 3, 4, 5)}
    voc = unpack(cases.archive("voc"), tmp_path / "voc")
    pictures(voc / "JPEGImages", names)
    read = verdict("datumaro_reads", voc, "voc_detection")
    boxes = {tuple(mark["points"]) for mark in read[SLIDE.id]}
    assert (20, 20.5, 230.5, 225.12) in {tuple(round(value, 4) for value in box) for box in boxes}  # Datumaro keeps two decimals
    assert {mark["label"] for mark in read[SLIDE.id]} == {"tumour - all kinds", "mass", "unlabelled"}
    assert cases.TEXT in {mark["attributes"].get("text") for mark in read[SLIDE.id]}
    assert len(read[f"{STACK.id}-000003"]) == 2
    yolo = unpack(cases.archive("yolo"), tmp_path / "yolo")
    pictures(yolo / "detection" / "images" / "train", names)
    (yolo / "detection" / "labels").rename(yolo / "detection" / "labels-of-all")
    (yolo / "detection" / "labels").mkdir()
    (yolo / "detection" / "labels-of-all").rename(yolo / "detection" / "labels" / "train")
    read = verdict("datumaro_reads", yolo / "detection", "yolo")
    assert {mark["label"] for mark in read[SLIDE.id]} == {"tumour: all kinds", "mass", "unlabelled"}
    assert len(read[f"{STACK.id}-000003"]) == 2


def table() -> list[dict[str, str]]:
    data = cases.archive("csv")["annotations.csv"]
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_one_row_a_mark() -> None:
    found = {row["annotation"]: row for row in table()}
    assert len(found) == len(list(cases.full_case().annotations))
    region = found[cases.identity("region")]
    assert json.loads(region["geometry"]) == {"type": "Polygon", "coordinates": [cases.OUTER, cases.HOLE]}
    assert region["text"] == cases.TEXT
    assert (region["label_ja"], region["labels"]) == ("腫瘍", "tumour second-77")
    assert [region[side] for side in ("x_min", "y_min", "x_max", "y_max")] == ["20", "20.5", "230.5", "225.125"]
    assert json.loads(region["suggestion"])["original"]["geometry"]["coordinates"] == [cases.OUTER]
    assert json.loads(found[cases.identity("track")]["geometry"])["type"] == "Track"
    assert json.loads(found[cases.identity("mask")]["geometry"])["rle"]["size"] == [4, 4]
    assert json.loads(found[cases.identity("diagnosis")]["basis"]) == [{"method": "histopathology-biopsy", "status": "confirmed"}]
    assert found[cases.identity("of-frame")]["frame"] == "5"


def test_no_cell_is_a_formula() -> None:
    found = {row["annotation"]: row for row in table()}
    assert found[cases.identity("two")]["text"] == f"'{cases.FORMULA}"
    for row in found.values():
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_texts_like_formulas_are_neutral(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "1-2", "癌", "[1]"])
def test_other_texts_stay(text: str) -> None:
    assert neutral(text) == text
