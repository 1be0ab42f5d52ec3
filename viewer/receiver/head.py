"""The first bytes of a DICOM file (PS3.10 7.1) and of a data set: as much as a receiver must know before a pixel worker looks.

Nothing here decodes pixels or believes a length that goes beyond the bytes at hand.
"""

from __future__ import annotations

import re
import struct
from typing import Final, NamedTuple

from viewer.receiver.pdu import IMPLEMENTATION_NAME, IMPLEMENTATION_UID

HEAD_BYTES: Final = 16 << 10
_IMPLICIT: Final = "1.2.840.10008.1.2"
_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_PREAMBLE_BYTES: Final = 132
_LONG_VR: Final = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SOP_CLASS, _SOP_INSTANCE = (0x0008, 0x0016), (0x0008, 0x0018)
_UID: Final = re.compile(r"[0-9.]{1,64}")


class Meta(NamedTuple):
    """File meta information.

    Attributes:
        sop_class: Media Storage SOP Class UID; may be empty.
        sop_instance: Media Storage SOP Instance UID; may be empty.
        syntax: transfer syntax of the data set.
        end: where the data set begins, in bytes.
    """

    sop_class: str
    sop_instance: str
    syntax: str
    end: int


def write_meta(sop_class: str, sop_instance: str, syntax: str) -> bytes:
    """The preamble and the meta information of a file. It says nothing of the sender: the same data set gives the same file."""
    values = [
        (0x0002, sop_class),
        (0x0003, sop_instance),
        (0x0010, syntax),
        (0x0012, IMPLEMENTATION_UID),
        (0x0013, IMPLEMENTATION_NAME),
    ]
    body = struct.pack("<HH2s2xI2s", 2, 1, b"OB", 2, b"\0\1")
    for element, text in values:
        value = text.encode("ascii")
        vr, padding = (b"SH", b" ") if element == 0x0013 else (b"UI", b"\0")
        value += padding if len(value) % 2 else b""
        body += struct.pack("<HH2sH", 2, element, vr, len(value)) + value
    return bytes(128) + b"DICM" + struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body)) + body


def read_meta(head: bytes) -> Meta | None:
    """The meta information at the beginning of a file; None where there is none that is whole."""
    if head[128:_PREAMBLE_BYTES] != b"DICM":
        return None
    values: dict[int, str] = {}
    start = _PREAMBLE_BYTES
    while start + 8 <= len(head):
        group, element, length, size = _explicit(head, start, "<")
        if group != 2:
            break
        if length > len(head) - start - size:
            return None
        values[element] = _text(head[start + size : start + size + length])
        start += size + length
    syntax = values.get(0x0010, "")
    return Meta(values.get(0x0002, ""), values.get(0x0003, ""), syntax, start) if _UID.fullmatch(syntax) else None


def identity(head: bytes, syntax: str) -> tuple[str, str] | None:
    """SOP Class UID and SOP Instance UID at the beginning of a data set, empty where it has none; None where that cannot be seen."""
    if syntax == _DEFLATED:
        return None
    order = ">" if syntax == _BIG_ENDIAN else "<"
    found = {_SOP_CLASS: "", _SOP_INSTANCE: ""}
    start = 0
    while start + 12 <= len(head):
        if syntax == _IMPLICIT:
            group, element, length = struct.unpack_from("<HHI", head, start)
            size = 8
        else:
            group, element, length, size = _explicit(head, start, order)
        if (group, element) > _SOP_INSTANCE:
            return found[_SOP_CLASS], found[_SOP_INSTANCE]
        if length > len(head) - start - size:
            return None
        if (group, element) in found:
            found[group, element] = _text(head[start + size : start + size + length])
        start += size + length
    return None


def _explicit(head: bytes, start: int, order: str) -> tuple[int, int, int, int]:
    """Return group, element, length of the value, and length of what stands before it."""
    group, element, vr, length = struct.unpack_from(f"{order}HH2sH", head, start)
    if vr in _LONG_VR and start + 12 <= len(head):
        return group, element, struct.unpack_from(f"{order}I", head, start + 8)[0], 12
    return group, element, length, 8


def _text(value: bytes) -> str:
    return value.rstrip(b"\0 ").decode("ascii", "replace")
