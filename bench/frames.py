"""Frames: a slice on the wire, a stack scrolled, a cine loop played, one frame of a long loop; each beside its goal."""

import io
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import PIL.Image
import pydicom
from playwright.sync_api import Browser, Page, sync_playwright
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, generate_uid

from bench.figures import spread_ms, wait_until_quiet
from bench.fuzz import DATA
from bench.opening import first_sharp_s
from bench.pixel_load import PixelSite
from tests.browser.conftest import CHROMIUM, PASSWORD
from tests.browser.site import Site
from viewer.tiles.pool import PixelPool

SLICE = DATA / "dicom/ct/ge_head_gantry_tilt/14.dcm"
ECHO = DATA / "dicom/us/toshiba_doppler_67f.dcm"
SLICES = 200
CINE_FRAMES = 90
CINE_FPS = 30
_ROUNDS = 40

# Which frame is on screen is seen by what is drawn: a new grey picture, or another bitmap.
_HAND_MS = 500  # from seeing the first frame to the first turn of the wheel or press of a key
_WATCH = """
window.drawn = [];
const put = OffscreenCanvasRenderingContext2D.prototype.putImageData;
OffscreenCanvasRenderingContext2D.prototype.putImageData = function (...all) {
  window.drawn.push(performance.now());
  return put.apply(this, all);
};
const draw = CanvasRenderingContext2D.prototype.drawImage;
let last = null;
CanvasRenderingContext2D.prototype.drawImage = function (picture, ...all) {
  if (picture instanceof ImageBitmap && picture !== last) {
    last = picture;
    window.drawn.push(performance.now());
  }
  return draw.call(this, picture, ...all);
};
"""
_SCROLL = """
async () => {
  const slider = document.querySelector('.viewer-slider');
  const count = Number(slider.max);
  window.drawn = [];
  const began = performance.now();
  for (let at = 1; at <= count; at += 1) {
    slider.value = String(at);
    slider.dispatchEvent(new Event('input'));
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return {seconds: (performance.now() - began) / 1000, shown: window.drawn.length};
}
"""


def run() -> list[tuple[str, str]]:
    """Measure all of it."""
    return [*_wire(), *_one_of_many(), *_in_the_browser()]


def _wire() -> list[tuple[str, str]]:
    """The same slice under many names: first from the file, then again from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        pool = PixelPool(workers=2)
        with PixelSite(Path(folder), [SLICE], pool, copies=_ROUNDS) as site, httpx.Client(base_url=site.url) as client:
            requests = [site.request() for _ in range(_ROUNDS)]
            client.get(requests[0][0], headers=requests[0][1])
            from_file = [_timed(client, *request) for request in requests[1:]]
            from_cache = [_timed(client, *request) for request in requests[1:]]
        pool.close()
    return [
        ("512 x 512 slice of 16 bits over HTTP, from the file (goal: 15 ms)", spread_ms(from_file)),
        ("the same from the cache on disk (goal: 3 ms)", f"{statistics.median(from_cache) * 1e3:.1f} ms at p50, {spread_ms(from_cache)}"),
    ]


def _timed(client: httpx.Client, path: str, headers: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = client.send(client.build_request("GET", path, headers=headers), stream=True)
    for _ in answer.iter_raw():  # as a browser gets it: packed
        pass
    answer.raise_for_status()
    return time.perf_counter() - began


def _one_of_many() -> list[tuple[str, str]]:
    """Frame 30 of a loop in a process that has decoded another file before."""
    script = """
import resource, sys, time
from viewer.readers.registry import open_reader
open_reader(sys.argv[1]).frame(0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
open_reader(sys.argv[2]).frame(30)
took = time.perf_counter() - began
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    small = DATA / "dicom/us/US1_UNCR.dcm"
    runs = []
    for _ in range(7):
        done = subprocess.run([sys.executable, "-c", script, small, ECHO], capture_output=True, check=True, text=True)
        took, kib = done.stdout.split()
        runs.append((float(took), float(kib) / 1024))
    seconds, mebibytes = (sorted(part) for part in zip(*runs, strict=True))
    return [
        (
            "frame 30 of a 67-frame echo, opening included (goal: 50 ms)",
            f"{seconds[3] * 1e3:.0f} ms at p50, {seconds[-1] * 1e3:.0f} ms at most",
        ),
        ("memory that it takes (goal: 40 MB)", f"{mebibytes[3]:.0f} MiB at p50, {mebibytes[-1]:.0f} MiB at most"),
    ]


def _in_the_browser() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        stack, cine = make_stack(Path(folder) / "stack"), make_cine(Path(folder) / "cine.dcm")
        site = Site(Path(folder) / "site")
        site.folder.mkdir()
        site.start()
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            site.manage("ingest", "--collection", "jrs-demo", str(stack), str(cine))
            page = _signed_in(browser, site)
            wait_until_quiet()
            listed = _images(page, site.url)
            grey = next(image["id"] for image in listed if image["frame_count"] == SLICES)
            colour = next(image["id"] for image in listed if image["frame_count"] == CINE_FRAMES)
            return [*_scrolled(page, f"{site.url}/images/{grey}/"), *_played(page, f"{site.url}/images/{colour}/")]
        finally:
            browser.close()
            site.stop()


def _signed_in(browser: Browser, site: Site) -> Page:
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, bypass_csp=True)
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.goto(f"{site.url}/login/")
    page.fill("input[name=username]", "jrs-admin")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{site.url}/")
    return page


def _images(page: Page, url: str) -> list[dict[str, object]]:
    collections = page.request.get(f"{url}/api/collections/").json()["collections"]
    return [
        image
        for collection in collections
        for image in page.request.get(f"{url}/api/collections/{collection['id']}/images/").json()["images"]
    ]


def _scrolled(page: Page, address: str) -> list[tuple[str, str]]:
    first_sharp_s(page, address)
    page.wait_for_timeout(_HAND_MS)
    rows = []
    for name in ("first time, all from the server", "again, from the browser's memory"):
        found = page.evaluate(_SCROLL)
        shown = f"{found['shown'] / found['seconds']:.0f} slices/s, {found['shown']} of {SLICES} shown in {found['seconds']:.1f} s"
        rows.append((f"{SLICES} slices scrolled, one a screen refresh, {name} (goal: 50/s)", shown))
        page.wait_for_timeout(500)
    return rows


def _played(page: Page, address: str) -> list[tuple[str, str]]:
    """The loop from its start; the first round fetches, the second finds its frames on the server's disk."""
    opened = first_sharp_s(page, address)
    asked = page.evaluate("performance.getEntriesByType('resource').find((one) => one.name.endsWith('/frames/0')).startTime") / 1e3
    rows = [("1920 x 1080 loop: from asking for the first frame until it is shown (goal: 300 ms)", f"{(opened - asked) * 1e3:.0f} ms")]
    rows.append(("the same from the click on the image", f"{opened * 1e3:.0f} ms"))
    for name in ("first round", "second round"):
        if name == "first round":
            page.wait_for_timeout(_HAND_MS)
        page.evaluate("window.drawn = []")
        if name == "first round":
            page.keyboard.press("c")
        page.wait_for_timeout(CINE_FRAMES / CINE_FPS * 1000)
        drawn = page.evaluate("window.drawn")
        seconds = CINE_FRAMES / CINE_FPS
        skipped = max(0.0, 1 - len(drawn) / CINE_FRAMES)
        rows.append(
            (f"1920 x 1080 at {CINE_FPS} fps, {name} (goal: 2 % skipped)", f"{len(drawn) / seconds:.1f} fps, {skipped:.1%} skipped")
        )
    return rows


def make_stack(folder: Path) -> Path:
    """Write 200 slices of one series, made of a real one."""
    folder.mkdir()
    header = pydicom.dcmread(SLICE)
    pixels = header.pixel_array
    header.SeriesInstanceUID = generate_uid()
    header.GantryDetectorTilt = 0
    for number in range(SLICES):
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        header.InstanceNumber = number + 1
        header.ImagePositionPatient = [0, 0, float(number)]
        header.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        header.PixelData = np.roll(pixels, number, axis=1).tobytes()
        header.save_as(folder / f"{number:03}.dcm")
    return folder


def make_cine(path: Path) -> Path:
    """Write a loop of endoscopic size in JPEG baseline, made of a real picture that drifts."""
    header = pydicom.dcmread(DATA / "dicom/endoscopy/vl_endoscopic_jpeg.dcm")
    picture = PIL.Image.open(DATA / "photo/fundus/idrid_0001.jpg").convert("RGB")
    frames = []
    for number in range(CINE_FRAMES):
        buffer = io.BytesIO()
        picture.crop((number * 8, 400, number * 8 + 1920, 1480)).save(buffer, "JPEG", quality=85)
        frames.append(buffer.getvalue())
    header.Rows, header.Columns, header.NumberOfFrames = 1080, 1920, CINE_FRAMES
    header.FrameTime = 1000 / CINE_FPS
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    header.SeriesInstanceUID = generate_uid()
    header.PhotometricInterpretation = "YBR_FULL_422"
    header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    header.PixelData = encapsulate(frames)
    header["PixelData"].is_undefined_length = True
    header.save_as(path)
    return path
