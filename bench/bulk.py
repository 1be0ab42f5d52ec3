"""A million cells: from GeoJSON into a layer and out again in every format that holds cells; seconds and memory of each process.

At the end 100,000 of them are relabelled, one is edited, 1,000 are deleted, everything is taken back, and all is exported once more.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Final

from annotation.exporters.fields import Field, Held
from annotation.exporters.registry import EXPORTERS
from bench.bulk_site import HEIGHT_PX, WIDTH_PX
from bench.fuzz import DATA

CELLS: Final = int(os.environ.get("MITATE_BENCH_CELLS", "1000000"))
FORMATS: Final = [name for name, exporter in EXPORTERS.items() if exporter.holds[Field.CELLS] != Held.NO]
LIMIT_MIB: Final = 600
_ROOT: Final = Path(__file__).resolve().parents[1]
_MAKER: Final = DATA.parent / "tools/make_cells.py"
_MEASURED: Final = """
import resource, sys
from django.core.management import execute_from_command_line as run
run(sys.argv)
# not ru_maxrss of the process itself: that begins with what its parent had (getrusage(2) on Linux keeps it over exec)
own = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss), file=sys.stderr)
"""


class Measured:
    """Commands on one site, with the seconds and the peak memory of each."""

    def __init__(self, folder: Path) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MITATE_")}
        self.folder = folder
        self.environment = kept | {
            "MITATE_DATA_DIR": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(_ROOT),
        }
        (folder / "data").mkdir()

    def step(self, name: str) -> str:
        """Run a step of the site's maker; return what it prints."""
        command = [sys.executable, "-m", "bench.bulk_site", name]
        return subprocess.run(command, cwd=_ROOT, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

    def manage(self, *arguments: str) -> tuple[float, int]:
        """Run a management command; return seconds and MiB at the peak of its largest process."""
        began = time.perf_counter()
        command = [sys.executable, "-c", _MEASURED, *arguments]
        done = subprocess.run(command, cwd=_ROOT, env=self.environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(done.stderr[-2000:])
        return time.perf_counter() - began, int(done.stderr.split()[-1]) >> 10

    def export(self, format_name: str, suffix: str) -> tuple[float, int, Path]:
        """Export the campaign; return seconds, MiB and the ZIP."""
        target = self.folder / f"{format_name}-{suffix}.zip"
        return *self.manage("export", "bulk", "--format", format_name, "--drafts", "--output", str(target)), target


def run() -> list[tuple[str, str]]:
    """Measure all of it on one site."""
    with tempfile.TemporaryDirectory(prefix="mitate-bulk-") as name:
        site = Measured(Path(name))
        cells = site.folder / "cells.geojson"
        size = f"{WIDTH_PX}x{HEIGHT_PX}"
        subprocess.run([sys.executable, str(_MAKER), "--n", str(CELLS), "--size", size, "--check", "0", str(cells)], check=True)
        image_id = site.step("site").splitlines()[-1]
        labels = ("--label", "Tumor=tumour", "--label", "Lymphocyte=cell")
        seconds, memory = site.manage("import_cells", "bulk", image_id, str(cells), "--user", "bulk-reader", *labels)
        rows = [(f"import of {CELLS:,} cells ({cells.stat().st_size / 1e6:.0f} MB of GeoJSON)", said(seconds, memory))]
        cells.unlink()
        site.step("accept")
        digests = {}
        for format_name in FORMATS:
            seconds, memory, path = site.export(format_name, "before")
            rows.append((f"export as {format_name} ({path.stat().st_size / 1e6:.0f} MB)", said(seconds, memory)))
            digests[format_name] = content(path)
            path.unlink()
        site.step("round")
        same = []
        for format_name in FORMATS:
            _seconds, _memory, path = site.export(format_name, "after")
            same.append(f"{format_name}: {'the same' if content(path) == digests[format_name] else 'DIFFERENT'}")
            path.unlink()
        work = f"{CELLS // 10:,} relabelled, one edited, {CELLS // 1000:,} deleted, all undone, exported again"
        return [*rows, (work, ", ".join(same))]


def content(path: Path) -> dict[str, str]:
    """Return the digest of each entry of an export.

    Of documents the number of their revision is left out, which counts every step, also those that took others back; and with it
    what follows from it, their own hash and the manifest.
    """
    found = {}
    with zipfile.ZipFile(path) as archive:
        is_document = any(name.startswith("documents/") for name in archive.namelist())
        for name in archive.namelist():
            if name.startswith("documents/"):
                document = json.loads(archive.read(name))
                for key in ("revision", "contentHash"):
                    document.pop(key)
                found[name] = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
            elif not (is_document and name == "manifest.json"):
                with archive.open(name) as entry:
                    found[name] = hashlib.file_digest(entry, "sha256").hexdigest()  # type: ignore[arg-type]
    return found


def said(seconds: float, memory_mib: int) -> str:
    """Return a figure; one above the limit says so."""
    over = f", above the limit of {LIMIT_MIB} MiB" if memory_mib >= LIMIT_MIB else ""
    return f"{seconds:.0f} s, {memory_mib} MiB at the peak{over}"
