"""A ZIP archive on the upload page: taken some files at a time, whoever stops in between; bounded, each file with its result."""

import base64
import json
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from guardian.shortcuts import remove_perm

from tests.viewer.catalogue.conftest import client_with, stored_files
from tests.viewer.catalogue.test_batches import slices
from viewer.models import Collection, Image, Instance
from viewer.services import archive_uploads, archives, resumable
from viewer.services.reconcile import reconcile

pytestmark = pytest.mark.django_db(transaction=True)
TUS = {"Tus-Resumable": "1.0.0"}
PART = "application/offset+octet-stream"


def upload(client: Client, collection: Collection, content: bytes, name: str = "検査.zip") -> str:
    """Send an archive; return the address of its upload."""
    about = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in {"filename": name, "fingerprint": "f"}.items())
    headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": about}
    made = client.post(reverse("api-resumable-uploads", args=[collection.pk]), b"", content_type="", headers=headers)
    address = str(made.headers["Location"])
    sent = client.patch(address, content, content_type=PART, headers=TUS | {"Upload-Offset": "0", "Content-Type": PART})
    assert sent.status_code == 204, sent.content
    return address


def step(client: Client, address: str, after: int = 0) -> Any:
    return client.post(f"{address}files/?after={after}", b"", content_type="", headers=TUS)


def everything(client: Client, address: str) -> list[dict[str, Any]]:
    """Ask until all files have results."""
    results: list[dict[str, Any]] = []
    while True:
        answer = step(client, address, len(results))
        assert answer.status_code == 200, answer.content
        results += answer.json()["results"]
        if len(results) >= answer.json()["total"]:
            return results


@pytest.fixture
def medium(shared_data: Path, tmp_path: Path) -> bytes:
    """An archive of a series, a photograph, and what does not go in."""
    path = tmp_path / "medium.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in slices(shared_data, tmp_path / "in", 70):
            archive.write(each, f"検査/series/{each.name}")
        archive.write(shared_data / "photo/exif/grey.jpg", "写真.jpg")
        archive.write(shared_data / "malformed/dicom/truncated_35.dcm", "cut.dcm")
        archive.writestr("__MACOSX/._cut.dcm", b"x")
        archive.writestr("../../escaped.jpg", b"x")
    return path.read_bytes()


def test_the_files_of_an_archive_go_in_each_with_its_result(
    uploader: Client, collection: Collection, medium: bytes, data_dir: Path
) -> None:
    address = upload(uploader, collection, medium)
    assert uploader.get(address).json()["is_archive"]
    results = everything(uploader, address)
    by_name = {each["name"]: (each["status"], each["code"]) for each in results}
    assert len(results) == 74
    assert by_name["検査.zip/写真.jpg"] == ("accepted", "")
    assert by_name["検査.zip/検査/series/1.2.3-0000.dcm"] == ("accepted", "")
    assert by_name["検査.zip/cut.dcm"][0] == "refused"
    assert by_name["検査.zip/__MACOSX/._cut.dcm"] == ("skipped", "hidden_file")
    assert by_name["検査.zip/escaped.jpg"] == ("refused", "archive_unsafe_name")
    assert sorted(Image.objects.values_list("kind", "frame_count")) == [("frames", 70), ("photograph", 1)]
    assert all(each["message"] for each in results if each["status"] == "refused")
    assert not list((data_dir / "incoming").iterdir())
    assert not [path for path in (data_dir / "uploads/open").rglob("*") if path.is_file()]
    assert everything(uploader, address) == results, "what became of it can be asked for again"
    assert uploader.get(reverse("api-resumable-uploads", args=[collection.pk])).json() == {"uploads": []}
    again = everything(uploader, upload(uploader, collection, medium))
    assert {each["status"] for each in again} == {"duplicate", "refused", "skipped"}


def test_it_stops_when_nobody_asks_and_goes_on_where_it_was(
    uploader: Client, collection: Collection, medium: bytes, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setattr(archive_uploads, "STEP_S", 0)
    address = upload(uploader, collection, medium)
    first = step(uploader, address).json()
    assert (first["done"], first["total"], len(first["results"])) == (64, 74, 64)
    assert Instance.objects.count() == 64
    unseen = step(uploader, address).json()
    assert (unseen["done"], Instance.objects.count()) == (64, 64), "who has not heard of the results gets those first"
    (folder,) = (path.parent for path in (data_dir / "uploads/open").rglob("results.ndjson"))
    with (folder / "results.ndjson").open("ab") as file:
        file.write(b'{"half a line')
    assert uploader.get(reverse("api-resumable-uploads", args=[collection.pk])).json()["uploads"][0]["is_archive"]
    results = everything(uploader, address)
    assert len(results) == 74
    assert Instance.objects.count() == 71


def test_results_that_were_lost_with_the_server_do_not_double_anything(
    uploader: Client, collection: Collection, medium: bytes, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setattr(archive_uploads, "STEP_S", 0)
    address = upload(uploader, collection, medium)
    step(uploader, address)
    (kept,) = (data_dir / "uploads/open").rglob("results.ndjson")
    kept.unlink()
    results = everything(uploader, address)
    assert [each["status"] for each in results[:64]] == ["duplicate"] * 64
    assert Image.objects.get(kind="frames").frame_count == 70


def test_a_full_disk_loses_no_file_of_an_archive(uploader: Client, collection: Collection, medium: bytes, data_dir: Path) -> None:
    address = upload(uploader, collection, medium)
    (data_dir / "images").write_text("in the way")
    answer = step(uploader, address)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage_failed")
    (data_dir / "images").unlink()
    assert {each["status"] for each in everything(uploader, address)} == {"accepted", "refused", "skipped"}


def test_an_archive_that_is_none_and_one_that_unpacks_to_too_much_are_refused_whole(
    uploader: Client, collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (result,) = everything(uploader, upload(uploader, collection, b"PK" + bytes(1000)))
    assert (result["name"], result["status"], result["code"]) == ("検査.zip", "refused", "archive_damaged")
    monkeypatch.setattr(archives, "_FREE_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.dcm", bytes(1 << 20))
    (result,) = everything(uploader, upload(uploader, collection, (tmp_path / "bomb.zip").read_bytes()))
    assert (result["status"], result["code"]) == ("refused", "archive_expands")


def test_what_is_no_archive_has_no_files(uploader: Client, collection: Collection, shared_data: Path) -> None:
    address = upload(uploader, collection, (shared_data / "photo/exif/grey.jpg").read_bytes(), name="grey.zip")
    assert step(uploader, address).status_code == 409
    assert Instance.objects.count() == 1


def test_nobody_else_reaches_an_archive(uploader: Client, reader: Client, stranger: Client, collection: Collection, medium: bytes) -> None:
    address = upload(uploader, collection, medium)
    colleague = client_with(collection, "view_collection", "upload_collection", username="colleague")
    assert [step(each, address).status_code for each in (reader, stranger, colleague, Client())] == [404, 404, 404, 401]
    assert step(uploader, address, after=-1).status_code == 400
    assert uploader.post(f"{address}files/", b"", content_type="").status_code == 412
    remove_perm("upload_collection", User.objects.get(username="uploader"), collection)
    assert step(uploader, address).status_code == 404
    assert not Instance.objects.exists()


def test_results_are_swept_after_a_day(
    uploader: Client, collection: Collection, medium: bytes, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(uploader, upload(uploader, collection, medium))
    assert len(list((data_dir / "uploads/done").rglob("*.*"))) == 2
    monkeypatch.setattr(resumable, "RESULT_KEPT_S", -1)
    reconcile()
    assert not list((data_dir / "uploads/done").rglob("*.*"))
    assert stored_files(data_dir)


def test_the_report_of_the_command_is_read_by_spreadsheets(
    collection: Collection, medium: bytes, tmp_path: Path, shared_data: Path
) -> None:
    import csv

    from django.core.management import call_command

    folder = tmp_path / "medium"
    folder.mkdir()
    (folder / "export.zip").write_bytes(medium)
    (folder / "=cmd|' !A1'.txt").write_bytes(b"text")
    report = tmp_path / "report.csv"
    call_command("ingest", folder, collection="ours", report=report, language="ja", stdout=StringIO())
    text = report.read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(text.decode("utf-8-sig").splitlines())
    assert head == ["ファイル", "バイト数", "結果", "コード", "理由", "対処", "画像"]
    by_name = {row[0]: row for row in rows}
    assert len(rows) == 75
    assert by_name[f"{folder}/export.zip/写真.jpg"][2] == "登録済み"
    assert by_name[f"{folder}/export.zip/写真.jpg"][6] == str(Image.objects.get(kind="photograph").pk)
    assert by_name[f"{folder}/export.zip/../../escaped.jpg"][2:4] == ["登録不可", "archive_unsafe_name"]
    assert not any(row[0].startswith(("=", "+", "-", "@")) for row in rows)
    assert json.dumps(rows).count("archive_unsafe_name") == 1
