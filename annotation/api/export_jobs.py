"""Exports that the worker makes: asked for, followed, cancelled, fetched in one piece or in several."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.export_job_serializers import ExportJobListSerializer, ExportJobRequestSerializer, ExportJobSerializer
from annotation.api.exports import EXPORTERS_OF, OneRenderer
from annotation.api.requests import signed_in
from annotation.api.streaming import stream_file
from annotation.exporters.relabelling import Unmapped
from annotation.models import ExportJob
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.export_jobs import export_file_name, export_job_json, export_jobs_of, get_export_job
from annotation.services.export_guard import check_export
from annotation.services.export_job_errors import job_refusal
from annotation.services.export_jobs import cancel_export, file_path, is_outdated, remove_export, request_export
from annotation.services.export_requirements import parse_required
from annotation.services.label_maps import relabelling_of
from viewer.tiles.ranges import Part, Unsatisfiable, asked_part

LISTED: Final = 50
_PIECE: Final = 1 << 18
_KNOWN: Final = frozenset({"request_id", "format", "drafts", "require", "options", "label_map", "unmapped"})


class CampaignExportJobsView(APIView):
    """The exports of a campaign."""

    @extend_schema(operation_id="export_jobs", responses=ExportJobListSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return the newest 50 exports that were asked for, whoever asked."""
        campaign = get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=EXPORTERS_OF)
        return Response({"exports": [export_job_json(job) for job in export_jobs_of(campaign)[:LISTED]]})

    @extend_schema(operation_id="export_job_create", request=ExportJobRequestSerializer, responses={202: ExportJobSerializer})
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Ask for an export; the worker makes it. The same request_id gives the same export."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=EXPORTERS_OF)
        check_export(campaign=campaign, user=user)
        asked = _asked(request.data)
        named = {"names": asked.pop("label_map"), "unmapped": asked.pop("unmapped")}
        asked["relabelling"] = relabelling_of(user=user, campaign=campaign, **named)
        job = request_export(campaign=campaign, user=user, **asked)
        return Response(export_job_json(job), status=status.HTTP_202_ACCEPTED)


class ExportJobView(APIView):
    """One export."""

    @extend_schema(operation_id="export_job", responses=ExportJobSerializer)
    def get(self, request: Request, job_id: UUID) -> Response:
        """Return how far an export is, or what became of it."""
        return Response(export_job_json(get_export_job(user=signed_in(request), job_id=job_id)))

    @extend_schema(operation_id="export_job_delete", responses=ExportJobSerializer)
    def delete(self, request: Request, job_id: UUID) -> Response:
        """Cancel an export that is not finished, or remove the file of one that is."""
        job = get_export_job(user=signed_in(request), job_id=job_id)
        over = job.state in {ExportJob.State.DONE, ExportJob.State.REMOVED}
        return Response(export_job_json(remove_export(job=job) if over else cancel_export(job=job)))


class ExportJobFileView(APIView):
    """The file of an export."""

    content_negotiation_class = OneRenderer

    @extend_schema(
        operation_id="export_job_file",
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes (RFC 9110, 14.2)")],
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="ETag and Repr-Digest hold the SHA-256"),
            (206, "application/zip"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, job_id: UUID) -> HttpResponseBase:
        """Send the file, or the range of it that is asked for, so that a download that broke off goes on."""
        user = signed_in(request)
        job = get_export_job(user=user, job_id=job_id)
        check_export(campaign=job.campaign, user=user)
        if job.state == ExportJob.State.REMOVED:
            raise job_refusal("export_outdated" if job.removed_for == ExportJob.Reason.WITHDRAWAL else "export_removed")
        if job.state != ExportJob.State.DONE:
            raise job_refusal("export_not_ready")
        if is_outdated(job):
            remove_export(job=job, reason=ExportJob.Reason.WITHDRAWAL)
            raise job_refusal("export_outdated")
        if not file_path(job.pk).exists():
            raise job_refusal("export_removed")
        return _sent(request, job)


class _Piece:
    """A part of a file to be sent."""

    def __init__(self, job: ExportJob, part: Part) -> None:
        self.file_name = export_file_name(job)
        # opened now: what is removed while it is sent is still sent whole
        self._file = file_path(job.pk).open("rb")
        self._file.seek(part.start)
        self._left = part.length

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes."""
        while self._left and (piece := self._file.read(min(_PIECE, self._left))):
            self._left -= len(piece)
            yield piece
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _sent(request: Request, job: ExportJob) -> HttpResponseBase:
    tag, size = f'"{job.digest}"', job.size_bytes
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(job.digest)).decode()}:",
    }
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    try:
        part = asked_part(request.headers.get("Range"), request.headers.get("If-Range"), tag, size, size)
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=status.HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    whole = part or Part(0, size)
    response = stream_file(request, _Piece(job, whole), content_type="application/zip", size=whole.length)
    for name, value in headers.items():
        response.headers[name] = value
    if part is not None:
        response.status_code = status.HTTP_206_PARTIAL_CONTENT
        response.headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{size}"
    return response


def _asked(data: Any) -> dict[str, Any]:
    """Return the arguments of `request_export` in a request's body. Raises ApiError ``export_malformed``."""
    if not isinstance(data, Mapping) or set(data) - _KNOWN:
        raise job_refusal("export_malformed", "" if not isinstance(data, Mapping) else f"/{min(set(data) - _KNOWN)}")
    try:
        request_id = UUID(str(data.get("request_id")))
    except ValueError as error:
        raise job_refusal("export_malformed", "/request_id") from error
    format_name, drafts = data.get("format", "document"), data.get("drafts", False)
    required, options = data.get("require", []), data.get("options", {})
    label_map, unmapped = data.get("label_map", []), data.get("unmapped", Unmapped.REFUSE.value)
    wrong = {
        "/format": not isinstance(format_name, str),
        "/drafts": not isinstance(drafts, bool),
        "/require": not (isinstance(required, list) and all(isinstance(one, str) for one in required)),
        "/options": not isinstance(options, dict),
        "/label_map": not (isinstance(label_map, list) and all(isinstance(one, str) for one in label_map)),
        "/unmapped": not isinstance(unmapped, str),
    }
    for pointer, is_wrong in wrong.items():
        if is_wrong:
            raise job_refusal("export_malformed", pointer)
    return {
        "request_id": request_id,
        "format_name": format_name,
        "include_drafts": drafts,
        "required": parse_required(required),
        "options": options,
        "label_map": label_map,
        "unmapped": unmapped,
    }
