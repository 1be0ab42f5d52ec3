"""What isolation adds to a rendered tile over HTTP: two web processes that hand tiles to workers, and two that render themselves.

The same application, readers and cache on both sides; each tile is asked for once. The cache lies in memory: what a file system
takes to make a file depends on what was deleted shortly before.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from PIL import Image

from bench.rendering import _DATA, _opened
from bench.tiles import _HERE, _KEY, _cpu_s, _free_port, _load, _running, _Server, _wait_until_idle
from viewer.tiles import grant

_SIDE_PX, _IMAGES, _TURNS = 18432, 30, 24
_SECONDS, _CONNECTIONS = 0.5, (1, 8, 32)
_COMPRESSIONS = {"LZW": "lzw", "deflate": "adobe_deflate", "JPEG 2000": "jpeg2000"}
_IN_PROCESS = "by the web process itself"
_SIDES = {
    _IN_PROCESS: ("in_process", {}),
    "in its one pixel worker": ("in_workers", {"BENCH_WORKERS": "1"}),
    "in its two pixel workers": ("in_workers", {"BENCH_WORKERS": "2"}),
}


def run() -> list[tuple[str, str]]:
    """Measure every compression, each side in turn."""
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of its own is made there
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        subprocess.run(["cc", "-O2", "-o", folder / "load", _HERE / "native" / "load.c"], check=True)
        for title, compression in _COMPRESSIONS.items():
            rows += [(f"{title}, {what}", figure) for what, figure in _compared(_slide(folder, compression), folder)]
    return rows


def _slide(folder: Path, compression: str) -> Path:
    tissue = np.asarray(Image.open(_DATA / "generic-tiff" / "OS-1_he_region_40x.png").convert("RGB"))[:1536, :1536]
    times = _SIDE_PX // 1536
    path = folder / f"{compression}.tif"
    options: dict[str, Any] = {"compressionargs": {"level": 40}} if compression == "jpeg2000" else {}
    tifffile.imwrite(path, np.tile(tissue, (times, times, 1)), tile=(256, 256), compression=compression, photometric="rgb", **options)
    return path


def _compared(slide: Path, folder: Path) -> list[tuple[str, str]]:
    """All servers run at once and are asked in turn, so that what else the machine's host does in a moment befalls them all."""
    cpu_ms: dict[tuple[int, str], list[float]] = defaultdict(list)
    bad = 0.0
    with ExitStack() as running:
        served = {side: _begun(slide, side, Path(tempfile.mkdtemp(dir=folder)), folder / "load", running) for side in _SIDES}
        for turn in range(_TURNS):
            for connections in _CONNECTIONS:
                sides = list(_SIDES)
                for side in sides if turn % 2 else reversed(sides):
                    milliseconds, failed = served[side].asked(turn, connections)
                    cpu_ms[connections, side].append(milliseconds)
                    bad += failed
    rows: list[tuple[str, str]] = []
    for connections in _CONNECTIONS:
        ours = cpu_ms[connections, _IN_PROCESS]
        for side in _SIDES:
            theirs = cpu_ms[connections, side]
            more = [(there / here - 1) * 100 for here, there in zip(ours, theirs, strict=True)]
            spread = f", {statistics.median(more):+.0f} % (quarters {_quarters(more)})" if side != _IN_PROCESS else ""
            rows.append((f"{connections} connections, {side}", f"{statistics.median(theirs):.2f} ms CPU a tile{spread}"))
    return rows + ([("failed requests", f"{bad:.0f}")] if bad else [])


def _quarters(figures: list[float]) -> str:
    low, _, high = statistics.quantiles(figures, n=4)
    return f"{low:+.0f} to {high:+.0f}"


class _Served(NamedTuple):
    """A server that runs, and the addresses of all tiles in the order in which they are asked for."""

    server: _Server
    session: int
    data: Path
    paths: list[str]

    def asked(self, turn: int, connections: int) -> tuple[float, float]:
        """CPU a tile in milliseconds, and failed requests, of a moment in which nobody else is asked; on all sides the same tiles."""
        share = len(self.paths) // (_TURNS * len(_CONNECTIONS) + 1)
        begin = share * (1 + turn * len(_CONNECTIONS) + _CONNECTIONS.index(connections))
        before_s = _cpu_s(self.session)
        answers, failed = _load(self.paths[begin:], self.server, self.data, connections=connections, seconds=_SECONDS)[:2]
        assert answers + connections <= share, "a tile was asked for twice"
        return (_cpu_s(self.session) - before_s) / answers * 1e3, failed


def _begun(slide: Path, side: str, data: Path, load: Path, running: ExitStack) -> _Served:
    """A server whose workers all have started and been asked."""
    (data / "load").symlink_to(load)
    cookies, paths = _images(slide, data)
    application, environment = _SIDES[side]
    port = _free_port()
    site = f"bench.apart_site:{application}"
    command = [sys.executable, "-m", "bench.tile_server", str(port), site, "viewer.tiles.protocol:TileProtocol"]
    server = _Server(side, command, {"BENCH_DATA": str(data), "BENCH_KEY": _KEY, **environment}, [], [], port, "; ".join(cookies))
    session = running.enter_context(_running(server))
    _load(paths[:300], server, data, connections=8, seconds=4.0)  # whoever imports, imports now
    _wait_until_idle(session)
    for part in (range(300, 500), range(500, 1100)):  # every worker is asked
        _load([paths[number] for number in part], server, data, connections=len(part) // 20, seconds=1.0)
        _wait_until_idle(session)
    return _Served(server, session, data, paths)


def _images(slide: Path, data: Path) -> tuple[list[str], list[str]]:
    """The slide under so many names that nothing is asked for twice: their cookies, and the addresses of all tiles."""
    reader = _opened(slide)
    level = reader.levels[0]
    reader.close()
    source = {"engine": "tifffile", "kind": "slide", "paths": [str(slide)], "frame_map": None, "levels": [level.as_json()]}
    (data / "manifests").mkdir()
    cookies: list[str] = []
    paths: list[str] = []
    for number in range(1, _IMAGES + 1):
        image = uuid.UUID(int=number)
        (data / "manifests" / f"{image}.json").write_text(json.dumps({"id": str(image), "revision": 1, "source": source}))
        cookies.append(f"{grant.cookie_name(image)}={grant.sign(image, 1, time.time() + 7200, _KEY.encode())}")
        paths += [f"/pixels/{image}/1/tiles/0/{column}/{row}" for column in range(level.grid.columns) for row in range(level.grid.rows)]
    return cookies, paths
