"""WADO-RS on real files: what is sent, how it is wrapped, and what stays behind."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from django.test import Client
from PIL import Image as Picture

from tests.viewer.dicomweb.conftest import CT, MR, ULTRASOUND, address, get, parts_of
from viewer.dicomweb.uids import uid_of
from viewer.models import Instance
from viewer.services.storage import absolute

pytestmark = pytest.mark.django_db
Stored = Callable[..., list[Instance]]
EXPLICIT = "1.2.840.10008.1.2.1"
NATIVE = f'multipart/related; type="application/octet-stream"; transfer-syntax={EXPLICIT}'
IDENTIFYING = ("PatientID", "PatientName", "StudyInstanceUID", "SOPInstanceUID", "InstitutionName", "StudyDate", "AccessionNumber")
SYNTAXES = ("BigEndianExplicit", "LittleEndianImplicit", "DeflatedExplicitVRLittleEndian", "JPEG2000LosslessOnly", "RLELossless")


def metadata(client: Client, instance: Instance) -> Any:
    answer = get(client, address(instance, "metadata"))
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/dicom+json"
    return json.loads(answer.getvalue())[0]


def test_metadata_describe_the_pixels_and_not_the_person(reader: Client, stored: Stored, shared_data: Path) -> None:
    instance = stored(f"dicom/{CT}")[0]
    found = metadata(reader, instance)
    original = pydicom.dcmread(shared_data / "dicom" / CT / "01.dcm")
    assert found["00280010"] == {"vr": "US", "Value": [original.Rows]}
    assert found["00080018"]["Value"] == [uid_of(instance.pk)]
    assert found["00200032"]["vr"] == "DS"
    assert found["00083002"]["Value"] == [original.file_meta.TransferSyntaxUID]
    assert list(found) == sorted(found)
    text = json.dumps(found)
    for keyword in (
        "PatientName",
        "PatientID",
        "StudyInstanceUID",
        "SOPInstanceUID",
        "SeriesInstanceUID",
        "FrameOfReferenceUID",
        "StudyDate",
    ):
        assert str(original.get(keyword) or "-nothing-") not in text, keyword
    assert found["00200052"]["Value"][0].startswith("2.25.")


def test_metadata_of_a_series_is_kept_and_comes_in_one_answer(reader: Client, stored: Stored, django_assert_max_num_queries: Any) -> None:
    instances = stored(f"dicom/{CT}")
    series = address(instances[0]).split("/instances/")[0]
    for path in (f"{series}/metadata", f"{series.split('/series/')[0]}/metadata"):
        with django_assert_max_num_queries(9):
            answer = get(reader, path, "application/json")
            body = answer.getvalue()
        assert answer.headers["Content-Type"] == "application/json"
        assert {each["00080018"]["Value"][0] for each in json.loads(body)} == {uid_of(each.pk) for each in instances}


def test_large_values_are_fetched_where_the_metadata_say(reader: Client, stored: Stored, shared_data: Path) -> None:
    instance = stored("dicom/sc/OT-PAL-8-face.dcm")[0]
    member = metadata(reader, instance)["00281201"]
    original = pydicom.dcmread(shared_data / "dicom/sc/OT-PAL-8-face.dcm", force=True)
    wanted = original.RedPaletteColorLookupTableData
    if "InlineBinary" not in member:
        path = member["BulkDataURI"].removeprefix("http://testserver")
        assert parts_of(get(reader, path)) == [("application/octet-stream", wanted)]
        assert get(reader, path, "application/octet-stream").getvalue() == wanted
    assert get(reader, address(instance, "bulkdata", "00100010")).status_code == 404


def test_a_window_without_width_is_left_out(reader: Client, stored: Stored) -> None:
    instance = stored("dicom/mr/brain_series/brain_010.dcm")[0]
    assert not {"00281050", "00281051"} & set(metadata(reader, instance))


def test_native_frames_are_the_stored_bytes(reader: Client, stored: Stored, shared_data: Path) -> None:
    instance = stored(f"dicom/{CT}")[0]
    pixels = pydicom.dcmread(shared_data / "dicom" / CT / "01.dcm").PixelData
    assert parts_of(get(reader, address(instance, "frames", "1"))) == [(f"application/octet-stream; transfer-syntax={EXPLICIT}", pixels)]
    alone = get(reader, address(instance, "frames", "1"), "application/octet-stream")
    assert (alone.headers["Content-Type"], alone.getvalue()) == (f"application/octet-stream; transfer-syntax={EXPLICIT}", pixels)
    assert get(reader, address(instance, "frames", "2")).status_code == 404
    assert get(reader, address(instance, "frames", "0")).status_code == 404
    assert get(reader, address(instance, "frames", "1"), "image/jpeg").status_code == 406


@pytest.mark.parametrize("name", SYNTAXES)
def test_every_syntax_becomes_the_same_little_endian_frame(reader: Client, stored: Stored, shared_data: Path, name: str) -> None:
    folder = shared_data / "dicom/ct/one_slice_every_syntax"
    instance = stored(f"dicom/ct/one_slice_every_syntax/{name}.dcm")[0]
    wanted = pydicom.dcmread(folder / "LittleEndianExplicit.dcm").pixel_array
    answer = get(
        reader, address(instance, "frames", "1"), f'multipart/related; type="application/octet-stream"; transfer-syntax={EXPLICIT}'
    )
    ((_, body),) = parts_of(answer)
    assert np.array_equal(np.frombuffer(body, dtype="<i2" if wanted.dtype.kind == "i" else "<u2").reshape(wanted.shape), wanted)
    whole = pydicom.dcmread(io.BytesIO(parts_of(get(reader, address(instance), 'multipart/related; type="application/dicom"'))[0][1]))
    assert np.array_equal(whole.pixel_array, wanted)


def test_compressed_frames_are_handed_over(reader: Client, stored: Stored, shared_data: Path) -> None:
    instance = stored(f"dicom/{ULTRASOUND}")[0]
    original = pydicom.dcmread(shared_data / "dicom" / ULTRASOUND)
    frames = list(pydicom.encaps.generate_frames(original.PixelData, number_of_frames=int(original.NumberOfFrames)))
    syntax = str(original.file_meta.TransferSyntaxUID)
    for accept in ("*/*", 'multipart/related; type="image/jpeg"', f"multipart/related;type=image/jpeg;transfer-syntax={syntax}", None):
        found = parts_of(get(reader, address(instance, "frames", "3,1"), accept))
        assert found == [(f"image/jpeg; transfer-syntax={syntax}", frames[2]), (f"image/jpeg; transfer-syntax={syntax}", frames[0])]
    loose = parts_of(get(reader, address(instance, "frames", "1"), "multipart/related; type=application/octet-stream; transfer-syntax=*"))
    assert loose == [(f"application/octet-stream; transfer-syntax={syntax}", frames[0])]
    assert get(reader, address(instance, "frames", "2"), "image/jpeg").getvalue() == frames[1]
    everything = get(reader, address(instance, "bulkdata", "7FE00010"))
    assert [body for _, body in parts_of(everything)] == frames


def test_whole_instances_hold_the_pixels_and_nobody(reader: Client, stored: Stored, shared_data: Path) -> None:
    for name in (f"dicom/{ULTRASOUND}", f"dicom/{MR}", f"dicom/{CT}"):
        stored(name)
    for instance in stored():
        ((part_type, body),) = parts_of(get(reader, address(instance), 'multipart/related; type="application/dicom"; transfer-syntax=*'))
        sent, original = pydicom.dcmread(io.BytesIO(body)), pydicom.dcmread(absolute(instance.path))
        assert part_type == "application/dicom"
        assert sent.PixelData == original.PixelData
        assert (sent.SOPInstanceUID, sent.PatientIdentityRemoved) == (uid_of(instance.pk), "YES")
        assert sent.file_meta.MediaStorageSOPInstanceUID == sent.SOPInstanceUID
        assert str(sent.PatientName or "") == ""
        for keyword in (
            "PatientID",
            "PatientName",
            "StudyInstanceUID",
            "SOPInstanceUID",
            "InstitutionName",
            "StudyDate",
            "AccessionNumber",
        ):
            value = str(original.get(keyword) or "")
            assert len(value) < 4 or value.encode() not in body, keyword
        assert not any(element.tag.is_private for element in sent.iterall())


def test_a_series_comes_as_one_message(reader: Client, stored: Stored) -> None:
    instances = stored(f"dicom/{CT}")
    series = address(instances[0]).split("/instances/")[0]
    for path in (series, series.split("/series/")[0]):
        found = parts_of(get(reader, path))
        sent = {pydicom.dcmread(io.BytesIO(body)).SOPInstanceUID for _, body in found}
        assert sent == {uid_of(each.pk) for each in instances}
    assert get(reader, series, "application/dicom").status_code == 406
    assert get(reader, address(instances[0]), "application/dicom").headers["Content-Type"] == "application/dicom"


def test_pictures_go_through_a_window_and_into_a_viewport(reader: Client, stored: Stored) -> None:
    instance = stored(f"dicom/{CT}")[0]
    whole = Picture.open(io.BytesIO(get(reader, address(instance, "rendered"), "image/png").getvalue()))
    assert (whole.format, whole.size) == ("PNG", (512, 512))
    black = get(reader, address(instance, "frames", "1", "rendered"), "image/png", window="30000,1,linear").content
    assert Picture.open(io.BytesIO(black)).getextrema() == (0, 0)
    small = Picture.open(io.BytesIO(get(reader, address(instance, "rendered"), "image/*", viewport="100,50").content))
    assert (small.format, small.size) == ("JPEG", (50, 50))
    part = Picture.open(io.BytesIO(get(reader, address(instance, "rendered"), "image/png", viewport="64,32,10,20,64,32").content))
    assert np.array_equal(np.asarray(part), np.asarray(whole)[20:52, 10:74])
    for query in ({"window": "1"}, {"window": "a,b,linear"}, {"window": "1,2,cubic"}, {"viewport": "0,0"}, {"quality": "101"}):
        answer = get(reader, address(instance, "rendered"), **query)
        assert (answer.status_code, answer.json()["error"]["pointer"]) == (400, next(iter(query)))
    assert get(reader, address(instance, "rendered"), "video/mp4").status_code == 406


def test_a_series_is_rendered_an_instance_a_part(reader: Client, stored: Stored) -> None:
    series = address(stored(f"dicom/{CT}")[0]).split("/instances/")[0]
    for path in (series, series.split("/series/")[0]):
        answer = get(reader, f"{path}/rendered", window="40,400,linear", viewport="64,64")
        pictures = [Picture.open(io.BytesIO(content)) for kind, content in parts_of(answer) if kind == "image/jpeg"]
        assert [each.size for each in pictures] == [(64, 64)] * 3
        png = parts_of(get(reader, f"{path}/rendered", 'multipart/related; type="image/png"', viewport="32,32"))
        assert [kind for kind, _ in png] == ["image/png"] * 3
        assert get(reader, f"{path}/rendered", "image/png").status_code == 406
        assert get(reader, f"{path}/rendered", window="x").status_code == 400


RANGES = [
    ("bytes=0-9", 206, slice(0, 10)),
    ("bytes=100-", 206, slice(100, None)),
    ("bytes=-7", 206, slice(-7, None)),
    ("bytes=5-99999999999", 206, slice(5, None)),
    ("bytes=99999999999-", 416, slice(0, 0)),
    ("bytes=-0", 416, slice(0, 0)),
    ("bytes=9-3", 200, slice(None)),
    ("bytes=-", 200, slice(None)),
    ("bytes=0-1,4-5", 200, slice(None)),
    ("lines=1-2", 200, slice(None)),
]


def test_a_part_of_bulk_data(reader: Client, stored: Stored) -> None:
    instance = stored(f"dicom/{CT}")[0]
    for path in (address(instance, "bulkdata", "7FE00010"), address(instance, "frames", "1")):
        whole = get(reader, path, "application/octet-stream")
        assert whole.headers["Accept-Ranges"] == "bytes"
        for asked, status, part in RANGES:
            answer = reader.get(path, headers={"Accept": "application/octet-stream", "Range": asked})
            assert (answer.status_code, answer.getvalue()) == (status, whole.getvalue()[part]), asked
            if status != 200:
                assert answer.headers["Content-Range"].endswith(f"/{len(whole.getvalue())}")
    parts = reader.get(path, headers={"Accept": "multipart/related", "Range": "bytes=0-9"})
    assert len(parts_of(parts)[0][1]) == len(whole.getvalue())


def test_thumbnails_are_small(reader: Client, stored: Stored) -> None:
    instance = stored(f"dicom/{ULTRASOUND}")[0]
    study, series = address(instance).split("/series/")[0], address(instance).split("/instances/")[0]
    for path in (
        f"{study}/thumbnail",
        f"{series}/thumbnail",
        address(instance, "thumbnail"),
        address(instance, "frames", "2", "thumbnail"),
    ):
        answer = get(reader, path, "image/jpeg, */*;q=0.1")
        assert answer.status_code == 200, path
        assert max(Picture.open(io.BytesIO(answer.content)).size) <= 256


def test_a_stranger_finds_nothing(reader: Client, stranger: Client, stored: Stored) -> None:
    instance = stored(f"dicom/{CT}")[0]
    study, series = address(instance).split("/series/")[0], address(instance).split("/instances/")[0]
    paths = [study, series, address(instance), f"{study}/metadata", address(instance, "frames", "1"), address(instance, "rendered")]
    nowhere = get(stranger, "/dicomweb/studies/1.2.3")
    for path in paths:
        answer = get(stranger, path)
        assert (answer.status_code, answer.content) == (404, nowhere.content)
        assert get(reader, path).status_code == 200
        assert get(Client(), path).status_code == 401
