"""Datasets from the query to the file, over the API."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client

from annotation.models import Campaign, ExportRun, Read
from annotation.schema.validate import validate_document
from annotation.services.withdrawals import withdraw_subject
from societies.append_only import DATASET_TABLES
from societies.models import DatasetExport, DatasetMember, DatasetVersion
from tests.factories import ADMIN, EXPORTER, make_campaign, make_image_row, make_person, make_society
from tests.societies.curating import RECIPE, World, documents, images_in, make_world, say
from viewer.models import Image

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings: Any, tmp_path: Any, client_of: Callable[[User], Client]) -> World:
    return make_world(settings, tmp_path, client_of)


def test_a_dataset_is_described_tried_out_and_frozen(world: World) -> None:
    counts = world.ask("preview/", RECIPE).json()["counts"]
    assert {split: cell["images"] for split, cell in counts["splits"].items()} == {"train": 6, "tune": 2, "test": 2, "quarantine": 0}
    assert not DatasetVersion.objects.exists()
    dataset = world.made()
    version = world.frozen(dataset)
    assert version["number"] == 1
    assert version["counts"]["splits"] == counts["splits"]
    assert version["counts"]["by"]["label"]["early-carcinoma"]["train"]["persons"] == 3
    assert version["frozen_by"] == world.exporter.username
    detail = world.ask(f"{dataset}/versions/1/").json()
    assert detail["leaks"] == []
    assert detail["exports"] == []
    (listed,) = world.ask("").json()["datasets"]
    assert listed == world.ask(f"{dataset}/").json()
    assert listed["versions"][0]["digest"] == version["digest"]
    assert listed["seed"] == "fixed"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"labels": ["early-carcinoma"]}, 5),
        ({"excluded_labels": ["early-carcinoma"]}, 5),
        ({"min_reads": 2}, 0),
        ({"modalities": ["XC"]}, 10),
        ({"modalities": ["SM"]}, 0),
        ({"manufacturers": ["Maker"]}, 1),
        ({"models": ["One"]}, 1),
        ({"submitted_to": "2020-01-01"}, 0),
        ({"submitted_from": "2020-01-01", "submitted_to": "2999-01-01"}, 10),
    ],
)
def test_a_query_finds_what_was_read(world: World, query: dict[str, Any], expected: int) -> None:
    image = Image.objects.filter(campaign_images__campaign=world.campaign).first()
    assert image is not None
    Image.objects.filter(pk=image.pk).update(inspection={**image.inspection, "acquisition": {"manufacturer": "Maker", "model": "One"}})
    counts = world.ask("preview/", {**RECIPE, "query": query}).json()["counts"]
    assert counts["total"]["images"] == expected


def test_agreement_and_picking_by_hand(world: World) -> None:
    first = Read.objects.filter(campaign=world.campaign, reader=world.readers[0]).order_by("pk")
    (other,) = say(world.readers[1], world.campaign, "non-neoplastic-polyp")
    asked = {**RECIPE, "query": {"min_agreement": 51}}
    assert world.ask("preview/", asked).json()["counts"]["total"]["images"] == 9
    left = [str(read.image_id) for read in first.exclude(image=other.image_id)[:4]]
    asked["query"] = {"min_agreement": 51, "left_out": left}
    assert world.ask("preview/", asked).json()["counts"]["total"]["images"] == 5


def test_what_cannot_be_made_is_refused(world: World) -> None:
    elsewhere = make_campaign(make_society(), world.admin, images=1)
    for changes, pointer in (
        ({"shares": {"train": 60, "tune": 20, "test": 21}}, "/shares"),
        ({"strata": ["label", "label"]}, "/strata"),
        ({"query": {"campaigns": [str(elsewhere.pk)]}}, "/query/campaigns"),
    ):
        answer = world.ask("preview/", {**RECIPE, **changes})
        assert (answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["pointer"]) == (422, "dataset_invalid", pointer)
    assert world.ask("", {"code": "x", "name": {}, **RECIPE}).json()["error"]["code"] == "dataset_name_missing"
    empty = world.made(query={"labels": ["nothing"]})
    assert world.ask(f"{empty}/versions/", {}).json()["error"]["code"] == "dataset_empty"
    assert world.ask("", {"code": "colon", "name": {"en": "Again"}, **RECIPE}).json()["error"]["code"] == "slug_taken"


def test_a_training_export_holds_nothing_of_test(world: World) -> None:
    dataset = world.made()
    world.frozen(dataset)
    found = {split: world.files(dataset, split=split) for split in ("train", "tune")}
    tested = {str(key) for key in DatasetMember.objects.filter(split="test").values_list("image_id", flat=True)}
    assert [len(documents(files)) for files in found.values()] == [6, 2]
    assert len(tested) == 2
    assert not tested & (images_in(found["train"]) | images_in(found["tune"]))
    for document in documents(found["tune"]):
        assert validate_document(document) == []
        (membership,) = document["datasets"]
        assert membership == {"datasetId": dataset, "version": "1", "split": "tune", "assignment": "subject-hash", "locked": False}
    told = found["train"]["dataset.json"]
    assert (told["split"], told["version"], told["locked"]) == ("train", 1, False)
    assert "dataset.json" in {entry["name"] for entry in found["train"]["manifest.json"]["entries"]}
    assert Counter(DatasetExport.objects.values_list("split", "purpose")) == {("train", "training"): 1, ("tune", "training"): 1}


def test_the_test_split_is_opened_by_an_admin_for_evaluation_only_and_that_is_recorded(world: World) -> None:
    dataset = world.made()
    world.frozen(dataset)
    for by, asked in itertools.product(("exporter", "admin"), ({}, {"purpose": "training"}, {"purpose": "evaluation"})):
        if (by, asked) != ("admin", {"purpose": "evaluation"}):
            answer = world.export(dataset, by=by, split="test", **asked)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "test_set_locked")
    assert not DatasetExport.objects.exists()
    assert not ExportRun.objects.exists()
    files = world.files(dataset, by="admin", split="test", purpose="evaluation")
    assert {document["datasets"][0]["locked"] for document in documents(files)} == {True}
    (recorded,) = world.ask(f"{dataset}/versions/1/").json()["exports"]
    assert (recorded["split"], recorded["purpose"], recorded["by"]) == ("test", "evaluation", world.admin.username)
    assert len(recorded["digest"]) == 64
    assert world.export(dataset, by="admin", split="train").status_code == 404
    assert world.export(dataset, split="quarantine").status_code == 400
    assert world.export(dataset, split="train", format="nonsense").status_code == 400


def test_a_campaign_is_no_way_round_the_lock(world: World, client_of: Callable[[User], Client]) -> None:
    campaign = f"/api/campaigns/{world.campaign.pk}"
    before = world.clients["exporter"].get(f"{campaign}/export/")
    assert before.status_code == 200
    assert before.getvalue()
    dataset = world.made()
    world.frozen(dataset)
    refused = world.clients["exporter"].get(f"{campaign}/export/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "test_set_inside")
    tested = DatasetMember.objects.filter(split="test").values_list("subject", flat=True)
    members = DatasetMember.objects.all()
    assert tested
    for member in members:
        answer = world.clients["exporter"].get(f"{campaign}/images/{member.image_id}/document/")
        assert answer.status_code == (403 if member.subject in set(tested) else 200), member.split
        answer.close()
    both = client_of(make_person(world.society, "both", ADMIN, EXPORTER))
    for path in ("export/", f"images/{members[0].image_id}/document/"):
        answer = both.get(f"{campaign}/{path}")
        assert answer.status_code == 200, "who manages the campaign answers for it"
        answer.close()


def test_a_version_stays_as_it_was_whatever_is_read_later(world: World) -> None:
    dataset = world.made()
    first = world.frozen(dataset)
    before = b"".join(world.export(dataset, split="train").streaming_content)
    say(world.readers[1], world.campaign, *["early-carcinoma"] * 10)
    assert b"".join(world.export(dataset, split="train").streaming_content) == before
    second = world.frozen(dataset)
    assert second["digest"] != first["digest"]
    compared = world.ask(f"{dataset}/compare/?before=1&after=2").json()
    assert (compared["changed"]["count"], compared["moved"]["count"], compared["came"]["count"], compared["same"]) == (10, 0, 0, 0)
    assert world.ask(f"{dataset}/compare/?before=1&after=9").status_code == 404
    with pytest.raises(DatabaseError), transaction.atomic():
        DatasetMember.objects.update(split="train")
    for table in DATASET_TABLES:
        if table != "societies_subjectlink":
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608  # a constant


def test_who_comes_later_moves_nobody(world: World) -> None:
    dataset = world.made(query={"labels": ["adenoma"]})
    world.frozen(dataset)
    changed = world.ask(f"{dataset}/", {**RECIPE, "shares": {"train": 0, "tune": 0, "test": 100}}, method="put")
    assert changed.status_code == 200
    world.frozen(dataset)
    compared = world.ask(f"{dataset}/compare/?before=1&after=2").json()
    assert (compared["came"]["count"], compared["moved"]["count"], compared["same"]) == (5, 0, 5)
    assert {each["split"] for each in compared["came"]["images"]} == {"test"}


def test_persons_found_in_two_splits_stop_exports_and_go_to_quarantine(world: World) -> None:
    dataset = world.made()
    world.frozen(dataset)
    pair = [DatasetMember.objects.filter(split=split).order_by("pk")[0] for split in ("train", "test")]
    link = {"first_image_id": str(pair[0].image_id), "second_image_id": str(pair[1].image_id)}
    assert world.ask("links/", link, by="exporter").status_code == 404
    assert world.ask("links/", link, by="admin").status_code == 201
    assert world.ask("links/", link, by="admin").status_code == 201, "repeating it changes nothing"
    same = link | {"second_image_id": link["first_image_id"]}
    assert world.ask("links/", same, by="admin").json()["error"]["code"] == "same_subject"
    (leak,) = world.ask(f"{dataset}/versions/1/").json()["leaks"]
    assert leak["splits"] == ["test", "train"]
    answer = world.export(dataset, split="train")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "split_leaks")
    version = world.frozen(dataset)
    assert version["counts"]["splits"]["quarantine"] == {"images": 2, "subjects": 2, "persons": 1, "reads": 2, "marks": 4}
    held_back = {str(member.image_id) for member in pair}
    assert set(DatasetMember.objects.filter(version__number=2, split="quarantine").values_list("reason", flat=True)) == {
        "merged-across-splits"
    }
    for split in ("train", "tune"):
        assert not held_back & images_in(world.files(dataset, 2, split=split))
    compared = world.ask(f"{dataset}/compare/?before=1&after=2").json()
    assert {each["after"]["split"] for each in compared["moved"]["images"]} == {"quarantine"}


def test_the_same_file_under_two_subjects_is_one_person(world: World) -> None:
    twins = list(Image.objects.filter(campaign_images__campaign=world.campaign).order_by("pk")[:2])
    Image.objects.filter(pk__in=[twin.pk for twin in twins]).update(digest="ab" * 32)
    world.frozen(world.made())
    assert len(set(DatasetMember.objects.filter(image__in=twins).values_list("group", "split"))) == 1


def test_who_withdrew_is_in_no_version_and_in_no_export(world: World) -> None:
    dataset = world.made(shares={"train": 100, "tune": 0, "test": 0})
    world.frozen(dataset)
    image = Image.objects.filter(campaign_images__campaign=world.campaign).order_by("pk").first()
    assert image is not None
    withdraw_subject(campaign=world.campaign, image=image, user=world.admin)
    assert str(image.pk) not in images_in(world.files(dataset))
    assert world.frozen(dataset)["counts"]["total"]["images"] == 9


def test_each_campaign_of_a_version_is_exported_by_itself(world: World) -> None:
    more = make_campaign(world.society, world.admin, images=2, readers=world.readers)
    say(world.readers[0], more, "early-carcinoma", "early-carcinoma")
    dataset = world.made(shares={"train": 100, "tune": 0, "test": 0}, strata=["collection", "device"])
    version = world.frozen(dataset)
    assert len(version["campaigns"]) == 2
    assert world.export(dataset).json()["error"]["code"] == "campaign_needed"
    assert len(documents(world.files(dataset, campaign=str(more.pk)))) == 2
    assert len(documents(world.files(dataset, campaign=str(world.campaign.pk)))) == 10
    coco = world.files(dataset, campaign=str(more.pk), format="coco")
    assert coco["dataset.json"]["split"] == "train"


def test_the_datasheet_comes_in_both_languages_and_never_changes(world: World) -> None:
    dataset = world.made()
    version = world.frozen(dataset)
    english = world.ask(f"{dataset}/versions/1/datasheet/")
    assert english.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert version["digest"] in english.content.decode()
    assert "| train | 6 |" in english.content.decode()
    Campaign.objects.filter(pk=world.campaign.pk).update(name_en="Other", governance={"licence": "other"})
    assert world.ask(f"{dataset}/versions/1/datasheet/").content == english.content
    japanese = world.ask(f"{dataset}/versions/1/datasheet/?language=ja").content.decode()
    assert "| 学習用 | 6 |" in japanese


def test_a_list_of_datasets_costs_the_same_however_many_there_are(world: World, django_assert_num_queries: Any) -> None:
    for number in range(4):
        world.frozen(world.made(code=f"set-{number}"))
        make_image_row(world.campaign.collection)
    with django_assert_num_queries(8):
        assert len(world.ask("").json()["datasets"]) == 4
