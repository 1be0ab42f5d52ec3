"""The same cells in other programs, with the same gestures: OpenLayers' vector layer, OpenSeadragon with Annotorious, deck.gl.

They are installed by npm into MITATE_BENCH_PEER_CELLS, a folder of its own, when they are not there yet; without npm they are left out.
Each gets as many cells as it bears: what is not drawn within the time limit is said to be so, and nothing larger is tried.
A gesture ends there too; a page that hangs in it is ended with its browser.
"""

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from annotation.cells.chunk import UNITS_PER_PX, gathered
from annotation.cells.geojson import CellReader
from bench.fuzz import DATA
from bench.gestures import frames_while, pan, zoom
from tests.browser.conftest import CHROMIUM

SIZES: Final = tuple(int(size) for size in os.environ.get("MITATE_BENCH_PEER_SIZES", "1000,10000,100000,1000000").split(",") if size)
PACKAGES: Final = ("ol@10.11.0", "openseadragon@5.0.1", "@annotorious/openseadragon@3.8.10", "@deck.gl/core@9.4.0", "@deck.gl/layers@9.4.0")
BUNDLER: Final = "esbuild@0.28.2"
PEERS: Final = {
    "OpenLayers, vector layer": "openlayers",
    "OpenSeadragon with Annotorious": "annotorious",
    "deck.gl, polygon layer, WebGL in software": "deck",
}
LIMIT_S: Final = int(os.environ.get("MITATE_BENCH_PEER_LIMIT", "120"))
_HANGS_AFTER_S: Final = 4 * LIMIT_S
_TROUBLE: Final = "trouble"
_ROOT: Final = Path(__file__).parents[1]
_PAGES: Final = Path(__file__).parent / "peers" / "cells"
_MAKER: Final = DATA.parent / "tools/make_cells.py"
# As many cells on an area as on the slide of the bench.
_SIDE_OF_A_MILLION: Final = sqrt(40_960 * 30_720)
_HTML: Final = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>html, body, #view {{ margin: 0; width: 100%; height: 100%; overflow: hidden }}</style>
<div id="view"></div><script type="module" src="{name}.js"></script>"""


def run() -> list[tuple[str, str]]:
    """Measure what can be installed."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        try:
            _build(folder)
        except (OSError, subprocess.SubprocessError) as error:
            return [("other programs", f"not measured: they could not be installed ({type(error).__name__})")]
        rows, given_up = [], set[str]()
        with _served(folder) as address:
            for size in SIZES:
                _write_cells(folder, size)
                for label, name in PEERS.items():
                    if name in given_up:
                        continue
                    what = f"{label}, {size:,} cells"
                    told, trouble = _told(f"{address}/{name}.html")
                    rows += [(f"{what}: {said}", figure) for said, figure in told]
                    if trouble:
                        given_up.add(name)
                        rows.append((what, f"gave up: {trouble}"))
        return rows


def _told(address: str) -> tuple[list[tuple[str, str]], str]:
    """Return the figures of one page, and what went wrong after them. It has a process and a browser of its own that can be ended."""
    command = [sys.executable, "-m", "bench.cell_peers", address]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            lines, _ = process.communicate(timeout=_HANGS_AFTER_S)
            trouble = ""
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            lines, _ = process.communicate()
            trouble = f"nothing more within {_HANGS_AFTER_S} s"
    rows = [(said, figure) for said, _, figure in (line.partition("\t") for line in lines.splitlines())]
    return [row for row in rows if row[0] != _TROUBLE], next((figure for said, figure in rows if said == _TROUBLE), trouble)


def measure(address: str) -> None:
    """Measure one page; print a row for each figure as soon as it is known."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            for said, figure in _measured(browser, address):
                print(f"{said}\t{figure}", flush=True)
        except BrowserError as error:
            print(f"{_TROUBLE}\t{str(error).splitlines()[0][:120]}", flush=True)
        browser.close()


def _build(folder: Path) -> None:
    """Install and bundle the pages."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm")
    home = Path(os.environ.get("MITATE_BENCH_PEER_CELLS", str(folder / "npm")))
    home.mkdir(parents=True, exist_ok=True)
    if not all((home / "node_modules" / spec.rpartition("@")[0]).is_dir() for spec in (*PACKAGES, BUNDLER)):
        (home / "package.json").write_text('{"private": true}')
        subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", *PACKAGES, BUNDLER], cwd=home, check=True, capture_output=True, timeout=300
        )
    for page in _PAGES.glob("*.js"):
        shutil.copy(page, home)
    for name in PEERS.values():
        bundle = [str(home / "node_modules/.bin/esbuild"), f"{name}.js", "--bundle", "--minify", "--format=esm", "--target=es2022"]
        subprocess.run([*bundle, f"--outfile={folder / name}.js"], cwd=home, check=True, capture_output=True, timeout=120)
        (folder / f"{name}.html").write_text(_HTML.format(name=name))


def _write_cells(folder: Path, count: int) -> None:
    """Write outlines of one tissue: first vertices, vertices in px, classes; and which cell lies nearest to the middle."""
    side = round(_SIDE_OF_A_MILLION * sqrt(count / 1_000_000))
    made = folder / "cells.geojson"
    command = [sys.executable, str(_MAKER), "--n", str(count), "--size", f"{side}x{side}", "--check", "0", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    reader = CellReader(width_px=side, height_px=side)
    with made.open("rb") as stream:
        cells = gathered([batch.cells for batch in reader.batches(stream)])
    made.unlink()
    vertices = (cells.vertices / UNITS_PER_PX).astype("<f4")
    nearest = np.abs(vertices[cells.starts[:-1]] - side / 2).sum(axis=1).argmin()
    (folder / "cells.bin").write_bytes(cells.starts.astype("<u4").tobytes() + vertices.tobytes() + cells.labels.tobytes())
    (folder / "cells.json").write_text(json.dumps({"side": side, "count": len(cells), "middle": int(nearest)}))


def _measured(browser: Browser, address: str) -> Iterator[tuple[str, str]]:
    """Yield figures of one page; raises ``BrowserError`` when a step takes longer than it may."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    try:
        page.set_default_timeout(LIMIT_S * 1e3)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        began = time.monotonic()
        page.goto(address, wait_until="commit")
        page.wait_for_function("window.peer !== undefined", timeout=LIMIT_S * 1e3)
        yield "from navigation to drawn", f"{time.monotonic() - began:.1f} s"
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.wait_for_timeout(1_000)
        yield "frames while panning", frames_while(page, session, partial(pan, limit_s=LIMIT_S))
        yield "frames while zooming", frames_while(page, session, partial(zoom, limit_s=LIMIT_S))
        yield "one cell in another colour, until it is drawn", f"{_relabelled(page) * 1e3:.0f} ms"
        session.send("HeapProfiler.collectGarbage")
        metrics: dict[str, Any] = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        yield "memory of the page's own JavaScript", f"{metrics['JSHeapUsedSize'] / 1e6:.0f} MB"
        if problems:
            yield "errors of the page", problems[0].splitlines()[0][:120]
    finally:
        page.close()


def _relabelled(page: Page) -> float:
    """Seconds from giving one cell another class until that is drawn."""
    took = page.evaluate("async () => { const began = performance.now(); await window.peer.relabel(); return performance.now() - began; }")
    return float(took) / 1e3


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # the standard library's name
        """Say nothing."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    measure(sys.argv[1])
