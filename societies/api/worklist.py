"""The reader's three requests: give me the next image, I am still here, I am done."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.selectors.campaigns import get_campaign
from societies.api.serializers import LeaseSerializer, NextSerializer, SubmitSerializer, SubmittedSerializer
from societies.models import Assignment
from societies.selectors.campaigns import READ
from societies.services.worklist import claim_next, renew_lease, submit


def assignment_json(assignment: Assignment) -> dict[str, Any]:
    """Return an assignment as its reader gets it."""
    return {
        "read_id": str(assignment.read_id),
        "url": reverse("read", args=[assignment.read_id]),
        "image_id": str(assignment.image_id),
        "lease_expires_at": assignment.leased_until.isoformat(),
    }


class NextView(APIView):
    """The worklist of a campaign."""

    @extend_schema(operation_id="campaign_next", request=None, responses={200: NextSerializer, 204: None})
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Give the next image under a lease; 204 when nothing is left for this reader."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=READ, granted_only=True)
        assignment = claim_next(user=user, campaign=campaign)
        if assignment is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(assignment_json(assignment))


class LeaseView(APIView):
    """The claim on a read."""

    @extend_schema(operation_id="read_lease", request=None, responses=LeaseSerializer)
    def post(self, request: Request, read_id: UUID) -> Response:
        """Prolong the claim on an open read."""
        assignment = renew_lease(user=signed_in(request), read_id=read_id)
        return Response({"lease_expires_at": assignment.leased_until.isoformat()})


class SubmitView(APIView):
    """The end of a read."""

    @extend_schema(operation_id="read_submit", request=SubmitSerializer, responses=SubmittedSerializer)
    def post(self, request: Request, read_id: UUID) -> Response:
        """Close the read for ever."""
        serializer = SubmitSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        read = submit(user=signed_in(request), read_id=read_id, **serializer.validated_data)
        assert read.submitted_at is not None  # noqa: S101  # the service has just set it
        answer = {"id": str(read.pk), "state": read.state, "sequence": read.sequence, "submitted_at": read.submitted_at.isoformat()}
        return Response(answer)
