"""Datasets from the query to the file, over the API."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from guardian.shortcuts import assign_perm

from annotation.models import Campaign, ExportRun, LabelSet, Read
from annotation.schema.validate import validate_document
from annotation.services.label_maps import publish_label_map
from annotation.services.label_sets import publish_label_set
from annotation.services.operations import apply_operations
from annotation.services.withdrawals import withdraw_subject
from societies.append_only import DATASET_TABLES
from societies.models import DatasetExport, DatasetMember, DatasetVersion, Society
from societies.services.worklist import claim_next, submit
from tests.factories import ADMIN, EXPORTER, READER, make_campaign, make_image_row, make_person, make_society, put_box, put_diagnosis
from viewer.models import Image

pytestmark = pytest.mark.django_db
RECIPE: dict[str, Any] = {"query": {}, "shares": {"train": 60, "tune": 20, "test": 20}, "strata": ["label"], "seed": "fixed"}


@dataclass
class World:
    society: Society
    admin: User
    exporter: User
    readers: tuple[User, User]
    campaign: Campaign
    clients: dict[str, Client]

    def ask(self, path: str = "", body: Any = None, *, by: str = "exporter", method: str = "post") -> Any:
        address = f"/api/societies/{self.society.slug}/datasets/{path}"
        if body is None and method == "post":
            return self.clients[by].get(address)
        return getattr(self.clients[by], method)(address, json.dumps(body), content_type="application/json")

    def made(self, **changes: Any) -> str:
        answer = self.ask("", {"code": "colon", "name": {"en": "Colon"}, **RECIPE, **changes})
        assert answer.status_code == 201, answer.content
        return str(answer.json()["id"])

    def frozen(self, dataset: str) -> dict[str, Any]:
        answer = self.ask(f"{dataset}/versions/", {})
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def files(self, dataset: str, number: int = 1, *, by: str = "exporter", **asked: str) -> dict[str, Any]:
        answer = self.export(dataset, number, by=by, **asked)
        assert answer.status_code == 200, answer.content
        zipped = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        return {name: json.loads(zipped.read(name)) for name in zipped.namelist() if name.endswith(".json")}

    def export(self, dataset: str, number: int = 1, *, by: str = "exporter", **asked: str) -> Any:
        address = f"/api/societies/{self.society.slug}/datasets/{dataset}/versions/{number}/export/"
        return self.clients[by].get(address, asked)


def images_in(files: dict[str, Any]) -> set[str]:
    return {image["id"] for document in documents(files) for image in document["images"]}


def documents(files: dict[str, Any]) -> list[dict[str, Any]]:
    return [content for content in files.values() if "documentId" in content]


def say(reader: User, campaign: Campaign, *diagnoses: str) -> list[Read]:
    """Read the next images of a campaign, with one diagnosis each."""
    reads = []
    for diagnosis in diagnoses:
        claimed = claim_next(user=reader, campaign=campaign)
        assert claimed is not None
        result = apply_operations(user=reader, read_id=claimed.read.pk, operations=[put_box(), put_diagnosis(diagnosis)])
        assert [each.status for each in result.results] == ["applied", "applied"]
        submit(user=reader, read_id=claimed.read.pk, sequence=result.sequence, active_seconds=3)
        reads.append(claimed.read)
    return reads


@pytest.fixture
def world(settings: Any, tmp_path: Any, client_of: Callable[[User], Client]) -> World:
    settings.DATA_DIR = tmp_path
    society = make_society()
    admin, exporter = make_person(society, "admin", ADMIN), make_person(society, "exporter", EXPORTER)
    readers = make_person(society, "first", READER), make_person(society, "second", READER)
    campaign = make_campaign(society, admin, images=10, readers=readers, reads_per_image=2)
    clients = {"admin": client_of(admin), "exporter": client_of(exporter)}
    world = World(society, admin, exporter, readers, campaign, clients)
    say(readers[0], campaign, *(["adenoma"] * 5 + ["early-carcinoma"] * 5))
    return world


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
