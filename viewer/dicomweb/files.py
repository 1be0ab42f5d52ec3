"""What the stored files of instances hold, as far as it may leave: asked of pixel workers, metadata kept on disk."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings

from viewer.dicomweb.accept import Choice
from viewer.dicomweb.answers import whole_identity
from viewer.dicomweb.attributes import Dataset
from viewer.models import Instance
from viewer.services.pseudonym import facility_key
from viewer.services.storage import absolute, data_dir, disk_errors_refuse
from viewer.tiles.cache import TileCache
from viewer.tiles.pool import Encoded, default_pool

# Part of the key: a change of what may leave makes everything that was kept before unfindable.
_VERSION: Final = "1"
_PIECE_BYTES: Final = 1 << 20
_PIXELS: Final = {"vr": "OW", "BulkDataURI": "@/7FE00010"}


class Rendering(NamedTuple):
    """How a frame becomes a picture.

    Attributes:
        media_type: image/jpeg or image/png.
        window: centre and width in modality units; None for the window of the file.
        viewport: width and height, and left, top, width and height of a part; None for the whole frame as it is.
        quality: of JPEG, 1 to 100.
    """

    media_type: str
    window: list[float] | None = None
    viewport: list[float] | None = None
    quality: int = 90


def _uid_key(study_id: UUID) -> str:
    """Return what UIDs inside a study's headers are exchanged with; one study's key tells nothing of another's."""
    with disk_errors_refuse():
        return hmac.new(facility_key(), b"dicomweb uids\0" + study_id.bytes, hashlib.sha256).hexdigest()


@lru_cache(maxsize=4)
def _cache(folder: Path, limit_bytes: int) -> TileCache:
    return TileCache(folder, limit_bytes)


def _kept() -> TileCache:
    return _cache(data_dir() / "cache", settings.TILE_CACHE_BYTES)


class Header(NamedTuple):
    """The shared part of a header, and the transfer syntax of the stored file."""

    members: Dataset
    syntax: str


def header_of(instance: Instance) -> Header:
    """Return what of an instance's header may leave, read once by a pixel worker; its series is loaded.

    Raises:
        ReaderError: when the file cannot be read.
        Refused: when the site's key cannot.
    """
    name, key = instance.pk.hex, f"dicomweb {_VERSION} {instance.digest}"
    kept = _kept().get(name, key)
    if kept is None:
        path, uid_key = str(absolute(instance.path)), _uid_key(instance.series.study_id)
        result, body = default_pool().share(path, "metadata", uid_key=uid_key)
        kept = Encoded("application/dicom+json", body, {"syntax": str(result["syntax"])})
        _kept().put(name, key, kept)
    members: Dataset = json.loads(kept.body)
    return Header(members, kept.headers["syntax"])


def metadata_of(instance: Instance, address: str) -> bytes:
    """Return an instance's metadata as a DICOM JSON object; its series and study are loaded.

    Args:
        instance: which the caller has found permitted.
        address: of the instance, below which large values are found.

    Raises:
        ReaderError: when the file cannot be read.
    """
    header = header_of(instance)
    added = {"00083002": {"vr": "UI", "Value": [header.syntax]}, "7FE00010": _PIXELS}
    members = dict(sorted({**header.members, **whole_identity(instance), **added}.items()))
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    # No text of a header can hold this: within a JSON string the quotation marks are escaped.
    place = json.dumps(f"{address}/bulkdata")[:-1].encode()
    return text.replace(b'"BulkDataURI":"@', b'"BulkDataURI":' + place)


def frame_of(instance: Instance, frame: int, choice: Choice) -> tuple[str, bytes]:
    """Return the content type and the bytes of a frame (0-based).

    Raises:
        OutOfRange: when there is no such frame.
        ReaderError: when it cannot be read or decoded.
    """
    result, body = default_pool().share(str(absolute(instance.path)), "frame", frame=frame, native=choice.native)
    return f"{choice.media_type}; transfer-syntax={result['syntax']}", body


def bulk_of(instance: Instance, steps: list[str]) -> bytes:
    """Return a large value of a header; its series is loaded.

    Raises:
        OutOfRange: when there is none at that place.
        ReaderError: when the file cannot be read.
    """
    uid_key = _uid_key(instance.series.study_id)
    return default_pool().share(str(absolute(instance.path)), "bulk", steps=steps, uid_key=uid_key)[1]


def rendered_of(instance: Instance, frame: int, how: Rendering) -> bytes:
    """Return a frame (0-based) as a picture.

    Raises:
        OutOfRange: when there is no such frame, or the picture would be too large.
        ReaderError: when it cannot be decoded.
    """
    return default_pool().share(str(absolute(instance.path)), "rendered", frame=frame, **how._asdict())[1]


def file_of(instance: Instance) -> Iterator[bytes]:
    """Yield an instance as a DICOM file without what may not leave; its series and study are loaded.

    The head is written by a pixel worker; the stored pixels are copied from the file, a mebibyte at a time.

    Raises:
        ReaderError: when the file cannot be read.
    """
    path = absolute(instance.path)
    details: dict[str, Any] = {"identity": whole_identity(instance), "uid_key": _uid_key(instance.series.study_id)}
    span, head = default_pool().share(str(path), "head", **details)
    yield head
    if "offset" not in span:
        return
    left = int(span["length"])
    with path.open("rb") as file:
        file.seek(int(span["offset"]))
        while left > 0:
            piece = file.read(min(left, _PIECE_BYTES))
            if not piece:
                raise EOFError(f"instance {instance.pk} became shorter")
            left -= len(piece)
            yield piece
    yield bytes.fromhex(str(span["tail"]))
