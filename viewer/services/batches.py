"""Many files at once. Nothing of one hangs on another but the time they share.

What a single file costs is mostly waiting: for the disk to sync it, for a pixel worker to answer, for the database to commit.
A batch waits for each once. Its files lie in folders of their own as a single one does, are refused one by one, and
are stored in one transaction; a crash before its end leaves nothing but files without rows, which are removed later.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from viewer.models import Collection, Image, Instance
from viewer.readers.errors import ReaderError
from viewer.services import placing, slides
from viewer.services.grouping import SLIDE
from viewer.services.ingest import IngestResult, arrival_of, check_kind, ingest_file, keep_presentation, stored
from viewer.services.names import display_name
from viewer.services.placing_many import Verdict, place_all
from viewer.services.reasons import Refused
from viewer.services.slide_sets import ingest_slide_set
from viewer.services.sources import Found
from viewer.services.storage import Quarantine, disk_errors_refuse, in_parallel, sync_files
from viewer.tiles.inspecting import inspect_all
from viewer.tiles.pool import default_pool

# A batch is some tenths of a second of work; what waits for its turn meanwhile does not notice.
BATCH_FILES: Final = 64
BATCH_BYTES: Final = 32 << 20
# A file of this size keeps disk and workers busy by itself.
_LARGE_BYTES: Final = 8 << 20


@dataclass(slots=True)
class _Coming:
    """A file of a batch on its way; it has its result when its way is over."""

    found: Found
    shown: str
    quarantine: Quarantine
    inspection: dict[str, Any] | None = None
    result: IngestResult | None = None


def in_batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    """Yield files as they come, as many together as make a batch; large ones and slides of several files alone."""
    batch: list[Found] = []
    size = 0
    for each in found:
        bytes_more = 0 if each.skipped else each.size_bytes
        if batch and (len(batch) >= BATCH_FILES or size + bytes_more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        if bytes_more > _LARGE_BYTES or each.slide:
            yield [each]
            continue
        batch.append(each)
        size += bytes_more
    if batch:
        yield batch


def ingest_batch(*, collection: Collection, batch: Sequence[Found]) -> list[IngestResult]:
    """Take files into a collection; return what became of each, in their order. As :func:`viewer.services.ingest.ingest_file`.

    Args:
        collection: where to; the caller has checked that it may be added to.
        batch: as :func:`in_batches` makes them.
    """
    coming = [_Coming(found, display_name(found.path.name), Quarantine(found.path.name)) for found in batch]
    if len(coming) == 1:
        return [_alone(collection, coming[0])]
    try:
        for each in coming:
            _receive(each)
        _leave_out_known(collection, _open(coming))
        _look_at(_open(coming))
        _place(collection, _open(coming))
    finally:
        in_parallel(Quarantine.remove, [each.quarantine for each in coming])
    return [each.result for each in coming if each.result is not None]


def _open(coming: Iterable[_Coming]) -> list[_Coming]:
    return [each for each in coming if each.result is None]


def _alone(collection: Collection, one: _Coming) -> IngestResult:
    if one.found.skipped:
        return IngestResult.refused(one.shown, Refused(one.found.skipped, one.found.detail))
    if one.found.slide:
        return ingest_slide_set(collection=collection, slide=one.found.slide)
    try:
        with one.found.open() as stream:
            return ingest_file(collection=collection, path_or_stream=stream, name=one.found.path.name)
    except Refused as refusal:
        return IngestResult.refused(one.shown, refusal)


def _receive(one: _Coming) -> None:
    """Copy a file aside and see what it is by its first bytes; it is synced later, with the others."""
    found = one.found
    if found.skipped:
        one.result = IngestResult.refused(one.shown, Refused(found.skipped, found.detail))
        return
    try:
        one.quarantine.expected_bytes = found.size_bytes
        with found.open() as stream:
            one.quarantine.open()
            one.quarantine.write_all(stream)
        one.quarantine.finish(synced=False)
        check_kind(one.quarantine.path)
    except ReaderError as error:
        one.result = IngestResult.refused(one.shown, Refused.by_reader(error))
    except Refused as refusal:
        one.result = IngestResult.refused(one.shown, refusal)


def _leave_out_known(collection: Collection, coming: Sequence[_Coming]) -> None:
    digests = [each.quarantine.digest for each in coming]
    rows = Instance.objects.filter(collection=collection, digest__in=digests).select_related("image")
    known: dict[str, Image] = {row.digest: row.image for row in rows}
    for each in coming:
        image = known.get(each.quarantine.digest)
        if image is not None:
            each.result = IngestResult.duplicate(each.shown, image)


def _look_at(coming: Sequence[_Coming]) -> None:
    """Have the files looked at while the disk takes them."""
    paths = [each.quarantine.path for each in coming]
    if not paths:
        return
    with ThreadPoolExecutor(1) as beside:
        synced = beside.submit(_sync, paths)
        answers = inspect_all(default_pool(), [str(path) for path in paths])
        refusal = synced.result()
    for each, answer in zip(coming, answers, strict=True):
        if isinstance(answer, ReaderError):
            each.result = IngestResult.refused(each.shown, Refused.by_reader(answer))
        elif refusal is not None:
            each.result = IngestResult.refused(each.shown, refusal)
        else:
            each.inspection = answer


def _sync(paths: Sequence[Path]) -> Refused | None:
    try:
        with disk_errors_refuse():
            sync_files(paths)
    except Refused as refusal:
        return refusal
    return None


def _place(collection: Collection, coming: Sequence[_Coming]) -> None:
    """Store what was looked at; presentation states one by one, and levels of DICOM slides, as each makes its slide anew."""
    arrivals = [arrival_of(collection, each.shown, each.quarantine, each.inspection) for each in coming if each.inspection]
    singly = [arrival.group == SLIDE or arrival.is_presentation for arrival in arrivals]
    rest = iter(place_all([arrival for arrival, alone in zip(arrivals, singly, strict=True) if not alone]))
    for each, arrival, alone in zip(coming, arrivals, singly, strict=True):
        each.result = _place_alone(arrival) if alone else _as_result(next(rest), each.shown)


def _place_alone(arrival: placing.Arrival) -> IngestResult:
    try:
        return keep_presentation(arrival) if arrival.is_presentation else stored(slides.place_level(arrival), arrival.name)
    except placing.AlreadyThere as found:
        return IngestResult.duplicate(arrival.name, found.image)
    except ReaderError as error:
        return IngestResult.refused(arrival.name, Refused.by_reader(error))
    except Refused as refusal:
        return IngestResult.refused(arrival.name, refusal)


def _as_result(verdict: Verdict, shown: str) -> IngestResult:
    if isinstance(verdict, placing.AlreadyThere):
        return IngestResult.duplicate(shown, verdict.image)
    if isinstance(verdict, Refused):
        return IngestResult.refused(shown, verdict)
    return stored(verdict, shown)
