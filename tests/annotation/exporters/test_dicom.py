"""DICOM SR, SEG and ANN: what comes out, and what dciodvfy, dsrdump, dcmqi and wsidicom say of it."""

import dataclasses
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import shapely

from annotation.exporters.dicom import report
from annotation.exporters.fields import ExportWouldLoseError, Field
from annotation.schema.facts import CaseFacts, DicomFacts
from tests.annotation.document import rows
from tests.annotation.exporters import cases
from tests.annotation.exporters.judge import unpack, verdict

CASE = "subject-" + "5f" * 16
FORMATS = ("dicom-sr", "dicom-seg", "dicom-ann")
ALLOWED = ("Only valid for AnnotationCoordinateType of 3D - attribute <CommonZCoordinateValue>",)
"""False: dciodvfy misses the attribute where the standard wants none (PS3.3, C.37.1.2). It knows no LABELMAP either; none is written."""
READER = "person-aaaaaaaaaaaaaaaa"


def objects(files: dict[str, bytes]) -> dict[str, pydicom.Dataset]:
    return {Path(name).stem: pydicom.dcmread(io.BytesIO(data)) for name, data in files.items() if name.endswith(".dcm")}


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: scripts/system_packages.sh")
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_dciodvfy_finds_no_error(name: str, tmp_path: Path) -> None:
    paths = sorted(unpack(cases.archive(name), tmp_path).rglob("*.dcm"))
    assert paths
    for path in paths:
        done = subprocess.run([program("dciodvfy"), str(path)], capture_output=True, text=True, check=False)
        errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
        assert [line for line in errors if not any(known in line for known in ALLOWED)] == []


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_made_up(name: str) -> None:
    first, second = cases.archive(name), cases.archive(name)
    assert first == second
    for made in objects(first).values():
        assert {made.ContentDate, made.InstanceCreationDate, made.SeriesDate} == {"20261120"}
        assert made.ContentTime == "090600"
        assert (made.PatientID, made.PatientName, made.StudyInstanceUID) == ("5f" * 16, "", "2.25.1001")
        for element in made.iterall():
            if element.VR == "UI" and element.keyword.endswith("InstanceUID"):
                assert str(element.value).startswith("2.25.")
            if element.VR in {"DA", "DT"} and element.value:
                assert str(element.value).startswith("20261120")


@pytest.mark.parametrize("name", FORMATS)
def test_texts_within_sequences_are_ascii(name: str) -> None:
    for made in objects(cases.archive(name)).values():
        nested = [element for sequence in made if sequence.VR == "SQ" for item in sequence.value for element in item.iterall()]
        texts = [str(element.value) for element in nested if element.VR in {"LO", "SH", "UT", "UC", "ST", "LT", "PN"}]
        assert texts
        assert all(text.isascii() for text in texts)
        if name != "dicom-sr":
            assert made.ContentDescription == "胃生検"


def test_reports_are_read_by_dsrdump_and_dcmqi(tmp_path: Path) -> None:
    folder = unpack(cases.archive("dicom-sr"), tmp_path)
    of_slide = f"{cases.SLIDE.id}-{READER}"
    (path,) = folder.rglob(f"{of_slide}.dcm")
    said = subprocess.run([program("dsrdump"), str(path)], capture_output=True, text=True, check=True).stdout
    assert '(108369006,SCT,"Neoplasm")' in said
    assert '"12.25" (s,UCUM,"second")' in said
    assert "COMPLETE" in said
    read = verdict("dcmqi_reads", folder, "sr")
    assert [one["code"] for one in read.values()] == [0, 0, 0]
    groups = read[of_slide]["said"][0]["Measurements"]
    assert {group["TrackingIdentifier"] for group in groups} == {cases.identity("region"), cases.identity("diagnosis")}
    values = {one["conceptValue"]["CodeValue"] for group in groups for one in group["qualitativeEvaluations"]}
    assert {"tumour", cases.SECOND_LABEL, "cancer", "definite", "cytology pending"} <= values


def regions(made: pydicom.Dataset) -> list[tuple[str, np.ndarray, pydicom.Dataset]]:
    """Return graphic type, points and the source image of each region of a report."""
    found = []
    for item in made.iterall():
        if item.keyword == "ContentSequence":
            for one in item.value:
                if one.ValueType == "SCOORD":
                    points = np.reshape([float(number) for number in one.GraphicData], (-1, 2))
                    found.append((one.GraphicType, points, one.ContentSequence[0].ReferencedSOPSequence[0]))
    return found


def test_a_report_has_the_regions_and_the_frames_they_are_on() -> None:
    made = objects(cases.archive("dicom-sr"))
    of_slide = regions(made[f"{cases.SLIDE.id}-{READER}"])
    area = sum(shapely.Polygon(points).area for kind, points, _ in of_slide if kind == "POLYLINE")
    assert area == pytest.approx(rows.outline(cases.OUTER, cases.HOLE).area, abs=0.1)
    assert all((points[0] == points[-1]).all() for kind, points, _ in of_slide if kind == "POLYLINE")
    of_stack = regions(made[f"{cases.STACK.id}-{READER}"])
    assert sorted(int(place.ReferencedFrameNumber) for _, _, place in of_stack) == [2, 3, 4, 4, 5, 6]
    assert {str(place.ReferencedSOPClassUID) for _, _, place in of_stack} == {cases.ULTRASOUND}


def test_a_draft_is_partial_and_many_marks_are_many_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_GROUPS", 2)
    image = dataclasses.replace(cases.SLIDE, dicom=cases.dicom(cases.WHOLE_SLIDE, 4))
    by = rows.read(image, submitted_at=None, state="open")
    marks = sorted((rows.mark(number, by, "box", rows.box(number, 1, 5, 5), ("mass",)) for number in range(5)), key=lambda row: row.id)
    made = objects(cases.archive("dicom-sr", [CaseFacts(CASE, rows.subject(), rows.NOW, (image,), (by,), marks)]))
    assert list(made) == [f"{image.id}-{READER}{suffix}" for suffix in ("", "-2", "-3")]
    assert {(one.CompletionFlag, one.PreliminaryFlag) for one in made.values()} == {("PARTIAL", "PRELIMINARY")}
    assert len({one.SOPInstanceUID for one in made.values()}) == 3
    assert sum(len(regions(one)) for one in made.values()) == 5


def pixels(made: pydicom.Dataset) -> dict[str, np.ndarray]:
    """Return segment label -> the pixels of the one frame that is its."""
    frames = made.pixel_array.reshape(-1, made.Rows, made.Columns)
    shared = made.SharedFunctionalGroupsSequence[0]
    found = {}
    for frame, item in zip(frames, made.PerFrameFunctionalGroupsSequence, strict=True):
        named = item if "SegmentIdentificationSequence" in item else shared
        number = named.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        found[made.SegmentSequence[number - 1].SegmentLabel] = frame.astype(bool)
    return found


def test_a_segmentation_has_the_pixels_of_every_label() -> None:
    files = cases.archive("dicom-seg")
    made = objects(files)
    assert set(made) == {cases.SLIDE.id, *(f"{cases.STACK.id}-{frame:06d}" for frame in (1, 2, 3, 4, 5))}
    of_picture = pixels(made[cases.SLIDE.id])
    assert set(of_picture) == {"tumour: all kinds", "mass", "unlabelled"}
    tumour, mass = of_picture["tumour: all kinds"], of_picture["mass"]
    assert (tumour[60, 60], tumour[100, 100], tumour[30, 320]) == (True, False, True)
    assert mass[240:244, 254:258].astype(int).tolist() == [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 1, 1], [1, 1, 1, 0]]
    assert mass.sum() == cases.MASK.area
    frame = made[f"{cases.STACK.id}-000003"]
    place = frame.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
    assert (place.ReferencedSOPInstanceUID, place.ReferencedSOPClassUID, place.ReferencedFrameNumber) == ("2.25.1004", cases.ULTRASOUND, 4)
    assert "ReferencedFrameNumber" not in frame.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0]
    whole = rows.box(50, 40, 30.5, 20)
    assert pixels(frame)["mass"].sum() >= whole.area - 20
    assert cases.losses(files) == {"points": 1, "without_shape": 2, "other_labels": 1, "tracks_as_frames": 1}


def test_frames_of_a_series_refer_to_their_own_files() -> None:
    series = DicomFacts("2.25.1001", "2.25.1002", tuple((cases.SECONDARY_CAPTURE, f"2.25.20{number}", 1) for number in range(8)))
    stack = cases.make_stack(dicom=series)
    by = rows.read(stack)
    mark = rows.mark("a", by, "box", rows.box(1, 1, 9, 9), ("mass",), frame=5)
    case = CaseFacts(CASE, rows.subject(), rows.NOW, (stack,), (by,), [mark])
    (made,) = objects(cases.archive("dicom-seg", [case])).values()
    place = made.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
    assert place.ReferencedSOPInstanceUID == "2.25.205"
    assert "ReferencedFrameNumber" not in place
    ((_, _, region),) = regions(next(iter(objects(cases.archive("dicom-sr", [case])).values())))
    assert region.ReferencedSOPInstanceUID == "2.25.205"


def test_a_diagnosis_of_a_stack_refers_to_all_of_its_files() -> None:
    series = DicomFacts("2.25.1001", "2.25.1002", tuple((cases.SECONDARY_CAPTURE, f"2.25.20{number}", 1) for number in range(8)))
    stack = cases.make_stack(dicom=series)
    by = rows.read(stack)
    mark = rows.mark("a", by, "diagnosis", None, ("cancer",))
    (made,) = objects(cases.archive("dicom-sr", [CaseFacts(CASE, rows.subject(), rows.NOW, (stack,), (by,), [mark])])).values()
    evidence = made.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert [one.ReferencedSOPInstanceUID for one in evidence] == [f"2.25.20{number}" for number in range(8)]
    named = [item for item in made.iterall() if item.keyword == "ReferencedSOPSequence" and len(item.value) == 1]
    assert {item.value[0].ReferencedSOPInstanceUID for item in named} == {f"2.25.20{number}" for number in range(8)}


def test_wsidicom_reads_the_bulk_annotations(tmp_path: Path) -> None:
    files = cases.archive("dicom-ann")
    read: list[dict[str, Any]] = verdict("wsidicom_reads", unpack(files, tmp_path))
    by_label: dict[str, list[Any]] = {}
    for group in read:
        by_label.setdefault(group["label"], []).extend(group["shapes"])
    assert by_label["tumour cell"] == [[[311.625, 270.375]]]
    assert sum(shapely.Polygon(ring).area for ring in by_label["mass"]) == cases.MASK.area
    whole = rows.outline(cases.OUTER, cases.HOLE).area + 2 * rows.outline(cases.SECOND).area
    assert sum(shapely.Polygon(ring).area for ring in by_label["tumour: all kinds"]) == pytest.approx(whole)
    assert by_label["unlabelled"] == [[[370, 270], [370, 295], [390, 295], [390, 270]]]
    assert {str(made.ContentCreatorName) for made in objects(files).values()} == {f"{READER}^", "person-bbbbbbbbbbbbbbbb^"}
    assert "108369006" in {group["value"] for group in read}


@pytest.mark.parametrize(("name", "code"), [("dicom-sr", "no_dicom"), ("dicom-seg", "no_frames"), ("dicom-ann", "no_slide")])
def test_images_that_are_no_dicom_objects_are_told(name: str, code: str) -> None:
    files = cases.archive(name, [cases.full_case()])
    assert not any(path.endswith(".dcm") for path in files)
    assert cases.losses(files) == {code: 9}
    with pytest.raises(ExportWouldLoseError):
        cases.archive(name, [cases.full_case()], required=[Field.HOLES])
