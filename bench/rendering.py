"""CPU of tiles that a slide does not store: rendered ones beside other decoders, and half levels made of stored tiles.

CPU is user and system time; each figure is the best of several rounds over the same tiles, as other work on the machine only adds.
large_image, pyvips and cucim run under MITATE_BENCH_PEERS if that is set.
"""

import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from bench.tiles import _SLIDES, _slide
from viewer.geometry import Level
from viewer.readers import base
from viewer.readers.pyramid import PyramidReader
from viewer.readers.registry import open_reader
from viewer.tiles import render
from viewer.tiles.made import maker
from viewer.tiles.pool import PixelPool
from viewer.tiles.stored import jpeg
from viewer.tiles.stored.tiff_index import tiff_candidates

_DATA = Path(__file__).parents[2] / "shared" / "data" / "wsi"
_FILES = {
    "JPEG 2000, 240 px": "aperio/he_jp2k_33005.svs",
    "deflate, 256 px, OME-TIFF": "ome-tiff/he_pyramid_subifd.ome.tif",
}
_ROUNDS, _TURNS, _SEED, _HALVES = 5, 5, 20261121, 200
_CONNECTIONS = 6
_OURS = "our reader, in process"
_HERE, _WORKER = "as a pixel worker has it done, but by whoever asks", "in a pixel worker, both sides"
_TOGETHER_WORKER = "in a pixel worker, six that wait together, both sides"
_JOB_HERE, _JOB_WORKER = "all tiles as one job, by whoever asks", "the same job in a pixel worker, both sides"
_BESIDE = {_WORKER: _HERE, _TOGETHER_WORKER: _HERE, _JOB_WORKER: _JOB_HERE}

_PEERS = {
    "large_image": """
import large_image, large_image_source_openslide, large_image_source_tiff
large_image.config.setConfig("cache_sources", False)
def opened():
    large_image.cache_util.cachesClear()
    try:
        source = large_image_source_tiff.open(path, jpegQuality=85, jpegSubsampling=0, noCache=True)
    except Exception:
        source = large_image_source_openslide.open(path, jpegQuality=85, jpegSubsampling=0, noCache=True)
    return lambda column, row: source.getTile(column, row, source.levels - 1)
""",
    "pyvips": """
import pyvips
pyvips.cache_set_max(0)
def opened():
    image = pyvips.Image.new_from_file(path, access="random")
    def tile(column, row):
        part = image.crop(column * width, row * height, width, height)
        return part.jpegsave_buffer(Q=85, subsample_mode="off", strip=True)
    return tile
""",
    "cucim": """
import io
import numpy
from PIL import Image
from cucim import CuImage
CuImage.cache("nocache")
def opened():
    slide = CuImage(path)
    def tile(column, row):
        part = numpy.asarray(slide.read_region((column * width, row * height), (width, height), 0))
        buffer = io.BytesIO()
        Image.fromarray(part[:, :, :3]).save(buffer, "JPEG", quality=85, subsampling=0)
        return buffer.getvalue()
    return tile
""",
}
_PEERS_WORK = """
import json, resource, sys
path, cells, rounds, width, height = json.loads(sys.stdin.read())
{peer}
best = 1e9
for _ in range(rounds):
    tile = opened()
    tile(*cells[0])
    began = resource.getrusage(resource.RUSAGE_SELF)
    for column, row in cells[1:]:
        tile(column, row)
    ended = resource.getrusage(resource.RUSAGE_SELF)
    best = min(best, ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime)
print(best / (len(cells) - 1) * 1e3)
"""


def run() -> list[tuple[str, str]]:
    """Measure rendering, isolation and half levels."""
    rows: list[tuple[str, str]] = []
    for name, file in _FILES.items():
        rows += [(f"{name}; {what}", figure) for what, figure in _rendered(_DATA / file)]
    with tempfile.TemporaryDirectory() as folder:
        rows += [(f"LZW, 256 px; {what}", figure) for what, figure in _rendered(_lzw(Path(folder)))]
    for title, (file, options) in _SLIDES.items():
        rows.append((f"half-level tile from stored ones, {title}", f"{_half(_slide(file, options)):.2f} ms CPU"))
    return rows


def _rendered(path: Path) -> list[tuple[str, str]]:
    """Everybody has a turn, and then again: the machine is now faster, now slower, and the best of all turns counts."""
    reader = _opened(path)
    level = reader.levels[0]
    # Whole tiles only: the last column and row are smaller, and peers fill them up.
    cells = [(column, row) for column in range(level.grid.columns - 1) for row in range(level.grid.rows - 1)]
    pixels = [reader.tile_pixels(0, column, row) for column, row in cells]
    reader.close()
    measures: dict[str, Callable[[], float]] = {
        _OURS: lambda: _apart(_ours_ms, path, level, cells),
        "of which encoding": lambda: _best_ms(
            len(cells), lambda: [base.encode_jpeg(one, base.TILE_QUALITY, full_chroma=True) for one in pixels]
        ),
        "decoder and encoder alone (imagecodecs)": lambda: _codecs_alone(path, cells),
        **_peers(path, cells, level),
        _HERE: lambda: _apart(_in_process_ms, path, level, cells),
        _WORKER: lambda: _apart(_isolated_ms, path, level, cells),
        _TOGETHER_WORKER: lambda: _apart(_together_ms, path, level, cells),
        _JOB_HERE: lambda: _apart(_job_here_ms, path, level, cells),
        _JOB_WORKER: lambda: _apart(_job_ms, path, level, cells),
    }
    best = dict.fromkeys(measures, float("inf"))
    for _ in range(_TURNS):
        for name, measure in measures.items():
            best[name] = min(best[name], measure())
    return [(name, _told(name, best)) for name in best]


def _told(name: str, best: dict[str, float]) -> str:
    milliseconds = best[name]
    if milliseconds == float("inf"):
        return "does not open it"
    figure = f"{milliseconds:.2f} ms CPU"
    if name in _BESIDE:
        return f"{figure}, {(milliseconds / best[_BESIDE[name]] - 1) * 100:+.0f} %"
    if name in {_OURS, "of which encoding", *_BESIDE.values()}:
        return figure
    return f"{figure}; ours in process is {best[_OURS] / milliseconds:.2f} times that"


def _peers(path: Path, cells: list[tuple[int, int]], level: Level) -> dict[str, Callable[[], float]]:
    python = os.environ.get("MITATE_BENCH_PEERS")
    asked = json.dumps([str(path), cells, _ROUNDS, level.grid.tile.width, level.grid.tile.height])

    def measure(peer: str) -> float:
        command = [str(python), "-c", _PEERS_WORK.replace("{peer}", peer)]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
        return float(done.stdout.split()[-1]) if done.returncode == 0 else float("inf")

    return {f"{name}, same quality": partial(measure, peer) for name, peer in _PEERS.items()} if python else {}


def _apart(measure: Callable[[Path, Level, list[tuple[int, int]]], float], path: Path, level: Level, cells: list[tuple[int, int]]) -> float:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:  # as young as a peer or a worker
        return fresh.submit(measure, path, level, cells).result()


def _lzw(folder: Path) -> Path:
    tissue = np.asarray(Image.open(_DATA / "generic-tiff" / "OS-1_he_region_40x.png").convert("RGB"))[:1536, :1536]
    tissue = np.tile(tissue, (2, 2, 1))
    tifffile.imwrite(folder / "lzw.tif", tissue, tile=(256, 256), compression="lzw", photometric="rgb")
    return folder / "lzw.tif"


def _opened(path: Path) -> PyramidReader:
    reader = open_reader(str(path))
    assert isinstance(reader, PyramidReader)
    return reader


def _ours_ms(path: Path, _: Level, cells: list[tuple[int, int]]) -> float:
    """Each round with a reader of its own: they keep what they decoded."""
    best = float("inf")
    for _ in range(_ROUNDS):
        reader = _opened(path)
        reader.tile(0, *cells[0])
        before = _cpu_s()
        for column, row in cells[1:]:
            reader.tile(0, column, row)
        best = min(best, _cpu_s() - before)
        reader.close()
    return best / (len(cells) - 1) * 1e3


def _codecs_alone(path: Path, cells: list[tuple[int, int]]) -> float:
    """The stored bytes through the fastest codec at hand and back, with no slide library between."""
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        across = -(-page.imagewidth // page.tilewidth)
        raw = path.read_bytes()
        stored = [
            raw[page.dataoffsets[n] : page.dataoffsets[n] + page.databytecounts[n]]
            for n in (row * across + column for column, row in cells)
        ]
        jpeg2000 = int(page.compression) in {33003, 33005, 34712}

        def tile(number: int, data: bytes) -> bytes:
            pixels = imagecodecs.jpeg2k_decode(data) if jpeg2000 else page.decode(data, number)[0][0]
            return imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels), level=base.TILE_QUALITY, subsampling="444")

        return _best_ms(len(cells), lambda: [tile(number, data) for number, data in enumerate(stored)])


def _copies(path: Path, level: Level, folder: Path) -> Iterator[dict[str, Any]]:
    """The slide under another name for each round: what was decoded under one is kept."""
    for number in range(_ROUNDS):
        copy = folder / f"{number}{path.suffix}"
        shutil.copyfile(path, copy)
        yield {"kind": "slide", "paths": [str(copy)], "levels": [level.as_json()]}


def _in_process_ms(path: Path, level: Level, cells: list[tuple[int, int]]) -> float:
    """What a worker does for each tile, done by the process that wants it."""
    best = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        for source in _copies(path, level, Path(folder)):
            before = 0.0
            for number, (column, row) in enumerate(cells):
                if number == 1:  # the first one opens the slide
                    before = _cpu_s()
                render.serve({"verb": "tile", "source": source, "level": 0, "column": column, "row": row, "view": ""})
            best = min(best, _cpu_s() - before)
    return best / (len(cells) - 1) * 1e3


def _isolated_ms(path: Path, level: Level, cells: list[tuple[int, int]]) -> float:
    """The same through a pool of one worker: CPU of this process and of the worker, per tile."""
    best, pool = float("inf"), PixelPool(workers=1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            for source in _copies(path, level, Path(folder)):
                before = 0.0
                for number, (column, row) in enumerate(cells):
                    if number == 1:
                        before = _cpu_s() + _child_cpu_s(pool)
                    pool.tile(source, 0, column, row)
                best = min(best, _cpu_s() + _child_cpu_s(pool) - before)
        finally:
            pool.close()
    return best / (len(cells) - 1) * 1e3


def _together_ms(path: Path, level: Level, cells: list[tuple[int, int]]) -> float:
    """As the pixel application asks for tiles that wait at the same time: a browser has as many as it has connections."""
    best, pool = float("inf"), PixelPool(workers=1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            for source in _copies(path, level, Path(folder)):
                pool.tile(source, 0, *cells[0])
                before = _cpu_s() + _child_cpu_s(pool)
                for first in range(1, len(cells), _CONNECTIONS):
                    pool.tiles(source, 0, cells[first : first + _CONNECTIONS])
                best = min(best, _cpu_s() + _child_cpu_s(pool) - before)
        finally:
            pool.close()
    return best / (len(cells) - 1) * 1e3


def _job(source: dict[str, Any], cells: list[tuple[int, int]]) -> dict[str, Any]:
    """All tiles at once, as the maker of sidecars asks for them."""
    return {"verb": "make", "kind": "render", "source": source, "level": 0, "cells": cells[: maker.MAX_TILES_A_JOB]}


def _job_here_ms(path: Path, level: Level, cells: list[tuple[int, int]]) -> float:
    best = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        for source in _copies(path, level, Path(folder)):
            render.serve(_job(source, cells[:1]))  # opens the slide
            before = _cpu_s()
            render.serve(_job(source, cells[1:]))
            best = min(best, _cpu_s() - before)
    return best / (len(cells) - 1) * 1e3


def _job_ms(path: Path, level: Level, cells: list[tuple[int, int]]) -> float:
    best, pool = float("inf"), PixelPool(workers=1)
    with tempfile.TemporaryDirectory() as folder:
        try:
            for source in _copies(path, level, Path(folder)):
                pool.make(_job(source, cells[:1]), source["paths"][0])
                before = _cpu_s() + _child_cpu_s(pool)
                pool.make(_job(source, cells[1:]), source["paths"][0])
                best = min(best, _cpu_s() + _child_cpu_s(pool) - before)
        finally:
            pool.close()
    return best / (len(cells) - 1) * 1e3


def _child_cpu_s(pool: PixelPool) -> float:
    """To the nanosecond, unlike the ticks of /proc/PID/stat."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9 for pid in pool.worker_ids())


def _half(slide: Path) -> float:
    """Tiles of a half level from four stored ones each, as the sidecar has them made."""
    candidate = tiff_candidates(str(slide))[0]
    recipe = jpeg.recipe(
        width=candidate.tile_width,
        height=candidate.tile_height,
        components=candidate.components,
        transform=candidate.transforms[0],
        tables=candidate.tables,
    )
    assert recipe is not None
    dice = random.Random(_SEED)
    chosen = [(dice.randrange(candidate.columns // 2), dice.randrange(candidate.rows // 2)) for _ in range(_HALVES)]
    cells: list[list[tuple[int, int, int]]] = []
    for column, row in chosen:
        numbers = [(2 * row + down) * candidate.columns + 2 * column + across for down in (0, 1) for across in (0, 1)]
        cells.append([(0, int(candidate.offsets[number]), int(candidate.lengths[number])) for number in numbers])
    files = [{"path": str(slide), "recipe": maker.recipe_json(recipe)}]
    job = {"factor": 2, "tile": [candidate.tile_width, candidate.tile_height], "files": files, "cells": cells}
    return _best_ms(_HALVES, lambda: maker.shrink(job))


def _best_ms(count: int, work: Callable[[], object]) -> float:
    work()
    best = float("inf")
    for _ in range(_ROUNDS):
        before = _cpu_s()
        work()
        best = min(best, _cpu_s() - before)
    return best / count * 1e3


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
