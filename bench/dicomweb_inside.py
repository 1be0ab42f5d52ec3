"""What :mod:`bench.dicomweb` runs in a network of its own: ``python -m bench.dicomweb_inside FOLDER`` prints rows as JSON."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import pydicom
from pydicom.uid import generate_uid

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.conftest import REPOSITORY  # noqa: E402
from tests.viewer.catalogue.conftest import Site  # noqa: E402
from tests.viewer.dicomweb.live import FOLDERS, live_site, signed_in  # noqa: E402
from tests.viewer.orthanc.peer import orthanc  # noqa: E402
from tests.viewer.orthanc.scenario import raise_loopback  # noqa: E402
from tests.viewer.receiver.live import associate, receiver  # noqa: E402

_DATA = REPOSITORY.parent / "shared" / "data"
_NATIVE = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'
_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
_ROUNDS = 300
_SENT = 60


def _rate(addresses: list[str], headers: dict[str, str], clients: int) -> str:
    """Ask for every address in turn, several connections at a time; answers a second, and the median of one."""
    took: list[float] = []

    def ask(first: int) -> None:
        parts = urlsplit(addresses[0])
        connection = HTTPConnection(parts.hostname or "", parts.port)
        for number in range(first, _ROUNDS, clients):
            began = time.perf_counter()
            connection.request("GET", urlsplit(addresses[number % len(addresses)]).path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, (answer.status, body[:200])
            took.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return f"{_ROUNDS / (time.perf_counter() - began):.0f}/s, p50 {sorted(took)[len(took) // 2] * 1e3:.1f} ms"


def _frames(get: Callable[[str], Any], root: str, study: str) -> list[str]:
    """Return the address of the first frame of each instance of a study."""
    found = get(f"{root}/studies/{study}/instances")
    uids = [[each[tag]["Value"][0] for tag in ("0020000E", "00080018")] for each in found]
    return [f"{root}/studies/{study}/series/{series}/instances/{sop}/frames/1" for series, sop in uids]


def _many(folder: Path) -> list[Path]:
    """Write copies of a CT slice that are instances of their own."""
    slice_ = pydicom.dcmread(_DATA / "dicom/ct/ct-3slice/01.dcm")
    paths = []
    for number in range(_SENT):
        slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        slice_.InstanceNumber = number + 1
        slice_.ImagePositionPatient[2] = float(number)
        paths.append(folder / f"{number}.dcm")
        slice_.save_as(paths[-1])
    return paths


def _store_rate(port: int, called: str, paths: list[Path]) -> str:
    instances = [pydicom.dcmread(path) for path in paths]
    association = associate(port, (instances[0].SOPClassUID, instances[0].file_meta.TransferSyntaxUID), called=called)
    began = time.perf_counter()
    assert all(association.send_c_store(each).Status == 0 for each in instances)
    took = time.perf_counter() - began
    association.release()
    return f"{len(paths) / took:.0f} instances/s"


def _inside(folder: Path) -> list[tuple[str, str]]:
    """Run both, with the same files, and ask them the same."""
    raise_loopback()
    rows: list[tuple[str, str]] = []
    paths = _many(folder)
    with live_site(folder / "site", _DATA) as ours, signed_in(ours) as session, orthanc(folder / "peer", modalities={}, servers={}) as peer:
        for name in FOLDERS.values():
            for path in (_DATA / name).glob("*.dcm"):
                peer.take(path)
        headers = {"Cookie": f"sessionid={session.cookies['sessionid']}"}
        sites: list[tuple[str, str, dict[str, str], Callable[[str], Any]]] = [
            ("Mitate", f"{ours}/dicomweb", headers, lambda url: session.get(url).json()),
            ("Orthanc", f"{peer.address}/dicom-web", {}, lambda url: peer.get(url.removeprefix(peer.address)).json()),
        ]
        for modality, accept, what in (("CT", _NATIVE, "512 x 512, 16 bits, decoded"), ("US", _STORED, "JPEG as it is stored")):
            for clients in (1, 8):
                for site, root, added, get in sites:
                    found = get(f"{root}/studies?ModalitiesInStudy={modality}")
                    addresses = _frames(get, root, found[0]["0020000D"]["Value"][0])
                    figure = _rate(addresses, {"Accept": accept, **added}, clients)
                    rows.append((f"{site}: {modality} frames, {what}, {clients} at a time", figure))
        with receiver(Site(folder / "site")) as running:
            rows.append((f"Mitate: {_SENT} CT slices by C-STORE, one association", _store_rate(running.port, "MITATE", paths)))
        rows.append((f"Orthanc: {_SENT} CT slices by C-STORE, one association", _store_rate(peer.dicom_port, "ORTHANC", paths)))
    return rows


if __name__ == "__main__":
    print(json.dumps(_inside(Path(sys.argv[1]))))
