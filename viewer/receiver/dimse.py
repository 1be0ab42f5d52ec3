"""Command sets (PS3.7 6.3 and 9.3): what a peer asks, and what it is answered. Implicit VR little endian, group 0000 only."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from viewer.receiver.pdu import ProtocolError

C_STORE: Final = 0x0001
C_ECHO: Final = 0x0030
C_CANCEL: Final = 0x0FFF
RESPONSE: Final = 0x8000

SUCCESS: Final = 0x0000
SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
UNRECOGNIZED_OPERATION: Final = 0x0211
OUT_OF_RESOURCES: Final = 0xA700
DOES_NOT_MATCH: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000

_NO_DATA: Final = 0x0101
_COMMENT_CHARS: Final = 64
_ELEMENT: Final = struct.Struct("<HHI")
_UID: Final = re.compile(r"[0-9.]{1,64}")
_CLASS, _FIELD, _ID, _ANSWERED, _DATA, _STATUS, _COMMENT, _INSTANCE = 0x0002, 0x0100, 0x0110, 0x0120, 0x0800, 0x0900, 0x0902, 0x1000


@dataclass(frozen=True, slots=True)
class Command:
    """A request.

    Attributes:
        field: which operation.
        message_id: by which the answer refers to it.
        sop_class: affected SOP Class UID; empty where there is none.
        sop_instance: affected SOP Instance UID; empty where there is none.
        has_data: whether a data set follows.
    """

    field: int
    message_id: int
    sop_class: str
    sop_instance: str
    has_data: bool


def parse_command(body: bytes) -> Command:
    """A whole command set.

    Raises:
        ProtocolError: when it is none, or an answer instead of a request.
    """
    values = dict(_elements(body))
    field = _short(values, _FIELD)
    if field & RESPONSE:
        raise ProtocolError("an answer to no question")
    message_id = 0 if field == C_CANCEL else _short(values, _ID)
    return Command(field, message_id, _uid(values, _CLASS), _uid(values, _INSTANCE), _short(values, _DATA) != _NO_DATA)


def _elements(body: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(body):
        if len(body) - start < _ELEMENT.size:
            raise ProtocolError("a command that is cut off")
        group, element, length = _ELEMENT.unpack_from(body, start)
        start += _ELEMENT.size
        if group != 0 or length > len(body) - start:
            raise ProtocolError("a command that is none")
        yield element, body[start : start + length]
        start += length


def _short(values: dict[int, bytes], element: int) -> int:
    value = values.get(element, b"")
    if len(value) != 2:
        raise ProtocolError("a command without a number that it needs")
    return int.from_bytes(value, "little")


def _uid(values: dict[int, bytes], element: int) -> str:
    text = values.get(element, b"").rstrip(b"\0 ").decode("ascii", "replace")
    if text and not _UID.fullmatch(text):
        raise ProtocolError("a UID that is none")
    return text


def answer(request: Command, status: int, comment: str = "") -> bytes:
    """The command set that answers a request.

    Args:
        request: which is answered.
        status: as PS3.7 annex C and PS3.4 B.2.3 have it.
        comment: why, in ASCII; cut off after 64 characters (LO).
    """
    elements = [
        (_CLASS, _even(request.sop_class.encode(), b"\0")),
        (_FIELD, (request.field | RESPONSE).to_bytes(2, "little")),
        (_ANSWERED, request.message_id.to_bytes(2, "little")),
        (_DATA, _NO_DATA.to_bytes(2, "little")),
        (_STATUS, status.to_bytes(2, "little")),
        (_COMMENT, _even(_plain(comment)[:_COMMENT_CHARS].encode("ascii"), b" ")),
        (_INSTANCE, _even(request.sop_instance.encode(), b"\0")),
    ]
    body = b"".join(_ELEMENT.pack(0, element, len(value)) + value for element, value in elements if value)
    return _ELEMENT.pack(0, 0, 4) + len(body).to_bytes(4, "little") + body


def _even(value: bytes, padding: bytes) -> bytes:
    return value + padding if len(value) % 2 else value


def _plain(text: str) -> str:
    return "".join(ch if " " <= ch <= "~" and ch != "\\" else "?" for ch in text)
