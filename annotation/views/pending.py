"""The pages of what is still to be confirmed: a reader's own, and that of a campaign."""

from typing import Any, Final, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotation.selectors.campaigns import campaigns_for
from annotation.selectors.pending import pending_of_campaign, pending_of_reader
from annotation.selectors.pending import pending_page as page_of
from annotation.views.names import campaign_name

MANAGERS: Final = ("annotation.manage_campaign",)


@require_safe
@login_required
@never_cache
def pending_page(request: HttpRequest) -> HttpResponse:
    """Show a reader the diagnoses that they submitted and that wait for a result."""
    user = cast("User", request.user)
    page_data: dict[str, Any] = {"list": page_of(pending_of_reader(user), with_readers=False), "list_url": reverse("api-pending")}
    return render(request, "annotation/pending.html", {"page_data": page_data})


@require_safe
@login_required
@never_cache
def campaign_pending_page(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show those who manage a campaign what waits in it, and let them say after how many days readers are reminded."""
    user = cast("User", request.user)
    campaign = campaigns_for(user, *MANAGERS).filter(pk=campaign_id).first()
    if campaign is None:
        raise Http404
    page_data: dict[str, Any] = {
        "list": page_of(pending_of_campaign(campaign), with_readers=True),
        "list_url": reverse("api-campaign-pending", args=[campaign.pk]),
        "days": campaign.confirmation_days,
        "days_url": reverse("api-campaign-confirmation-days", args=[campaign.pk]),
    }
    context = {"page_data": page_data, "campaign": campaign, "name": campaign_name(campaign)}
    return render(request, "annotation/pending.html", context)
