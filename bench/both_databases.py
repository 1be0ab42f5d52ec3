"""Runs a measurement on SQLite and on PostgreSQL, each in a process and on data of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def measured_on_both(module: str) -> list[tuple[str, str]]:
    """Return the lines that ``python -m module`` prints, divided at the tab, first on SQLite and then on PostgreSQL."""
    rows = []
    for before in ([], ["scripts/with_postgres.sh"]):
        with tempfile.TemporaryDirectory() as folder:
            kept = {name: value for name, value in os.environ.items() if not name.startswith("MITATE_")}
            command = [*before, sys.executable, "-m", module]
            environment = kept | {"MITATE_DATA_DIR": folder}
            done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            rows += [tuple(line.split("\t", 1)) for line in done.stdout.splitlines()]
    return rows  # type: ignore[return-value]  # two parts each
