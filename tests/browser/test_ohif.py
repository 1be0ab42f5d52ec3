"""OHIF, as it is published and unchanged, opens what Mitate holds through DICOMweb."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openslide
import pydicom
import pytest
from PIL import Image as Picture
from playwright.sync_api import Page, Playwright
from playwright.sync_api import TimeoutError as NotThere
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from tests.browser.conftest import CHROMIUM
from tests.browser.ohif import DIST, Server
from tests.browser.site import ROOT
from tests.viewer.dicomweb.live import FOLDERS, live_site, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not DIST.is_dir(), reason="OHIF is not there: scripts/ohif.sh fetches it"),
]
# OHIF draws with WebGL; here a processor does what a graphics card would.
WITH_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WAIT_S = 60
TOUR_S = 4
LIKENESS = 0.98
MIDDLE = (400, 300, 900, 650)
# Where OHIF draws in a window of 1200 x 800, measured on its pictures.
VIEWPORT = (288, 52, 1161, 792)
SLIDE_VIEWPORT = (39, 52, 914, 792)


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Server]:
    """OHIF beside a live site, on one origin, with a person's session."""
    with live_site(tmp_path_factory.mktemp("images"), shared_data) as address, signed_in(address) as session:
        server = Server(DIST, address, session.cookies["sessionid"])
        server.studies = {
            each["00080061"]["Value"][0]: each["0020000D"]["Value"][0] for each in session.get(f"{address}/dicomweb/studies").json()
        }
        yield server
        server.shutdown()
        server.server_close()


@pytest.fixture
def page(playwright: Playwright) -> Iterator[Page]:
    """A browser that reaches this machine only."""
    network = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", network, *WITH_WEBGL])
    yield browser.new_page(viewport={"width": 1200, "height": 800})
    browser.close()


def middle_of(page: Page) -> np.ndarray:
    """The middle of the window, in which the image is drawn; rows x columns x RGB."""
    shot = Picture.open(io.BytesIO(page.screenshot())).convert("RGB")
    return np.asarray(shot.crop(MIDDLE), dtype=np.float64)


def pictures_of(modality: str, data: Path) -> Iterator[np.ndarray]:
    """What could be shown of a study, by another decoder than ours: pydicom through the file's own window, or OpenSlide."""
    for path in sorted((data / FOLDERS[modality]).iterdir()):
        if modality == "SM":
            if path.name == "level0.dcm":
                with openslide.OpenSlide(path) as slide:
                    overview = np.asarray(slide.get_thumbnail((900, 740)), np.float64).mean(axis=2)
                # Its Image Orientation (Slide) says that rows run towards the label: OHIF turns the slide to stand upright.
                yield np.rot90(overview, 2)
            continue
        instance = pydicom.dcmread(path)
        pixels = instance.pixel_array if instance.get("NumberOfFrames", 1) == 1 else instance.pixel_array[0]
        colour = instance.SamplesPerPixel == 3
        shown = pixels.mean(axis=2) if colour else apply_modality_lut(pixels, instance)
        windowed = not colour and float(np.min(instance.get("WindowWidth", 0))) >= 1
        yield np.asarray(apply_voi_lut(shown, instance) if windowed else shown, np.float64)


def in_viewport(picture: np.ndarray, viewport: tuple[int, int, int, int]) -> np.ndarray:
    """A picture as large as it fits into the viewport, in its middle, as far as that is the middle of the window."""
    left, top, right, bottom = viewport
    factor = min((right - left) / picture.shape[1], (bottom - top) / picture.shape[0])
    size = round(picture.shape[1] * factor), round(picture.shape[0] * factor)
    scaled = Picture.fromarray(picture.astype(np.float32), "F").resize(size, Picture.Resampling.BILINEAR)
    whole = Picture.new("F", (1200, 800))
    whole.paste(scaled, (round((left + right - size[0]) / 2), round((top + bottom - size[1]) / 2)))
    return np.asarray(whole.crop(MIDDLE), np.float64)


def likeness(shown: np.ndarray, expected: np.ndarray) -> float:
    """How far two grey pictures are one: 1 for the same but for brightness and contrast. Each counts in squares of 5 px."""
    coarse = [each.reshape(each.shape[0] // 5, 5, each.shape[1] // 5, 5).mean(axis=(1, 3)) for each in (shown, expected)]
    return float(np.corrcoef(coarse[0].ravel(), coarse[1].ravel())[0, 1])


def test_the_study_list_shows_every_study(page: Page, viewer: Server) -> None:
    page.goto(f"{viewer.address}/")
    page.get_by_text("4", exact=True).first.wait_for(timeout=WAIT_S * 1000)
    for modality in FOLDERS:
        assert page.get_by_text(modality, exact=True).first.is_visible()


def leave_the_tour(page: Page) -> None:
    """OHIF shows new people around some time after the picture is there; its veil would be compared too."""
    skip = page.get_by_text("Skip all", exact=True)
    try:
        skip.first.wait_for(timeout=TOUR_S * 1000)
    except NotThere:
        return
    skip.first.click()
    skip.first.wait_for(state="detached")
    page.wait_for_timeout(500)  # its veil fades


@pytest.mark.parametrize("modality", FOLDERS)
def test_opens(page: Page, viewer: Server, shared_data: Path, modality: str) -> None:
    viewer.asked.clear()
    mode = "microscopy" if modality == "SM" else "viewer"
    page.goto(f"{viewer.address}/{mode}?StudyInstanceUIDs={viewer.studies[modality]}")
    deadline = time.monotonic() + WAIT_S
    while middle_of(page).std() < 15 and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    leave_the_tour(page)
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"ohif-{modality}.png")
    shown = middle_of(page)
    assert shown.std() > 15
    assert [asked for asked in viewer.asked if asked[1] >= 400] == []
    assert any("/frames/" in path for path, _ in viewer.asked)
    viewport = SLIDE_VIEWPORT if modality == "SM" else VIEWPORT
    alike = [likeness(shown.mean(axis=2), in_viewport(each, viewport)) for each in pictures_of(modality, shared_data)]
    assert max(alike) > LIKENESS, sorted(alike)
    if modality == "SM":  # tissue is pink: more red than green
        assert shown[..., 0].mean() > shown[..., 1].mean() + 5
    else:
        assert abs(shown[..., 0].mean() - shown[..., 1].mean()) < 12
