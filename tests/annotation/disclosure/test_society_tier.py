"""What a society receives of a facility: names of its own for every subject, in every format, and nothing that leads back."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.test import Client

from annotation.disclosure.cases import society_case
from annotation.disclosure.tiers import Hop, Tier
from annotation.exporters.registry import EXPORTERS
from annotation.models import Campaign
from annotation.schema.document import build_document
from annotation.schema.shapes import parse_geometry
from annotation.selectors.documents import campaign_facts, cases_of, get_case
from annotation.services.export import export_campaign, export_case
from annotation.services.society_hops import hop_of_campaign, hop_of_dataset
from tests.annotation.disclosure.test_tiers import receiver
from tests.annotation.document import objects
from viewer.models import Collection, Study

BOX = parse_geometry({"type": "Rectangle", "bbox": [10, 20, 30, 40]})
SUBJECTS = ("0a1b2c3d" * 8, "5f6e7d8c" * 8)


def make(collection: Collection, code: str) -> Campaign:
    slides = [objects.image(collection, pseudonym) for pseudonym in SUBJECTS]
    made = objects.campaign(collection, slides, code=code)
    for slide in slides:
        objects.mark(objects.read(made, slide, objects.user("reader")), BOX, "box", "mass")
    return made


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make(Collection.objects.create(slug="biopsies", name="Biopsies"), "biopsies-2026")


def pseudonyms(campaign: Campaign) -> list[str]:
    return sorted(case.subject.value for case in cases_of(campaign, include_drafts=False))


@pytest.mark.parametrize("name", EXPORTERS)
def test_no_pseudonym_of_the_site_is_in_any_byte_of_an_export(campaign: Campaign, name: str) -> None:
    export = export_campaign(campaign=campaign, user=None, format_name=name, include_drafts=False)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(export.chunks())))
    everything = b"".join(member.encode() + archive.read(member) for member in archive.namelist())
    assert everything
    for pseudonym in SUBJECTS:
        # the shortest part of it that any format writes
        assert pseudonym[:16].encode() not in everything
        assert bytes.fromhex(pseudonym)[:8] not in everything


def test_nor_in_the_document_of_one_case(campaign: Campaign) -> None:
    image = campaign.campaign_images.earliest("pk").image
    written = export_case(campaign=campaign, image=image, user=None, include_drafts=False)
    text = b"".join(written.chunks()).decode() + written.file_name
    assert all(pseudonym[:16] not in text for pseudonym in SUBJECTS)


def test_a_subject_has_one_name_in_a_campaign_and_another_in_the_next(campaign: Campaign) -> None:
    again = make(campaign.collection, "biopsies-2027")
    first, second = pseudonyms(campaign), pseudonyms(again)
    assert first == pseudonyms(campaign)
    assert len({*first, *second, *SUBJECTS}) == 6
    assert {hop_of_dataset(again.pk, 1).key, hop_of_dataset(again.pk, 2).key}.isdisjoint({hop_of_campaign(again.pk).key})


def test_images_of_one_subject_stay_together(campaign: Campaign) -> None:
    Study.objects.update(subject_pseudonym=SUBJECTS[0])
    (case,) = cases_of(campaign, include_drafts=False)
    assert len(case.images) == 2


def test_an_image_that_names_nobody_gets_another_name_too(campaign: Campaign) -> None:
    image = campaign.campaign_images.earliest("pk").image
    Study.objects.filter(series__images=image).update(subject_pseudonym="")
    inside = get_case(campaign, image_id=image.pk, include_drafts=True, of_facility=True)
    outside = get_case(campaign, image_id=image.pk, include_drafts=True)
    assert (inside.name, inside.subject.scheme) == (outside.name, "random")
    assert inside.subject.value != outside.subject.value


def test_a_receiver_refuses_a_pseudonym_of_the_site(campaign: Campaign) -> None:
    (case, _) = cases_of(campaign, include_drafts=False)
    document: dict[str, Any] = build_document(case, campaign_facts(campaign))
    assert document["subject"]["pseudonyms"][0]["domain"] == f"campaign:{campaign.pk}"
    assert receiver().is_valid(document)
    document["subject"]["pseudonyms"][0]["scheme"] = "facility-hmac-sha256"
    assert not receiver().is_valid(document)
    document["disclosureTier"] = "facility"
    assert receiver().is_valid(document)


def test_the_hop_goes_to_the_society_only(campaign: Campaign) -> None:
    (case, _) = cases_of(campaign, include_drafts=False)
    with pytest.raises(ValueError, match="platform"):
        society_case(case, Hop(Tier.PLATFORM, "x", b"k"))


def test_the_export_of_the_page_is_re_keyed(campaign: Campaign) -> None:
    client = Client()
    client.force_login(objects.exporter_of(campaign))
    answer = client.get(f"/api/campaigns/{campaign.pk}/export/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    names = [name for name in archive.namelist() if name.startswith("documents/")]
    assert sorted(names) == sorted(f"documents/subject-{value[:32]}.json" for value in pseudonyms(campaign))
