"""Who belongs to a society, and as what. Sessions go on; what they may see changes with the next request."""

import secrets
from typing import Final

from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from annotation.events import AccessChanged, publish
from annotation.selectors.campaigns import campaigns_for
from societies.errors import refusal
from societies.locks import lock_society
from societies.models import Membership, Society
from societies.services.grants import revoke_reading, role_group

# No letters or digits that are mistaken for one another when read aloud or copied from paper.
_READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def add_role(*, society: Society, user: User, role: str) -> Membership:
    """Give a person a role in a society; giving it again changes nothing.

    Raises:
        ApiError: ``role_unknown``.
    """
    if role not in Membership.Role.values:
        raise refusal("role_unknown", "/role")
    lock_society(society.pk)
    membership, _created = Membership.objects.get_or_create(society=society, user=user, role=role)
    user.groups.add(role_group(society, role))
    publish(AccessChanged(user_id=user.pk))
    return membership


@transaction.atomic
def remove_role(*, society: Society, user: User, role: str) -> None:
    """Take a role from a person. Who is no longer a reader leaves all campaigns; what they submitted stays.

    Raises:
        ApiError: ``last_admin``.
    """
    lock_society(society.pk)
    held = Membership.objects.filter(society=society, user=user, role=role)
    if not held.exists():
        return
    if role == Membership.Role.ADMIN and Membership.objects.filter(society=society, role=role).count() == 1:
        raise refusal("last_admin")
    held.delete()
    user.groups.remove(role_group(society, role))
    if role == Membership.Role.READER:
        for campaign in campaigns_for(user, "annotation.read_campaign", granted_only=True).filter(owner__society=society):
            revoke_reading(campaign=campaign, user=user)
    publish(AccessChanged(user_id=user.pk))


@transaction.atomic
def add_person(*, society: Society, username: str, name: str, role: str) -> tuple[User, str]:
    """Give a role to a member of the society, or to a new account; return the person and a first password for a new one.

    An account that exists outside the society is not touched: who else works on this site is none of this society's business.

    Raises:
        ApiError: ``username_taken``, ``username_invalid`` or ``role_unknown``.
    """
    known = User.objects.filter(username=username).first()
    if known is not None:
        if not Membership.objects.filter(society=society, user=known).exists():
            raise refusal("username_taken", "/username")
        add_role(society=society, user=known, role=role)
        return known, ""
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise refusal("username_invalid", "/username") from error
    if len(username) > 150:
        raise refusal("username_invalid", "/username")
    password = "-".join("".join(secrets.choice(_READABLE) for _each in range(4)) for _part in range(4))
    person = User.objects.create_user(username=username, password=password, first_name=name.strip()[:150])
    add_role(society=society, user=person, role=role)
    return person, password
