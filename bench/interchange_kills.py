"""Imports and exports killed in the middle, at random moments: what is there afterwards is what an undisturbed one leaves."""

import contextlib
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.nursery import Nursery

ROOT = Path(__file__).resolve().parents[1]
_KILLS = int(os.environ.get("BENCH_KILLS", "50"))
_SHORTEST_S = 0.02
_LEASE_S = 0.4
_WORK = ("work", "--once", f"--lease-seconds={_LEASE_S}")
# Everything that an import leaves; ids of marks follow from file and read, so they are the same each time.
_LEFT = (
    "SELECT id, hex(geometry_wkb), labels, granularity, revision, deleted, origin FROM annotation_annotation ORDER BY id",
    "SELECT annotation_id, number, sequence, verb FROM annotation_revision ORDER BY annotation_id, number",
    "SELECT annotation_id, source_id, source_label FROM annotation_importedannotation ORDER BY annotation_id",
    "SELECT state, result FROM annotation_importrun",
)


@dataclass
class Found:
    """What came of the kills."""

    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    cut_short: int = 0
    """How often the kill met a process that had not finished."""


def kill_imports(*, kills: int, marks: int, seed: int = 1) -> Found:
    """Kill the process that reads and stores a file, let another one go on, and compare what is in the database."""
    found, dice = Found(), random.Random(seed)  # moments, not secrets
    with _site("interchange_site", marks) as site, Nursery() as nursery:
        with _copy_of(site) as folder:
            started = time.monotonic()
            nursery.done(folder, "import")
            expected, whole_s = _left(folder), time.monotonic() - started
        for _ in range(kills):
            with _copy_of(site) as folder:
                worker = nursery.born(folder, "import")
                time.sleep(dice.uniform(_SHORTEST_S, whole_s))
                found.cut_short += worker.kill()
                found.kills += 1
                nursery.done(folder, "import")
                if _left(folder) != expected:
                    found.wrong.append(f"import {found.kills} ends otherwise")
    return found


def kill_exports(*, kills: int, marks: int, format_name: str = "document", seed: int = 1) -> Found:
    """Kill the command that writes an export, write it again, and compare the files."""
    found, dice = Found(), random.Random(seed)
    with _site("interchange_site", marks) as folder, Nursery() as nursery:
        started = time.monotonic()
        nursery.done(folder, *_export(folder / "whole.zip", format_name))
        expected, whole_s = _digest(folder / "whole.zip"), time.monotonic() - started
        for number in range(kills):
            output = folder / f"cut-{number}.zip"
            worker = nursery.born(folder, *_export(output, format_name))
            time.sleep(dice.uniform(0, whole_s))
            found.cut_short += worker.kill()
            found.kills += 1
            if output.exists() and _digest(output) != expected:
                found.wrong.append(f"export {found.kills} left a file that is not whole")
            nursery.done(folder, *_export(output, format_name))
            if _digest(output) != expected:
                found.wrong.append(f"export {found.kills} differs when it is made again")
            output.unlink()
    return found


def kill_jobs(*, kills: int, cases: int, marks: int, format_name: str = "document", deaths: int = 2, seed: int = 1) -> Found:
    """Kill the worker that makes an export, several times, let another one end it, and compare with the streamed export."""
    found, dice = Found(), random.Random(seed)
    with _site("export_job_site", cases, marks, format_name) as site, Nursery() as nursery:
        nursery.done(site, *_export(site / "whole.zip", format_name))
        expected = _digest(site / "whole.zip")
        with _copy_of(site) as folder:
            started = time.monotonic()
            nursery.done(folder, *_WORK)
            whole_s = time.monotonic() - started
        while found.kills < kills:
            with _copy_of(site) as folder:
                for _ in range(min(deaths, kills - found.kills)):
                    worker = nursery.born(folder, *_WORK)
                    time.sleep(dice.uniform(0, whole_s))
                    found.cut_short += worker.kill()
                    found.kills += 1
                    time.sleep(2 * _LEASE_S)
                nursery.done(folder, *_WORK)
                if [_digest(path) for path in (folder / "exports").glob("*")] != [expected]:
                    found.wrong.append(f"after kill {found.kills} the export is another one")
    return found


def run() -> Iterator[tuple[str, str]]:
    """Kill 50 imports, 50 exports that are streamed, and 50 times the worker that makes one as a file; tell each when it is over."""
    parts: tuple[tuple[str, Callable[[], Found]], ...] = (
        ("imports", lambda: kill_imports(kills=_KILLS, marks=3_000)),
        ("exports", lambda: kill_exports(kills=_KILLS, marks=3_000)),
        ("exports by the worker, case by case,", lambda: kill_jobs(kills=_KILLS * 3 // 5, cases=30, marks=100)),
        ("exports by the worker, in one file,", lambda: kill_jobs(kills=_KILLS * 2 // 5, cases=30, marks=100, format_name="coco")),
    )
    for what, kill in parts:
        started = time.monotonic()
        found = kill()
        yield f"{what} killed, of which before their end; in all", f"{found.kills}, {found.cut_short}; {time.monotonic() - started:.0f} s"
        yield f"{what} that ended otherwise than an undisturbed one", "; ".join(found.wrong) or "0"


@contextlib.contextmanager
def _site(module: str, *arguments: object) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mitate-interchange-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", f"bench.{module}", *map(str, arguments)]
        subprocess.run(command, cwd=ROOT, env=_environment(folder), check=True, stdout=subprocess.DEVNULL)
        yield folder


@contextlib.contextmanager
def _copy_of(site: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mitate-interchange-") as name:
        shutil.copytree(site, name, dirs_exist_ok=True)
        yield Path(name)


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MITATE_")}
    return kept | {"MITATE_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}


def _left(folder: Path) -> str:
    """Return a digest of everything that an import leaves in the database."""
    digest = hashlib.sha256()
    with contextlib.closing(sqlite3.connect(next(folder.glob("*.sqlite3")))) as database:
        for query in _LEFT:
            for row in database.execute(query):
                digest.update(repr(row).encode())
    return digest.hexdigest()


def _export(output: Path, format_name: str) -> tuple[str, ...]:
    return "export", "kills", f"--format={format_name}", f"--output={output}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
