"""A JSON reader that takes only what a database and a browser can both hold.

The stock readers let ``1e999`` become infinity, keep the last of two equal keys, accept lone surrogates and NUL, and die of
deep nesting with an error that no handler expects.
"""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 2 << 20
MAX_DEPTH = 32


class StrictJSONError(ValueError):
    """The text is not JSON as this project takes it."""


def _refuse_constant(name: str) -> float:
    raise StrictJSONError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise StrictJSONError("a number is too large")
    return value


def _bounded_int(text: str) -> int:
    if len(text) > 20:
        raise StrictJSONError("a whole number is too large")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise StrictJSONError(f"the key {key[:40]!r} stands twice")
        members[key] = value
    return members


def _depth(text: str) -> int:
    """Return the deepest nesting of brackets outside strings; cheap, and before any recursion."""
    deepest = depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _check_text(value: Any) -> None:
    """Refuse NUL and lone surrogates anywhere in a value of bounded depth."""
    if isinstance(value, str):
        if "\x00" in value or any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise StrictJSONError("a text holds a character that cannot be stored")
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_text(key)
            _check_text(member)
    elif isinstance(value, list):
        for member in value:
            _check_text(member)


def loads(raw: bytes) -> Any:
    """Read one JSON value from UTF-8 bytes.

    Raises:
        StrictJSONError: not UTF-8, not JSON, NaN or infinity, a key twice, over 32 levels deep, or text no database holds.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise StrictJSONError("the text is not UTF-8") from error
    if _depth(text) > MAX_DEPTH:
        raise StrictJSONError(f"nested deeper than {MAX_DEPTH}")
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded_int, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise StrictJSONError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    _check_text(value)
    return value


class StrictJSONParser(BaseParser):
    """Parses request bodies for Django REST framework."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the value in the body.

        Raises:
            ParseError: with a text that says where and why.
        """
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ParseError(_("The request is larger than %(limit)d bytes.") % {"limit": MAX_BYTES}, code="too_large")
        try:
            return loads(raw)
        except StrictJSONError as error:
            raise ParseError(_("The request is not valid JSON: %(reason)s") % {"reason": error}, code="bad_json") from error
