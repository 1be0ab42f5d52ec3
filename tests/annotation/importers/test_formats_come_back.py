"""What every format that goes both ways makes of one case: written, read again, and compared label by label."""

import csv
import io
import json
import re
from collections import defaultdict
from typing import Any

import pytest
import shapely

from annotation.exporters.registry import EXPORTERS
from annotation.importers.facts import Options, Target
from annotation.schema.facts import CaseFacts, ImageFacts
from tests.annotation.document import rows
from tests.annotation.exporters import cases
from tests.annotation.importers.given import codes, reading_of

WIDTH_PX, HEIGHT_PX = 400, 300
HOLED = ([[20, 20], [120, 20], [120, 100], [20, 100], [20, 20]], [[40, 40], [60, 40], [60, 60], [40, 60], [40, 40]])
SLANTED = [[200, 50], [260, 60], [250, 120], [210, 110], [200, 50]]
WHOLE = {"tumour": (7_600, (20, 20, 120, 100)), "cell": (1_200, (300, 200, 340, 230)), "mass": (3_012, (200, 50, 260, 244))}
"""Label -> area and bounds of what is drawn, in px."""
BOXED = {"tumour": (8_000, WHOLE["tumour"][1]), "cell": WHOLE["cell"], "mass": (4_216, WHOLE["mass"][1])}
NAMES = {"tumour: all kinds": "tumour", "tumour - all kinds": "tumour", "tumour cell": "cell", cases.SNOMED: "tumour"}
"""Names and codes by which formats call labels -> label."""

# Format -> where its files lie, the reader that knows them, what comes back, and whether points do.
FORMATS: dict[str, tuple[str, str, dict[str, Any], bool]] = {
    "document": ("documents/", "document", WHOLE, True),
    "coco": ("coco.json", "coco", WHOLE, False),
    "voc": ("Annotations/", "voc", BOXED, False),
    "yolo": ("segmentation/labels/", "yolo", WHOLE, False),
    "cvat": ("images.xml", "cvat", WHOLE, True),
    "label-studio": ("tasks.json", "labelstudio", WHOLE, True),
    "mask-png": ("maps/", "mask", WHOLE, False),
    "mask-tiff": ("maps/", "mask", WHOLE, False),
    "qupath": ("geojson/", "qupath", WHOLE, True),
    "histomicsui": ("annotations/", "histomicsui", WHOLE, True),
    "asap": ("annotations/", "asap", WHOLE, True),
    "imagescope": ("annotations/", "imagescope", WHOLE, False),
    "dicom-sr": ("reports/", "dicom-sr", WHOLE, True),
    "dicom-seg": ("segmentations/", "dicom-seg", WHOLE, False),
    "dicom-ann": ("annotations/", "dicom-ann", WHOLE, True),
}
ONE_WAY = {"csv", "web-annotation", "fhir"}


def case_for(name: str) -> tuple[ImageFacts, CaseFacts]:
    """One reader's marks on a picture that the format knows; no two of one label touch."""
    classes = {"dicom-seg": (cases.SECONDARY_CAPTURE, 1), "dicom-sr": (cases.SECONDARY_CAPTURE, 1), "dicom-ann": (cases.WHOLE_SLIDE, 4)}
    known = cases.dicom(*classes[name]) if name in classes else None
    image = rows.image(width_px=WIDTH_PX, height_px=HEIGHT_PX, levels=((WIDTH_PX, HEIGHT_PX, 1.0),), dicom=known)
    by = rows.read(image)
    marks = [
        rows.mark("holed", by, "region", rows.outline(*HOLED), ("tumour",)),
        rows.mark("slanted", by, "region", rows.outline(SLANTED), ("mass",)),
        rows.mark("box", by, "box", rows.box(300, 200, 40, 30), ("cell",)),
        rows.mark("spot", by, "point", rows.shape({"type": "Point", "coordinates": [311.625, 70.375]}), ("mass",)),
        rows.mark("mask", by, "region", cases.MASK, ("mass",)),
    ]
    marks.sort(key=lambda row: (row.image_id, row.id))
    return image, CaseFacts("subject-" + "5f" * 16, rows.subject(), rows.NOW, (image,), (by,), marks)


def label_names(name: str, files: dict[str, bytes]) -> tuple[dict[str, str], Options]:
    """Names of labels as the files themselves give them, and what a user would say of YOLO's classes."""
    if name.startswith("mask"):
        values = json.loads(files["legend.json"])["values"]
        return {f"value {value}": entry["label"] for value, entry in values.items()}, Options()
    if name == "yolo":
        return NAMES, Options(classes=tuple(json.loads(files["segmentation/data.yaml"])["names"].values()))
    return NAMES, Options()


@pytest.mark.parametrize("name", FORMATS)
def test_a_case_comes_back_with_its_labels_areas_and_places(name: str) -> None:
    folder, reader, expected, with_points = FORMATS[name]
    image, case = case_for(name)
    files = cases.archive(name, [case])
    uids = ("2.25.1003",) if image.dicom else ()
    target = Target(image.id, f"{image.id}.svs", WIDTH_PX, HEIGHT_PX, image.digest, sop_instance_uids=uids)
    names, options = label_names(name, files)
    ((path, data),) = ((path, data) for path, data in files.items() if path.startswith(folder))
    by, reading = reading_of(data, path.rpartition("/")[2], target, options=options)
    assert (by.name, codes(reading)) == (reader, {})
    areas: dict[str, float] = defaultdict(float)
    places: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    points = []
    for mark in reading.marks:
        assert mark.shape is not None
        (label,) = mark.labels
        code = names.get(label.code or label.text, label.code or label.text)
        if mark.shape.kind == "Point":
            points.append((code, mark.shape.bounds[:2]))
        else:
            areas[code] += mark.shape.area
            places[code].append(mark.shape.bounds)
    bounds = {code: tuple(shapely.total_bounds([shapely.box(*one) for one in found])) for code, found in places.items()}
    assert areas == pytest.approx({code: area for code, (area, _) in expected.items()}, rel=1e-6)
    assert bounds == {code: pytest.approx(place, abs=1e-3) for code, (_, place) in expected.items()}
    assert points == ([("mass", pytest.approx((311.625, 70.375), abs=0.01))] if with_points else [])


def bodies(name: str, files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Each mark of a format that only goes out: its id, labels and geometry."""
    if name == "csv":
        table = csv.DictReader(io.StringIO(files["annotations.csv"].decode("utf-8-sig"), newline=""))
        return [{"id": row["annotation"], "labels": row["labels"].split(), "geometry": json.loads(row["geometry"])} for row in table]
    ((_, data),) = ((path, data) for path, data in files.items() if path.startswith(("manifests/", "bundles/")))
    whole = json.loads(data)
    if name == "fhir":
        resources = [entry["resource"] for entry in whole["entry"] if entry["resource"]["resourceType"] == "Observation"]
        return [json.loads(resource["extension"][0]["valueString"]) for resource in resources]
    items = [item for canvas in whole["items"] for page in canvas["annotations"] for item in page["items"]]
    return [{"geometry": drawn(item["target"]["selector"]["value"]), **item["mitate"]} for item in items]


def drawn(selector: str) -> dict[str, Any]:
    """The rectangle or the rings that a selector of Web Annotation draws."""
    if selector.startswith("xywh="):
        return {"type": "Rectangle", "bbox": [float(side) for side in selector.removeprefix("xywh=").split(",")]}
    rings = [[[float(one) for one in pair.split()] for pair in ring.split("L")] for ring in re.findall("M([^Z]*)Z", selector)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]] for ring in rings]}


@pytest.mark.parametrize("name", sorted(ONE_WAY))
def test_what_only_goes_out_holds_every_shape_as_it_is(name: str) -> None:
    _, case = case_for(name)
    found = {body["id"]: (body["labels"], body["geometry"]) for body in bodies(name, cases.archive(name, [case]))}
    assert found == {row.id: (list(row.labels), row.shape.to_document()) for row in case.annotations if row.shape is not None}


def test_no_format_is_left_out() -> None:
    assert set(FORMATS) | ONE_WAY == set(EXPORTERS)
