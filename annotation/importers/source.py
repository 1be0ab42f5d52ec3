"""One file as it came: its kind told by its content, its JSON or XML parsed once for all who look at it."""

from __future__ import annotations

import io
import re
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from annotation.importers.problems import FileError
from annotation.importers.strict_json import decode_text, parse_json
from annotation.importers.xml_tree import Element, parse_xml

__all__ = ["MAX_BYTES", "Kind", "Source"]

MAX_BYTES: Final = 128 << 20
Kind = Literal["json", "lines", "xml", "text", "png", "tiff", "dicom", "zip", "unknown"]
_SPACE: Final = b" \t\r\n\x00"
_MAGIC: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"PK\x03\x04", "zip"),
)
_DICM_AT: Final = 128


@dataclass(frozen=True)
class Source:
    """The bytes of a file and the name it came with; the name is never used to tell the format."""

    name: str
    data: bytes

    @cached_property
    def kind(self) -> Kind:
        """What the first bytes say."""
        for magic, kind in _MAGIC:
            if self.data.startswith(magic):
                return kind
        if self.data[_DICM_AT : _DICM_AT + 4] == b"DICM":
            return "dicom"
        head = self.data[:4096].removeprefix(b"\xef\xbb\xbf")
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            head = head[2:].replace(b"\x00", b"")
        first = head.lstrip(_SPACE)[:1]
        if first == b"<":
            return "xml"
        if first in (b"{", b"["):
            return "lines" if self._has_lines else "json"
        return "text" if first and b"\x00" not in self.data[:4096] else "unknown"

    @cached_property
    def json(self) -> Any:
        """The value of a JSON file. Raises FileError."""
        return parse_json(self.data)

    @cached_property
    def xml(self) -> Element:
        """The root of an XML file. Raises FileError."""
        return parse_xml(self.data)

    @cached_property
    def text(self) -> str:
        """The text of a file. Raises FileError."""
        return decode_text(self.data)

    @cached_property
    def dicom(self) -> Any:
        """The data set of a DICOM file, without its pixels decoded. Raises FileError ``dicom_malformed``."""
        # The dictionary weighs 20 MB, which a web process that only lists formats does not carry.
        import pydicom  # noqa: PLC0415

        try:
            return pydicom.dcmread(io.BytesIO(self.data))
        except (pydicom.errors.InvalidDicomError, pydicom.errors.BytesLengthException) as error:
            raise FileError("dicom_malformed", "", str(error)[:100]) from error
        except (OSError, EOFError, ValueError, KeyError, AttributeError, NotImplementedError, struct.error, zlib.error) as error:
            raise FileError("dicom_malformed", "", str(error)[:100]) from error

    @property
    def modality(self) -> str:
        """The modality of a DICOM file, "" for any other file."""
        return str(self.dicom.get("Modality", "")) if self.kind == "dicom" else ""

    @property
    def _has_lines(self) -> bool:
        """Whether the first line is a value by itself and the next one begins another: one object a line."""
        lines = self.data.split(b"\n", 8)[:8]
        starts = [line.lstrip()[:1] for line in lines if line.strip()]
        if len(starts) < 2 or starts[0] != b"{" or starts[1] != b"{":
            return False
        try:
            return isinstance(parse_json(lines[0]), dict)
        except FileError:
            return False


_NUMBERS: Final = re.compile(r"[-+.0-9eEnaifNAIF \t]+")


def is_number_line(line: str) -> bool:
    """Tell whether a line holds numbers only."""
    return bool(_NUMBERS.fullmatch(line)) and any(character.isdigit() for character in line)
