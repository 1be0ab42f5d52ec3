"""A ZIP archive that was uploaded: its files are taken some at a time, whenever its sender asks for more.

So it needs no process of its own, stops when its sender stops, and goes on after a killed server. Beside the archive lies
``results.ndjson``, a line a file in their order in the archive; the number of its lines is how far the import is. A file that was taken
while the server was killed, and has no line yet, is found to be there already when it comes again.
"""

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from viewer.models import Collection
from viewer.services.archives import is_zip
from viewer.services.batches import in_batches, ingest_batch
from viewer.services.ingest import IngestResult
from viewer.services.names import display_name
from viewer.services.reasons import RETRY_LATER, Refused
from viewer.services.resumable import Upload, about_json, done_path, folder_of, held
from viewer.services.sources import Found, files_of_archive
from viewer.services.storage import disk_errors_refuse, write_json_atomically

# How long one request works. A page that asks again and again shows what has happened about as often.
STEP_S: Final = 1.5
RESULTS_AT_ONCE: Final = 1000
_ARCHIVE: Final = "archive"


@dataclass(frozen=True, slots=True)
class Step:
    """How far an archive is.

    Attributes:
        results: what became of files, from the one that was asked for on; at most :data:`RESULTS_AT_ONCE`.
        done: files that have a result.
        total: files in the archive.
    """

    results: list[dict[str, Any]]
    done: int
    total: int


def is_archive(upload: Upload) -> bool:
    """Return whether an upload is a whole archive, its files taken or not."""
    if upload.result:
        return bool(upload.result["status"] == _ARCHIVE)
    return upload.is_whole and is_zip(folder_of(upload.user_id, upload.id) / "part", upload.name)


def take_some(*, upload: Upload, collection: Collection, after: int) -> Step:
    """Take the next files of an archive for a second or two, unless there are results that the asker has not seen.

    Args:
        upload: as found, with all its bytes.
        collection: where the files go; the caller has checked the permission.
        after: results that the asker has.

    Raises:
        Refused: ``upload_conflict`` for what is no whole archive; ``upload_busy``, ``disk_full`` or ``storage_failed``: try again later.
        UploadGone: it ended meanwhile.
    """
    if not is_archive(upload):
        raise Refused("upload_conflict", str(upload.offset))
    with held(upload) as current:
        kept = folder_of(current.user_id, current.id) / "results.ndjson"
        if current.result:
            kept = _kept_path(current)
            total = current.result["total"]
        else:
            with disk_errors_refuse():
                total = _work(current, collection, kept, after)
        lines = _lines(kept)
        return Step([json.loads(line) for line in lines[after : after + RESULTS_AT_ONCE]], len(lines), total)


def _kept_path(upload: Upload) -> Path:
    return done_path(upload.user_id, upload.id).with_suffix(".ndjson")


def _lines(path: Path) -> list[bytes]:
    """Return the whole lines of the results; a killed server may have left half a one."""
    try:
        return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    except FileNotFoundError:
        return []


def _work(upload: Upload, collection: Collection, kept: Path, after: int) -> int:
    """Take files until the time is up; return how many there are in all."""
    files = _files(kept.parent / "part", upload.name)
    lines = _lines(kept)
    until = time.monotonic() + STEP_S
    with kept.open("ab") as results:
        results.truncate(sum(map(len, lines)))
        done = len(lines)
        for batch in in_batches(files[done:] if done <= after else []):
            _write(results, batch, ingest_batch(collection=collection, batch=batch))
            done += len(batch)
            if time.monotonic() > until:
                break
    os.utime(kept.parent / "about.json")  # it goes on, so it is kept
    if done == len(files):
        _end(upload, kept, len(files))
    return len(files)


def _files(path: Path, name: str) -> list[Found]:
    """Return the files of an archive under the name that it came with."""
    found = files_of_archive(path)
    return [each._replace(path=Path(name) if each.path == path else Path(name, each.path.relative_to(path))) for each in found]


def _write(results: Any, batch: list[Found], outcomes: list[IngestResult]) -> None:
    """Keep what became of files.

    Raises:
        Refused: where trying again later may help; then nothing of the batch has a line, and it comes again.
    """
    for outcome in outcomes:
        if outcome.code in RETRY_LATER:
            raise Refused(outcome.code)
    for found, outcome in zip(batch, outcomes, strict=True):
        results.write(json.dumps(_as_json(found, outcome), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    results.flush()


def _as_json(found: Found, outcome: IngestResult) -> dict[str, Any]:
    name = "/".join(display_name(part) for part in PurePosixPath(found.path).parts if part not in {"/", ".."})
    return {
        "name": name,
        "size": found.size_bytes if found.entry else 0,
        "status": "skipped" if found.skipped and not found.is_refused else outcome.status,
        "image_id": str(outcome.image.pk) if outcome.image else None,
        "code": outcome.code,
        "message": outcome.text,
        "hint": outcome.hint,
    }


def _end(upload: Upload, kept: Path, total: int) -> None:
    """Throw the archive away and keep its results for a day."""
    done = done_path(upload.user_id, upload.id)
    done.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, _kept_path(upload))
    write_json_atomically(done, about_json(upload) | {"result": {"status": _ARCHIVE, "total": total}})
    shutil.rmtree(kept.parent, ignore_errors=True)
