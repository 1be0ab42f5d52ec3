"""A search as its address says it (PS3.18 8.3.4 and 10.6), checked; no database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from viewer.dicomweb.attributes import ATTRIBUTES, keyword_of

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000
MAX_OFFSET: Final = 10_000_000
_MAX_VALUE: Final = 4096
_MAX_STARS: Final = 4
_WILD_VRS: Final = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
NO_FUZZY: Final = "The fuzzymatching parameter is not supported. Only literal matching has been performed."


class BadQuery(ValueError):
    """A search that cannot be understood; the text names the parameter."""


@dataclass(frozen=True, slots=True)
class Query:
    """A search.

    Attributes:
        keys: keyword -> what its value has to match; keys that match everything are left out.
        include: keywords of attributes wanted beyond the usual ones.
        everything: whether all known attributes are wanted.
        warnings: what is said of parameters that were not followed.
    """

    limit: int = DEFAULT_LIMIT
    offset: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    include: frozenset[str] = frozenset()
    everything: bool = False
    warnings: tuple[str, ...] = ()


def parse_query(parameters: Iterable[tuple[str, str]]) -> Query:
    """The search that the parameters of an address ask for.

    Raises:
        BadQuery: for values that are none.
    """
    keys: dict[str, str] = {}
    include: set[str] = set()
    warnings: list[str] = []
    limit, offset = DEFAULT_LIMIT, 0
    for name, value in parameters:
        if "\0" in value or len(value) > _MAX_VALUE:
            raise BadQuery(name[:64])
        if name == "limit":
            limit = min(_count(name, value), MAX_LIMIT)
        elif name == "offset":
            offset = min(_count(name, value), MAX_OFFSET)
        elif name == "fuzzymatching":
            warnings += [NO_FUZZY] if value.lower() == "true" else []
        elif name == "includefield":
            include.update(part.strip() for part in value.split(","))
        elif name != "accept":
            _add_key(keys, warnings, name, value)
    known = frozenset(keyword for part in include if (keyword := keyword_of(part)))
    return Query(limit, offset, keys, known, "all" in include, tuple(warnings))


def _count(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise BadQuery(name)
    return int(value)


def _add_key(keys: dict[str, str], warnings: list[str], name: str, value: str) -> None:
    keyword = keyword_of(name)
    if keyword is None:
        warnings.append(f"The parameter {re.sub(r'[^A-Za-z0-9.]', '?', name[:64])} is not supported and was left out.")
        return
    vr = ATTRIBUTES[keyword].vr
    if value in {"", "*"} or (vr == "DA" and value == "-"):
        return
    if vr == "UI" and keyword in keys:
        keys[keyword] += f",{value}"
        return
    if keyword in keys or value.count("*") > _MAX_STARS:
        raise BadQuery(keyword)
    keys[keyword] = value


def uid_list(value: str) -> list[str]:
    """The UIDs of a key that lists them, with commas or backslashes between them."""
    return [part.strip() for part in re.split(r"[,\\]", value) if part.strip()]


def pattern_of(keyword: str, value: str) -> str | None:
    """A regular expression for a value with ``*`` or ``?``, which match runs and single characters; None for a plain one."""
    if ATTRIBUTES[keyword].vr not in _WILD_VRS or not re.search(r"[*?]", value):
        return None
    parts = (".*" if part.startswith("*") else "." if part == "?" else re.escape(part) for part in re.split(r"(\*+|\?)", value) if part)
    return f"^{''.join(parts)}$"


def date_range(keyword: str, value: str) -> tuple[date | None, date | None]:
    """The first and last day of a date, or of a range with one end or both; None: open.

    Raises:
        BadQuery: for what is no date, or a range that ends before it begins.
    """
    first, dash, last = value.partition("-")
    start = _day(keyword, first)
    end = _day(keyword, last) if dash else start
    if (start is None and end is None) or (start and end and end < start):
        raise BadQuery(keyword)
    return start, end


def _day(keyword: str, text: str) -> date | None:
    if not text:
        return None
    match = _DATE.fullmatch(text.strip())
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else _no_day(keyword)
    except ValueError as error:
        raise BadQuery(keyword) from error


def _no_day(keyword: str) -> date:
    raise BadQuery(keyword)


def whole_number(keyword: str, value: str) -> int:
    """The number of an IS key.

    Raises:
        BadQuery: for what is none, or beyond 32 bits.
    """
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", value.strip()) or abs(int(value)) >= 1 << 31:
        raise BadQuery(keyword)
    return int(value)
