"""Tiles a second and CPU a tile: the pixel application, other tile servers where they are installed, and a C server as the limit.

Slides are made once by `../shared/tools/make_slide.py` in the folder MITATE_BENCH_SLIDES. Peers run under the Python
MITATE_BENCH_PEERS (Flask, gunicorn, openslide-python, large-image-source-tiff); without it they are left out.
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from viewer.tiles import grant
from viewer.tiles.pool import PixelPool
from viewer.tiles.stored.index_file import MappedIndex
from viewer.tiles.stored.shelf import write_index

_HERE = Path(__file__).parent
_MAKE_SLIDE = _HERE.parents[1] / "shared" / "tools" / "make_slide.py"
_SLIDES = {"256 px, tiled TIFF": ("s256.tif", []), "240 px, SVS": ("s240.svs", ["--tile", "240", "--vendor", "aperio"])}
_SIZE = "20000x15000"
_TILES, _SEED, _SECONDS = 2000, 20261121, 4
_WEIGHTS = (40, 20, 15, 12, 8, 5)
_CONNECTIONS = (1, 8, 32)
_KEY = "a key for benchmarks only, 32 byt"
_IMAGE = uuid.UUID(int=0x4D6974617465)


@dataclass(frozen=True)
class _Server:
    name: str
    command: list[str]
    environment: dict[str, str]
    paths: list[str]
    port: int
    cookie: str = "none=0"


def run() -> list[tuple[str, str]]:
    """Measure every server on every slide."""
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for tool in ("load", "limit"):
            subprocess.run(["cc", "-O2", "-o", folder / tool, _HERE / "native" / f"{tool}.c"], check=True)
        for title, (file, options) in _SLIDES.items():
            slide = _slide(file, options)
            for server in _servers(folder, slide):
                rows += [(f"{title}; {server.name}; {what}", figure) for what, figure in _measure(server, folder)]
    return rows


def _slide(name: str, options: list[str]) -> Path:
    folder = Path(os.environ.get("MITATE_BENCH_SLIDES", "/tmp/mitate-bench"))  # noqa: S108
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        subprocess.run([sys.executable, _MAKE_SLIDE, "--size", _SIZE, *options, folder / name], check=True)
    return folder / name


def _servers(folder: Path, slide: Path) -> list[_Server]:
    """All servers on one slide, each asked for the same tiles in its own addresses."""
    data_dir = folder / slide.stem
    levels = _prepare(data_dir, slide)
    tiles = _random_tiles(levels)
    ours = [f"/pixels/{_IMAGE}/1/tiles/{level['index']}/{column}/{row}" for level, column, row in tiles]
    theirs = [f"/t/{round(log2(level['downsample']))}/{column}/{row}" for level, column, row in tiles]
    token = grant.sign(_IMAGE, 1, time.time() + 7200, _KEY.encode())
    site = {"BENCH_DATA": str(data_dir), "BENCH_KEY": _KEY}
    port = _free_port()
    cookie = f"{grant.cookie_name(_IMAGE)}={token}"
    found = [_Server("Mitate, uvicorn", _uvicorn(port, "bench.tile_site:app"), site, ours, port, cookie)]
    port = _free_port()
    found.append(_Server("nothing but uvicorn, 12 KiB from memory", _uvicorn(port, "bench.floor:app"), {}, ours, port, cookie))
    port = _free_port()
    stored = _index_for_limit(data_dir, tiles, ours)
    (folder / "limit.txt").write_text("".join(stored.values()))
    found.append(
        _Server("C, sendfile (the limit)", [str(folder / "limit"), str(port), str(slide), str(folder / "limit.txt")], {}, [*stored], port)
    )
    peers = os.environ.get("MITATE_BENCH_PEERS")
    for name, module in (("large_image", "large"), ("deepzoom_server", "deepzoom")) if peers else ():
        port = _free_port()
        gunicorn = [str(peers), "-m", "gunicorn", "-w", "2", "-k", "gthread", "--threads", "4", "--keep-alive", "60"]
        gunicorn += ["--chdir", str(_HERE / "peers"), "-b", f"127.0.0.1:{port}", f"{module}:app"]
        found.append(_Server(f"{name}, gunicorn gthread", gunicorn, {"SLIDE": str(slide)}, theirs, port))
    return found


def _uvicorn(port: int, app: str) -> list[str]:
    return [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--loop", "uvloop",
            "--http", "httptools", "--no-access-log", "--log-level", "error", app]  # fmt: skip


def _prepare(data_dir: Path, slide: Path) -> list[dict[str, Any]]:
    """Write manifest and index as ingest would; return the levels."""
    manifests = data_dir / "manifests"
    manifests.mkdir(parents=True)
    pool = PixelPool(workers=1)
    try:
        levels: list[dict[str, Any]] = pool.inspect(str(slide))["levels"]
        source = {"engine": "openslide", "kind": "slide", "paths": [str(slide)], "frame_map": None, "levels": levels}
        (manifests / f"{_IMAGE}.json").write_text(json.dumps({"id": str(_IMAGE), "revision": 1, "source": source}))
        write_index(manifests, _IMAGE, "1", source, pool)
    finally:
        pool.close()
    return levels


def _random_tiles(levels: list[dict[str, Any]]) -> list[tuple[dict[str, Any], int, int]]:
    dice = random.Random(_SEED)
    chosen = dice.choices(levels[: len(_WEIGHTS)], _WEIGHTS[: len(levels)], k=_TILES)
    return [(level, dice.randrange(level["columns"]), dice.randrange(level["rows"])) for level in chosen]


def _index_for_limit(data_dir: Path, tiles: list[tuple[dict[str, Any], int, int]], paths: list[str]) -> dict[str, str]:
    """A line a stored tile for the C server, by path."""
    index = MappedIndex(data_dir / "manifests" / f"{_IMAGE}.tiles", "1")
    lines: dict[str, str] = {}
    for (level, column, row), path in zip(tiles, paths, strict=True):
        known = index.levels[level["index"]]
        offset, length = index.place(known, column, row)
        if length:
            lines[path] = f"{path} {offset} {length} {known.recipe.prefix.hex()}\n"
    return lines


def _measure(server: _Server, folder: Path) -> Iterator[tuple[str, str]]:
    (folder / "paths.txt").write_text("\n".join(server.paths) + "\n")
    with _running(server) as session:
        _load(server, folder, 8, 3.0)
        _wait_until_idle(session)
        for connections in _CONNECTIONS:
            before = _cpu_s(session)
            answers, bad, seconds, received, p50, p99 = _load(server, folder, connections, _SECONDS)
            cpu_us = (_cpu_s(session) - before) / answers * 1e6
            figure = f"{answers / seconds:,.0f} tiles/s, p50 {p50 / 1e3:.2f} ms, p99 {p99 / 1e3:.2f} ms, CPU {cpu_us:.0f} us a tile"
            figure += f", {received / answers / 1024:.1f} KiB a tile" + (f", {bad:.0f} bad" if bad else "")
            yield f"{connections} connections", figure
        yield "memory of all processes", f"{_memory_mib(session):.0f} MiB"


def _load(server: _Server, folder: Path, connections: int, seconds: float) -> list[float]:
    command = [str(folder / "load"), str(server.port), str(folder / "paths.txt"), str(connections), str(seconds), server.cookie]
    return [float(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


@contextmanager
def _running(server: _Server) -> Iterator[int]:
    environment = os.environ | server.environment | {"PYTHONPATH": str(_HERE.parent)}
    process = subprocess.Popen(
        server.command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(server.port)
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


def _wait_until_idle(session: int) -> None:
    """Wait until nothing of the server runs: its decoders start in the background, which is no part of a tile."""
    for _ in range(60):
        before = _cpu_s(session)
        time.sleep(0.5)
        if _cpu_s(session) - before <= 0.01:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _session(session: int) -> Iterator[tuple[Path, list[str]]]:
    """The processes of a session: folder in /proc, and the fields of `stat` after the name."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[3]) == session:
            yield folder, fields


def _cpu_s(session: int) -> float:
    return sum(int(fields[11]) + int(fields[12]) for _, fields in _session(session)) / os.sysconf("SC_CLK_TCK")


def _memory_mib(session: int) -> float:
    """Proportional set size: pages that processes share count once."""
    texts = [(folder / "smaps_rollup").read_text() for folder, _ in _session(session)]
    return sum(int(found[1]) for text in texts if (found := re.search(r"^Pss:\s+(\d+)", text, re.M))) / 1024
