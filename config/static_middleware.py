"""Sends static files from memory: they are small, and Django cannot stream WhiteNoise's files without blocking anyway."""

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # the library has no types
    """WhiteNoise with whole answers in place of streamed ones; conditional and ranged requests stay as they are."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Answer a request for a known file."""
        answer = static_file.get_response(request.method, request.META)
        if answer.file is None:
            body = b""
        else:
            with answer.file as opened:
                body = opened.read()
        # WhiteNoise names the type itself, if there is one.
        response = HttpResponse(body, status=int(answer.status), content_type="")
        del response["content-type"]
        for key, value in answer.headers:
            response[key] = value
        return response
