import hashlib
import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from guardian.shortcuts import assign_perm

from annotation.models import Campaign, ExportRun, Read
from annotation.schema.shapes import parse_geometry
from annotation.schema.versions import schema_bytes
from tests.annotation.document import objects
from viewer.models import Collection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.annotation.document.urls")]
BOX = parse_geometry({"type": "Rectangle", "bbox": [10, 20, 30, 40]})


@pytest.fixture
def campaign() -> Campaign:
    collection = Collection.objects.create(slug="biopsies", name="Biopsies")
    slides = [objects.image(collection, pseudonym * 32) for pseudonym in ("0a", "5f")]
    made = objects.campaign(collection, slides, code="biopsies-2026")
    reader = objects.user("reader")
    objects.mark(objects.read(made, slides[0], reader), BOX, "box", "mass")
    objects.mark(objects.read(made, slides[1], reader, submitted=False), BOX, "box", "mass")
    return made


@pytest.fixture
def exporter(campaign: Campaign) -> User:
    return objects.exporter_of(campaign)


def signed_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def address(campaign: Campaign, query: str = "") -> str:
    return f"/api/campaigns/{campaign.pk}/export/{query}"


def names(response: Any) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))).namelist()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["document-1.0.0.schema.json", "0a"]),
        ("?format=document&drafts=1", ["document-1.0.0.schema.json", "0a", "5f"]),
        ("?format=coco&drafts=0", ["coco.json"]),
    ],
)
def test_an_exporter_downloads_the_campaign(campaign: Campaign, exporter: User, query: str, expected: list[str]) -> None:
    response = signed_in(exporter).get(address(campaign, query))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    assert (
        response.headers["Content-Disposition"] == f'attachment; filename="biopsies-2026-{"coco" if "coco" in query else "document"}.zip"'
    )
    assert response.headers["Cache-Control"] == "private, no-store"
    found = names(response)
    named = [f"documents/{objects.case_name(campaign, name * 32)}.json" if len(name) == 2 else name for name in expected]
    assert found[: len(expected)] == named
    assert found[-2:] == ["losses.json", "manifest.json"]
    response.close()
    run = ExportRun.objects.get()
    assert (run.requested_by, run.state) == (exporter, "done")


def test_under_asgi_the_same_bytes_are_streamed(campaign: Campaign, exporter: User) -> None:
    expected = b"".join(signed_in(exporter).get(address(campaign)).streaming_content)  # type: ignore[attr-defined]

    async def download() -> bytes:
        client = AsyncClient(headers={"Accept-Language": "en"})
        await client.aforce_login(exporter)
        response = await client.get(address(campaign))
        assert response.is_async
        return b"".join([chunk async for chunk in response.streaming_content])

    assert async_to_sync(download)() == expected
    assert list(ExportRun.objects.values_list("digest", flat=True)) == [hashlib.sha256(expected).hexdigest()] * 2


def test_a_response_that_nobody_reads_is_recorded_as_interrupted(campaign: Campaign, exporter: User) -> None:
    read = Read.objects.get(state="submitted")
    for number in range(300):
        ring = [[number, 0], [number + 900.5, 1], [number + 33, 800.125 + number], [number, 0]]
        shape = parse_geometry({"type": "Polygon", "coordinates": [ring]})
        objects.mark(read, shape, "region", "tumour", text=str(uuid.uuid4()))
    response = signed_in(exporter).get(address(campaign))
    response.close()
    assert ExportRun.objects.get().finished_at is not None


def test_others_find_nothing(campaign: Campaign, exporter: User) -> None:
    image = campaign.campaign_images.order_by("pk")[0].image
    paths = [address(campaign), f"/api/campaigns/{campaign.pk}/images/{image.pk}/document/"]
    stranger, manager = objects.user("stranger"), objects.user("manager")
    assign_perm("annotation.manage_campaign", manager, campaign)
    assign_perm("annotation.view_campaign", manager, campaign)
    for path in paths:
        assert Client().get(path).status_code in {401, 403}
        for person in (stranger, manager):
            response = signed_in(person).get(path)
            assert response.status_code == 404
            assert response.json()["error"]["code"] == "not_found"
    assert signed_in(exporter).get(f"/api/campaigns/{uuid.uuid4()}/export/").status_code == 404
    assert not ExportRun.objects.exists()


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("?format=pickle", "unknown_format", "/format"),
        ("?format=json", "unknown_format", "/format"),
        ("?drafts=yes", "drafts_malformed", "/drafts"),
    ],
)
def test_wrong_questions_are_answered_with_a_reason(campaign: Campaign, exporter: User, query: str, code: str, pointer: str) -> None:
    response = signed_in(exporter).get(address(campaign, query))
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["pointer"]) == (code, pointer)
    assert error["message"]
    assert error["hint"]


def test_an_untrue_case_is_an_answer_and_no_torn_file(campaign: Campaign, exporter: User) -> None:
    read = Read.objects.get(state="submitted")
    objects.mark(read, None, "diagnosis", "unheard-of")
    image_id = read.image_id
    for path in (address(campaign), f"/api/campaigns/{campaign.pk}/images/{image_id}/document/"):
        response = signed_in(exporter).get(path)
        assert response.status_code == 422
        error = response.json()["error"]
        assert error["code"] == "unknown_label"
        assert error["case"] == objects.case_name(campaign, "0a" * 32)
        assert error["pointer"].startswith("/annotations/")
    assert set(ExportRun.objects.values_list("state", "error_code")) == {("failed", "unknown_label")}


def test_one_case_is_downloaded_as_a_document(campaign: Campaign, exporter: User) -> None:
    image_id = Read.objects.get(state="submitted").image_id
    path = f"/api/campaigns/{campaign.pk}/images/{image_id}/document/"
    response = signed_in(exporter).get(path)
    assert response.status_code == 200
    data = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["Content-Disposition"] == f'attachment; filename="biopsies-2026-{objects.case_name(campaign, "0a" * 32)}.json"'
    assert json.loads(data)["annotations"][0]["geometry"] == BOX.to_document()
    assert signed_in(exporter).get(f"/api/campaigns/{campaign.pk}/images/{uuid.uuid4()}/document/").status_code == 404
    assert signed_in(exporter).get(path + "?drafts=2").status_code == 400


def test_anybody_may_read_the_schema() -> None:
    response = Client().get("/schema/document/1.0.0.json")
    assert response.status_code == 200
    assert response.content == schema_bytes("1.0.0")
    assert response.headers["Content-Type"] == "application/schema+json"
    assert Client().get("/schema/document/9.9.9.json").status_code == 404
    assert Client().post("/schema/document/1.0.0.json").status_code in {403, 405}


def test_what_is_required_is_kept_or_the_export_refused(campaign: Campaign, exporter: User) -> None:
    read = Read.objects.get(state="submitted")
    ring = [[0, 0], [90, 1], [33, 80.125], [0, 0]]
    hole = [[20, 10], [40, 10], [35, 20], [20, 10]]
    outline = objects.mark(read, parse_geometry({"type": "Polygon", "coordinates": [ring, hole]}), "region", "tumour")
    client = signed_in(exporter)
    never = client.get(address(campaign, "?format=voc&require=text&require=holes"))
    assert never.status_code == 422
    error = never.json()["error"]
    assert (error["code"], error["field"], error["format"], error["pointer"]) == ("export_would_lose", "holes", "voc", "/require")
    assert "annotation" not in error
    assert error["formats"][:2] == ["document", "csv"]
    assert "voc would lose something" in error["message"]
    assert not ExportRun.objects.exists()
    here = client.get(address(campaign, "?format=coco&require=holes"))
    assert here.status_code == 422
    assert here.json()["error"]["annotation"] == str(outline.pk)
    assert list(ExportRun.objects.values_list("state", "error_code")) == [("failed", "export_would_lose")]
    kept = client.get(address(campaign, "?format=qupath&require=holes&require=text"))
    assert kept.status_code == 200
    assert any(name.endswith(".geojson") for name in names(kept))
    unknown = client.get(address(campaign, "?format=coco&require=shadows"))
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "requirement_unknown")
