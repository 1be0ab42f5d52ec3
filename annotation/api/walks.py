"""Walks: what a reader has seen of an image, told by the page and taken up again on another machine."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import BatchParser, signed_in
from annotation.selectors.reads import get_read, get_read_to_write
from annotation.selectors.walks import counts_json, walks_of
from annotation.services.walks import note_seen


class WalkCountsSerializer(serializers.Serializer[Any]):
    magnification = serializers.FloatField()
    seen_count = serializers.IntegerField(help_text="Squares worth looking at that were seen")
    wanted_count = serializers.IntegerField(help_text="Squares worth looking at")
    updated_at = serializers.DateTimeField()


class SeenSerializer(serializers.Serializer[Any]):
    magnification = serializers.FloatField(help_text="As readers choose it: of an objective, or screen px per image px")
    round = serializers.IntegerField(help_text="From 1; starting again is the next one")
    columns = serializers.IntegerField(help_text="Squares across the image")
    rows = serializers.IntegerField(help_text="Squares down; columns times rows is at most 16,777,216")
    seen = serializers.CharField(help_text="Base64 of zlib over one bit a square, row by row, the lowest bit of a byte first")
    wanted = serializers.CharField(allow_null=True, help_text="Squares worth looking at, written the same way; null: all")
    place = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="Field looked at last, level-0 px")


class WalkSerializer(SeenSerializer, WalkCountsSerializer):
    pass


class WalkListSerializer(serializers.Serializer[Any]):
    walks = WalkSerializer(many=True)


class WalkListView(APIView):
    """The walks of one read."""

    parser_classes = [BatchParser]

    @extend_schema(operation_id="read_walks", responses=WalkListSerializer)
    def get(self, request: Request, read_id: UUID) -> Response:
        """Return what was seen, the last round of each magnification, the one that was told last at the end."""
        return Response({"walks": walks_of(get_read(user=signed_in(request), read_id=read_id))})

    @extend_schema(operation_id="read_walk_note", request=SeenSerializer, responses=WalkCountsSerializer)
    def put(self, request: Request, read_id: UUID) -> Response:
        """Add squares to those that were seen; repeating it, in any order, changes nothing."""
        read = get_read_to_write(user=signed_in(request), read_id=read_id)
        return Response(counts_json(note_seen(read=read, said=request.data)))
