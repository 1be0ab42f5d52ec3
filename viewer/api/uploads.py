"""Adding a file to a collection."""

import copy
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from viewer.api.collections import get_collection
from viewer.api.errors import ApiError
from viewer.api.serializers import UploadedSerializer, UploadSerializer
from viewer.api.upload_stream import receive
from viewer.selectors.catalogue import UPLOAD
from viewer.services.ingest import IngestResult, ingest_received
from viewer.services.reasons import Refused


class SessionByHeader(SessionAuthentication):
    """A session whose CSRF token comes in the header only.

    The stock check looks for the token in the body first, and so would take in a whole upload before anybody has asked whether the
    sender may upload.
    """

    def enforce_csrf(self, request: Any) -> None:
        without_body = copy.copy(request)
        if request.method == "POST":  # the one method whose body is looked into
            without_body.method = "PUT"
        super().enforce_csrf(without_body)


class UploadView(APIView):
    """Uploads into one collection."""

    authentication_classes = [SessionByHeader]

    @extend_schema(
        operation_id="collection_upload",
        request={"multipart/form-data": UploadSerializer},
        responses={201: UploadedSerializer},
        auth=[{"cookieAuth": []}],  # type: ignore[list-item]  # the library takes the mapping its own annotation forbids
    )
    def post(self, request: Request, collection_id: UUID) -> Response:
        """Take one file; 201 when it is in the collection now or was already, else an error with a reason code."""
        collection = get_collection(request.user, collection_id, UPLOAD)
        try:
            quarantine, name = receive(request.stream, request.META)
        except Refused as refusal:
            raise ApiError(refusal.code, refusal.text, refusal.hint, status_code=refusal.status) from refusal
        try:
            result = ingest_received(collection=collection, quarantine=quarantine, name=name)
        finally:
            quarantine.remove()
        return Response(_answer(result), status=result.http_status)


def _answer(result: IngestResult) -> dict[str, Any]:
    """Return the body of an answer; a refusal becomes the one shape of errors."""
    if result.status == "refused":
        raise ApiError(result.code, result.text, result.hint, status_code=result.http_status, extra={"name": result.name})
    notice = {"code": result.code, "message": result.text, "hint": result.hint} if result.code else None
    return {"status": result.status, "image_id": str(result.image.pk) if result.image else None, "name": result.name, "notice": notice}
