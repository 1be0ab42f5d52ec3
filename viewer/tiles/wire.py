"""How the pool and its workers talk: one JSON header and one binary body, each with its length in front.

Layout of a message, little endian: `u32 header length`, `u64 body length`, header (UTF-8 JSON object), body. Lengths are
bounded on both sides, because the peer of the pool is a process that may have been taken over by a hostile file.
"""

from __future__ import annotations

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
_CHUNK: Final = 1 << 20


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
    return json.dumps(header, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def send(descriptor: int, message: bytes, deadline: float | None) -> None:
    """Write a whole message to a non-blocking descriptor.

    Raises:
        WireClosed: when the reader is gone.
        WireTimeout: when `deadline` (monotonic seconds; None waits for ever) passes first.
    """
    view = memoryview(message)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            _wait(descriptor, select.POLLOUT, deadline)
        except OSError as error:
            raise WireClosed from error


def receive(descriptor: int, deadline: float | None) -> tuple[dict[str, Any], bytes]:
    """Read one message from a non-blocking descriptor.

    Raises:
        WireClosed: at end of file, or for lengths beyond the bounds or a header that is no JSON object.
        WireTimeout: when `deadline` (monotonic seconds; None waits for ever) passes first.
    """
    header_bytes, body_bytes = PREFIX.unpack(_read_exactly(descriptor, PREFIX.size, deadline))
    if header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise WireClosed("message out of bounds")
    rest = _read_exactly(descriptor, header_bytes + body_bytes, deadline)
    return parse_header(rest[:header_bytes]), bytes(memoryview(rest)[header_bytes:])


def readable(descriptor: int) -> bool:
    """Whether something has arrived, or the other side is gone."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(0))


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


def _check(deadline: float | None) -> None:
    """A peer that never stops sending must not keep anybody past the deadline."""
    if deadline is not None and time.monotonic() > deadline:
        raise WireTimeout


def _wait(descriptor: int, event: int, deadline: float | None) -> None:
    poller = select.poll()  # select() fails on descriptors over 1,023, which a busy server has
    poller.register(descriptor, event)
    if deadline is None:
        poller.poll()
        return
    remaining = deadline - time.monotonic()
    if remaining <= 0 or not poller.poll(remaining * 1000):
        raise WireTimeout


def _read_exactly(descriptor: int, count: int, deadline: float | None) -> bytes | bytearray:
    """Bytes as they come. Memory is taken for what has arrived, not for what was announced."""
    buffer = bytearray()
    while len(buffer) < count:
        try:
            chunk = os.read(descriptor, min(count - len(buffer), _CHUNK))
        except BlockingIOError:
            _wait(descriptor, select.POLLIN, deadline)
            continue
        except OSError as error:
            raise WireClosed from error
        if not chunk:
            raise WireClosed
        if len(chunk) == count:
            return chunk
        buffer += chunk
        _check(deadline)
    return buffer
