"""Reports beside the images: their words for who reads, and bringing them in for who manages a campaign."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.cells import GeoJsonParser
from annotation.api.requests import signed_in
from annotation.models import Report
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.reads import get_read
from annotation.selectors.reports import reports_of_campaign, reports_of_read
from annotation.services.report_files import MAX_BYTES, read_reports
from annotation.services.report_marks import CODE_SYSTEMS
from annotation.services.reports import attach_reports


class ReportSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Report.Kind.values)
    issued_on = serializers.CharField(help_text="2026, 2026-11 or 2026-11-22; empty: not said")
    text = serializers.CharField(help_text="Lines end with a line feed")
    digest = serializers.CharField(help_text="SHA-256 of the text in UTF-8: what a span names")
    number = serializers.IntegerField(help_text="How often the words changed, from 1")


class ReportListSerializer(serializers.Serializer[Any]):
    reports = ReportSerializer(many=True)
    code_systems = serializers.ListField(child=serializers.CharField(), help_text="Where a code that the label set lacks may come from")


class ReportCountSerializer(serializers.Serializer[Any]):
    reports = serializers.IntegerField()


class AttachedSerializer(serializers.Serializer[Any]):
    attached = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="Reports that have other words from now on")
    unchanged = serializers.IntegerField()


class ReadReportsView(APIView):
    """The reports of a read's study."""

    @extend_schema(operation_id="read_reports", responses=ReportListSerializer)
    def get(self, request: Request, read_id: UUID) -> Response:
        """Return the reports with their words as they are now."""
        read = get_read(user=signed_in(request), read_id=read_id)
        return Response({"reports": reports_of_read(read), "code_systems": CODE_SYSTEMS})


class CampaignReportsView(APIView):
    """The reports of a campaign's images."""

    parser_classes = [GeoJsonParser]

    @extend_schema(operation_id="campaign_reports", responses=ReportCountSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return how many there are."""
        campaign = get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=("annotation.manage_campaign",))
        return Response({"reports": reports_of_campaign(campaign)})

    @extend_schema(
        operation_id="campaign_reports_attach",
        parameters=[OpenApiParameter("name", str, required=True, description="Name of the file; ends with .json, .csv or .txt")],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=AttachedSerializer,
    )
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Attach the reports of a file, all or none."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=("annotation.manage_campaign",))
        data = (request.stream or BytesIO()).read(MAX_BYTES + 1)
        rows = read_reports(data, request.query_params.get("name", ""))
        return Response(attach_reports(campaign=campaign, user=user, rows=rows))
