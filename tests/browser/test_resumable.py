"""Large files on the upload page: they go on after a server that was killed, after a pause, and on another visit."""

from collections.abc import Callable
from pathlib import Path

import numpy
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import Site
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
SLOW_BYTES_S = 12 << 20


def large_photograph(path: Path, seed: int) -> Path:
    """Write a photograph of noise of about 48 MB."""
    noise = numpy.random.default_rng(seed).integers(0, 256, (4000, 4000, 3), dtype=numpy.uint8)
    PIL.Image.fromarray(noise).save(path, compress_level=0)
    return path


class UploadPage:
    """The upload page of a collection, with a slow line."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page, self.url = visit, visit.page, visit.site.url
        (self.collection, *_) = [each["id"] for each in self._get("/api/collections/")["collections"] if "Clinic" not in each["name"]]
        self.page.goto(f"{self.url}/collections/{self.collection}/upload/")
        line = self.page.context.new_cdp_session(self.page)
        line.send("Network.enable")
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_S}
        line.send("Network.emulateNetworkConditions", conditions)

    def _get(self, path: str) -> dict:
        answer = self.page.request.get(f"{self.url}{path}")
        assert answer.ok, (path, answer.status, answer.text())
        return dict(answer.json())

    @property
    def image_names(self) -> list[str]:
        return [image["name"] for image in self._get(f"/api/collections/{self.collection}/images/")["images"]]

    @property
    def offsets(self) -> list[int]:
        """Bytes that the server has of unfinished uploads."""
        return [each["offset"] for each in self._get(f"/api/collections/{self.collection}/uploads/tus/")["uploads"]]

    def row(self, state: str) -> None:
        expect(self.page.locator(f'#upload-rows > li[data-state="{state}"]')).to_have_count(1, timeout=60_000)


def test_an_upload_survives_a_server_that_is_killed(visit: Begin, site: Site, tmp_path: Path) -> None:
    upload = UploadPage(visit("jda-admin", "en"))
    upload.page.set_input_files("#upload-files", [large_photograph(tmp_path / "killed.png", 1)])
    wait_for("some parts", lambda: upload.offsets[:1] > [8 << 20])
    site.kill()
    site.start()
    (kept,) = upload.offsets
    assert kept % (8 << 20) == 0
    assert kept >= 16 << 20
    upload.row("accepted")
    assert upload.image_names.count("killed.png") == 1
    assert upload.offsets == []
    assert {error.split(":")[1].strip() for error in upload.visit.errors} <= {"net"}
    upload.visit.errors.clear()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_upload_is_paused_and_goes_on_on_another_visit(visit: Begin, take_picture: Picture, tmp_path: Path, language: str) -> None:
    name = f"paused-{language}.png"
    path = large_photograph(tmp_path / name, len(name) + ord(language[0]))
    upload = UploadPage(visit("jda-admin", language))
    upload.page.set_input_files("#upload-files", [path])
    wait_for("a part", lambda: upload.offsets > [0])
    upload.page.locator("#upload-pause").click()
    upload.row("paused")
    take_picture(upload.page, "upload-paused")
    (kept,) = upload.offsets
    upload.page.reload()
    expect(upload.page.locator("#upload-earlier [data-upload]")).to_have_count(1)
    take_picture(upload.page, "upload-earlier")
    sent: list[str] = []
    upload.page.on("request", lambda request: sent.append(request.headers.get("upload-offset", "")) if request.method == "PATCH" else None)
    upload.page.set_input_files("#upload-files", [path])
    upload.row("accepted")
    assert sent[0] == str(kept)
    expect(upload.page.locator("#upload-earlier")).to_be_hidden()
    assert upload.image_names.count(name) == 1
    assert not upload.visit.errors


def test_an_upload_of_an_earlier_visit_can_be_discarded(visit: Begin, tmp_path: Path) -> None:
    upload = UploadPage(visit("jda-admin", "en"))
    upload.page.set_input_files("#upload-files", [large_photograph(tmp_path / "discarded.png", 9)])
    wait_for("a part", lambda: upload.offsets > [0])
    upload.page.locator("#upload-pause").click()
    upload.row("paused")
    upload.page.reload()
    upload.page.locator("#upload-earlier button").click()
    expect(upload.page.locator("#upload-earlier")).to_be_hidden()
    assert upload.offsets == []
