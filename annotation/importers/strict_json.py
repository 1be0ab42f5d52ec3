"""JSON of strangers: bounded in depth and digits, without repeated keys, and a place for all that is wrong (RFC 8259).

NaN and numbers beyond double precision are let through as such: only who reads a number knows whether it matters, and refuses the
one object that holds it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from annotation.cells.json_depth import MAX_DEPTH, DepthGuard, TooDeep, TooLong
from annotation.importers.problems import FileError

__all__ = ["decode_text", "parse_json"]

MAX_DIGITS: Final = 400
_PIECE: Final = 1 << 16
_BRACKET: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_GUESSES: Final = (("cp932", "Shift_JIS"), ("euc_jp", "EUC-JP"))


class _Twice(dict[str, Any]):
    """An object with a key that stands twice."""

    key: str = ""


def decode_text(data: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark.

    Raises:
        FileError: ``text_encoding`` with the byte, and what the text may be instead.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError("text_encoding", f"line {line}, byte {error.start}", _guess(data)) from error


def parse_json(data: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        FileError: ``text_encoding``, ``json_too_deep``, ``json_syntax``, ``json_number_too_long`` or ``json_duplicate_key``, each
            with its line or JSON pointer.
    """
    text = decode_text(data)
    _check_depth(text.encode("utf-8", "surrogatepass"))
    twice: list[_Twice] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        marked = _Twice(found)
        seen: set[str] = set()
        marked.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        twice.append(marked)
        return marked

    def whole(digits: str) -> int:
        if len(digits) > MAX_DIGITS:
            raise FileError("json_number_too_long", _line(text, text.find(digits)))
        return int(digits)

    try:
        value = json.loads(text, object_pairs_hook=members, parse_int=whole)
    except json.JSONDecodeError as error:
        raise FileError("json_syntax", f"line {error.lineno}, column {error.colno}", error.msg) from error
    if twice:
        raise FileError("json_duplicate_key", _pointer_of(value, twice) or "/", twice[0].key[:40])
    return value


def _check_depth(data: bytes) -> None:
    guard = DepthGuard()
    try:
        for at in range(0, len(data), _PIECE):
            guard.feed(data[at : at + _PIECE])
    except TooDeep as error:
        raise FileError("json_too_deep", _too_deep_at(data)) from error
    except TooLong as error:
        raise FileError("json_syntax", "", "a word without end") from error


def _too_deep_at(data: bytes) -> str:
    depth = 0
    for match in _BRACKET.finditer(data):
        first = match[0][:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth > MAX_DEPTH:
            line = data.count(b"\n", 0, match.start()) + 1
            return f"line {line}, byte {match.start()}"
    return ""


def _line(text: str, at: int) -> str:
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"


def _pointer_of(value: Any, wanted: list[_Twice]) -> str:
    """Return the pointer of the first repeated key; the depth of the value is bounded."""
    identities = {id(one) for one in wanted}
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        pointer, one = waiting.pop()
        if id(one) in identities:
            return f"{pointer}/{one.key[:40]}"
        entries = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        waiting += [(f"{pointer}/{key}", member) for key, member in reversed(list(entries))]
    return ""


def _guess(data: bytes) -> str:
    for encoding, name in _GUESSES:
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return f"perhaps {name}"
    return ""
