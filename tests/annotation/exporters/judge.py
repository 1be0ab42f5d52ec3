"""Runs a program of somebody else on an export, in the environment that `scripts/judges.sh` makes."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = Path(__file__).resolve().parent / "judging"


def judges() -> Path:
    """Return the folder of the environment; skip the test where it could not be made."""
    lines = "".join(
        f"{hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}  {name}\n" for name in ("scripts/judges.txt", "scripts/judges.sh")
    )
    folder = ROOT / "build" / "judges" / hashlib.sha256(lines.encode()).hexdigest()[:16]
    if not (folder / ".ready").exists():
        pytest.skip("the judges are not installed: scripts/judges.sh")
    return folder


def verdict(script: str, folder: Path, *arguments: str) -> Any:
    """Run `judging/<script>.py` on a folder and return the JSON that it prints."""
    command = [str(judges() / "bin" / "python"), "-W", "ignore", str(SCRIPTS / f"{script}.py"), str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def unpack(files: dict[str, bytes], folder: Path) -> Path:
    """Write the files of an export below a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
