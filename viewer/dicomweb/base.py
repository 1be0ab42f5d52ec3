"""What all DICOMweb views have in common: sign-in, one shape of error, streaming."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from viewer.api.errors import ApiError, not_found
from viewer.dicomweb.accept import NotAcceptable
from viewer.dicomweb.query import BadQuery
from viewer.readers.errors import OutOfRange, ReaderError
from viewer.services.reasons import Refused

_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


class _JsonForErrors(BaseContentNegotiation):
    """Leaves what is accepted to the views; errors are JSON, whatever is accepted."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """Return the only parser; no view reads a body."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the JSON renderer, which only errors go through."""
        return JSONRenderer(), JSONRenderer.media_type


class DicomWebView(APIView):
    """A resource of DICOMweb; it is read only, and not part of the API's schema."""

    schema = None
    content_negotiation_class = _JsonForErrors

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what the pure parts and the readers raise like any other refusal."""
        return super().handle_exception(_as_api_error(exc))

    @property
    def accept(self) -> str:
        """What the client accepts; the address overrules the header (PS3.18 8.3.3.1)."""
        return str(self.request.query_params.get("accept") or self.request.headers.get("Accept", ""))

    @property
    def base_url(self) -> str:
        """The address of the service, without a slash at its end."""
        return str(self.request.build_absolute_uri(reverse("dicomweb-studies"))).removesuffix("/studies")


def whole_or_part(request: Request, body: bytes, content_type: str) -> HttpResponse:
    """Return bytes, or the one range of them that is asked for (RFC 9110 14.2); several ranges and nonsense get the whole."""
    headers = {"Cache-Control": "private, no-store", "Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or not (match[1] or match[2]):
        return HttpResponse(body, content_type=content_type, headers=headers)
    first = int(match[1]) if match[1] else max(0, len(body) - int(match[2]))
    last = min(int(match[2]), len(body) - 1) if match[1] and match[2] else len(body) - 1
    if match[1] and match[2] and int(match[2]) < first:
        return HttpResponse(body, content_type=content_type, headers=headers)
    if first > last:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    return HttpResponse(body[first : last + 1], content_type=content_type, status=206, headers=headers)


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, OutOfRange):
        return not_found()
    if isinstance(error, ReaderError):
        error = Refused.by_reader(error)
    if isinstance(error, Refused):
        return ApiError(error.code, error.text, error.hint, status_code=error.status)
    if isinstance(error, NotAcceptable):
        return ApiError(
            "not_acceptable",
            _("Nothing that your program accepts can be made of this."),
            _("Look up in docs/dicomweb.md which media types and transfer syntaxes are sent."),
            status_code=status.HTTP_406_NOT_ACCEPTABLE,
        )
    if isinstance(error, BadQuery):
        return ApiError(
            "bad_query",
            _("A parameter of the address cannot be understood."),
            _("Correct the parameter that is named."),
            status_code=status.HTTP_400_BAD_REQUEST,
            pointer=str(error),
        )
    return error


class _Body:
    """An answer that is made while it is sent, under WSGI; the first piece is made before, so that an error can still be told."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._first: bytes | None = next(pieces, b"")

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self.take()
        if piece is None:
            raise StopIteration
        return piece

    def take(self) -> bytes | None:
        """Return the next piece, None at the end."""
        first, self._first = self._first, None
        return next(self._pieces, None) if first is None else first


class _AsyncBody:
    """The same under ASGI, where Django would otherwise collect everything before it sends the first byte."""

    def __init__(self, body: _Body) -> None:
        self._body = body

    def __aiter__(self) -> "_AsyncBody":
        return self

    async def __anext__(self) -> bytes:
        piece = await sync_to_async(self._body.take)()
        if piece is None:
            raise StopAsyncIteration
        return piece


def stream(request: Request, pieces: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """Return a response that is sent piece by piece; memory holds one piece at a time."""
    body = _Body(pieces)
    response = StreamingHttpResponse(_AsyncBody(body) if hasattr(request, "scope") else body, content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    return response
