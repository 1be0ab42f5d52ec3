"""Tables of codes that a site has obtained itself: listed and loaded by admins, for everybody on the site."""

import tempfile
from io import BytesIO
from typing import IO, Any, Final

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.cells import GeoJsonParser
from annotation.api.codes import TextsSerializer
from annotation.api.requests import signed_in
from annotation.codes.systems import BY_SLUG, Columns
from annotation.selectors.codes import loaded_tables, table_json
from annotation.services.code_errors import codes_refusal
from annotation.services.code_tables import TableFacts, load_csv
from societies.selectors.societies import administers_any
from viewer.api.errors import not_found

MAX_BYTES: Final = 256 << 20
_PIECE: Final = 1 << 20
_IN_MEMORY: Final = 4 << 20


def _text(most: int) -> serializers.CharField:
    return serializers.CharField(max_length=most, required=False, allow_blank=True, default="")


class CodeTableSerializer(serializers.Serializer[None]):
    """A table of codes."""

    system = serializers.CharField()
    version = serializers.CharField()
    name = TextsSerializer()
    licence = serializers.CharField(allow_blank=True)
    shipped = serializers.BooleanField(help_text="Came with the program")
    entry_count = serializers.IntegerField()
    file_name = serializers.CharField(allow_blank=True)
    encoding = serializers.CharField(allow_blank=True)
    loaded_by = serializers.CharField(allow_blank=True)
    loaded_at = serializers.DateTimeField()


class CodeTableListSerializer(serializers.Serializer[None]):
    """Tables of codes, by system, the newest version first."""

    tables = CodeTableSerializer(many=True)


class CodeTableInputSerializer(serializers.Serializer[None]):
    """What is said about a file of codes."""

    table = serializers.ChoiceField(choices=["", *BY_SLUG], required=False, default="")
    system = _text(200)
    version = _text(64)
    name_ja = _text(200)
    name_en = _text(200)
    licence = _text(300)
    file_name = _text(255)
    code_column = _text(100)
    ja_column = _text(100)
    reading_column = _text(100)
    en_column = _text(100)


_PARAMETERS: Final = [
    OpenApiParameter("table", str, enum=list(BY_SLUG), description="A system that is known here; its address, names and terms are taken"),
    OpenApiParameter("system", str, description="URI of another system"),
    OpenApiParameter("version", str, required=True, description="As the publisher calls it"),
    OpenApiParameter("name_ja", str),
    OpenApiParameter("name_en", str),
    OpenApiParameter("licence", str, description="On which terms the site holds the table"),
    OpenApiParameter("file_name", str),
    *(
        OpenApiParameter(f"{column}_column", str, description="Name in the first line, or number from 1; none: as it is known of the table")
        for column in Columns._fields
    ),
]


class CodeTableListView(APIView):
    """The tables of codes of this site."""

    parser_classes = [GeoJsonParser]

    @extend_schema(operation_id="code_tables", responses=CodeTableListSerializer)
    def get(self, request: Request) -> Response:
        """Return every version that is loaded, with who loaded it and on which terms."""
        self._check(request)
        return Response({"tables": [table_json(table) for table in loaded_tables().select_related("loaded_by")]})

    @extend_schema(
        operation_id="code_table_load",
        parameters=_PARAMETERS,
        request={"text/csv": OpenApiTypes.BINARY},
        responses={200: CodeTableSerializer, 201: CodeTableSerializer},
    )
    def post(self, request: Request) -> Response:
        """Load a version of a table from a CSV file, all or nothing; 200 when the same version was there with the same content."""
        self._check(request)
        serializer = CodeTableInputSerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        system = BY_SLUG.get(said["table"])
        columns = Columns(*(said[f"{column}_column"].strip() for column in Columns._fields))
        known = system if system is not None and not any(columns) else None
        facts = TableFacts(system.uri if system else said["system"], *(said[name] for name in ("version", "name_ja", "name_en", "licence")))
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(settings.DATA_DIR)) as file:
            _take(request.stream or BytesIO(), file)
            loaded = load_csv(
                facts=facts,
                file=file,
                file_name=said["file_name"],
                named=known.named if known else columns,
                numbered=known.numbered if known else None,
                user=signed_in(request),
            )
        done = status.HTTP_200_OK if loaded.was_there else status.HTTP_201_CREATED
        return Response(table_json(loaded.table), status=done)

    def _check(self, request: Request) -> None:
        if not administers_any(user=signed_in(request)):
            raise not_found()


def _take(stream: Any, file: IO[bytes]) -> None:
    """Copy what is sent, as far as the site takes it."""
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > min(MAX_BYTES, settings.UPLOAD_MAX_BYTES):
            raise codes_refusal("codes_too_large")
        file.write(piece)
