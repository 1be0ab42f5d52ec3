"""Exports and releases under label maps that are made later than they are asked for: the maps are pinned with the request."""

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from guardian.shortcuts import assign_perm, remove_perm

from annotation.exporters import parts
from annotation.exporters.registry import EXPORTERS
from annotation.models import Campaign, ExportJob, ExportRun, LabelMap
from annotation.schema.shapes import parse_geometry
from annotation.services.export import export_campaign
from annotation.services.export_job_work import Progress, claim_export, execute_export, release_export
from annotation.services.export_jobs import file_path
from annotation.services.label_maps import publish_label_map, relabelling_of
from tests.annotation.document import objects
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
        read = objects.read(made, slide, reader)
        objects.mark(read, BOX, "box", "mass")
        objects.mark(read, BOX, "box", "tumour")
    return made


@pytest.fixture
def exporter(campaign: Campaign) -> User:
    return objects.exporter_of(campaign)


@pytest.fixture
def client(exporter: User) -> Client:
    made = Client(headers={"Accept-Language": "en"})
    made.force_login(exporter)
    return made


def published(campaign: Campaign, user: User, code: str, rules: dict[str, Any]) -> str:
    target = objects.label_set()
    made = publish_label_map(
        slug=code, version="2.1", name={"ja": code, "en": code}, source=campaign.label_set, target=target, rules=rules, published_by=user
    )
    assign_perm("annotation.apply_labelmap", user, made)
    return f"{code}@2.1"


def merged(campaign: Campaign, user: User) -> str:
    return published(campaign, user, "merged", {code: {"to": ["mass"]} for code in codes(campaign)})


def codes(campaign: Campaign) -> list[str]:
    return list(campaign.label_set.labels.values_list("code", flat=True))


def ask(client: Client, campaign: Campaign, **body: Any) -> Any:
    return client.post(
        f"/api/campaigns/{campaign.pk}/export-jobs/", {"request_id": str(uuid.uuid4()), **body}, content_type="application/json"
    )


def worked(identity: str, progress: Progress | None = None) -> ExportJob:
    claimed = claim_export()
    assert claimed is not None
    assert str(claimed.pk) == identity
    return execute_export(job=claimed, progress=progress)


def streamed(campaign: Campaign, format_name: str, name: str, **options: Any) -> bytes:
    relabelling = relabelling_of(user=None, campaign=campaign, names=[name], **options)
    export = export_campaign(campaign=campaign, user=None, format_name=format_name, include_drafts=False, relabelling=relabelling)
    return b"".join(export.chunks())


@pytest.mark.parametrize("format_name", [name for name in EXPORTERS if not name.startswith("dicom")])
def test_the_file_is_what_is_streamed_under_the_same_map(campaign: Campaign, exporter: User, client: Client, format_name: str) -> None:
    name = merged(campaign, exporter)
    asked = ask(client, campaign, format=format_name, label_map=[name])
    assert asked.status_code == 202, asked.content
    told = [{"id": "merged", "version": "2.1"}]
    assert (asked.json()["label_maps"], asked.json()["unmapped"]) == (told, "refuse")
    remove_perm("annotation.apply_labelmap", exporter, LabelMap.objects.get())  # was checked when it was asked for
    job = worked(asked.json()["id"])
    assert job.state == "done", (job.error_code, job.error_detail)
    body = file_path(job.pk).read_bytes()
    assert body == streamed(campaign, format_name, name)
    assert ExportRun.objects.get(jobs=job).label_maps == told
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        losses, manifest = (json.loads(archive.read(entry)) for entry in ("losses.json", "manifest.json"))
    assert losses["labelMap"] == manifest["labelMap"]
    assert losses["labelMap"]["maps"] == told
    assert losses["labelMap"]["marks"]["merged"] == 8


def test_who_takes_over_counts_on_where_the_first_one_was(
    campaign: Campaign, exporter: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "EVERY_S", 0.0)
    monkeypatch.setattr(parts.Archive.__init__, "__kwdefaults__", {"by_case": True, "every_s": 0.0})
    name = published(campaign, exporter, "half", {"mass": {"to": ["tumour"]}, "tumour": {"to": []}})
    asked = ask(client, campaign, format="document", label_map=[name], unmapped="drop").json()

    class Stops(Progress):
        """Told to stop after two cases."""

        @property
        def stopped(self) -> bool:
            return self.cases >= 2

        @stopped.setter
        def stopped(self, value: bool) -> None: ...

    claimed = claim_export()
    assert claimed is not None
    execute_export(job=claimed, progress=Stops())
    release_export(job=claimed)
    job = worked(asked["id"])
    assert job.state == "done"
    body = file_path(job.pk).read_bytes()
    assert body == streamed(campaign, "document", name, unmapped="drop")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        marks = json.loads(archive.read("manifest.json"))["labelMap"]["marks"]
    assert marks == {"same": 0, "renamed": 4, "merged": 0, "split": 0, "dropped": 4, "unmapped": 0, "leftOut": 4}


def test_a_label_that_the_map_does_not_name_ends_the_job_and_is_told(campaign: Campaign, exporter: User, client: Client) -> None:
    name = published(campaign, exporter, "part", {"mass": {"to": ["mass"]}})
    asked = ask(client, campaign, format="coco", label_map=[name]).json()
    job = worked(asked["id"])
    error = client.get(f"/api/export-jobs/{job.pk}/").json()["error"]
    assert (job.state, error["code"], error["detail"]) == ("failed", "label_not_mapped", "tumour")
    assert "tumour" in error["message"]
    again = ask(client, campaign, format="coco", label_map=[name], unmapped="drop").json()
    assert worked(again["id"]).state == "done"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"label_map": "merged@2.1"}, "export_malformed"),
        ({"label_map": [5]}, "export_malformed"),
        ({"label_map": ["nowhere@1"]}, "label_map_unknown"),
        ({"label_map": ["merged@2.1", "merged@2.1"]}, "label_map_mismatch"),
        ({"label_map": ["merged@2.1"], "unmapped": "maybe"}, "unmapped_malformed"),
        ({"label_map": ["merged@2.1"], "unmapped": 5}, "export_malformed"),
    ],
)
def test_what_cannot_be_applied_is_refused_when_it_is_asked_for(
    campaign: Campaign, exporter: User, client: Client, body: dict[str, Any], code: str
) -> None:
    merged(campaign, exporter)
    answer = ask(client, campaign, format="coco", **body)
    assert answer.json()["error"]["code"] == code
    assert not ExportJob.objects.exists()


def test_the_same_request_under_another_map_is_another_request(campaign: Campaign, exporter: User, client: Client) -> None:
    name, key = merged(campaign, exporter), str(uuid.uuid4())
    assert ask(client, campaign, request_id=key, format="coco", label_map=[name]).status_code == 202
    assert ask(client, campaign, request_id=key, format="coco", label_map=[name]).status_code == 202
    assert ask(client, campaign, request_id=key, format="coco").json()["error"]["code"] == "export_request_reused"
