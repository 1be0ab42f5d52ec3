"""A site of its own in a folder, for tests that start and kill real workers. Run with ``python -m``, it answers in JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]


class Worksite:
    """A data folder with a database, and commands that work on it from outside."""

    def __init__(self, folder: Path, model_host: str, migrated: bytes) -> None:
        folder.mkdir(exist_ok=True)
        self.environment = os.environ | {"MITATE_DATA_DIR": str(folder), "MITATE_MODEL_HOSTS": model_host, "MITATE_PIXEL_WORKERS": "1"}
        # The settings that tests run on would put a data folder of their own in place of this one.
        self.environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
        self.environment.pop("MITATE_DATABASE_URL", None)
        (folder / "mitate.sqlite3").write_bytes(migrated)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, verb: str, *arguments: str) -> Any:
        return json.loads(self._run("-m", "tests.annotation.suggestions.worksite", verb, *arguments))

    def work(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, "manage.py", "work", *arguments], cwd=REPOSITORY, env=self.environment)


def _make(path: str, url: str, model: str, parameters: str, code: str = "one") -> int:
    from annotation.services.suggestions import request_runs
    from tests.annotation.suggestions import objects

    endpoint = objects.endpoint(url, model, "segment", label_map={"nucleus": "CELL"}, parameters=json.loads(parameters))
    campaign = objects.campaign([objects.ingested(Path(path))], "nuclei", endpoint, code)
    return len(request_runs(campaign=campaign, user=None))


def _state(code: str = "one") -> dict[str, Any]:
    from annotation.models import Suggestion, SuggestionRun

    run = SuggestionRun.objects.get(campaign__code=code)
    bounds = Suggestion.objects.filter(run=run).order_by("position").values_list("min_x_px", "min_y_px", "max_x_px", "max_y_px", "score")
    return {
        "state": run.state,
        "attempt": run.attempt,
        "error_code": run.error_code,
        "suggestion_count": run.suggestion_count,
        "stored": sorted([list(row) for row in bounds]),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    verbs = {"make": _make, "state": _state}
    sys.stdout.write(json.dumps(verbs[sys.argv[1]](*sys.argv[2:])))
