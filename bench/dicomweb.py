"""Frames through DICOMweb and instances by C-STORE, beside Orthanc, both in one network without a way out.

Orthanc is Debian's, with its defaults. It has no users and no permissions here; Mitate has both, and changes what headers say.
"""

import json
import shutil
import subprocess
import sys
import tempfile

from tests.conftest import REPOSITORY
from tests.viewer.orthanc.peer import missing


def run() -> list[tuple[str, str]]:
    """Measure in a network of its own; nothing but a word where Orthanc is not there."""
    if missing():
        return [("Orthanc", f"not installed: {missing()}")]
    with tempfile.TemporaryDirectory() as folder:
        unshare = [shutil.which("unshare") or "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = [*unshare, sys.executable, "-W", "ignore", "-m", "bench.dicomweb_inside", folder]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode != 0:
        return [("not measured", done.stderr.strip().splitlines()[-1])]
    return [(what, figure) for what, figure in json.loads(done.stdout.splitlines()[-1])]
