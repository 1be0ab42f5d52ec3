"""XML as text, element by element, so that a file can be written while its marks stream by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from annotation.schema.canonical import canonical_json

__all__ = ["DECLARATION", "element", "number", "opening", "text_of"]

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float) -> str:
    """Return a number with the shortest digits that mean the same double."""
    return canonical_json(value).decode()


def text_of(value: object) -> str:
    """Return a value as the text of an element; characters that XML 1.0 (2.2) cannot hold become U+FFFD."""
    return escape(_NOT_IN_XML.sub("\ufffd", number(value) if isinstance(value, float) else str(value)))


def opening(name: str, attributes: Mapping[str, object] | None = None) -> str:
    """Return the start tag of an element that is closed by hand."""
    written = [f' {key}="{_quoted(value)}"' for key, value in (attributes or {}).items()]
    return f"<{name}{''.join(written)}>"


def element(name: str, attributes: Mapping[str, object] | None = None, *inside: str) -> str:
    """Return an element; `inside` is XML already."""
    start = opening(name, attributes)
    return f"{start}{''.join(inside)}</{name}>" if inside else f"{start[:-1]}/>"


def _quoted(value: object) -> str:
    # a line break in an attribute would be read as a space
    return text_of(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
