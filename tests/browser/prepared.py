"""The demo site that the browser's tests stand on: made once for a run by the real `serve --demo`, then copied for every site."""

import fcntl
import json
import shutil
import sqlite3
import time
from pathlib import Path
from uuid import uuid4

from tests.browser.site import Site

AT_REST_S = 180.0
TEMPLATE = "template"
# Opened as Django opens one at a sign-in; more for each person than any module takes.
_OPEN_SESSIONS = """
import json
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
opened = {}
with transaction.atomic():
    for user in User.objects.exclude(username="AnonymousUser"):
        for _ in range(12):
            client = Client()
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
            opened.setdefault(user.username, []).append(client.cookies["sessionid"].value)
print(json.dumps(opened))
"""


def demo_site(folder: Path) -> Site:
    """Return a site that is not started yet, with the demo's people, images, campaigns and suggestions, all its own.

    Args:
        folder: where the sites of this run lie, the same one for all processes of the run.
    """
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        template = folder / TEMPLATE
        if not (template / "sessions.json").exists():
            _make(template)
    # As long as the template's: the indexes of stored tiles hold addresses of files between numbers that count bytes.
    site = Site(folder / uuid4().hex[: len(TEMPLATE)])
    shutil.copytree(template, site.folder)
    _move_in(site, template)
    return site


def _make(template: Path) -> None:
    shutil.rmtree(template, ignore_errors=True)
    template.mkdir()
    site = Site(template)
    site.start()
    try:
        _wait_for_the_model(template)
    finally:
        assert site.stop() == 0
    site.log.rename(template / "made.log")
    (template / "endpoint").write_text(str(site.endpoint_port))
    (template / "sessions.json").write_text(site.manage("shell", "--no-imports", "-c", _OPEN_SESSIONS))


def _wait_for_the_model(template: Path) -> None:
    deadline = time.monotonic() + AT_REST_S
    states = {"queued"}
    while states != {"done"}:
        assert time.monotonic() < deadline, f"the model is not done with the demo's images within {AT_REST_S} s: {states}"
        time.sleep(0.2)
        database = sqlite3.connect(template / "data" / "mitate.sqlite3")
        states = {state for (state,) in database.execute("SELECT DISTINCT state FROM annotation_suggestionrun")}
        database.close()
        assert "failed" not in states


def _move_in(site: Site, template: Path) -> None:
    """Have a copy speak of its own files and its own endpoint, not of the template's."""
    for path in (site.folder / "data" / "manifests").iterdir():
        path.write_bytes(path.read_bytes().replace(bytes(template), bytes(site.folder)))
    database = sqlite3.connect(site.folder / "data" / "mitate.sqlite3")
    with database:
        database.execute("UPDATE annotation_modelendpoint SET url = ?", [f"http://127.0.0.1:{site.endpoint_port}"])
    database.close()
    site.sessions = json.loads((site.folder / "sessions.json").read_text())
