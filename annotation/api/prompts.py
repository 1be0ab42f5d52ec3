"""A reader points at something, and the campaign's model outlines it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.api.suggestion_serializers import SuggestionSerializer
from annotation.errors import refusal
from annotation.models import Read
from annotation.selectors.reads import get_read_to_write
from annotation.selectors.suggestions import suggestion_json
from annotation.services.prompts import Prompt, ask_prompt

FARTHEST_PX = 10_000_000


class PromptSerializer(serializers.Serializer[Any]):
    """A place or a box in level-0 px; a place has no size."""

    id = serializers.UUIDField(help_text="Made by the browser; the same one again asks nobody")
    x = serializers.FloatField(min_value=0, max_value=FARTHEST_PX)
    y = serializers.FloatField(min_value=0, max_value=FARTHEST_PX)
    width = serializers.FloatField(min_value=0, max_value=FARTHEST_PX, default=0)
    height = serializers.FloatField(min_value=0, max_value=FARTHEST_PX, default=0)
    frame = serializers.IntegerField(min_value=0, allow_null=True, default=None, help_text="0-based")
    label = serializers.CharField(max_length=64, help_text="Code of the label in hand")  # type: ignore[assignment]
    granularity = serializers.CharField(max_length=12, help_text="At which the label is drawn")


class PromptAnswerSerializer(serializers.Serializer[Any]):
    """What the model outlined; empty: nothing there."""

    suggestions = SuggestionSerializer(many=True)


class PromptListView(APIView):
    """What a reader points at."""

    @extend_schema(operation_id="read_prompt", request=PromptSerializer, responses=PromptAnswerSerializer)
    def post(self, request: Request, read_id: UUID) -> Response:
        """Ask the model and return its outlines as suggestions to this read, within 8 seconds or not at all."""
        read = get_read_to_write(user=signed_in(request), read_id=read_id)
        if read.state != Read.State.OPEN:
            raise refusal("read_submitted")
        serializer = PromptSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        rows = ask_prompt(read=read, prompt=Prompt(**serializer.validated_data))
        return Response({"suggestions": [suggestion_json(row) for row in rows]}, status=status.HTTP_200_OK)
