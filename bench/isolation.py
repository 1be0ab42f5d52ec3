"""Bad luck and bad files beside people at work: workers killed under load, and hostile files opened meanwhile."""

import contextlib
import itertools
import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.figures import spread_ms
from bench.fuzz import DATA, Run
from bench.pixel_load import Load, PixelSite
from viewer.readers.errors import ReaderError
from viewer.tiles.pool import PixelPool

FILES = ("wsi/aperio/CMU-1-Small-Region.svs", "wsi/generic-tiff/he_pyramid_jpeg.tif", "dicom/us/toshiba_echo_64f.dcm")
KILLS = 100
COPIES = 400  # each answer is asked for once: from the cache, nobody would notice that a worker is gone
PHASE_S = 12.0
PAIRS = 4
MUTANTS = 600


def kill_workers(pool: PixelPool, kills: int, pause_s: float, seed: int = 1) -> list[float]:
    """End a random worker at a random moment, each time once its last victim was replaced; returns the second of each kill."""
    dice = random.Random(seed)
    moments: list[float] = []
    while len(moments) < kills:
        time.sleep(pause_s * dice.random())
        with contextlib.suppress(ProcessLookupError, ValueError):  # it was just being replaced
            children = [*pool._busy, *pool._idle, pool._spare]  # noqa: SLF001 -- the outside that kills
            alive = [child for child in children if child is not None and child.alive and child.warm]
            if len(alive) > pool._limit:  # noqa: SLF001
                os.kill(dice.choice(alive[:-1]).pid, signal.SIGKILL)
                moments.append(time.monotonic())
    return moments


def recoveries(load: Load, moments: list[float]) -> list[float]:
    """Seconds from each kill to the first picture that somebody got after it."""
    finished = sorted(sent + took for sent, took in zip(load.started, load.seconds, strict=True))
    return [next(done for done in finished if done > moment) - moment for moment in moments if moment < finished[-1]]


def _killing() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        pool = PixelPool(workers=2)
        with PixelSite(Path(folder), [DATA / name for name in FILES], pool, copies=COPIES) as site:
            load = Load(site)
            with load.running():
                time.sleep(3)
                calm = len(load.seconds)
                moments = kill_workers(pool, KILLS, 0.6)
                time.sleep(1)
            assert len(load.seconds) <= site.size, "the last requests were answered from the cache"
    hit = [took for sent, took in zip(load.started, load.seconds, strict=True) if any(sent < at < sent + took for at in moments)]
    return [
        (f"{len(load.seconds)} tiles and frames, {KILLS} workers killed: failed requests", str(len(load.failures))),
        ("request, nothing killed", spread_ms(load.seconds[:calm])),
        ("request during which a worker was killed", spread_ms(hit)),
        ("from a kill to the next picture", spread_ms(recoveries(load, moments))),
    ]


def _bad_files(folder: Path) -> list[Path]:
    """Malformed files, and mutated ones made now, so that only opening them is measured."""
    known = sorted(path for path in (DATA / "malformed").rglob("*") if path.is_file() and path.parent.name in {"dicom", "photo", "tiff"})
    run = Run(PixelPool(), 5)
    return known + [run.write(number, folder)[1] for number in range(MUTANTS)]


def _open_bad_files(pool: PixelPool, files: Iterator[Path], stop: threading.Event) -> int:
    """Inspect one bad file after the other until told to stop; returns how many."""
    count = 0
    while not stop.is_set():
        with contextlib.suppress(ReaderError):
            pool.inspect(str(next(files)))
        count += 1
    return count


def _beside_bad_files() -> list[tuple[str, str]]:
    """Calm and hostile phases in turn, as the machine's own speed changes from minute to minute."""
    calm: list[float] = []
    hostile: list[float] = []
    opened = 0
    with tempfile.TemporaryDirectory() as folder:
        pool, files = PixelPool(workers=2), itertools.cycle(_bad_files(Path(folder) / "bad"))
        with PixelSite(Path(folder) / "site", [DATA / FILES[0], DATA / FILES[1]], pool, copies=100) as site:
            for phase in range(2 * PAIRS):
                load, stop = Load(site, people=1), threading.Event()
                with load.running(), ThreadPoolExecutor(1) as aside:
                    if phase % 2:
                        bad = aside.submit(_open_bad_files, pool, files, stop)
                    time.sleep(PHASE_S)
                    stop.set()
                    opened += bad.result() if phase % 2 else 0
                (hostile if phase % 2 else calm).extend(load.seconds)
    change = statistics.median(hostile) / statistics.median(calm) - 1
    return [
        ("tile, one person, nothing else", spread_ms(calm)),
        (f"the same while another person's {opened} bad files are opened", spread_ms(hostile)),
        ("change of the median", f"{change:+.0%}"),
    ]


def run() -> list[tuple[str, str]]:
    """Both."""
    return [*_killing(), *_beside_bad_files()]
