"""Releases: asked for, decided on, taken; the conditions they obey, and the ledger."""

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.exports import EXPORTERS_OF
from annotation.api.release_serializers import (
    DecisionInputSerializer,
    GovernanceSerializer,
    LedgerSerializer,
    ReleaseInputSerializer,
    ReleaseListSerializer,
    ReleaseSerializer,
    WithdrawalInputSerializer,
    WithdrawalSerializer,
)
from annotation.api.requests import signed_in
from annotation.api.streaming import stream_file
from annotation.models import Campaign, Release
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.releases import get_release, ledger_of, list_releases, release_json
from annotation.services.label_maps import complete_relabelling
from annotation.services.ledger_checks import ledger_is_whole
from annotation.services.release_export import take_release
from annotation.services.releases import (
    approve_release,
    confirm_pixels,
    refuse_release,
    request_release,
    revoke_release,
    set_governance,
)
from annotation.services.withdrawals import withdraw_subject
from viewer.api.errors import not_found
from viewer.models import Image

MANAGERS_OF = ("annotation.manage_campaign",)
WATCHERS_OF = (*MANAGERS_OF, *EXPORTERS_OF)


def _campaign(request: Request, campaign_id: UUID, permissions: tuple[str, ...]) -> Campaign:
    return get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=permissions)


class ReleaseListView(APIView):
    """The releases of a campaign."""

    @extend_schema(operation_id="releases", responses=ReleaseListSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return every release that was asked for, newest first, with what keeps it."""
        return Response({"releases": list_releases(_campaign(request, campaign_id, WATCHERS_OF))})

    @extend_schema(operation_id="release_request", request=ReleaseInputSerializer, responses={201: ReleaseSerializer})
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Ask that documents may leave the society."""
        campaign = _campaign(request, campaign_id, EXPORTERS_OF)
        serializer = ReleaseInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        user, named = signed_in(request), {"names": values.pop("label_map"), "unmapped": values.pop("unmapped")}
        relabelling = complete_relabelling(user=user, campaign=campaign, **named)
        release = request_release(campaign=campaign, user=user, format_name=values.pop("format"), relabelling=relabelling, **values)
        return Response(release_json(release), status=status.HTTP_201_CREATED)


class ReleaseDecisionView(APIView):
    """What an admin says to a release."""

    @extend_schema(operation_id="release_decide", request=DecisionInputSerializer, responses=ReleaseSerializer)
    def post(self, request: Request, release_id: UUID) -> Response:
        """Confirm its pixels, approve, refuse or revoke it; nobody approves what they asked for themselves."""
        user = signed_in(request)
        release = get_release(user=user, release_id=release_id, permissions=MANAGERS_OF)
        serializer = DecisionInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(release_json(_decided(release, user, **serializer.validated_data)))


def _decided(release: Release, user: Any, *, action: str, reason: str) -> Release:
    match action:
        case "confirm-pixels":
            return confirm_pixels(release=release, user=user)
        case "approve":
            return approve_release(release=release, user=user)
        case "refuse":
            return refuse_release(release=release, user=user, reason=reason)
        case _:
            return revoke_release(release=release, user=user, reason=reason)


class ReleaseDownloadView(APIView):
    """A release as a ZIP."""

    @extend_schema(
        operation_id="release_take",
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="A ZIP with release.json and manifest.json")},
    )
    def get(self, request: Request, release_id: UUID) -> HttpResponseBase:
        """Hand an approved release over; every time is entered in the ledger, and gives the same bytes."""
        user = signed_in(request)
        release = get_release(user=user, release_id=release_id, permissions=EXPORTERS_OF)
        export = take_release(release=release, user=user)
        export.prepare()
        return stream_file(request, export, content_type="application/zip")


class GovernanceView(APIView):
    """The conditions of a campaign."""

    @extend_schema(operation_id="governance", responses=GovernanceSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return the conditions on which the campaign's images may be used."""
        return Response({"governance": _campaign(request, campaign_id, WATCHERS_OF).governance})

    @extend_schema(operation_id="governance_set", request=GovernanceSerializer, responses=GovernanceSerializer)
    def put(self, request: Request, campaign_id: UUID) -> Response:
        """Record other conditions; before and after are entered in the ledger."""
        campaign = _campaign(request, campaign_id, MANAGERS_OF)
        serializer = GovernanceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        campaign = set_governance(campaign=campaign, user=signed_in(request), governance=serializer.validated_data["governance"])
        return Response({"governance": campaign.governance})


class LedgerView(APIView):
    """The ledger of a campaign."""

    @extend_schema(operation_id="ledger", responses=LedgerSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return what was asked for, decided, and handed over, newest first, and whether the ledger is whole."""
        campaign = _campaign(request, campaign_id, WATCHERS_OF)
        return Response({"whole": ledger_is_whole(), "entries": ledger_of(campaign)})


class WithdrawalView(APIView):
    """Subjects who withdrew."""

    @extend_schema(operation_id="withdraw", request=WithdrawalInputSerializer, responses=WithdrawalSerializer)
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Take a subject out of every export from now on; return which recipients must be told."""
        campaign = _campaign(request, campaign_id, MANAGERS_OF)
        serializer = WithdrawalInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        image = Image.objects.filter(pk=serializer.validated_data["image_id"], campaign_images__campaign=campaign).first()
        if image is None:
            raise not_found()
        return Response({"to_be_told": withdraw_subject(campaign=campaign, image=image, user=signed_in(request))})
