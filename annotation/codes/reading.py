"""Reads a table of codes from a site's own CSV: encoding and separator found and told, every bad row named by its line.

Nothing is taken for granted: lines and fields are bounded, NUL and control characters refused. A field that a spreadsheet would take
for a formula is a text like any other: nothing here computes it. https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from annotation.codes.systems import Columns

MAX_ROWS: Final = 1_000_000
MAX_LINE: Final = 64 * 1024
"""Characters of a line."""
MAX_CODE: Final = 64
MAX_NAME: Final = 400
ENCODINGS: Final = ("utf-8-sig", "cp932")
TOLD: Final = 20
"""Bad rows that are named; all are counted."""

NO_COLUMNS: Final = Columns()

_PIECE: Final = 1 << 20
# Control characters, halves of characters, and signs that turn the direction of writing, so that a code reads as another one.
_HIDDEN: Final = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Row(NamedTuple):
    """One entry of a table."""

    code: str
    ja: str
    reading: str
    en: str


class BadRow(NamedTuple):
    """A row that cannot be taken: its line from 1, and why (a code of ``ROW_TEXTS`` in the services)."""

    line: int
    reason: str


class TableError(ValueError):
    """A file that cannot be read as a table; ``line`` is 0 where it is about the whole file."""

    def __init__(self, code: str, *, line: int = 0, detail: str = "") -> None:
        super().__init__(f"{code} at line {line}: {detail}")
        self.code = code
        self.line = line
        self.detail = detail


class RowsError(TableError):
    """Rows that cannot be taken; ``bad`` names the first of ``count``."""

    def __init__(self, bad: list[BadRow], count: int) -> None:
        super().__init__("codes_rows", line=bad[0].line)
        self.bad = bad
        self.count = count


class Layout(NamedTuple):
    """How a file is to be read: where the columns are, whether the first row names them."""

    encoding: str
    separator: str
    columns: tuple[int, int, int, int]
    """Places of code, Japanese, reading and English from 0; -1: there is none."""
    has_names: bool


class Summary(NamedTuple):
    """What a whole file holds; a row that says the same as one before is not counted."""

    entry_count: int
    digest: str
    """SHA-256 of what was taken, whatever the encoding."""


def find_encoding(file: IO[bytes]) -> str:
    """Return how the text of a file is written: UTF-8 (with or without a mark), or Shift_JIS as Windows writes it.

    Raises:
        TableError: ``codes_empty``, ``codes_encoding`` (with the line) or ``codes_nul``.
    """
    file.seek(0)
    start = file.read(4)
    if not start:
        raise TableError("codes_empty")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TableError("codes_encoding", line=1, detail="UTF-16")
    places = [_first_bad(file, encoding) for encoding in ENCODINGS]
    for encoding, line in zip(ENCODINGS, places, strict=True):
        if line == 0:
            return encoding
    raise TableError("codes_encoding", line=max(places))


def _first_bad(file: IO[bytes], encoding: str) -> int:
    """Return the first line that is not of this encoding; 0 if all are."""
    file.seek(0)
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    while piece := file.read(_PIECE):
        if (at := piece.find(b"\0")) >= 0:
            raise TableError("codes_nul", line=line + piece.count(b"\n", 0, at))
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            return line + error.object.count(b"\n", 0, error.start)
        line += piece.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return 0


def find_layout(
    file: IO[bytes], *, named: Columns, numbered: Columns = NO_COLUMNS, encoding: str = "", has_names: bool | None = None
) -> Layout:
    """Return how a file is laid out.

    Args:
        file: open for reading, seekable.
        named: columns as the first row names them, or as numbers from 1; what is empty is not looked for.
        numbered: columns for a file whose first row is an entry already; used where the first row does not name the code's column.
        encoding: empty to find it.
        has_names: whether the first row names the columns; None: if a column is looked for by its name.

    Raises:
        TableError: ``codes_encoding``, ``codes_nul``, ``codes_empty``, ``codes_column`` with the name that is missing.
    """
    known = encoding or find_encoding(file)
    text = _text(file, known)
    try:
        first = text.readline(MAX_LINE + 1)
    except UnicodeDecodeError as error:
        raise TableError("codes_encoding", line=1) from error
    finally:
        text.detach()
    if len(first) > MAX_LINE:
        raise TableError("codes_line", line=1)
    separator = "\t" if first.count("\t") > first.count(",") else ","
    try:
        cells = [cell.strip() for cell in next(csv.reader([first], delimiter=separator), [])]
    except csv.Error:
        cells = []
    columns = named if named.code in cells or not numbered.code else numbered
    if has_names is None:
        has_names = any(column in cells for column in columns if column and not column.isdecimal())
    return Layout(known, separator, _places(columns, cells), has_names)


def _places(columns: Columns, cells: list[str]) -> tuple[int, int, int, int]:
    code, ja, reading, en = (_place(column, cells) for column in columns)
    if code < 0 or (ja < 0 and en < 0):
        raise TableError("codes_column_missing", line=1)
    return code, ja, reading, en


def _place(column: str, cells: list[str]) -> int:
    if not column:
        return -1
    if column.isdecimal():
        if len(column) < 6 and 1 <= int(column) <= len(cells):
            return int(column) - 1
    elif column in cells:
        return cells.index(column)
    raise TableError("codes_column", line=1, detail=column)


def read_rows(file: IO[bytes], layout: Layout) -> Iterator[Row]:
    """Yield the entries of a file; a row that says the same as one before is left out.

    Raises:
        RowsError: after the last row, if any cannot be taken.
        TableError: ``codes_line``, ``codes_quotes``, ``codes_too_many``, ``codes_encoding``.
    """
    seen: set[bytes] = set()
    for row in _checked(file, layout):
        key = hashlib.blake2b("\0".join(row).encode(), digest_size=8).digest()
        if key not in seen:
            seen.add(key)
            if len(seen) > MAX_ROWS:
                raise TableError("codes_too_many")
            yield row


def _checked(file: IO[bytes], layout: Layout) -> Iterator[Row]:
    bad: list[BadRow] = []
    bad_count = 0
    for line, cells in _cells(file, layout):
        row = Row(*(_cell(cells, place) for place in layout.columns))
        reason = _why_not(row, cells, layout)
        if not reason:
            yield row
        elif reason != "blank":
            bad_count += 1
            if len(bad) < TOLD:
                bad.append(BadRow(line, reason))
    if bad:
        raise RowsError(bad, bad_count)


def _cells(file: IO[bytes], layout: Layout) -> Iterator[tuple[int, list[str]]]:
    text = _text(file, layout.encoding)
    reader = csv.reader(_lines(text), delimiter=layout.separator, strict=True)
    try:
        for at, cells in enumerate(reader):
            if at or not layout.has_names:
                yield reader.line_num, cells
    except csv.Error as error:
        raise TableError("codes_quotes", line=reader.line_num, detail=str(error)) from error
    except UnicodeDecodeError as error:
        raise TableError("codes_encoding", line=reader.line_num + 1) from error
    finally:
        text.detach()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Yield the lines of a file, none of which is longer than a line may be."""
    number = 0
    while line := text.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise TableError("codes_line", line=number)
        yield line


def _text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def _cell(cells: list[str], place: int) -> str:
    return cells[place].strip() if 0 <= place < len(cells) else ""


def _why_not(row: Row, cells: list[str], layout: Layout) -> str:
    """Return why a row cannot be taken, ``blank`` for one that says nothing at all; empty: it can."""
    if not any(cell.strip() for cell in cells):
        return "blank"
    if len(cells) <= max(layout.columns):
        return "columns"
    if not row.code:
        return "no_code"
    if not row.ja and not row.en:
        return "no_name"
    if len(row.code) > MAX_CODE or max(map(len, row[1:])) > MAX_NAME:
        return "too_long"
    if any(map(_HIDDEN.search, row)):
        return "control"
    return ""


def summarise(rows: Iterator[Row]) -> Summary:
    """Read all rows once and return what they hold.

    Raises:
        TableError: ``codes_empty`` for none, and whatever reading them raises.
    """
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update("\0".join(row).encode() + b"\n")
        count += 1
    if not count:
        raise TableError("codes_empty")
    return Summary(count, digest.hexdigest())
