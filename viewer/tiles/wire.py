"""How the pool and its workers talk: one JSON header and one binary body, each with its length in front.

Layout of a message, little endian: `u32 header length`, `u64 body length`, header (UTF-8 JSON object), body. Lengths are
bounded on both sides, because the peer of the pool is a process that may have been taken over by a hostile file.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import struct
import time
from collections.abc import Mapping
from typing import Any, Final

PREFIX: Final = struct.Struct("<IQ")
MAX_HEADER_BYTES: Final = 16 << 20
MAX_BODY_BYTES: Final = 1 << 30
# Several tiles come in one read.
_CHUNK: Final = 1 << 18
# As much as Linux lets anybody have (pipe(7)): a worker that can leave a whole frame there goes on with the next one.
PIPE_BYTES: Final = 1 << 20
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class WireClosed(Exception):
    """The other side closed its end, or sent something that is no message."""


class WireTimeout(Exception):
    """The message was not complete by the deadline."""


def pack(header: Mapping[str, Any], body: bytes = b"") -> bytes:
    """One message as bytes.

    Raises:
        ValueError: when the header is not plain finite JSON.
    """
    encoded = encode(header)
    return PREFIX.pack(len(encoded), len(body)) + encoded + body


def encode(header: Mapping[str, Any]) -> bytes:
    """A header as one line of UTF-8 JSON.

    Raises:
        ValueError: when it is not plain finite JSON.
    """
    return _ENCODER.encode(header).encode("utf-8", "replace")


def send(descriptor: int, message: bytes, deadline: float | None, body: bytes = b"") -> None:
    """Write a whole message, or its beginning and its body, to a descriptor; waits where a non-blocking one is full.

    Raises:
        WireClosed: when the reader is gone.
        WireTimeout: when `deadline` (monotonic seconds; None waits for ever) passes first.
    """
    parts = [memoryview(part) for part in (message, body) if part]
    while parts:
        try:
            sent = os.writev(descriptor, parts)
        except BlockingIOError:
            _wait(descriptor, select.POLLOUT, deadline)
            continue
        except OSError as error:
            raise WireClosed from error
        while parts and sent >= len(parts[0]):
            sent -= len(parts.pop(0))
        if parts:
            parts[0] = parts[0][sent:]


class Inbox:
    """Messages out of one descriptor, each in as few reads as it comes in: what a message costs is mostly the kernel's."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poller = select.poll()  # select() fails on descriptors over 1,023, which a busy server has
        self._poller.register(descriptor, select.POLLIN)
        self._rest = b""

    def receive(self, deadline_s: float | None) -> tuple[dict[str, Any], bytes]:
        """Wait for one message.

        Raises:
            WireClosed: at end of file, or for lengths beyond the bounds or a header that is no JSON object.
            WireTimeout: when `deadline_s` (monotonic seconds; None waits for ever) passes first.
        """
        start = self._at_least(PREFIX.size, self._rest, deadline_s)
        header_bytes, body_bytes = PREFIX.unpack_from(start)
        if header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
            raise WireClosed("message out of bounds")
        header_end = PREFIX.size + header_bytes
        end = header_end + body_bytes
        whole = self._at_least(end, start, deadline_s)
        view = memoryview(whole)
        self._rest = bytes(view[end:])
        return parse_header(bytes(view[PREFIX.size : header_end])), bytes(view[header_end:end])

    def readable(self) -> bool:
        """Whether something has arrived, or the other side is gone; may be asked while another thread waits in `receive`."""
        poller = select.poll()  # one poll object takes one thread at a time
        poller.register(self._descriptor, select.POLLIN)
        return bool(self._rest or poller.poll(0))

    def _at_least(self, count: int, begun: bytes | bytearray, deadline_s: float | None) -> bytes | bytearray:
        """So many bytes or more. Memory is taken for what has arrived, not for what was announced."""
        if len(begun) >= count:
            return begun
        chunk = self._chunk(count - len(begun), deadline_s)
        if not begun and len(chunk) >= count:
            return chunk
        buffer = bytearray(begun)
        buffer += chunk
        while len(buffer) < count:
            buffer += self._chunk(count - len(buffer), deadline_s)
        return buffer

    def _chunk(self, wanted: int, deadline_s: float | None) -> bytes:
        """What comes next. A peer that never stops sending must not keep anybody past the deadline."""
        if deadline_s is not None:
            remaining_s = deadline_s - time.monotonic()
            if remaining_s <= 0 or not self._poller.poll(remaining_s * 1000):
                raise WireTimeout
        try:
            chunk = os.read(self._descriptor, min(max(wanted, _CHUNK), PIPE_BYTES))
        except OSError as error:
            raise WireClosed from error
        if not chunk:
            raise WireClosed
        return chunk


def parse_header(raw: bytes | bytearray) -> dict[str, Any]:
    """The header's JSON object.

    Raises:
        WireClosed: when it is something else.
    """
    try:
        header = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise WireClosed("header is not JSON") from error
    if not isinstance(header, dict):
        raise WireClosed("header is not an object")
    return header


def widen(descriptor: int) -> None:
    """Let the pipe hold `PIPE_BYTES`, if the system allows it."""
    with contextlib.suppress(OSError, AttributeError):  # used up for this user, or not Linux
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _wait(descriptor: int, event: int, deadline: float | None) -> None:
    poller = select.poll()
    poller.register(descriptor, event)
    if deadline is None:
        poller.poll()
        return
    remaining = deadline - time.monotonic()
    if remaining <= 0 or not poller.poll(remaining * 1000):
        raise WireTimeout
