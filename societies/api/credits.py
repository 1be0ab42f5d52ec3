"""What people contributed, and how they want to be named for it."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.exports import OneRenderer
from annotation.api.requests import signed_in
from societies.selectors.contributions import citation_lines, contribution_json, contributions, contributions_csv
from societies.selectors.societies import administered_society, member_societies
from societies.services.credits import MAX_CHARACTERS, choose_credit
from viewer.api.errors import not_found


class CreditSerializer(serializers.Serializer[Any]):
    """How somebody wants to be named."""

    name = serializers.CharField(max_length=MAX_CHARACTERS, allow_blank=True, help_text="As it is to be printed; empty: not to be named")


class ContributionSerializer(serializers.Serializer[Any]):
    """What one person did."""

    person = serializers.CharField()
    credit_name = serializers.CharField(help_text="Empty: not to be named")
    campaigns = serializers.IntegerField()
    reads = serializers.IntegerField(help_text="Submitted ones")
    marks = serializers.IntegerField()
    decisions = serializers.IntegerField(help_text="On suggestions")
    active_seconds = serializers.FloatField()
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)


class ContributionListSerializer(serializers.Serializer[Any]):
    """What everybody did, most reads first."""

    contributions = ContributionSerializer(many=True)


class CreditView(APIView):
    """The asker's own credit name in a society; nobody chooses for somebody else."""

    @extend_schema(operation_id="credit_set", request=CreditSerializer, responses=CreditSerializer)
    def put(self, request: Request, slug: str) -> Response:
        """Note how the asker wants to be named in what comes of the society's work; an empty name takes the agreement back."""
        user = signed_in(request)
        society = member_societies(user=user).filter(slug=slug).first()
        if society is None:
            raise not_found()
        serializer = CreditSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"name": choose_credit(society=society, person=user, name=serializer.validated_data["name"]).name})


class ContributionListView(APIView):
    """The contributions to a society, for its admins."""

    content_negotiation_class = OneRenderer

    @extend_schema(
        operation_id="contributions",
        parameters=[OpenApiParameter("as", str, enum=["json", "csv", "cff"], default="json", description="csv and cff are files")],
        responses={
            (200, "application/json"): ContributionListSerializer,
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="UTF-8 with byte order mark"),
            (200, "text/yaml"): OpenApiResponse(OpenApiTypes.STR, description="CITATION.cff with those who agreed to be named"),
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return who did what, as JSON, as a table, or as a citation file that names those who agreed."""
        society = administered_society(user=signed_in(request), slug=slug)
        rows = contributions(society=society)
        wanted = request.query_params.get("as", "json")
        if wanted == "csv":
            # The mark at the beginning has spreadsheets read Japanese right.
            return _file("\ufeff" + contributions_csv(rows), "text/csv; charset=utf-8", f"{slug}-contributions.csv")
        if wanted == "cff":
            return _file("\n".join(citation_lines(society=society, rows=rows)) + "\n", "text/yaml; charset=utf-8", "CITATION.cff")
        return Response({"contributions": [contribution_json(row) for row in rows]})


def _file(text: str, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(text, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
