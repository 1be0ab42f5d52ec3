"""An import: any number of files into a collection, with a result for each and memory for a few batches."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.conf import settings
from django.db import connections
from django.utils import translation

from viewer.models import Collection
from viewer.services.batches import in_batches, ingest_batch
from viewer.services.ingest import IngestResult
from viewer.services.sources import Found

Results = Iterator[tuple[Found, IngestResult]]


def import_files(
    *, collection: Collection, found: Iterable[Found], language: str, before_each: Callable[[], None] = lambda: None
) -> Results:
    """Take files into a collection, as many batches at once as there are pixel workers; yield what became of each as it comes.

    Args:
        collection: where to; the caller has checked that it may be added to.
        found: read as far ahead as batches are under way.
        language: of the results' sentences.
        before_each: called before each batch begins; may wait.
    """
    with ThreadPoolExecutor(settings.PIXEL_WORKERS + 1) as executor:  # one is stored while the others are looked at
        running: dict[Future[list[IngestResult]], list[Found]] = {}
        for batch in in_batches(found):
            before_each()
            running[executor.submit(_take, collection, batch, language)] = batch
            if len(running) > settings.PIXEL_WORKERS:
                yield from _finished(running)
        while running:
            yield from _finished(running)


def _take(collection: Collection, batch: list[Found], language: str) -> list[IngestResult]:
    try:
        with translation.override(language):
            return ingest_batch(collection=collection, batch=batch)
    finally:
        connections.close_all()


def _finished(running: dict[Future[list[IngestResult]], list[Found]]) -> Results:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        yield from zip(running.pop(future), future.result(), strict=True)
