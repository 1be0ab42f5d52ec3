"""Datasets beside the query: images by hand, the other datasets of the society, label maps; over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from guardian.shortcuts import assign_perm

from annotation.models import ExportRun, LabelSet
from annotation.services.label_maps import publish_label_map
from annotation.services.label_sets import publish_label_set
from societies.models import DatasetMember
from tests.factories import make_campaign, make_image_row, make_society
from tests.societies.curating import RECIPE, World, documents, images_in, make_world
from viewer.models import Image

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings: Any, tmp_path: Any, client_of: Callable[[User], Client]) -> World:
    return make_world(settings, tmp_path, client_of)


# images by hand


def test_images_are_picked_and_left_out_by_hand_with_who_when_and_why(world: World, django_assert_max_num_queries: Any) -> None:
    dataset = world.made(query={"labels": ["adenoma"]})
    rows = Image.objects.filter(campaign_images__campaign=world.campaign).order_by("pk")
    said = {row.facts["labels"][0] + str(row.image_id): str(row.image_id) for row in _members_of(world, dataset)}
    chosen = set(said.values())
    other = next(str(row.pk) for row in rows if str(row.pk) not in chosen)
    gone = sorted(chosen)[0]
    picked = world.ask(f"{dataset}/picks/", {"image_ids": [other], "choice": "in", "reason": "a rare form"})
    assert picked.status_code == 201, picked.content
    assert world.ask(f"{dataset}/picks/", {"image_ids": [gone], "choice": "out", "reason": "out of focus"}, by="admin").status_code == 201
    version = world.frozen(dataset)
    assert {str(row.image_id) for row in DatasetMember.objects.filter(version__number=version["number"])} == chosen - {gone} | {other}
    assert version["recipe"]["picks"] == {"in": [other], "out": [gone]}
    with django_assert_max_num_queries(12):
        told = world.ask(f"{dataset}/picks/").json()
    assert (told["picked"], told["left_out"], told["next"]) == (1, 1, None)
    assert [(each["choice"], each["reason"], each["counts"]) for each in told["entries"]] == [
        ("out", "out of focus", True),
        ("in", "a rare form", True),
    ]
    assert all(each["by"] and each["at"] for each in told["entries"])
    back = {"image_ids": [gone, other], "choice": "query", "reason": "looked again"}
    assert len(world.ask(f"{dataset}/picks/", back).json()["entries"]) == 4
    assert len(world.ask(f"{dataset}/picks/", back).json()["entries"]) == 4, "said twice is said once"
    assert "picks" not in world.frozen(dataset)["recipe"]
    assert {str(row.image_id) for row in DatasetMember.objects.filter(version__number=3)} == chosen
    sheet = world.ask(f"{dataset}/versions/2/datasheet/?language=en").content.decode()
    assert "Images picked by hand: 1" in sheet


def _members_of(world: World, dataset: str) -> list[DatasetMember]:
    number = world.frozen(dataset)["number"]
    return list(DatasetMember.objects.filter(version__dataset=dataset, version__number=number))


def test_what_is_picked_by_hand_is_checked(world: World, client_of: Callable[[User], Client]) -> None:
    dataset = world.made()
    mine = str(Image.objects.filter(campaign_images__campaign=world.campaign).values_list("pk", flat=True)[0])
    foreign = str(make_image_row(make_campaign(make_society(), world.admin, images=1).collection).pk)
    for body, status in (
        ({"image_ids": [mine], "choice": "in", "reason": "  "}, 400),
        ({"image_ids": [mine], "choice": "maybe", "reason": "x"}, 400),
        ({"image_ids": [], "choice": "in", "reason": "x"}, 400),
        ({"image_ids": [mine, foreign], "choice": "in", "reason": "x"}, 404),
    ):
        assert world.ask(f"{dataset}/picks/", body).status_code == status, body
    assert world.ask(f"{dataset}/picks/").json()["entries"] == []
    reader = client_of(world.readers[0])
    assert reader.get(f"/api/societies/{world.society.slug}/datasets/{dataset}/picks/").status_code == 404
    assert world.ask(f"{dataset}/picks/", {"image_ids": [mine], "choice": "out", "reason": "x"}).status_code == 201
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE societies_datasetpick SET reason = 'y'")


# one society, several datasets


def test_nobody_whom_one_dataset_tests_with_is_learned_from_in_another(world: World) -> None:
    first = world.made()
    world.frozen(first)
    places = dict(DatasetMember.objects.values_list("subject", "split"))
    preview = world.ask("preview/", {**RECIPE, "shares": {"train": 100, "tune": 0, "test": 0}}).json()["counts"]
    assert preview["splits"]["test"]["persons"] == 2, "tested elsewhere: never trained with, whatever the shares say"
    assert preview["reasons"] == {"as-in-another-dataset": 10}
    second = world.made(code="other", shares={"train": 100, "tune": 0, "test": 0}, seed="another")
    world.frozen(second)
    assert dict(DatasetMember.objects.filter(version__dataset=second).values_list("subject", "split")) == places
    assert world.ask(f"{second}/versions/1/").json()["elsewhere"] == []


def test_whom_two_datasets_put_on_both_sides_stops_training_exports_and_goes_to_quarantine(world: World) -> None:
    images = list(Image.objects.filter(campaign_images__campaign=world.campaign).order_by("pk"))
    halves = [str(each.pk) for each in images[:5]], [str(each.pk) for each in images[5:]]
    tested = world.made(query={"left_out": halves[1]}, shares={"train": 0, "tune": 0, "test": 100})
    learned = world.made(code="other", query={"left_out": halves[0]}, shares={"train": 100, "tune": 0, "test": 0})
    world.frozen(tested)
    world.frozen(learned)
    assert images_in(world.files(learned))
    body = {"first_image_id": halves[0][0], "second_image_id": halves[1][0]}
    assert world.ask("links/", body, by="admin").status_code == 201
    assert [each["splits"] for each in world.ask(f"{learned}/versions/1/").json()["elsewhere"]] == [["train"]]
    refused = world.export(learned)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "test_set_elsewhere")
    evaluated = world.files(tested, by="admin", split="test", purpose="evaluation")
    assert images_in(evaluated), "an admin answers for an evaluation; the page tells"
    assert world.frozen(learned)["counts"]["reasons"] == {"kept": 4, "tested-and-learned-from": 1}
    assert len(images_in(world.files(learned, 2))) == 4
    listed = world.ask("links/").json()["links"]
    assert len(listed) == 1
    assert listed[0]["by"]


# under label maps


def _mapped(world: World, code: str, rules: dict[str, Any]) -> str:
    target = LabelSet.objects.filter(slug=f"{world.society.slug}-few").first()
    if target is None:
        labels = [{"code": one, "role": "finding", "display": {"ja": one, "en": one}, "colour": "#3fb8ff"} for one in ("lesion", "other")]
        target = publish_label_set(slug=f"{world.society.slug}-few", version="1.0", name={"ja": "少", "en": "few"}, labels=labels)
    made = publish_label_map(
        slug=f"{world.society.slug}-{code}",
        version="1.0",
        name={"ja": code, "en": code},
        source=world.campaign.label_set,
        target=target,
        rules=rules,
        published_by=world.admin,
    )
    for person in (world.admin, world.exporter):
        assign_perm("annotation.apply_labelmap", person, made)
    return f"{made.slug}@{made.version}"


def test_a_version_goes_out_under_the_maps_that_it_was_frozen_with(world: World) -> None:
    codes = list(world.campaign.label_set.labels.values_list("code", flat=True))
    part = _mapped(world, "part", {"adenoma": {"to": ["lesion"]}})
    refused = world.ask("", {"code": "x", "name": {"en": "x"}, **RECIPE, "label_maps": [part]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "label_map_incomplete")
    whole = _mapped(world, "whole", {code: {"to": ["lesion" if code == "adenoma" else "other"]} for code in codes})
    twice = world.ask("", {"code": "x", "name": {"en": "x"}, **RECIPE, "label_maps": [part, whole], "unmapped": "drop"})
    assert twice.json()["error"]["code"] == "label_map_mismatch"
    assert (
        world.ask("", {"code": "x", "name": {"en": "x"}, **RECIPE, "label_maps": ["no@1"]}).json()["error"]["code"] == "label_map_unknown"
    )
    dataset = world.made(label_maps=[whole])
    version = world.frozen(dataset)
    assert version["recipe"]["label_maps"] == [whole]
    counted = version["counts"]
    assert set(counted["by"]["labels"]) == set(counted["by"]["label"]) == {"lesion", "other"}, "strata are those of the labels that go out"
    tried = world.ask("preview/", {**RECIPE, "label_maps": [whole], "dataset_id": None}).json()["counts"]
    assert set(tried["by"]["labels"]) == {"lesion", "other"}
    assert set(world.ask("preview/", {**RECIPE, "dataset_id": None}).json()["counts"]["by"]["labels"]) >= {"adenoma"}
    other = world.ask("preview/", {**RECIPE, "label_maps": ["no@1"], "dataset_id": None})
    assert other.json()["error"]["code"] == "label_map_unknown"
    files = world.files(dataset)
    assert set(files["labels.json"]) == {"lesion", "other"}
    told = files["manifest.json"]["labelMap"]
    assert told["maps"] == [{"id": whole.split("@")[0], "version": "1.0"}]
    marks = sum(len(document["annotations"]) for document in documents(files))
    assert sum(told["marks"].values()) == marks > 0
    assert files["losses.json"]["labelMap"] == told
    assert files["dataset.json"]["recipe"]["label_maps"] == [whole]
    assert ExportRun.objects.latest("created_at").label_maps == told["maps"]
    assert whole in world.ask(f"{dataset}/versions/1/datasheet/?language=ja").content.decode()
    plain = {**RECIPE, "label_maps": []}
    assert world.ask(f"{dataset}/", plain, method="put").status_code == 200
    world.frozen(dataset)
    assert "labelMap" not in world.files(dataset, 2)["manifest.json"]
    assert "labelMap" in world.files(dataset, 1)["manifest.json"], "a frozen version keeps its maps"
