"""dcmqi reads a report or a segmentation; prints what it found. Run by tests/annotation/exporters/judge.py."""

import json
import subprocess
import sys
from pathlib import Path

binaries = Path(sys.executable).parent
found = {}
for path in sorted(Path(sys.argv[1]).rglob("*.dcm")):
    out = path.parent / f"{path.stem}-read"
    out.mkdir()
    if sys.argv[2] == "sr":
        command = ["tid1500reader", "--inputDICOM", path, "--outputMetadata", out / "meta.json"]
    else:
        command = ["segimage2itkimage", "--inputDICOM", path, "--outputDirectory", out, "--prefix", "s", "-t", "nrrd"]
    done = subprocess.run([str(binaries / command[0]), *map(str, command[1:])], capture_output=True, text=True, check=False)  # noqa: S603
    said = [json.loads(one.read_text("utf-8")) for one in sorted(out.glob("*.json"))]
    found[path.stem] = {
        "code": done.returncode,
        "files": sorted(one.name for one in out.iterdir()),
        "said": said,
        "text": (done.stdout + done.stderr)[-600:],
    }
print(json.dumps(found))
