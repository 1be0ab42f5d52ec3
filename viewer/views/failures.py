"""What is answered when the server itself fails: a database that is away for a moment is no bug, and is said as what it is."""

import sys
from http import HTTPStatus
from typing import Any, Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _
from django.views.defaults import server_error as _server_error

RETRY_AFTER_S: Final = 5
FAILURES: Final[dict[str, tuple[Any, Any]]] = {
    "database_unavailable": (
        _("The database does not answer."),
        _("Nothing is lost: what is not stored stays in this browser and is sent again by itself."),
    ),
}


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that nobody answered: 503 with ``Retry-After`` where the database does not answer, else 500.

    Called within the ``except`` block of the handler, which is how the exception is known here.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _server_error(request)
    response: HttpResponse
    if request.path.startswith("/api/"):
        text, hint = FAILURES["database_unavailable"]
        error = {"code": "database_unavailable", "message": str(text), "hint": str(hint)}
        response = JsonResponse({"error": error}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        response = HttpResponse(get_template("503.html").render(), status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response
