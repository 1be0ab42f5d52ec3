"""Messages of the DICOM upper layer (PS3.8 9.3), as an acceptor of associations reads and writes them; bytes only, no socket.

Every length is checked before it is believed. What an acceptor may ignore (role selection, user identity, extended negotiation)
is ignored.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

ASSOCIATE_RQ: Final = 1
ASSOCIATE_AC: Final = 2
ASSOCIATE_RJ: Final = 3
DATA: Final = 4
RELEASE_RQ: Final = 5
RELEASE_RP: Final = 6
ABORT: Final = 7

HEAD_BYTES: Final = 6
IMPLEMENTATION_UID: Final = "2.25.274861183463229417364212519358026190657"
IMPLEMENTATION_NAME: Final = "MITATE"
APPLICATION_CONTEXT: Final = "1.2.840.10008.3.1.1.1"

_TITLES: Final = struct.Struct(">HH16s16s32x")
_ITEM: Final = struct.Struct(">BxH")
_VALUE: Final = struct.Struct(">IBB")
_UID: Final = re.compile(rb"[0-9.]{1,64}")
_MAX_CONTEXTS: Final = 128
_MAX_SYNTAXES: Final = 64

# Why an association is aborted (PS3.8 9.3.8): by the user or by the provider, and there for which reason.
BY_USER: Final = (0, 0)
UNEXPECTED_PDU: Final = (2, 2)
INVALID_VALUE: Final = (2, 6)


class ProtocolError(Exception):
    """The peer does not speak the protocol; the association ends.

    Attributes:
        reason: source and reason of the A-ABORT that tells it.
    """

    def __init__(self, text: str, reason: tuple[int, int] = INVALID_VALUE) -> None:
        super().__init__(text)
        self.reason = reason


class Context(NamedTuple):
    """A presentation context that is proposed: what is to be sent, and in which transfer syntaxes it could be."""

    id: int
    abstract: str
    syntaxes: tuple[str, ...]


class Answer(NamedTuple):
    """What becomes of a presentation context: 0 accepted, 3 unknown SOP class, 4 no transfer syntax that is read (PS3.8 9.3.3.2)."""

    id: int
    result: int
    syntax: str


@dataclass(frozen=True, slots=True)
class Request:
    """A proposed association.

    Attributes:
        titles: called and calling AE title as they came, 32 bytes; the answer repeats them.
        max_bytes: length of the longest P-DATA-TF the peer takes; 0: any.
    """

    titles: bytes
    contexts: tuple[Context, ...]
    max_bytes: int

    @property
    def called(self) -> str:
        """The title of whom the peer wants to speak to."""
        return _title(self.titles[:16])

    @property
    def calling(self) -> str:
        """The title of the peer."""
        return _title(self.titles[16:])


class Fragment(NamedTuple):
    """A piece of a message (PS3.8 9.3.5 and annex E)."""

    context_id: int
    is_command: bool
    is_last: bool
    body: memoryview


def _title(text: bytes) -> str:
    return "".join(chr(code) if 32 <= code < 127 else "?" for code in text).strip()


def parse_head(head: bytes) -> tuple[int, int]:
    """The type and the length of the body that follow from the first six bytes.

    Raises:
        ProtocolError: for a type that does not exist.
    """
    kind, length = struct.unpack(">BxI", head)
    if not ASSOCIATE_RQ <= kind <= ABORT:
        raise ProtocolError("unknown type of PDU", (2, 1))
    return kind, length


def parse_request(body: bytes) -> Request:
    """An A-ASSOCIATE-RQ without its first six bytes.

    Raises:
        ProtocolError: when it is none.
    """
    if len(body) < _TITLES.size:
        raise ProtocolError("an association request that is too short")
    version, _reserved, called, calling = _TITLES.unpack_from(body)
    contexts: list[Context] = []
    max_bytes = 0
    for kind, item in _items(body[_TITLES.size :]):
        if kind == 0x20:
            contexts.append(_context(item))
        elif kind == 0x50:
            found = [value for sub, value in _items(item) if sub == 0x51 and len(value) == 4]
            max_bytes = int.from_bytes(found[0], "big") if found else 0
    if not version & 1 or not 1 <= len(contexts) <= _MAX_CONTEXTS or len({each.id for each in contexts}) < len(contexts):
        raise ProtocolError("an association request without proper presentation contexts")
    return Request(called + calling, tuple(contexts), max_bytes)


def _items(body: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(body):
        if len(body) - start < _ITEM.size:
            raise ProtocolError("an item that is cut off")
        kind, length = _ITEM.unpack_from(body, start)
        start += _ITEM.size
        if length > len(body) - start:
            raise ProtocolError("an item that is longer than its message")
        yield kind, body[start : start + length]
        start += length


def _context(item: bytes) -> Context:
    if len(item) < 4 or not item[0] & 1:
        raise ProtocolError("a presentation context without a number")
    parts = list(_items(item[4:]))
    abstract = [_uid(value) for kind, value in parts if kind == 0x30]
    syntaxes = [_uid(value) for kind, value in parts if kind == 0x40]
    if len(abstract) != 1 or not 1 <= len(syntaxes) <= _MAX_SYNTAXES:
        raise ProtocolError("a presentation context that is not whole")
    return Context(item[0], abstract[0], tuple(syntaxes))


def _uid(value: bytes) -> str:
    text = value.rstrip(b"\0 ")
    if not _UID.fullmatch(text):
        raise ProtocolError("a UID that is none")
    return text.decode("ascii")


def accept(request: Request, answers: Iterable[Answer], max_bytes: int) -> bytes:
    """An A-ASSOCIATE-AC.

    Args:
        request: which is accepted.
        answers: one for each presentation context.
        max_bytes: length of the longest P-DATA-TF that is taken.
    """
    items = [_item(0x10, APPLICATION_CONTEXT.encode())]
    items += [_item(0x21, bytes((each.id, 0, each.result, 0)) + _item(0x40, each.syntax.encode())) for each in answers]
    about = _item(0x51, max_bytes.to_bytes(4, "big")) + _item(0x52, IMPLEMENTATION_UID.encode()) + _item(0x55, IMPLEMENTATION_NAME.encode())
    items.append(_item(0x50, about))
    return _pdu(ASSOCIATE_AC, _TITLES.pack(1, 0, request.titles[:16], request.titles[16:]) + b"".join(items))


def _item(kind: int, value: bytes) -> bytes:
    return _ITEM.pack(kind, len(value)) + value


def _pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxI", kind, len(body)) + body


def reject(result: int, source: int, reason: int) -> bytes:
    """An A-ASSOCIATE-RJ (PS3.8 table 9-21)."""
    return _pdu(ASSOCIATE_RJ, bytes((0, result, source, reason)))


def release_reply() -> bytes:
    """An A-RELEASE-RP."""
    return _pdu(RELEASE_RP, bytes(4))


def abort(source: int, reason: int) -> bytes:
    """An A-ABORT (PS3.8 table 9-26)."""
    return _pdu(ABORT, bytes((0, 0, source, reason)))


def parse_data(body: bytes) -> Iterator[Fragment]:
    """Yield the pieces in a P-DATA-TF without its first six bytes.

    Raises:
        ProtocolError: when one is longer than the whole, or has no head.
    """
    whole, start = memoryview(body), 0
    while start < len(whole):
        if len(whole) - start < _VALUE.size:
            raise ProtocolError("a piece of data that is cut off")
        length, context_id, control = _VALUE.unpack_from(whole, start)
        end = start + 4 + length
        if length < 2 or end > len(whole):
            raise ProtocolError("a piece of data that is longer than its message")
        yield Fragment(context_id, bool(control & 1), bool(control & 2), whole[start + _VALUE.size : end])
        start = end


def command(context_id: int, body: bytes) -> bytes:
    """A P-DATA-TF that carries a whole command; the commands written here are far below any limit a peer may set."""
    return _pdu(DATA, _VALUE.pack(len(body) + 2, context_id, 3) + body)
