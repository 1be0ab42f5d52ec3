"""Makes societies, and the collections that belong to them."""

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction

from societies.errors import refusal
from societies.models import Membership, Society, SocietyCollection
from societies.services.grants import grant_collection, role_group
from viewer.models import Collection
from viewer.services.collections import create_collection

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


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
