"""Suggestion runs are asked for here; what was shown to whom is noted here. The passes themselves run in the worker."""

from collections.abc import Iterable, Sequence
from typing import TypedDict
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotation.events import CampaignChanged, publish
from annotation.locks import lock_campaign
from annotation.models import Campaign, Exposure, Read, Suggestion, SuggestionRun
from annotation.services.suggestion_errors import campaign_without_endpoint, endpoint_refusal, image_not_in_campaign, region_invalid
from viewer.models import Image

UNFINISHED = (SuggestionRun.State.QUEUED, SuggestionRun.State.RUNNING)


class Region(TypedDict):
    """A rectangle in level-0 px; the frame is 0-based and None for images without frames."""

    x: int
    y: int
    width: int
    height: int
    frame: int | None


@transaction.atomic
def request_runs(
    *, campaign: Campaign, user: User | None, images: Iterable[Image] | None = None, region: Region | None = None
) -> list[SuggestionRun]:
    """Queue one run an image of the campaign; images with an unfinished run are left as they are.

    Args:
        campaign: Its endpoint is asked.
        user: Who asks; None for the worker itself.
        images: Which images; None for all of the campaign.
        region: Only this part; with exactly one image.

    Raises:
        ApiError: ``campaign_without_endpoint``, ``endpoint_disabled``, ``image_not_in_campaign`` or ``region_invalid``.
    """
    campaign = lock_campaign(campaign.pk)
    endpoint = campaign.endpoint
    if endpoint is None:
        raise campaign_without_endpoint()
    if not endpoint.enabled:
        raise endpoint_refusal("endpoint_disabled")
    chosen = _chosen_images(campaign, images)
    if region is not None and (len(chosen) != 1 or not _lies_inside(region, chosen[0])):
        raise region_invalid()
    waiting = set() if region is not None else _waiting(campaign)
    runs = SuggestionRun.objects.bulk_create(
        [
            SuggestionRun(campaign=campaign, image=image, endpoint=endpoint, requested_by=user, region=region)
            for image in chosen
            if image.pk not in waiting
        ],
        batch_size=500,
    )
    publish(CampaignChanged(campaign_id=campaign.pk))
    return runs


@transaction.atomic
def record_exposures(*, read: Read, suggestion_ids: Sequence[UUID]) -> int:
    """Note that the reader of a read was shown these suggestions; only the first time of each is kept.

    Ids that are not of this read's image and campaign are passed over: whatever a page sends, nothing else is written.

    Returns:
        How many were new.
    """
    theirs = Q(run__read__isnull=True) | Q(run__read=read)
    shown = Suggestion.objects.filter(theirs, pk__in=set(suggestion_ids), campaign=read.campaign_id, image=read.image_id)
    known = set(Exposure.objects.filter(read=read).values_list("suggestion_id", flat=True))
    now = timezone.now()
    new = [Exposure(read=read, suggestion_id=pk, shown_at=now) for pk in shown.values_list("pk", flat=True) if pk not in known]
    Exposure.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    return len(new)


def _chosen_images(campaign: Campaign, images: Iterable[Image] | None) -> list[Image]:
    rows = Image.objects.filter(campaign_images__campaign=campaign).order_by("campaign_images__added_at", "pk")
    if images is None:
        return list(rows)
    wanted = {image.pk for image in images}
    # SQLite takes a bounded number of values: the comparison is made here.
    found = [image for image in rows if image.pk in wanted]
    if len(found) != len(wanted):
        raise image_not_in_campaign()
    return found


def _lies_inside(region: Region, image: Image) -> bool:
    frame_fits = 0 <= (region["frame"] or 0) < image.frame_count if image.has_frames else region["frame"] is None
    positive = region["x"] >= 0 and region["y"] >= 0 and region["width"] > 0 and region["height"] > 0
    return positive and frame_fits and region["x"] + region["width"] <= image.width_px and region["y"] + region["height"] <= image.height_px


def _waiting(campaign: Campaign) -> set[UUID]:
    runs = SuggestionRun.objects.filter(campaign=campaign, region__isnull=True, state__in=UNFINISHED)
    return set(runs.values_list("image_id", flat=True))
