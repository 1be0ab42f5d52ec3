"""OHIF, as it is published and unchanged, opens what Mitate holds through DICOMweb."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from playwright.sync_api import Page, Playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.ohif import DIST, Server
from tests.browser.site import ROOT
from tests.viewer.dicomweb.live import FOLDERS, live_site, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not DIST.is_dir(), reason="OHIF is not installed: npm install --no-save @ohif/app@3.12.0 (200 MB)"),
]
# OHIF draws with WebGL; here a processor does what a graphics card would.
WITH_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WAIT_S = 60


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
    return np.asarray(shot.crop((400, 300, 900, 650)), dtype=np.float64)


def test_the_study_list_shows_every_study(page: Page, viewer: Server) -> None:
    page.goto(f"{viewer.address}/")
    page.get_by_text("4", exact=True).first.wait_for(timeout=WAIT_S * 1000)
    for modality in FOLDERS:
        assert page.get_by_text(modality, exact=True).first.is_visible()


@pytest.mark.parametrize("modality", FOLDERS)
def test_opens(page: Page, viewer: Server, modality: str) -> None:
    viewer.asked.clear()
    mode = "microscopy" if modality == "SM" else "viewer"
    page.goto(f"{viewer.address}/{mode}?StudyInstanceUIDs={viewer.studies[modality]}")
    deadline = time.monotonic() + WAIT_S
    while middle_of(page).std() < 15 and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    page.wait_for_timeout(1500)
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"ohif-{modality}.png")
    shown = middle_of(page)
    assert shown.std() > 15
    assert [asked for asked in viewer.asked if asked[1] >= 400] == []
    assert any("/frames/" in path for path, _ in viewer.asked)
    if modality == "SM":  # tissue is pink: more red than green
        assert shown[..., 0].mean() > shown[..., 1].mean() + 5
    else:
        assert abs(shown[..., 0].mean() - shown[..., 1].mean()) < 12
