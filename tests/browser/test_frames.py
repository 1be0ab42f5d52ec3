"""Frames as they come from devices: what is noticed about them is said, what lies over them is drawn and can be hidden."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize("language", ["ja", "en"])
COLLECTION = "jrs-demo"


def open_image(person: Visit, found: Callable[[dict], bool]) -> Page:
    """Open the one image of the radiologists' collections that fits, and wait until it is sharp."""
    page, url = person.page, person.site.url
    for collection in page.request.get(f"{url}/api/collections/").json()["collections"]:
        for image in page.request.get(f"{url}/api/collections/{collection['id']}/images/").json()["images"]:
            if found(image):
                page.goto(f"{url}/images/{image['id']}/")
                wait_for("sharp pixels", lambda: page.evaluate("performance.getEntriesByName('mitate:first-sharp').length > 0"))
                return page
    raise AssertionError("no such image")


def pixels(page: Page) -> numpy.ndarray:
    """The canvas as it is on screen."""
    return numpy.asarray(PIL.Image.open(io.BytesIO(page.locator(".viewer-canvas").screenshot())).convert("RGB")).astype(int)


def is_yellow(picture: numpy.ndarray) -> int:
    """How many pixels have the colour of drawings."""
    return int((numpy.abs(picture - [255, 221, 87]).max(axis=-1) < 24).sum())


@LANGUAGES
def test_what_was_noticed_is_said_and_can_be_put_away(visit: Begin, take_picture: Picture, shared_data: Path, language: str) -> None:
    admin = visit("jrs-admin", language)
    admin.site.manage("ingest", "--collection", COLLECTION, str(shared_data / "dicom/ct/ge_head_gantry_tilt"))
    page = open_image(admin, lambda image: image["modality"] == "CT" and image["frame_count"] == 28)
    notes = page.locator(".viewer-notes")
    expect(notes.locator("details")).not_to_have_count(0)
    tilted = notes.locator("details[data-code=gantry_tilted]")
    tilted.locator("summary").click()
    expect(tilted.locator("p")).to_be_visible()
    take_picture(page, "frames-notes")
    notes.locator(".viewer-notes-close").click()
    expect(notes.locator(".viewer-notes-list")).to_be_hidden()
    page.reload()
    expect(notes.locator(".viewer-notes-toggle")).to_be_visible()
    expect(notes.locator(".viewer-notes-list")).to_be_hidden()
    notes.locator(".viewer-notes-toggle").click()
    expect(tilted).to_be_visible()


@LANGUAGES
def test_overlays_are_drawn_and_can_be_hidden(visit: Begin, take_picture: Picture, shared_data: Path, language: str) -> None:
    admin = visit("jrs-admin", language)
    admin.site.manage("ingest", "--collection", COLLECTION, str(shared_data / "dicom/pr/overlay_image.dcm"))
    page = open_image(admin, lambda image: image["modality"] == "OT")
    button = page.locator(".viewer-overlays")
    expect(button).to_have_attribute("aria-pressed", "true")
    wait_for("the drawing", lambda: is_yellow(pixels(page)) > 1000)
    take_picture(page, "frames-overlays")
    button.click()
    wait_for("the drawing to go", lambda: is_yellow(pixels(page)) == 0)
    button.click()
    wait_for("the drawing again", lambda: is_yellow(pixels(page)) > 1000)
    assert not admin.errors
