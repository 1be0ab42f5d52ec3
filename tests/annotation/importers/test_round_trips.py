"""What this project wrote comes back: documents exactly, QuPath and COCO as far as their metadata go; DICOM on its frame."""

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from annotation.exporters.package import Package
from annotation.exporters.registry import find_exporter
from annotation.importers.facts import Target
from annotation.importers.problems import FileError
from annotation.importers.reading import Reading
from annotation.schema.document import build_document
from annotation.schema.facts import AnnotationFacts, CaseFacts, ImageFacts
from annotation.schema.masks import RowRuns, mask_of_row_runs
from annotation.schema.shapes import normalise
from tests.annotation.document import rows
from tests.annotation.importers.given import codes, read


def target(image: ImageFacts) -> Target:
    frames = image.kind in {"frames", "video"}
    return Target(image.id, f"{image.id}.svs", image.width_px, image.height_px, image.digest, image.frame_count, frames)


def exported(name: str, case: CaseFacts) -> dict[str, bytes]:
    exporter = find_exporter(name)
    assert exporter is not None
    package = Package(exporter, rows.campaign(), [case], include_drafts=False)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(package.stream())))
    return {info.filename: archive.read(info) for info in archive.infolist()}


def with_a_mask() -> CaseFacts:
    case = rows.rich_case()
    annotations = sorted(case.annotations, key=lambda row: (row.image_id, row.id))
    runs = RowRuns(*(np.array(part) for part in ([300, 300, 301], [500, 700, 510], [600, 710, 520])))
    place = next(place for place, row in enumerate(annotations) if row.granularity == "region")
    annotations[place] = dataclasses.replace(annotations[place], shape=mask_of_row_runs(runs), suggestion=None)
    return dataclasses.replace(case, annotations=annotations)


def said(row: AnnotationFacts) -> dict[str, Any]:
    members: dict[str, Any] = {"granularity": row.granularity}
    if row.certainty:
        members["certainty"] = row.certainty
    if row.basis:
        members["basis"] = [dict(one) for one in row.basis]
    if row.form_data is not None:
        members["form"] = dict(row.form_data)
    return members | ({"active_seconds": row.active_seconds} if row.active_seconds else {})


def test_a_document_comes_back_exactly() -> None:
    case = with_a_mask()
    document = build_document(case, rows.campaign())
    reading = read(document, "document.json", *(target(image) for image in case.images))
    assert codes(reading) == {}
    originals = {row.id: row for row in case.annotations}
    assert len(reading.marks) == len(originals)
    for mark in reading.marks:
        row = originals[mark.source_id]
        stored = normalise(row.shape) if hasattr(row.shape, "geometry") else row.shape
        assert (mark.shape.to_document() if mark.shape else None) == (stored.to_document() if stored else None)
        assert (mark.image, mark.frame, mark.text, mark.author) == (row.image_id, row.frame, row.text, row.read.reader)
        assert [label.code for label in mark.labels] == list(row.labels)
        assert mark.said == said(row)


def test_a_document_that_was_changed_afterwards_is_refused() -> None:
    document = build_document(rows.rich_case(), rows.campaign())
    document["revision"] += 1
    with pytest.raises(FileError) as error:
        read(document)
    assert (error.value.code, error.value.place) == ("content_hash_mismatch", "/contentHash")


def test_one_broken_annotation_of_a_document_is_named() -> None:
    document = build_document(rows.rich_case(), rows.campaign())
    del document["contentHash"]
    document["annotations"][2]["granularity"] = "galaxy"
    reading = read(document, "x.json", *(target(image) for image in rows.rich_case().images))
    assert [(one.place, one.code) for one in reading.refused] == [("/annotations/2/granularity", "object_malformed")]


def test_qupath_files_come_back_with_labels_boxes_and_planes() -> None:
    case = rows.rich_case()
    originals = {row.id: row for row in case.annotations if row.shape is not None}
    found: dict[str, Any] = {}
    for name, data in exported("qupath", case).items():
        if name.endswith(".geojson"):
            image = next(target(image) for image in case.images if image.id in name)
            found |= {mark.source_id: mark for mark in read(data, name, image).marks}
    assert set(found) == set(originals)
    for identity, mark in found.items():
        row = originals[identity]
        assert mark.shape == normalise(row.shape)
        assert ([label.code for label in mark.labels], mark.frame, mark.said["granularity"]) == (
            list(row.labels),
            row.frame,
            row.granularity,
        )


def test_coco_files_come_back_with_labels_and_boxes() -> None:
    case = rows.rich_case()
    reading = read(exported("coco", case)["coco.json"], "coco.json", *(target(image) for image in case.images))
    originals = {row.id: row for row in case.annotations if row.shape is not None and row.shape.kind != "Point"}
    assert codes(reading) == {}
    for mark in reading.marks:
        row = originals.pop(mark.source_id.split("/")[0])
        assert ([label.code for label in mark.labels if label.code], mark.frame) == (list(row.labels), row.frame)
        assert row.shape is not None
        if row.granularity == "box":
            assert mark.shape == normalise(row.shape)
    assert originals == {}


class TestDicom:
    def seg(self, shared_data: Path, name: str, *candidates: Target) -> Reading:
        return read((shared_data / "annotations" / "dicom_seg" / name).read_bytes(), name, *candidates)

    def test_segments_lie_on_the_frames_that_they_refer_to(self, shared_data: Path) -> None:
        slices = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((shared_data / "dicom" / "ct" / "ct-3slice").iterdir())]
        uids = tuple(str(one.SOPInstanceUID) for one in slices)
        stack = Target("ct", "stack", 512, 512, frame_count=len(uids), has_frames=True, sop_instance_uids=uids)
        reading = self.seg(shared_data, "liver.dcm", stack)
        assert sorted(mark.frame for mark in reading.marks if mark.frame is not None) == [0, 1, 2]
        assert {mark.labels[0].code for mark in reading.marks} == {"T-62000"}

    def test_segments_have_the_pixels_that_pydicom_decodes(self, shared_data: Path) -> None:
        dataset = pydicom.dcmread(shared_data / "annotations" / "dicom_seg" / "liver.dcm")
        reading = self.seg(shared_data, "liver.dcm")
        areas = [int(mark.shape.area) for mark in reading.marks if mark.shape is not None]
        assert areas == [int(frame.sum()) for frame in dataset.pixel_array]

    @pytest.mark.parametrize("name", ["liver_deflate.dcm", "liver_j2k.dcm"])
    def test_other_encodings_hold_the_same(self, shared_data: Path, name: str) -> None:
        plain, other = self.seg(shared_data, "liver.dcm"), self.seg(shared_data, name)
        assert [mark.shape for mark in plain.marks] == [mark.shape for mark in other.marks]

    def test_sparse_and_full_tiling_hold_the_same_slide(self, shared_data: Path) -> None:
        sparse, full = (self.seg(shared_data, f"seg_image_sm_dots{suffix}.dcm") for suffix in ("", "_tiled_full"))
        of_sparse, of_full = ({mark.labels[0].text: mark.shape for mark in one.marks} for one in (sparse, full))
        assert of_sparse == of_full

    def test_annotations_of_slides_have_the_points_of_the_file(self, shared_data: Path) -> None:
        path = shared_data / "annotations" / "dicom_ann" / "sm_annotations.dcm"
        group = pydicom.dcmread(path).AnnotationGroupSequence[0]
        points = np.frombuffer(group.DoublePointCoordinatesData, "<f8").reshape(-1, 2)
        reading = read(path.read_bytes(), "x.dcm")
        assert [mark.shape.centre for mark in reading.marks if mark.shape is not None] == [
            pytest.approx(tuple(one), abs=0.0626) for one in points.tolist()
        ]

    def test_circles_of_structured_reports(self, shared_data: Path) -> None:
        reading = read((shared_data / "annotations" / "dicom_sr" / "sr_document.dcm").read_bytes(), "x.dcm")
        (mark,) = reading.marks
        assert mark.shape is not None
        assert mark.shape.bounds == (47, 41, 69, 63)
        assert mark.labels[0].text == "Spinal cord"


def test_all_of_a_document_is_json() -> None:
    reading = read(build_document(rows.rich_case(), rows.campaign()))
    assert json.dumps([mark.to_json() for mark in reading.marks])


def test_a_mask_goes_to_label_studio_and_comes_back_pixel_for_pixel() -> None:
    case = with_a_mask()
    rng = np.random.default_rng(3)
    bits = rng.random((120, 400)) > 0.5
    y, start = np.nonzero(np.diff(bits.astype(np.int8), prepend=0, append=0, axis=1) == 1)
    stop = np.nonzero(np.diff(bits.astype(np.int8), prepend=0, append=0, axis=1) == -1)[1]
    mask = mask_of_row_runs(RowRuns(y + 30, start + 77, stop + 77))
    slide = dataclasses.replace(rows.image(), width_px=640, height_px=480)
    by = rows.read(slide)
    case = dataclasses.replace(
        case, images=(slide,), reads=(by,), annotations=[rows.mark("m", by, "region", mask, ("tumour",))], decisions=()
    )
    content = exported("label-studio", dataclasses.replace(case, cells=(), reports=()))["tasks.json"]
    reading = read(content, "tasks.json", dataclasses.replace(target(slide), name=f"{slide.id}.svs"))
    assert codes(reading) == {}
    assert [mark.shape for mark in reading.marks] == [mask]
    tasks = json.loads(content)
    for wrong in ([], [256], ["1"], [0, 0, 0], tasks[0]["annotations"][0]["result"][0]["value"]["rle"][:-9]):
        tasks[0]["annotations"][0]["result"][0]["value"]["rle"] = wrong
        assert list(codes(read(json.dumps(tasks), "tasks.json", target(slide)))) in (["object_malformed"], ["mask_size_invalid"])
