"""Tells the pixel application where a slide's stored tiles lie, as soon as the slide is in its place."""

from contextlib import suppress

from django.conf import settings

from viewer.models import Image
from viewer.readers.errors import ReaderError
from viewer.services.manifests import members_of, source_of
from viewer.services.storage import manifests_dir
from viewer.tiles.made.places import wish
from viewer.tiles.made.plan import is_completed
from viewer.tiles.pool import default_pool
from viewer.tiles.stored.index_file import UnusableIndex
from viewer.tiles.stored.shelf import write_index


def index_stored_tiles(image: Image) -> None:
    """Have the stored tiles of a slide indexed by a pixel worker, outside any transaction, and wish for those it does not store.

    What fails here fails silently: the pixel application makes a missing index at the first look, and renders until then.
    """
    if not is_completed(image.kind, image.inspection["levels"]):
        return
    source = source_of(image, members_of(image))
    with suppress(ReaderError, OSError, UnusableIndex):
        write_index(manifests_dir(), image.pk, str(image.revision), source, default_pool())
    if settings.LEVELS_BYTES:
        wish(manifests_dir(), image.pk)
