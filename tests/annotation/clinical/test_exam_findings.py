"""Findings of a whole examination: which images, frames and marks they may cite, and how they leave and come back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from guardian.shortcuts import assign_perm

from annotation.datasets.restrict import restricted_case
from annotation.disclosure.cases import disclosed_campaign, disclosed_case
from annotation.disclosure.tiers import Hop, Tier
from annotation.models import Annotation, Campaign, CampaignImage, Read
from annotation.schema.document import build_document
from annotation.schema.facts import DatasetFacts
from annotation.schema.validate import validate_document
from annotation.selectors.documents import campaign_facts, get_case
from annotation.selectors.imports import import_json
from annotation.services.mark_imports import ImportRun, confirm_import
from annotation.services.operations import OperationResult, apply_operations
from tests.annotation.importers.objects import looked_at, worked
from tests.annotation.marking.objects import body, delete, diagnosis, make_image, make_read, make_user, put
from viewer.models import Image, Study


@dataclass
class Exam:
    """Two slides and a clip of one subject, and a slide of another one; a reader with a read of the first and of the clip."""

    slide: Read
    clip: Read
    second: Image
    stranger: Image

    @property
    def reader(self) -> User:
        return self.slide.reader


def of_subject(image: Image, pseudonym: str) -> Image:
    Study.objects.filter(series__images=image).update(subject_pseudonym=pseudonym)
    return image


@pytest.fixture
def exam(campaign: Campaign) -> Exam:
    slide = of_subject(Image.objects.get(campaign_images__campaign=campaign), "ab" * 16)
    second = of_subject(make_image(campaign.collection), "ab" * 16)
    clip = of_subject(make_image(campaign.collection, kind="frames", frames=8), "ab" * 16)
    stranger = make_image(campaign.collection)
    for image in (second, clip, stranger):
        CampaignImage.objects.create(campaign=campaign, image=image)
    reader = make_user()
    first = make_read(campaign, reader=reader, image=slide)
    return Exam(first, make_read(campaign, reader=reader, image=clip), second, stranger)


def cite(image: Image | uuid.UUID, frame: int | None = None, mark: uuid.UUID | None = None) -> dict[str, Any]:
    key = image.pk if isinstance(image, Image) else image
    return {"image_id": str(key), "frame": frame, "annotation_id": str(mark) if mark else None}


def finding(*cites: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return body(granularity="exam", geometry=None, labels=["carcinoma"], cites=[*cites]) | changes


def save(read: Read, *operations: dict[str, Any]) -> list[OperationResult]:
    return apply_operations(user=read.reader, read_id=read.pk, operations=operations).results


def marked(exam: Exam) -> uuid.UUID:
    """Return a mark on the clip."""
    key = uuid.uuid4()
    box = {"type": "Rectangle", "bbox": [10, 10, 20, 20]}
    (result,) = save(exam.clip, put(key, said=body(granularity="box", geometry=box, frame=3)))
    assert result.status == "applied", result.error
    return key


def stated(exam: Exam) -> Annotation:
    """Return a finding that a slide, a frame and a mark show."""
    mark, key = marked(exam), uuid.uuid4()
    said = finding(
        cite(exam.slide.image_id),
        cite(exam.clip.image_id, 5),
        cite(exam.clip.image_id, 3, mark),
        cite(exam.second),
        text="胃体部まで",
        certainty="probable",
        basis=[{"method": "CT", "status": "supports"}],
    )
    (result,) = save(exam.slide, put(key, said=said))
    assert result.status == "applied", result.error
    return Annotation.objects.get(pk=key)


def document(exam: Exam, tier: Tier | None = None) -> dict[str, Any]:
    facts, case = campaign_facts(exam.slide.campaign), get_case(exam.slide.campaign, image_id=exam.slide.image_id, include_drafts=True)
    if tier is None:
        return build_document(case, facts)
    hop = Hop(tier, str(uuid.uuid4()), b"k" * 32)
    governed = disclosed_campaign(facts, hop, pixels_confirmed_by="person-aaaaaaaaaaaaaaaa")
    return build_document(disclosed_case(case, hop), governed)


def told(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in document["annotations"] if "cites" in one)
    return dict(found)


def test_a_finding_is_saved_changed_deleted_and_brought_back_like_every_mark(exam: Exam) -> None:
    key = uuid.uuid4()
    operation = put(key, said=finding(cite(exam.slide.image_id)))
    assert save(exam.slide, operation)[0].status == "applied"
    assert save(exam.slide, operation)[0].status == "replayed"
    (changed,) = save(exam.slide, put(key, 1, said=finding(cite(exam.slide.image_id), cite(exam.clip.image_id, 7))))
    assert changed.annotation is not None
    assert changed.annotation["cites"] == [cite(exam.slide.image_id), cite(exam.clip.image_id, 7)]
    assert save(exam.slide, put(key, 1, said=finding(cite(exam.second))))[0].status == "conflict"
    assert save(exam.slide, delete(key, 2))[0].status == "applied"
    assert save(exam.slide, put(key, 3, said=finding(cite(exam.second))))[0].status == "applied"
    assert [one.verb for one in Annotation.objects.get(pk=key).revisions.all()] == ["create", "update", "delete", "restore"]


def test_it_is_no_diagnosis_of_the_image(exam: Exam) -> None:
    results = save(exam.slide, put(said=finding(cite(exam.second))), put(said=diagnosis()), put(said=finding(cite(exam.slide.image_id))))
    assert [one.status for one in results] == ["applied"] * 3


def test_a_saved_finding_is_answered_as_repeated_also_when_what_it_cites_was_deleted(exam: Exam) -> None:
    mark = marked(exam)
    operation = put(uuid.uuid4(), said=finding(cite(exam.clip.image_id, 3, mark)))
    assert save(exam.slide, operation)[0].status == "applied"
    assert save(exam.clip, delete(mark, 1))[0].status == "applied"
    assert save(exam.slide, operation)[0].status == "replayed"


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"cites": []}, "cites_malformed", "/annotation/cites"),
        ({"cites": "all"}, "cites_malformed", "/annotation/cites"),
        ({"cites": None}, "cites_malformed", "/annotation/cites"),
        ({"cites": [{"image_id": "x"}]}, "cites_malformed", "/annotation/cites/0/image_id"),
        ({"cites": [{"image_id": str(uuid.uuid4()), "frame": True}]}, "cites_malformed", "/annotation/cites/0/frame"),
        ({"cites": [{"image_id": str(uuid.uuid4()), "frame": -1}]}, "cites_malformed", "/annotation/cites/0/frame"),
        ({"cites": [{"image_id": str(uuid.uuid4()), "more": 1}]}, "cites_malformed", "/annotation/cites/0"),
        ({"cites": [{"image_id": str(uuid.uuid4())}]}, "cited_image_unknown", "/annotation/cites/0/image_id"),
        ({"granularity": "diagnosis"}, "cites_malformed", "/annotation/cites"),
        ({"frame": 1}, "cites_malformed", "/annotation/cites"),
        ({"labels": []}, "label_missing", "/annotation/labels"),
        ({"labels": ["nothing"]}, "unknown_label", "/annotation/labels/0"),
        ({"certainty": "quite"}, "unknown_certainty", "/annotation/certainty"),
    ],
)
def test_what_is_no_finding_is_refused_with_its_place(exam: Exam, changes: dict[str, Any], code: str, pointer: str) -> None:
    (result,) = save(exam.slide, put(said=finding(cite(exam.second)) | changes))
    assert result.error is not None
    assert (result.error.code, result.error.pointer) == (code, pointer)
    assert not Annotation.objects.filter(granularity="exam").exists()


def test_only_the_examination_is_cited_its_frames_and_the_readers_own_marks(exam: Exam) -> None:
    other = make_read(exam.slide.campaign, image=exam.clip.image)
    foreign = uuid.uuid4()
    assert save(other, put(foreign, said=diagnosis()))[0].status == "applied"
    mark = marked(exam)
    for said, code in (
        (cite(exam.stranger), "cited_image_unknown"),
        (cite(exam.clip.image_id, 8), "frame_outside_image"),
        (cite(exam.second, 0), "frame_outside_image"),
        (cite(exam.clip.image_id, None, foreign), "cited_mark_unknown"),
        (cite(exam.second, None, mark), "cited_mark_unknown"),
        (cite(exam.second, None, uuid.uuid4()), "cited_mark_unknown"),
    ):
        (result,) = save(exam.slide, put(said=finding(said)))
        assert (result.status, result.error and result.error.code) == ("rejected", code)
    twice = save(exam.slide, put(said=finding(cite(exam.second), cite(exam.second))))[0]
    assert twice.error is not None
    assert twice.error.code == "cites_malformed"


def test_every_read_of_the_examination_shows_it_to_its_reader_only(exam: Exam, client_of: Callable[[User], Client]) -> None:
    found = stated(exam)
    client = client_of(exam.reader)
    here = client.get(f"/api/reads/{exam.slide.pk}/exam/").json()
    assert {one["id"] for one in here["images"]} == {str(exam.slide.image_id), str(exam.clip.image_id), str(exam.second.pk)}
    by_id = {one["id"]: one for one in here["images"]}
    assert [mark["frame"] for mark in by_id[str(exam.clip.image_id)]["marks"]] == [3]
    assert by_id[str(exam.second.pk)]["read_url"] is None
    assert here["findings"] == []
    there = client.get(f"/api/reads/{exam.clip.pk}/exam/").json()
    (one,) = there["findings"]
    assert (one["annotation"]["id"], one["image_id"]) == (str(found.pk), str(exam.slide.image_id))
    assert client.get(f"/api/reads/{exam.slide.pk}/").json()["has_exam"] is True
    other = make_read(exam.slide.campaign, image=exam.slide.image)
    theirs = client_of(other.reader).get(f"/api/reads/{other.pk}/exam/").json()
    assert theirs["findings"] == []
    assert all(not one["marks"] and one["read_url"] in (None, f"/reads/{other.pk}/") for one in theirs["images"])
    assert client_of(other.reader).get(f"/api/reads/{exam.slide.pk}/exam/").status_code == 404


def test_its_queries_do_not_grow_with_images_and_marks(
    exam: Exam, client_of: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    client = client_of(exam.reader)
    for _ in range(12):
        image = of_subject(make_image(exam.slide.campaign.collection), "ab" * 16)
        CampaignImage.objects.create(campaign=exam.slide.campaign, image=image)
        save(make_read(exam.slide.campaign, reader=exam.reader, image=image), put(said=body()), put(said=finding(cite(image))))
    with django_assert_max_num_queries(14):
        found = client.get(f"/api/reads/{exam.slide.pk}/exam/").json()
    assert (len(found["images"]), len(found["findings"])) == (15, 12)


def test_an_image_alone_or_that_names_nobody_has_no_examination(campaign: Campaign, client_of: Callable[[User], Client]) -> None:
    read = make_read(campaign)
    of_subject(read.image, "")
    CampaignImage.objects.create(campaign=campaign, image=of_subject(make_image(campaign.collection), ""))
    assert client_of(read.reader).get(f"/api/reads/{read.pk}/").json()["has_exam"] is False


def test_the_document_holds_it_with_all_that_shows_it(exam: Exam) -> None:
    found = stated(exam)
    made = document(exam)
    assert validate_document(made) == []
    said = told(made)
    assert said["target"] == {"scope": "case", "imageId": str(exam.slide.image_id)}
    assert (said["granularity"], said["text"], said["confidence"]) == ("diagnosis", {"ja": "胃体部まで"}, {"category": "probable"})
    assert found.cites is not None
    assert said["cites"] == [
        {"imageId": str(exam.slide.image_id)},
        {"imageId": str(exam.clip.image_id), "frame": 5},
        {"imageId": str(exam.clip.image_id), "frame": 3, "annotationId": found.cites[2]["annotation_id"]},
        {"imageId": str(exam.second.pk)},
    ]


def test_a_mark_that_the_document_lacks_is_cited_by_its_place(exam: Exam) -> None:
    found = stated(exam)
    assert found.cites is not None
    save(exam.clip, delete(found.cites[2]["annotation_id"], 1))
    assert {"imageId": str(exam.clip.image_id), "frame": 3} in told(document(exam))["cites"]


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        (lambda one: one["cites"][0].update(imageId="gone"), "unknown_image", "/cites/0/imageId"),
        (lambda one: one["cites"][1].update(frame=8), "frame_outside_image", "/cites/1/frame"),
        (lambda one: one["cites"][2].update(annotationId=str(uuid.uuid4())), "unknown_annotation", "/cites/2/annotationId"),
        (lambda one: one["cites"][2].update(imageId=one["cites"][3]["imageId"], frame=0), "unknown_annotation", "/cites/2/annotationId"),
        (lambda one: one["target"].update(scope="image"), "schema_violation", "/target/scope"),
        (lambda one: one["cites"].clear(), "schema_violation", "/cites"),
    ],
)
def test_a_document_whose_citations_lead_nowhere_is_refused(exam: Exam, change: Callable[[Any], Any], code: str, pointer: str) -> None:
    stated(exam)
    made = document(exam)
    del made["contentHash"]
    index = next(number for number, one in enumerate(made["annotations"]) if "cites" in one)
    change(made["annotations"][index])
    problems = {(problem.code, problem.pointer) for problem in validate_document(made)}
    assert (code, f"/annotations/{index}{pointer}") in problems


@pytest.mark.parametrize("tier", [Tier.PLATFORM, Tier.THIRD_PARTY])
def test_a_release_renames_what_is_cited_and_keeps_no_words(exam: Exam, tier: Tier) -> None:
    found = stated(exam)
    campaign = exam.slide.campaign
    campaign.governance = {
        "consent": {"mode": "opt-out", "withdrawn": False},
        "ethics": [{"committee": "c", "approvalNumber": "1"}],
        "thirdPartyProvision": {"allowed": True, "recipients": ["academic"]},
        "ownership": {"images": "a", "annotations": "b", "dataset": "c"},
        "licence": "CC-BY-4.0",
    }
    campaign.save()
    exam.slide.refresh_from_db()
    exam.slide.campaign = campaign
    made = document(exam, tier)
    assert validate_document(made) == []
    text = json.dumps(made, ensure_ascii=False)
    for secret in (str(found.pk), str(exam.slide.image_id), str(exam.clip.image_id), "胃体部"):
        assert secret not in text
    said = told(made)
    ids = {one["id"] for one in made["annotations"]}
    assert said["cites"][2]["annotationId"] in ids
    assert [one.get("frame") for one in said["cites"]] == [None, 5, 3, None]


def test_a_dataset_keeps_what_its_images_show(exam: Exam) -> None:
    stated(exam)
    membership = DatasetFacts("d", "1", "train", "manual", locked=False)
    reads = {str(exam.slide.image_id): [str(exam.slide.pk)]}
    case = get_case(exam.slide.campaign, image_id=exam.slide.image_id, include_drafts=True)
    cut = restricted_case(case, reads, membership)
    assert cut is not None
    made = build_document(cut, campaign_facts(exam.slide.campaign))
    assert told(made)["cites"] == [{"imageId": str(exam.slide.image_id)}]
    case = get_case(exam.slide.campaign, image_id=exam.slide.image_id, include_drafts=True)
    cut = restricted_case(case, {str(exam.clip.image_id): [str(exam.clip.pk)]}, membership)
    assert cut is not None
    assert cut.findings == ()


def test_a_document_comes_in_with_its_findings_and_goes_out_the_same(exam: Exam) -> None:
    stated(exam)
    made = document(exam)
    colleague = make_read(exam.slide.campaign, image=exam.slide.image)
    assign_perm("viewer.view_collection", colleague.reader, exam.slide.campaign.collection)
    run = looked_at(colleague, made, name="case.json")
    rows = import_json(run)
    assert rows["groups"] != {"label": "mitate"}
    labels = {row["key"]: row["proposed"] for row in rows["labels"]}
    confirm_import(run=run, labels=labels)
    done = worked()
    assert (done.state, done.result["created"], done.result["left_out"]) == (ImportRun.State.DONE, 2, {})
    brought = Annotation.objects.get(granularity="exam", read__reader=colleague.reader)
    original = Annotation.objects.get(granularity="exam", read__reader=exam.reader)
    (mark,) = Annotation.objects.filter(granularity="box", read__reader=colleague.reader)
    assert brought.cites is not None
    assert original.cites is not None
    assert brought.cites[2]["annotation_id"] == str(mark.pk)
    assert [(one["image_id"], one["frame"]) for one in brought.cites] == [(one["image_id"], one["frame"]) for one in original.cites]
    members = ("labels", "text", "certainty", "basis", "active_seconds")
    assert [getattr(brought, name) for name in members] == [getattr(original, name) for name in members]
    assert Read.objects.get(pk=brought.read_id).image_id == exam.slide.image_id
