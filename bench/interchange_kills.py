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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_TIMEOUT_S = 120.0
_SHORTEST_S = 0.02
_LEASE_S = 0.4
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
    with _site(marks) as site:
        expected, whole_s = _undisturbed_import(site)
        for _ in range(kills):
            with _copy_of(site) as folder:
                worker = _start_worker(folder)
                time.sleep(dice.uniform(_SHORTEST_S, whole_s))
                found.cut_short += worker.poll() is None
                worker.kill()
                worker.wait()
                found.kills += 1
                second = _start_worker(folder)
                second.wait(_TIMEOUT_S)
                if _left(folder) != expected:
                    found.wrong.append(f"import {found.kills} ends otherwise")
    return found


def kill_exports(*, kills: int, marks: int, format_name: str = "document", seed: int = 1) -> Found:
    """Kill the command that writes an export, write it again, and compare the files."""
    found, dice = Found(), random.Random(seed)
    with _site(marks) as folder:
        started = time.monotonic()
        expected = _digest(_export(folder, "whole.zip", format_name))
        whole_s = time.monotonic() - started
        for number in range(kills):
            output = folder / f"cut-{number}.zip"
            process = subprocess.Popen(_export_command(output, format_name), cwd=ROOT, env=_environment(folder), stdout=subprocess.DEVNULL)
            time.sleep(dice.uniform(whole_s * 0.3, whole_s))
            found.cut_short += process.poll() is None
            process.kill()
            process.wait()
            found.kills += 1
            if output.exists() and _digest(output) != expected:
                found.wrong.append(f"export {found.kills} left a file that is not whole")
            if _digest(_export(folder, output.name, format_name)) != expected:
                found.wrong.append(f"export {found.kills} differs when it is made again")
    return found


def kill_jobs(*, kills: int, cases: int, marks: int, format_name: str = "document", deaths: int = 2, seed: int = 1) -> Found:
    """Kill the worker that makes an export, several times, let another one end it, and compare with the streamed export."""
    found, dice = Found(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="mitate-interchange-") as name:
        site = Path(name)
        command = [sys.executable, "-m", "bench.export_job_site", str(cases), str(marks), format_name]
        subprocess.run(command, cwd=ROOT, env=_environment(site), check=True, stdout=subprocess.DEVNULL)
        expected = _digest(_export(site, "whole.zip", format_name))
        with _copy_of(site) as folder:
            whole_s = _work_for(folder, None)
        while found.kills < kills:
            with _copy_of(site) as folder:
                for _ in range(min(deaths, kills - found.kills)):
                    found.cut_short += _work_for(folder, dice.uniform(0, whole_s)) < 0
                    found.kills += 1
                    time.sleep(2 * _LEASE_S)
                _work_for(folder, None)
                if [_digest(path) for path in (folder / "exports").glob("*")] != [expected]:
                    found.wrong.append(f"after kill {found.kills} the export is another one")
    return found


def run() -> list[tuple[str, str]]:
    """Kill 50 imports, 50 exports that are streamed, and 50 times the worker that makes one as a file."""
    rows = []
    for what, found in (
        ("imports", kill_imports(kills=50, marks=3_000)),
        ("exports", kill_exports(kills=50, marks=3_000)),
        ("exports by the worker, case by case,", kill_jobs(kills=30, cases=30, marks=100)),
        ("exports by the worker, in one file,", kill_jobs(kills=20, cases=30, marks=100, format_name="coco")),
    ):
        rows.append((f"{what} killed, of which before their end", f"{found.kills}, {found.cut_short}"))
        rows.append((f"{what} that ended otherwise than an undisturbed one", "; ".join(found.wrong) or "0"))
    return rows


@contextlib.contextmanager
def _site(marks: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mitate-interchange-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "bench.interchange_site", str(marks)]
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


def _start_worker(folder: Path) -> subprocess.Popen[bytes]:
    """Start the worker and wait until it is about to begin."""
    command = [sys.executable, "-m", "bench.import_worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=_environment(folder), stdout=subprocess.PIPE)
    assert worker.stdout is not None
    with worker.stdout:
        worker.stdout.readline()
    return worker


def _undisturbed_import(site: Path) -> tuple[str, float]:
    with _copy_of(site) as folder:
        worker = _start_worker(folder)
        started = time.monotonic()
        worker.wait(_TIMEOUT_S)
        return _left(folder), time.monotonic() - started


def _work_for(folder: Path, seconds: float | None) -> float:
    """Let a worker make the export; return how long it took, -1 if it was killed before, that many seconds after its begin."""
    command = [sys.executable, "manage.py", "work", "--once", f"--lease-seconds={_LEASE_S}"]
    worker = subprocess.Popen(command, cwd=ROOT, env=_environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = _attempts(folder)
    while worker.poll() is None and _attempts(folder) == before:
        time.sleep(0.005)
    started = time.monotonic()
    try:
        worker.wait(_TIMEOUT_S if seconds is None else seconds)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
        return -1.0
    return time.monotonic() - started


def _attempts(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(next(folder.glob("*.sqlite3")))) as database:
        return int(database.execute("SELECT attempt FROM annotation_exportjob").fetchone()[0])


def _left(folder: Path) -> str:
    """Return a digest of everything that an import leaves in the database."""
    digest = hashlib.sha256()
    with contextlib.closing(sqlite3.connect(next(folder.glob("*.sqlite3")))) as database:
        for query in _LEFT:
            for row in database.execute(query):
                digest.update(repr(row).encode())
    return digest.hexdigest()


def _export_command(output: Path, format_name: str) -> list[str]:
    return [sys.executable, "manage.py", "export", "kills", f"--format={format_name}", f"--output={output}"]


def _export(folder: Path, name: str, format_name: str) -> Path:
    output = folder / name
    subprocess.run(_export_command(output, format_name), cwd=ROOT, env=_environment(folder), check=True, stdout=subprocess.DEVNULL)
    return output


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
