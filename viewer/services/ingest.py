"""Taking a file into a collection: aside first, looked at in a pixel worker, then put in its place whole or not at all."""

import os
from dataclasses import dataclass
from io import UnsupportedOperation
from pathlib import Path
from typing import Any, BinaryIO, Literal

from viewer.models import Collection, Image, Instance
from viewer.readers import companions
from viewer.readers.errors import MissingCompanion, ReaderError
from viewer.readers.sniff import sniff
from viewer.services import placing, presentations, slides
from viewer.services.frame_times import index_frames
from viewer.services.grouping import SLIDE, group_key
from viewer.services.names import display_name
from viewer.services.placing_many import place
from viewer.services.reasons import FROZEN_NOTICE, PRESENTATION_LATE_NOTICE, PRESENTATION_NOTICE, Refused
from viewer.services.storage import Quarantine
from viewer.services.stored_tiles import index_stored_tiles
from viewer.tiles.pool import default_pool

Status = Literal["accepted", "duplicate", "refused"]
_SUFFIX_OF_FAMILY = {
    "dicom": ".dcm",
    "tiff": ".tif",
    "jpeg": ".jpg",
    "png": ".png",
    "webp": ".webp",
    "mp4": ".mp4",
    "webm": ".webm",
    "avi": ".avi",
}


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of one file.

    Attributes:
        status: accepted, already there (duplicate), or refused.
        name: the file's name as it is shown.
        image: where the file is now; None if refused, and for a presentation state whose images are not there yet.
        code: why refused, or a notice on an accepted file (``new_image_frozen``, ``presentation_kept``); empty otherwise.
        text: the code as a sentence in the active language.
        hint: what to do next, in the active language.
        http_status: what the upload API answers with.
    """

    status: Status
    name: str
    image: Image | None = None
    code: str = ""
    text: str = ""
    hint: str = ""
    http_status: int = 201

    @classmethod
    def refused(cls, name: str, refusal: Refused) -> "IngestResult":
        """Return the result for a file that is not taken."""
        return cls("refused", name, None, refusal.code, refusal.text, refusal.hint, refusal.status)

    @classmethod
    def duplicate(cls, name: str, image: Image | None) -> "IngestResult":
        """Return the result for bytes that are there already, in this image."""
        return cls("duplicate", name, image)


def ingest_file(*, collection: Collection, path_or_stream: str | Path | BinaryIO, name: str) -> IngestResult:
    """Take one file into a collection.

    Never raises for what is wrong with the file or the disk: that is a result with a code. Nothing of a refused file stays.

    Args:
        collection: where to; the caller has checked that the user may add to it.
        path_or_stream: a file's path, or an open binary stream that is read once, a mebibyte at a time.
        name: the name the file came with; shown, never used as a path.
    """
    try:
        with Quarantine(name, expected_bytes=_size_of(path_or_stream)) as quarantine:
            _receive(quarantine, path_or_stream)
            return ingest_received(collection=collection, quarantine=quarantine, name=name)
    except Refused as refusal:
        return IngestResult.refused(display_name(name), refusal)


def _size_of(path_or_stream: str | Path | BinaryIO) -> int:
    """Return the size of a file in bytes; 0 for a stream of anything else, whose size shows when it ends."""
    if not isinstance(path_or_stream, str | Path):
        try:
            return os.fstat(path_or_stream.fileno()).st_size
        except UnsupportedOperation:
            return 0
    try:
        return Path(path_or_stream).stat().st_size
    except OSError as error:
        raise Refused("unreadable_source") from error


def _receive(quarantine: Quarantine, path_or_stream: str | Path | BinaryIO) -> None:
    if not isinstance(path_or_stream, str | Path):
        quarantine.write_all(path_or_stream)
        return
    try:
        with Path(path_or_stream).open("rb") as stream:
            quarantine.write_all(stream)
    except OSError as error:
        raise Refused("unreadable_source") from error


def ingest_received(*, collection: Collection, quarantine: Quarantine, name: str) -> IngestResult:
    """Take a file that already lies aside; see :func:`ingest_file`. The caller removes the quarantine."""
    shown = display_name(name)
    try:
        quarantine.finish()
        check_kind(quarantine.path)
        known = already_there(collection, quarantine.digest)
        if known is not None:
            return IngestResult.duplicate(shown, known)
        arrival = arrival_of(collection, shown, quarantine, _inspect(quarantine.path))
        if arrival.is_presentation:
            return keep_presentation(arrival)
        placed = slides.place_level(arrival) if arrival.group == SLIDE else place(arrival)
    except ReaderError as error:
        return IngestResult.refused(shown, Refused.by_reader(error))
    except Refused as refusal:
        return IngestResult.refused(shown, refusal)
    except placing.AlreadyThere as found:
        return IngestResult.duplicate(shown, found.image)
    return stored(placed, shown)


def check_kind(path: Path) -> None:
    """See by its first bytes that a file can be an image by itself.

    Raises:
        ReaderError: with the reason why it cannot.
    """
    if sniff(str(path)) == "spread":
        companions.check(path)  # says which of its files is missing; alone it never is a whole slide
        raise MissingCompanion


def arrival_of(collection: Collection, shown: str, quarantine: Quarantine, inspection: dict[str, Any]) -> placing.Arrival:
    """Return a file that was received and looked at, ready to be placed."""
    return placing.Arrival(
        collection=collection,
        name=shown,
        digest=quarantine.digest,
        size_bytes=quarantine.size_bytes,
        file=quarantine.path,
        suffix=_SUFFIX_OF_FAMILY[sniff(str(quarantine.path))],
        inspection=inspection,
        group=group_key(inspection),
    )


def stored(placed: placing.Placed, shown: str) -> IngestResult:
    """Return the result for a file that is in its place, after what is to be done then."""
    index_stored_tiles(placed.image)
    index_frames(placed.image)
    if placed.after_frozen:
        return IngestResult("accepted", shown, placed.image, "new_image_frozen", str(FROZEN_NOTICE.text), str(FROZEN_NOTICE.hint))
    return IngestResult("accepted", shown, placed.image)


def keep_presentation(arrival: placing.Arrival) -> IngestResult:
    """Store a presentation state, and say where it will be found."""
    kept = presentations.keep_presentation(arrival)
    if not kept.fresh:
        return IngestResult.duplicate(arrival.name, kept.image)
    late = kept.image is not None and kept.image.frozen_at is not None
    code, notice = ("presentation_late", PRESENTATION_LATE_NOTICE) if late else ("presentation_kept", PRESENTATION_NOTICE)
    return IngestResult("accepted", arrival.name, kept.image, code, str(notice.text), str(notice.hint))


def already_there(collection: Collection, digest: str) -> Image | None:
    """Return the image that already holds these bytes; asked before the costly look at the pixels."""
    instance = Instance.objects.filter(collection=collection, digest=digest).select_related("image").first()
    return instance.image if instance else None


def _inspect(path: Path) -> dict[str, Any]:
    """Return what a pixel worker says of the file, in values the database can hold.

    Raises:
        ReaderError: with the reason why it is refused.
    """
    return default_pool().inspect(str(path))
