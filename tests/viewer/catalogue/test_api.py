"""The catalogue over HTTP: who sees what, pages of a list, opening, thumbnails, uploads."""

import base64
import csv
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from guardian.shortcuts import assign_perm

from tests.viewer.catalogue.conftest import client_with, stored_files
from viewer.models import Collection, Image, Instance
from viewer.selectors.catalogue import images_page
from viewer.services.ingest import IngestResult
from viewer.services.pixel_key import pixel_key
from viewer.services.search_index import index_images
from viewer.tiles import grant

pytestmark = pytest.mark.django_db
Take = Callable[..., IngestResult]


def post(client: Client, collection: Collection, name: str, content: bytes, content_type: str = "text/html") -> Any:
    # content_type is what a sender claims; nobody looks at it.
    file = SimpleUploadedFile("x", content, content_type=content_type)
    file._name = name  # past the sender's own sanitising, as a hostile one would
    return client.post(reverse("api-collection-uploads", args=[collection.pk]), {"file": file})


def images_url(collection: Collection) -> str:
    return reverse("api-collection-images", args=[collection.pk])


@pytest.fixture
def image(shared_data: Path, take: Take) -> Image:
    found = take(shared_data / "photo/exif/grey.jpg").image
    assert found is not None
    return found


def test_only_ones_own_collections_are_listed(reader: Client, uploader: Client, other_collection: Collection, image: Image) -> None:
    for client, may in ((reader, False), (uploader, True)):
        (one,) = client.get(reverse("api-collections")).json()["collections"]
        assert (one["slug"], one["image_count"], one["can_upload"]) == ("ours", 1, may)
        assert client.get(one["cover_url"]).headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("count", [0, 5])
def test_the_list_of_collections_takes_the_same_queries_however_long(count: int, django_assert_num_queries: Any, db: None) -> None:
    client = client_with(None, username="one")
    for number in range(count + 1):
        collection = Collection.objects.create(slug=f"c{number}", name=f"C {number}")
        assign_perm("view_collection", User.objects.get(username="one"), collection)
    client.get(reverse("api-collections"))
    with django_assert_num_queries(4):
        assert len(client.get(reverse("api-collections")).json()["collections"]) == count + 1


def test_a_stranger_finds_nothing_anywhere(stranger: Client, collection: Collection, image: Image) -> None:
    missing = uuid4()
    for pk, image_pk in ((collection.pk, image.pk), (missing, missing)):
        answers = [
            stranger.get(reverse("api-collection-images", args=[pk])),
            post(stranger, Collection(pk=pk), "a.jpg", b"\xff\xd8\xff"),
            stranger.get(reverse("api-image", args=[image_pk])),
            stranger.post(reverse("api-image-open", args=[image_pk])),
            stranger.get(reverse("image-thumbnail", args=[image_pk])),
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
        assert {answer.json()["error"]["code"] for answer in answers} == {"not_found"}


def test_viewing_does_not_allow_uploading(reader: Client, collection: Collection) -> None:
    answer = post(reader, collection, "a.jpg", b"\xff\xd8\xff")
    assert answer.status_code == 404


def test_without_signing_in_everything_answers_401(client: Client, collection: Collection, image: Image) -> None:
    for answer in (
        client.get(reverse("api-collections")),
        client.get(images_url(collection)),
        client.get(reverse("api-image", args=[image.pk])),
        client.post(reverse("api-image-open", args=[image.pk])),
        client.get(reverse("image-thumbnail", args=[image.pk])),
        post(client, collection, "a.jpg", b"x"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


def _rows(collection: Collection, template: Image, count: int) -> None:
    rows = Image.objects.bulk_create(
        Image(
            collection=collection,
            series=template.series,
            kind=("slide", "frames", "photograph")[n % 3],
            name=f"Case {n:03} 名前",
            modality=("SM", "CT", "XC")[n % 3],
            digest=f"{n:064}",
            width_px=n + 1,
            height_px=10,
            inspection={},
            search_text=f"case {n:03} 名前 {('sm', 'ct', 'xc')[n % 3]} prober-{n:03}x",
        )
        for n in range(count)
    )
    index_images(rows)


def test_pages_follow_each_other_without_gap_or_repeat(
    reader: Client, collection: Collection, image: Image, django_assert_num_queries: Any
) -> None:
    _rows(collection, image, 150)
    reader.get(images_url(collection))  # kinds of permission are asked for once in a process
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        with django_assert_num_queries(4):
            page = reader.get(images_url(collection), {"after": after} if after else {}).json()
        seen += [row["id"] for row in page["images"]]
        after = page["next"]
        if len(seen) == 60:  # an image that comes in while somebody pages shifts nothing
            _rows(collection, image, 1)
    assert len(seen) == len(set(seen)) == 151
    newest_first = list(Image.objects.order_by("-created_at", "-id").values_list("pk", flat=True))
    assert seen[60:] == [str(pk) for pk in newest_first[61:]]


def test_the_list_is_narrowed_by_text_and_kind(reader: Client, collection: Collection, image: Image) -> None:
    _rows(collection, image, 30)

    def count(**query: str) -> int:
        return len(reader.get(images_url(collection), query).json()["images"])

    assert count(kind="slide") == 10
    assert count(q="case 00") == 10
    assert count(q="名前", kind="frames") == 10
    assert count(q="ct") == 10
    assert count(q="名前　ＣＴ PROBER-004") == 1
    assert count(q="ct nothing") == 0
    assert count(q="%") == count(q="\x00'\"--") == 0


FOUND_BY = [("photo/derm/ISIC_0000001.jpg", "isic"), ("dicom/ct/CT_small.dcm", "ct ge medical"), ("dicom/ct/CT_small.dcm", "rhapsode")]


def test_an_image_is_found_by_how_it_was_made(reader: Client, collection: Collection, shared_data: Path, take: Take) -> None:
    take(shared_data / "photo/exif/grey.jpg")
    for path, q in FOUND_BY:
        take(shared_data / path)
        assert len(reader.get(images_url(collection), {"q": q.upper()}).json()["images"]) == 1
        assert reader.get(images_url(collection), {"q": f"{q} nothing"}).json()["images"] == []


def test_nothing_of_the_subject_is_searched(reader: Client, collection: Collection, shared_data: Path, take: Take) -> None:
    take(shared_data / "dicom/ct/CT_small.dcm")
    for q in ("CompressedSamples", "1CT1", "1.3.6.1.4.1.5962"):
        assert reader.get(images_url(collection), {"q": q}).json()["images"] == []


@pytest.mark.parametrize("query", [{}, {"kind": "slide"}, {"q": "case"}, {"after": "2020-01-01T00:00:00+00:00"}])
def test_lists_are_read_from_an_index_in_their_order(query: dict[str, str], collection: Collection) -> None:
    if "after" in query:
        query = {"after": base64.urlsafe_b64encode(f"{query['after']}|{uuid4()}".encode()).decode().rstrip("=")}
    with CaptureQueriesContext(connection) as seen:
        images_page(collection, **query)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + ("QUERY PLAN " if connection.vendor == "sqlite" else "") + seen[-1]["sql"])
        plan = " ".join(str(row) for row in cursor.fetchall())
    if connection.vendor == "sqlite":  # a plan of PostgreSQL on an empty table says nothing
        assert ("VIRTUAL TABLE INDEX" if "q" in query else "USING INDEX image_list") in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert ("created_at<?" in plan) == ("after" in query), plan


BAD_QUESTIONS = [({"after": "bm9uc2Vuc2U"}, "bad_cursor"), ({"after": "ä"}, "bad_cursor"), ({"kind": "x"}, "bad_kind")]


@pytest.mark.parametrize(("query", "code"), BAD_QUESTIONS)
def test_a_question_that_makes_no_sense_is_refused(query: dict[str, str], code: str, reader: Client, collection: Collection) -> None:
    answer = reader.get(images_url(collection), query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_opening_gives_the_manifest_and_a_grant_for_this_image_only(reader: Client, image: Image) -> None:
    answer = reader.post(reverse("api-image-open", args=[image.pk]))
    assert answer.json() == reader.get(reverse("api-image", args=[image.pk])).json()
    cookie = answer.cookies[f"mitate_pixels_{image.pk.hex}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/pixels/{image.pk}", True, "Strict")
    assert 0 < int(cookie["max-age"]) <= 60
    assert answer.headers["Cache-Control"] == "no-store"
    checked = grant.verify(cookie.value, str(image.pk), time.time(), pixel_key())
    assert checked is not None
    assert grant.verify(cookie.value, str(uuid4()), time.time(), pixel_key()) is None
    assert grant.verify(cookie.value, str(image.pk), time.time() + 61, pixel_key()) is None


def test_the_manifest_tells_no_path_uid_or_identifier(reader: Client, shared_data: Path, take: Take, data_dir: Path) -> None:
    image = take(shared_data / "dicom/ct/CT_small.dcm").image
    text = reader.get(reverse("api-image", args=[image.pk])).content.decode()
    stored = Instance.objects.get(image=image)
    for secret in (str(data_dir), stored.digest, stored.sop_instance_uid, "CompressedSamples", "1CT1"):
        assert secret not in text
    manifest = reader.get(reverse("api-image", args=[image.pk])).json()
    assert manifest["frames"]["count"] == 1
    assert manifest["spacing"]["x_um"] == pytest.approx(661.468)
    assert manifest["frame_url"] == f"/pixels/{image.pk}/1/frames/{{frame}}"


def test_a_manifest_file_that_was_lost_is_written_again_on_opening(reader: Client, image: Image, data_dir: Path) -> None:
    path = data_dir / "manifests" / f"{image.pk}.json"
    before = path.read_text()
    path.unlink()
    reader.post(reverse("api-image-open", args=[image.pk]))
    assert path.read_text() == before


def test_thumbnails_are_rendered_once_and_revalidated(reader: Client, image: Image, data_dir: Path, django_assert_num_queries: Any) -> None:
    url = reverse("image-thumbnail", args=[image.pk])
    first = reader.get(url, HTTP_ACCEPT="image/avif,image/webp,image/*;q=0.8")
    assert first.content[:3] == b"\xff\xd8\xff"
    assert first.headers["Cache-Control"].startswith("private")
    assert len(list((data_dir / "cache" / "thumbnails").iterdir())) == 1
    with django_assert_num_queries(3):
        again = reader.get(url, HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert reader.get(url, HTTP_IF_NONE_MATCH='"other"').content == first.content


def test_an_upload_is_accepted_once(uploader: Client, collection: Collection, shared_data: Path) -> None:
    content = (shared_data / "photo/derm/ISIC_0000001.jpg").read_bytes()
    first = post(uploader, collection, "皮膚 №1.jpg", content)
    assert first.status_code == 201
    assert first.json() == {"status": "accepted", "image_id": str(Image.objects.get().pk), "name": "皮膚 №1.jpg", "notice": None}
    second = post(uploader, collection, "again.jpg", content)
    assert (second.status_code, second.json()["status"]) == (201, "duplicate")
    assert second.json()["image_id"] == first.json()["image_id"]


def test_a_token_in_the_body_does_not_count_and_one_in_the_header_does(collection: Collection, shared_data: Path) -> None:
    client_with(collection, "view_collection", "upload_collection", username="careful")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="careful"))
    client.get("/login/")
    url = reverse("api-collection-uploads", args=[collection.pk])
    path = shared_data / "photo/exif/grey.jpg"
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else "x" * 32
    client.cookies["csrftoken"] = token
    with path.open("rb") as file:
        assert client.post(url, {"csrfmiddlewaretoken": token, "file": file}).status_code == 403
    assert not Image.objects.exists()
    with path.open("rb") as file:
        assert client.post(url, {"file": file}, HTTP_X_CSRFTOKEN=token).status_code == 201


def _outright_refused(shared_data: Path) -> dict[str, str]:
    with (shared_data / "malformed" / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["path"]: row["expected"] for row in rows if row["expected"].startswith("rejected") and " or " not in row["expected"]}


def test_hostile_files_get_a_reason_and_leave_nothing(uploader: Client, collection: Collection, shared_data: Path, data_dir: Path) -> None:
    folder = shared_data / "malformed"
    must_fail = _outright_refused(shared_data)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 150
    for path in files:
        before = stored_files(data_dir)
        answer = post(uploader, collection, path.name, path.read_bytes())
        name = str(path.relative_to(folder))
        if answer.status_code == 201:
            assert name not in must_fail, name
            continue
        error = answer.json()["error"]
        assert answer.status_code in {413, 422}, (name, answer.status_code)
        assert error["code"], name
        assert error["message"], name
        assert error["hint"], name
        assert stored_files(data_dir) == before, name
    assert Image.objects.count() < 80
    assert stored_files(data_dir) == sorted(
        [row.path for row in Instance.objects.all()]
        + [f"manifests/{pk}.json" for pk in Image.objects.values_list("pk", flat=True)]
        + [f"manifests/{pk}.tiles" for pk in Image.objects.filter(kind="slide").values_list("pk", flat=True)]
    )
    assert "XXE-CANARY" not in "".join(map(str, Image.objects.values_list("inspection", flat=True)))
    alive = post(uploader, collection, "fine.png", (shared_data / "photo/exif/alpha.png").read_bytes())
    assert alive.status_code == 201


@pytest.mark.parametrize(("language", "text"), [("ja", "ファイルが空です。"), ("en", "The file is empty.")])
def test_refusals_are_said_in_the_readers_language(language: str, text: str, uploader: Client, collection: Collection) -> None:
    uploader.cookies["django_language"] = language
    error = post(uploader, collection, "a.svs", b"").json()["error"]
    assert (error["code"], error["message"], error["name"]) == ("empty_file", text, "a.svs")


BOUNDARY = "b0undary"


def _body(*parts: tuple[str, str, bytes], closed: bool = True) -> bytes:
    out = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        for field, name, content in parts
    )
    return out + (f"--{BOUNDARY}--\r\n".encode() if closed else b"")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "no_file"),
        (_body(), "no_file"),
        (_body(("other", "a.jpg", b"x")), "no_file"),
        (_body(("file", "", b"x")), "no_file"),
        (_body(("file", "a.jpg", b"x"), ("file", "b.jpg", b"y")), "one_file_only"),
        (_body(("file", "a.jpg", b"x" * 5000), closed=False), "upload_incomplete"),
        (_body(("file", "a.jpg", b"x" * 5000))[:3000], "upload_incomplete"),
    ],
)
def test_a_body_that_is_not_one_whole_file_is_refused(
    body: bytes, code: str, uploader: Client, collection: Collection, data_dir: Path
) -> None:
    url = reverse("api-collection-uploads", args=[collection.pk])
    answer = uploader.post(url, body, content_type=f"multipart/form-data; boundary={BOUNDARY}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert stored_files(data_dir) == []


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary=é", "text/plain"])
def test_other_bodies_are_refused(content_type: str, uploader: Client, collection: Collection) -> None:
    url = reverse("api-collection-uploads", args=[collection.pk])
    assert uploader.post(url, b"{}", content_type=content_type).status_code == 400


def test_a_body_over_the_limit_is_refused_before_and_while_it_comes(
    settings: Any, uploader: Client, collection: Collection, data_dir: Path
) -> None:
    settings.UPLOAD_MAX_BYTES = 1 << 20
    for size in ((1 << 20) + 1, 3 << 20):
        answer = post(uploader, collection, "a.svs", bytes(size))
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert stored_files(data_dir) == []


class _Zeros:
    """A multipart body with a file of zeros, made while it is read."""

    def __init__(self, size: int) -> None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big.svs"\r\n\r\n'.encode()
        self._parts = [BytesIO(head), None, BytesIO(f"\r\n--{BOUNDARY}--\r\n".encode())]
        self._left = size
        self.length = len(head) + size + len(self._parts[2].getvalue())

    def read(self, size: int = -1) -> bytes:
        head = self._parts[0].read(size)
        if head:
            return head
        count = min(size if size >= 0 else 1 << 20, self._left)
        self._left -= count
        return bytes(count) or self._parts[2].read(size)


def test_a_large_upload_takes_little_memory(data_dir: Path) -> None:
    import tracemalloc

    from viewer.api.upload_stream import receive

    size = 200 << 20
    stream = _Zeros(size)
    tracemalloc.start()
    meta = {"CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}", "CONTENT_LENGTH": str(stream.length)}
    quarantine, name = receive(stream, meta)
    quarantine.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (quarantine.size_bytes, name, quarantine.path.stat().st_size) == (size, "big.svs", size)
    quarantine.remove()
    assert stored_files(data_dir) == []
    assert peak < 16 << 20
