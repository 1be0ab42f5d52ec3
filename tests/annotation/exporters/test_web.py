"""Web Annotations on IIIF canvases and FHIR: what comes out, and what others read of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.annotation.document import rows
from tests.annotation.exporters import cases
from tests.annotation.exporters.judge import unpack, verdict

SLIDE, STACK = cases.SLIDE, cases.STACK
CASE = "subject-" + "5f" * 16
US = "1.2.840.10008.5.1.4.1.1.3.1"


def annotations(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    pages = [page for canvas in manifest["items"] for page in canvas.get("annotations", [])] + manifest.get("annotations", [])
    return {one["id"]: one for page in pages for one in page["items"]}


def rings(path: str) -> list[list[tuple[float, ...]]]:
    return [[tuple(map(float, pair.split())) for pair in ring.split("L")] for ring in re.findall("M([^Z]*)Z", path)]


def test_outlines_are_svg_paths_with_holes() -> None:
    manifest = json.loads(cases.archive("web-annotation")[f"manifests/{CASE}/{SLIDE.id}.json"])
    (canvas,) = manifest["items"]
    assert (canvas["width"], canvas["height"]) == (400, 300)
    found = annotations(manifest)
    region = found[f"urn:uuid:{cases.identity('region')}"]
    assert region["target"]["source"]["id"] == canvas["id"]
    assert region["target"]["selector"]["type"] == "SvgSelector"
    svg = region["target"]["selector"]["value"]
    assert 'fill-rule="evenodd"' in svg
    outline, hole = rings(svg)
    assert (outline, hole) == ([tuple(p) for p in cases.OUTER[:-1]], [tuple(p) for p in cases.HOLE[:-1]])
    words = {(body.get("value"), body.get("language")) for body in region["body"]}
    assert ("腫瘍", "ja") in words
    assert (cases.TEXT, None) in words
    assert f"http://snomed.info/id/{cases.SNOMED}" in {body.get("source") for body in region["body"]}
    assert region["mitate"]["suggestion"]["original"]["geometry"]["coordinates"] == [cases.OUTER]
    box = found[f"urn:uuid:{cases.identity('bare')}"]["target"]["selector"]
    assert (box["type"], box["value"]) == ("FragmentSelector", "xywh=370,270,20,25")
    mask = found[f"urn:uuid:{cases.identity('mask')}"]
    polygons = map(shapely.Polygon, rings(mask["target"]["selector"]["value"]))
    area = sum(one.area if one.exterior.is_ccw else -one.area for one in polygons)
    assert abs(area) == cases.MASK.area
    assert mask["mitate"]["geometry"]["rle"]["size"] == [4, 4]
    assert found[f"urn:uuid:{cases.identity('diagnosis')}"]["target"] == canvas["id"]


def test_every_frame_is_a_canvas() -> None:
    manifest = json.loads(cases.archive("web-annotation")[f"manifests/{CASE}/{STACK.id}.json"])
    marked = {number: len(canvas["annotations"][0]["items"]) for number, canvas in enumerate(manifest["items"]) if "annotations" in canvas}
    assert len(manifest["items"]) == 8
    assert marked == {1: 1, 2: 1, 3: 2, 4: 1, 5: 2}
    track = [one for one in annotations(manifest).values() if one["mitate"]["annotation"] == cases.identity("track")]
    assert [one["mitate"]["keyframe"] for one in track] == [True, False, False, True, False]
    assert track[0]["mitate"]["geometry"]["type"] == "Track"


def test_iiif_prezi3_reads_the_manifests(tmp_path: Path) -> None:
    found = verdict("iiif_reads", unpack(cases.archive("web-annotation"), tmp_path))
    assert {(found[image.id]["canvases"], found[image.id]["annotations"]) for image in (SLIDE, STACK)} == {(1, 6), (8, 7)}
    assert all(one["refuses"] for one in found.values())


def test_fhir_says_what_it_can_and_carries_the_rest() -> None:
    bundle = json.loads(cases.archive("fhir")[f"bundles/{CASE}.json"])
    by_kind: dict[str, list[dict[str, Any]]] = {}
    addresses = {entry["fullUrl"] for entry in bundle["entry"]}
    for entry in bundle["entry"]:
        by_kind.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    (patient,) = by_kind["Patient"]
    assert patient["identifier"][0]["value"] == "5f" * 32
    assert patient["gender"] == "male"
    observations = {one["id"]: one for one in by_kind["Observation"]}
    assert len(observations) == 9
    diagnosis = observations[cases.identity("diagnosis")]
    assert diagnosis["status"] == "final"
    assert diagnosis["valueCodeableConcept"]["text"] == "癌"
    assert {part["code"]["coding"][0]["code"] for part in diagnosis["component"]} == {"certainty", "basis"}
    region = observations[cases.identity("region")]
    codes = {(coding["system"], coding["code"]) for coding in region["valueCodeableConcept"]["coding"]}
    assert ("http://snomed.info/sct", cases.SNOMED) in codes
    assert region["note"] == [{"text": cases.TEXT}]
    whole = json.loads(region["extension"][0]["valueString"])
    assert whole["geometry"] == {"type": "Polygon", "coordinates": [cases.OUTER, cases.HOLE]}
    for one in observations.values():
        assert {one["subject"]["reference"], one["derivedFrom"][0]["reference"]} <= addresses
        assert "meta" not in one


@pytest.mark.parametrize("kind", ["Media", "ImagingStudy"])
def test_fhir_resources_reads_the_bundle(kind: str, tmp_path: Path) -> None:
    identity = cases.dicom(US, 8) if kind == "ImagingStudy" else None
    stack = cases.make_stack(dicom=identity)
    found = verdict("fhir_reads", unpack(cases.archive("fhir", [cases.full_case(stack=stack)]), tmp_path))[CASE]
    assert (found["Patient"], found["Observation"], found["refuses"]) == (1, 9, True)
    assert found[kind] == (2 if kind == "Media" else 1)


def test_a_draft_is_preliminary() -> None:
    by = rows.read(SLIDE, submitted_at=None, state="open")
    mark = rows.mark("draft", by, "box", rows.box(1, 1, 5, 5), ("mass",))
    case = cases.CaseFacts(CASE, rows.subject(), rows.NOW, (SLIDE,), (by,), [mark])
    bundle = json.loads(cases.archive("fhir", [case])[f"bundles/{CASE}.json"])
    assert bundle["entry"][-1]["resource"]["status"] == "preliminary"
