"""Stored tiles answered by uvicorn's own HTTP protocol, before a task or a scope is made for them.

A tile in memory costs the pixel application a few microseconds, and the ASGI cycle around it several times that. So a plain
GET of a tile on an idle connection is written to the socket as soon as its headers are complete. Every other request, and a
tile that has to be waited for, goes the ordinary way and gets the same answer there.

A viewer asks for tile after tile with the same headers. What the parser said of a block of headers holds for the next block
that is the same byte for byte, so only the address of such a request is looked at.
"""

from __future__ import annotations

import os
from typing import Any, Final, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from viewer.tiles.app import PixelApp
from viewer.tiles.quick import JPEG_HEADERS, QuickTiles
from viewer.tiles.service import PREFIX

_PREFIX: Final = PREFIX.encode()
_GET: Final = b"GET " + _PREFIX
_LINE_END, _HEADERS_END = b" HTTP/1.1\r\n", b"\r\n\r\n"
_HEADERS: Final = b"".join(b"%b: %b\r\n" % pair for pair in JPEG_HEADERS)
# A request with one of these is more than a plain GET.
_NOT_PLAIN: Final = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})


class _Plain(NamedTuple):
    """The headers of a plain GET: all that came behind the address, and what of it a tile depends on."""

    behind: bytes
    cookies: bytes
    stated: bytes


class TileProtocol(HttpToolsProtocol):
    """One connection; for uvicorn's setting `http`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._quick = _quick_tiles(self.config.loaded_app)
        self._answered = False
        self._defaults: list[tuple[bytes, bytes]] = []
        self._start = b""
        self._between = True  # the parser has seen whole messages only
        self._piece = b""  # what came at once, if it begins a message
        self._plain: _Plain | None = None
        self._socket = -1
        self._answered_s = 0.0

    def connection_made(self, transport: Any) -> None:
        """Note where answers can be written to."""
        super().connection_made(transport)
        socket = transport.get_extra_info("socket")
        self._socket = socket.fileno() if socket is not None and self.scheme == "http" else -1

    def data_received(self, data: bytes) -> None:
        """Answer a tile that is asked for as the one before; pass everything else to the parser."""
        plain = self._plain
        # What is taken for the address is no tile's where it holds a blank or the end of another request.
        if (
            plain is not None
            and self._between
            and data.startswith(_GET)
            and data.endswith(plain.behind)
            and self._is_idle()
            and self._tile(data[4 : -len(plain.behind)], plain)
        ):
            self._answered_s = self.loop.time()
            self.server_state.total_requests += 1
            return
        self._piece = data if self._between else b""
        super().data_received(data)

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, unless tiles went over it meanwhile, for which nobody set the clock back."""
        left_s = self._answered_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left_s, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def on_message_begin(self) -> None:
        """Note that the parser is within a message."""
        self._between = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Answer, or do what uvicorn does."""
        self._answered = self.url.startswith(_PREFIX) and self._answer()
        if not self._answered:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on what belongs to a request that goes the ordinary way."""
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Likewise."""
        self._between = True
        if not self._answered:
            super().on_message_complete()

    def _is_idle(self) -> bool:
        """Whether the answer to the last request is out. A client that asks without reading has to wait its turn."""
        done = self.cycle is None or self.cycle.response_complete
        return done and not self.pipeline and not self.flow.write_paused and not self.transport.is_closing()

    def _answer(self) -> bool:
        """Whether the request was a tile that lay ready, and has been answered."""
        if not self._is_idle():
            return False
        if self.parser.get_method() != b"GET" or self.parser.get_http_version() != "1.1" or not self.parser.should_keep_alive():
            return False
        cookies = stated = b""
        for name, value in self.headers:
            if name == b"cookie":
                cookies = value
            elif name == b"if-none-match":
                stated = value
            elif name in _NOT_PLAIN:
                return False
        _, line_end, raw = self._piece.partition(_LINE_END)
        plain = _Plain(line_end + raw, cookies, stated)
        if not self._tile(self.url, plain):
            return False
        if raw.endswith(_HEADERS_END) and raw.count(_HEADERS_END) == 1:  # this request, whole, and nothing else
            self._plain = plain
        self.on_response_complete()
        return True

    def _tile(self, address: bytes, plain: _Plain) -> bool:
        """Whether the address is that of a tile that lay ready, and the tile is on its way."""
        if self._quick is None or self.root_path:
            return False
        found = self._quick.answer(address.decode("latin-1"), plain.cookies, plain.stated)
        if found is None or found.pieces is None:
            return False
        self._write(found.tag, *found.pieces)
        return True

    def _write(self, tag: str, first: bytes, rest: memoryview) -> None:
        """Hand the answer to the kernel at once, and what it does not take to the event loop."""
        length = len(first) + len(rest)
        head = b"%betag: %b\r\ncontent-length: %d\r\n\r\n%b" % (self._beginning(), tag.encode(), length, first)
        sent = 0
        if self._socket >= 0 and self.transport.get_write_buffer_size() == 0:
            try:
                sent = os.writev(self._socket, (head, rest))
            except OSError:  # full, or closed by the client: the loop sees to either
                sent = 0
        if sent < len(head) + len(rest):
            self.transport.write((head + rest)[sent:])

    def _beginning(self) -> bytes:
        """Status line and the headers that every tile has; made anew when uvicorn has a new date, each second."""
        defaults = self.server_state.default_headers
        if defaults is not self._defaults:
            self._defaults = defaults
            self._start = b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % pair for pair in defaults) + _HEADERS
        return self._start


def _quick_tiles(app: Any) -> QuickTiles | None:
    """The tiles of the pixel application, under whatever uvicorn has wrapped around it."""
    while app is not None and not isinstance(app, PixelApp):
        app = getattr(app, "app", None)
    return None if app is None else app.quick
