"""Crops of a real image through the pixel workers, as the worker makes them; and never in a release."""

import io
import json
import uuid
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from annotation.exporters.registry import EXPORTERS
from annotation.models import Campaign
from annotation.schema.shapes import parse_geometry
from annotation.services.export_job_work import claim_export, execute_export
from annotation.services.export_jobs import file_path, request_export
from annotation.services.releases import request_release
from tests.annotation.document import objects
from viewer.api.errors import ApiError
from viewer.models import Collection
from viewer.services.ingest import ingest_file

pytestmark = [pytest.mark.django_db(transaction=True)]
PHOTOGRAPH = Path(__file__).resolve().parents[3] / "samples/dermatology/ISIC_0000001.jpg"


@pytest.fixture
def campaign(settings: Any, tmp_path: Path) -> Campaign:
    settings.DATA_DIR = tmp_path
    collection = Collection.objects.create(slug="skin", name="Skin")
    image = ingest_file(collection=collection, path_or_stream=PHOTOGRAPH, name="one.jpg").image
    assert image is not None
    made = objects.campaign(collection, [image], code="skin-2026")
    read = objects.read(made, image, objects.user("reader"))
    objects.mark(read, parse_geometry({"type": "Rectangle", "bbox": [100, 120, 60, 40]}), "box", "mass")
    return made


def test_a_crop_is_the_pixels_of_the_image(campaign: Campaign) -> None:
    user = objects.exporter_of(campaign)
    options = {"size_px": 0, "margin_percent": 0}
    request_export(campaign=campaign, user=user, request_id=uuid.uuid4(), format_name="crops", options=options)
    claimed = claim_export()
    assert claimed is not None
    job = execute_export(job=claimed)
    assert (job.state, job.error_code, job.done_count) == ("done", "", 1)
    with zipfile.ZipFile(io.BytesIO(file_path(job.pk).read_bytes())) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".png"))
        pixels = np.asarray(PillowImage.open(io.BytesIO(archive.read(name))).convert("RGB"))
        whole = np.asarray(PillowImage.open(PHOTOGRAPH).convert("RGB"))
        assert np.abs(pixels.astype(int) - whole[120:160, 100:160]).max() <= 2
        (row,) = json.loads(archive.read(next(one for one in archive.namelist() if one.endswith("/crops.json"))))
        assert (row["x"], row["y"], row["width"], row["height"], row["labels"]) == (100, 120, 60, 40, ["mass"])
        assert row["digest"] == campaign.campaign_images.get().image.digest


def test_no_release_holds_pictures(campaign: Campaign) -> None:
    assert "crops" not in EXPORTERS
    with pytest.raises(ApiError):
        request_release(
            campaign=campaign,
            user=campaign.created_by,
            tier="platform",
            format_name="crops",
            recipient="a platform",
            recipient_kind="academic",
            purpose="ai-research",
            expires_on=date(2099, 1, 1),
        )
