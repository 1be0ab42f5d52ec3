"""Exports that the worker makes: the same bytes as streamed ones, asked for once, cancelled, taken over, fetched in ranges, removed."""

import base64
import hashlib
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import remove_perm

from annotation.exporters import parts
from annotation.exporters.registry import EXPORTERS
from annotation.models import Campaign, ExportJob, ExportRun, Read, Withdrawal
from annotation.schema.shapes import parse_geometry
from annotation.services import export_job_work
from annotation.services.export import export_campaign
from annotation.services.export_job_work import MAX_ATTEMPTS, Progress, claim_export, execute_export, release_export, report_export
from annotation.services.export_jobs import (
    MAX_OPEN,
    cancel_export,
    exports_folder,
    file_path,
    part_path,
    remove_export,
    request_export,
    sweep_exports,
)
from tests.annotation.document import objects
from viewer.api.errors import ApiError
from viewer.models import Collection

pytestmark = [pytest.mark.django_db(transaction=True)]
BOX = parse_geometry({"type": "Rectangle", "bbox": [10, 20, 30, 40]})


@pytest.fixture
def campaign() -> Campaign:
    collection = Collection.objects.create(slug="biopsies", name="Biopsies")
    slides = [objects.image(collection, f"{number:02x}" * 32) for number in range(4)]
    made = objects.campaign(collection, slides, code="biopsies-2026")
    reader = objects.user("reader")
    for slide in slides:
        objects.mark(objects.read(made, slide, reader), BOX, "box", "mass")
    return made


@pytest.fixture
def exporter(campaign: Campaign) -> User:
    return objects.exporter_of(campaign)


@pytest.fixture
def client(exporter: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(exporter)
    return client


def asked(campaign: Campaign, user: User, format_name: str = "document", **values: Any) -> ExportJob:
    return request_export(campaign=campaign, user=user, request_id=uuid.uuid4(), format_name=format_name, **values)


def made(campaign: Campaign, user: User, format_name: str = "document", **values: Any) -> ExportJob:
    asked(campaign, user, format_name, **values)
    claimed = claim_export()
    assert claimed is not None
    return execute_export(job=claimed)


def streamed(campaign: Campaign, format_name: str) -> bytes:
    export = export_campaign(campaign=campaign, user=None, format_name=format_name, include_drafts=False)
    return b"".join(export.chunks())


@pytest.mark.parametrize("format_name", [name for name in EXPORTERS if not name.startswith("dicom")])
def test_the_file_is_what_is_streamed(campaign: Campaign, exporter: User, format_name: str) -> None:
    job = made(campaign, exporter, format_name)
    assert (job.state, job.case_count, job.done_count, job.error_code) == ("done", 4, 4, "")
    body = file_path(job.pk).read_bytes()
    assert body == streamed(campaign, format_name)
    assert (job.size_bytes, job.digest) == (len(body), hashlib.sha256(body).hexdigest())
    run = ExportRun.objects.get(jobs=job)
    assert (run.state, run.digest, run.document_count, run.requested_by) == ("done", job.digest, 4, exporter)
    assert sorted(path.name for path in exports_folder().iterdir()) == [f"{job.pk}.zip"]


def test_the_same_request_gives_the_same_export(campaign: Campaign, client: Client) -> None:
    body = {"request_id": str(uuid.uuid4()), "format": "coco", "require": ["codes"]}
    address = f"/api/campaigns/{campaign.pk}/export-jobs/"
    first, second = (client.post(address, body, content_type="application/json") for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    assert first.json()["state"] == "waiting"
    assert ExportJob.objects.count() == ExportRun.objects.count() == 1
    other = client.post(address, body | {"format": "csv"}, content_type="application/json")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "export_request_reused")
    call_command("work", "--once")
    (listed,) = client.get(address).json()["exports"]
    assert (listed["state"], listed["done"], listed["cases"]) == ("done", 4, 4)
    assert listed == client.get(f"/api/export-jobs/{listed['id']}/").json()


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"format": "coco"}, "export_malformed", "/request_id"),
        ({"request_id": "5", "format": "coco"}, "export_malformed", "/request_id"),
        ({"request_id": str(uuid.UUID(int=5)), "format": "excel"}, "unknown_format", "/format"),
        ({"request_id": str(uuid.UUID(int=5)), "format": ["coco"]}, "export_malformed", "/format"),
        ({"request_id": str(uuid.UUID(int=5)), "drafts": 1}, "export_malformed", "/drafts"),
        ({"request_id": str(uuid.UUID(int=5)), "require": "codes"}, "export_malformed", "/require"),
        ({"request_id": str(uuid.UUID(int=5)), "require": ["colour"]}, "requirement_unknown", "/require"),
        ({"request_id": str(uuid.UUID(int=5)), "format": "yolo", "require": ["text"]}, "export_would_lose", "/require"),
        ({"request_id": str(uuid.UUID(int=5)), "format": "coco", "options": {"of": "marks"}}, "export_malformed", "/options"),
        ({"request_id": str(uuid.UUID(int=5)), "format": "crops", "options": {"of": "noses"}}, "export_malformed", "/options/of"),
        ({"request_id": str(uuid.UUID(int=5)), "format": "crops", "options": {"size_px": 4096}}, "export_malformed", "/options/size_px"),
        ({"request_id": str(uuid.UUID(int=5)), "format": "crops", "require": ["codes"]}, "export_malformed", "/require"),
        ({"request_id": str(uuid.UUID(int=5)), "campaign": "x"}, "export_malformed", "/campaign"),
        ([1], "export_malformed", None),
    ],
)
def test_what_cannot_be_read_is_refused(campaign: Campaign, client: Client, body: Any, code: str, pointer: str | None) -> None:
    answer = client.post(f"/api/campaigns/{campaign.pk}/export-jobs/", body, content_type="application/json")
    assert answer.status_code in {400, 409, 422}
    error = answer.json()["error"]
    assert (error["code"], error.get("pointer") or None) == (code, pointer)
    assert error["hint"]
    assert not ExportJob.objects.exists()


def test_nobody_else_asks_sees_or_fetches(campaign: Campaign, exporter: User, client: Client) -> None:
    job = made(campaign, exporter)
    addresses = (f"/api/campaigns/{campaign.pk}/export-jobs/", f"/api/export-jobs/{job.pk}/", f"/api/export-jobs/{job.pk}/file/")
    seen = [client.get(address) for address in addresses]
    assert [answer.status_code for answer in seen] == [200, 200, 200]
    seen[-1].close()
    remove_perm("annotation.export_campaign", exporter, campaign)
    assert [client.get(address).status_code for address in addresses] == [404, 404, 404]
    assert client.delete(addresses[1]).status_code == 404
    assert file_path(job.pk).exists()


def test_a_download_goes_on_where_it_broke_off(campaign: Campaign, exporter: User, client: Client) -> None:
    job = made(campaign, exporter)
    address, whole = f"/api/export-jobs/{job.pk}/file/", file_path(job.pk).read_bytes()
    answer = client.get(address)
    assert (answer.status_code, b"".join(answer)) == (200, whole)  # type: ignore[arg-type]
    assert answer.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(whole).digest()).decode()}:"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="biopsies-2026-document.zip"'
    tag = answer.headers["ETag"]
    rest = client.get(address, headers={"Range": "bytes=100-", "If-Range": tag})
    assert (rest.status_code, b"".join(rest)) == (206, whole[100:])  # type: ignore[arg-type]
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.headers["Content-Length"], b"".join(part)) == ("10", whole[10:20])  # type: ignore[arg-type]
    other = client.get(address, headers={"Range": "bytes=100-", "If-Range": '"other"'})
    assert (other.status_code, len(b"".join(other))) == (200, len(whole))  # type: ignore[arg-type]
    behind = client.get(address, headers={"Range": f"bytes={len(whole)}-"})
    assert (behind.status_code, behind.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_one_worker_at_a_time_and_five_attempts(campaign: Campaign, exporter: User) -> None:
    job = asked(campaign, exporter)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = claim_export(lease_s=0)
        assert claimed is not None
        assert claimed.attempt == attempt
    assert claim_export(lease_s=0) is None
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "export_interrupted")
    assert ExportRun.objects.get(jobs=job).error_code == "export_interrupted"


def test_an_export_put_back_goes_on_and_its_attempt_does_not_count(campaign: Campaign, exporter: User) -> None:
    asked(campaign, exporter)
    claimed = claim_export()
    assert claimed is not None
    release_export(job=claimed)
    again = claim_export()
    assert again is not None
    assert again.attempt == 1
    assert execute_export(job=again).state == "done"


@pytest.mark.parametrize("format_name", ["document", "coco"])
def test_a_worker_that_dies_in_the_middle_is_followed_by_another(
    campaign: Campaign, exporter: User, monkeypatch: pytest.MonkeyPatch, format_name: str
) -> None:
    class Killed(BaseException):
        pass

    monkeypatch.setattr(parts, "EVERY_S", 0)
    monkeypatch.setattr(parts.Archive.__init__, "__kwdefaults__", {"every_s": 0})
    asked(campaign, exporter, format_name)
    seen: list[str] = []
    left = export_job_work._cases_left

    def counted(job: ExportJob, archive: parts.Archive) -> Any:
        for case in left(job, archive):
            seen.append(case.name)
            if len(seen) == 3:
                raise Killed
            yield case

    monkeypatch.setattr(export_job_work, "_cases_left", counted)
    first = claim_export(lease_s=0)
    assert first is not None
    with pytest.raises(Killed):
        execute_export(job=first)
    second = claim_export()
    assert second is not None
    assert execute_export(job=second).state == "done"
    assert file_path(second.pk).read_bytes() == streamed(campaign, format_name)
    assert len(seen) == (5 if format_name == "document" else 7)


def test_a_worker_that_was_taken_for_dead_stops(campaign: Campaign, exporter: User) -> None:
    job = asked(campaign, exporter)
    first = claim_export(lease_s=0)
    assert first is not None
    second = claim_export()
    assert second is not None
    progress = Progress()
    assert not report_export(job_id=job.pk, attempt=first.attempt, progress=progress)
    assert progress.stopped
    assert execute_export(job=first, progress=progress).state == "working"
    assert execute_export(job=second).state == "done"
    assert file_path(job.pk).read_bytes() == streamed(campaign, "document")


def test_a_cancelled_export_leaves_nothing(campaign: Campaign, exporter: User, client: Client) -> None:
    job = asked(campaign, exporter)
    claimed = claim_export()
    assert claimed is not None
    answer = client.delete(f"/api/export-jobs/{job.pk}/")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    progress = Progress()
    assert not report_export(job_id=job.pk, attempt=claimed.attempt, progress=progress)
    assert execute_export(job=claimed, progress=progress).state == "cancelled"
    assert list(exports_folder().iterdir()) == []
    again = client.delete(f"/api/export-jobs/{job.pk}/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "export_over")
    file = client.get(f"/api/export-jobs/{job.pk}/file/")
    assert (file.status_code, file.json()["error"]["code"]) == (409, "export_not_ready")


def test_files_are_removed_by_age_by_room_and_by_hand(campaign: Campaign, exporter: User, client: Client, settings: Any) -> None:
    old, middle, new = (made(campaign, exporter) for _ in range(3))
    assert sweep_exports() == 0
    ExportJob.objects.filter(pk=old.pk).update(kept_until=timezone.now() - timedelta(seconds=1))
    assert sweep_exports() == 1
    settings.EXPORT_BYTES = new.size_bytes
    assert sweep_exports() == 1
    stray = part_path(uuid.uuid4())
    stray.write_bytes(b"left behind")
    sweep_exports()
    assert sorted(exports_folder().iterdir()) == [file_path(new.pk)]
    client.delete(f"/api/export-jobs/{new.pk}/")
    for job, reason in ((old, "age"), (middle, "space"), (new, "person")):
        job.refresh_from_db()
        assert (job.state, job.removed_for) == ("removed", reason)
        file = client.get(f"/api/export-jobs/{job.pk}/file/")
        assert (file.status_code, file.json()["error"]["code"]) == (410, "export_removed")


def test_a_withdrawal_takes_files_away(campaign: Campaign, exporter: User, client: Client) -> None:
    job = made(campaign, exporter)
    Withdrawal.objects.create(collection=campaign.collection, subject="00" * 32, recorded_by=exporter)
    file = client.get(f"/api/export-jobs/{job.pk}/file/")
    assert (file.status_code, file.json()["error"]["code"]) == (410, "export_outdated")
    assert not file_path(job.pk).exists()
    assert client.get(f"/api/export-jobs/{job.pk}/").json()["removed_for"] == "withdrawal"
    fresh = made(campaign, exporter)
    assert (fresh.state, fresh.done_count) == ("done", 3)


def test_data_that_cannot_be_written_fails_with_code_and_place(campaign: Campaign, exporter: User, client: Client) -> None:
    read = Read.objects.filter(campaign=campaign, state="submitted").earliest("image__series__study__subject_pseudonym")
    objects.mark(read, None, "diagnosis", "unheard-of")
    job = made(campaign, exporter)
    assert job.state == "failed"
    said = client.get(f"/api/export-jobs/{job.pk}/").json()["error"]
    assert (said["code"], said["place"].split("/")[0]) == ("unknown_label", objects.case_name(campaign, "00" * 32))
    assert said["message"]
    assert said["hint"]
    assert list(exports_folder().iterdir()) == []


def test_a_full_disk_is_told(campaign: Campaign, exporter: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts, "_settle", full)
    job = made(campaign, exporter)
    assert (job.state, job.error_code) == ("failed", "export_no_room")


def test_twenty_unfinished_exports_are_enough(campaign: Campaign, exporter: User) -> None:
    jobs = [asked(campaign, exporter) for _ in range(MAX_OPEN)]
    with pytest.raises(ApiError) as caught:
        asked(campaign, exporter)
    assert caught.value.code == "too_many_exports"
    cancel_export(job=jobs[0])
    assert asked(campaign, exporter).state == "waiting"
    with pytest.raises(ApiError):
        remove_export(job=jobs[1])


def test_lists_take_a_fixed_number_of_queries(
    campaign: Campaign, exporter: User, client: Client, django_assert_max_num_queries: Any, tmp_path: Path
) -> None:
    address = f"/api/campaigns/{campaign.pk}/export-jobs/"
    client.get(address)
    for _ in range(5):
        asked(campaign, exporter)
    with django_assert_max_num_queries(10):
        assert len(client.get(address).json()["exports"]) == 5
