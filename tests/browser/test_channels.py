"""Fluorescence and planes of focus on the screen: by mouse and by keyboard, kept for the reader, and with a dozen channels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import tifffile
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.site import ROOT, Site
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
NAMES = ("DAPI", "FITC", "Cy3", "Texas Red", "Cy5", *(f"Marker {number}" for number in range(6, 15)))


def _cells(channel: int, plane: int, height: int = 900, width: int = 1400) -> Any:
    """Round cells of one channel, sharpest on its own plane: 16 bits, darker outside."""
    dice = numpy.random.default_rng(channel)
    rows, columns = numpy.mgrid[:height, :width].astype(numpy.float32)
    light = numpy.zeros((height, width), numpy.float32)
    for y, x in dice.uniform((0, 0), (height, width), (24, 2)):
        light += numpy.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * (14 + 8 * abs(plane - 1)) ** 2))
    return (300 + 9000 * light.clip(0, 1.5)).astype(numpy.uint16)


@pytest.fixture(scope="module")
def image(site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a slide with 14 channels and 3 planes of focus is shown."""
    path = tmp_path_factory.mktemp("slides") / "fluorescence.ome.tif"
    scene = numpy.stack([numpy.stack([_cells(channel, plane) for plane in range(3)]) for channel in range(len(NAMES))])
    metadata = {"axes": "CZYX", "Channel": {"Name": list(NAMES)}, "PhysicalSizeX": 0.325, "PhysicalSizeY": 0.325, "PhysicalSizeZ": 1.5}
    tifffile.imwrite(path, scene, tile=(256, 256), photometric="minisblack", metadata=metadata, compression="zlib")
    said = site.manage("ingest", str(path), "--collection", "jsp-demo")
    assert "1 accepted" in said, said
    return path.name


def _open(visit: Visit, name: str) -> Page:
    page = visit.page
    collections = page.request.get(f"{visit.site.url}/api/collections/").json()["collections"]
    found = [
        each["id"]
        for collection in collections
        for each in page.request.get(f"{visit.site.url}/api/collections/{collection['id']}/images/?q=fluorescence").json()["images"]
        if each["name"] == name
    ]
    page.goto(f"{visit.site.url}/images/{found[0]}/")
    wait_for("sharp pixels", lambda: page.evaluate("performance.getEntriesByName('mitate:first-sharp').length > 0"))
    return page


def _light(page: Page) -> list[float]:
    """The mean red, green and blue of what the canvas shows."""
    return list(
        page.evaluate(
            """() => {
              const sums = [0, 0, 0];
              for (const canvas of document.querySelectorAll('.viewer-canvas canvas')) {
                if (!canvas.width) continue;
                const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                for (let at = 0; at < data.length; at += 4) for (const part of [0, 1, 2]) sums[part] += data[at + part];
                return sums.map((sum) => sum / (data.length / 4));
              }
              return sums;
            }"""
        )
    )


def _rests(page: Page) -> bool:
    """Whether no further tile comes in for a second."""
    before = _light(page)
    page.wait_for_timeout(1000)
    return before == _light(page)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_channels_by_mouse_and_keyboard(visit: Begin, take_picture: Picture, image: str, language: str) -> None:
    page = _open(visit("jsp-admin", language), image)
    panel = page.locator(".viewer-channels")
    expect(panel.locator(".viewer-channels-head")).to_have_text("チャンネル 4 / 14" if language == "ja" else "Channels 4 / 14")
    rows = panel.locator(".viewer-channel")
    expect(rows).to_have_count(14)
    assert max(_light(page)) > 5
    take_picture(page, "channels")

    rows.nth(1).locator(".viewer-channel-name").click()  # this one alone
    wait_for("green alone", lambda: _light(page)[1] > 3 * max(_light(page)[0], _light(page)[2], 0.5))
    rows.nth(1).locator("input[type=color]").evaluate("input => { input.value = '#ff0000'; input.dispatchEvent(new Event('input')); }")
    wait_for("red alone", lambda: _light(page)[0] > 3 * max(_light(page)[1], _light(page)[2], 0.5))

    before = _light(page)[0]
    white = rows.nth(1).locator(".viewer-range-handle").nth(1)
    white.focus()
    for _ in range(6):
        page.keyboard.press("PageDown")
    wait_for("a brighter picture", lambda: _light(page)[0] > before * 1.1)
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") in {"FITC の下限（黒）", "Black point of FITC"}
    kept = rows.nth(1).locator(".viewer-channel-range").inner_text()
    take_picture(page, "channels-range")

    page.reload()
    wait_for("sharp pixels", lambda: page.evaluate("performance.getEntriesByName('mitate:first-sharp').length > 0"))
    expect(rows.nth(1).locator(".viewer-channel-range")).to_have_text(kept)
    wait_for("red as before", lambda: _light(page)[0] > 3 * max(_light(page)[1], 0.5))
    for row in range(14):
        rows.nth(row).locator("input[type=checkbox]").check()
    expect(panel.locator(".viewer-channels-head")).to_contain_text("14 / 14")
    wait_for("all colours", lambda: min(_light(page)) > 3)
    wait_for("a picture at rest", lambda: _rests(page))
    take_picture(page, "channels-all")
    panel.locator(".viewer-channels-foot button").nth(1).click()
    expect(panel.locator(".viewer-channels-head")).to_contain_text("4 / 14")
    panel.locator(".viewer-channels-head").click()
    expect(rows.first).to_be_hidden()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_focus_by_keys_and_slider(visit: Begin, take_picture: Picture, image: str, language: str) -> None:
    page = _open(visit("jsp-admin", language), image)
    number = page.locator(".viewer-focus .viewer-frame-number")
    expect(number).to_have_text("2 / 3")
    expect(page.locator(".viewer-focus .viewer-frame-place")).to_have_text("1.5 µm")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".viewer-canvas").focus()
    page.keyboard.press("PageDown")
    expect(number).to_have_text("3 / 3")
    wait_for("tiles of the third plane", lambda: page.evaluate("true") and any("/views/p2_" in url for url in asked))
    wait_for("a picture at rest", lambda: _rests(page))
    take_picture(page, "focus")
    page.locator(".viewer-focus input[type=range]").focus()
    page.keyboard.press("Home")
    expect(number).to_have_text("1 / 3")
    wait_for("tiles of the first plane", lambda: page.evaluate("true") and any("/views/p0_" in url for url in asked))
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -300)
    expect(number).to_have_text("1 / 3")  # on a slide the wheel zooms


def test_nothing_keeps_people_from_the_panel(visit: Begin, image: str) -> None:
    """By the rules of axe-core."""
    page = _open(visit("jsp-admin", "ja", bypass_csp=True), image)
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    found = [(each["id"], each["nodes"][0]["html"]) for each in result["violations"] if each["impact"] in {"serious", "critical"}]
    assert found == []


_CAMPAIGN = """
from django.contrib.auth.models import User
from societies.models import Society
from societies.services.campaigns import add_reader, create_campaign
from societies.services.societies import create_collection_for
from viewer.services.ingest import ingest_file
admin, society = User.objects.get(username="jsp-admin"), Society.objects.get(slug="jsp")
collection = create_collection_for(society=society, slug="jsp-focus", name="Focus")
assert ingest_file(collection=collection, path_or_stream=PATH, name="focus.ome.tif").status == "accepted"
campaign = create_campaign(user=admin, society=society, collection=collection, pack_slug="jsp", name={"ja": "焦点", "en": "Focus"})
add_reader(campaign=campaign, user=User.objects.get(username="jsp-reader2"))
print(campaign.pk)
"""


def test_a_mark_lies_on_the_plane_it_was_drawn_on(visit: Begin, take_picture: Picture, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "focus.ome.tif"
    scene = numpy.stack([numpy.stack([_cells(channel, plane) for plane in range(3)]) for channel in range(2)])
    tifffile.imwrite(path, scene, tile=(256, 256), photometric="minisblack", metadata={"axes": "CZYX"}, compression="zlib")
    campaign = site.manage("shell", "--no-imports", "-c", _CAMPAIGN.replace("PATH", repr(str(path)))).split()[-1]
    reader = visit("jsp-reader2", "ja")
    token = next(cookie["value"] for cookie in reader.context.cookies() if cookie["name"] == "csrftoken")
    taken = reader.page.request.post(f"{site.url}/api/campaigns/{campaign}/next/", headers={"X-CSRFToken": token, "Referer": site.url})
    bench = Workbench(reader).open(taken.json()["url"].strip("/").split("/")[-1])
    number = bench.page.locator(".viewer-focus .viewer-frame-number")
    bench.key("PageDown")
    expect(number).to_have_text("3 / 3")
    bench.draw("point", "mitosis", [(0.4, 0.4)])
    bench.key("PageUp")
    expect(number).to_have_text("2 / 3")
    bench.draw("point", "mitosis", [(0.5, 0.5)])
    wait_for("two saved marks", lambda: len(bench.saved_marks()) == 2)
    assert sorted(mark["frame"] for mark in bench.saved_marks()) == [1, 2]
    expect(bench.page.locator(".frame-jump")).to_have_text(["焦点 2", "焦点 3"])
    bench.page.locator(".frame-jump").nth(1).click()
    expect(number).to_have_text("3 / 3")
    take_picture(bench.page, "focus-workbench")


@pytest.fixture
def unscaled(site: Site, shared_data: Path, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The name of a slide whose file states no scale, new for each language."""
    language = request.getfixturevalue("language")
    path = tmp_path / f"fluorescence-{language}.tif"
    grey = tifffile.imread(shared_data / "wsi/generic-tiff/grey16_tiled.tif")
    tifffile.imwrite(path, grey[:, :: 1 if language == "ja" else -1], tile=(128, 128), photometric="minisblack", metadata=None)
    assert "1 accepted" in site.manage("ingest", str(path), "--collection", "jsp-demo")
    return path.name


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_scale_is_entered_by_hand(visit: Begin, take_picture: Picture, unscaled: str, language: str) -> None:
    admin = visit("jsp-admin", language)
    page = _open(admin, unscaled)
    page.locator(".viewer-no-scale").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    fields = dialog.locator("input")
    fields.nth(0).fill("90")
    expect(fields.nth(1)).to_have_value("90")
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator("[role=alert]")).not_to_be_empty()
    take_picture(page, "scale-dialog")
    admin.errors[:] = [error for error in admin.errors if "422" not in error]
    fields.nth(0).fill("0.5")
    page.keyboard.press("Enter")
    expect(page.locator(".viewer-scale-entered")).to_be_visible()
    expect(page.locator(".viewer-scale-label")).to_contain_text("µm")
    page.locator(".viewer-scale-entered").click()
    expect(dialog.locator("li")).to_have_count(1)
    take_picture(page, "scale-entered")
    reader = _open(visit("jsp-reader1", language), unscaled)
    reader.locator(".viewer-scale-entered").click()
    expect(reader.locator("dialog[open] form")).to_have_count(0)
    assert not admin.errors, admin.errors
