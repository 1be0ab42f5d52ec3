"""Two societies and everybody who may come to the site; what each role asks for, and how."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, fields, replace
from io import BytesIO
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from annotation.models import Annotation
from tests.annotation.cells.features import cell, collection
from tests.annotation.marking.objects import diagnosis, put
from tests.authorization.table import ANONYMOUS, LEAVER, NOBODY, OPERATOR
from tests.authorization.tenants import FORM, MODEL_HOST, RECIPE, SAMPLES, STACK, Tenant
from viewer.dicomweb.uids import uid_of
from viewer.services.resumable import append, create_upload, unfinished_uploads

_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')
FIRST, SECOND = "amber", "birch"
"""The words that are in every name of the two societies."""


@dataclass(frozen=True)
class Asked:
    """What an address or a body names; the members have the names of the parameters of addresses."""

    collection_id: uuid.UUID
    image_id: uuid.UUID
    read_id: uuid.UUID
    annotation_id: uuid.UUID
    endpoint_id: uuid.UUID
    campaign_id: uuid.UUID
    suggestion_id: uuid.UUID
    layer_id: uuid.UUID
    run_id: uuid.UUID
    upload_id: uuid.UUID
    archive_id: uuid.UUID
    release_id: uuid.UUID
    dataset_id: uuid.UUID
    job_id: uuid.UUID
    user_id: int
    slug: str
    study_uid: str
    series_uid: str
    sop_uid: str
    role: str = "reader"
    version: str = "1.0.0"
    frames: str = "1"
    place: str = "7FE00010"
    number: int = 1
    stack_id: str = ""
    kind: str = "label-sets"
    name: str = ""
    pack_slug: str = "jsp"

    def phantom(self) -> Asked:
        """Return the same for things that do not exist."""
        fresh = {each.name: uuid.uuid4() for each in fields(self) if isinstance(getattr(self, each.name), uuid.UUID)}
        uids = {name: uid_of(uuid.uuid4()) for name in ("study_uid", "series_uid", "sop_uid")}
        return replace(self, user_id=987_654_321, slug="nowhere", **fresh, **uids)


@dataclass(frozen=True)
class Everybody:
    """Two societies, and people who belong to neither."""

    first: Tenant
    second: Tenant
    nobody: User
    superuser: User

    def user(self, role: str) -> User | None:
        """Return the person of a role; None for somebody without a session."""
        if role == ANONYMOUS:
            return None
        known = {NOBODY: self.nobody, OPERATOR: self.superuser}
        tenant = self.second if role.startswith("other_") else self.first
        return known.get(role) or tenant.people[role.removeprefix("other_")]

    def client(self, role: str, *, language: str = "en", **options: Any) -> Client:
        """Return a browser in which the person of a role is signed in."""
        client = Client(headers={"Accept-Language": language}, **options)
        user = self.user(role)
        if user is not None:
            client.force_login(user)
        return client

    def asked(self, role: str, route: str = "") -> Asked:
        """Return what a role asks of the first society."""
        # A reader is taken off the campaign in the one case; in the others somebody who is not in it is put in, or loses a role.
        person = "colleague" if route == "api-campaign-reader" else "outsider"
        asked = asked_of(self.first, reader="leaver" if role == LEAVER else "reader", person=person)
        if route == "api-draft-begin":
            return replace(asked, name=f"{self.first.society.slug}-settled")
        # its file would be gone for those who fetch it
        asked = replace(asked, job_id=self.first.export_begun.pk) if route == "export-job" else asked
        return replace(asked, run_id=self.first.imported.pk) if route == "import-undo" else asked


def asked_of(tenant: Tenant, *, reader: str = "reader", person: str = "outsider") -> Asked:
    """Return the things of a society, with the read of one of its readers and one of its people."""
    read, stack = tenant.reads[reader], tenant.stack
    return Asked(
        collection_id=tenant.collection.pk,
        image_id=tenant.photographs[0].pk,
        read_id=read.pk,
        annotation_id=Annotation.objects.get(read=read).pk,
        endpoint_id=tenant.endpoint.pk,
        campaign_id=tenant.campaign.pk,
        suggestion_id=tenant.suggestion.pk,
        layer_id=tenant.cells.pk,
        run_id=tenant.brought.pk,
        upload_id=_upload_of(tenant),
        archive_id=_archive_of(tenant),
        release_id=tenant.release.pk,
        dataset_id=tenant.dataset.pk,
        job_id=tenant.export_job.pk,
        user_id=tenant.people[person].pk,
        slug=tenant.society.slug,
        stack_id=str(stack.pk),
        name=tenant.labels,
        study_uid=uid_of(stack.series.study_id),
        series_uid=uid_of(stack.series_id),
        sop_uid=uid_of(stack.instances.get().pk),
    )


def _upload_of(tenant: Tenant) -> uuid.UUID:
    """Return an upload of the society's admin of which nothing has come yet, begun where there is none."""
    admin = str(tenant.people["admin"].pk)
    for upload in unfinished_uploads(user_id=admin, collection=tenant.collection):
        if upload.offset == 0:
            return upload.id
    return create_upload(user_id=admin, collection=tenant.collection, length=10, name="later.jpg", metadata="").id


def _archive_of(tenant: Tenant) -> uuid.UUID:
    """Return an archive without files that the society's admin has sent whole."""
    admin, content = str(tenant.people["admin"].pk), b"PK\x05\x06" + bytes(18)
    for upload in unfinished_uploads(user_id=admin, collection=tenant.collection):
        if upload.is_whole:
            return upload.id
    upload = create_upload(user_id=admin, collection=tenant.collection, length=len(content), name="empty.zip", metadata="")
    return append(upload=upload, offset=0, stream=BytesIO(content), announced=len(content)).id


def _changed(asked: Asked) -> dict[str, Any]:
    return diagnosis(text="changed", form=FORM) | {"labels": ["melanoma"]}


BODIES: dict[tuple[str, str], Any] = {
    ("api-read-operations", "POST"): lambda asked: {"operations": [put(asked.annotation_id, 1, said=_changed(asked))]},
    ("api-read-walks", "PUT"): lambda asked: {
        "magnification": 1,
        "round": 1,
        "columns": 1,
        "rows": 1,
        "seen": "eJxjBAAAAgAC",
        "wanted": None,
        "place": None,
    },
    ("api-read-exposures", "POST"): lambda asked: {"suggestion_ids": [str(asked.suggestion_id)]},
    ("read-prompts", "POST"): lambda asked: {"id": str(uuid.uuid4()), "x": 1, "y": 1, "label": "lesion", "granularity": "region"},
    ("api-annotation", "PUT"): _changed,
    ("api-annotation-confirmations", "POST"): lambda asked: {"awaited": "CT", "status": "confirmed", "known_on": "2026-01-01"},
    ("api-campaign-confirmation-days", "PUT"): lambda asked: {"days": 45},
    ("api-image-scale", "PUT"): lambda asked: {"x_um": 12.5, "y_um": 12.5},
    ("api-read-submit", "POST"): lambda asked: {"sequence": 1, "active_seconds": 3},
    ("endpoint-list", "POST"): lambda asked: {
        "society": asked.slug,
        "name": "another model",
        "url": f"http://{MODEL_HOST}",
        "model_name": "another",
        "task": "classify",
    },
    ("suggestion-runs", "POST"): lambda asked: {"image_id": str(asked.image_id)},
    ("api-key-bindings", "PUT"): lambda asked: {"bindings": {"tool.polygon": ["g"]}},
    ("api-campaigns", "POST"): lambda asked: {"collection_id": str(asked.collection_id), "pack": "jda", "name": {"en": "Second survey"}},
    ("campaign-export-jobs", "POST"): lambda asked: {"request_id": str(asked.image_id), "format": "coco"},
    ("import-options", "PUT"): lambda asked: {"y_axis": "down"},
    ("import-confirm", "POST"): lambda asked: {"labels": {"": "melanoma"}},
    ("api-campaign-readers", "POST"): lambda asked: {"user_id": asked.user_id},
    ("api-campaign-state", "POST"): lambda asked: {"state": "closed"},
    ("api-campaign-blind", "POST"): lambda asked: {"is_blind": False},
    ("api-campaign-endpoint", "POST"): lambda asked: {"endpoint_id": str(asked.endpoint_id)},
    ("campaign-releases", "POST"): lambda asked: {
        "tier": "platform",
        "recipient": "a platform",
        "recipient_kind": "academic",
        "purpose": "ai-research",
        "expires_on": "2099-01-01",
    },
    ("campaign-governance", "PUT"): lambda asked: {"governance": {"consent": {"mode": "broad", "withdrawn": False}}},
    ("campaign-withdrawals", "POST"): lambda asked: {"image_id": str(asked.image_id)},
    ("release-decision", "POST"): lambda asked: {"action": "revoke", "reason": "asked to"},
    ("api-society-collections", "POST"): lambda asked: {"name": "Another collection", "slug": "another"},
    ("api-datasets", "POST"): lambda asked: {"code": "more", "name": {"en": "More"}, **RECIPE},
    ("api-dataset-preview", "POST"): lambda asked: {**RECIPE, "dataset_id": str(asked.dataset_id)},
    ("api-dataset", "PUT"): lambda asked: RECIPE,
    ("api-subject-links", "POST"): lambda asked: {"first_image_id": str(asked.image_id), "second_image_id": asked.stack_id},
    ("api-dataset-picks", "POST"): lambda asked: {"image_ids": [str(asked.image_id)], "choice": "out", "reason": "blurred"},
    ("api-vocabularies", "POST"): lambda asked: {"code": "more", "name": {"en": "More"}},
    ("api-draft", "PUT"): lambda asked: {"name": {"ja": "あ", "en": "a"}, "labels": []},
    ("api-draft-publish", "POST"): lambda asked: {"version": "1.1"},
    ("api-credit", "PUT"): lambda asked: {"name": "Hanako Yamada"},
    ("api-members", "POST"): lambda asked: {"username": "somebody-new", "name": "Somebody New", "role": "exporter"},
}
"""What is sent along, for routes that take a body."""


def ask(client: Client, route: str, parameters: frozenset[str], method: str, asked: Asked, **more: str) -> HttpResponse:
    """Send one request as a page would, with everything that lets it through where it is allowed; ``more`` are headers."""
    address = reverse(route, kwargs={name: getattr(asked, name) for name in parameters})
    headers = more | (
        {"If-Match": '"1"', "Idempotency-Key": str(uuid.uuid4())} if route in {"api-annotation", "api-annotation-confirmations"} else {}
    )
    headers |= {"If-Match": '"2"'} if route in {"api-draft", "api-draft-publish"} else {}
    if route == "api-collection-uploads":
        return client.generic(method, address, headers=headers, **multipart((SAMPLES / "dermatology/ISIC_0000002.jpg").read_bytes()))
    if route.startswith("api-resumable"):
        part = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Offset": "0"}
        return client.generic(method, address, b"x", content_type="application/offset+octet-stream", headers=headers | part)
    if route in {"dicomweb-store", "dicomweb-study-store"}:
        return client.generic(method, address, headers=headers, **related((SAMPLES / STACK).read_bytes()))
    if route == "image-cell-layers":
        sent = collection([cell(50, 50)])
        return client.generic(method, f"{address}?name=more", sent, content_type="application/geo+json", headers=headers)
    if route == "campaign-imports" and method == "POST":
        return client.generic(method, f"{address}?name=more.json", b"{}", content_type="application/octet-stream", headers=headers)
    if route == "api-code-tables" and method == "POST":
        said = "?system=urn:example:own&version=1&name_en=Own&code_column=code&en_column=en"
        return client.generic(method, f"{address}{said}", b"code,en\nA1,One\n", content_type="text/csv", headers=headers)
    if route == "api-campaign-reports" and method == "POST":
        sent = json.dumps([{"image": str(asked.image_id), "text": "所見なし"}]).encode()
        return client.generic(method, f"{address}?name=more.json", sent, content_type="application/octet-stream", headers=headers)
    address += "?before=1&after=1" if route == "api-dataset-compare" else ""
    body = BODIES.get((route, method))
    # Without a body nothing is said of its type, as browsers do it.
    options: dict[str, Any] = {"data": json.dumps(body(asked)), "content_type": "application/json"} if body else {"content_type": ""}
    return client.generic(method, address, headers=headers, **options)


def multipart(content: bytes, name: str = "photo.jpg") -> dict[str, Any]:
    """Return what ``Client.generic`` needs to send one file."""
    data = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile(name, content, "image/jpeg")})
    return {"data": data, "content_type": MULTIPART_CONTENT}


def related(content: bytes) -> dict[str, Any]:
    """Return what ``Client.generic`` needs to send one DICOM file by STOW-RS."""
    data = b"--here\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--here--"
    return {"data": data, "content_type": 'multipart/related; type="application/dicom"; boundary=here'}


def body_of(response: Any, asked: Asked | None = None) -> str:
    """Return what a response says, without tokens, and with what was asked for replaced by its kind: an echo is no news."""
    said = b"".join(response.streaming_content) if response.streaming else response.content
    text = _TOKEN.sub(rb"\1", said).decode("utf-8", "replace")
    if asked is None:
        return text
    for each in fields(asked):
        if isinstance(getattr(asked, each.name), uuid.UUID):
            text = text.replace(str(getattr(asked, each.name)), f"<{each.name}>")
    text = text.replace(f"/{asked.name}/", "/<name>/")
    return text.replace(f"/{asked.slug}/", "/<slug>/").replace(f"/{asked.user_id}/", "/<user_id>/")


def outside_of(response: Any) -> dict[str, str]:
    """Return the headers that tell something, without the length of a body that names what was asked for."""
    return {name: value for name, value in response.headers.items() if name not in {"Content-Length", "Set-Cookie"}}


def secrets_of(tenant: Tenant, word: str) -> list[str]:
    """Return every word that only a society's own people may ever be told."""
    things = [tenant.collection, *tenant.photographs, tenant.stack, tenant.clip, tenant.campaign, tenant.endpoint, tenant.annotation]
    things += [
        *tenant.reads.values(),
        tenant.suggestion,
        tenant.suggestion.run,
        tenant.cells,
        tenant.brought,
        tenant.imported,
        tenant.export,
        tenant.dataset,
    ]
    ids = [str(thing.pk) for thing in things]
    # No digests: the two societies hold the same photographs, each its own copy.
    uids = [uid_of(tenant.stack.series.study_id), uid_of(tenant.stack.series_id)]
    return [*ids, *(each.replace("-", "") for each in ids), *uids, word, tenant.society.name_ja, tenant.campaign.name_ja]


def leaks(text: str, secrets: list[str]) -> list[str]:
    """Return the secrets that a text gives away."""
    lowered = text.lower()
    return [secret for secret in secrets if secret.lower() in lowered]
