"""Tracks by mouse and by key on an ultrasound clip and a CT stack: keyframes, what lies between, ends, splits, the timeline, the volume."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import shape

from tests.browser.conftest import Visit
from tests.browser.hands import drag, frame_of
from tests.browser.site import ROOT, Site
from tests.browser.test_keys import accessible
from tests.browser.test_tools import _EVERY_TOOL
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize("language", ["ja", "en"])


COLLECTION = "jrs-demo"
_READ_OF_THE_STACK = """
from django.contrib.auth.models import User
from annotation.models import Campaign, CampaignImage, Read
from viewer.models import Image
image = Image.objects.get(modality="CT", frame_count=28)
campaign = Campaign.objects.get(code__startswith="jrs")
CampaignImage.objects.get_or_create(campaign=campaign, image=image)
reads = [Read.objects.get_or_create(campaign=campaign, image=image, reader=User.objects.get(username=f"jrs-reader{n}"))[0] for n in (1, 2)]
print(*[read.pk for read in reads])
"""

_MANY_TRACKS = """
import uuid
from annotation.models import Read
from annotation.services.operations import apply_operations
read = Read.objects.get(pk="{read_id}")
def shape(n, k):
    x, y = 10 + n, 10 + 2 * n + k
    return {{"type": "Polygon", "coordinates": [[[x, y], [x + 40, y], [x + 40, y + 30 + k], [x, y + 30], [x, y]]]}}
def track(n):
    keyframes = [{{"frame": k, "outside": False, "geometry": shape(n, k)}} for k in range(n % 5, 28, 4)]
    return {{"type": "Track", "interpolation": "linear", "keyframes": keyframes}}
bodies = [{{"granularity": "region", "frame": n % 5, "geometry": track(n), "labels": ["mass"]}} for n in range(200)]
operations = [
    {{"operation_id": str(uuid.uuid4()), "verb": "put", "annotation_id": str(uuid.uuid4()), "annotation": body}} for body in bodies
]
print(*sorted({{result.status for result in apply_operations(user=read.reader, read_id=read.pk, operations=operations).results}}))
"""
_NO_TRACKS = """
import uuid
from annotation.models import Annotation, Read
from annotation.services.operations import apply_operations
read = Read.objects.get(pk="{read_id}")
operations = [
    {{"operation_id": str(uuid.uuid4()), "verb": "delete", "annotation_id": str(mark.pk), "base_revision": mark.revision}}
    for mark in Annotation.objects.filter(read=read, deleted=False)
]
some = [operations[start : start + 100] for start in range(0, len(operations), 100)]
done = [result for each in some for result in apply_operations(user=read.reader, read_id=read.pk, operations=each).results]
print(*sorted({{result.status for result in done}}))
"""
# How long the page is busy with each of many frames that are asked for one after the other.
_SCROLL = """async () => {
  const slider = document.querySelector('.viewer-slider');
  const times = [];
  for (let step = 0; step < 54; step += 1) {
    slider.value = String(1 + (step < 27 ? step + 1 : 53 - step));
    const start = performance.now();
    slider.dispatchEvent(new Event('input'));
    await new Promise((resolve) => setTimeout(resolve));
    times.push(performance.now() - start);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return times.sort((a, b) => a - b);
}"""


@pytest.fixture(scope="module")
def reads_of_a_stack(site: Site, shared_data: Path) -> dict[str, str]:
    """A CT of 28 slices in the demo's campaign: language -> the read of a reader who speaks it."""
    site.manage("ingest", "--collection", COLLECTION, str(shared_data / "dicom/ct/ge_head_gantry_tilt"))
    return dict(zip(("ja", "en"), site.manage("shell", "--no-imports", "-c", _READ_OF_THE_STACK).split(), strict=True))


@pytest.fixture(scope="module", autouse=True)
def every_tool(site: Site) -> None:
    """Let every campaign that has anything drawn offer every tool."""
    site.manage("shell", "--no-imports", "-c", _EVERY_TOOL)


def begin(visit: Visit) -> Workbench:
    """Open the next image of a reader, its first frame, without what an earlier test left on it."""
    bench = Workbench(visit).take_next_from_home()
    bench.go_to_frame(1)
    while left := bench.mark_rows.count():
        bench.mark_rows.first.locator("button").last.click()
        expect(bench.mark_rows).not_to_have_count(left)
    geometries(bench, 0)
    return bench


def geometries(bench: Workbench, count: int) -> list[dict[str, Any]]:
    """Return the geometries on the server once all is saved and there are so many."""
    bench.wait_saved()
    wait_for("the marks on the server", lambda: len(bench.saved_marks()) == count)
    return [mark["geometry"] for mark in sorted(bench.saved_marks(), key=lambda mark: mark["created_at"])]


def frames_of(geometry: dict[str, Any]) -> list[tuple[int, bool]]:
    """Frames of the keyframes from 1, and whether the mark is on them."""
    return [(keyframe["frame"] + 1, not keyframe["outside"]) for keyframe in geometry["keyframes"]]


def the_track(bench: Workbench, frames: list[tuple[int, bool]]) -> dict[str, Any]:
    """Return the one track on the server once it has these keyframes."""
    wait_for(f"keyframes {frames}", lambda: [frames_of(each) for each in geometries(bench, 1) if each["type"] == "Track"] == [frames])
    return geometries(bench, 1)[0]


@LANGUAGES
def test_a_box_on_a_clip(visit: Begin, take_picture: Picture, language: str) -> None:
    bench = begin(visit("jsum-reader1", language, bypass_csp=True))
    page, key = bench.page, bench.key
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    timeline, panel = page.locator(".timeline"), page.locator(".track-panel")
    expect(panel).to_be_hidden()
    mark = bench.draw("box", "cyst", [(0.4, 0.4), (0.5, 0.5)])
    bench.take("select")
    key("Alt+t")
    the_track(bench, [(1, True)])
    expect(panel).to_be_visible()

    bench.go_to_frame(7)
    bench.move(mark, 0.12, 0.06)
    moved = the_track(bench, [(1, True), (7, True)])
    first, last = (keyframe["geometry"]["bbox"] for keyframe in moved["keyframes"])
    assert last[0] > first[0] + 5
    assert last[2:] == first[2:]
    bench.go_to_frame(4)
    expect(panel.locator(".track-here")).to_contain_text({"ja": "キーフレーム間", "en": "Between keyframes"}[language])
    take_picture(page, "tracks-clip")
    accessible(page)

    key("Alt+i")
    between = the_track(bench, [(1, True), (4, True), (7, True)])["keyframes"][1]["geometry"]["bbox"]
    assert abs(between[0] - (first[0] + last[0]) / 2) <= 0.125
    key("Alt+x")
    the_track(bench, [(1, True), (7, True)])
    key("Shift+PageDown")
    expect(page.locator(".viewer-frame-number")).to_contain_text("7 / ")
    key("Shift+PageUp")
    expect(page.locator(".viewer-frame-number")).to_contain_text("1 / ")

    bench.go_to_frame(9)
    key("Alt+o")
    the_track(bench, [(1, True), (7, True), (9, False)])
    expect(panel.locator(".track-here")).to_have_text({"ja": "このフレームには無し", "en": "Not on this frame"}[language])
    bench.go_to_frame(10)
    key("Alt+i")
    the_track(bench, [(1, True), (7, True), (9, False), (10, True)])
    bench.go_to_frame(5)
    key("Alt+q")
    before, after = geometries(bench, 2)
    assert frames_of(before) == [(1, True), (4, True), (5, False)]
    assert frames_of(after) == [(5, True), (7, True), (9, False), (10, True)]
    expect(bench.mark_rows).to_have_count(2)
    take_picture(page, "tracks-split")
    for _ in range(2):
        key("Control+z")
    the_track(bench, [(1, True), (7, True), (9, False)])
    page.reload()
    bench.arrive()
    bench.mark_rows.first.locator("button").first.click()
    expect(timeline).to_have_attribute("aria-valuenow", "5")  # where it was left; the track is on this frame
    bench.go_to_frame(6)
    key("Alt+z")
    the_track(bench, [(1, True), (6, True), (7, False)])
    assert not bench.visit.errors


def test_a_held_mark_and_copies_from_frame_to_frame(visit: Begin) -> None:
    bench = begin(visit("jsum-reader1", "en"))
    key = bench.key
    bench.go_to_frame(3)
    bench.draw("box", "cyst", [(0.4, 0.4), (0.5, 0.5)])
    bench.take("select")
    bench.go_to_frame(6)
    key("Alt+r")
    held = the_track(bench, [(3, True), (7, False)])
    assert held["interpolation"] == "none"
    bench.go_to_frame(2)
    key("Alt+r")
    the_track(bench, [(2, True), (7, False)])
    for _ in range(2):
        key("Control+z")
    assert geometries(bench, 1)[0]["type"] == "Rectangle"

    bench.go_to_frame(3)
    for number in (4, 5):
        key("Shift+n")
        expect(bench.page.locator(".viewer-frame-number")).to_contain_text(f"{number} / ")
    wait_for("three marks", lambda: sorted(mark["frame"] for mark in bench.saved_marks()) == [2, 3, 4])
    assert len({str(geometry) for geometry in geometries(bench, 3)}) == 1
    assert not bench.visit.errors


def test_the_timeline_by_mouse_and_by_key(visit: Begin) -> None:
    bench = begin(visit("jsum-reader1", "en"))
    page, key = bench.page, bench.key
    for left in (0.3, 0.6):
        bench.draw("box", "cyst", [(left, 0.4), (left + 0.1, 0.5)])
        bench.take("select")
        key("Alt+t")
    wait_for("two tracks", lambda: [each["type"] for each in geometries(bench, 2)] == ["Track"] * 2)
    timeline = page.locator(".timeline")
    box = timeline.bounding_box()
    assert box is not None
    count = int(bench.frame_text.split(" / ")[1])

    def x_of(number: int) -> float:
        return box["x"] + 132 + (number - 0.5) / count * (box["width"] - 142)

    page.mouse.click(x_of(5), box["y"] + 6)
    expect(page.locator(".viewer-frame-number")).to_contain_text("5 / ")
    page.mouse.move(x_of(5), box["y"] + 6)
    page.mouse.down()
    page.mouse.move(x_of(8), box["y"] + 6, steps=8)
    page.mouse.up()
    expect(timeline).to_have_attribute("aria-valuenow", "8")
    key("Escape")
    page.mouse.click(x_of(1), box["y"] + 16 + 24)  # the second track
    expect(bench.selected_row).to_have_count(1)
    timeline.focus()
    key("ArrowRight")
    expect(timeline).to_have_attribute("aria-valuenow", "2")
    key("End")
    expect(timeline).to_have_attribute("aria-valuenow", str(count))
    key("Home")
    expect(timeline).to_have_attribute("aria-valuenow", "1")
    expect(timeline).to_have_attribute("aria-valuetext", f"Frame 1 of {count}")
    key("ArrowUp")
    expect(bench.selected_row).to_have_count(1)
    assert not bench.visit.errors


def test_the_timeline_is_brought_nearer(visit: Begin, take_picture: Picture) -> None:
    bench = begin(visit("jsum-reader1", "en"))
    page, key = bench.page, bench.key
    bench.draw("box", "cyst", [(0.3, 0.4), (0.4, 0.5)])
    bench.take("select")
    key("Alt+t")
    wait_for("a track", lambda: [each["type"] for each in geometries(bench, 1)] == ["Track"])
    timeline = page.locator(".timeline")
    box = timeline.bounding_box()
    assert box is not None
    count = int(bench.frame_text.split(" / ")[1])
    zoom = page.locator(".timeline-zoom button")
    expect(zoom.nth(2)).to_be_disabled()

    def shown() -> tuple[int, int]:
        found = re.search(r"(\d+) to (\d+) are shown", timeline.get_attribute("aria-valuetext") or "")
        return (int(found[1]), int(found[2])) if found else (1, count)

    assert shown() == (1, count)
    timeline.focus()
    key("+")
    near = shown()
    assert near[0] == 1
    assert near[1] - near[0] < count / 2 + 2
    page.mouse.click(box["x"] + 132 + (box["width"] - 142) * 0.999, box["y"] + 6)
    expect(timeline).to_have_attribute("aria-valuenow", str(near[1]))
    key("Control+ArrowRight")
    assert shown()[0] > 1
    key("0")
    assert shown() == (1, count)
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 6)
    page.mouse.wheel(0, -240)
    wait_for("the wheel", lambda: shown()[1] - shown()[0] < count)
    before = shown()
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 6, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert shown()[0] > before[0] or shown()[1] == count
    take_picture(page, "timeline-near")
    key("Home")
    wait_for("the frame to come into view", lambda: shown()[0] == 1)
    zoom.nth(2).click()
    assert shown() == (1, count)
    zoom.nth(1).click()
    assert shown() != (1, count)
    assert not bench.visit.errors


@LANGUAGES
def test_an_outline_over_the_slices_of_a_ct(visit: Begin, take_picture: Picture, reads_of_a_stack: dict[str, str], language: str) -> None:
    reader = {"ja": "jrs-reader1", "en": "jrs-reader2"}[language]
    bench = Workbench(visit(reader, language)).open(reads_of_a_stack[language])
    page, key = bench.page, bench.key
    volume = page.locator(".track-volume")
    bench.go_to_frame(10)
    bench.wait_still()  # nothing is drawn on a frame that is still on its way
    bench.choose("mass")
    bench.take("freehand")
    drag(bench, frame_of(0.42, 0.38, 0.52, 0.5))
    geometries(bench, 1)
    bench.take("select")
    key("Alt+t")
    the_track(bench, [(10, True), (11, False)])
    expect(volume).to_contain_text("mm³")
    alone = figure(volume.text_content() or "")

    bench.go_to_frame(14)
    key("Alt+i")
    bench.take("brush")
    drag(bench, [(0.5, 0.4), (0.56, 0.44)], keys=[])
    wait_for("a wider outline", lambda: area_of(geometries(bench, 1)[0], -2) > 1.02 * area_of(geometries(bench, 1)[0], 0))
    the_track(bench, [(10, True), (14, True), (15, False)])
    bench.take("select")
    bench.go_to_frame(12)
    expect(page.locator(".track-here")).to_contain_text({"ja": "キーフレーム間", "en": "Between keyframes"}[language])
    expect(volume.locator(".track-rule")).to_contain_text(re.compile("5 ?(スライス|slices)"))
    assert 4.5 * alone < figure(volume.text_content() or "") < 7 * alone
    take_picture(page, "tracks-volume")
    assert not bench.visit.errors


@pytest.fixture
def read_with_many_tracks(site: Site, reads_of_a_stack: dict[str, str]) -> Iterator[str]:
    """A read with 200 tracks and nothing else; all is taken away again, as other tests count what they draw there."""
    read_id = reads_of_a_stack["ja"]
    assert set(site.manage("shell", "--no-imports", "-c", _NO_TRACKS.format(read_id=read_id)).split()) <= {"applied"}
    assert site.manage("shell", "--no-imports", "-c", _MANY_TRACKS.format(read_id=read_id)).split() == ["applied"]
    yield read_id
    assert site.manage("shell", "--no-imports", "-c", _NO_TRACKS.format(read_id=read_id)).split() == ["applied"]


def test_two_hundred_tracks(visit: Begin, read_with_many_tracks: str) -> None:
    read_id = read_with_many_tracks
    bench = Workbench(visit("jrs-reader1", "en")).open(read_id)
    page, timeline = bench.page, bench.page.locator(".timeline")
    count = len(bench.saved_marks())
    expect(page.locator("#marks-panel .section-note")).to_have_text(str(count))
    box = timeline.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    for _ in range(count + 5):
        page.mouse.wheel(0, 100)
    page.mouse.click(box["x"] + 40, box["y"] + 16 + 40)  # the name of the last track
    expect(bench.selected_row).to_have_count(1)
    expect(timeline).to_have_attribute("aria-valuenow", "5")
    bench.wait_still()
    times = page.evaluate(_SCROLL)
    assert times[27] < 250, times  # about five times what it takes on two busy cores
    assert not bench.visit.errors


def area_of(geometry: dict[str, Any], at: int) -> float:
    return float(shape(geometry["keyframes"][at]["geometry"]).area)


def figure(text: str) -> float:
    """The cubic millimetres that a text names."""
    found = re.search(r"([\d.]+) mm³", text)
    assert found, text
    return float(found[1])
