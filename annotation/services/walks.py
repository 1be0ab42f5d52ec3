"""Keeping what a reader has seen of an image. Only ever added to, so that nothing is lost by order, repetition or two windows."""

from typing import Any, Final

from django.db import transaction

from annotation.errors import refusal
from annotation.locks import lock_read
from annotation.models import Read, Walk
from annotation.services.walk_input import packed, parse_seen, unpacked

MAX_WALKS: Final = 64
"""Magnifications and rounds of one read."""


@transaction.atomic
def note_seen(*, read: Read, said: Any) -> Walk:
    """Add what a page tells to what is known: the squares of both are seen from now on.

    Telling the same again changes nothing. What comes after the read was submitted is added as well: it was seen before, on a machine
    that had no connection; ``updated_at`` tells.

    Args:
        read: the read, of the person who tells.
        said: the JSON that came, see :func:`annotation.services.walk_input.parse_seen`.

    Raises:
        ApiError: ``walk_malformed`` or ``too_many_walks``.
    """
    part = parse_seen(said, width=read.image.width_px, height=read.image.height_px)
    lock_read(read.pk)  # two windows of one reader tell at the same time
    grid = {"magnification": part.magnification, "columns": part.columns, "rows": part.rows}
    walk = Walk.objects.filter(read=read, round=part.round, **grid).first()
    if walk is None:
        if Walk.objects.filter(read=read).count() >= MAX_WALKS:
            raise refusal("too_many_walks")
        walk = Walk(read=read, round=part.round, **grid, seen=packed(0, 1))
    squares = part.columns * part.rows
    seen = unpacked(bytes(walk.seen)) | part.seen
    walk.seen = packed(seen, squares)
    walk.wanted = None if part.wanted is None else packed(part.wanted, squares)
    walk.wanted_count = squares if part.wanted is None else part.wanted.bit_count()
    walk.seen_count = seen.bit_count() if part.wanted is None else (seen & part.wanted).bit_count()
    walk.place_x, walk.place_y = part.place or (None, None)
    walk.save()
    return walk
