"""Documents for those who may take them out: a whole campaign, one case, and the schema that all of them obey."""

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.api.streaming import stream_file
from annotation.exporters.fields import Field
from annotation.exporters.registry import EXPORTERS
from annotation.exporters.relabelling import Unmapped
from annotation.schema.versions import KNOWN_VERSIONS, schema_bytes
from annotation.selectors.campaigns import get_campaign
from annotation.services.export import export_campaign, export_case
from annotation.services.export_guard import check_export
from annotation.services.export_requirements import parse_required
from annotation.services.label_maps import relabelling_of
from viewer.api.errors import ApiError, not_found
from viewer.models import Image

EXPORTERS_OF = ("annotation.export_campaign",)
_DRAFTS = OpenApiParameter("drafts", str, enum=["0", "1"], default="0", description="1: reads that are not submitted yet too")
_FORMAT = OpenApiParameter("format", str, enum=list(EXPORTERS), default="document")
_REQUIRE = OpenApiParameter(
    "require", str, many=True, enum=list(Field), description="what must not be lost; an export that would lose it is refused"
)
_LABEL_MAP = OpenApiParameter(
    "label_map", str, many=True, description="id@version of a published label map; of several, each begins where the one before ends"
)
_UNMAPPED = OpenApiParameter(
    "unmapped", str, enum=list(Unmapped), default="refuse", description="what to do with a label that the map says nothing of"
)


class OneRenderer(BaseContentNegotiation):
    """Lets ``format`` name an export format; the framework would look for a renderer of that name."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Return the only parser."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer of errors; files are sent as they are."""
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class CampaignExportView(APIView):
    """A campaign as a ZIP."""

    content_negotiation_class = OneRenderer

    @extend_schema(
        operation_id="campaign_export",
        parameters=[_FORMAT, _DRAFTS, _REQUIRE, _LABEL_MAP, _UNMAPPED],
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="A ZIP with manifest.json and losses.json")},
    )
    def get(self, request: Request, campaign_id: UUID) -> HttpResponseBase:
        """Stream every case of a campaign in one format; the same data gives the same bytes."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=EXPORTERS_OF)
        check_export(campaign=campaign, user=user)
        format_name = request.query_params.get("format", "document")
        export = export_campaign(
            campaign=campaign,
            user=user,
            format_name=format_name,
            include_drafts=_include_drafts(request),
            required=parse_required(request.query_params.getlist("require")),
            relabelling=relabelling_of(
                user=user,
                campaign=campaign,
                names=request.query_params.getlist("label_map"),
                unmapped=request.query_params.get("unmapped", Unmapped.REFUSE),
            ),
        )
        export.prepare()
        return stream_file(request, export, content_type="application/zip")


class CaseDocumentView(APIView):
    """One case as an annotation document."""

    content_negotiation_class = OneRenderer

    @extend_schema(
        operation_id="case_document",
        parameters=[_DRAFTS],
        responses={(200, "application/json"): OpenApiResponse(OpenApiTypes.OBJECT, description="urn:mitate:schema:document:1.0.0")},
    )
    def get(self, request: Request, campaign_id: UUID, image_id: UUID) -> HttpResponseBase:
        """Return the document of the case that an image belongs to."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=EXPORTERS_OF)
        image = Image.objects.filter(pk=image_id, campaign_images__campaign=campaign).first()
        if image is None:
            raise not_found()
        check_export(campaign=campaign, user=user, image=image)
        case = export_case(campaign=campaign, image=image, user=user, include_drafts=_include_drafts(request))
        return stream_file(request, case, content_type="application/json", size=case.size)


@require_safe
def document_schema(request: HttpRequest, version: str) -> HttpResponse:
    """Return the JSON Schema of a document version to anybody; a published version never changes."""
    if version not in KNOWN_VERSIONS:
        raise Http404
    response = HttpResponse(schema_bytes(version), content_type="application/schema+json")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _include_drafts(request: Request) -> bool:
    drafts = request.query_params.get("drafts", "0")
    if drafts not in {"0", "1"}:
        raise ApiError(
            "drafts_malformed",
            _("The value of drafts is neither 0 nor 1."),
            _("Send 1 to include reads that are not submitted yet."),
            status_code=status.HTTP_400_BAD_REQUEST,
            pointer="/drafts",
        )
    return drafts == "1"
