"""Looking at reads: what a workbench opens with, what changed, the history of a mark; and noting what was shown."""

import math
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.api.serializers import (
    AnnotationListSerializer,
    BesideSerializer,
    ExposuresSerializer,
    ReadSerializer,
    RevisionListSerializer,
    read_json,
)
from annotation.errors import refusal
from annotation.models import Read
from annotation.selectors.annotations import revision_json, revisions_of
from annotation.selectors.mark_lists import Box, changes_since, marks_in_view
from annotation.selectors.reads import get_bare_read, get_read, get_read_to_write, reads_beside
from annotation.services.operation_input import parse_uuid
from annotation.services.suggestions import record_exposures
from viewer.api.errors import not_found

MAX_EXPOSURES = 5_000


class ReadView(APIView):
    """One read."""

    @extend_schema(operation_id="read", responses=ReadSerializer)
    def get(self, request: Request, read_id: UUID) -> Response:
        """Return a read with its campaign, labels and form."""
        user = signed_in(request)
        return Response(read_json(get_read(user=user, read_id=read_id), user=user))


class BesideView(APIView):
    """The reads of one image that can be looked at side by side."""

    @extend_schema(operation_id="read_beside", responses=BesideSerializer)
    def get(self, request: Request, read_id: UUID) -> Response:
        """Return the reads of the same image in the campaign whose marks one may see, the read itself among them."""
        user = signed_in(request)
        return Response({"reads": reads_beside(user=user, read=get_read(user=user, read_id=read_id))})


class AnnotationListView(APIView):
    """The marks of one read."""

    @extend_schema(
        operation_id="read_annotations",
        parameters=[
            OpenApiParameter("since", int, description="Only what changed after this list revision, deleted marks too"),
            OpenApiParameter("bbox", str, description="min_x,min_y,max_x,max_y in level-0 px: only live marks there, 300 at a time"),
            OpenApiParameter("frame", int, description="With bbox: only marks on this frame, from 0"),
            OpenApiParameter("after", int, description="With bbox: the `next` of the answer before"),
        ],
        responses=AnnotationListSerializer,
    )
    def get(self, request: Request, read_id: UUID) -> HttpResponse:
        """Return the marks that are not deleted, or what changed since a list revision, or what lies in a rectangle."""
        since, box = _number(request, "since"), _box(request)
        read = get_bare_read(user=signed_in(request), read_id=read_id)
        if box is None:
            text = changes_since(read, since)
        else:
            text = marks_in_view(read, box_px=box, frame=_number(request, "frame"), after=_number(request, "after") or 0)
        return HttpResponse(text, content_type="application/json")


class RevisionListView(APIView):
    """The history of one mark."""

    @extend_schema(operation_id="annotation_revisions", responses=RevisionListSerializer)
    def get(self, request: Request, read_id: UUID, annotation_id: UUID) -> Response:
        """Return every revision of a mark, the oldest first."""
        read = get_bare_read(user=signed_in(request), read_id=read_id)
        revisions = [revision_json(revision) for revision in revisions_of(read, annotation_id)]
        if not revisions:
            raise not_found()
        return Response({"revisions": revisions})


class ExposureListView(APIView):
    """Which suggestions a reader was shown."""

    @extend_schema(operation_id="read_exposures", request=ExposuresSerializer, responses={204: None})
    def post(self, request: Request, read_id: UUID) -> Response:
        """Note that suggestions were shown; the first time of each counts, and nothing is noted after submitting."""
        read = get_read_to_write(user=signed_in(request), read_id=read_id)
        suggestion_ids = _suggestion_ids(request.data)
        if read.state == Read.State.OPEN:
            record_exposures(read=read, suggestion_ids=suggestion_ids)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _number(request: Request, name: str) -> int | None:
    """Return a whole number of the address. A frame has at most nine digits: the database keeps it in four bytes."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= (9 if name == "frame" else 18)):
        raise refusal("bbox_malformed" if name == "frame" else "since_malformed", f"/{name}")
    return int(text)


def _box(request: Request) -> Box | None:
    text = request.query_params.get("bbox")
    if text is None:
        return None
    try:
        box = Box(*map(float, text[:200].split(",")))
    except (ValueError, TypeError) as error:
        raise refusal("bbox_malformed", "/bbox") from error
    if not all(map(math.isfinite, box)) or box.min_x > box.max_x or box.min_y > box.max_y:
        raise refusal("bbox_malformed", "/bbox")
    return box


def _suggestion_ids(data: Any) -> list[UUID]:
    given = data.get("suggestion_ids") if isinstance(data, dict) else None
    if not isinstance(given, list) or len(given) > MAX_EXPOSURES:
        raise refusal("ids_malformed", "/suggestion_ids")
    parsed = [parse_uuid(value) for value in given]
    known = [value for value in parsed if value is not None]
    if len(known) < len(given):
        raise refusal("ids_malformed", f"/suggestion_ids/{parsed.index(None)}")
    return known
