"""Looking up codes: for everybody who is signed in."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.selectors.codes import MOST, current_tables, search_codes

_LISTED: Final = 20


class TextsSerializer(serializers.Serializer[None]):
    """A text in both languages; one of them may be empty."""

    ja = serializers.CharField(allow_blank=True)
    en = serializers.CharField(allow_blank=True)


class FoundCodeSerializer(serializers.Serializer[None]):
    """A code that answers the question."""

    system = serializers.CharField(help_text="URI of the code system")
    version = serializers.CharField()
    code = serializers.CharField()
    display = TextsSerializer()
    reading = serializers.CharField(allow_blank=True, help_text="Kana of the Japanese name")
    system_name = TextsSerializer()


class FoundCodesSerializer(serializers.Serializer[None]):
    """Codes, best first."""

    codes = FoundCodeSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether more codes answer the question")


class CodeSystemSerializer(serializers.Serializer[None]):
    """A code system that this site holds."""

    system = serializers.CharField()
    version = serializers.CharField(help_text="The version that is looked in")
    name = TextsSerializer()
    entry_count = serializers.IntegerField()


class CodeSystemsSerializer(serializers.Serializer[None]):
    """Code systems."""

    systems = CodeSystemSerializer(many=True)


class QuestionSerializer(serializers.Serializer[None]):
    """What is looked for."""

    q = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    system = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    version = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    limit = serializers.IntegerField(required=False, default=_LISTED, min_value=1, max_value=MOST)


class CodeSearchView(APIView):
    """Codes by name or code."""

    @extend_schema(
        operation_id="codes",
        parameters=[
            OpenApiParameter("q", str, description="Words of a name in Japanese, kana or English, or a code; at most 200 characters"),
            OpenApiParameter("system", str, description="URI of the system to look in; none: all"),
            OpenApiParameter("version", str, description="Version of that system; none: the one loaded last"),
            OpenApiParameter("limit", int, description=f"1 to {MOST}, {_LISTED} by default"),
        ],
        responses=FoundCodesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return the codes that answer a question, exact ones and those that begin so first; none for an empty question."""
        serializer = QuestionSerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        codes, more = search_codes(**serializer.validated_data)
        return Response({"codes": codes, "more": more})


class CodeSystemListView(APIView):
    """The code systems that can be looked in."""

    @extend_schema(operation_id="code_systems", responses=CodeSystemsSerializer)
    def get(self, request: Request) -> Response:
        """Return each system with the version that was loaded last."""
        systems = [
            {
                "system": table.system,
                "version": table.version,
                "name": {"ja": table.name_ja, "en": table.name_en},
                "entry_count": table.entry_count,
            }
            for table in current_tables().values()
        ]
        return Response({"systems": systems})
