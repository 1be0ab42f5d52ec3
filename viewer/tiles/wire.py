"""How the pool and its workers talk: one header and one binary body, each with its length in front.

Layout of a message, little endian: `u32 header length`, `u64 body length`, header, body. A worker answers with a UTF-8 JSON
object; lengths are bounded, because the peer of the pool is a process that may have been taken over by a hostile file. A
request is marshalled, which is read in a third of the time, and must never be read from a worker (the `marshal` module's docs).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import marshal
import os
import select
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

PREFIX: Final = struct.Struct("<IQ")
MAX_HEADER_BYTES: Final = 16 << 20
MAX_BODY_BYTES: Final = 1 << 30
# Several tiles come in one read, into memory that is there already.
_BUFFER_BYTES: Final = 1 << 18
# As much as Linux lets anybody have (pipe(7)): a worker that can leave a whole frame there goes on with the next one.
PIPE_BYTES: Final = 1 << 20
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class WireClosed(Exception):
    """The other side closed its end, or sent something that is no message."""


def pack(header: Mapping[str, Any], body: bytes = b"") -> bytes:
    """One message of a worker as bytes.

    Raises:
        ValueError: when the header is not plain finite JSON.
    """
    encoded = encode(header)
    return PREFIX.pack(len(encoded), len(body)) + encoded + body


def encode(header: Mapping[str, Any]) -> bytes:
    """A worker's header as one line of UTF-8 JSON.

    Raises:
        ValueError: when it is not plain finite JSON.
    """
    return _ENCODER.encode(header).encode("utf-8", "replace")


def pack_request(header: dict[str, Any]) -> bytes:
    """One request to a worker as bytes.

    Raises:
        ValueError: when it holds anything but plain dicts, lists, tuples, strings and numbers.
    """
    encoded = marshal.dumps(header)
    return PREFIX.pack(len(encoded), 0) + encoded


def parse_request(raw: bytes | memoryview) -> dict[str, Any]:
    """What `pack_request` packed; only for what the pool itself has sent.

    Raises:
        WireClosed: when it is something else.
    """
    try:
        header = marshal.loads(raw)  # noqa: S302 -- a worker trusts whoever started it
    except (ValueError, EOFError, TypeError) as error:
        raise WireClosed("no request") from error
    if not isinstance(header, dict):
        raise WireClosed("no request")
    return header


def parse_header(raw: bytes | memoryview) -> dict[str, Any]:
    """The JSON object of a worker's header.

    Raises:
        WireClosed: when it is something else.
    """
    try:
        header = json.loads(str(raw, "utf-8"))
    except (ValueError, RecursionError) as error:
        raise WireClosed("header is not JSON") from error
    if not isinstance(header, dict):
        raise WireClosed("header is not an object")
    return header


def send(descriptor: int, message: bytes, body: bytes = b"") -> None:
    """Write a whole message, or its beginning and its body, to a blocking descriptor.

    Raises:
        WireClosed: when the reader is gone.
    """
    parts: list[bytes | memoryview] = [message, body] if body else [message]
    while parts:
        try:
            sent = os.writev(descriptor, parts)
        except OSError as error:
            raise WireClosed from error
        while parts and sent >= len(parts[0]):
            sent -= len(parts.pop(0))
        if parts:
            parts[0] = memoryview(parts[0])[sent:]


class Inbox:
    """Messages out of one blocking descriptor, each in as few reads as it comes in: what a message costs is the kernel's.

    Whoever must not wait for ever ends the process at the other end, see `viewer.tiles.overdue`.

    Args:
        descriptor: to read from.
        parse: makes a header of its bytes; raises `WireClosed` for what is none.
    """

    def __init__(self, descriptor: int, parse: Callable[[bytes | memoryview], dict[str, Any]] = parse_header) -> None:
        self._descriptor = descriptor
        self._parse = parse
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._begin = 0
        self._end = 0

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Wait for one message.

        Raises:
            WireClosed: at end of file, or for lengths beyond the bounds or a header that is none.
        """
        header_bytes, body_bytes = PREFIX.unpack(self._take(PREFIX.size))
        if header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
            raise WireClosed("message out of bounds")
        header = self._parse(self._take(header_bytes))
        return header, bytes(self._take(body_bytes))

    def readable(self) -> bool:
        """Whether something has arrived, or the other side is gone; may be asked while another thread waits in `receive`."""
        poller = select.poll()  # select() fails on descriptors over 1,023, which a busy server has
        poller.register(self._descriptor, select.POLLIN)
        return bool(self._end > self._begin or poller.poll(0))

    def _take(self, count: int) -> bytes | memoryview:
        """The next so many bytes, to be used before anything else is taken."""
        begin, end = self._begin, self._begin + count
        if end > len(self._buffer):
            return self._take_large(count)
        while self._end < end:
            try:
                arrived = os.readv(self._descriptor, [self._buffer[self._end :]])
            except OSError as error:
                raise WireClosed from error
            if not arrived:
                raise WireClosed
            self._end += arrived
        # What is left in the buffer begins the next message; mostly nothing is.
        self._begin, self._end = (0, 0) if end == self._end else (end, self._end)
        return self._buffer[begin:end]

    def _take_large(self, count: int) -> bytes:
        """What goes beyond the buffer. Memory is taken for what has arrived, not for what was announced."""
        parts = [bytes(self._buffer[self._begin : self._end])]
        missing = count - len(parts[0])
        self._begin = self._end = 0
        while missing:
            try:
                parts.append(os.read(self._descriptor, min(missing, PIPE_BYTES)))
            except OSError as error:
                raise WireClosed from error
            if not parts[-1]:
                raise WireClosed
            missing -= len(parts[-1])
        return b"".join(parts)


def widen(descriptor: int) -> None:
    """Let the pipe hold `PIPE_BYTES`, if the system allows it."""
    with contextlib.suppress(OSError, AttributeError):  # used up for this user, or not Linux
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
