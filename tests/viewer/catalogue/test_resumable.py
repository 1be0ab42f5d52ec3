"""Uploads in parts by tus 1.0: going on after every kind of break, one writer, limits, and the same ingest as any other file."""

import base64
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.conftest import REPOSITORY
from tests.viewer.catalogue.conftest import Site, client_with, stored_files
from viewer.models import Collection, Image
from viewer.services import resumable
from viewer.services.reasons import Refused
from viewer.services.reconcile import reconcile

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}
PART = "application/offset+octet-stream"


def meta(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def begin(client: Client, collection: Collection, length: int, name: str = "皮膚.jpg", **headers: str) -> Any:
    told = TUS | {"Upload-Length": str(length), "Upload-Metadata": meta(filename=name, fingerprint="f")} | headers
    return client.post(reverse("api-resumable-uploads", args=[collection.pk]), b"", content_type="", headers=told)


def send(client: Client, address: str, offset: int, part: bytes, **headers: str) -> Any:
    # The client leaves the type out where there is no body.
    told = TUS | {"Upload-Offset": str(offset), "Content-Type": PART} | headers
    return client.patch(address, part, content_type=PART, headers=told)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def photograph(shared_data: Path) -> bytes:
    return (shared_data / "photo/derm/ISIC_0000001.jpg").read_bytes()


@pytest.fixture
def address(uploader: Client, collection: Collection, photograph: bytes) -> str:
    answer = begin(uploader, collection, len(photograph))
    assert (answer.status_code, answer.headers["Upload-Offset"], answer.content) == (201, "0", b"")
    return str(answer.headers["Location"])


def test_a_file_in_three_parts_is_one_image(
    uploader: Client, collection: Collection, photograph: bytes, address: str, data_dir: Path
) -> None:
    third = len(photograph) // 3
    for start, end in ((0, third), (third, 2 * third)):
        answer = send(uploader, address, start, photograph[start:end])
        assert (answer.status_code, answer.headers["Upload-Offset"], answer.headers["Tus-Resumable"]) == (204, str(end), "1.0.0")
        assert "Upload-Expires" in answer.headers
    assert not Image.objects.exists()
    assert stored_files(data_dir) == []
    assert uploader.get(address).json()["result"] is None
    assert send(uploader, address, 2 * third, photograph[2 * third :]).status_code == 204
    image = Image.objects.get()
    assert (image.name, image.digest) == ("皮膚.jpg", hashlib.sha256(photograph).hexdigest())
    told = {"status": "accepted", "image_id": str(image.pk), "name": "皮膚.jpg", "notice": None}
    assert uploader.get(address).json()["result"] == told
    assert list((data_dir / "incoming").iterdir()) == []
    # Whoever lost the last answer asks again and is told the same.
    assert send(uploader, address, len(photograph), b"").status_code == 204
    assert uploader.get(address).json()["result"] == told
    assert Image.objects.count() == 1


def test_a_duplicate_and_a_refusal_are_told_as_for_any_other_file(
    uploader: Client, collection: Collection, photograph: bytes, shared_data: Path, data_dir: Path
) -> None:
    address = begin(uploader, collection, len(photograph)).headers["Location"]
    send(uploader, address, 0, photograph)
    again = begin(uploader, collection, len(photograph), "again.jpg").headers["Location"]
    assert send(uploader, again, 0, photograph).status_code == 204
    assert uploader.get(again).json()["result"]["status"] == "duplicate"
    broken = (shared_data / "malformed" / "photo/html_named.jpg").read_bytes()
    bad = begin(uploader, collection, len(broken), "bad.jpg").headers["Location"]
    before = stored_files(data_dir)
    answer = send(uploader, bad, 0, broken)
    assert code(answer) == (422, "vector_not_supported")
    assert answer.json()["error"]["name"] == "bad.jpg"
    told = uploader.get(bad).json()
    assert (told["result"], told["error"]["code"]) == (None, "vector_not_supported")
    assert stored_files(data_dir) == before
    assert not list((data_dir / "uploads" / "open").glob("*/*"))
    assert Image.objects.count() == 1


# Five faults that another server of this protocol has had, a test for each.


def test_head_is_answered_as_head(uploader: Client, address: str, photograph: bytes) -> None:
    send(uploader, address, 0, photograph[:1000])
    answer = uploader.head(address, headers=TUS)
    assert (answer.status_code, answer.content) == (200, b"")
    said = {name: answer.headers[name] for name in ("Upload-Offset", "Upload-Length", "Cache-Control", "Tus-Resumable")}
    assert said == {"Upload-Offset": "1000", "Upload-Length": str(len(photograph)), "Cache-Control": "no-store", "Tus-Resumable": "1.0.0"}
    assert answer.headers["Upload-Metadata"] == meta(filename="皮膚.jpg", fingerprint="f")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_address_of_an_upload_has_no_scheme_to_be_wrong(scheme: str, uploader: Client, collection: Collection) -> None:
    answer = begin(uploader, collection, 10, **{"X-Forwarded-Proto": scheme, "X-Forwarded-Host": "elsewhere.example"})
    assert answer.headers["Location"].startswith(f"/api/collections/{collection.pk}/uploads/tus/")


_IN_ANOTHER_PROCESS = """
import hashlib
from io import BytesIO
from uuid import UUID
from viewer.models import Collection
from viewer.services.resumable import append, create_upload, find_upload, finish
mine, verb, path = Collection.objects.get(slug="ours"), sys.argv[1], sys.argv[2]
content = open(path, "rb").read()
half = len(content) // 2
if verb == "begin":
    upload = create_upload(user_id="7", collection=mine, length=len(content), name="a.jpg", metadata="")
    append(upload=upload, offset=0, stream=BytesIO(content[:half]), announced=half)
    print(upload.id)
else:
    upload = find_upload(user_id="7", collection=mine, upload_id=UUID(sys.argv[3]))
    assert upload.offset == half, upload.offset
    whole = append(upload=upload, offset=half, stream=BytesIO(content[half:]), announced=len(content) - half)
    print(finish(upload=whole, collection=mine).result["status"])
"""


def test_any_process_goes_on_with_what_another_began(site: Site, shared_data: Path) -> None:
    path = str(shared_data / "photo/exif/grey.jpg")
    begun = site.run(_IN_ANOTHER_PROCESS, "begin", path).strip()
    assert site.run(_IN_ANOTHER_PROCESS, "end", path, begun).strip() == "accepted"


class _Zeros(BytesIO):
    """As many zeros as are asked for, never all at once."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert 0 < size <= 1 << 20
        count = min(size, self._left)
        self._left -= count
        return bytes(count)


def test_a_part_is_never_held_in_memory(uploader: Client, collection: Collection) -> None:
    size = 200 << 20
    upload = resumable.create_upload(user_id="1", collection=collection, length=size + 1, name="a.svs", metadata="")
    tracemalloc.start()
    after = resumable.append(upload=upload, offset=0, stream=_Zeros(size), announced=size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert after.offset == size
    assert peak < 8 << 20


@pytest.mark.parametrize("announced", [True, False])
def test_a_part_that_goes_past_the_end_leaves_nothing(
    announced: bool, uploader: Client, collection: Collection, address: str, photograph: bytes
) -> None:
    send(uploader, address, 0, photograph[:100])
    upload = resumable.unfinished_uploads(user_id=str(User.objects.get(username="uploader").pk), collection=collection)[0]
    too_much = photograph[100:] + b"x"
    if announced:
        assert code(send(uploader, address, 100, too_much)) == (400, "upload_past_end")
    else:
        with pytest.raises(Refused, match="upload_past_end"):
            resumable.append(upload=upload, offset=100, stream=BytesIO(too_much), announced=0)
    assert uploader.head(address, headers=TUS).headers["Upload-Offset"] == "100"
    assert send(uploader, address, 100, photograph[100:]).status_code == 204
    assert Image.objects.get().digest == hashlib.sha256(photograph).hexdigest()


# Breaks and conflicts.


@pytest.mark.parametrize("offset", [0, 99, 101, 10**9])
def test_a_part_that_does_not_continue_is_a_conflict(offset: int, uploader: Client, address: str, photograph: bytes) -> None:
    send(uploader, address, 0, photograph[:100])
    assert code(send(uploader, address, offset, photograph[100:200])) == (409, "upload_conflict")
    assert uploader.head(address, headers=TUS).headers["Upload-Offset"] == "100"


class _Broken(BytesIO):
    """A body whose line breaks after some bytes."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(size) or self._break()

    def _break(self) -> bytes:
        raise ConnectionResetError


def test_what_came_before_a_line_broke_is_kept_unless_it_had_a_checksum(collection: Collection, photograph: bytes) -> None:
    upload = resumable.create_upload(user_id="1", collection=collection, length=len(photograph), name="a.jpg", metadata="")
    after = resumable.append(upload=upload, offset=0, stream=_Broken(photograph[:500]), announced=1000)
    assert after.offset == 500
    whole = resumable.Checksum("sha256", hashlib.sha256(photograph[500:1500]).digest())
    with pytest.raises(Refused, match="checksum_mismatch"):
        resumable.append(upload=after, offset=500, stream=_Broken(photograph[500:900]), announced=1000, checksum=whole)
    assert resumable.find_upload(user_id="1", collection=collection, upload_id=upload.id).offset == 500


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_damaged_part_is_not_kept(algorithm: str, uploader: Client, address: str, photograph: bytes) -> None:
    digest = base64.b64encode(hashlib.new(algorithm, photograph[:1000]).digest()).decode()
    checksum = {"Upload-Checksum": f"{algorithm} {digest}"}
    assert code(send(uploader, address, 0, photograph[:999] + b"\x00", **checksum)) == (460, "checksum_mismatch")
    assert uploader.head(address, headers=TUS).headers["Upload-Offset"] == "0"
    assert send(uploader, address, 0, photograph[:1000], **checksum).headers["Upload-Offset"] == "1000"
    assert code(send(uploader, address, 1000, b"x", **{"Upload-Checksum": "crc32 AAAA"})) == (400, "bad_header")


def test_one_writer_at_a_time(uploader: Client, address: str, photograph: bytes, data_dir: Path) -> None:
    (lock,) = (data_dir / "uploads" / "open").glob("*/*")
    send(uploader, address, 0, photograph[:10])
    with (lock / "lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert code(send(uploader, address, 10, photograph[10:20])) == (423, "upload_busy")
        assert uploader.head(address, headers=TUS).headers["Upload-Offset"] == "10"
        assert code(uploader.delete(address, headers=TUS)) == (423, "upload_busy")
    assert send(uploader, address, 10, photograph[10:20]).status_code == 204


def test_leftovers_of_a_killed_server_are_cut_off(uploader: Client, address: str, photograph: bytes, data_dir: Path) -> None:
    send(uploader, address, 0, photograph[:100])
    (part,) = (data_dir / "uploads" / "open").glob("*/*/part")
    with part.open("ab") as file:
        file.write(b"never made sure of" * 1000)
    assert uploader.head(address, headers=TUS).headers["Upload-Offset"] == "100"
    assert send(uploader, address, 100, photograph[100:]).status_code == 204
    assert Image.objects.get().digest == hashlib.sha256(photograph).hexdigest()


_ENDLESS = """
import itertools, time
from io import RawIOBase
from viewer.models import Collection
from viewer.services.resumable import append, create_upload
class Slow(RawIOBase):
    def read(self, size=-1):
        time.sleep(0.002)
        return b"x" * 1000
mine = Collection.objects.get(slug="ours")
upload = create_upload(user_id="7", collection=mine, length=10**9, name="a.jpg", metadata="")
print(upload.id, flush=True)
for number in itertools.count():
    class Part(Slow):
        left = 20
        def read(self, size=-1):
            self.left -= 1
            return super().read(size) if self.left >= 0 else b""
    upload = append(upload=upload, offset=upload.offset, stream=Part(), announced=20_000)
    print(upload.offset, flush=True)
"""
_OFFSET = """
from uuid import UUID
from viewer.models import Collection
from viewer.services.resumable import append, find_upload
from io import BytesIO
mine = Collection.objects.get(slug="ours")
upload = find_upload(user_id="7", collection=mine, upload_id=UUID(sys.argv[1]))
after = append(upload=upload, offset=upload.offset, stream=BytesIO(b"y"), announced=1)
print(upload.offset, after.offset)
"""


def test_a_killed_process_leaves_whole_parts_and_no_lock(site: Site) -> None:
    head = "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\nimport django\ndjango.setup()\n"
    with subprocess.Popen(
        [sys.executable, "-c", head + _ENDLESS], cwd=REPOSITORY, env=site.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        begun = process.stdout.readline().strip()
        assert process.stdout.readline() == "20000\n"
        time.sleep(0.3)  # in the middle of one of the next parts, as likely as not
        os.kill(process.pid, signal.SIGKILL)
    offset, after = map(int, site.run(_OFFSET, begun).split())
    assert offset > 0
    assert (offset % 20_000, after) == (0, offset + 1)


def test_a_busy_server_leaves_the_upload_whole(
    uploader: Client, address: str, photograph: bytes, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from viewer.services import storage

    reserve = storage.DISK_RESERVE_BYTES
    assert send(uploader, address, 0, photograph[:-1]).status_code == 204
    monkeypatch.setattr(storage, "DISK_RESERVE_BYTES", 1 << 60)
    assert code(send(uploader, address, len(photograph) - 1, photograph[-1:])) == (507, "disk_full")
    monkeypatch.setattr(storage, "DISK_RESERVE_BYTES", reserve)
    assert send(uploader, address, len(photograph) - 1, photograph[-1:]).status_code == 204
    assert Image.objects.count() == 1


# Limits, ends and rights.


def test_limits_on_size_and_number(uploader: Client, collection: Collection, settings: Any, data_dir: Path) -> None:
    settings.UPLOAD_MAX_BYTES, settings.UPLOADS_UNFINISHED = 1 << 20, 2
    assert code(begin(uploader, collection, (1 << 20) + 1)) == (413, "too_large")
    assert code(begin(uploader, collection, 0)) == (422, "empty_file")
    first = begin(uploader, collection, 1 << 20)
    assert [first.status_code, begin(uploader, collection, 5).status_code] == [201, 201]
    assert code(begin(uploader, collection, 5)) == (429, "too_many_uploads")
    assert uploader.delete(first.headers["Location"], headers=TUS).status_code == 204
    assert begin(uploader, collection, 5).status_code == 201


def test_a_terminated_upload_is_gone(uploader: Client, address: str, photograph: bytes, data_dir: Path) -> None:
    send(uploader, address, 0, photograph[:10])
    assert uploader.delete(address, headers=TUS).status_code == 204
    assert uploader.head(address, headers=TUS).status_code == 404
    assert code(send(uploader, address, 10, b"x")) == (404, "not_found")
    assert not [path for path in (data_dir / "uploads").rglob("*") if path.is_file()]


def test_what_does_not_go_on_is_thrown_away(uploader: Client, collection: Collection, address: str, data_dir: Path, settings: Any) -> None:
    (folder,) = (data_dir / "uploads" / "open").glob("*/*")
    old = time.time() - settings.UPLOAD_KEEP_HOURS * 3600 - 1
    os.utime(folder / "about.json", (old, old))
    assert uploader.head(address, headers=TUS).status_code == 404
    assert uploader.get(reverse("api-resumable-uploads", args=[collection.pk])).json() == {"uploads": []}
    assert reconcile().removed == [str(folder.relative_to(data_dir))]
    assert not folder.exists()
    begin(uploader, collection, 5)
    assert reconcile(settled_s=0).removed == []


def test_an_upload_is_its_owners_alone(uploader: Client, collection: Collection, address: str, reader: Client, stranger: Client) -> None:
    other = client_with(collection, "view_collection", "upload_collection", username="colleague")
    for client in (other, reader, stranger):
        said = [
            client.get(address),
            client.head(address, headers=TUS),
            send(client, address, 0, b"x"),
            client.delete(address, headers=TUS),
        ]
        assert [answer.status_code for answer in said] == [404] * 4
    listed = reverse("api-resumable-uploads", args=[collection.pk])
    assert other.get(listed).json() == {"uploads": []}
    (mine,) = uploader.get(listed).json()["uploads"]
    assert (mine["name"], mine["fingerprint"], mine["offset"], mine["result"]) == ("皮膚.jpg", "f", 0, None)
    assert Client().get(listed).status_code == 401


BAD_BEGINNINGS: list[tuple[dict[str, str], int, str]] = [
    ({"Tus-Resumable": "0.2.2"}, 412, "bad_tus_version"),
    ({"Upload-Length": ""}, 400, "bad_header"),
    ({"Upload-Length": "-1"}, 400, "bad_header"),
    ({"Upload-Length": "١"}, 400, "bad_header"),
    ({"Upload-Length": "9" * 19}, 400, "bad_header"),
    ({"Upload-Metadata": "filename é"}, 400, "bad_header"),
    ({"Upload-Metadata": "filename " + "QUFB" * 2000}, 400, "bad_header"),
]


@pytest.mark.parametrize(("headers", "status", "reason"), BAD_BEGINNINGS)
def test_a_beginning_that_makes_no_sense_is_refused(
    headers: dict[str, str], status: int, reason: str, uploader: Client, collection: Collection
) -> None:
    answer = begin(uploader, collection, 10, **headers)
    assert code(answer) == (status, reason)
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers.get("Tus-Version") == ("1.0.0" if status == 412 else None)
    assert uploader.get(reverse("api-resumable-uploads", args=[collection.pk])).json() == {"uploads": []}


def test_reading_needs_no_csrf_token_and_writing_does(collection: Collection) -> None:
    client_with(collection, "view_collection", "upload_collection", username="careful")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="careful"))
    assert client.get(reverse("api-resumable-uploads", args=[collection.pk])).status_code == 200
    assert begin(client, collection, 5).status_code == 403
    client.cookies["csrftoken"] = "x" * 32
    assert begin(client, collection, 5, **{"X-CSRFToken": "x" * 32}).status_code == 201


def test_other_types_of_parts_are_refused(uploader: Client, address: str) -> None:
    answer = uploader.patch(address, b"{}", content_type="application/json", headers=TUS | {"Upload-Offset": "0"})
    assert code(answer) == (415, "unsupported_media_type")
    assert code(uploader.patch(address, b"x", content_type=PART, headers=TUS)) == (400, "bad_header")


def test_what_is_spoken_is_told(uploader: Client, collection: Collection) -> None:
    answer = uploader.options(reverse("api-resumable-uploads", args=[collection.pk]))
    assert answer.status_code == 204
    assert answer.headers["Tus-Extension"] == "creation,termination,checksum,expiration"
    assert answer.headers["Tus-Max-Size"] == str(20 << 30)
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_a_hostile_name_is_only_ever_data(uploader: Client, collection: Collection, photograph: bytes, data_dir: Path) -> None:
    hostile = "../../../etc/\u202egpj.exe\x00.jpg"
    location = begin(uploader, collection, len(photograph), hostile).headers["Location"]
    assert uploader.get(location).json()["name"] == "gpj.exe.jpg"
    send(uploader, location, 0, photograph)
    assert Image.objects.get().name == "gpj.exe.jpg"
    names = [path.name for path in data_dir.rglob("*")]
    assert not [name for name in names if "etc" in name or "exe" in name]


def test_the_lines_of_a_result_are_json_on_disk(uploader: Client, address: str, photograph: bytes, data_dir: Path) -> None:
    send(uploader, address, 0, photograph)
    (kept,) = (data_dir / "uploads" / "done").glob("*/*.json")
    assert json.loads(kept.read_text())["result"]["status"] == "accepted"
