"""A receiver in a process of its own on a site of its own, and senders that others wrote."""

import contextlib
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import UID
from pynetdicom import AE
from pynetdicom.association import Association

from tests.conftest import REPOSITORY
from tests.viewer.catalogue.conftest import Site

_LIST = "SELECT sop_instance_uid, digest, image_id FROM viewer_instance ORDER BY 1, 2"


class Running:
    """A receiver that was started."""

    def __init__(self, site: Site, *options: str, collection: str = "ours") -> None:
        self.site = site
        self.log = site.folder / "receiver.log"
        arguments = ["manage.py", "dicom_receive", "--collection", collection, "--port", "0", "--allow", "SCANNER", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", *arguments], cwd=REPOSITORY, env=site.environment(), stdout=log, stderr=log
            )
        self.port = self._port()

    def _port(self) -> int:
        for _attempt in range(600):
            said = self.log.read_text("utf-8")
            if " receives on " in said:
                return int(said.split(" receives on ")[1].split()[0].rsplit(":", 1)[1])
            assert self.process.poll() is None, said
            time.sleep(0.05)
        raise AssertionError("the receiver does not listen")

    def said(self) -> str:
        """Everything it has logged."""
        return self.log.read_text("utf-8")

    def stored(self) -> list[tuple[str, str, str]]:
        """SOP Instance UID, digest and image of each instance in the catalogue."""
        with contextlib.closing(sqlite3.connect(self.site.folder / "mitate.sqlite3")) as database:
            return database.execute(_LIST).fetchall()

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def connect(self) -> socket.socket:
        """A bare connection, for those who do not speak DICOM."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


def new_site(folder: Path, migrated: bytes) -> Site:
    """A site with one empty collection, on a copy of a migrated database."""
    (folder / "mitate.sqlite3").write_bytes(migrated)
    return Site(folder)


@contextlib.contextmanager
def receiver(site: Site, *options: str, collection: str = "ours") -> Iterator[Running]:
    """Yield a running receiver, ended afterwards whatever happens."""
    running = Running(site, *options, collection=collection)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def associate(port: int, *wanted: tuple[str, str], calling: str = "SCANNER", called: str = "MITATE", **options: Any) -> Association:
    """Ask for an association by pynetdicom: pairs of SOP class and transfer syntax."""
    sender = AE(ae_title=calling)
    sender.acse_timeout = sender.dimse_timeout = sender.network_timeout = 30
    for abstract, syntax in wanted or (("1.2.840.10008.1.1", "1.2.840.10008.1.2"),):
        sender.add_requested_context(abstract, syntax)
    return sender.associate("127.0.0.1", port, ae_title=called, **options)


def send(port: int, *paths: Path) -> list[Dataset]:
    """Send files over one association; the answers."""
    instances = [dcmread(path) for path in paths]
    pairs = {(each.SOPClassUID, UID(each.file_meta.TransferSyntaxUID)) for each in instances}
    association = associate(port, *pairs)
    assert association.is_established
    try:
        return [association.send_c_store(each) for each in instances]
    finally:
        association.release()
