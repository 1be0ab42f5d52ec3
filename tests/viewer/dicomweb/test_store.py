"""STOW-RS: who may store, what is taken, and what the sender is told of each instance."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pydicom
import pytest
from django.test import Client

from tests.viewer.catalogue.conftest import stored_files
from viewer.dicomweb.uids import uid_of
from viewer.models import Collection, Instance, Study

pytestmark = pytest.mark.django_db
TYPE = 'multipart/related; type="application/dicom"; boundary=frontier'
SERIES = "dicom/ct/ct-3slice"


def body_of(*contents: bytes, media_type: str = "application/dicom") -> bytes:
    parts = (f"--frontier\r\nContent-Type: {media_type}\r\n\r\n".encode() + content + b"\r\n" for content in contents)
    return b"".join(parts) + b"--frontier--"


def post(client: Client, collection: Collection, body: bytes, study: str = "", content_type: str = TYPE, **headers: str) -> Any:
    address = f"/dicomweb/collections/{collection.pk}/studies" + (f"/{study}" if study else "")
    return client.generic("POST", address, body, content_type=content_type, headers=headers)


def slices(shared_data: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((shared_data / SERIES).glob("*.dcm"))]


def header_of(shared_data: Path) -> pydicom.Dataset:
    return pydicom.dcmread(shared_data / SERIES / "01.dcm", stop_before_pixels=True)


def reasons(answer: dict[str, Any], sequence: str = "00081198") -> list[int]:
    return [item["00081197"]["Value"][0] for item in answer.get(sequence, {}).get("Value", [])]


def test_a_series_is_stored_and_found(uploader: Client, collection: Collection, shared_data: Path) -> None:
    answer = post(uploader, collection, body_of(*slices(shared_data)))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/dicom+json")
    told = answer.json()
    sent = [str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in (shared_data / SERIES).glob("*.dcm")]
    items = told["00081199"]["Value"]
    assert {item["00081155"]["Value"][0] for item in items} == set(sent)
    assert "00081198" not in told
    assert told["00081190"]["Value"][0] == f"http://testserver/dicomweb/studies/{uid_of(Study.objects.get().pk)}"
    for item in items:
        found = uploader.get(item["00081190"]["Value"][0].removeprefix("http://testserver") + "/metadata")
        assert found.status_code == 200
    assert Instance.objects.get(sop_instance_uid=sent[0]).image.frame_count == 3


def test_twice_is_a_success(uploader: Client, collection: Collection, shared_data: Path) -> None:
    first = post(uploader, collection, body_of(*slices(shared_data))).json()
    again = post(uploader, collection, body_of(*slices(shared_data)))
    assert (again.status_code, again.json()) == (200, first)
    assert Instance.objects.count() == 3


def test_another_head_on_the_same_data_is_the_same_instance(
    uploader: Client,
    collection: Collection,
    shared_data: Path,
) -> None:
    whole = slices(shared_data)[0]
    assert post(uploader, collection, body_of(whole)).status_code == 200
    other = b"made by another".ljust(128, b"\0") + whole[128:]
    assert post(uploader, collection, body_of(other)).status_code == 200
    assert Instance.objects.count() == 1


def test_some_are_taken_and_some_are_not(uploader: Client, collection: Collection, shared_data: Path) -> None:
    bad = (shared_data / "malformed/dicom/huge_rows_columns.dcm").read_bytes()
    answer = post(uploader, collection, body_of(slices(shared_data)[0], bad, b"no DICOM at all"))
    told = answer.json()
    assert answer.status_code == 202
    assert (len(told["00081199"]["Value"]), reasons(told), reasons(told, "0008119A")) == (1, [0xC000], [0xC000])
    assert told["00081198"]["Value"][0]["00081155"]["Value"] == ["2.25.90001"]
    assert answer.headers["Warning"].count("299 mitate") == 2
    assert Instance.objects.count() == 1


REFUSED = [
    ("malformed/dicom/unknown_transfer_syntax.dcm", 0xC122),
    ("malformed/dicom/deflate_bomb_300MB.dcm", 0xC000),
    ("malformed/dicom/truncated_35.dcm", 0xC000),
    ("malformed/dicom/only_preamble.dcm", 0xC000),
    ("photo/fundus/idrid_0001.jpg", 0xC000),
    ("dicom/ko/key_object_selection.dcm", 0xC000),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused[0])
def test_none_is_taken(
    uploader: Client,
    collection: Collection,
    shared_data: Path,
    data_dir: Path,
    refused: tuple[str, int],
) -> None:
    answer = post(uploader, collection, body_of((shared_data / refused[0]).read_bytes()))
    told = answer.json()
    assert answer.status_code == 409
    assert reasons(told) + reasons(told, "0008119A") == [refused[1]]
    assert stored_files(data_dir) == []


def test_every_hostile_file_in_one_request(uploader: Client, collection: Collection, shared_data: Path, data_dir: Path) -> None:
    """Each has a result of its own, and what is refused leaves nothing."""
    contents = [path.read_bytes() for path in sorted((shared_data / "malformed/dicom").iterdir())]
    answer = post(uploader, collection, body_of(*contents))
    told = answer.json()
    stored = told["00081199"]["Value"]
    refused = reasons(told) + reasons(told, "0008119A")
    assert answer.status_code == 202
    assert len(stored) + len(refused) == len(contents)
    assert set(refused) <= {0xA900, 0xC000, 0xC122}
    # Several of the files share their UID, and several are alike but for their heads.
    assert 0 < Instance.objects.count() <= len(stored)
    assert not list((data_dir / "incoming").glob("*"))
    kept = {Path(path).name for path in stored_files(data_dir) if path.startswith("images")}
    assert kept == {Path(path).name for path in Instance.objects.values_list("path", flat=True)}


def test_what_is_there_is_never_replaced(uploader: Client, collection: Collection, shared_data: Path) -> None:
    two = [(shared_data / f"malformed/dicom/same_uid_two_patients_{number}.dcm").read_bytes() for number in (1, 2)]
    answer = post(uploader, collection, body_of(*two))
    assert (answer.status_code, reasons(answer.json())) == (202, [0xC000])
    assert "sop_uid_conflict" in answer.headers["Warning"]


def test_head_and_data_that_disagree(uploader: Client, collection: Collection, shared_data: Path) -> None:
    whole = slices(shared_data)[0]
    uid = header_of(shared_data).SOPInstanceUID
    at = whole.index(uid.encode())
    other = whole[:at] + uid[:-1].encode() + (b"8" if uid[-1] != "8" else b"9") + whole[at + len(uid) :]
    answer = post(uploader, collection, body_of(other))
    assert (answer.status_code, reasons(answer.json(), "0008119A")) == (409, [0xA900])


def test_one_study_only(uploader: Client, collection: Collection, shared_data: Path) -> None:
    whole = slices(shared_data)[0]
    study = header_of(shared_data).StudyInstanceUID
    refused = post(uploader, collection, body_of(whole), study="1.2.3")
    assert (refused.status_code, reasons(refused.json())) == (409, [0xA900])
    assert Instance.objects.count() == 0
    assert post(uploader, collection, body_of(whole), study=study).status_code == 200
    ours = uid_of(Study.objects.get().pk)
    assert post(uploader, collection, body_of(slices(shared_data)[1]), study=ours).status_code == 200
    assert Instance.objects.count() == 2


def test_a_body_that_breaks_off(
    uploader: Client,
    collection: Collection,
    shared_data: Path,
    data_dir: Path,
) -> None:
    whole = body_of(*slices(shared_data)[:2])
    nothing = post(uploader, collection, whole[:2000])
    assert (nothing.status_code, nothing.json()["error"]["code"]) == (400, "upload_incomplete")
    assert stored_files(data_dir) == []
    half = post(uploader, collection, whole[:-2000])
    assert (half.status_code, reasons(half.json(), "0008119A")) == (202, [0xA700])
    assert Instance.objects.count() == 1


def test_too_large(uploader: Client, collection: Collection, shared_data: Path, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    answer = post(uploader, collection, body_of(slices(shared_data)[0]))
    assert (answer.status_code, reasons(answer.json()) + reasons(answer.json(), "0008119A")) == (503, [0xA700])


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("multipart/form-data; boundary=frontier", 415),
        ('multipart/related; type="application/dicom+json"; boundary=frontier', 415),
        ('multipart/related; type="application/dicom"', 400),
        ("multipart/related; boundary=frontier", 200),
        ("", 415),
    ],
)
def test_content_types(uploader: Client, collection: Collection, shared_data: Path, content_type: str, status: int) -> None:
    assert post(uploader, collection, body_of(slices(shared_data)[0]), content_type=content_type).status_code == status


def test_a_part_of_another_type(uploader: Client, collection: Collection) -> None:
    answer = post(uploader, collection, body_of(b"{}", media_type="application/dicom+json"))
    assert (answer.status_code, reasons(answer.json(), "0008119A")) == (409, [0xC000])


def test_xml_for_those_who_ask_for_it(uploader: Client, collection: Collection, shared_data: Path) -> None:
    answer = post(uploader, collection, body_of(slices(shared_data)[0]), Accept="application/dicom+xml")
    assert answer.headers["Content-Type"] == "application/dicom+xml"
    root = ElementTree.fromstring(answer.content)  # noqa: S314  # our own answer
    space = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
    (stored,) = [each for each in root if each.get("keyword") == "ReferencedSOPSequence"]
    (uid,) = [each for each in stored.find(f"{space}Item") if each.get("tag") == "00081155"]
    assert uid.findtext(f"{space}Value") == Instance.objects.get().sop_instance_uid
    refused = post(uploader, collection, body_of(b""), Accept="text/html")
    assert refused.status_code == 406


def test_only_writers(reader: Client, stranger: Client, collection: Collection, shared_data: Path) -> None:
    body = body_of(slices(shared_data)[0])
    for client, status in ((reader, 404), (stranger, 404), (Client(), 401)):
        answer = post(client, collection, body)
        assert answer.status_code == status, json.loads(answer.content)
    assert Instance.objects.count() == 0


def test_a_write_needs_the_token_in_its_header(uploader: Client, collection: Collection, shared_data: Path) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = uploader.cookies
    assert post(strict, collection, body_of(slices(shared_data)[0])).status_code == 403
    assert Instance.objects.count() == 0


def test_a_site_that_does_not_want_it_has_no_such_address(
    uploader: Client,
    collection: Collection,
    shared_data: Path,
    settings: Any,
) -> None:
    settings.DICOMWEB_STORE = False
    assert post(uploader, collection, body_of(slices(shared_data)[0])).status_code == 404
