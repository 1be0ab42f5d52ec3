"""Answers that are files of cells: told from others, and written as they come, within bounds."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx

from annotation.suggestions.errors import EndpointError
from annotation.suggestions.tensors import Tensor

CELLS_URL: Final = "cells_url"
MAX_URL: Final = 2_000
_GEOJSON: Final = frozenset({"application/geo+json", "application/x-ndjson", "application/geo+json-seq"})


def is_geojson(response: httpx.Response) -> bool:
    """Return whether an answer says that it is a file of cells itself."""
    return response.headers.get("Content-Type", "").split(";", 1)[0].strip().lower() in _GEOJSON


def one_text(tensor: Tensor) -> str:
    """Return the text of a tensor that holds one.

    Raises:
        EndpointError: ``endpoint_bad_answer``.
    """
    if tensor.texts is None or len(tensor.texts) != 1 or not 0 < len(tensor.texts[0]) <= MAX_URL:
        raise EndpointError("endpoint_bad_answer", f'tensor "{CELLS_URL}" does not hold one address')
    return tensor.texts[0]


def keep_answer(response: httpx.Response, path: Path, most_bytes: int) -> None:
    """Write a body to a file as it comes, packed or not; the file is there whole or not at all.

    Raises:
        EndpointError: ``endpoint_too_large`` above the bound, ``endpoint_bad_answer`` for an encoding nobody asked for.
    """
    if response.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity", "gzip"}:
        raise EndpointError("endpoint_bad_answer", "the cells are packed in a way that was not asked for")
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in _bounded(response, most_bytes):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _bounded(response: httpx.Response, most_bytes: int) -> Iterator[bytes]:
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        if received > most_bytes:
            raise EndpointError("endpoint_too_large", f"the cells are more than {most_bytes >> 20} MiB")
        yield chunk
