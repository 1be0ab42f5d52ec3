"""Tiles a second and CPU a tile: the pixel application, other tile servers where they are installed, and a C server as the limit.

Slides are made once by `../shared/tools/make_slide.py` in the folder MITATE_BENCH_SLIDES. Peers run under the Python
MITATE_BENCH_PEERS (Flask, gunicorn, openslide-python, large-image-source-tiff, pyvips, cucim); without it they are left out, and
so is iipsrv without MITATE_BENCH_IIPSRV (paths of its binaries, parted by colons; nginx stands before them).
"""

import json
import os
import random
import re
import signal
import socket
import statistics
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
from typing import Any, NamedTuple

from bench.iipsrv import with_tables
from viewer.tiles import grant
from viewer.tiles.pool import PixelPool
from viewer.tiles.stored.index_file import MappedIndex
from viewer.tiles.stored.shelf import write_index

_HERE = Path(__file__).parent
_MAKE_SLIDE = _HERE.parents[1] / "shared" / "tools" / "make_slide.py"
_SLIDES = {"256 px, tiled TIFF": ("s256.tif", []), "240 px, SVS": ("s240.svs", ["--tile", "240", "--vendor", "aperio"])}
_SIZE = "20000x15000"
_TILES, _SEED = 2000, 20261121
_WEIGHTS = (40, 20, 15, 12, 8, 5)
# How many connections, and for how long.
_SECONDS = {1: 1.0, 8: 1.0, 32: 2.0}
# The machine is now faster, now slower: every server gets its turn several times, and the median of its figures counts.
_ROUNDS = 3
# What a browser fetches for one view of 1920 x 1080 px, over its six connections.
_SCREEN, _SCREEN_CONNECTIONS, _SCREENS = (9, 5), 6, 200
_SCREEN_RUNS = 9
_KEY = "a key for benchmarks only, 32 byt"
_IMAGE = uuid.UUID(int=0x4D6974617465)


@dataclass(frozen=True)
class _Server:
    name: str
    command: list[str]
    environment: dict[str, str]
    paths: list[str]
    screens: list[str]
    port: int
    cookie: str = "none=0"


class _Tile(NamedTuple):
    level: dict[str, Any]
    column: int
    row: int


class _Load(NamedTuple):
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    kib: float
    bad: float


class _Turn(NamedTuple):
    """What one server did in one round: by number of connections; p50 and p99 of screens; memory of web processes and decoders."""

    loads: dict[int, _Load]
    screen_ms: tuple[float, float]
    memory_mib: tuple[float, float]


def run() -> list[tuple[str, str]]:
    """Measure every server on every slide."""
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for tool in ("load", "limit"):
            subprocess.run(["cc", "-O2", "-o", folder / tool, _HERE / "native" / f"{tool}.c"], check=True)
        for title, (file, options) in _SLIDES.items():
            slide = _slide(file, options)
            servers = _servers(folder, slide)
            turns: dict[str, list[_Turn]] = {server.name: [] for server in servers}
            for _ in range(_ROUNDS):
                for server in servers:
                    turns[server.name].append(_measure(server, folder))
            for server_name, found in turns.items():
                rows += [(f"{title}; {server_name}; {what}", figure) for what, figure in _told(found)]
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
    tiles, screens = _random_tiles(levels), _random_screens(levels)
    ours = ([_our_path(tile) for tile in tiles], [_our_path(tile) for tile in screens])
    token = grant.sign(_IMAGE, 1, time.time() + 7200, _KEY.encode())
    cookie = f"{grant.cookie_name(_IMAGE)}={token}"
    site = {"BENCH_DATA": str(data_dir), "BENCH_KEY": _KEY}
    found: list[_Server] = []
    for name, command in (
        ("Mitate, uvicorn", ["bench.tile_server", "PORT", "bench.tile_site:app", "viewer.tiles.protocol:TileProtocol"]),
        ("Mitate, uvicorn, every tile through ASGI", ["bench.tile_server", "PORT", "bench.tile_site:app", "httptools"]),
        ("Mitate, granian, WSGI pool", [*_GRANIAN, "bench.pool_site:wsgi"]),
        ("nothing but uvicorn, 12 KiB from memory", ["bench.tile_server", "PORT", "bench.floor:app", "httptools"]),
    ):
        port = _free_port()
        words = [sys.executable, "-m", *(str(port) if word == "PORT" else word for word in command)]
        found.append(_Server(name, words, site, *ours, port, cookie))
    limit = _limit_server(folder, data_dir, slide, [*tiles, *screens])
    return [*found, limit, *_iipsrv(slide, len(levels), tiles, screens), *_peers(slide, tiles, screens)]


_GRANIAN = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "PORT", "--workers", "2", "--blocking-threads", "1",
            "--no-ws", "--http", "1", "--runtime-mode", "mt", "--log-level", "error"]  # fmt: skip


def _our_path(tile: _Tile) -> str:
    return f"/pixels/{_IMAGE}/1/tiles/{tile.level['index']}/{tile.column}/{tile.row}"


def _limit_server(folder: Path, data_dir: Path, slide: Path, tiles: list[_Tile]) -> _Server:
    """The C server, which knows the stored tiles alone; so its screens may lack one."""
    index = MappedIndex(data_dir / "manifests" / f"{_IMAGE}.tiles", "1")
    lines: dict[str, str] = {}
    for tile in tiles:
        known = index.levels[tile.level["index"]]
        _, offset, length = index.place(known, tile.column, tile.row)
        if length:
            lines[_our_path(tile)] = f"{_our_path(tile)} {offset} {length} {known.recipe.prefix.hex()}\n"
    (folder / "limit.txt").write_text("".join(lines.values()))
    port, screens = _free_port(), [path for tile in tiles[_TILES:] if (path := _our_path(tile)) in lines]
    random_ones = [path for tile in tiles[:_TILES] if (path := _our_path(tile)) in lines]
    command = [str(folder / "limit"), str(port), str(slide), str(folder / "limit.txt")]
    return _Server("C, sendfile (the limit)", command, {}, random_ones, screens, port)


def _iipsrv(slide: Path, level_count: int, tiles: list[_Tile], screens: list[_Tile]) -> Iterator[_Server]:
    """iipsrv by its own protocol, whose tiles are the stored ones; its resolutions begin with the smallest."""
    copy = slide.with_name(f"{slide.stem}-tables.tif")
    if os.environ.get("MITATE_BENCH_IIPSRV") and not copy.exists():
        with_tables(slide, copy)

    def address(tile: _Tile) -> str:
        number = tile.row * tile.level["columns"] + tile.column
        return f"/?FIF={copy.name}&JTL={level_count - 1 - tile.level['index']},{number}"

    for binary in filter(None, os.environ.get("MITATE_BENCH_IIPSRV", "").split(":")):
        version = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        port = _free_port()
        command = [sys.executable, "-m", "bench.iipsrv", str(port), binary, str(slide.parent)]
        paths = [[address(tile) for tile in some] for some in (tiles, screens)]
        yield _Server(f"iipsrv {version or binary}, nginx", command, {}, *paths, port)


def _peers(slide: Path, tiles: list[_Tile], screens: list[_Tile]) -> Iterator[_Server]:
    peers = os.environ.get("MITATE_BENCH_PEERS")
    for name, module in (("large_image", "large"), ("deepzoom_server", "deepzoom")) if peers else ():
        port = _free_port()
        gunicorn = [str(peers), "-m", "gunicorn", "-w", "2", "-k", "gthread", "--threads", "4", "--keep-alive", "60"]
        gunicorn += ["--chdir", str(_HERE / "peers"), "-b", f"127.0.0.1:{port}", f"{module}:app"]
        paths = [[f"/t/{round(log2(tile.level['downsample']))}/{tile.column}/{tile.row}" for tile in some] for some in (tiles, screens)]
        yield _Server(f"{name}, gunicorn gthread", gunicorn, {"SLIDE": str(slide)}, *paths, port)


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


def _random_tiles(levels: list[dict[str, Any]]) -> list[_Tile]:
    dice = random.Random(_SEED)
    chosen = dice.choices(levels[: len(_WEIGHTS)], _WEIGHTS[: len(levels)], k=_TILES)
    return [_Tile(level, dice.randrange(level["columns"]), dice.randrange(level["rows"])) for level in chosen]


def _random_screens(levels: list[dict[str, Any]]) -> list[_Tile]:
    """Views somewhere on a level that is large enough, tile after tile."""
    dice, (across, down) = random.Random(_SEED), _SCREEN
    large = [level for level in levels if level["columns"] > across and level["rows"] > down]
    tiles: list[_Tile] = []
    for _ in range(_SCREENS):
        level = dice.choice(large)
        left, top = dice.randrange(level["columns"] - across), dice.randrange(level["rows"] - down)
        tiles += [_Tile(level, left + column, top + row) for row in range(down) for column in range(across)]
    return tiles


def _measure(server: _Server, folder: Path) -> _Turn:
    with _running(server) as session:
        _load(server.paths, server, folder, connections=8, seconds=2.0)
        _wait_until_idle(session)
        loads = {number: _measure_load(server, folder, session, number, seconds) for number, seconds in _SECONDS.items()}
        # Which process got how many of so few connections decides much; so they are made anew several times.
        screen = {"connections": _SCREEN_CONNECTIONS, "seconds": 0.4, "screen": _SCREEN[0] * _SCREEN[1]}
        screens = [_load(server.screens, server, folder, **screen)[-2:] for _ in range(_SCREEN_RUNS + 1)]
        p50, p99 = (statistics.median(values) / 1e3 for values in zip(*screens[1:], strict=True))
        return _Turn(loads, (p50, p99), _memory_mib(session))


def _measure_load(server: _Server, folder: Path, session: int, connections: int, seconds: float) -> _Load:
    before = _cpu_s(session)
    answers, bad, took_s, received, p50, p99 = _load(server.paths, server, folder, connections=connections, seconds=seconds)
    cpu_us = (_cpu_s(session) - before) / answers * 1e6
    return _Load(answers / took_s, p50 / 1e3, p99 / 1e3, cpu_us, received / answers / 1024, bad)


def _told(turns: list[_Turn]) -> Iterator[tuple[str, str]]:
    """What the turns of one server come to: medians, and of failures all."""
    for connections in _SECONDS:
        loads = [turn.loads[connections] for turn in turns]
        rate, p50, p99, cpu, kib = (statistics.median(values) for values in list(zip(*loads, strict=True))[:5])
        figure = f"{rate:,.0f} tiles/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms, CPU {cpu:.0f} us a tile, {kib:.1f} KiB a tile"
        bad = sum(load.bad for load in loads)
        yield f"{connections} connections", figure + (f", {bad:.0f} bad" if bad else "")
    p50, p99 = (statistics.median(values) for values in zip(*(turn.screen_ms for turn in turns), strict=True))
    yield f"a screen of {_SCREEN[0] * _SCREEN[1]} tiles, {_SCREEN_CONNECTIONS} connections", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms"
    web, decoders = (max(values) for values in zip(*(turn.memory_mib for turn in turns), strict=True))
    yield "memory of the server's processes", f"{web:.0f} MiB" + (f", and {decoders:.0f} MiB of pixel workers" if decoders else "")


def _load(paths: list[str], server: _Server, folder: Path, *, connections: int, seconds: float, screen: int = 0) -> list[float]:
    (folder / "paths.txt").write_text("\n".join(paths) + "\n")
    words = [str(server.port), str(folder / "paths.txt"), str(connections), str(seconds), server.cookie, str(screen)]
    done = subprocess.run([str(folder / "load"), *words], check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


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


def _memory_mib(session: int) -> tuple[float, float]:
    """Proportional set size (pages that processes share count once) of the server itself and of its pixel workers."""
    sums = [0.0, 0.0]
    for folder, _ in _session(session):
        try:
            found = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.M)
            decodes = "viewer.tiles.worker" in (folder / "cmdline").read_text()
        except OSError:  # it has ended meanwhile
            continue
        sums[decodes] += int(found[1]) / 1024 if found else 0.0
    return sums[0], sums[1]
