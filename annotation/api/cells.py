"""Cell layers: brought in and thrown away by those who manage a campaign, opened, followed and taken out by readers."""

import json
from io import BytesIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.cell_serializers import CellChangesSerializer, CellLayersSerializer, ManagedLayerSerializer, ManagedLayersSerializer
from annotation.api.requests import signed_in
from annotation.api.streaming import stream_file
from annotation.errors import refusal
from annotation.models import CellLayer
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.cells import (
    LayerFile,
    cell_changes_since,
    get_ready_layer,
    layer_json,
    layers_of,
    layers_to_manage,
    managed_layer_json,
)
from annotation.selectors.reads import get_bare_read, get_read
from annotation.services.cell_layers import delete_layer, receive_layer
from viewer.api.errors import not_found
from viewer.api.images import set_grant
from viewer.services.images import grant_pixels

MANAGERS = ("annotation.manage_campaign",)


class GeoJsonParser(BaseParser):
    """Leaves the body where it is: the view writes it to a file piece by piece."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return nothing; the view reads the stream."""
        return None


class CampaignCellLayersView(APIView):
    """The cell layers of a campaign."""

    @extend_schema(operation_id="campaign_cell_layers", responses=ManagedLayersSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return all layers, those that could not be imported with the reason."""
        campaign = get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=MANAGERS)
        return Response({"layers": layers_to_manage(campaign)})


class ImageCellLayersView(APIView):
    """Bringing cells to an image."""

    parser_classes = [GeoJsonParser]

    @extend_schema(
        operation_id="cell_layer_create",
        parameters=[
            OpenApiParameter("name", str, required=True, description="What readers shall call the layer"),
            OpenApiParameter("label_map", str, description="JSON object: class of the file -> code of the campaign's label set"),
        ],
        request={"application/geo+json": OpenApiTypes.BINARY, "application/gzip": OpenApiTypes.BINARY},
        responses={202: ManagedLayerSerializer},
    )
    def post(self, request: Request, campaign_id: UUID, image_id: UUID) -> Response:
        """Take GeoJSON as QuPath writes it, plain or gzip; the worker makes the layer."""
        user = signed_in(request)
        layer = receive_layer(
            user=user,
            campaign=get_campaign(user=user, campaign_id=campaign_id, permissions=MANAGERS),
            image_id=image_id,
            stream=request.stream or BytesIO(),
            name=request.query_params.get("name", ""),
            label_map=_label_map(request.query_params.get("label_map", "{}")),
        )
        return Response(managed_layer_json(layer), status=status.HTTP_202_ACCEPTED)


class CampaignCellLayerView(APIView):
    """One cell layer of a campaign."""

    @extend_schema(operation_id="cell_layer_delete", responses={204: None})
    def delete(self, request: Request, campaign_id: UUID, layer_id: UUID) -> Response:
        """Throw a layer away that no reader has worked on."""
        campaign = get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=MANAGERS)
        layer = CellLayer.objects.filter(campaign=campaign, pk=layer_id).first()
        if layer is None:
            raise not_found()
        delete_layer(layer=layer)
        return Response(status=status.HTTP_204_NO_CONTENT)


class OpenCellLayersView(APIView):
    """Opening the cell layers on the image of a read."""

    @extend_schema(operation_id="read_cell_layers_open", request=None, responses=CellLayersSerializer)
    def post(self, request: Request, read_id: UUID) -> Response:
        """Return the layers, and grant their parts for a minute in cookies; call again to renew."""
        user = signed_in(request)
        layers = list(layers_of(get_read(user=user, read_id=read_id)))
        body = {"layers": [layer_json(layer) for layer in layers], "grant_ttl_s": settings.PIXEL_GRANT_TTL_S}
        answer = Response(body, headers={"Cache-Control": "no-store"})
        for layer in layers:
            if layer.state == CellLayer.State.READY:
                set_grant(answer, grant_pixels(user=user, granted_id=layer.pk))
        return answer


class CellChangesView(APIView):
    """What a reader made of the cells."""

    @extend_schema(
        operation_id="read_cell_changes",
        parameters=[OpenApiParameter("since", int, description="Only what was changed after this list revision")],
        responses=CellChangesSerializer,
    )
    def get(self, request: Request, read_id: UUID) -> Response:
        """Return the changes of a read, the oldest first."""
        since = request.query_params.get("since", "0")
        if not (since.isascii() and since.isdigit() and len(since) <= 18):
            raise refusal("since_malformed", "/since")
        return Response(cell_changes_since(get_bare_read(user=signed_in(request), read_id=read_id), int(since)))


class CellLayerFileView(APIView):
    """A layer as a file."""

    @extend_schema(
        operation_id="read_cell_layer_file",
        responses={(200, "application/geo+json"): OpenApiResponse(OpenApiTypes.BINARY, description="GeoJSON as QuPath reads it")},
    )
    def get(self, request: Request, read_id: UUID, layer_id: UUID) -> HttpResponseBase:
        """Stream the cells with what the reader made of them; the same state gives the same bytes."""
        read = get_read(user=signed_in(request), read_id=read_id)
        layer = get_ready_layer(read=read, layer_id=layer_id)
        return stream_file(request, LayerFile(layer, read), content_type="application/geo+json")


def _label_map(text: str) -> dict[str, str]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refusal("cell_layer_invalid", "/label_map") from error
    if not isinstance(given, dict) or not all(isinstance(code, str) for code in given.values()):
        raise refusal("cell_layer_invalid", "/label_map")
    return given
