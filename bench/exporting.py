"""Seconds and memory of exports from campaigns with few and with many marks."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.people import sign_in
from bench.saving import mark
from tests.browser.site import ROOT, Site


def _export(site: Site, campaign: str, format_name: str) -> tuple[float, int]:
    """Export on the command line, drafts included; return seconds and peak memory in MiB of that process."""
    script = (
        "import resource, sys; from django.core.management import execute_from_command_line as run; run(sys.argv);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    target = site.folder / f"{format_name}.zip"
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, "export", campaign, "--format", format_name, "--drafts", "--output", str(target)],
        cwd=ROOT,
        env=site.environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - began, int(done.stderr.split()[-1]) >> 10


def run() -> list[tuple[str, str]]:
    """Export one slide with 100 marks and the same slide with 20,000."""
    rows: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        site.start()
        try:
            client = sign_in(site.url, "jsp-reader1")
            campaign = client.get("/api/campaigns/").json()["reading"][0]
            read_id = client.post(f"/api/campaigns/{campaign['id']}/next/").json()["read_id"]
            read = client.get(f"/api/reads/{read_id}/").json()
            count = 0
            for goal in (100, 20_000):
                while count < goal:
                    batch = [mark(read, count + number) for number in range(100)]
                    client.post(f"/api/reads/{read_id}/operations/", json={"operations": batch}).raise_for_status()
                    count += len(batch)
                for format_name in ("document", "qupath", "coco"):
                    duration_s, memory_mib = _export(site, campaign["id"], format_name)
                    rows.append((f"export {format_name}, {goal:,} marks", f"{duration_s:.1f} s, {memory_mib} MiB at the peak"))
        finally:
            site.stop()
    return rows
