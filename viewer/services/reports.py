"""The report of an import: a row a file, for a spreadsheet, written as the results come."""

import csv
import os
from collections.abc import Iterable
from typing import Final, TextIO

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from viewer.services.ingest import IngestResult
from viewer.services.sources import Found

_HEADINGS: Final = (_("File"), _("Bytes"), _("Result"), _("Code"), _("Reason"), _("Next step"), _("Image"))
_OUTCOMES: Final = {
    "accepted": _("accepted"),
    "duplicate": _("already there"),
    "refused": _("refused"),
    "skipped": _("skipped"),
}
# A spreadsheet runs what begins so; the names of files are not ours.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def outcome_of(found: Found, result: IngestResult) -> str:
    """Return accepted, duplicate, refused or skipped."""
    return "skipped" if found.skipped and not found.is_refused else result.status


class Report:
    """CSV (RFC 4180) in one language.

    Args:
        stream: open for writing text; to be opened with ``newline=""`` and ``encoding="utf-8-sig"``, which spreadsheets need.
        language: of headings and outcomes.
    """

    def __init__(self, stream: TextIO, language: str) -> None:
        self._writer = csv.writer(stream)
        self._language = language
        self._write(self._said(_HEADINGS))

    def add(self, found: Found, result: IngestResult) -> None:
        """Write the row of a file; the names of its folders are part of its name."""
        (outcome,) = self._said([_OUTCOMES[outcome_of(found, result)]])
        name = os.fsencode(found.path).decode("utf-8", "replace")
        size = "" if found.skipped else str(found.size_bytes)
        self._write([name, size, outcome, result.code, result.text, result.hint, str(result.image.pk) if result.image else ""])

    def _said(self, lazy: Iterable[object]) -> list[str]:
        with override(self._language):
            return [str(each) for each in lazy]

    def _write(self, cells: list[str]) -> None:
        self._writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
