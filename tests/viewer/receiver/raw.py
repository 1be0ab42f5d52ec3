"""A sender that says exactly what a test wants said, right or wrong."""

import io
import socket
import struct
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.filereader import read_dataset

SC = "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT = "1.2.840.10008.1.2.1"


def _item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(value)) + value


def request(abstract: str = SC, syntax: str = EXPLICIT, *, calling: str = "SCANNER", called: str = "MITATE", contexts: int = 1) -> bytes:
    """A whole A-ASSOCIATE-RQ."""
    head = struct.pack(">HH16s16s32x", 1, 0, called.ljust(16).encode(), calling.ljust(16).encode())
    inner = _item(0x30, abstract.encode()) + _item(0x40, syntax.encode())
    items = b"".join(_item(0x20, bytes((2 * number + 1, 0, 0, 0)) + inner) for number in range(contexts))
    body = head + _item(0x10, b"1.2.840.10008.3.1.1.1") + items + _item(0x50, _item(0x51, struct.pack(">I", 16384)))
    return pdu(1, body)


def pdu(kind: int, body: bytes) -> bytes:
    """A message with its head."""
    return struct.pack(">BxI", kind, len(body)) + body


def data(body: bytes, *, command: bool, last: bool = True, context: int = 1) -> bytes:
    """A P-DATA-TF with one piece."""
    return pdu(4, struct.pack(">IBB", len(body) + 2, context, command + 2 * last) + body)


def store_command(uid: str, abstract: str = SC, *, field: int = 1) -> bytes:
    """The command set of a C-STORE, implicit little endian."""
    values = [(2, abstract.encode()), (0x100, struct.pack("<H", field)), (0x110, b"\7\0"), (0x700, b"\0\0"), (0x800, b"\1\0")]
    values.append((0x1000, uid.encode()))
    padded = [(element, value + b"\0" * (len(value) % 2)) for element, value in values]
    return b"".join(struct.pack("<HHI", 0, element, len(value)) + value for element, value in padded)


class Raw:
    """A connection on which anything can be said."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: Any) -> None:
        self.socket.close()

    def say(self, *messages: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(b"".join(messages))

    def hear(self) -> tuple[int, bytes]:
        """The next message: type and body; (0, b"") when the other side has closed."""
        head = self._exactly(6)
        if len(head) < 6:
            return 0, b""
        kind, length = struct.unpack(">BxI", head)
        return kind, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        found = b""
        try:
            while len(found) < count and (more := self.socket.recv(count - len(found))):
                found += more
        except ConnectionResetError:
            return b""
        return found

    def associate(self, abstract: str = SC, syntax: str = EXPLICIT, **options: Any) -> "Raw":
        """Be accepted."""
        self.say(request(abstract, syntax, **options))
        assert self.hear()[0] == 2
        return self

    def send(self, uid: str, body: bytes, abstract: str = SC) -> Dataset:
        """Send a data set in pieces; the answer's command set."""
        self.say(data(store_command(uid, abstract), command=True))
        pieces = [body[start : start + 65_000] for start in range(0, len(body), 65_000)] or [b""]
        for number, piece in enumerate(pieces):
            self.say(data(piece, command=False, last=number == len(pieces) - 1))
        return self.answer()

    def answer(self) -> Dataset:
        """The command set of an answer."""
        kind, body = self.hear()
        assert kind == 4, (kind, body)
        return read_dataset(io.BytesIO(body[6:]), is_implicit_VR=True, is_little_endian=True)


def parts_of(path: Path) -> tuple[str, bytes]:
    """Transfer syntax and data set of a file, as bytes; the meta information is found by its own length."""
    whole = path.read_bytes()
    (length,) = struct.unpack_from("<I", whole, 140)
    meta, body = whole[144 : 144 + length], whole[144 + length :]
    at = meta.index(b"\2\0\x10\0UI") + 6
    (size,) = struct.unpack_from("<H", meta, at)
    return meta[at + 2 : at + 2 + size].rstrip(b"\0").decode(), body
