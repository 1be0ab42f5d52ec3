"""The page on which documents are asked to leave the society, and let out."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from annotation.models import LedgerEntry, Release
from annotation.selectors.campaigns import campaigns_for
from annotation.selectors.code_warnings import warnings_of_campaign
from annotation.selectors.label_maps import maps_of_campaign
from annotation.selectors.releases import ledger_of, list_releases
from annotation.services.ledger_checks import ledger_is_whole
from societies.selectors.campaigns import VIEW
from societies.selectors.societies import display_name
from societies.views.export_formats import EXPORT_FORMATS

CONSENT_MODES = (
    ("not-recorded", _("not recorded")),
    ("opt-out", _("opt-out")),
    ("informed-written", _("informed consent, written")),
    ("informed-oral", _("informed consent, oral")),
    ("broad", _("broad consent")),
    ("waived", _("waived")),
    ("anonymously-processed-act", _("anonymised under the medical big data act")),
)
PURPOSES = (
    ("ai-research", _("AI research")),
    ("ai-product-development", _("development of AI products")),
    ("device-evaluation", _("evaluation of devices")),
    ("education", _("education")),
    ("quality-control", _("quality control")),
    ("surveillance", _("surveillance")),
)
RECIPIENT_KINDS = (
    ("academic", _("academic institution")),
    ("public-institute", _("public institute")),
    ("company", _("company")),
    ("overseas", _("recipient overseas")),
)


@require_safe
@login_required
def releases_page(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show what left a campaign or is to leave it, to those who export or run it."""
    user = cast("User", request.user)
    campaign = campaigns_for(user, *VIEW).filter(pk=campaign_id).select_related("label_set").first()
    if campaign is None:
        raise Http404
    can_manage, can_export = (user.has_perm(f"annotation.{verb}_campaign", campaign) for verb in ("manage", "export"))
    page_data: dict[str, Any] = {
        "can_manage": can_manage,
        "can_export": can_export,
        "releases": list_releases(campaign),
        "ledger": {"whole": ledger_is_whole(), "entries": ledger_of(campaign)},
        "warnings": warnings_of_campaign(campaign),
        "governance": campaign.governance,
        "label_maps": maps_of_campaign(user, campaign) if can_export else [],
        "words": {
            "tier": _words(Release.Tier.choices),
            "state": _words(Release.State.choices),
            "action": _words(LedgerEntry.Action.choices),
            "format": [{"code": code, "name": str(name)} for _group, formats in EXPORT_FORMATS for code, name, _help in formats],
            "consent": _words(CONSENT_MODES),
            "purpose": _words(PURPOSES),
            "recipient_kind": _words(RECIPIENT_KINDS),
        },
        "urls": {
            "releases": reverse("campaign-releases", args=[campaign.pk]),
            "governance": reverse("campaign-governance", args=[campaign.pk]),
            "ledger": reverse("campaign-ledger", args=[campaign.pk]),
            "withdrawals": reverse("campaign-withdrawals", args=[campaign.pk]),
            "release": "/api/releases/",
        },
    }
    context = {"campaign": campaign, "name": display_name(campaign), "can_manage": can_manage, "can_export": can_export}
    return render(request, "societies/releases.html", context | {"page_data": page_data})


def _words(choices: Any) -> list[dict[str, str]]:
    return [{"code": str(code), "name": str(name)} for code, name in choices]
