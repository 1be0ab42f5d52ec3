"""Societies and members, as far as a person may see them."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import get_language

from societies.models import Membership, Society, SocietyCollection
from viewer.api.errors import not_found
from viewer.models import Collection


def display_name(named: Any) -> str:
    """Return the name of anything with ``name_ja`` and ``name_en`` in the language that is on."""
    return text_in_language(ja=named.name_ja, en=named.name_en)


def member_societies(*, user: User) -> QuerySet[Society]:
    """Return the societies in which a person holds any role; all of them for a superuser."""
    if user.is_superuser:
        return Society.objects.all()
    return Society.objects.filter(memberships__user=user).distinct()


def administered_societies(*, user: User) -> QuerySet[Society]:
    """Return the societies that a person administers; all of them for a superuser."""
    if user.is_superuser:
        return Society.objects.all()
    return Society.objects.filter(memberships__user=user, memberships__role=Membership.Role.ADMIN)


def administers_any(*, user: User) -> bool:
    """Return whether a person looks after the site or after any of its societies."""
    return user.is_superuser or administered_societies(user=user).exists()


def administered_society(*, user: User, slug: str) -> Society:
    """Return a society that a person administers.

    Raises:
        ApiError: ``not_found`` for every other one.
    """
    society = administered_societies(user=user).filter(slug=slug).first()
    if society is None:
        raise not_found()
    return society


def members(*, society: Society) -> list[dict[str, Any]]:
    """Return the people of a society with their roles, by name."""
    rows: dict[int, dict[str, Any]] = {}
    for membership in Membership.objects.filter(society=society).select_related("user").order_by("user__username", "role"):
        person = membership.user
        row = rows.setdefault(
            person.pk,
            {"id": person.pk, "username": person.get_username(), "name": person.get_full_name() or person.get_username(), "roles": []},
        )
        row["roles"].append(membership.role)
    return list(rows.values())


def administered_collection(*, user: User, collection_id: UUID) -> tuple[Collection, Society]:
    """Return a collection of a society that the user administers, and that society.

    Raises:
        ApiError: ``not_found`` for every other collection.
    """
    societies = administered_societies(user=user)
    owned = SocietyCollection.objects.filter(collection=collection_id, society__in=societies)
    found = owned.select_related("collection", "society").first()
    if found is None:
        raise not_found()
    return found.collection, found.society


def text_in_language(*, ja: str, en: str) -> str:
    """Return the text of the language that is on."""
    return ja if (get_language() or "").startswith("ja") else en
