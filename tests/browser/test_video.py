"""Videos in the workbench: the frame that is marked is the frame on the screen, whoever decodes it."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests import clips
from tests.browser.conftest import Visit
from tests.browser.site import Site
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
FRAMES = 90
KINDS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"steps": clips.UNEVEN},
    "vp9.webm": {"codec": "libvpx-vp9", "steps": clips.UNEVEN},
    "mjpeg.avi": {"codec": "mjpeg"},
}
_MAKE = """
from pathlib import Path
from django.contrib.auth.models import User
from config.management.commands.demo import GOVERNANCE
from societies.models import Society
from societies.services.campaigns import add_reader, create_campaign
from societies.services.societies import create_collection_for
from viewer.services.ingest import ingest_file
society, admin = Society.objects.get(slug="jges"), User.objects.get(username="jges-admin")
made = {{}}
for path in map(Path, {paths!r}):
    slug = "clips-" + path.name.replace(".", "-")
    collection = create_collection_for(society=society, slug=slug, name=path.name)
    result = ingest_file(collection=collection, path_or_stream=path, name=path.name)
    assert result.status == "accepted", (path, result)
    campaign = create_campaign(user=admin, society=society, collection=collection, pack_slug="jges", name={{"ja": "動画 " + path.name,
        "en": "Video " + path.name}}, reads_per_image=2, endpoint=None, governance=GOVERNANCE)
    for reader in ("jges-reader1", "jges-reader2"):
        add_reader(campaign=campaign, user=User.objects.get(username=reader))
    made[path.name] = [str(campaign.pk), str(result.image.pk)]
import json
print(json.dumps(made))
"""
# What the canvas holds and what the page says of it, read between two frames of the screen.
_SAMPLE = """(places) => {
  const canvas = document.querySelector('.viewer-frame canvas');
  const box = canvas.getBoundingClientRect();
  const scale = canvas.width / box.width;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  globalThis.samples = [];
  const sample = () => {
    const at = (place, start) => Math.round((place - start) * scale);
    const bits = places.map(([x, y]) => context.getImageData(at(x, box.left), at(y, box.top), 1, 1).data);
    const number = bits.reduce((sum, [r, g, b], bit) => sum + ((r + g + b) / 3 > 127 ? 1 << bit : 0), 0);
    globalThis.samples.push([number, Number.parseInt(document.querySelector('.viewer-frame-number').textContent, 10) - 1]);
  };
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { sample(); if (!globalThis.enough) next(); };
  const next = () => requestAnimationFrame(() => channel.port2.postMessage(null));
  globalThis.enough = false;
  next();
}"""


@pytest.fixture(scope="module")
def campaigns(site: Site, tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> dict[str, list[str]]:
    """A campaign and an image for each clip: name -> their ids."""
    folder = tmp_path_factory.mktemp("clips")
    paths = [clips.make(folder / name, frames=FRAMES, **options) for name, options in KINDS.items()]
    paths += [shared_data / "dicom/endoscopy/video_endoscopic_h264.dcm"]
    said = site.manage("shell", "-c", _MAKE.format(paths=[str(path) for path in paths]))
    made: dict[str, list[str]] = json.loads(said.splitlines()[-1])
    return made


def opened(visit: Begin, campaigns: dict[str, list[str]], name: str, reader: str = "jges-reader1", language: str = "en") -> Workbench:
    begun = visit(reader, language)
    token = next(cookie["value"] for cookie in begun.context.cookies() if cookie["name"] == "csrftoken")
    answer = begun.page.request.post(
        f"{begun.site.url}/api/campaigns/{campaigns[name][0]}/next/", headers={"X-CSRFToken": token, "Referer": begun.site.url}
    )
    assert answer.ok, answer.text()
    return Workbench(begun).open(str(answer.json()["read_id"]))


def fields(bench: Workbench) -> list[tuple[float, float]]:
    """Where on the screen the middle of each field of the number is."""
    middle = clips.FIELD_PX / 2
    return [bench.place_of((bit * clips.FIELD_PX + middle, middle)) for bit in range(clips.BITS)]


def number_on_screen(bench: Workbench) -> int:
    """The number that the picture on the screen carries."""
    places = fields(bench)
    bench.page.mouse.move(*bench.at(0.5, 0.9))
    # Controls lie over the corners of a picture that fills the canvas.
    controls = bench.page.locator(".viewer-edge")
    controls.evaluate_all("edges => edges.forEach((edge) => { edge.style.visibility = 'hidden'; })")
    shot = PIL.Image.open(io.BytesIO(bench.page.screenshot())).convert("L")
    controls.evaluate_all("edges => edges.forEach((edge) => { edge.style.visibility = ''; })")
    return sum(1 << bit for bit, (x, y) in enumerate(places) if shot.getpixel((round(x), round(y))) > 127)


def frame_said(page: Page) -> int:
    """The frame that the page names, counted from 0."""
    return int((page.locator(".viewer-frame-number").text_content() or "").split("/")[0]) - 1


def wait_for_frame(bench: Workbench, frame: int) -> None:
    expect(bench.page.locator(".viewer-frame-number")).to_have_text(f"{frame + 1} / {FRAMES}")
    expect(bench.page.locator(".viewer-frames")).not_to_have_class(re.compile("is-loading"))


@pytest.mark.parametrize("name", KINDS)
def test_steps_show_the_frame_they_name(name: str, visit: Begin, campaigns: dict[str, list[str]]) -> None:
    bench = opened(visit, campaigns, name)
    for key, frame in [(".", 1), (".", 2), ("PageDown", 3), (",", 2), (",", 1), ("PageUp", 0)]:
        bench.key(key)
        wait_for_frame(bench, frame)
        assert number_on_screen(bench) == frame
    for frame in (71, 24, 89, 23, 3):
        bench.page.locator(".viewer-slider").evaluate(
            "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }", frame + 1
        )
        wait_for_frame(bench, frame)
        assert number_on_screen(bench) == frame


@pytest.mark.parametrize("name", KINDS)
def test_while_it_runs_the_page_names_the_frame_on_the_screen(name: str, visit: Begin, campaigns: dict[str, list[str]]) -> None:
    bench = opened(visit, campaigns, name)
    places = fields(bench)
    bench.page.mouse.move(*bench.at(0.5, 0.9))
    bench.page.evaluate(_SAMPLE, places)
    bench.key("c")
    said = bench.page.locator(".viewer-notice", has_text="its frames are shown instead")
    expect(said).to_have_count(1 if name == "mjpeg.avi" else 0)
    wait_for("a running video", lambda: bench.page.evaluate("new Set(globalThis.samples.map(([seen]) => seen)).size") > 30)
    bench.key("c")
    bench.page.evaluate("globalThis.enough = true")
    samples = bench.page.evaluate("globalThis.samples")
    if name == "mjpeg.avi":
        # Fetched frames are named when they come, and drawn with one of the next pictures of the screen.
        lately = [{said for _, said in samples[max(0, at - 3) : at + 1]} for at in range(len(samples))]
        wrong = [pair for pair, near in zip(samples, lately, strict=True) if pair[0] not in near]
    else:
        wrong = [(seen, said) for seen, said in samples if seen != said]
    assert not wrong, f"{len(wrong)} of {len(samples)}: {wrong[:10]}"
    expect(bench.page.locator(".viewer-frames")).not_to_have_class(re.compile("is-loading"))
    wait_for("the frame itself", lambda: number_on_screen(bench) == frame_said(bench.page))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_marks_stay_on_their_frames(
    visit: Begin, site: Site, campaigns: dict[str, list[str]], take_picture: Callable[..., None], language: str
) -> None:
    """Nothing is marked on a running video; what is marked on a frame is there again after a reload, and only there."""
    bench = opened(visit, campaigns, "h264.mp4", f"jges-reader{2 if language == 'ja' else 1}", language)
    bench.key("c")
    wait_for("a running video", lambda: frame_said(bench.page) > 5)
    bench.choose("polyp")
    bench.take("box")
    bench.page.mouse.move(*bench.at(0.4, 0.4))
    bench.page.mouse.down()
    bench.page.mouse.move(*bench.at(0.5, 0.5))
    bench.page.mouse.up()
    assert bench.saved_marks() == []
    bench.key("c")
    expect(bench.page.locator(".viewer-frames")).not_to_have_class(re.compile("is-loading"))
    marked = {}
    for step in (0, 7):
        for _ in range(step):
            bench.key(".")
        expect(bench.page.locator(".viewer-frames")).not_to_have_class(re.compile("is-loading"))
        drawn = bench.draw("box", "polyp", [(0.42, 0.35 + step / 50), (0.52, 0.5 + step / 50)])
        marked[drawn.id] = number_on_screen(bench)
    bench.wait_saved()
    assert {mark["id"]: mark["frame"] for mark in bench.saved_marks()} == marked
    slider = bench.page.locator(".viewer-slider")
    slider.hover(position={"x": 90, "y": 10})
    expect(bench.page.locator(".viewer-hover")).to_be_visible()
    take_picture(bench.page, "video-workbench")
    bench.page.reload()
    bench.arrive()
    assert frame_said(bench.page) == number_on_screen(bench) == max(marked.values())
    for frame in marked.values():
        bench.page.locator("#marks-panel .list-row:not(.is-frame)").nth(sorted(marked.values()).index(frame)).click()
        wait_for_frame(bench, frame)
        assert number_on_screen(bench) == frame


def test_dicom_video_is_a_video(visit: Begin, campaigns: dict[str, list[str]]) -> None:
    bench = opened(visit, campaigns, "video_endoscopic_h264.dcm")
    bench.key("c")
    wait_for("a running video", lambda: frame_said(bench.page) > 10)
    bench.key("c")
    expect(bench.page.locator(".viewer-frame-place")).to_contain_text("/ 0:03.00")
    bench.assert_real_pixels()


def test_frames_take_over_when_the_stream_fails(visit: Begin, campaigns: dict[str, list[str]]) -> None:
    bench = opened(visit, campaigns, "h264.mp4", "jges-reader2")
    bench.page.route("**/stream", lambda route: route.abort())
    bench.key("c")
    expect(bench.page.locator(".viewer-notice", has_text="its frames are shown instead")).to_have_count(1)
    start = frame_said(bench.page)
    wait_for("running frames", lambda: (frame_said(bench.page) - start) % FRAMES > 8)
    bench.key("c")
    expect(bench.page.locator(".viewer-frames")).not_to_have_class(re.compile("is-loading"))
    wait_for("the frame itself", lambda: number_on_screen(bench) == frame_said(bench.page))
