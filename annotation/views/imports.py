"""The page on which a reader brings marks of other tools into their own reads."""

from typing import Any, Final, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotation.importers.source import MAX_BYTES
from annotation.models import Campaign
from annotation.selectors.campaigns import campaigns_for
from annotation.selectors.imports import label_choices
from annotation.views.names import campaign_name
from viewer.models import Image
from viewer.services.manifests import thumbnail_url

MAX_IMAGES: Final = 5_000


@require_safe
@login_required
@never_cache
def import_page(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show a reader of the campaign where to drop files, and what became of those that they brought."""
    user = cast("User", request.user)
    readable = campaigns_for(user, "annotation.read_campaign", granted_only=True)
    campaign = readable.filter(pk=campaign_id).select_related("label_set").first()
    if campaign is None:
        raise Http404
    page_data = {
        "imports_url": reverse("campaign-imports", args=[campaign.pk]),
        "max_bytes": min(MAX_BYTES, settings.UPLOAD_MAX_BYTES),
        "labels": label_choices(campaign),
        "images": _images(campaign),
    }
    return render(request, "annotation/import.html", {"page_data": page_data, "campaign": campaign, "name": campaign_name(campaign)})


def _images(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the images that marks may be placed on, by name."""
    images = Image.objects.filter(campaign_images__campaign=campaign).order_by("name", "pk")[:MAX_IMAGES]
    return [
        {
            "id": str(image.pk),
            "name": image.name,
            "width": image.width_px,
            "height": image.height_px,
            "thumbnail_url": thumbnail_url(image.pk, image.revision),
        }
        for image in images
    ]
