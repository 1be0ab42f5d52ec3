"""CVAT, Label Studio, HistomicsUI, ASAP and ImageScope: what comes out, and what others read of it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image

from annotation.exporters.details import DETAIL_NAMES
from annotation.schema.facts import CaseFacts
from annotation.schema.tracks import parse_track
from tests.annotation.document import rows
from tests.annotation.exporters import cases
from tests.annotation.exporters.judge import unpack, verdict

SLIDE, STACK = cases.SLIDE, cases.STACK
CASE = "subject-" + "5f" * 16
REGION_AREA = rows.outline(cases.OUTER, cases.HOLE).area


def xml(files: dict[str, bytes], name: str) -> ET.Element:
    return ET.fromstring(files[name])  # noqa: S314  (our own)


def positions(text: str) -> list[tuple[float, ...]]:
    return [tuple(map(float, pair.split(","))) for pair in text.split(";")]


def test_cvat_declares_every_attribute_of_every_label() -> None:
    files = cases.archive("cvat")
    for name in ("images.xml", f"videos/{CASE}/{STACK.id}.xml"):
        tree = xml(files, name)
        declared = {
            label.findtext("name"): {one.findtext("name") for one in label.iter("attribute")}
            for label in tree.iterfind("meta/task/labels/label")
        }
        used = list(tree.iterfind("image/*")) + list(tree.iterfind("track/*"))
        assert used
        assert all(names == set(DETAIL_NAMES) for names in declared.values())
        for parent in [*tree.iterfind("image/*"), *tree.iterfind("track")]:
            assert parent.get("label") in declared
        assert {one.get("name") for shape in used for one in shape.iterfind("attribute")} <= set(DETAIL_NAMES)


def test_cvat_has_five_kinds_of_shapes() -> None:
    tree = xml(cases.archive("cvat"), "images.xml")
    (image,) = tree.iterfind("image")
    assert image.attrib == {"id": "0", "name": SLIDE.id, "width": "400", "height": "300"}

    def said(shape: ET.Element) -> dict[str, str]:
        return {one.get("name", ""): one.text or "" for one in shape.iterfind("attribute")}

    by_mark: dict[str, list[ET.Element]] = {}
    for shape in image:
        by_mark.setdefault(said(shape)["annotation"], []).append(shape)
    region = by_mark[cases.identity("region")]
    assert {shape.tag for shape in region} == {"polygon"}
    assert len({shape.get("group_id") for shape in region}) == 1
    assert sum(shapely.Polygon(positions(shape.get("points", ""))).area for shape in region) == pytest.approx(REGION_AREA)
    assert said(region[0])["text"] == cases.TEXT
    (mask,) = by_mark[cases.identity("mask")]
    counts = [int(count) for count in mask.get("rle", "").split(",")]
    bits = np.repeat(np.arange(len(counts)) % 2, counts)
    size = (int(mask.get("height", "")), int(mask.get("width", "")))
    painted = np.pad(bits, (0, size[0] * size[1] - len(bits))).reshape(size)
    assert painted.tolist() == [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 1, 1], [1, 1, 1, 0]]
    assert (mask.get("left"), mask.get("top")) == ("254", "240")
    (spot,) = by_mark[cases.identity("spot")]
    assert (spot.tag, spot.get("points")) == ("points", "311.625,270.375")
    assert by_mark[cases.identity("diagnosis")][0].tag == "tag"
    assert [by_mark[cases.identity("bare")][0].get(side) for side in ("xtl", "ytl", "xbr", "ybr")] == ["370", "270", "390", "295"]


def test_cvat_has_tracks_with_their_keyframes() -> None:
    files = cases.archive("cvat")
    tree = xml(files, f"videos/{CASE}/{STACK.id}.xml")
    tracks = {track[0].findtext("attribute[@name='annotation']"): track for track in tree.iterfind("track")}
    frames = [
        (int(box.get("frame", "")), box.get("keyframe"), box.get("outside"), box.get("xtl")) for box in tracks[cases.identity("track")]
    ]
    ends = 16 + 2 / 3
    assert frames[0] == (1, "1", "0", "10")
    assert (frames[3], frames[-1]) == ((4, "1", "0", "30"), (6, "1", "1", "30"))
    assert float(frames[1][3] or 0) == pytest.approx(ends, abs=0.07)
    assert [frame for frame, *_ in frames] == [1, 2, 3, 4, 5, 6]
    assert [(box.get("frame"), box.get("outside")) for box in tracks[cases.identity("box")]] == [("3", "0"), ("4", "1")]
    assert cases.losses(files) == {"without_shape": 1, "holes_as_parts": 1}


def held_track() -> CaseFacts:
    """A track whose shape stays until its next keyframe, up to the last frame of the stack."""
    keyframes = [{"frame": 0, "outside": False, "geometry": cases.BOX}, {"frame": 5, "outside": False, "geometry": cases.MOVED}]
    track = parse_track({"type": "Track", "interpolation": "none", "keyframes": keyframes})
    by = rows.read(STACK)
    mark = rows.mark("held", by, "box", track, ("mass",), frame=0, last_frame=7)
    return CaseFacts(CASE, rows.subject(), rows.NOW, (STACK,), (by,), [mark])


def test_cvat_does_not_move_what_stays() -> None:
    tree = xml(cases.archive("cvat", [held_track()]), f"videos/{CASE}/{STACK.id}.xml")
    keyframes = [(box.get("frame"), box.get("xtl"), box.get("outside")) for box in tree.iter("box") if box.get("keyframe") == "1"]
    assert keyframes == [("0", "10", "0"), ("4", "10", "0"), ("5", "30", "0"), ("7", "30", "0")]


def test_cvat_gets_frames_of_a_track_that_it_cannot_follow() -> None:
    shapes = {"box": cases.HOLED, "moved": {"type": "Polygon", "coordinates": [[[5, 5], [45, 5], [45, 45], [5, 45], [5, 5]]]}}
    files = cases.archive("cvat", [cases.full_case(**shapes)])
    tracks = xml(files, f"videos/{CASE}/{STACK.id}.xml").iterfind("track")
    frames = [int(track[0].get("frame", "")) for track in tracks if track[0].findtext("attribute") == cases.identity("track")]
    assert sorted(set(frames)) == [1, 2, 3, 4, 5]
    assert cases.losses(files)["tracks_as_frames"] == 1


@pytest.mark.long
def test_datumaro_reads_cvat(tmp_path: Path) -> None:
    folder = unpack(cases.archive("cvat"), tmp_path)
    pictures = folder / "stills" / "images"
    pictures.mkdir(parents=True)
    Image.new("L", (400, 300)).save(pictures / SLIDE.id, format="PNG")  # an export holds no pictures
    (folder / "images.xml").rename(folder / "stills" / "images.xml")
    read = verdict("datumaro_reads", folder / "stills", "cvat")
    (marks,) = read.values()
    found = {(mark["type"], mark["label"]) for mark in marks}
    assert found == {
        ("label", "cancer"), ("polygon", "tumour: all kinds"), ("mask", "mass"), ("points", "tumour cell"), ("bbox", "unlabelled"),
    }  # fmt: skip
    assert cases.TEXT in {mark["attributes"].get("text") for mark in marks}
    assert [mark["area"] for mark in marks if mark["type"] == "mask"] == [cases.MASK.area]
    read = verdict("datumaro_reads", folder / "videos" / CASE, "cvat")
    tracks = [mark for marks in read.values() for mark in marks if mark["attributes"]["annotation"] == cases.identity("track")]
    assert sum(mark["attributes"].get("keyframe") is True for mark in tracks) >= 2


def tasks(files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    return {task["data"]["image"]: task for task in json.loads(files["tasks.json"])}


def test_label_studio_counts_in_percent() -> None:
    files = cases.archive("label-studio")
    found = tasks(files)
    assert set(found) == {SLIDE.id, *(f"{STACK.id}-{frame:06d}" for frame in (1, 2, 3, 4, 5))}
    task = found[SLIDE.id]
    assert [one["meta"]["reader"] for one in task["annotations"]] == ["person-aaaaaaaaaaaaaaaa", "person-bbbbbbbbbbbbbbbb"]
    first, second = task["annotations"]
    assert first["lead_time"] == 61.5
    parts = [one for one in first["result"] if one["type"] == "polygonlabels"]
    area = sum(shapely.Polygon(np.array(one["value"]["points"]) * (4, 3)).area for one in parts)
    assert area == pytest.approx(REGION_AREA, abs=1e-6)
    assert parts[0]["meta"]["mitate"]["basis"] == [{"method": "cytology", "status": "pending"}]
    assert {one["value"]["text"][0] for one in first["result"] if one["type"] == "textarea"} == {cases.TEXT, "所見: 癌"}
    (point,) = (one["value"] for one in second["result"] if one["type"] == "keypointlabels")
    assert (point["x"] * 4, point["y"] * 3) == pytest.approx((311.625, 270.375))
    (prediction,) = task["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("nuclei 1.0.0", 0.83)
    assert prediction["result"][0]["value"]["polygonlabels"] == ["tumour: all kinds"]


@pytest.mark.long
def test_the_sdk_of_label_studio_accepts_every_task(tmp_path: Path) -> None:
    said = verdict("label_studio_reads", unpack(cases.archive("label-studio"), tmp_path))
    assert said["annotations"]
    assert said["predictions"]
    assert all(said["annotations"])
    assert all(said["predictions"])
    assert all(said["tasks"])
    assert not said["wrong"]


def test_histomicsui_keeps_everything() -> None:
    files = cases.archive("histomicsui")
    annotation = json.loads(files[f"annotations/{CASE}/{SLIDE.id}.json"])
    by_mark: dict[str, list[dict[str, Any]]] = {}
    for element in annotation["elements"]:
        by_mark.setdefault(element["user"]["mitate"]["annotation"], []).append(element)
    (region,) = by_mark[cases.identity("region")]
    assert region["points"] == [[x, y, 0] for x, y in cases.OUTER[:-1]]
    assert region["holes"] == [[[x, y, 0] for x, y in cases.HOLE[:-1]]]
    assert region["user"]["mitate"]["suggestion"]["original"]["geometry"]["coordinates"] == [cases.OUTER]
    assert len(by_mark[cases.identity("two")]) == 2
    (mask,) = by_mark[cases.identity("mask")]
    assert mask["user"]["mitate"]["geometry"]["rle"]["size"] == [4, 4]
    (diagnosis,) = annotation["attributes"]["mitate"]["diagnoses"]
    assert diagnosis["form"]["data"] == {"group": "5"}
    echo = json.loads(files[f"annotations/{CASE}/{STACK.id}.json"])
    track = [one["user"]["mitate"] for one in echo["elements"] if one["user"]["mitate"]["annotation"] == cases.identity("track")]
    assert [(one["frame"], one["keyframe"]) for one in track] == [(1, True), (2, False), (3, False), (4, True), (5, False)]
    assert track[0]["geometry"]["type"] == "Track"
    assert cases.losses(files) == {}


def test_large_image_accepts_every_annotation(tmp_path: Path) -> None:
    said = verdict("large_image_reads", unpack(cases.archive("histomicsui"), tmp_path))
    assert said["errors"] == []
    assert said["elements"] > 8
    assert said["refused"]


def test_asap_declares_every_group_and_cuts_holes() -> None:
    files = cases.archive("asap")
    tree = xml(files, f"annotations/{CASE}/{SLIDE.id}.xml")
    groups = {group.get("Name") for group in tree.iterfind("AnnotationGroups/Group")}
    marks = list(tree.iterfind("Annotations/Annotation"))
    assert {mark.get("PartOfGroup") for mark in marks} <= groups
    parts = [mark for mark in marks if mark.get("Name", "").startswith(cases.identity("region"))]
    rings = [[(float(one.get("X", "")), float(one.get("Y", ""))) for one in part.iter("Coordinate")] for part in parts]
    assert sum(shapely.Polygon(ring).area for ring in rings) == pytest.approx(REGION_AREA)
    assert all(
        [one.get("Order") for one in part.iter("Coordinate")] == [str(n) for n in range(len(list(part.iter("Coordinate"))))]
        for part in parts
    )
    assert {mark.get("Type") for mark in marks} == {"Polygon", "Dot", "Rectangle"}
    assert cases.losses(files) == {
        "without_shape": 2, "other_labels": 1, "holes_as_parts": 2, "masks_as_outlines": 1, "tracks_as_frames": 1,
    }  # fmt: skip


def test_imagescope_has_negative_regions_for_holes() -> None:
    files = cases.archive("imagescope")
    tree = xml(files, f"annotations/{CASE}/{SLIDE.id}.xml")
    assert tree.get("MicronsPerPixel") == "0.2524"
    layers = {layer.get("Name"): layer for layer in tree.iterfind("Annotation")}
    tumour = layers["tumour: all kinds"]
    assert tumour.get("LineColor") == str(0x1133CC)  # #cc3311, blue first
    regions = list(tumour.iterfind("Regions/Region"))
    area = 0.0
    for region in regions:
        ring = [(float(one.get("X", "")), float(one.get("Y", ""))) for one in region.iter("Vertex")]
        area += shapely.Polygon(ring).area * (-1 if region.get("NegativeROA") == "1" else 1)
    assert area == pytest.approx(REGION_AREA + 2 * rows.outline(cases.SECOND).area)
    names = {one.get("Id"): one.get("Name") for one in tumour.iter("AttributeHeader")}
    said = {
        names[one.get("Name")]: one.get("Value")
        for region in regions
        for one in region.iter("Attribute")
        if region.get("Text") == cases.TEXT
    }
    assert said["annotation"] == cases.identity("region")
    assert json.loads(said["form"] or "")["data"] == {"group": "1"}
    numbers = [region.get("Id") for region in tree.iter("Region")]
    assert len(set(numbers)) == len(numbers)
    hole = next(place for place, region in enumerate(regions) if region.get("NegativeROA") == "1")
    assert regions[hole].get("Text") == f"hole of {cases.identity('region')}"
    assert regions[hole - 1].get("Text") == cases.TEXT
