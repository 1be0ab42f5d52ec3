"""The only place of the catalogue that locks rows; always the collection first, then images by key."""

from collections.abc import Iterable
from uuid import UUID

from viewer.models import Collection, Image


def lock_collection(collection_id: UUID) -> Collection:
    """Hold the collection until the transaction ends: one file is put in its place at a time.

    Grouping reads the studies, series, images and instance UIDs of a collection and then adds to them; two files of one series
    at once must see each other. The held part is a few milliseconds, all reading and decoding is done before.
    """
    return Collection.objects.select_for_update(no_key=True).get(pk=collection_id)


def lock_images(image_ids: Iterable[UUID]) -> list[Image]:
    """Hold images until the transaction ends, in the order of their keys."""
    return list(Image.objects.select_for_update().filter(pk__in=list(image_ids)).order_by("pk"))
