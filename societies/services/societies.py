"""Makes societies, and the collections that belong to them."""

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from societies.errors import refusal
from societies.locks import lock_society
from societies.models import Membership, Society, SocietyCollection
from societies.services.grants import grant_collection, role_group
from viewer.models import Collection
from viewer.services.collections import create_collection

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
# With a society's short name and the hyphen between them, the 64 characters of a collection's.
_SHORT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@transaction.atomic
def create_society(*, slug: str, name_ja: str, name_en: str) -> Society:
    """Make a society and the groups of its three roles; it has no member yet.

    Raises:
        ApiError: ``slug_taken`` for a short name that is taken or not made of small letters, digits and hyphens.
    """
    if not _SLUG.fullmatch(slug) or Society.objects.filter(slug=slug).exists():
        raise refusal("slug_taken", "/slug")
    society = Society.objects.create(slug=slug, name_ja=name_ja, name_en=name_en)
    for role in Membership.Role.values:
        role_group(society, role)
    return society


@transaction.atomic
def create_collection_for(*, society: Society, slug: str, name: str) -> Collection:
    """Make an empty collection that belongs to a society.

    Raises:
        ApiError: ``slug_taken`` for a short name that is taken or not usable.
    """
    try:
        collection = create_collection(slug=slug, name=name)
    except ValidationError as error:
        raise refusal("slug_taken", "/slug") from error
    SocietyCollection.objects.create(society=society, collection=collection)
    grant_collection(collection=collection, society=society)
    return collection


@transaction.atomic
def add_collection(*, society: Society, name: str, short_name: str = "") -> Collection:
    """Make an empty collection as an admin names it.

    Args:
        society: whose it is; its own short name comes first in the collection's, so that societies do not meet there.
        name: what its images are.
        short_name: what follows the society's short name; empty: the next free number.

    Raises:
        ApiError: ``collection_name_missing``, ``slug_invalid`` or ``slug_taken``.
    """
    if not name.strip():
        raise refusal("collection_name_missing", "/name")
    if short_name and not _SHORT_NAME.fullmatch(short_name):
        raise refusal("slug_invalid", "/slug")
    lock_society(society.pk)
    slug = f"{society.slug}-{short_name}" if short_name else _free_slug(society)
    return create_collection_for(society=society, slug=slug, name=name)


def _free_slug(society: Society) -> str:
    """Return the next short name of a collection; the society is locked, so nobody else takes it."""
    number = society.collections.count() + 1
    while Collection.objects.filter(slug=f"{society.slug}-{number}").exists():
        number += 1
    return f"{society.slug}-{number}"
