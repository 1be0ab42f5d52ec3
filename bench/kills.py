"""Three hundred kills of web processes and PostgreSQL back ends under load, on a cluster of their own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def kills_under_load(*, saves: int, kills: int, every_s: float) -> dict[str, Any]:
    """Return what ``bench.killing`` found: acknowledged operations, kills, seconds, repetitions, and what is wrong."""
    command = [
        "scripts/with_postgres.sh",
        sys.executable,
        "-m",
        "bench.killing",
        f"--saves={saves}",
        f"--kills={kills}",
        f"--every={every_s}",
    ]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout.decode().strip().splitlines()[-1])
    return found


def run() -> list[tuple[str, str]]:
    """Save 20,000 marks of 8 readers, kill 300 times, and compare."""
    found = kills_under_load(saves=20_000, kills=300, every_s=2.0)
    killed = ", ".join(f"{count} times a {kind}" for kind, count in sorted(found["kills"].items()))
    repeated = ", ".join(f"{name} {count}" for name, count in sorted(found["repeated"].items()))
    return [
        (f"acknowledged saves lost, doubled or otherwise, of {found['acknowledged']}", "; ".join(found["wrong"]) or "0"),
        (f"killed within {found['seconds']:.0f} s", killed),
        ("operations sent again, and why", repeated),
    ]
