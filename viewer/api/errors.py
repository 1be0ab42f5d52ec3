"""One shape for every error: a code for programs, a sentence and a next step for people."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback


class ApiError(Exception):
    """A refusal with a stable code, said to a person in their language.

    Services raise it; the handler below answers with it. ``text`` and ``hint`` are translated when the answer is made,
    so pass lazy strings.
    """

    status_code: int = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(
        self,
        code: str,
        text: Any,
        hint: Any = "",
        *,
        status_code: int | None = None,
        pointer: str = "",
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.hint = hint
        self.pointer = pointer
        self.extra = extra or {}
        if status_code is not None:
            self.status_code = status_code

    def body(self) -> dict[str, Any]:
        """Return the ``error`` member of the answer."""
        error = {"code": self.code, "message": str(self.text), "hint": str(self.hint)}
        return error | ({"pointer": self.pointer} if self.pointer else {}) | self.extra


def not_found() -> ApiError:
    """Return the answer for what does not exist and for what is none of the asker's business: the same one."""
    return ApiError(
        "not_found",
        _("There is nothing here for you."),
        _("Check the address, or ask your society's admin for access."),
        status_code=status.HTTP_404_NOT_FOUND,
    )


_KNOWN: dict[type[Exception], tuple[str, int]] = {
    exceptions.NotAuthenticated: ("not_signed_in", status.HTTP_401_UNAUTHORIZED),
    exceptions.AuthenticationFailed: ("not_signed_in", status.HTTP_401_UNAUTHORIZED),
    exceptions.MethodNotAllowed: ("method_not_allowed", status.HTTP_405_METHOD_NOT_ALLOWED),
    exceptions.UnsupportedMediaType: ("unsupported_media_type", status.HTTP_415_UNSUPPORTED_MEDIA_TYPE),
    exceptions.NotAcceptable: ("not_acceptable", status.HTTP_406_NOT_ACCEPTABLE),
}


# How the framework's session authentication begins what it says; it has no exception of its own for this.
_CSRF_DETAIL = "CSRF Failed"


def _page_out_of_date() -> ApiError:
    """Return the answer for a write without a valid CSRF token: the page can be saved by loading it again."""
    return ApiError(
        "csrf_failed",
        _("This page is out of date."),
        _("Reload the page; what you have not saved stays in this browser."),
        status_code=status.HTTP_403_FORBIDDEN,
    )


def _as_api_error(error: Exception) -> ApiError | None:
    """Translate what Django and the REST framework raise into our one shape; None: not ours to answer."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Http404):
        return not_found()
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        if str(getattr(error, "detail", "")).startswith(_CSRF_DETAIL):
            return _page_out_of_date()
        return ApiError(
            "forbidden",
            _("You may not do this."),
            _("Ask your society's admin for the right to it."),
            status_code=status.HTTP_403_FORBIDDEN,
        )
    if isinstance(error, exceptions.ParseError):
        code = str(error.get_codes())
        return ApiError(
            code,
            str(error.detail),
            _("Correct the request and send it again."),
            status_code=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE if code == "too_large" else 400,
        )
    if isinstance(error, exceptions.ValidationError):
        return ApiError(
            "invalid",
            _("Some values are missing or wrong."),
            _("Correct the fields that are named and send it again."),
            status_code=400,
            extra={"fields": error.detail},
        )
    for kind, (code, status_code) in _KNOWN.items():
        if isinstance(error, kind):
            return ApiError(
                code,
                str(getattr(error, "detail", "")),
                _("Sign in and try again.") if code == "not_signed_in" else _("Look up in the API documentation what this address takes."),
                status_code=status_code,
            )
    return None


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of a REST view; a bug stays a bug and becomes a 500."""
    answer = _as_api_error(error)
    if answer is None:
        return None
    set_rollback()
    return Response({"error": answer.body()}, status=answer.status_code)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a write without a valid CSRF token the same way as any other refusal."""
    error = _page_out_of_date()
    return JsonResponse({"error": error.body()}, status=error.status_code)
