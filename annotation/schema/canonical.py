"""Canonical JSON as RFC 8785 describes it: one value, one sequence of bytes, so that a digest means something."""

from __future__ import annotations

import hashlib
import json
import math
from decimal import Decimal
from typing import Any, Final

__all__ = ["CanonicalError", "canonical_json", "content_hash", "sha256_digest"]

_MAX_EXACT_INTEGER: Final = (1 << 53) - 1
_encode_text = json.JSONEncoder(ensure_ascii=False).encode


class CanonicalError(ValueError):
    """A value has no canonical form: not finite, a whole number that no double holds, a lone surrogate, or no JSON type."""


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value as UTF-8 bytes. Raises CanonicalError."""
    parts: list[str] = []
    _write(value, parts)
    try:
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError("a text holds half of a surrogate pair") from error


def sha256_digest(data: bytes) -> str:
    """Return the digest as documents write it: `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def content_hash(document: dict[str, Any]) -> str:
    """Return the digest of a document without its own `contentHash` member."""
    return sha256_digest(canonical_json({key: member for key, member in document.items() if key != "contentHash"}))


def _write(value: Any, parts: list[str]) -> None:
    if value is None or value is True or value is False:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, str):
        parts.append(_encode_text(value))
    elif isinstance(value, int | float):
        parts.append(_number(value))
    elif isinstance(value, list | tuple):
        _write_array(value, parts)
    elif isinstance(value, dict):
        _write_object(value, parts)
    else:
        raise CanonicalError(f"{type(value).__name__} is no JSON type")


def _write_array(value: list[Any] | tuple[Any, ...], parts: list[str]) -> None:
    separator = "["
    for member in value:
        parts.append(separator)
        _write(member, parts)
        separator = ","
    parts.append("[]" if separator == "[" else "]")


def _write_object(value: dict[str, Any], parts: list[str]) -> None:
    separator = "{"
    for key in sorted(value, key=_utf16_order):
        parts.append(f"{separator}{_encode_text(key)}:")
        _write(value[key], parts)
        separator = ","
    parts.append("{}" if separator == "{" else "}")


def _utf16_order(key: object) -> bytes:
    if not isinstance(key, str):
        raise CanonicalError("the keys of an object are texts")
    return key.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    """Write a number as ECMAScript does: shortest digits, exponents only beyond 10^21 and below 10^-6."""
    if isinstance(value, int):
        if -_MAX_EXACT_INTEGER <= value <= _MAX_EXACT_INTEGER:
            return str(value)
        if abs(value) > 10**300 or _number(float(value)) != str(value):
            raise CanonicalError("a whole number would change in programs that know only doubles")
        return str(value)
    if not math.isfinite(value):
        raise CanonicalError("a number is not finite")
    if abs(value) <= _MAX_EXACT_INTEGER and value == int(value):
        return str(int(value))
    sign = "-" if value < 0 else ""
    _, digit_tuple, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"
