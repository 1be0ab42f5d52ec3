"""XML of strangers as a small tree with line numbers: no document type, hence no entities, and bounded (XML 1.0)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from annotation.importers.problems import FileError

__all__ = ["Element", "parse_xml"]

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 3_000_000


@dataclass(slots=True)
class Element:
    """One element; `line` counts from 1, `text` is what stands directly in it."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute."""
        return self.attributes.get(name, default)

    def all(self, tag: str) -> Iterator[Element]:
        """Yield the children with a tag."""
        return (child for child in self.children if child.tag == tag)

    def child(self, *path: str) -> Element | None:
        """Return the first element at the end of a path of tags."""
        here: Element | None = self
        for tag in path:
            here = next(here.all(tag), None) if here is not None else None
        return here

    def text_of(self, *path: str) -> str:
        """Return the text at the end of a path of tags, without blanks around it; "" where there is none."""
        found = self.child(*path)
        return found.text.strip() if found is not None else ""

    @property
    def place(self) -> str:
        """Where it stands in the file."""
        return f"line {self.line}"


class _Builder:
    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self._open: list[Element] = []
        self._count = 0
        self.root: Element | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise FileError("xml_too_large", f"line {self._parser.CurrentLineNumber}")
        element = Element(tag, attributes, self._parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _tag: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data

    def refuse(self, *_arguments: object) -> None:
        raise FileError("xml_dtd", f"line {self._parser.CurrentLineNumber}")


def parse_xml(data: bytes) -> Element:
    """Return the root element.

    Raises:
        FileError: ``xml_dtd`` at the first declaration of a document type, ``xml_syntax`` or ``xml_too_large``, with the line.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    builder = _Builder(parser)
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = builder.refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise FileError("xml_syntax", f"line {error.lineno}, column {error.offset + 1}", expat.ErrorString(error.code)) from error
    except ValueError as error:  # an encoding that expat does not know
        raise FileError("text_encoding", "line 1", str(error)[:100]) from error
    if builder.root is None:
        raise FileError("xml_syntax", "line 1", "no element")
    return builder.root
