"""Takes a subject out of every export from now on, and says which recipients must be told."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation.disclosure.cases import pseudonym_in
from annotation.models import Campaign, LedgerEntry, Release, Withdrawal
from annotation.selectors.documents import get_case, subject_key
from annotation.services.ledger import enter
from annotation.services.release_export import hop_of
from viewer.models import Image

__all__ = ["withdraw_subject"]


@transaction.atomic
def withdraw_subject(*, campaign: Campaign, image: Image, user: User) -> list[dict[str, Any]]:
    """Record that the subject of an image withdrew: no campaign over its collection exports anything of theirs any more.

    Doing it twice does nothing more.

    Returns:
        The releases that were handed over with the subject in them, each with recipient and the pseudonym by which the
        recipient knows the subject, so that they can be told what to delete.
    """
    case = get_case(campaign, image_id=image.pk, include_drafts=True, withdrawn_too=True, of_facility=True)
    _row, new = Withdrawal.objects.get_or_create(collection=campaign.collection, subject=subject_key(image), defaults={"recorded_by": user})
    releases = Release.objects.filter(
        campaign__collection=campaign.collection, ledger__action=LedgerEntry.Action.TAKEN, campaign__campaign_images__image=image
    ).distinct()
    told = [
        {"release": str(release.pk), "recipient": release.recipient, "subject": pseudonym_in(case.subject, hop_of(release))}
        for release in releases.order_by("requested_at", "pk")
    ]
    if new:
        enter(campaign=campaign, actor=user, action=LedgerEntry.Action.WITHDRAWN, said={"image": str(image.pk), "to_be_told": told})
    return told
