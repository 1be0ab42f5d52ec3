"""A Mitate on loopback that holds a CT, an MR, an ultrasound examination and a slide, and somebody who signs in without a browser."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.conftest import REPOSITORY
from tests.ports import free_port
from tests.viewer.catalogue.conftest import Site

FOLDERS = {"CT": "dicom/ct/ct-3slice", "MR": "dicom/mr/brain_series", "US": "dicom/us/stress_echo", "SM": "wsi/dicom/he_pyramid_jpeg"}
_COLLECTION = """
from viewer.services.collections import create_collection
create_collection(slug='ours', name='Ours')
"""
_TAKE_IN = """
import pathlib
from django.contrib.auth.models import User
from guardian.shortcuts import assign_perm
from viewer.models import Collection
from viewer.services.ingest import ingest_file
collection = Collection.objects.get()
from viewer.services.collections import create_collection
reader = User.objects.create_user('reader', password='not-a-real-one')
assign_perm('view_collection', reader, collection)
inbox = create_collection(slug='inbox', name='Inbox')
for permission in ('view_collection', 'upload_collection'):
    assign_perm(permission, reader, inbox)
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).iterdir()):
        ingest_file(collection=collection, path_or_stream=path, name=path.name)
"""


@contextlib.contextmanager
def live_site(folder: Path, data: Path) -> Iterator[str]:
    """Yield the address of a site that holds the folders, served by uvicorn."""
    site = Site(folder)
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        assert site.manage(*command).returncode == 0
    site.run(_COLLECTION)
    site.run(_TAKE_IN, *(str(data / name) for name in FOLDERS.values()))
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "warning"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=REPOSITORY, env=site.environment(), stdout=log, stderr=log)
    try:
        for _attempt in range(300):
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                requests.get(f"http://127.0.0.1:{port}/login/", timeout=20)
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def inbox_of(session: requests.Session, address: str) -> str:
    """Return the address below which an empty collection takes instances, and let the session write."""
    session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
    (inbox,) = [each for each in session.get(f"{address}/api/collections/").json()["collections"] if each["slug"] == "inbox"]
    return f"{address}/dicomweb/collections/{inbox['id']}"


def signed_in(address: str) -> requests.Session:
    """Return a session that has signed in the way that docs/dicomweb.md says."""
    session = requests.Session()
    page = session.get(f"{address}/login/")
    assert page.status_code == 200, page.text
    form = {"username": "reader", "password": "not-a-real-one", "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.post(f"{address}/login/", form, headers={"Referer": f"{address}/login/"})
    return session
