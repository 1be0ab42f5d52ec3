"""Uploads that come in parts and go on after a broken line or a killed server; tus 1.0 without its HTTP.

All that is known of an upload lies on disk, in a folder of its own, so that any process and the next start find it:
``about.json`` (whose, where to, how long), ``part`` (the bytes), ``offset.json`` (how many of them are sure) and ``lock``.
Bytes beyond the sure ones are leftovers of a killed server and are cut off before the next are written.
When it is whole, the file goes through :mod:`viewer.services.ingest` as any other, and only the result stays for a day.
"""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone

from viewer.models import Collection
from viewer.services.archives import is_zip
from viewer.services.ingest import IngestResult, ingest_received
from viewer.services.reasons import RETRY_LATER, Refused
from viewer.services.storage import CHUNK_BYTES, Quarantine, check_room, disk_errors_refuse, uploads_dir, write_json_atomically

RESULT_KEPT_S: Final = 24 * 3600
CHECKSUMS: Final = ("sha1", "sha256")


class UploadGone(Exception):
    """There is no such upload of this person: never, not any more, or somebody else's."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a part is said to hash to: the algorithm, one of :data:`CHECKSUMS`, and the digest."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as it stands on disk.

    Attributes:
        length: bytes of the whole file, as announced.
        metadata: what the sender said of the file, kept as it came.
        offset: bytes that are sure to be there.
        expires_at: when it is thrown away unless it goes on.
        result: what became of the file once it was whole; else None.
    """

    id: UUID
    user_id: str
    collection_id: UUID
    length: int
    name: str
    metadata: str
    offset: int
    expires_at: datetime
    result: dict[str, Any] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are there."""
        return self.offset == self.length


def create_upload(*, user_id: str, collection: Collection, length: int, name: str, metadata: str) -> Upload:
    """Begin an upload.

    Args:
        user_id: whose it is; nobody else finds it.
        collection: where the file goes; the caller has checked the permission.
        length: bytes of the whole file.
        name: file name as it came; only ever data.
        metadata: kept and given back as it is.

    Raises:
        Refused: ``empty_file``, ``too_large``, ``too_many_uploads``, ``disk_full`` or ``storage_failed``.
    """
    if length == 0:
        raise Refused("empty_file")
    if length > settings.UPLOAD_MAX_BYTES:
        raise Refused("too_large", f"{settings.UPLOAD_MAX_BYTES / (1 << 20):.0f} MiB")
    with disk_errors_refuse():
        sweep()
        if sum(1 for _ in _folders(_open_dir() / user_id)) >= settings.UPLOADS_UNFINISHED:
            raise Refused("too_many_uploads")
        check_room(length + _announced_bytes())
        upload_id = uuid4()
        folder = folder_of(user_id, upload_id)
        folder.mkdir(parents=True)
        (folder / "part").touch(mode=0o600)
        about = {"collection_id": str(collection.pk), "length": length, "name": name, "metadata": metadata}
        write_json_atomically(folder / "about.json", about)
    return find_upload(user_id=user_id, collection=collection, upload_id=upload_id)


def find_upload(*, user_id: str, collection: Collection, upload_id: UUID) -> Upload:
    """Return an upload of a person into a collection, under way or done.

    Raises:
        UploadGone: there is none.
    """
    found = _read(user_id, upload_id)
    if found is None or found.collection_id != collection.pk or found.expires_at <= timezone.now():
        raise UploadGone
    return found


def unfinished_uploads(*, user_id: str, collection: Collection) -> list[Upload]:
    """Return what a person has begun and not finished in a collection, in no order."""
    found = [_read(user_id, UUID(folder.name)) for folder in _folders(_open_dir() / user_id)]
    now = timezone.now()
    return [each for each in found if each and each.collection_id == collection.pk and each.expires_at > now and not each.result]


def append(*, upload: Upload, offset: int, stream: IO[bytes] | None, announced: int, checksum: Checksum | None = None) -> Upload:
    """Write a part behind what is there, and return the upload as it stands then.

    A part with a checksum is taken whole or not at all; of one without, what came before the line broke is kept.

    Args:
        upload: as found.
        offset: where the part begins, bytes from the start of the file.
        stream: the part, read a mebibyte at a time; None for an empty one.
        announced: length of the part in bytes, as its sender states it.
        checksum: what the part must hash to.

    Raises:
        Refused: ``upload_busy``, ``upload_conflict``, ``upload_past_end``, ``checksum_mismatch``, ``disk_full``, ``storage_failed``.
        UploadGone: it ended meanwhile.
    """
    with held(upload) as current:
        if offset != current.offset:
            raise Refused("upload_conflict", str(current.offset))
        if offset + announced > current.length:
            raise Refused("upload_past_end")
        if stream is not None and not current.result and not current.is_whole:
            with disk_errors_refuse():
                check_room(announced)
                taken = _write(current, stream, checksum)
                write_json_atomically(folder_of(current.user_id, current.id) / "offset.json", {"offset": offset + taken})
    return _still_there(upload)


def _write(upload: Upload, stream: IO[bytes], checksum: Checksum | None) -> int:
    """Write a part and bring it to the disk; return its bytes. On a refusal the file is as before."""
    hashing = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    taken = 0
    with (folder_of(upload.user_id, upload.id) / "part").open("r+b") as file:
        file.truncate(upload.offset)
        file.seek(upload.offset)
        while chunk := _next(stream):
            taken += len(chunk)
            if upload.offset + taken > upload.length:
                file.truncate(upload.offset)
                raise Refused("upload_past_end")
            file.write(chunk)
            if hashing:
                hashing.update(chunk)
        if hashing and checksum and hashing.digest() != checksum.digest:
            file.flush()
            file.truncate(upload.offset)
            raise Refused("checksum_mismatch")
        file.flush()
        os.fsync(file.fileno())
    return taken


def _next(stream: IO[bytes]) -> bytes:
    """Return the next bytes of a part; a line that broke ends it."""
    try:
        return stream.read(CHUNK_BYTES)
    except OSError:
        return b""


def finish(*, upload: Upload, collection: Collection) -> Upload:
    """Put a whole file through the ingest and keep the result; a second call finds the first one's result.

    An archive stays as it is: its files are taken some at a time, see :mod:`viewer.services.archive_uploads`.

    Where trying again later may help (no room, workers busy), the upload stays whole and can be finished then.

    Raises:
        Refused: ``upload_busy``, or a reason of :data:`RETRY_LATER`.
        UploadGone: it ended meanwhile.
    """
    with held(upload) as current:
        folder = folder_of(current.user_id, current.id)
        if current.result or is_zip(folder / "part", current.name):
            return current
        quarantine = Quarantine(current.name, expected_bytes=current.length)
        try:
            quarantine.adopt(folder / "part")
            result = ingest_received(collection=collection, quarantine=quarantine, name=current.name)
        finally:
            quarantine.remove()
        if result.code in RETRY_LATER:
            raise Refused(result.code)
        with disk_errors_refuse():
            write_json_atomically(done_path(current.user_id, current.id), about_json(current) | {"result": _as_json(result)})
        shutil.rmtree(folder, ignore_errors=True)
    return _still_there(upload)


def terminate(*, upload: Upload) -> None:
    """Throw away an upload, or the result of one; a file that is in its collection stays there.

    Raises:
        Refused: ``upload_busy``.
        UploadGone: it ended meanwhile.
    """
    with held(upload):
        done_path(upload.user_id, upload.id).unlink(missing_ok=True)
        shutil.rmtree(folder_of(upload.user_id, upload.id), ignore_errors=True)


def sweep() -> list[str]:
    """Throw away uploads that did not go on in time and results that were kept long enough; return what went, below the data folder."""
    now, gone = time.time(), []
    for folder in [each for person in _folders(_open_dir()) for each in _folders(person)]:
        found = _read(folder.parent.name, UUID(folder.name))
        left_behind = found is None and folder.stat().st_mtime < now - 3600
        if left_behind or (found is not None and found.expires_at.timestamp() <= now):
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(str(folder.relative_to(uploads_dir().parent)))
    for path in [each for person in _folders(_done_dir()) for each in person.glob("*json")]:
        if path.stat().st_mtime < now - RESULT_KEPT_S:
            path.unlink(missing_ok=True)
            gone.append(str(path.relative_to(uploads_dir().parent)))
    return gone


def _open_dir() -> Path:
    return uploads_dir() / "open"


def _done_dir() -> Path:
    return uploads_dir() / "done"


def folder_of(user_id: str, upload_id: UUID) -> Path:
    """Return where an upload lies until it is done."""
    return _open_dir() / user_id / str(upload_id)


def done_path(user_id: str, upload_id: UUID) -> Path:
    """Return where the result of an upload is kept for a day."""
    return _done_dir() / user_id / f"{upload_id}.json"


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (Path(entry.path) for entry in os.scandir(folder) if entry.is_dir())


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None


def _read(user_id: str, upload_id: UUID) -> Upload | None:
    """Return an upload as the disk has it, whoever asks."""
    done = _json(done_path(user_id, upload_id))
    path = done_path(user_id, upload_id) if done else folder_of(user_id, upload_id) / "about.json"
    about = done or _json(path)
    if about is None:
        return None
    folder = folder_of(user_id, upload_id)
    offset = about["length"] if done else (_json(folder / "offset.json") or {"offset": 0})["offset"]
    kept_s = RESULT_KEPT_S if done else settings.UPLOAD_KEEP_HOURS * 3600
    try:
        touched = max(each.stat().st_mtime for each in (path, folder / "offset.json") if each.exists())
    except (ValueError, FileNotFoundError):  # swept between two looks
        return None
    return Upload(
        id=upload_id,
        user_id=user_id,
        collection_id=UUID(about["collection_id"]),
        length=about["length"],
        name=about["name"],
        metadata=about["metadata"],
        offset=offset,
        expires_at=datetime.fromtimestamp(touched + kept_s, UTC),
        result=about.get("result"),
    )


def _still_there(upload: Upload) -> Upload:
    found = _read(upload.user_id, upload.id)
    if found is None:
        raise UploadGone
    return found


def _announced_bytes() -> int:
    """Return the bytes that unfinished uploads of everybody have still to bring."""
    found = [_read(person.name, UUID(each.name)) for person in _folders(_open_dir()) for each in _folders(person)]
    return sum(each.length - each.offset for each in found if each)


@contextmanager
def held(upload: Upload) -> Iterator[Upload]:
    """Be the one writer of an upload, in whichever process; the lock of a killed one is free at once."""
    folder = folder_of(upload.user_id, upload.id)
    try:
        descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    except FileNotFoundError:  # finished: only the result is left, which nobody writes to
        yield _still_there(upload)
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("upload_busy") from error
        yield _still_there(upload)
    finally:
        os.close(descriptor)


def about_json(upload: Upload) -> dict[str, Any]:
    """Return what is kept of an upload from its beginning to its end."""
    return {
        "collection_id": str(upload.collection_id),
        "length": upload.length,
        "name": upload.name,
        "metadata": upload.metadata,
    }


def _as_json(result: IngestResult) -> dict[str, Any]:
    """Return a result for keeping; its sentences stay in the language in which the file was sent."""
    said = {name: getattr(result, name) for name in ("status", "name", "code", "text", "hint", "http_status")}
    return said | {"image_id": str(result.image.pk) if result.image else None}
