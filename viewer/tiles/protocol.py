"""Stored tiles answered by uvicorn's own HTTP protocol, before a task or a scope is made for them.

A tile in memory costs the pixel application a few microseconds, and the ASGI cycle around it several times that. So a plain
GET of a tile on an idle connection is written to the socket as soon as its headers are complete. Every other request, and a
tile that has to be waited for, goes the ordinary way and gets the same answer there.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from viewer.tiles.app import PixelApp
from viewer.tiles.quick import JPEG_HEADERS, QuickTiles
from viewer.tiles.service import PREFIX

_PREFIX: Final = PREFIX.encode()
_HEADERS: Final = b"".join(b"%b: %b\r\n" % pair for pair in JPEG_HEADERS)
# A request with one of these is more than a plain GET.
_NOT_PLAIN: Final = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})


class TileProtocol(HttpToolsProtocol):
    """One connection; for uvicorn's setting `http`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._quick = _quick_tiles(self.config.loaded_app)
        self._answered = False
        self._defaults: list[tuple[bytes, bytes]] = []
        self._start = b""

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
        if not self._answered:
            super().on_message_complete()

    def _answer(self) -> bool:
        """Whether the request was a tile that lay ready, and has been answered."""
        idle = self.cycle is None or self.cycle.response_complete
        # A client that asks without reading has to wait its turn in the ordinary way.
        if self._quick is None or not idle or self.pipeline or self.flow.write_paused or self.root_path or b"%" in self.url:
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
        found = self._quick.answer(self.url.decode("latin-1"), cookies, stated)
        if found is None or found.body is None:
            return False
        head = b"%betag: %b\r\ncontent-length: %d\r\n\r\n" % (self._beginning(), found.tag.encode(), len(found.body))
        self.transport.writelines((head, found.body))
        self.on_response_complete()
        return True

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
