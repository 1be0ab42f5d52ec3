"""The text that images are found by, and the migration that writes it for those that are there."""

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.apps import apps

from viewer.models import Image
from viewer.services.ingest import IngestResult
from viewer.services.search_text import plain, search_text

Take = Callable[..., IngestResult]


def test_ways_of_writing_do_not_matter() -> None:
    assert plain("  ＡＰＥＲＩＯ　GT450\n ｱﾍﾟﾘｵ Straße ") == "aperio gt450 アペリオ strasse"


def test_everything_on_how_an_image_was_made_is_in_it() -> None:
    inspection = {"objective_power": 40.0, "acquisition": {"ProbeType": "C5-1", "MechanicalIndex": 0.8, "Stain": "H&E"}}
    text = search_text(name="肝.svs", modality="SM", series="Left lobe", inspection=inspection)
    assert text == "肝.svs sm left lobe 40x c5-1 0.8 h&e"
    assert search_text(name="a", modality="", series="", inspection={}) == "a"
    assert len(search_text(name="a" * 5000, modality="", series="", inspection={})) == 2000


@pytest.mark.django_db
def test_images_that_were_there_before_get_theirs(shared_data: Path, take: Take) -> None:
    image = take(shared_data / "dicom/ct/CT_small.dcm").image
    assert image is not None
    stored = Image.objects.get()
    assert "rhapsode" in stored.search_text
    Image.objects.update(search_text="")
    importlib.import_module("viewer.migrations.0002_catalogue_search")._fill(apps, None)
    assert Image.objects.get().search_text == stored.search_text
