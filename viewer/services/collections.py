"""Collections: made by a society's admin or by a command."""

from django.db import transaction

from viewer.models import Collection


def create_collection(*, slug: str, name: str) -> Collection:
    """Make an empty collection.

    Raises:
        ValidationError: when the short name is taken or not a slug, or the name is empty.
    """
    collection = Collection(slug=slug, name=name.strip())
    with transaction.atomic():
        collection.full_clean()
        collection.save(force_insert=True)
    return collection
