"""Programs of others against a live server, unchanged: dicomweb-client."""

import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient
from PIL import Image as Picture

from tests.browser.site import free_port
from tests.conftest import REPOSITORY
from tests.viewer.catalogue.conftest import Site, migrated  # noqa: F401

FOLDERS = {"CT": "dicom/ct/ct-3slice", "MR": "dicom/mr/generic_j2k", "US": "dicom/us/stress_echo", "SM": "wsi/dicom/he_pyramid_jpeg"}
TAKE_IN = """
import pathlib
from django.contrib.auth.models import User
from guardian.shortcuts import assign_perm
from viewer.models import Collection
from viewer.services.ingest import ingest_file
collection = Collection.objects.get()
assign_perm('view_collection', User.objects.create_user('reader', password='not-a-real-one'), collection)
for folder in sys.argv[1:]:
    for path in sorted(pathlib.Path(folder).iterdir()):
        ingest_file(collection=collection, path_or_stream=path, name=path.name)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated: bytes, shared_data: Path) -> Iterator[str]:  # noqa: F811
    """The address of a site that holds the folders, served by uvicorn on loopback."""
    site = Site(tmp_path_factory.mktemp("served"))
    (site.folder / "mitate.sqlite3").write_bytes(migrated)
    site.run(TAKE_IN, *(str(shared_data / folder) for folder in FOLDERS.values()))
    assert site.manage("collectstatic", "--noinput", "-v0").returncode == 0
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "warning"]
    with (site.folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=REPOSITORY, env=site.environment(), stdout=log, stderr=log)
    try:
        for _attempt in range(300):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{port}/login/", timeout=5)
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def client(served: str) -> Iterator[DICOMwebClient]:
    """A client whose session has signed in the way that docs/dicomweb.md says."""
    with requests.Session() as session:
        page = session.get(f"{served}/login/")
        assert page.status_code == 200, page.text
        form = {"username": "reader", "password": "not-a-real-one", "csrfmiddlewaretoken": session.cookies["csrftoken"]}
        session.post(f"{served}/login/", form, headers={"Referer": f"{served}/login/"})
        yield DICOMwebClient(f"{served}/dicomweb", session=session)


def fetched(client: DICOMwebClient, uri: str) -> bytes:
    """The first part of bulk data. The client's Host header leaves the port out, and so do the addresses that are made from it."""
    return bytes(client.retrieve_bulkdata(f"{client.base_url}{uri.split('/dicomweb')[1]}")[0])


@pytest.mark.parametrize("modality", FOLDERS)
def test_dicomweb_client(client: DICOMwebClient, shared_data: Path, modality: str) -> None:
    (series, *_) = client.search_for_series(search_filters={"Modality": modality})
    study_uid, series_uid = series["0020000D"]["Value"][0], series["0020000E"]["Value"][0]
    instances = client.search_for_instances(study_uid, series_uid)
    metadata = client.retrieve_series_metadata(study_uid, series_uid)
    headers = [pydicom.Dataset.from_json(each, lambda tag, vr, uri: fetched(client, uri)) for each in metadata]
    assert {each["00080018"]["Value"][0] for each in instances} == {str(each.SOPInstanceUID) for each in headers}
    originals = {pydicom.dcmread(path).pixel_array.tobytes() for path in sorted((shared_data / FOLDERS[modality]).glob("*"))}
    for header in headers:
        uids = (study_uid, series_uid, str(header.SOPInstanceUID))
        (whole,) = [client.retrieve_instance(*uids)]
        assert whole.pixel_array.tobytes() in originals
        stored = client.retrieve_instance_frames(*uids, [1])
        native = client.retrieve_instance_frames(*uids, [1], media_types=(("application/octet-stream", "1.2.840.10008.1.2.1"),))
        first = whole.pixel_array if int(header.get("NumberOfFrames", 1)) == 1 else whole.pixel_array[0]
        assert (len(stored), len(native), len(native[0])) == (1, 1, first.nbytes)
        assert header.PixelData == stored[0]
        picture = Picture.open(io.BytesIO(client.retrieve_instance_frames_rendered(*uids, [1], media_types=("image/png",))))
        assert picture.size == (header.Columns, header.Rows)


def test_dicomweb_client_fetches_whole_studies_and_pages(client: DICOMwebClient) -> None:
    studies = client.search_for_studies(get_remaining=True, limit=2)
    assert len(studies) == len(client.search_for_studies()) >= len(FOLDERS)
    for study in studies:
        uid = study["0020000D"]["Value"][0]
        count = study["00201208"]["Value"][0]
        assert len(client.retrieve_study_metadata(uid)) == count
        assert len(list(client.iter_study(uid))) == count
