"""Presentation states beside their images: found whichever came first, told by frames, never by UIDs."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.viewer.catalogue.test_resumable import begin, send
from tests.viewer.presentation_files import dataset, graphic, image_reference, write_state
from viewer.models import Collection, Image, Instance, PresentationState
from viewer.services.images import freeze
from viewer.services.ingest import IngestResult, ingest_file

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:Incorrect value for Specific Character Set")]
Take = Callable[..., IngestResult]


@pytest.fixture
def slices(shared_data: Path) -> list[Path]:
    """Three slices of one stack."""
    return [shared_data / f"dicom/ct/ct-3slice/0{number}.dcm" for number in (1, 2, 3)]


def shown(client: Client, image: Image) -> list[dict]:
    manifest = client.get(f"/api/images/{image.pk}/").json()
    if manifest["presentations_url"] is None:
        return []
    return list(client.get(manifest["presentations_url"]).json()["presentations"])


@pytest.mark.parametrize("state_first", [True, False])
def test_a_state_is_found_whichever_came_first(
    *, state_first: bool, take: Take, reader: Client, slices: list[Path], tmp_path: Path
) -> None:
    state = write_state(tmp_path / "state.dcm", slices, ContentDescription="arrows")
    order = [state, *slices] if state_first else [*slices, state]
    results = {path: take(path) for path in order}
    assert {result.status for result in results.values()} == {"accepted"}
    assert results[state].code == "presentation_kept"
    assert (results[state].image is None) is state_first
    image = Image.objects.get()
    assert image.frame_count == 3
    found = shown(reader, image)
    assert [(one["name"], one["description"], one["frames"]) for one in found] == [("LABEL", "arrows", [0, 1, 2])]
    assert take(state).status == "duplicate"
    assert PresentationState.objects.count() == 1


def test_what_is_for_some_slices_is_told_by_their_frames(take: Take, reader: Client, slices: list[Path], tmp_path: Path) -> None:
    for path in slices:
        take(path)
    image = Image.objects.get()
    order = list(Instance.objects.filter(image=image).order_by("position_mm").values_list("sop_instance_uid", flat=True))
    uid_of = {path: str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in slices}
    for_one = dataset(WindowCenter=50, WindowWidth=100, ReferencedImageSequence=[image_reference(slices[0])])
    for_all = dataset(GraphicLayer="L", GraphicObjectSequence=[graphic("POINT", 1, 2)])
    elsewhere = dataset(SOPInstanceUID="1.2.3", ReferencedSOPInstanceUID="1.2.3")
    for_others = dataset(GraphicLayer="L", GraphicObjectSequence=[graphic("POINT", 3, 4)], ReferencedImageSequence=[elsewhere])
    state = write_state(
        tmp_path / "state.dcm", slices[:2], SoftcopyVOILUTSequence=[for_one], GraphicAnnotationSequence=[for_all, for_others]
    )
    assert take(state).image == image
    found = shown(reader, image)[0]
    assert found["frames"] == sorted(order.index(uid_of[path]) for path in slices[:2])
    assert [(one["frames"], one["window"]["width"]) for one in found["voi"]] == [([order.index(uid_of[slices[0]])], 100)]
    assert [(one["frames"], one["shapes"][0]["points"]) for one in found["graphics"]] == [(None, [[1.0, 2.0]])]
    answer = json.dumps(found)
    assert not any(uid in answer for uid in uid_of.values())
    assert "Yamada" not in answer


def test_frames_of_a_multi_frame_image(take: Take, reader: Client, shared_data: Path, tmp_path: Path) -> None:
    echo = shared_data / "dicom/us/acuson_doppler_8f_rgb.dcm"
    series = dataset(SeriesInstanceUID="1.2.3", ReferencedImageSequence=[image_reference(echo, 2, 5, 99)])
    take(write_state(tmp_path / "state.dcm", [echo], ReferencedSeriesSequence=[series]))
    image = take(echo).image
    assert shown(reader, image)[0]["frames"] == [1, 4]


def test_a_frozen_image_keeps_what_was_there(take: Take, reader: Client, slices: list[Path], tmp_path: Path) -> None:
    for path in slices:
        take(path)
    take(write_state(tmp_path / "early.dcm", slices))
    image = Image.objects.get()
    freeze(images=[image])
    assert take(write_state(tmp_path / "late.dcm", slices, ContentLabel="LATE")).code == "presentation_late"
    image.refresh_from_db()
    assert [one["name"] for one in shown(reader, image)] == ["LABEL"]


def test_a_second_state_with_the_same_uid_is_refused(take: Take, slices: list[Path], tmp_path: Path) -> None:
    first = write_state(tmp_path / "first.dcm", slices)
    other = pydicom.dcmread(first)
    other.ContentDescription = "changed"
    other.save_as(tmp_path / "second.dcm")
    assert take(first).status == "accepted"
    assert take(tmp_path / "second.dcm").code == "sop_uid_conflict"


def test_a_state_of_another_collection_is_not_offered(
    take: Take, reader: Client, other_collection: Collection, slices: list[Path], tmp_path: Path
) -> None:
    take(slices[0])
    state = write_state(tmp_path / "state.dcm", slices)
    assert ingest_file(collection=other_collection, path_or_stream=state, name="state.dcm").status == "accepted"
    assert shown(reader, Image.objects.get()) == []


def test_an_upload_is_answered_with_a_notice(uploader: Client, collection: Collection, slices: list[Path], tmp_path: Path) -> None:
    state = write_state(tmp_path / "state.dcm", slices)
    file = SimpleUploadedFile("state.dcm", state.read_bytes())
    answer = uploader.post(f"/api/collections/{collection.pk}/uploads/", {"file": file})
    assert answer.status_code == 201
    assert (answer.json()["image_id"], answer.json()["notice"]["code"]) == (None, "presentation_kept")
    assert uploader.get(f"/api/collections/{collection.pk}/images/").json()["images"] == []


def test_an_upload_in_parts_is_answered_with_a_notice(uploader: Client, collection: Collection, slices: list[Path], tmp_path: Path) -> None:
    raw = write_state(tmp_path / "state.dcm", slices).read_bytes()
    address = begin(uploader, collection, len(raw), "state.dcm")["Location"]
    assert send(uploader, address, 0, raw).status_code == 204
    result = uploader.get(address).json()["result"]
    assert (result["status"], result["image_id"], result["notice"]["code"]) == ("accepted", None, "presentation_kept")


def test_nothing_of_the_file_stays_on_disk(take: Take, slices: list[Path], tmp_path: Path, data_dir: Path) -> None:
    copy = tmp_path / "state.dcm"
    shutil.copyfile(write_state(tmp_path / "made.dcm", slices), copy)
    take(copy)
    assert [path for path in data_dir.rglob("*") if path.is_file() and path.suffix == ".dcm"] == []
