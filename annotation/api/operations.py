"""Saving marks: many operations in one request, or one mark by PUT and DELETE. Both end in the same service."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import BatchParser, preconditions, signed_in
from annotation.api.serializers import (
    AnnotationSerializer,
    BodySerializer,
    OperationListSerializer,
    OperationResultListSerializer,
    conflict_extra,
    results_json,
)
from annotation.errors import refusal
from annotation.services.operations import OperationResult, apply_operations

PRECONDITION_HEADERS = [
    OpenApiParameter(
        "If-Match", str, OpenApiParameter.HEADER, required=True, description='The revision in quotation marks; "0": a new mark'
    ),
    OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="A UUID; the same one for a repetition"),
]


class OperationListView(APIView):
    """The way marks are saved."""

    parser_classes = [BatchParser]

    @extend_schema(operation_id="read_operations", request=OperationListSerializer, responses=OperationResultListSerializer)
    def post(self, request: Request, read_id: UUID) -> Response:
        """Apply up to 200 operations; each has its own result, and a refused one never holds up the others."""
        data = request.data
        if not isinstance(data, dict) or set(data) != {"operations"} or not isinstance(data["operations"], list):
            raise refusal("batch_malformed", "/operations")
        return Response(results_json(apply_operations(user=signed_in(request), read_id=read_id, operations=data["operations"])))


class AnnotationView(APIView):
    """One mark of one read."""

    @extend_schema(
        operation_id="annotation_put", parameters=PRECONDITION_HEADERS, request=BodySerializer, responses={200: AnnotationSerializer}
    )
    def put(self, request: Request, read_id: UUID, annotation_id: UUID) -> Response:
        """Make, change or restore a mark; 412 with the mark as it is now when it was changed elsewhere."""
        return _apply_one(request, read_id, annotation_id, {"verb": "put", "annotation": request.data})

    @extend_schema(operation_id="annotation_delete", parameters=PRECONDITION_HEADERS, request=None, responses={200: AnnotationSerializer})
    def delete(self, request: Request, read_id: UUID, annotation_id: UUID) -> Response:
        """Delete a mark by adding a revision that says so; its history stays."""
        return _apply_one(request, read_id, annotation_id, {"verb": "delete"})


def _apply_one(request: Request, read_id: UUID, annotation_id: UUID, change: dict[str, Any]) -> Response:
    base_revision, operation_id = preconditions(request)
    operation = change | {
        "operation_id": str(operation_id),
        "annotation_id": str(annotation_id),
        "base_revision": base_revision,
    }
    result = apply_operations(user=signed_in(request), read_id=read_id, operations=[operation]).results[0]
    if result.error is not None:
        raise _seen_from_the_body(result)
    annotation = result.annotation or {}
    return Response(annotation, headers={"ETag": f'"{annotation.get("revision", 0)}"'})


def _seen_from_the_body(result: OperationResult) -> Exception:
    """Return the error with its pointer seen from the mark, and with the mark as it is now for a conflict."""
    error = result.error
    if error is None:
        raise ValueError("the operation was not refused")
    error.pointer = error.pointer.removeprefix("/annotation")
    error.extra |= conflict_extra(result)
    return error
