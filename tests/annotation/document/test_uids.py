"""What is exported and what DICOMweb answers name the same objects by the same UIDs, and neither by the hospital's."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from guardian.shortcuts import assign_perm

from annotation.models import Campaign
from annotation.schema.canonical import canonical_json
from annotation.schema.document import build_document
from annotation.schema.shapes import parse_geometry
from annotation.schema.validate import validate_document
from annotation.selectors.documents import campaign_facts, cases_of
from tests.annotation.document import objects
from viewer.models import Collection, Image

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@pytest.fixture
def loop() -> Image:
    return objects.image(Collection.objects.create(slug="echo", name="Echo"), "5f" * 32, frames=30)


def document_of(campaign: Campaign) -> dict[str, Any]:
    return build_document(next(cases_of(campaign, include_drafts=False)), campaign_facts(campaign))


def marked(loop: Image, sop_instance_uid: str) -> Campaign:
    campaign = objects.campaign(loop.collection, [loop])
    shape = parse_geometry({"type": "Point", "coordinates": [544, 362.5]})
    read = objects.read(campaign, loop, objects.user("suzuki"))
    objects.mark(read, shape, "point", "mass", frame=3, sop_instance_uid=sop_instance_uid)
    return campaign


def test_a_document_joins_with_dicomweb(loop: Image) -> None:
    hospital = loop.instances.get().sop_instance_uid
    document = document_of(marked(loop, hospital))
    person = User.objects.create_user("viewer")
    assign_perm("view_collection", person, loop.collection)
    client = Client()
    client.force_login(person)
    (found,) = client.get("/dicomweb/instances").json()
    (image,), (mark,) = document["images"], document["annotations"]
    assert image["dicom"] == {
        "studyInstanceUID": found["0020000D"]["Value"][0],
        "seriesInstanceUID": found["0020000E"]["Value"][0],
        "instances": [
            {"sopClassUID": found["00080016"]["Value"][0], "sopInstanceUID": found["00080018"]["Value"][0], "numberOfFrames": 30}
        ],
        "uidsReplaced": True,
    }
    assert mark["target"]["sopInstanceUID"] == found["00080018"]["Value"][0]
    assert json.dumps(hospital)[1:-1] not in canonical_json(document).decode()
    assert validate_document(document) == []


def test_a_mark_on_a_file_that_is_no_longer_known_names_none(loop: Image) -> None:
    (mark,) = document_of(marked(loop, "1.2.840.99"))["annotations"]
    assert mark["target"]["frame"] == 3
    assert "sopInstanceUID" not in mark["target"]
