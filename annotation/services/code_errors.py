"""What those who load a table of codes, or look for a code, are told."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import status

from annotation.codes.reading import RowsError, TableError
from annotation.errors import Refusal
from viewer.api.errors import ApiError

_BAD: Final = status.HTTP_422_UNPROCESSABLE_ENTITY
_CONFLICT: Final = status.HTTP_409_CONFLICT

REFUSALS: Final[dict[str, Refusal]] = {
    "codes_empty": Refusal(_BAD, _("The table holds no entry."), _("Choose the file of the table itself.")),
    "codes_too_large": Refusal(
        status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
        _("The file is larger than this site takes."),
        _("Load it on the server: manage.py load_codes."),
    ),
    "codes_too_many": Refusal(_BAD, _("The table has more than 1,000,000 entries."), _("Load the part that you need.")),
    "codes_encoding": Refusal(
        _BAD, _("The text of the file is neither UTF-8 nor Shift_JIS."), _("Save the file as UTF-8 and choose it again.")
    ),
    "codes_nul": Refusal(_BAD, _("The file holds NUL bytes: it is no CSV."), _("Save the table as CSV and choose it again.")),
    "codes_line": Refusal(_BAD, _("A line is longer than 65,536 characters."), _("Save the table as CSV, an entry a line.")),
    "codes_quotes": Refusal(
        _BAD, _("A quotation mark is not closed, or a field is too long."), _("Correct the line that is named, and choose the file again.")
    ),
    "codes_column": Refusal(
        _BAD, _("The first line has no column of this name."), _("Write the column's name as in the first line, or its number from 1.")
    ),
    "codes_column_missing": Refusal(
        _BAD,
        _("It is not said which columns hold the code and a name."),
        _("Name the column of the code, and the column of the Japanese or the English name."),
    ),
    "codes_rows": Refusal(
        _BAD, _("Some rows cannot be taken; nothing was loaded."), _("Correct the lines that are named, and choose the file again.")
    ),
    "codes_system_invalid": Refusal(
        _BAD, _("The code system is not named by a URI."), _("Choose a table from the list, or write a URI such as http://... or urn:...")
    ),
    "codes_version_invalid": Refusal(
        _BAD, _("The version is missing, or longer than 64 characters."), _("Write the version as the publisher calls it.")
    ),
    "codes_name_missing": Refusal(_BAD, _("The table has no name."), _("Write its name in Japanese or English.")),
    "codes_version_loaded": Refusal(
        _CONFLICT,
        _("This version is loaded already with other content."),
        _("Load the file under its own version; a loaded version never changes."),
    ),
    "codes_loading": Refusal(
        _CONFLICT, _("This version is being loaded at this moment."), _("Wait until it is done, then look at the list.")
    ),
    "codes_changed": Refusal(_CONFLICT, _("The file changed while it was read."), _("Load it again when nobody writes to it.")),
    "codes_shipped": Refusal(
        _CONFLICT,
        _("The codes of this system come with the program under this version."),
        _("Load your own table under the version that its publisher gives it."),
    ),
}

ROW_TEXTS: Final[dict[str, Any]] = {
    "columns": _("too few columns"),
    "no_code": _("no code"),
    "no_name": _("no name"),
    "too_long": _("a code of more than 64 or a name of more than 400 characters"),
    "control": _("a control character or a line break"),
}


def codes_refusal(code: str, pointer: str = "", **extra: Any) -> ApiError:
    """Return the refusal of this code."""
    known = REFUSALS[code]
    return ApiError(code, known.text, known.hint, status_code=known.status_code, pointer=pointer, extra=extra)


def table_refusal(error: TableError) -> ApiError:
    """Return what is said about a file that cannot be read as a table, with its lines."""
    if isinstance(error, RowsError):
        rows = [{"line": row.line, "reason": row.reason, "text": str(ROW_TEXTS[row.reason])} for row in error.bad]
        return codes_refusal(error.code, line=error.line, rows=rows, bad_count=error.count)
    return codes_refusal(error.code, line=error.line, detail=error.detail)
