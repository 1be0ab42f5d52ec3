"""Suggestion runs for those who manage a campaign, and what they brought for those who read."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.api.suggestion_serializers import RunListSerializer, RunRequestSerializer, RunsQueuedSerializer, SuggestionListSerializer
from annotation.models import Campaign
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.reads import get_bare_read
from annotation.selectors.suggestions import endpoints_for, is_run_waiting, list_runs, run_json, suggestions_tag, suggestions_text
from annotation.services.suggestion_errors import endpoint_refusal, image_not_in_campaign
from annotation.services.suggestions import Region, request_runs
from viewer.models import Image

MANAGERS = ("annotation.manage_campaign",)


class SuggestionRunListView(APIView):
    """The passes of a campaign's model."""

    @extend_schema(operation_id="suggestion_runs", responses=RunListSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return the newest runs with the reason of each failure."""
        campaign = get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=MANAGERS)
        return Response(list_runs(campaign))

    @extend_schema(operation_id="suggestion_runs_request", request=RunRequestSerializer, responses={201: RunsQueuedSerializer})
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Queue a run for all images, for some, or for a region of one; the worker carries them out."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=MANAGERS)
        serializer = RunRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if campaign.endpoint_id and not endpoints_for(user).filter(pk=campaign.endpoint_id).exists():
            raise endpoint_refusal("endpoint_not_yours")
        images, region = _asked(campaign, serializer.validated_data)
        runs = request_runs(campaign=campaign, user=user, images=images, region=region)
        return Response({"queued": len(runs), "runs": [run_json(run) for run in runs[:200]]}, status=status.HTTP_201_CREATED)


class SuggestionListView(APIView):
    """What a model proposed on the image of a read."""

    @extend_schema(operation_id="read_suggestions", responses=SuggestionListSerializer)
    def get(self, request: Request, read_id: UUID) -> HttpResponse:
        """Return what is stored; an endpoint that fails shows as nothing here. 304 for the entity tag of what one has."""
        read = get_bare_read(user=signed_in(request), read_id=read_id)
        tag = suggestions_tag(read)
        if request.headers.get("If-None-Match") == tag:
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        text = f'{{"suggestions":{suggestions_text(read)},"is_run_waiting":{str(is_run_waiting(read)).lower()}}}'
        return HttpResponse(text, content_type="application/json", headers={"ETag": tag})


def _asked(campaign: Campaign, values: dict[str, Any]) -> tuple[list[Image] | None, Region | None]:
    """Return the images and the region that a request names; None for all images."""
    wanted = set(values.get("image_ids", []))
    if "image_id" in values:
        wanted.add(values["image_id"])
    if not wanted and "image_ids" not in values:
        return None, values.get("region")
    images = [image for image in Image.objects.filter(campaign_images__campaign=campaign) if image.pk in wanted]
    if len(images) != len(wanted):
        raise image_not_in_campaign()
    return images, values.get("region")
