"""What people are told about exports that the worker makes: refusals of requests, and why there is no file."""

from typing import Any, Final

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from rest_framework import status

from annotation.exporters.fields import Field
from annotation.models import ExportJob
from annotation.schema.problems import PROBLEM_TEXTS
from annotation.services.export_requirements import EXPORT_TEXTS, FIELD_NAMES
from annotation.services.vocabulary_errors import REFUSALS as VOCABULARY_REFUSALS
from viewer.api.errors import ApiError
from viewer.readers.errors import REASONS

__all__ = ["EXPORT_JOB_TEXTS", "job_refusal", "say_job"]

_ASK_AGAIN = _("Ask for the export again.")
EXPORT_JOB_TEXTS: Final[dict[str, tuple[int, Any, Any]]] = {
    "export_malformed": (
        status.HTTP_400_BAD_REQUEST,
        _("The request for an export cannot be read."),
        _("Send request_id (a UUID), format, drafts, require, options, label_map and unmapped as docs/interchange.md describes them."),
    ),
    "export_request_reused": (
        status.HTTP_409_CONFLICT,
        _("Another export was asked for under this request_id."),
        _("Make a new UUID for each new request."),
    ),
    "too_many_exports": (
        status.HTTP_409_CONFLICT,
        _("You have 20 exports of this campaign that are not finished."),
        _("Wait until they are made, or cancel those that nobody needs."),
    ),
    "export_not_ready": (
        status.HTTP_409_CONFLICT,
        _("There is no file of this export yet."),
        _("Look at its state; fetch the file when it is done."),
    ),
    "export_over": (status.HTTP_409_CONFLICT, _("This export is over already."), _("Reload the page to see what became of it.")),
    "export_removed": (status.HTTP_410_GONE, _("The file of this export was removed."), _ASK_AGAIN),
    "export_outdated": (
        status.HTTP_410_GONE,
        _("A subject withdrew after this export was asked for; its file is given to nobody."),
        _("Ask for the export again: it leaves out whoever withdrew."),
    ),
    "export_interrupted": (
        status.HTTP_409_CONFLICT,
        _("The making of the export was interrupted several times and is given up."),
        _("Look for a crash of the worker in the site's log, then ask for the export again."),
    ),
    "export_no_room": (
        status.HTTP_507_INSUFFICIENT_STORAGE,
        _("The disk of the site has no room for the export."),
        _("Remove exports that nobody needs, or ask the site's administrator for more room; then ask for the export again."),
    ),
    "export_crashed": (
        status.HTTP_500_INTERNAL_SERVER_ERROR,
        _("The making of the export failed for a reason that nobody foresaw."),
        _("Tell the site's administrator the time; the site's log has the details."),
    ),
}
"""Code -> HTTP status on its own, text, hint."""


def job_refusal(code: str, pointer: str = "") -> ApiError:
    """Return the error of a code."""
    status_code, text, hint = EXPORT_JOB_TEXTS[code]
    return ApiError(code, text, hint, status_code=status_code, pointer=pointer)


def say_job(job: ExportJob) -> dict[str, str] | None:
    """Return why a job has no file, in the language of the request; None where nothing went wrong."""
    code = job.error_code
    if not code:
        return None
    text, hint = _texts(job, code)
    return {"code": code, "message": str(text), "hint": str(hint), "place": job.error_place, "detail": job.error_detail}


def _texts(job: ExportJob, code: str) -> tuple[Any, Any]:
    if code in EXPORT_JOB_TEXTS:
        return EXPORT_JOB_TEXTS[code][1:]
    if code == "export_would_lose":
        text, hint = EXPORT_TEXTS[code]
        field = FIELD_NAMES[Field(job.error_detail)] if job.error_detail in set(Field) else job.error_detail
        words = {"format": job.format, "field": field, "formats": "document"}
        return text % words, hint % words
    if code == "label_not_mapped":
        refused = VOCABULARY_REFUSALS[code]
        return refused.text % {"label": job.error_detail}, refused.hint
    if code in PROBLEM_TEXTS:
        said = PROBLEM_TEXTS[code]
        # The message ids are marked for translation where they stand.
        return _now(said.text), _now(said.hint)
    return REASONS.get(code, (code, ""))
