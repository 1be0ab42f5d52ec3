"""Reads report texts from JSON, CSV or TXT as plain rows; nothing here knows the database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from annotation.errors import refusal
from annotation.importers.problems import FileError
from annotation.importers.strict_json import parse_json

__all__ = ["MAX_BYTES", "MAX_REPORTS", "ReportRow", "read_reports"]

MAX_BYTES: Final = 20 << 20
MAX_REPORTS: Final = 10_000
MAX_CHARACTERS: Final = 100_000
KINDS: Final = ("radiology", "endoscopy", "pathology", "ultrasound", "ophthalmology", "dermatology")
_DAY: Final = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_UNFIT: Final = re.compile("[\0\ud800-\udfff]")
# What the code page makes of bytes that stand for no character.
_NO_JAPANESE: Final = re.compile("[\uf8f0-\uf8f3]")
_COLUMNS: Final = ("image", "kind", "issued_on", "text")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report: of the study of which image (id or file name), its kind, its day, its words."""

    place: str
    """Where it stands in the file."""
    image: str
    kind: str
    issued_on: str
    text: str


def read_reports(data: bytes, name: str) -> list[ReportRow]:
    """Return the reports of a file; its name says of which kind it is, and, of a text, of which image.

    JSON is a list of objects with image, kind, issued_on and text; CSV has these columns; a TXT is one radiology report.

    Raises:
        ApiError: ``report_file_malformed`` with the place in the file.
    """
    if not data.strip():
        raise refusal("report_file_malformed", "/")
    if len(data) > MAX_BYTES:
        raise refusal("report_file_too_large")
    suffix = PurePath(name).suffix.lower()
    if suffix == ".json":
        rows = _json_rows(data)
    elif suffix == ".csv":
        rows = _csv_rows(_decoded(data))
    elif suffix == ".txt":
        rows = [("/", {"image": PurePath(name).stem, "text": _decoded(data)})]
    else:
        raise refusal("report_file_malformed", "/name")
    if not rows or len(rows) > MAX_REPORTS:
        raise refusal("report_file_malformed", "/")
    return [_row(place, said) for place, said in rows]


def _decoded(data: bytes) -> str:
    """Return the text of UTF-8, or of the code page that Japanese hospital systems write."""
    for encoding in ("utf-8-sig", "cp932"):
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if not _NO_JAPANESE.search(text):
                return text
    raise refusal("report_file_malformed", "/")


def _json_rows(data: bytes) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        given = parse_json(data)
    except FileError as error:
        raise refusal("report_file_malformed", error.place if error.place.startswith("/") else "/") from error
    if not isinstance(given, list):
        raise refusal("report_file_malformed", "/")
    for index, said in enumerate(given):
        if not isinstance(said, dict):
            raise refusal("report_file_malformed", f"/{index}")
    return [(f"/{index}", said) for index, said in enumerate(given)]


def _csv_rows(text: str) -> list[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if not {"image", "text"} <= set(reader.fieldnames or ()):
            raise refusal("report_file_malformed", "/1")
        return [(f"/{number}", row) for number, row in enumerate(reader, 2)]
    except csv.Error as error:
        raise refusal("report_file_malformed", f"/{reader.line_num}") from error


def _row(place: str, said: Mapping[str, Any]) -> ReportRow:
    for name in said:
        if name not in _COLUMNS:
            raise refusal("report_file_malformed", f"{place}/{name}")
    values = {name: said.get(name) or "" for name in _COLUMNS}
    kind, text = values["kind"] or KINDS[0], values["text"]
    good = {
        "image": isinstance(values["image"], str) and 0 < len(values["image"]) <= 255,
        "kind": kind in KINDS,
        "issued_on": isinstance(values["issued_on"], str) and (not values["issued_on"] or _DAY.fullmatch(values["issued_on"])),
        "text": isinstance(text, str) and text.strip() != "" and len(text) <= MAX_CHARACTERS and not _UNFIT.search(text),
    }
    for name, is_good in good.items():
        if not is_good:
            raise refusal("report_file_malformed", f"{place}/{name}")
    # One way to end a line: offsets count code points, and browsers count a line end as one.
    return ReportRow(place, values["image"], kind, values["issued_on"], text.replace("\r\n", "\n").replace("\r", "\n"))
