"""Marking over HTTP: shapes of answers, status codes, what foreign people get, and how many queries it takes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.models import Annotation, Exposure, Read
from annotation.services.operations import apply_operations
from tests.annotation.marking.objects import (
    body,
    delete,
    diagnosis,
    make_campaign,
    make_form,
    make_read,
    make_suggestions,
    make_user,
    put,
    square,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@pytest.fixture
def client(read: Read, client_of: Callable[[User], Client]) -> Client:
    return client_of(read.reader)


def url(read: Read, tail: str = "") -> str:
    return f"/api/reads/{read.pk}/{tail}"


def post(client: Client, read: Read, *operations: Any) -> Any:
    return client.post(url(read, "operations/"), {"operations": list(operations)}, content_type="application/json")


def error(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_read_holds_what_a_workbench_needs(client_of: Callable[[User], Client]) -> None:
    read = make_read(make_campaign(form=make_form(), protocol_ja="囲む", protocol_en="Outline"))
    answer = client_of(read.reader).get(url(read)).json()
    assert (answer["id"], answer["state"], answer["sequence"], answer["can_write"]) == (str(read.pk), "open", 0, True)
    assert answer["reader"] == {"id": read.reader_id, "name": read.reader.username}
    campaign = answer["campaign"]
    assert campaign["name"] == {"ja": "胃生検", "en": "Gastric biopsies"}
    assert campaign["protocol"] == {"ja": "囲む", "en": "Outline", "version": "1.0"}
    assert [label["code"] for label in campaign["label_set"]["labels"]] == ["tumour", "stroma", "carcinoma", "adenoma", "abnormal"]
    assert campaign["label_set"]["labels"][3] == {
        "code": "adenoma",
        "role": "diagnosis",
        "display": {"ja": "腺腫", "en": "adenoma"},
        "colour": "#aa4499",
        "key": "4",
        "parent": "carcinoma",
        "granularities": ["diagnosis"],
    }
    assert campaign["form"]["schema"]["required"] == ["eye"]
    assert campaign["diagnosis"]["required"] is True
    assert campaign["suggestions"] is False


def test_saving_and_pulling(client: Client, read: Read) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    answer = post(client, read, put(first), put(second), put(labels=["unknown"])).json()
    assert (answer["sequence"], [result["status"] for result in answer["results"]]) == (2, ["applied", "applied", "rejected"])
    refused = answer["results"][2]["error"]
    assert (refused["code"], refused["pointer"]) == ("unknown_label", "/annotation/labels/0")
    assert refused["message"] == "The label is not in the campaign's label set."
    assert refused["hint"]
    post(client, read, delete(first, 1))
    everything = client.get(url(read, "annotations/")).json()
    assert (everything["sequence"], [mark["id"] for mark in everything["annotations"]]) == (3, [str(second)])
    since = client.get(url(read, "annotations/?since=2")).json()
    assert [(mark["id"], mark["deleted"], mark["revision"]) for mark in since["annotations"]] == [(str(first), True, 2)]
    from_the_beginning = client.get(url(read, "annotations/?since=0")).json()["annotations"]
    assert [mark["id"] for mark in from_the_beginning if mark["deleted"]] == [str(first)]
    assert client.get(url(read, "annotations/?since=3")).json() == {"sequence": 3, "annotations": []}
    history = client.get(url(read, f"annotations/{first}/revisions/")).json()["revisions"]
    assert [(entry["number"], entry["verb"]) for entry in history] == [(1, "create"), (2, "delete")]
    assert history[0]["annotation"]["geometry"] == square()


def test_errors_speak_japanese(client: Client, read: Read) -> None:
    english = post(client, read, put(labels=["unknown"])).json()["results"][0]["error"]
    japanese = client.get(url(read, "annotations/?since=x"), headers={"Accept-Language": "ja"})
    assert japanese.json()["error"]["code"] == "since_malformed"
    assert set(english) == {"code", "message", "hint", "pointer"}


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "", "9" * 19, "１"])
def test_a_since_that_is_no_list_revision(client: Client, read: Read, since: str) -> None:
    assert error(client.get(url(read, "annotations/"), {"since": since})) == (400, "since_malformed")


def ids_in(client: Client, read: Read, bbox: str, **more: object) -> set[str]:
    answer = client.get(url(read, "annotations/"), {"bbox": bbox, **more})
    assert answer.status_code == 200, answer.content
    return {mark["id"] for mark in answer.json()["annotations"]}


def test_marks_in_a_rectangle(client: Client, read: Read) -> None:
    near, far, gone, whole = (put() for _ in range(4))
    near["annotation"]["geometry"] = {"type": "Rectangle", "bbox": [10, 20, 5, 5]}
    far["annotation"]["geometry"] = {"type": "Rectangle", "bbox": [200, 20, 5, 5]}
    gone["annotation"]["geometry"] = {"type": "Rectangle", "bbox": [11, 21, 5, 5]}
    for operation in (near, far, gone):
        operation["annotation"]["granularity"] = "box"
    whole["annotation"] |= {"granularity": "diagnosis", "geometry": None, "labels": ["carcinoma"]}
    for operation in (near, far, gone, whole):
        result = post(client, read, operation).json()["results"][0]
        assert result["status"] == "applied", result
    post(client, read, {"operation_id": str(uuid.uuid4()), "verb": "delete", "annotation_id": gone["annotation_id"], "base_revision": 1})
    assert ids_in(client, read, "0,0,300,300") == {near["annotation_id"], far["annotation_id"]}
    assert ids_in(client, read, "15,25,20,30") == {near["annotation_id"]}  # they touch
    assert ids_in(client, read, "15.5,0,199,300") == set()
    assert ids_in(client, read, "0,0,300,300", after=1) == {far["annotation_id"]}
    assert ids_in(client, read, "0,0,300,300", frame=0) == set()


def test_more_marks_than_an_answer_holds(client: Client, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotation.selectors.mark_lists.MARKS_IN_VIEW", 2)
    made = [put() for _ in range(5)]
    for operation in made:
        assert post(client, read, operation).json()["results"][0]["status"] == "applied"
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        answer = client.get(url(read, "annotations/"), {"bbox": "0,0,1e6,1e6", "after": after}).json()
        assert len(answer["annotations"]) <= 2
        seen += [mark["id"] for mark in answer["annotations"]]
        after = answer["next"]
    assert seen == [operation["annotation_id"] for operation in made]


@pytest.mark.parametrize("bbox", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,1,1", "0,0,inf,1", "5,0,1,1", "1" * 400 + ",0,1,1"])
def test_a_rectangle_that_is_none(client: Client, read: Read, bbox: str) -> None:
    assert error(client.get(url(read, "annotations/"), {"bbox": bbox})) == (400, "bbox_malformed")
    assert error(client.get(url(read, "annotations/"), {"bbox": "0,0,1,1", "frame": "-1"})) == (400, "bbox_malformed")


def test_putting_one_mark(client: Client, read: Read) -> None:
    address = url(read, f"annotations/{uuid.uuid4()}/")
    key = str(uuid.uuid4())

    def send(revision: int, **changes: Any) -> Any:
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": changes.pop("key", str(uuid.uuid4()))}
        return client.put(address, body(**changes), content_type="application/json", headers=headers)

    made = send(0, key=key)
    assert (made.status_code, made["ETag"], made.json()["revision"]) == (200, '"1"', 1)
    again = send(0, key=key)
    assert (again.status_code, again.json()) == (200, made.json())
    changed = send(1, text="seen twice")
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    stale = send(1, text="from another window")
    assert error(stale) == (412, "stale_revision")
    assert stale.json()["error"]["annotation"]["text"] == "seen twice"
    crossing = send(2, geometry={"type": "Polygon", "coordinates": [[[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]]]})
    assert error(crossing) == (422, "geometry_self_crossing")
    assert crossing.json()["error"]["pointer"] == "/geometry"
    assert error(send(1, key=key, text="other")) == (409, "operation_id_reused")
    removed = client.delete(address, headers={"If-Match": '"2"', "Idempotency-Key": str(uuid.uuid4())})
    assert (removed.status_code, removed.json()["deleted"], removed["ETag"]) == (200, True, '"3"')


def test_a_new_mark_may_also_say_that_there_is_none(client: Client, read: Read) -> None:
    headers = {"If-None-Match": "*", "Idempotency-Key": str(uuid.uuid4())}
    made = client.put(url(read, f"annotations/{uuid.uuid4()}/"), body(), content_type="application/json", headers=headers)
    assert made.status_code == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (428, "precondition_required")),
        ({"If-Match": '"0"'}, (428, "precondition_required")),
        ({"Idempotency-Key": "k"}, (428, "precondition_required")),
        ({"If-Match": "0", "Idempotency-Key": str(uuid.uuid4())}, (400, "precondition_malformed")),
        ({"If-Match": "*", "Idempotency-Key": str(uuid.uuid4())}, (400, "precondition_malformed")),
        ({"If-Match": '"0"', "Idempotency-Key": "k"}, (400, "precondition_malformed")),
    ],
)
def test_a_single_change_needs_its_preconditions(client: Client, read: Read, headers: dict[str, str], expected: tuple[int, str]) -> None:
    address = url(read, f"annotations/{uuid.uuid4()}/")
    assert error(client.put(address, body(), content_type="application/json", headers=headers)) == expected
    assert error(client.delete(address, headers=headers)) == expected
    assert not Annotation.objects.exists()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", (400, "batch_malformed")),
        (b"[]", (400, "batch_malformed")),
        (b"{}", (400, "batch_malformed")),
        (b'{"operations": {}}', (400, "batch_malformed")),
        (b'{"operations": [], "more": 1}', (400, "batch_malformed")),
        (b'{"operations": [NaN]}', (400, "bad_json")),
        (b'{"operations": [1e999]}', (400, "bad_json")),
        (b'{"operations": ["\\u0000"]}', (400, "bad_json")),
        (b'{"operations": ["\\ud800"]}', (400, "bad_json")),
        (b'{"operations": [{"verb": 1, "verb": 2}]}', (400, "bad_json")),
        (b'{"operations": ' + b"[" * 5000 + b"]" * 5000 + b"}", (400, "bad_json")),
        (b'{"operations": ["' + b"x" * (1 << 20) + b'"]}', (413, "too_large")),
        (b'{"operations": [' + b"0," * 200 + b"0]}", (413, "too_many_operations")),
    ],
)
def test_a_request_that_cannot_be_read(client: Client, read: Read, raw: bytes, expected: tuple[int, str]) -> None:
    response = client.post(url(read, "operations/"), raw, content_type="application/json")
    assert error(response) == expected
    read.refresh_from_db()
    assert read.sequence == 0


def test_infinity_inside_a_mark_is_no_json(client: Client, read: Read) -> None:
    sent = json.dumps({"operations": [put(geometry=square(float("nan")))]}).encode()
    assert error(client.post(url(read, "operations/"), sent, content_type="application/json")) == (400, "bad_json")


def test_foreign_people_find_nothing(read: Read, client_of: Callable[[User], Client]) -> None:
    mark_id = uuid.uuid4()
    post(client_of(read.reader), read, put(mark_id))
    other_admin = make_campaign().created_by
    colleague = make_read(read.campaign).reader
    headers = {"If-Match": '"1"', "Idempotency-Key": str(uuid.uuid4())}
    for user in (make_user(), other_admin, colleague):
        foreign = client_of(user)
        for path in ("", "annotations/", f"annotations/{mark_id}/revisions/"):
            assert error(foreign.get(url(read, path))) == (404, "not_found")
        assert error(post(foreign, read, put())) == (404, "not_found")
        assert error(foreign.post(url(read, "exposures/"), {"suggestion_ids": []}, content_type="application/json")) == (404, "not_found")
        assert error(foreign.delete(url(read, f"annotations/{mark_id}/"), headers=headers)) == (404, "not_found")
    unknown = client_of(read.reader).get(f"/api/reads/{uuid.uuid4()}/")
    assert unknown.json() == client_of(make_user()).get(url(read)).json()


def test_a_manager_looks_and_does_not_write(read: Read, client_of: Callable[[User], Client]) -> None:
    mark_id = uuid.uuid4()
    post(client_of(read.reader), read, put(mark_id))
    manager = client_of(read.campaign.created_by)
    assert manager.get(url(read)).json()["can_write"] is False
    assert len(manager.get(url(read, "annotations/")).json()["annotations"]) == 1
    assert error(post(manager, read, put())) == (403, "not_your_read")
    headers = {"If-Match": '"1"', "Idempotency-Key": str(uuid.uuid4())}
    assert error(manager.delete(url(read, f"annotations/{mark_id}/"), headers=headers)) == (403, "not_your_read")


@pytest.mark.usefixtures("client_of")
def test_without_a_session_nothing_is_said(read: Read) -> None:
    for path in ("", "annotations/"):
        assert error(Client().get(url(read, path))) == (401, "not_signed_in")
    assert error(post(Client(), read, put())) == (401, "not_signed_in")


@pytest.mark.usefixtures("client_of")
def test_a_write_needs_the_csrf_token(read: Read) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(read.reader)
    assert post(strict, read, put()).status_code == 403
    assert not Annotation.objects.exists()


def test_a_history_that_does_not_exist(client: Client, read: Read) -> None:
    other = make_read()
    foreign = uuid.uuid4()
    apply_operations(user=other.reader, read_id=other.pk, operations=[put(foreign)])
    for mark_id in (uuid.uuid4(), foreign):
        assert error(client.get(url(read, f"annotations/{mark_id}/revisions/"))) == (404, "not_found")


def test_exposures_are_noted_once(client: Client, read: Read) -> None:
    shown = make_suggestions(read.campaign, read.image, [square(), square(300)])
    ids = [str(suggestion.pk) for suggestion in shown]

    def send(given: Any) -> Any:
        return client.post(url(read, "exposures/"), {"suggestion_ids": given}, content_type="application/json")

    assert send(ids).status_code == send(ids).status_code == 204
    assert Exposure.objects.filter(read=read).count() == 2
    for wrong in (None, "x", ["x"], [1], [ids[0]] * 5001):
        assert error(send(wrong)) == (400, "ids_malformed")


def test_nothing_is_noted_after_submitting(client: Client, read: Read) -> None:
    (shown,) = make_suggestions(read.campaign, read.image, [square()])
    Read.objects.filter(pk=read.pk).update(state="submitted")
    assert client.get(url(read)).json()["can_write"] is False
    sent = client.post(url(read, "exposures/"), {"suggestion_ids": [str(shown.pk)]}, content_type="application/json")
    assert sent.status_code == 204
    assert not Exposure.objects.exists()


def test_the_number_of_queries_does_not_grow(client: Client, read: Read) -> None:
    ids = [uuid.uuid4() for _number in range(30)]
    post(client, read, put(ids[0]))

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url(read, path)).status_code == 200
        return len(captured)

    paths = ("", "annotations/", "annotations/?since=0", f"annotations/{ids[0]}/revisions/")
    client.get(url(read))
    few = [count(path) for path in paths]
    post(client, read, *[put(mark_id) for mark_id in ids[1:]], *[put(ids[0], number, text=str(number)) for number in range(1, 20)])
    post(client, read, put(said=diagnosis()))
    assert [count(path) for path in paths] == few
    assert max(few) <= 10
