"""What happens between Orthanc and a Mitate, run in a network of its own, where Orthanc can listen without being reached.

``python -m tests.viewer.orthanc.scenario FOLDER DATA`` prints what it saw as one line of JSON.
"""

import fcntl
import hashlib
import io
import json
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import django
import requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

import pydicom  # noqa: E402

from tests.viewer.catalogue.conftest import Site  # noqa: E402
from tests.viewer.dicomweb.live import FOLDERS, inbox_of, live_site, signed_in  # noqa: E402
from tests.viewer.orthanc.peer import Orthanc, orthanc  # noqa: E402
from tests.viewer.receiver.live import Running, receiver  # noqa: E402

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
SENT = [
    *(f"dicom/ct/ct-3slice/0{number}.dcm" for number in (1, 2, 3)),
    "dicom/mr/MR_small_RLE.dcm",
    "dicom/us/acuson_doppler_8f_rgb.dcm",
    "dicom/op/fundus_rgb_jpeg.dcm",
    *(f"wsi/dicom/he_pyramid_jpeg/level{level}.dcm" for level in range(3)),
]
CONFLICT = [f"malformed/dicom/same_uid_two_patients_{number}.dcm" for number in (1, 2)]


def raise_loopback() -> None:
    """Switch on 127.0.0.1, which a new network has but does not use."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = bytearray(struct.pack("16sh22x", b"lo", 0))
        fcntl.ioctl(handle, _SIOCGIFFLAGS, request)
        (flags,) = struct.unpack_from("h", request, 16)
        struct.pack_into("h", request, 16, flags | _IFF_UP)
        fcntl.ioctl(handle, _SIOCSIFFLAGS, request)


def pixels(content: bytes) -> str:
    """The digest of the pixel data element of a file, as it is stored there."""
    return hashlib.sha256(pydicom.dcmread(io.BytesIO(content)).PixelData).hexdigest()


def by_c_store(peer: Orthanc, running: Running, data: Path) -> dict[str, Any]:
    """Orthanc sends what it holds by C-STORE, twice, and then an instance whose UID is taken."""
    ids = [peer.take(data / name) for name in SENT]
    told: dict[str, Any] = {"echo": peer.post("/modalities/mitate/echo", {}).status_code, "sent": []}
    for _time in range(2):
        told["sent"].append(peer.post("/modalities/mitate/store", ids).status_code)
    told["log"] = [line.split(" ", 2)[2] for line in running.said().splitlines() if "ORTHANC" in line]
    first, second = (data / name for name in CONFLICT)
    taken = peer.take(first)
    told["first"] = peer.post("/modalities/mitate/store", taken).status_code
    requests.delete(f"{peer.address}/instances/{taken}", timeout=60)
    told["conflict"] = peer.post("/modalities/mitate/store", peer.take(second)).status_code
    told["refused"] = [line for line in running.said().splitlines() if "refused" in line]
    return told


def by_stow(peer: Orthanc, site: Site) -> dict[str, Any]:
    """Orthanc sends everything by STOW-RS."""
    ids = peer.get("/instances").json()
    answer = peer.post("/dicom-web/servers/inbox/stow", {"Resources": ids, "Synchronous": True})
    kept = site.run("from viewer.models import Instance\nprint(Instance.objects.filter(collection__slug='inbox').count())")
    return {"status": answer.status_code, "answer": answer.json(), "count": len(ids), "kept": int(kept)}


def by_wado(peer: Orthanc) -> dict[str, Any]:
    """Orthanc searches, and fetches each of our studies; it holds them under our UIDs then."""
    studies = peer.post("/dicom-web/servers/mitate/qido", {"Uri": "/studies", "Arguments": {}}).json()
    told: dict[str, Any] = {"studies": [], "pixels": []}
    for study in studies:
        uid = study["0020000D"]["Value"]
        answer = peer.post("/dicom-web/servers/mitate/retrieve", {"Resources": [{"Study": uid}], "Synchronous": True})
        told["studies"].append([uid, answer.status_code])
        found = peer.post("/tools/find", {"Level": "Instance", "Query": {"StudyInstanceUID": uid}}).json()
        told["pixels"] += [pixels(peer.get(f"/instances/{each}/file").content) for each in found]
    return told


def main(folder: Path, data: Path) -> dict[str, Any]:
    """Run everything; return what was seen."""
    raise_loopback()
    with live_site(folder / "site", data) as address, signed_in(address) as session:
        site = Site(folder / "site")
        inbox, cookies = inbox_of(session, address), "; ".join(f"{name}={value}" for name, value in session.cookies.items())
        headers = {"Cookie": cookies, "X-CSRFToken": session.headers["X-CSRFToken"]}
        servers = {name: {"Url": f"{url}/", "HttpHeaders": headers} for name, url in (("mitate", f"{address}/dicomweb"), ("inbox", inbox))}
        originals = sorted({pixels(path.read_bytes()) for name in FOLDERS.values() for path in (data / name).glob("*.dcm")})
        site.run("from viewer.services.collections import create_collection\ncreate_collection(slug='ours-too', name='Sent')")
        with receiver(site, "--allow", "ORTHANC", collection="ours-too") as running:
            modalities = {"mitate": {"AET": "MITATE", "Host": "127.0.0.1", "Port": running.port}}
            with orthanc(folder / "peer", modalities=modalities, servers=servers) as peer:
                fetched = by_wado(peer)
                for each in peer.get("/instances").json():
                    requests.delete(f"{peer.address}/instances/{each}", timeout=60)
                stored = by_c_store(peer, running, data)
                return {"originals": originals, "fetched": fetched, "c_store": stored, "stow": by_stow(peer, site)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
