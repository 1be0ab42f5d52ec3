"""A scale that no file states: entered by a person with the right, kept with who and when, used from then on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.viewer.catalogue.conftest import client_with
from viewer.models import Collection, Image, ImageScale
from viewer.services.ingest import IngestResult
from viewer.services.placing import Arrival, describe
from viewer.services.scales import enter_scale

Take = Callable[..., IngestResult]


@pytest.fixture
def unscaled(take: Take, shared_data: Path) -> Image:
    image = take(shared_data / "wsi/generic-tiff/grey16_tiled.tif").image
    assert image is not None
    assert image.spacing_x_um is None
    return image


def put(client: Client, image: Image, **body: Any) -> Any:
    return client.put(f"/api/images/{image.pk}/scale/", json.dumps(body), content_type="application/json")


def test_it_is_entered_changed_and_taken_back_with_a_history(unscaled: Image, uploader: Client, reader: Client) -> None:
    User.objects.filter(username="uploader").update(first_name="Hana", last_name="Mori")
    empty = {"spacing": None, "can_enter": True, "entries": []}
    assert uploader.get(f"/api/images/{unscaled.pk}/scale/").json() == empty
    assert reader.get(f"/api/images/{unscaled.pk}/scale/").json() == {**empty, "can_enter": False}
    first = put(uploader, unscaled, x_um=0.25, y_um=0.25)
    assert first.status_code == 200
    assert first.json()["spacing"] == {"x_um": 0.25, "y_um": 0.25, "source": "manual-calibration"}
    assert [(entry["revision"], entry["by"]) for entry in first.json()["entries"]] == [(1, "Hana Mori")]
    assert put(uploader, unscaled, x_um=0.5, y_um=0.5).status_code == 200
    manifest = reader.post(f"/api/images/{unscaled.pk}/open/").json()
    assert manifest["spacing"] == {"x_um": 0.5, "y_um": 0.5, "source": "manual-calibration"}
    back = put(uploader, unscaled, x_um=None, y_um=None).json()
    assert (back["spacing"], back["can_enter"]) == (None, True)
    assert [(entry["revision"], entry["x_um"]) for entry in back["entries"]] == [(3, None), (2, 0.5), (1, 0.25)]
    assert reader.get(f"/api/images/{unscaled.pk}/").json()["spacing"] is None


def test_only_who_may_add_images_enters_it(unscaled: Image, reader: Client, stranger: Client, client: Client) -> None:
    statuses = [put(asker, unscaled, x_um=0.25, y_um=0.25).status_code for asker in (reader, stranger, client)]
    assert statuses == [403, 404, 401]
    assert not ImageScale.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"x_um": 25.0, "y_um": 25.0}, "scale_implausible"),  # no slide is that coarse
        ({"x_um": 0.0, "y_um": 0.25}, "scale_implausible"),
        ({"x_um": -1, "y_um": -1}, "scale_implausible"),
        ({"x_um": 0.01, "y_um": 0.25}, "scale_implausible"),  # far from square
        ({"x_um": 0.25, "y_um": None}, "scale_implausible"),
        ({"x_um": 0.25}, "invalid"),
        ({"x_um": "0,25", "y_um": "0,25"}, "invalid"),
        ({"x_um": "NaN", "y_um": "NaN"}, "invalid"),
        ({"x_um": "Infinity", "y_um": "Infinity"}, "invalid"),
    ],
)
def test_what_cannot_be_is_refused(body: dict[str, Any], code: str, unscaled: Image, uploader: Client) -> None:
    answer = put(uploader, unscaled, **body)
    assert answer.json()["error"]["code"] == code
    assert not ImageScale.objects.exists()


def test_what_the_file_states_stays(take: Take, shared_data: Path, uploader: Client) -> None:
    image = take(shared_data / "wsi/aperio/CMU-1-Small-Region.svs").image
    assert image is not None
    assert uploader.get(f"/api/images/{image.pk}/scale/").json()["can_enter"] is False
    answer = put(uploader, image, x_um=0.25, y_um=0.25)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "scale_in_file")
    image.refresh_from_db()
    assert image.spacing_source == "openslide.mpp"


def test_a_file_that_joins_takes_nothing_back(unscaled: Image, collection: Collection, uploader: Client) -> None:
    image = enter_scale(user=User.objects.get(username="uploader"), image=unscaled, x_um=0.3, y_um=0.3)
    arrival = Arrival(collection, "x", "d" * 64, 1, Path("x"), ".dcm", image.inspection, "slide")
    describe(image, arrival)
    assert (image.spacing_x_um, image.spacing_source) == (0.3, "manual-calibration")
    stated = {**image.inspection, "spacing": {"x_um": 0.5, "y_um": 0.5, "source": "PixelSpacing"}}
    describe(image, Arrival(collection, "x", "d" * 64, 1, Path("x"), ".dcm", stated, "slide"))
    assert (image.spacing_x_um, image.spacing_source) == (0.5, "PixelSpacing")


def test_nobody_of_another_society_sees_it(unscaled: Image, other_collection: Collection) -> None:
    other = client_with(other_collection, "view_collection", username="somebody")
    assert other.get(f"/api/images/{unscaled.pk}/scale/").status_code == 404
