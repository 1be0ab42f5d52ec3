"""Bodies that name what belongs to another society, sent to one's own things: as if it did not exist, and nothing happens."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotation.models import Annotation, Campaign, CellChange, CellLayer, Decision, Exposure, Revision, SuggestionRun
from societies.models import Assignment, Membership
from tests.annotation.cells.features import cell, collection
from tests.annotation.marking.objects import body, operation, put
from tests.authorization.everybody import FIRST, Asked, Everybody, _changed, asked_of, body_of, leaks, multipart, secrets_of
from tests.authorization.tenants import MODEL_HOST, SAMPLES
from viewer.models import Image


def post(client: Client, route: str, args: list[Any], sent: Any) -> HttpResponse:
    answer: HttpResponse = client.post(reverse(route, args=args), data=sent, content_type="application/json")
    return answer


def _campaign_over_their_collection(client: Client, own: Asked, named: Asked) -> HttpResponse:
    return post(client, "api-campaigns", [], {"collection_id": str(named.collection_id), "pack": "jda", "name": {"en": "Mine"}})


def _campaign_with_their_endpoint(client: Client, own: Asked, named: Asked) -> HttpResponse:
    sent = {"collection_id": str(own.collection_id), "pack": "jda", "name": {"en": "Mine"}, "endpoint_id": str(named.endpoint_id)}
    return post(client, "api-campaigns", [], sent)


def _their_endpoint(client: Client, own: Asked, named: Asked) -> HttpResponse:
    return post(client, "api-campaign-endpoint", [own.campaign_id], {"endpoint_id": str(named.endpoint_id)})


def _their_reader(client: Client, own: Asked, named: Asked) -> HttpResponse:
    return post(client, "api-campaign-readers", [own.campaign_id], {"user_id": named.user_id})


def _their_reader_taken_off(client: Client, own: Asked, named: Asked) -> HttpResponse:
    answer: HttpResponse = client.delete(reverse("api-campaign-reader", args=[own.campaign_id, named.user_id]))
    return answer


def _their_role(client: Client, own: Asked, named: Asked) -> HttpResponse:
    answer: HttpResponse = client.delete(reverse("api-member-role", args=[own.slug, named.user_id, "reader"]))
    return answer


def _their_image(client: Client, own: Asked, named: Asked) -> HttpResponse:
    return post(client, "suggestion-runs", [own.campaign_id], {"image_ids": [str(own.image_id), str(named.image_id)]})


def _their_document(client: Client, own: Asked, named: Asked) -> HttpResponse:
    answer: HttpResponse = client.get(reverse("case-document", args=[own.campaign_id, named.image_id]))
    return answer


def _model_for_them(client: Client, own: Asked, named: Asked) -> HttpResponse:
    sent = {"society": named.slug, "name": "mine", "url": f"http://{MODEL_HOST}", "model_name": "mine", "task": "classify"}
    return post(client, "endpoint-list", [], sent)


def _their_suggestion(client: Client, own: Asked, named: Asked) -> HttpResponse:
    decided = operation("decide", uuid.UUID(int=7), suggestion_id=str(named.suggestion_id), verdict="accept") | {"operation_id": _SAME}
    return post(client, "api-read-operations", [own.read_id], {"operations": [decided]})


def _mark_from_their_suggestion(client: Client, own: Asked, named: Asked) -> HttpResponse:
    said = body(origin="suggestion", suggestion_id=str(named.suggestion_id))
    changed = put(uuid.UUID(int=7), said=said) | {"operation_id": _SAME}
    return post(client, "api-read-operations", [own.read_id], {"operations": [changed]})


def _their_mark_changed(client: Client, own: Asked, named: Asked) -> HttpResponse:
    changed = put(named.annotation_id, 1, said=_changed(own)) | {"operation_id": _SAME}
    return post(client, "api-read-operations", [own.read_id], {"operations": [changed]})


def _their_mark_deleted(client: Client, own: Asked, named: Asked) -> HttpResponse:
    answer: HttpResponse = client.delete(
        reverse("api-annotation", args=[own.read_id, named.annotation_id]), headers={"If-Match": '"1"', "Idempotency-Key": _SAME}
    )
    return answer


def _history_of_their_mark(client: Client, own: Asked, named: Asked) -> HttpResponse:
    answer: HttpResponse = client.get(reverse("api-annotation-revisions", args=[own.read_id, named.annotation_id]))
    return answer


def _their_suggestions_shown(client: Client, own: Asked, named: Asked) -> HttpResponse:
    return post(client, "api-read-exposures", [own.read_id], {"suggestion_ids": [str(named.suggestion_id)]})


def _their_cells_changed(client: Client, own: Asked, named: Asked) -> HttpResponse:
    changed = {"operation_id": _SAME, "verb": "cells", "layer_id": str(named.layer_id), "change": {"kind": "accept", "cells": [0, 1]}}
    return post(client, "api-read-operations", [own.read_id], {"operations": [changed]})


def _their_cells_taken_out(client: Client, own: Asked, named: Asked) -> HttpResponse:
    answer: HttpResponse = client.get(reverse("read-cell-layer-file", args=[own.read_id, named.layer_id]))
    return answer


def _their_cells_thrown_away(client: Client, own: Asked, named: Asked) -> HttpResponse:
    answer: HttpResponse = client.delete(reverse("campaign-cell-layer", args=[own.campaign_id, named.layer_id]))
    return answer


def _cells_for_their_image(client: Client, own: Asked, named: Asked) -> HttpResponse:
    address = reverse("image-cell-layers", args=[own.campaign_id, named.image_id])
    answer: HttpResponse = client.post(f"{address}?name=mine", data=collection([cell(50, 50)]), content_type="application/geo+json")
    return answer


_SAME = str(uuid.UUID(int=42))
"""An operation id for both requests: it comes back in the answer."""
Request = Callable[[Client, Asked, Asked], HttpResponse]
REFERENCES: list[tuple[str, Request, int]] = [
    ("other_admin", _campaign_over_their_collection, 404),
    ("other_admin", _campaign_with_their_endpoint, 404),
    ("other_admin", _their_endpoint, 404),
    ("other_admin", _their_reader, 404),
    ("other_admin", _their_reader_taken_off, 404),
    ("other_admin", _their_role, 404),
    ("other_admin", _their_image, 422),
    ("other_admin", _model_for_them, 403),
    ("other_exporter", _their_document, 404),
    ("other_reader", _their_suggestion, 200),
    ("other_reader", _mark_from_their_suggestion, 200),
    ("other_reader", _their_mark_changed, 200),
    ("other_reader", _their_mark_deleted, 404),
    ("other_reader", _history_of_their_mark, 404),
    ("other_reader", _their_suggestions_shown, 204),
    ("other_reader", _their_cells_changed, 200),
    ("other_reader", _their_cells_taken_out, 404),
    ("other_admin", _their_cells_thrown_away, 404),
    ("other_admin", _cells_for_their_image, 422),
]


def counted() -> dict[str, int]:
    """Return how many rows there are of what these requests would make."""
    models = (Annotation, Assignment, Campaign, CellChange, CellLayer, Decision, Exposure, Membership, Revision, SuggestionRun)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.parametrize(("role", "request_of", "status"), REFERENCES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_foreign_thing_is_like_none(world: Everybody, role: str, request_of: Request, status: int) -> None:
    own, named = asked_of(world.second), asked_of(world.first)
    phantom, before = named.phantom(), counted()
    answer, nothing = request_of(world.client(role), own, named), request_of(world.client(role), own, phantom)
    text = body_of(answer, named)
    assert (answer.status_code, text) == (nothing.status_code, body_of(nothing, phantom))
    assert answer.status_code == status, text
    assert counted() == before
    assert leaks(text, secrets_of(world.first, FIRST)) == []
    if request_of in {_their_suggestion, _mark_from_their_suggestion, _their_mark_changed}:
        assert json.loads(text)["results"][0]["status"] == "rejected"


def test_the_id_of_a_foreign_mark_gives_nothing_away(world: Everybody) -> None:
    """A new mark under an id that is taken elsewhere is refused without a word of the other one, which stays as it is."""
    own, named = asked_of(world.second), asked_of(world.first)
    before = Annotation.objects.filter(pk=named.annotation_id).values().get()
    sent = {"operations": [put(named.annotation_id, 0, said=_changed(own))]}
    answer = post(world.client("other_reader"), "api-read-operations", [own.read_id], sent)
    assert json.loads(answer.content)["results"][0]["status"] == "rejected"
    assert leaks(body_of(answer, named), secrets_of(world.first, FIRST)) == []
    assert Annotation.objects.filter(pk=named.annotation_id).values().get() == before


def test_the_same_file_is_a_new_image_in_every_society(world: Everybody) -> None:
    """Whether another society holds the same file is none of the sender's business."""
    content = (SAMPLES / "dermatology" / "ISIC_0000002.jpg").read_bytes()
    answers = []
    for role, tenant in (("admin", world.first), ("other_admin", world.second)):
        address = reverse("api-collection-uploads", args=[tenant.collection.pk])
        answers.append(world.client(role).generic("POST", address, **multipart(content)))
    said = [json.loads(answer.content) for answer in answers]
    assert [(answer.status_code, each["status"]) for answer, each in zip(answers, said, strict=True)] == [(201, "accepted")] * 2
    assert said[0]["image_id"] != said[1]["image_id"]
    assert Image.objects.filter(pk__in=[each["image_id"] for each in said]).values("collection").distinct().count() == 2
