"""Diagnoses that wait for their confirmation: the lists, what became known, and after how many days readers are reminded."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.confirmation_serializers import (
    ConfirmationDaysSerializer,
    ConfirmationListSerializer,
    ConfirmationSerializer,
    ConfirmingSerializer,
    PendingListSerializer,
)
from annotation.api.operations import PRECONDITION_HEADERS
from annotation.api.requests import preconditions, signed_in
from annotation.errors import Conflict
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.pending import (
    confirmation_json,
    confirmations_of,
    pending_of_campaign,
    pending_of_reader,
    pending_page,
)
from annotation.selectors.reads import get_read
from annotation.services.confirmation_input import parse_confirming
from annotation.services.confirmations import confirm_diagnosis, set_confirmation_days

MANAGERS = ("annotation.manage_campaign",)
_AFTER = [OpenApiParameter("after", str, description="`next` of the page before")]


class PendingView(APIView):
    """What waits for the person who asks."""

    @extend_schema(operation_id="pending", parameters=_AFTER, responses=PendingListSerializer)
    def get(self, request: Request) -> Response:
        """Return one's own submitted diagnoses that are still to be confirmed, 50 a page, what is due first coming first."""
        rows = pending_of_reader(signed_in(request))
        return Response(pending_page(rows, after=request.query_params.get("after", ""), with_readers=False))


class CampaignPendingView(APIView):
    """What waits in a campaign."""

    @extend_schema(operation_id="campaign_pending", parameters=_AFTER, responses=PendingListSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return the diagnoses of all readers that are still to be confirmed, for those who manage the campaign."""
        campaign = get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=MANAGERS)
        return Response(pending_page(pending_of_campaign(campaign), after=request.query_params.get("after", ""), with_readers=True))


class ConfirmationListView(APIView):
    """What became known of one diagnosis."""

    @extend_schema(operation_id="confirmations", responses=ConfirmationListSerializer)
    def get(self, request: Request, read_id: UUID, annotation_id: UUID) -> Response:
        """Return every confirmation, the oldest first, each with what was said before and after."""
        read = get_read(user=signed_in(request), read_id=read_id)
        return Response({"confirmations": [confirmation_json(row) for row in confirmations_of(read, annotation_id)]})

    @extend_schema(
        operation_id="confirmation_add",
        parameters=PRECONDITION_HEADERS,
        request=ConfirmingSerializer,
        responses={201: ConfirmationSerializer},
    )
    def post(self, request: Request, read_id: UUID, annotation_id: UUID) -> Response:
        """Append what became known; 412 with the mark as it is now when somebody else was quicker."""
        base_revision, operation_id = preconditions(request)
        user = signed_in(request)
        confirming = parse_confirming(request.data)
        try:
            row = confirm_diagnosis(
                user=user,
                read_id=read_id,
                annotation_id=annotation_id,
                base_revision=base_revision,
                operation_id=operation_id,
                confirming=confirming,
            )
        except Conflict as conflict:
            conflict.extra |= {"annotation": conflict.current}
            raise
        return Response(confirmation_json(row), status=status.HTTP_201_CREATED, headers={"ETag": f'"{row.revision.number}"'})


class ConfirmationDaysView(APIView):
    """After how many days readers are reminded."""

    @extend_schema(operation_id="campaign_confirmation_days", request=ConfirmationDaysSerializer, responses=ConfirmationDaysSerializer)
    def put(self, request: Request, campaign_id: UUID) -> Response:
        """Choose the days; what waits already moves along, but for the days that a reader chose."""
        campaign = get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=MANAGERS)
        given: Any = request.data.get("days") if isinstance(request.data, dict) else None
        return Response({"days": set_confirmation_days(campaign=campaign, days=given).confirmation_days})
