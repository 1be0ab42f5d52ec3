"""Segmentations of real stacks lie where their frames lie in the patient: one object, read by strangers and by ourselves."""

import io
import shutil
import subprocess
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from annotation.exporters.dicom import segmentation
from annotation.importers.facts import Target
from annotation.models import Campaign
from annotation.schema.facts import CaseFacts, DicomFacts
from annotation.schema.shapes import parse_geometry
from annotation.services.export_job_work import claim_export, execute_export
from annotation.services.export_jobs import file_path, request_export
from tests.annotation.document import objects, rows
from tests.annotation.exporters import cases
from tests.annotation.exporters.judge import unpack, verdict
from tests.annotation.importers.given import read
from viewer.dicomweb.files import header_of
from viewer.dicomweb.planes import FramePlane, Planes
from viewer.dicomweb.uids import uid_of
from viewer.models import Collection, Image, Instance
from viewer.services.ingest import ingest_file

CT, MR = "dicom/ct/ct-3slice", "dicom/mr/enhanced/philips_8f.dcm"
BOX = {"type": "Rectangle", "bbox": [100, 120, 60, 40]}
OTHER = {"type": "Rectangle", "bbox": [20, 30, 10, 10]}


@pytest.fixture
def exported(settings: Any, tmp_path: Path, shared_data: Path) -> Callable[[str], tuple[Image, dict[str, bytes]]]:
    """Take a stack in, mark three of its frames, and have a segmentation made by the export job."""

    def run(folder: str) -> tuple[Image, dict[str, bytes]]:
        settings.DATA_DIR = tmp_path
        collection = Collection.objects.create(slug="ct", name="CT")
        path = shared_data / folder
        for file in sorted(path.rglob("*.dcm")) if path.is_dir() else [with_reference(path, tmp_path)]:
            ingest_file(collection=collection, path_or_stream=file, name=file.name)
        image = Image.objects.order_by("-frame_count").first()
        assert image is not None
        campaign: Campaign = objects.campaign(collection, [image], code="ct-2026")
        by = objects.read(campaign, image, objects.user("reader"))
        for frame in marked(image):
            objects.mark(by, parse_geometry(BOX), "box", "mass", frame=frame)
        objects.mark(by, parse_geometry(OTHER), "box", "tumour", frame=marked(image)[-1])
        user = objects.exporter_of(campaign)
        request_export(campaign=campaign, user=user, request_id=uuid.uuid4(), format_name="dicom-seg")
        claimed = claim_export()
        assert claimed is not None
        job = execute_export(job=claimed)
        assert (job.state, job.error_code) == ("done", "")
        with zipfile.ZipFile(io.BytesIO(file_path(job.pk).read_bytes())) as archive:
            return image, {name: archive.read(name) for name in archive.namelist()}

    return run


def with_reference(path: Path, folder: Path) -> Path:
    """Give a published file back the frame of reference that was taken out of it with its other identifiers."""
    dataset = pydicom.dcmread(path)
    assert "FrameOfReferenceUID" not in dataset
    dataset.FrameOfReferenceUID = "1.2.392.200036.9999.1"
    dataset.save_as(folder / path.name)
    return folder / path.name


def marked(image: Image) -> list[int]:
    return sorted({0, image.frame_count // 2, image.frame_count - 1})


def made_of(files: dict[str, bytes]) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(io.BytesIO(data)) for name, data in sorted(files.items()) if name.endswith(".dcm")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("folder", [CT, MR])
def test_the_segments_of_a_stack_are_one_object_in_the_patient(
    exported: Callable[[str], tuple[Image, dict[str, bytes]]], folder: str, tmp_path: Path
) -> None:
    image, files = exported(folder)
    (made,) = made_of(files)
    instances = list(Instance.objects.filter(image=image).select_related("series"))
    headers = {uid_of(one.pk): header_of(one).members for one in instances}
    assert {str(made.FrameOfReferenceUID)} == {header["00200052"]["Value"][0] for header in headers.values()}
    frames = made.pixel_array.reshape(-1, made.Rows, made.Columns).astype(bool)
    assert len(frames) == 4
    for pixels, group in zip(frames, made.PerFrameFunctionalGroupsSequence, strict=True):
        (picture,) = group.DerivationImageSequence[0].SourceImageSequence
        header = headers[str(picture.ReferencedSOPInstanceUID)]
        if len(instances) == 1:
            planes = header["52009230"]["Value"][picture.ReferencedFrameNumber - 1]
            assert picture.ReferencedFrameNumber - 1 in marked(image)
            position = planes["00209113"]["Value"][0]["00200032"]["Value"]
        else:
            assert "ReferencedFrameNumber" not in picture
            position = header["00200032"]["Value"]
        assert [float(number) for number in group.PlanePositionSequence[0].ImagePositionPatient] == pytest.approx(position, abs=1e-4)
        label = made.SegmentSequence[group.SegmentIdentificationSequence[0].ReferencedSegmentNumber - 1].SegmentLabel
        box = BOX if label == "mass" else OTHER
        x, y, width, height = box["bbox"]  # type: ignore[misc]
        expected = np.zeros_like(pixels)
        expected[y : y + height, x : x + width] = True
        assert (pixels == expected).all()
    named = [str(one.ReferencedSOPInstanceUID) for one in made.ReferencedSeriesSequence[0].ReferencedInstanceSequence]
    assert sorted(named) == sorted(set(named))
    assert set(named) <= set(headers)
    folder_out = unpack({name: data for name, data in files.items() if name.endswith(".dcm")}, tmp_path / "out")
    no_error(folder_out)
    (said,) = verdict("dcmqi_reads", folder_out, "seg").values()
    assert said["code"] == 0, said["text"]
    assert [name for name in said["files"] if name.endswith(".nrrd")] == ["s-1.nrrd", "s-2.nrrd"]


def no_error(folder: Path) -> None:
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy is not installed: scripts/system_packages.sh")
    for path in folder.rglob("*.dcm"):
        done = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
        assert [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")] == []


def stack(positions: list[tuple[float, float, float]], instances: tuple[tuple[str, str, int], ...]) -> Any:
    planes = tuple(FramePlane(one, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.5, 0.25), 2.5) for one in positions)
    dicom = DicomFacts("2.25.1001", "2.25.1002", instances, Planes("2.25.7", planes))
    return cases.make_stack(modality="MR", frame_count=len(positions), dicom=dicom)


def case_of(image: Any, frames: list[int]) -> CaseFacts:
    by = rows.read(image)
    marks = [rows.mark(f"m{frame}", by, "box", rows.box(1, 1, 9 + frame, 9), ("mass",), frame=frame) for frame in frames]
    return CaseFacts("subject-" + "5f" * 16, rows.subject(), rows.NOW, (image,), (by,), marks)


MR_CLASS = "1.2.840.10008.5.1.4.1.1.4"
APART = [(0.0, 0.0, 2.5 * number) for number in range(8)]


def test_frames_at_one_place_are_in_objects_of_their_own() -> None:
    echoes = [(0.0, 0.0, 2.5 * (number // 2)) for number in range(8)]
    image = stack(echoes, tuple((MR_CLASS, f"2.25.30{number}", 1) for number in range(8)))
    files = cases.archive("dicom-seg", [case_of(image, [0, 1, 2, 5])])
    assert sorted(Path(name).stem for name in files if name.endswith(".dcm")) == [image.id, f"{image.id}-2"]
    groups = [one.PerFrameFunctionalGroupsSequence for one in made_of(files)]
    pictures = [[group.DerivationImageSequence[0].SourceImageSequence[0] for group in one] for one in groups]
    found = [[str(one.ReferencedSOPInstanceUID) for one in each] for each in pictures]
    assert sorted(uid for each in found for uid in each) == ["2.25.300", "2.25.301", "2.25.302", "2.25.305"]
    assert all(len({uid[-1] for uid in one}) == len(one) for one in found)
    assert len({one.SOPInstanceUID for one in made_of(files)}) == 2


def test_no_object_needs_more_memory_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    image = stack(APART, tuple((MR_CLASS, f"2.25.30{number}", 1) for number in range(8)))
    monkeypatch.setattr(segmentation, "MAX_PIXELS", 3 * image.width_px * image.height_px)
    made = made_of(cases.archive("dicom-seg", [case_of(image, list(range(8)))]))
    assert sorted(len(one.PerFrameFunctionalGroupsSequence) for one in made) == [2, 3, 3]


def test_frames_of_one_file_are_referred_to_by_their_numbers_and_come_back() -> None:
    image = stack(APART, ((MR_CLASS, "2.25.400", 8),))
    case = case_of(image, [1, 6])
    files = cases.archive("dicom-seg", [case])
    assert cases.archive("dicom-seg", [case]) == files
    ((name, data),) = ((name, data) for name, data in files.items() if name.endswith(".dcm"))
    (made,) = made_of(files)
    (series,) = made.ReferencedSeriesSequence
    assert [str(one.ReferencedSOPInstanceUID) for one in series.ReferencedInstanceSequence] == ["2.25.400"]
    assert [float(number) for number in made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing] == [0.5, 0.25]
    target = Target("t", "stack", image.width_px, image.height_px, frame_count=8, has_frames=True, sop_instance_uids=("2.25.400",) * 8)
    back = read(data, Path(name).name, target)
    assert sorted((mark.frame, int(mark.shape.area)) for mark in back.marks if mark.shape is not None) == [(1, 90), (6, 135)]
