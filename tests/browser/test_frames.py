"""Frames as they come from devices: what is noticed about them is said, what lies over them is drawn and can be hidden."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.viewer.presentation_files import dataset, graphic, write_state
from tests.waiting import wait_for

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


@LANGUAGES
def test_a_presentation_state_is_shown_on_request(visit: Begin, take_picture: Picture, shared_data: Path, language: str) -> None:
    """The test image of six overlays: four of its own, two that only the state has."""
    admin = visit("jrs-admin", language)
    files = [str(shared_data / f"dicom/pr/{name}.dcm") for name in ("overlay_image", "prOverlay")]
    admin.site.manage("ingest", "--collection", COLLECTION, *files)
    page = open_image(admin, lambda image: image["modality"] == "OT")
    wait_for("the image's own", lambda: is_yellow(pixels(page)) > 1000)
    before = is_yellow(pixels(page))
    choice = page.locator(".viewer-presentations")
    expect(choice.locator("option")).to_have_count(2)
    choice.select_option(index=1)
    wait_for("six lines", lambda: is_yellow(pixels(page)) > before * 1.3)
    take_picture(page, "frames-presentation-overlays")
    choice.select_option(index=0)
    wait_for("four lines", lambda: abs(is_yellow(pixels(page)) - before) < before * 0.1)
    assert not admin.errors


@LANGUAGES
def test_window_polarity_turn_graphics_and_shutter(
    visit: Begin, take_picture: Picture, shared_data: Path, tmp_path: Path, language: str
) -> None:
    slices = sorted((shared_data / "dicom/ct/ge_head_gantry_tilt").glob("*.dcm"))
    text = dataset(
        UnformattedTextValue="確認してください\ncheck here",
        BoundingBoxAnnotationUnits="PIXEL",
        BoundingBoxTopLeftHandCorner=[150.0, 150.0],
        BoundingBoxBottomRightHandCorner=[250.0, 190.0],
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPoint=[300.0, 260.0],
        AnchorPointVisibility="Y",
    )
    shapes = [
        graphic("CIRCLE", 300, 260, 330, 260),
        graphic("ELLIPSE", 180, 300, 260, 320, 230, 290, 210, 330),
        graphic("POLYLINE", 200, 220, 260, 200, 280, 240, 200, 220),
        graphic("INTERPOLATED", 150, 350, 200, 380, 250, 350, 300, 380),
        graphic("POINT", 250, 250),
    ]
    state = write_state(
        tmp_path / "state.dcm",
        slices,
        SpecificCharacterSet="ISO_IR 192",
        ContentLabel=f"CHECK_{language.upper()}",
        ContentDescription="右肺の確認" if language == "ja" else "right lung",
        SoftcopyVOILUTSequence=[dataset(WindowCenter=400, WindowWidth=1500)],
        PresentationLUTShape="INVERSE",
        ImageRotation=90,
        ImageHorizontalFlip="Y",
        ShutterShape="CIRCULAR",
        CenterOfCircularShutter=[256, 256],
        RadiusOfCircularShutter=200,
        ShutterPresentationValue=0x4000,
        GraphicAnnotationSequence=[dataset(GraphicLayer="L", GraphicObjectSequence=shapes, TextObjectSequence=[text])],
    )
    admin = visit("jrs-admin", language)
    admin.site.manage("ingest", "--collection", COLLECTION, str(state), *map(str, slices))
    page = open_image(admin, lambda image: image["modality"] == "CT" and image["frame_count"] == 28)
    plain = pixels(page)
    choice = page.locator(".viewer-presentations")
    choice.select_option(label=choice.locator("option", has_text=f"CHECK_{language.upper()}").inner_text())
    expect(page.locator(".viewer-number").first).to_have_value("1500")
    expect(page.locator(".viewer-angle")).to_have_text("90°")
    wait_for("the drawing", lambda: is_yellow(pixels(page)) > 500)
    take_picture(page, "frames-presentation")
    shown = pixels(page)
    middle = (slice(shown.shape[0] // 2 - 200, shown.shape[0] // 2 + 200), slice(shown.shape[1] // 2 - 200, shown.shape[1] // 2 + 200))
    assert plain[middle].mean() < 130 < shown[middle].mean(), "soft tissue and air are bright when inverted"
    expect(page.locator(".viewer-notice")).to_be_visible()
    page.locator(".viewer-frames button").nth(2).click()
    wait_for("the same on the next slice", lambda: is_yellow(pixels(page)) > 500)
    choice.select_option(index=0)
    expect(page.locator(".viewer-angle")).to_have_text("0°")
    wait_for("no drawing", lambda: is_yellow(pixels(page)) == 0)
    assert not admin.errors
