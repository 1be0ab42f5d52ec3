"""Tracks in documents, which carry them whole, and in formats that know single frames only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotation.schema.document import build_document
from annotation.schema.facts import CaseFacts
from annotation.schema.tracks import parse_track
from annotation.schema.validate import validate_document
from tests.annotation.document import rows
from tests.annotation.document.test_exporters import unpacked
from tests.annotation.tracks.test_schema import BOX, POINT, off, on, track

FRAMES = 12
MOVED = {"type": "Rectangle", "bbox": [30, 10, 20, 20]}


def case() -> CaseFacts:
    """A stack with a track over its frames 2 to 5 and 8 to 11, one of points, and a plain mark."""
    stack = rows.image("a", kind="frames", modality="CT", frame_count=FRAMES, width_px=60, height_px=40)
    of = rows.read(stack)
    marks = [
        rows.mark(1, of, "box", parse_track(track(on(2), on(4, MOVED), off(6), on(8))), ("tumour",), frame=2, last_frame=11),
        rows.mark(2, of, "point", parse_track(track(on(0, POINT), off(2))), ("tumour",), frame=0, last_frame=1),
        rows.mark(3, of, "box", rows.shape(BOX), ("tumour",), frame=7),
    ]
    marks.sort(key=lambda mark: mark.id)
    return CaseFacts("subject-" + "5f" * 16, rows.subject(), rows.NOW, (stack,), (of,), marks)


def test_the_document_carries_the_track_whole() -> None:
    document = build_document(case(), rows.campaign())
    assert validate_document(document) == []
    (of_boxes,) = [one for one in document["annotations"] if one["geometry"]["type"] == "Track" and one["granularity"] == "box"]
    assert of_boxes["geometry"] == track(on(2), on(4, MOVED), off(6), on(8))
    assert of_boxes["target"] == {"scope": "track", "imageId": of_boxes["target"]["imageId"], "frameRange": [2, 11]}
    assert "extensions" not in of_boxes


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ("frame", 99, "frame_outside_image"),
        ("frame", 1, "track_order"),
        ("geometry", {"type": "Rectangle", "bbox": [50, 0, 20, 5]}, "geometry_outside_image"),
    ],
)
def test_a_document_with_a_wrong_track_is_refused(place: str, value: Any, code: str) -> None:
    document = build_document(case(), rows.campaign())
    (index,) = [number for number, one in enumerate(document["annotations"]) if len(one["geometry"].get("keyframes", ())) == 4]
    document["annotations"][index]["geometry"]["keyframes"][1][place] = value
    assert (code, f"/annotations/{index}/geometry/keyframes/1/{place}") in {(one.code, one.pointer) for one in validate_document(document)}


def losses(files: dict[str, bytes]) -> dict[str, int]:
    return {loss["code"]: loss["count"] for loss in json.loads(files["losses.json"])["losses"]}


def test_coco_gets_a_shape_for_each_frame() -> None:
    files = unpacked("coco", [case()])
    coco = json.loads(files["coco.json"])
    frames = {image["id"]: image["attributes"]["frame"] for image in coco["images"]}
    found = sorted((frames[one["image_id"]], one["bbox"][0], one["attributes"].get("keyframe")) for one in coco["annotations"])
    assert found == [
        (2, 10, True), (3, 20, False), (4, 30, True), (5, 30, False),
        (7, 10, None),
        (8, 10, True), (9, 10, False), (10, 10, False), (11, 10, False),
    ]  # fmt: skip
    assert len({one["id"] for one in coco["annotations"]}) == 9
    assert losses(files) == {"tracks_as_frames": 2, "points": 2}


def test_qupath_gets_a_shape_for_each_frame() -> None:
    files = unpacked("qupath", [case()])
    (name,) = [name for name in files if name.endswith(".geojson")]
    features = json.loads(files[name])["features"]
    kept = {(one["geometry"]["plane"]["z"], one["properties"]["metadata"].get("mitate:keyframe")) for one in features}
    assert {frame for frame, keyframe in kept if keyframe == "true"} == {0, 2, 4, 8}
    assert {frame for frame, keyframe in kept if keyframe == "false"} == {1, 3, 5, 9, 10, 11}
    assert {frame for frame, keyframe in kept if keyframe is None} == {7}
    assert len({one["id"] for one in features}) == 11
    assert losses(files) == {"tracks_as_frames": 2}
