"""Checks what is said of a report: a span of its text with a coded term, or the diagnosis that it confirms.

Offsets count Unicode code points in a text of a known digest: a text that was changed since refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from annotation.codes.systems import BY_SLUG
from annotation.errors import refusal
from annotation.models import Report, ReportText

__all__ = ["CODE_SYSTEMS", "DIAGNOSIS", "REPORT_LEVEL", "TERM", "Span", "check_report_mark", "parse_span"]

TERM: Final = "term"
DIAGNOSIS: Final = "report"
REPORT_LEVEL: Final = frozenset({TERM, DIAGNOSIS})
"""Granularities of what is said of a report: a term in its text, the diagnosis that it confirms (確定診断)."""
POLARITIES: Final = ("positive", "negated", "suspected")
_SYSTEMS: Final = ("sct", "icd10", "icd11", "icdo3", "medis-number", "nando", "radlex", "loinc")
CODE_SYSTEMS: Final = (*(BY_SLUG[slug].uri for slug in _SYSTEMS), "urn:mitate:code:site")
"""Where a code that the label set does not have may come from; the codes themselves are the reader's."""
_CODE: Final = re.compile(r"[A-Za-z0-9.+_/<>=-]{1,40}")
_MEMBERS: Final = frozenset({"report_id", "digest", "start", "end", "polarity", "coding"})
_MAX_DISPLAY: Final = 200
_MAX_OFFSET: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of which report is meant, as it came: types are right, meaning is not yet checked."""

    report_id: UUID
    digest: str
    start: int | None
    end: int | None
    polarity: str
    coding: dict[str, str] | None

    def stored(self) -> dict[str, Any]:
        """Return what the column holds."""
        return {"digest": self.digest, "start": self.start, "end": self.end, "polarity": self.polarity, "coding": self.coding}


def parse_span(value: object, pointer: str) -> Span | None:
    """Return the span of a mark, None for a mark on an image.

    Raises:
        ApiError: ``span_malformed`` with a pointer, ``unknown_code_system``.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or not set(value) <= _MEMBERS:
        raise refusal("span_malformed", pointer)
    try:
        report_id = UUID(str(value.get("report_id")))
    except ValueError as error:
        raise refusal("span_malformed", f"{pointer}/report_id") from error
    digest, polarity = value.get("digest"), value.get("polarity", POLARITIES[0])
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise refusal("span_malformed", f"{pointer}/digest")
    if polarity not in POLARITIES:
        raise refusal("span_malformed", f"{pointer}/polarity")
    start, end = (_offset(value, name, pointer) for name in ("start", "end"))
    coding = None if value.get("coding") is None else _coding(value["coding"], f"{pointer}/coding")
    return Span(report_id, digest, start, end, polarity, coding)


def check_report_mark(study_id: UUID, granularity: str, span: Span, pointer: str) -> Report:
    """Return the report of a span that fits its text as it is now.

    Raises:
        ApiError: ``unknown_report`` for a report of another study, ``report_changed`` with the digest of the text as it is
            now, ``span_malformed`` for offsets that are not of the text.
    """
    report = Report.objects.filter(pk=span.report_id, study=study_id).first()
    text = ReportText.objects.filter(report=report).order_by("-number").first() if report else None
    if report is None or text is None:
        raise refusal("unknown_report", f"{pointer}/report_id")
    if span.digest != text.digest:
        raise refusal("report_changed", f"{pointer}/digest", digest=text.digest)
    if granularity == DIAGNOSIS:
        if span.start is not None or span.end is not None:
            raise refusal("span_malformed", f"{pointer}/start")
        return report
    if span.start is None or span.end is None or not span.start < span.end <= len(text.text):
        raise refusal("span_malformed", f"{pointer}/end")
    return report


def _offset(value: Mapping[str, Any], name: str, pointer: str) -> int | None:
    found = value.get(name)
    if found is not None and (isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < _MAX_OFFSET):
        raise refusal("span_malformed", f"{pointer}/{name}")
    return found


def _coding(value: object, pointer: str) -> dict[str, str]:
    if not isinstance(value, dict) or not {"system", "code"} <= set(value) <= {"system", "code", "display"}:
        raise refusal("span_malformed", pointer)
    if value["system"] not in CODE_SYSTEMS:
        raise refusal("unknown_code_system", f"{pointer}/system")
    code, display = value["code"], value.get("display", "")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise refusal("span_malformed", f"{pointer}/code")
    if not isinstance(display, str) or len(display) > _MAX_DISPLAY:
        raise refusal("span_malformed", f"{pointer}/display")
    return {"system": value["system"], "code": code, "display": display.strip()}
