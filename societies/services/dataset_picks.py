"""Images that somebody picks for a dataset, or leaves out of it, by hand: each time with a reason, never taken back unseen."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from annotation.models import CampaignImage
from societies.errors import refusal
from societies.locks import lock_society
from societies.models import Dataset, DatasetPick
from societies.selectors.dataset_picks import picks_now
from viewer.api.errors import not_found

__all__ = ["MAX_PICKS", "pick_images"]

MAX_PICKS: Final = 10_000
MAX_REASON: Final = 300


@transaction.atomic
def pick_images(*, dataset: Dataset, user: User, image_ids: Sequence[UUID], choice: str, reason: str) -> list[DatasetPick]:
    """Pick images, leave them out, or leave them to the query again; the next version is made so. Repeating it changes nothing.

    Args:
        dataset: the dataset; versions that are frozen stay as they are.
        user: who says so.
        image_ids: images of the society's campaigns.
        choice: of DatasetPick.Choice.
        reason: why.

    Raises:
        ApiError: ``not_found`` for an image that no campaign of the society holds; ``dataset_invalid`` without a reason, or where
            more than 10,000 images would be chosen by hand.
    """
    said = reason.strip()
    if not said or len(said) > MAX_REASON:
        raise refusal("dataset_invalid", "/reason")
    lock_society(dataset.society_id)
    wanted = set(image_ids)
    owned = CampaignImage.objects.filter(campaign__owner__society=dataset.society_id, image__in=wanted)
    if set(owned.values_list("image", flat=True)) != wanted:
        raise not_found()
    now = picks_now(dataset)
    new = [each for each in sorted(wanted) if now.get(each, DatasetPick.Choice.QUERY) != choice]
    by_hand = {each for each, chosen in now.items() if chosen != DatasetPick.Choice.QUERY} - set(new)
    if choice != DatasetPick.Choice.QUERY and len(by_hand) + len(new) > MAX_PICKS:
        raise refusal("dataset_invalid", "/image_ids")
    rows = [DatasetPick(dataset=dataset, image_id=each, choice=choice, reason=said, recorded_by=user) for each in new]
    return DatasetPick.objects.bulk_create(rows)
