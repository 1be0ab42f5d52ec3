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
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from bench.rendering import _DATA, _opened
from bench.tiles import _HERE, _KEY, _cpu_s, _free_port, _load, _running, _Server, _wait_until_idle
from viewer.tiles import grant

_SIDE_PX, _IMAGES, _TURNS = 9216, 16, 4
_SECONDS, _CONNECTIONS = 1.0, (1, 8, 32)
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
    cpu_ms: dict[tuple[int, str], list[float]] = defaultdict(list)
    bad = 0.0
    for turn in range(_TURNS):
        sides = list(_SIDES)
        for side in sides if turn % 2 else reversed(sides):
            for connections, milliseconds, failed in _turn(slide, side, Path(tempfile.mkdtemp(dir=folder)), folder / "load"):
                cpu_ms[connections, side].append(milliseconds)
                bad += failed
    rows: list[tuple[str, str]] = []
    for connections in _CONNECTIONS:
        for side in _SIDES:
            here, there = (statistics.median(cpu_ms[connections, one]) for one in (_IN_PROCESS, side))
            more = "" if side == _IN_PROCESS else f", {(there / here - 1) * 100:+.0f} %"
            rows.append((f"{connections} connections, {side}", f"{there:.2f} ms CPU a tile{more}"))
    return rows + ([("failed requests", f"{bad:.0f}")] if bad else [])


def _turn(slide: Path, side: str, data: Path, load: Path) -> list[tuple[int, float, float]]:
    """CPU a tile in milliseconds, and failed requests, for each number of connections."""
    (data / "load").symlink_to(load)
    cookies, paths = _images(slide, data)
    application, environment = _SIDES[side]
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "bench.tile_server",
        str(port),
        f"bench.apart_site:{application}",
        "viewer.tiles.protocol:TileProtocol",
    ]
    server = _Server(side, command, {"BENCH_DATA": str(data), "BENCH_KEY": _KEY, **environment}, [], [], port, "; ".join(cookies))
    measured: list[tuple[int, float, float]] = []
    with _running(server) as session:
        _load(paths[:300], server, data, connections=8, seconds=4.0)  # whoever imports, imports now
        _wait_until_idle(session)
        done = _load(paths[300:], server, data, connections=8, seconds=1.0)  # every worker has been asked, every slide opened
        asked = 300 + int(done[0])
        _wait_until_idle(session)
        for connections in _CONNECTIONS:
            before_s = _cpu_s(session)
            answers, failed = _load(paths[asked:], server, data, connections=connections, seconds=_SECONDS)[:2]
            asked += int(answers) + connections
            assert asked < len(paths), "a tile was asked for twice"
            measured.append((connections, (_cpu_s(session) - before_s) / answers * 1e3, failed))
    return measured


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
