"""Collections and images as one user may see them."""

import base64
import binascii
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from guardian.shortcuts import get_objects_for_user

from viewer.models import Collection, Image
from viewer.services import search_characters, search_index
from viewer.services.search_text import plain

VIEW: Final = "viewer.view_collection"
UPLOAD: Final = "viewer.upload_collection"
PAGE_SIZE: Final = 60
_MOST_WORDS: Final = 8

User = AbstractBaseUser | AnonymousUser


class BadCursor(ValueError):
    """A cursor that no page was answered with."""


def permitted_collections(user: User, permission: str = VIEW) -> QuerySet[Collection]:
    """Return the collections on which the user holds a permission; global permissions count for nothing."""
    found: QuerySet[Collection] = get_objects_for_user(user, permission, Collection, accept_global_perms=False)
    return found


def permitted_images(user: User) -> QuerySet[Image]:
    """Return the images of all collections that the user may view."""
    return Image.objects.filter(collection__in=permitted_collections(user))


def collections_overview(user: User) -> QuerySet[Collection]:
    """Return the user's collections with ``image_count``, ``newest_at``, and ``cover_id`` and ``cover_revision`` of the newest image."""
    newest = Image.objects.filter(collection=OuterRef("pk")).order_by("-created_at", "-id")
    return (
        permitted_collections(user)
        .annotate(
            image_count=Count("images"),
            newest_at=Max("images__created_at"),
            cover_id=Subquery(newest.values("id")[:1]),
            cover_revision=Subquery(newest.values("revision")[:1]),
        )
        .order_by("name", "slug")
    )


class Page(NamedTuple):
    """A run of images, newest first, and the cursor of the run after it."""

    images: list[Image]
    next: str | None


def images_page(collection: Collection, *, after: str = "", q: str = "", kind: str = "", size: int = PAGE_SIZE) -> Page:
    """Return a page of a collection's images, newest first; a few queries, however deep the page.

    Args:
        collection: which the caller has found permitted.
        after: cursor of the page before; empty for the first page.
        q: words that name, modality, series or acquisition (device, probe, stain, objective) must all hold, upper or lower case.
        kind: slide, frames, photograph or video; empty for all.
        size: images on a page.

    Raises:
        BadCursor: for a cursor that is none.
    """
    words = plain(q.replace("\0", " ")).split()[:_MOST_WORDS]
    before = _read_cursor(after) if after else None
    if words and search_index.is_available():
        keys = search_index.find(collection_id=collection.pk, words=words, kind=kind, before=before, size=size + 1)
        rows = Image.objects.filter(collection=collection, pk__in=keys).defer("inspection", "search_text")
        by_key = {image.pk: image for image in rows}
        images = [by_key[key] for key in keys if key in by_key]
    else:
        images = list(_listed(collection, words, kind, before)[: size + 1])
    more = len(images) > size
    return Page(images[:size], _cursor(images[size - 1]) if more else None)


def _listed(collection: Collection, words: list[str], kind: str, before: tuple[datetime, UUID] | None) -> QuerySet[Image]:
    found = Image.objects.filter(collection=collection).defer("inspection", "search_text")
    if before:
        created_at, pk = before
        # The first condition says nothing new, but it alone tells a database where in the index to begin.
        found = found.filter(created_at__lte=created_at).filter(Q(created_at__lt=created_at) | Q(pk__lt=pk))
    postgres = connection.vendor == "postgresql"
    for word in words:
        if postgres and search_characters.is_indexed(word):
            few = search_characters.images_with(word, collection.pk)
            found = found.filter(search_text__contains=word) if few is None else found.filter(pk__in=few)
            continue
        parts = search_index.parts_of(word) if postgres else []
        # The end of a text is the end of a word, too.
        held = [Q(search_text__endswith=word), *(Q(search_text__contains=part) for part in parts)] if parts else []
        found = found.filter(reduce(or_, held, Q())) if held else found.filter(search_text__contains=word)
    if kind:
        found = found.filter(kind=kind)
    return found.order_by("-created_at", "-id")


def _cursor(image: Image) -> str:
    return base64.urlsafe_b64encode(f"{image.created_at.isoformat()}|{image.pk}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        created_at, pk = text.split("|")
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise BadCursor
        return moment, UUID(pk)
    except (ValueError, binascii.Error) as error:
        raise BadCursor from error


def kinds_in(collection: Collection) -> dict[str, int]:
    """Return how many images of each kind a collection has."""
    rows: Any = Image.objects.filter(collection=collection).values_list("kind").annotate(count=Count("id")).order_by("kind")
    return dict(rows)
