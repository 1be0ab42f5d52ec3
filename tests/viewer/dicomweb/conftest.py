"""Real DICOM files in a collection, and a person who may view them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.viewer.catalogue.conftest import (  # noqa: F401
    client_with,
    collection,
    data_dir,
    other_collection,
    reader,
    stranger,
    take,
    uploader,
)
from viewer.dicomweb.uids import uid_of
from viewer.models import Collection, Instance
from viewer.services.ingest import ingest_file

CT = "ct/ct-3slice"
MR = "mr/generic_jpegls"
ULTRASOUND = "us/stress_echo/I_000009.dcm"


@pytest.fixture
def stored(shared_data: Path, collection: Collection) -> Callable[..., list[Instance]]:  # noqa: F811
    """Take the files of a path below the test data's DICOM folder into the collection; return their instances by number."""

    def _stored(*names: str, into: Collection = collection) -> list[Instance]:
        for name in names:
            path = shared_data / name
            for file in sorted(path.rglob("*.dcm")) if path.is_dir() else [path]:
                ingest_file(collection=into, path_or_stream=file, name=file.name)
        found = Instance.objects.filter(collection=into).select_related("series__study", "image")
        return list(found.order_by("series", "instance_number", "id"))

    return _stored


def address(instance: Instance, *more: str) -> str:
    """The address of an instance, and of something below it."""
    series = instance.series
    parts = ["studies", uid_of(series.study_id), "series", uid_of(series.pk), "instances", uid_of(instance.pk), *more]
    return "/dicomweb/" + "/".join(parts)


def parts_of(response: Any) -> list[tuple[str, bytes]]:
    """The content type and the bytes of each part of an answer."""
    content_type = response.headers["Content-Type"]
    assert content_type.startswith('multipart/related; type="')
    boundary = content_type.split("boundary=")[1].encode()
    body = b"\r\n" + response.getvalue()
    assert body.endswith(b"\r\n--" + boundary + b"--\r\n")
    pieces = body.split(b"\r\n--" + boundary)[1:-1]
    found = []
    for piece in pieces:
        head, _, content = piece.partition(b"\r\n\r\n")
        found.append((head.decode().split("Content-Type: ")[1], content))
    return found


def get(client: Client, path: str, accept: str | None = None, **query: Any) -> Any:
    """Ask with an Accept header, or without any."""
    headers = {} if accept is None else {"Accept": accept}
    return client.get(path, query, headers=headers)
