"""What a web process does shortly after its start, seen from a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_LOOK = (
    "import {module} as entry, gc, sys; entry.warming.join(); print('annotation.api.reads' in sys.modules, gc.get_freeze_count() > 100_000)"
)


@pytest.mark.parametrize("module", ["config.asgi", "config.wsgi"])
def test_views_are_loaded_and_out_of_the_rounds_of_the_collector(module: str, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MITATE_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-c", _LOOK.format(module=module)],
        cwd=_ROOT,
        env=kept | {"MITATE_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == ["True", "True"], done.stderr
