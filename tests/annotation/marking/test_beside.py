"""Reads side by side: who may see whose marks, and under which name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from annotation.models import Campaign, Read
from annotation.services.campaigns import set_blind
from tests.annotation.marking.objects import make_campaign, make_image, make_read, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
ClientOf = Callable[[User], Client]


def beside(client: Client, read: Read) -> list[dict[str, object]]:
    answer = client.get(f"/api/reads/{read.pk}/beside/")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, object]] = answer.json()["reads"]
    return rows


def scene(*, is_blind: bool) -> tuple[Campaign, list[Read]]:
    campaign = make_campaign(is_blind=is_blind)
    reads = [make_read(campaign, reader=User.objects.create_user(name, last_name=name)) for name in ("Sato", "Suzuki", "Tanaka")]
    elsewhere = make_image(campaign.collection)
    make_read(campaign, reader=reads[0].reader, image=elsewhere)
    return campaign, reads


def test_whoever_manages_sees_all_reads_of_the_image_by_name(client_of: ClientOf) -> None:
    campaign, reads = scene(is_blind=False)
    rows = beside(client_of(campaign.created_by), reads[0])
    assert {row["id"]: row["name"] for row in rows} == {str(read.pk): read.reader.last_name for read in reads}
    assert {(row["is_own"], row["is_submitted"]) for row in rows} == {(False, False)}


def test_a_reader_sees_their_own_only(client_of: ClientOf) -> None:
    _campaign, reads = scene(is_blind=False)
    rows = beside(client_of(reads[0].reader), reads[0])
    assert [(row["id"], row["is_own"]) for row in rows] == [(str(reads[0].pk), True)]
    for client in (client_of(reads[1].reader), client_of(make_user("stranger"))):
        assert client.get(f"/api/reads/{reads[0].pk}/beside/").status_code == 404


def test_where_readers_work_independently_nobody_is_named(client_of: ClientOf) -> None:
    campaign, reads = scene(is_blind=True)
    client = client_of(campaign.created_by)
    rows = beside(client, reads[0])
    assert {row["name"] for row in rows} == {"Reader 1", "Reader 2", "Reader 3"}
    assert rows == beside(client, reads[2]), "a number stands for the same reader wherever it is read"
    by_id = {row["id"]: row["name"] for row in rows}
    for read in reads:
        said = client.get(f"/api/reads/{read.pk}/").json()
        assert said["reader"]["name"] == by_id[str(read.pk)]
        assert not any(other.reader.last_name in str(said) for other in reads)
        own = client_of(read.reader).get(f"/api/reads/{read.pk}/").json()
        assert own["reader"]["name"] == read.reader.last_name
    set_blind(campaign=campaign, is_blind=False)
    assert {row["name"] for row in beside(client, reads[0])} == {"Sato", "Suzuki", "Tanaka"}


def test_who_manages_and_still_reads_the_image_is_shown_nothing_else(client_of: ClientOf) -> None:
    campaign, reads = scene(is_blind=True)
    assign_perm("annotation.manage_campaign", reads[0].reader, campaign)
    client = client_of(reads[0].reader)
    assert [row["id"] for row in beside(client, reads[1])] == [str(reads[0].pk)]
    Read.objects.filter(pk=reads[0].pk).update(state=Read.State.SUBMITTED)
    assert len(beside(client, reads[1])) == 3


def test_the_number_of_queries_does_not_grow_with_the_readers(client_of: ClientOf) -> None:
    campaign, reads = scene(is_blind=True)
    client = client_of(campaign.created_by)
    beside(client, reads[0])
    with CaptureQueriesContext(connection) as few:
        beside(client, reads[0])
    for _ in range(5):
        make_read(campaign, image=reads[0].image)
    with CaptureQueriesContext(connection) as many:
        assert len(beside(client, reads[0])) == 8
    assert len(many) == len(few)
