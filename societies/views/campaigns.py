"""The pages on which an admin makes a campaign and watches it."""

from typing import Any, Final, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotation.models import Campaign
from annotation.selectors.campaigns import campaigns_for
from annotation.selectors.cells import layers_to_manage
from annotation.selectors.export_jobs import export_job_json, export_jobs_of, is_large
from annotation.selectors.label_maps import maps_of_campaign
from annotation.selectors.suggestions import list_endpoints, list_runs
from annotation.services.export_requirements import FIELD_NAMES
from societies.models import SocietyCollection, SocietyEndpoint
from societies.packs import load_pack, pack_slugs
from societies.selectors.campaigns import VIEW, possible_readers, progress, society_of
from societies.selectors.societies import administered_societies, display_name, text_in_language
from societies.selectors.vocabularies import own_versions
from societies.views.export_formats import export_groups

EXPORTS_LISTED: Final = 50


@require_safe
@login_required
def new_campaign_page(request: HttpRequest) -> HttpResponse:
    """Offer the collections and packs that a campaign can be made from."""
    user = cast("User", request.user)
    societies = administered_societies(user=user)
    if not societies.exists():
        raise Http404
    owned = SocietyCollection.objects.filter(society__in=societies).select_related("society", "collection")
    counted = owned.annotate(images=Count("collection__images")).order_by("society__slug", "collection__name")
    page_data = {
        "campaigns_url": reverse("api-campaigns"),
        "collections": [
            {"id": str(row.collection_id), "name": row.collection.name, "society": row.society.slug, "images": row.images}
            for row in counted
        ],
        "packs": [_pack_json(slug) for slug in pack_slugs()],
        **own_versions(societies),
        "endpoints": _endpoints(user),
    }
    return render(request, "societies/campaign_new.html", {"page_data": page_data})


@require_safe
@login_required
def campaign_page(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Show how far a campaign is, to those who run or export it."""
    user = cast("User", request.user)
    campaign = campaigns_for(user, *VIEW).filter(pk=campaign_id).select_related("endpoint", "label_set").first()
    if campaign is None:
        raise Http404
    context: dict[str, Any] = {
        "campaign": campaign,
        "name": display_name(campaign),
        "society_name": display_name(society_of(campaign)),
        "protocol": text_in_language(ja=campaign.protocol_ja, en=campaign.protocol_en),
        "can_manage": user.has_perm("annotation.manage_campaign", campaign),
        "can_export": user.has_perm("annotation.export_campaign", campaign),
        "can_read": campaigns_for(user, "annotation.read_campaign", granted_only=True).filter(pk=campaign.pk).exists(),
    }
    page_data = _campaign_json(campaign, user, context["can_manage"])
    if context["can_export"]:
        context |= _export_card(campaign, user)
        jobs = export_jobs_of(campaign)[:EXPORTS_LISTED]
        page_data |= {"exports_url": reverse("campaign-export-jobs", args=[campaign.pk]), "exports": [export_job_json(job) for job in jobs]}
    return render(request, "societies/campaign.html", context | {"page_data": page_data})


def _export_card(campaign: Campaign, user: User) -> dict[str, Any]:
    """Return what the card of exports offers."""
    labels = campaign.label_set.labels.all()
    return {
        "export_groups": export_groups(),
        "export_fields": [(field.value, name) for field, name in FIELD_NAMES.items()],
        "label_maps": maps_of_campaign(user, campaign),
        "exports_large": is_large(campaign),
        "export_labels": [(label.code, text_in_language(ja=label.display_ja, en=label.display_en)) for label in labels],
    }


def _campaign_json(campaign: Campaign, user: User, can_manage: bool) -> dict[str, Any]:
    slug = society_of(campaign).slug
    data: dict[str, Any] = {
        "id": str(campaign.pk),
        "can_manage": can_manage,
        "progress": progress(campaign=campaign, with_reads=can_manage),
        "progress_url": reverse("api-campaign-progress", args=[campaign.pk]),
    }
    if can_manage:
        data |= {
            "possible_readers": possible_readers(campaign=campaign),
            "readers_url": reverse("api-campaign-readers", args=[campaign.pk]),
            "members_url": reverse("members", args=[slug]),
            "state_url": reverse("api-campaign-state", args=[campaign.pk]),
            "blind_url": reverse("api-campaign-blind", args=[campaign.pk]),
            "endpoint_url": reverse("api-campaign-endpoint", args=[campaign.pk]),
            "endpoint_id": str(campaign.endpoint_id) if campaign.endpoint_id else None,
            "endpoints": [endpoint for endpoint in _endpoints(user) if endpoint["society"] == slug],
            "runs_url": reverse("suggestion-runs", args=[campaign.pk]),
            "runs": list_runs(campaign),
            "reports_url": reverse("api-campaign-reports", args=[campaign.pk]),
            "cells_url": reverse("campaign-cell-layers", args=[campaign.pk]),
            "cells": layers_to_manage(campaign),
        }
    return data


def _endpoints(user: User) -> list[dict[str, Any]]:
    """Return the endpoints that the user may choose, with the society that each belongs to."""
    rows = [row for row in list_endpoints(user) if row["enabled"]]
    owned = SocietyEndpoint.objects.filter(endpoint__in=[row["id"] for row in rows]).values_list("endpoint", "society__slug")
    owners = {str(pk): slug for pk, slug in owned}
    return [
        {"id": row["id"], "name": row["name"], "society": owners.get(row["id"], ""), "task": row["task"], "last_state": row["last_state"]}
        for row in rows
    ]


def _pack_json(slug: str) -> dict[str, Any]:
    pack = load_pack(slug)
    return {
        "slug": pack.slug,
        "name": text_in_language(**pack.name),
        "granularities": list(pack.granularities),
        "labels": [
            {"name": text_in_language(ja=label.ja, en=label.en), "colour": label.colour, "key": label.key, "child": bool(label.parent)}
            for label in pack.labels
        ],
        "form": [text_in_language(ja=shown["ja"], en=shown["en"]) for shown in pack.form_ui["fields"].values()],
        "protocol": text_in_language(**pack.protocol),
    }
