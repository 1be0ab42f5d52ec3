"""How people want to be named for their work; every choice stays, the newest counts."""

from django.contrib.auth.models import User

from societies.errors import refusal
from societies.models import CreditChoice, Society

MAX_CHARACTERS = 120


def choose_credit(*, society: Society, person: User, name: str) -> CreditChoice:
    """Note how a member wants to be named in what comes of a society's work.

    Args:
        society: one of the person's.
        person: who chooses, for themselves.
        name: as it is to be printed; empty: not to be named.

    Raises:
        ApiError: ``credit_name_invalid``.
    """
    kept = " ".join(name.split())
    if len(kept) > MAX_CHARACTERS or not kept.isprintable():
        raise refusal("credit_name_invalid", "/name")
    last = CreditChoice.objects.filter(society=society, person=person).order_by("-pk").first()
    if last is not None and last.name == kept:
        return last
    return CreditChoice.objects.create(society=society, person=person, name=kept)
