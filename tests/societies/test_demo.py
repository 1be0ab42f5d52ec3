"""The demo: everything is there after one call, and a second call finds nothing to do."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from annotation.models import Campaign, SuggestionRun
from societies.models import Assignment
from societies.packs import pack_slugs
from societies.services.worklist import claim_next
from viewer.models import Image

pytestmark = pytest.mark.django_db


def demo() -> str:
    said = io.StringIO()
    call_command("demo", stdout=said)
    return said.getvalue()


@pytest.mark.long
def test_the_demo_is_whole_and_made_once(settings: Any, tmp_path: Path, django_assert_max_num_queries: Any) -> None:
    settings.DATA_DIR = tmp_path
    first = demo()
    assert "jsp-reader1" in first
    campaigns = Campaign.objects.select_related("owner__society", "endpoint")
    assert sorted(campaign.owner.society.slug for campaign in campaigns) == pack_slugs()
    for campaign in campaigns:
        slug = campaign.owner.society.slug
        assert campaign.campaign_images.count() >= 3, slug
        assert {
            role: User.objects.get(username=f"{slug}-{role}").is_superuser for role in ("admin", "reader1", "exporter")
        } == dict.fromkeys(("admin", "reader1", "exporter"), False)
        assert claim_next(user=User.objects.get(username=f"{slug}-reader1"), campaign=campaign) is not None
        asked = SuggestionRun.objects.filter(campaign=campaign, state=SuggestionRun.State.QUEUED).count()
        assert asked == (campaign.campaign_images.count() if campaign.endpoint else 0), slug
    assert Campaign.objects.filter(endpoint=None).count() == 1, "radiology has no reference model"
    counts = [model.objects.count() for model in (User, Image, Campaign, SuggestionRun, Assignment)]
    with django_assert_max_num_queries(len(pack_slugs())):  # a second start is quick
        assert demo().count("Loading") == 0
    assert [model.objects.count() for model in (User, Image, Campaign, SuggestionRun, Assignment)] == counts
    # The volume in CT is one image with its frames.
    stack = Image.objects.filter(collection__slug="jrs-demo", frame_count=3).get()
    assert stack.kind == Image.Kind.FRAMES
    assert stack.modality == "CT"
