"""Cells of layers in the formats that hold them: cell by cell what the groups say, and told with a count where they stay behind."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import shapely
from highdicom.ann import MicroscopyBulkSimpleAnnotations

from annotation.exporters.fields import Field, Held
from annotation.exporters.registry import EXPORTERS
from tests.annotation.exporters import cases
from tests.annotation.exporters.judge import unpack, verdict
from tests.annotation.exporters.test_dicom import ALLOWED

KEPT = 2 * cases.CELLS * 4 // 5
BULK = sorted(name for name, exporter in EXPORTERS.items() if exporter.holds[Field.CELLS] != Held.NO)


def given(name: str) -> list[cases.CaseFacts]:
    return [cases.with_cells(cases.dicom_case(name) if name.startswith("dicom") else cases.full_case())]


def archive(name: str) -> dict[str, bytes]:
    return cases.archive(name, given(name))


def rings(*, rejected_too: bool = False) -> dict[str, list[Any]]:
    """Return group id -> (number, open ring, score, disposition) of each cell."""
    found = {}
    for group in given("qupath")[0].cells:
        found[group.id] = [
            (
                int(number),
                piece.vertices[piece.starts[at] : piece.starts[at + 1]].tolist(),
                float(piece.scores[at]),
                int(piece.dispositions[at]),
            )
            for piece in group.pieces()
            for at, number in enumerate(piece.numbers)
            if rejected_too or piece.dispositions[at] != 3
        ]
    return found


def test_these_formats_hold_cells() -> None:
    assert BULK == ["coco", "csv", "dicom-ann", "document", "qupath"]


@pytest.mark.parametrize("name", EXPORTERS)
def test_the_same_cells_give_the_same_bytes_and_what_stays_is_counted(name: str) -> None:
    files = archive(name)
    assert files == archive(name)
    lost = cases.losses(files)
    assert lost["proposed_cells"] == 7
    assert lost.get("cells_left_out", 0) == (0 if name in BULK else 2 * cases.CELLS)
    assert lost.get("rejected_cells", 0) == (2 * cases.CELLS // 5 if name in {"coco", "dicom-ann", "qupath"} else 0)


def test_qupath_gets_detections_in_a_file_of_their_own() -> None:
    files = archive("qupath")
    (path,) = (path for path in files if path.endswith(".cells.geojson"))
    features = json.loads(files[path])["features"]
    assert len(features) == KEPT
    wanted = rings()
    for feature in features:
        words, ring = feature["properties"]["metadata"], feature["geometry"]["coordinates"][0]
        known = {number: rest for number, *rest in wanted[words["mitate:group"]]}
        corners, score, disposition = known[int(words["mitate:cell"])]
        assert ring == [*corners, corners[0]]
        assert feature["properties"]["measurements"]["Detection probability"] == score
        assert words["mitate:disposition"] == ("pending", "accepted", "relabelled")[disposition]
        assert words["mitate:model"] == "StarDist-77 2"
    assert {feature["properties"]["classification"]["name"] for feature in features} == {"tumour cell", "Macrophage"}
    assert {feature["properties"]["objectType"] for feature in features} == {"detection"}


def test_coco_gets_polygons_with_boxes_and_areas() -> None:
    told = json.loads(archive("coco")["coco.json"])
    assert [one["id"] for one in told["annotations"]] == list(range(1, len(told["annotations"]) + 1))
    cells = [one for one in told["annotations"] if "group" in one["attributes"]]
    assert len(cells) == KEPT
    images = {image["id"]: image["file_name"] for image in told["images"]}
    assert {images[one["image_id"]] for one in cells} == {cases.SLIDE.id}
    names = {one["id"]: one["name"] for one in told["categories"]}
    assert {names[one["category_id"]] for one in cells} == {"tumour cell", "unlabelled"}
    for one in cells:
        polygon = shapely.Polygon(np.array(one["segmentation"][0]).reshape(-1, 2))
        assert one["area"] == polygon.area
        x_min, y_min, x_max, y_max = polygon.bounds
        assert one["bbox"] == [x_min, y_min, x_max - x_min, y_max - y_min]
        assert one["attributes"]["reader"] == "person-aaaaaaaaaaaaaaaa"


def test_csv_gets_a_table_of_its_own_with_rejected_cells_too() -> None:
    table = list(csv.DictReader(io.StringIO(archive("csv")["cells.csv"].decode("utf-8-sig"))))
    assert len(table) == 2 * cases.CELLS
    wanted = rings(rejected_too=True)
    for row in table:
        known = {number: rest for number, *rest in wanted[row["group"]]}
        corners, score, disposition = known[int(row["cell"])]
        (ring,) = json.loads(row["geometry"])
        assert ring == [*corners, corners[0]]
        assert (float(row["score"]), row["disposition"]) == (score, ("pending", "accepted", "relabelled", "rejected")[disposition])
        assert float(row["area_px"]) == shapely.Polygon(corners).area
        assert [float(row[side]) for side in ("x_min", "y_min", "x_max", "y_max")] == list(shapely.Polygon(corners).bounds)


def test_dicom_gets_one_object_with_a_group_a_label(tmp_path: Path) -> None:
    files = {path: data for path, data in archive("dicom-ann").items() if path.endswith("-cells.dcm")}
    ((path, data),) = files.items()
    made = MicroscopyBulkSimpleAnnotations.from_dataset(pydicom.dcmread(io.BytesIO(data)))
    wanted = rings()
    groups = made.get_annotation_groups()
    assert [group.label for group in groups] == ["tumour cell", "Macrophage"]
    for group, cells in zip(groups, wanted.values(), strict=True):
        assert group.AnnotationGroupGenerationType == "SEMIAUTOMATIC"
        assert group.PointCoordinatesData.nbytes if hasattr(group.PointCoordinatesData, "nbytes") else group.PointCoordinatesData
        assert group.number_of_annotations == len(cells)
        for outline, (_number, corners, *_rest) in zip(group.get_graphic_data("2D"), cells, strict=True):
            assert outline.tolist() == corners
    unpack(files, tmp_path)
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy is not installed: scripts/system_packages.sh")
    done = subprocess.run([program, str(tmp_path / path)], capture_output=True, text=True, check=False)
    errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
    assert [line for line in errors if not any(known in line for known in ALLOWED)] == []


def test_wsidicom_reads_the_cells(tmp_path: Path) -> None:
    files = {path: data for path, data in archive("dicom-ann").items() if path.endswith("-cells.dcm")}
    read = verdict("wsidicom_reads", unpack(files, tmp_path))
    wanted = [[corners for _number, corners, *_rest in cells] for cells in rings().values()]
    assert [[shape if shape[0] != shape[-1] else shape[:-1] for shape in group["shapes"]] for group in read] == wanted
