"""Orthanc, as Debian ships it, on loopback, with its DICOMweb plugin as a client."""

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.ports import free_port

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PROGRAM = shutil.which("Orthanc") or "/usr/sbin/Orthanc"


def missing() -> str:
    """What is not installed; empty when everything is there."""
    return ", ".join(name for name, there in (("orthanc", Path(PROGRAM).exists()), ("orthanc-dicomweb", PLUGIN.exists())) if not there)


class Orthanc:
    """A running Orthanc."""

    def __init__(self, port: int, dicom_port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.dicom_port = dicom_port

    def get(self, path: str) -> Any:
        """What its API answers."""
        return requests.get(f"{self.address}{path}", timeout=60)

    def post(self, path: str, body: Any) -> requests.Response:
        """Ask its API for something, as JSON or, where it is a file, as it is."""
        data = body if isinstance(body, bytes) else json.dumps(body)
        return requests.post(f"{self.address}{path}", data=data, timeout=120)

    def take(self, path: Path) -> str:
        """Give it a file; its own name of the instance."""
        answer = self.post("/instances", path.read_bytes())
        answer.raise_for_status()
        return str(answer.json()["ID"])


@contextlib.contextmanager
def orthanc(folder: Path, *, modalities: dict[str, Any], servers: dict[str, Any]) -> Iterator[Orthanc]:
    """Yield an Orthanc that knows some receivers and some DICOMweb servers."""
    port, dicom_port = free_port(), free_port()
    settings = {
        "Name": "peer",
        "StorageDirectory": str(folder / "orthanc"),
        "IndexDirectory": str(folder / "orthanc"),
        "Plugins": [str(PLUGIN)],
        "HttpPort": port,
        "DicomPort": dicom_port,
        "DicomAet": "ORTHANC",
        "DicomModalities": modalities,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "OverwriteInstances": False,
        "DicomAlwaysAllowStore": True,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "Servers": servers},
    }
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(settings), "utf-8")
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, str(configuration)], stdout=log, stderr=log)
    try:
        peer = Orthanc(port, dicom_port)
        for _attempt in range(300):
            assert process.poll() is None, (folder / "orthanc.log").read_text("utf-8")[-2000:]
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                peer.get("/system")
                break
            time.sleep(0.1)
        yield peer
    finally:
        process.terminate()
        process.wait(20)
