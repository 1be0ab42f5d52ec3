"""Bringing marks of other tools into one's own reads: upload, look, choose, confirm, take back."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.cells import GeoJsonParser
from annotation.api.import_serializers import (
    ConfirmSerializer,
    ImportListSerializer,
    ImportOptionsSerializer,
    ImportRowSerializer,
    ImportSerializer,
)
from annotation.api.requests import signed_in
from annotation.errors import refusal
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.imports import get_import, import_json, import_row, imports_of
from annotation.services.import_storing import undo_import
from annotation.services.mark_imports import choose_options, confirm_import, discard_import, receive_import

READERS = ("annotation.read_campaign",)
LISTED = 100


class CampaignImportsView(APIView):
    """One's own imports into a campaign."""

    parser_classes = [GeoJsonParser]

    @extend_schema(operation_id="campaign_imports", responses=ImportListSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return the newest 100 imports of the person who asks."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=READERS, granted_only=True)
        return Response({"imports": [import_row(run) for run in imports_of(user=user, campaign=campaign)[:LISTED]]})

    @extend_schema(
        operation_id="import_create",
        parameters=[
            OpenApiParameter("name", str, required=True, description="Name of the file"),
            OpenApiParameter("options", str, description="JSON object {images, classes, y_axis}"),
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: ImportRowSerializer},
    )
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Take a file of marks of any known format; the worker reads it."""
        user = signed_in(request)
        run = receive_import(
            user=user,
            campaign=get_campaign(user=user, campaign_id=campaign_id, permissions=READERS, granted_only=True),
            stream=request.stream or BytesIO(),
            name=request.query_params.get("name", ""),
            options=_object(request.query_params.get("options", "{}")),
        )
        return Response(import_row(run), status=status.HTTP_202_ACCEPTED)


class ImportView(APIView):
    """One import."""

    @extend_schema(operation_id="import", responses=ImportSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return what was read, refused, changed and lost, and which labels are proposed."""
        return Response(import_json(get_import(user=signed_in(request), run_id=run_id)))

    @extend_schema(operation_id="import_delete", responses={204: None})
    def delete(self, request: Request, run_id: UUID) -> Response:
        """Throw a file away that was not imported."""
        discard_import(run=get_import(user=signed_in(request), run_id=run_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ImportOptionsView(APIView):
    """What the file does not say."""

    @extend_schema(operation_id="import_options", request=ImportOptionsSerializer, responses={202: ImportRowSerializer})
    def put(self, request: Request, run_id: UUID) -> Response:
        """Choose images, class names or the direction of y; the file is read once more."""
        run = get_import(user=signed_in(request), run_id=run_id)
        if not isinstance(request.data, dict):
            raise refusal("import_malformed")
        return Response(import_row(choose_options(run=run, options=request.data)), status=status.HTTP_202_ACCEPTED)


class ImportConfirmView(APIView):
    """Importing what was looked at."""

    @extend_schema(operation_id="import_confirm", request=ConfirmSerializer, responses={202: ImportRowSerializer})
    def post(self, request: Request, run_id: UUID) -> Response:
        """Choose a label for each class of the file and let the worker import it, all or nothing."""
        run = get_import(user=signed_in(request), run_id=run_id)
        labels = request.data.get("labels") if isinstance(request.data, dict) else None
        if not isinstance(labels, dict) or not all(code is None or isinstance(code, str) for code in labels.values()):
            raise refusal("import_malformed", "/labels")
        return Response(import_row(confirm_import(run=run, labels=labels)), status=status.HTTP_202_ACCEPTED)


class ImportUndoView(APIView):
    """Taking an import back."""

    @extend_schema(operation_id="import_undo", request=None, responses=ImportSerializer)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Delete the marks of an import that nobody changed since, and say which were."""
        user = signed_in(request)
        return Response(import_json(undo_import(run=get_import(user=user, run_id=run_id), user=user)))


def _object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refusal("import_malformed", "/options") from error
    if not isinstance(given, dict):
        raise refusal("import_malformed", "/options")
    return given
