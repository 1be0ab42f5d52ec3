"""Label sets, forms and campaigns: published once, checked before anything is stored."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from annotation.models import Campaign, FormDefinition, Label, LabelSet
from annotation.services.campaigns import add_images, close_campaign, create_campaign, reopen_campaign
from annotation.services.label_sets import publish_form, publish_label_set
from tests.annotation.marking.objects import DIAGNOSIS, FORM_SCHEMA, LABELS, make_collection, make_image, make_label_set, make_user
from viewer.api.errors import ApiError
from viewer.models import Image

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
NAME = {"ja": "胃生検", "en": "gastric biopsy"}


def publish(labels: Any = LABELS, name: Any = NAME) -> LabelSet:
    return publish_label_set(slug="gastric", version="1.0", name=name, labels=labels)


def refused(function: Any, *arguments: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        function(*arguments, **named)
    return caught.value.code, caught.value.pointer


def changed(index: int, **members: Any) -> list[Any]:
    labels = copy.deepcopy(LABELS)
    labels[index] |= members
    return labels


def test_a_published_label_set_stays_as_it_is() -> None:
    first = publish()
    assert publish() == first
    assert LabelSet.objects.count() == 1
    assert list(first.labels.values_list("code", flat=True)) == ["tumour", "stroma", "carcinoma", "adenoma", "abnormal"]
    adenoma = Label.objects.get(code="adenoma")
    assert adenoma.parent is not None
    assert (adenoma.parent.code, adenoma.granularities, adenoma.position) == ("carcinoma", ["diagnosis"], 3)
    for other in (changed(0, colour="#000000"), LABELS[:-1], [*LABELS[1:], LABELS[0]], changed(3, parent=None)):
        assert refused(publish, other) == ("version_published", "")
    assert refused(publish, LABELS, NAME | {"en": "other"}) == ("version_published", "")
    assert publish_label_set(slug="gastric", version="1.1", name=NAME, labels=LABELS[:-1]) != first


@pytest.mark.parametrize(
    ("labels", "pointer"),
    [
        ([], "/labels"),
        (changed(1, code="tumour"), "/labels/1/code"),
        (changed(1, code="a b"), "/labels/1/code"),
        (changed(1, role="opinion"), "/labels/1/role"),
        (changed(1, display={"ja": "間質"}), "/labels/1/display"),
        (changed(1, colour="red"), "/labels/1/colour"),
        (changed(1, key="12"), "/labels/1/key"),
        (changed(1, key="1"), "/labels/1/key"),
        (changed(1, parent="adenoma"), "/labels/1/parent"),
        (changed(1, granularities=["galaxy"]), "/labels/1/granularities"),
    ],
)
def test_a_label_set_that_makes_no_sense(labels: Any, pointer: str) -> None:
    assert refused(publish, labels) == ("label_set_invalid", pointer)
    assert not LabelSet.objects.exists()


def test_a_published_form_stays_as_it_is() -> None:
    first = publish_form(slug="fundus", version="1.0", schema=FORM_SCHEMA, ui={"order": ["eye"]})
    assert publish_form(slug="fundus", version="1.0", schema=FORM_SCHEMA, ui={"order": ["eye"]}) == first
    assert refused(publish_form, slug="fundus", version="1.0", schema=FORM_SCHEMA, ui={}) == ("version_published", "")
    assert FormDefinition.objects.count() == 1


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array"},
        {"type": "object", "properties": {"eye": {"type": "letter"}}},
        {"type": "object", "$ref": "http://127.0.0.1:1/schema.json"},
        {"type": "object", "$ref": "#/$defs/missing"},
    ],
)
def test_a_form_that_is_no_schema(schema: dict[str, Any]) -> None:
    assert refused(publish_form, slug="fundus", version="1.0", schema=schema, ui={})[0] == "form_schema_invalid"
    assert not FormDefinition.objects.exists()


def make(images: list[Image], **changes: Any) -> Campaign:
    description: dict[str, Any] = {
        "user": make_user("admin"),
        "collection": images[0].collection,
        "images": images,
        "label_set": make_label_set(),
        "form": None,
        "endpoint": None,
        "code": "gastric-2026",
        "name": NAME,
        "protocol": {"ja": "囲む", "en": "Outline it"},
        "protocol_version": "1.0",
        "document_project": {"society": "JSP"},
        "granularities": ["region"],
        "tools": ["polygon"],
        "diagnosis": DIAGNOSIS,
        "governance": {"consent": {"mode": "opt-out", "withdrawn": False}},
    }
    return create_campaign(**description | changes)


def test_a_campaign_freezes_its_images() -> None:
    collection = make_collection()
    images = [make_image(collection) for _number in range(3)]
    campaign = make(images[:2])
    assert [Image.objects.get(pk=image.pk).frozen_at is not None for image in images] == [True, True, False]
    assert add_images(campaign=campaign, images=images) == 1
    assert add_images(campaign=campaign, images=images) == 0
    assert campaign.campaign_images.count() == 3
    assert campaign.diagnosis == DIAGNOSIS
    assert close_campaign(campaign=campaign).state == "closed"
    assert reopen_campaign(campaign=campaign).state == "open"


def test_an_image_of_another_collection_is_refused_with_the_campaign() -> None:
    image, foreign = make_image(make_collection()), make_image(make_collection())
    assert refused(make, [image, foreign])[0] == "image_not_in_collection"
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"granularities": []}, "/granularities"),
        ({"granularities": ["galaxy"]}, "/granularities"),
        ({"tools": ["laser"]}, "/tools"),
        ({"name": {"ja": "胃"}}, "/name"),
        ({"reads_per_image": 0}, "/reads_per_image"),
        ({"lease_minutes": 0}, "/lease_minutes"),
        ({"diagnosis": {"mandatory": True}}, "/diagnosis"),
        ({"diagnosis": {"label_roles": ["opinion"]}}, "/diagnosis/label_roles"),
        ({"diagnosis": {"basis_methods": ["gut"]}}, "/diagnosis/basis_methods"),
    ],
)
def test_a_campaign_that_makes_no_sense(changes: dict[str, Any], pointer: str) -> None:
    assert refused(make, [make_image(make_collection())], **changes) == ("campaign_invalid", pointer)


def test_a_campaign_code_is_used_once() -> None:
    collection = make_collection()
    make([make_image(collection)])
    assert refused(make, [make_image(collection)]) == ("campaign_invalid", "/code")
