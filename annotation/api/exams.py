"""The examination that a read's image belongs to, for its reader."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.api.serializers import AnnotationSerializer
from annotation.selectors.exams import exam_of_read
from annotation.selectors.reads import get_read


class ExamMarkSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    granularity = serializers.CharField()
    frame = serializers.IntegerField(allow_null=True, help_text="From 0")
    labels = serializers.ListField(child=serializers.CharField())


class ExamImageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    frame_count = serializers.IntegerField()
    thumbnail_url = serializers.CharField()
    state = serializers.CharField(allow_null=True, help_text="Of the reader's read, open or submitted; null: none was opened")
    read_url = serializers.CharField(allow_null=True, help_text="The page of the reader's read")
    marks = ExamMarkSerializer(many=True, help_text="What the reader marked on it; empty for the image of this read")


class ExamFindingSerializer(serializers.Serializer[Any]):
    image_id = serializers.UUIDField(help_text="The image at which the finding was stated")
    read_url = serializers.CharField(help_text="Where it can be changed")
    annotation = AnnotationSerializer()


class ExamSerializer(serializers.Serializer[Any]):
    images = ExamImageSerializer(many=True)
    findings = ExamFindingSerializer(many=True, help_text="Stated by the same reader at other images of the examination")
    more = serializers.BooleanField(help_text="There are more than 200 images or 1,000 marks")


class ReadExamView(APIView):
    """The examination of a read."""

    @extend_schema(operation_id="read_exam", responses=ExamSerializer)
    def get(self, request: Request, read_id: UUID) -> Response:
        """Return the images of the same subject, and what the read's reader marked and found on the other ones."""
        return Response(exam_of_read(get_read(user=signed_in(request), read_id=read_id)))
