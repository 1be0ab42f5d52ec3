"""What people require of an export: the words for it, and the refusal of formats that do not hold it."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import status

from annotation.exporters.base import Exporter
from annotation.exporters.fields import ExportWouldLoseError, Field, Held
from annotation.exporters.registry import formats_that_hold
from viewer.api.errors import ApiError

__all__ = ["EXPORT_TEXTS", "FIELD_NAMES", "parse_required", "refuse_impossible", "would_lose"]


EXPORT_TEXTS: Final[dict[str, tuple[Any, Any]]] = {
    "export_would_lose": (
        _("%(format)s would lose something that this export must keep: %(field)s."),
        _("Formats that keep all that is required: %(formats)s. Choose one of them, or do not require it."),
    ),
    "requirement_unknown": (
        _("There is nothing called %(field)s that could be required of an export."),
        _("Require some of: %(fields)s."),
    ),
}
"""Every code that exports raise on account of what is required, with its text and its hint."""

FIELD_NAMES: Final[dict[Field, Any]] = {
    Field.HOLES: _("holes of outlines"),
    Field.POINTS: _("points"),
    Field.TRACKS: _("tracks with their keyframes"),
    Field.MASKS: _("masks, pixel for pixel"),
    Field.DIAGNOSES: _("diagnoses of a whole image"),
    Field.CODES: _("all labels with their codes"),
    Field.AUTHORS: _("who made a mark"),
    Field.TEXT: _("free text"),
    Field.FORMS: _("forms"),
    Field.BASIS: _("basis and certainty"),
    Field.CONFIRMATIONS: _("late confirmations"),
    Field.SUGGESTIONS: _("what a model suggested"),
    Field.REVIEW: _("whether a read was submitted"),
    Field.EFFORT: _("working time"),
    Field.REPORTS: _("reports and their terms"),
    Field.FINDINGS: _("findings of examinations"),
    Field.CELLS: _("cells of layers"),
}


def parse_required(names: Iterable[str]) -> frozenset[Field]:
    """Return the fields of some names.

    Raises:
        ApiError: ``requirement_unknown``.
    """
    found: set[Field] = set()
    for name in names:
        try:
            found.add(Field(name))
        except ValueError as error:
            text, hint = EXPORT_TEXTS["requirement_unknown"]
            text, hint = text % {"field": name}, hint % {"fields": ", ".join(Field)}
            raise ApiError("requirement_unknown", text, hint, status_code=status.HTTP_400_BAD_REQUEST, pointer="/require") from error
    return frozenset(found)


def refuse_impossible(exporter: Exporter, required: frozenset[Field]) -> None:
    """Refuse a format before it begins when it never holds something that is required.

    Raises:
        ApiError: ``export_would_lose``.
    """
    for field in Field:
        if field in required and exporter.holds[field] == Held.NO:
            raise would_lose(ExportWouldLoseError(field, exporter.name), required)


def would_lose(error: ExportWouldLoseError, required: frozenset[Field]) -> ApiError:
    """Return a loss as an answer that names the field, the format, the mark, and the formats that hold what is required."""
    able = formats_that_hold(required | {error.field})
    text, hint = EXPORT_TEXTS[error.code]
    extra = {"field": error.field.value, "format": error.format, "formats": able}
    if error.identity:
        extra["annotation"] = error.identity
    words = {"format": error.format, "field": FIELD_NAMES[error.field], "formats": ", ".join(able)}
    return ApiError(error.code, text % words, hint % words, pointer="/require", extra=extra)
