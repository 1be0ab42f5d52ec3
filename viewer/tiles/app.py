"""The pixel route in front of the web application, once for ASGI and once for WSGI.

Paths under `/pixels/` are answered here, outside any framework: no database, no middleware. Everything else goes to the
wrapped application untouched.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from viewer.tiles.cores import of_this_machine
from viewer.tiles.film import Stream
from viewer.tiles.gathering import Gathering
from viewer.tiles.pool import PixelPool
from viewer.tiles.quick import FOR_EVER, JPEG_HEADERS
from viewer.tiles.service import IN_SRGB, PREFIX, PixelService, PixelSettings, Reply, Request, together
from viewer.tiles.turns import Turns

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_IN_SRGB: Final = IN_SRGB[1:].encode()
_JPEG_HEADERS: Final = [*FOR_EVER.items(), ("Content-Type", "image/jpeg")]
_NEEDED: Final = frozenset({b"cookie", b"if-none-match", b"accept-encoding", b"range", b"if-range"})  # ASGI sends names in lower case
_IN_ENVIRON: Final = {name.decode(): f"HTTP_{name.decode().upper().replace('-', '_')}" for name in _NEEDED}

__all__ = ["PixelApp", "PixelSettings", "PixelWsgi"]


class PixelApp:
    """An ASGI application that answers for pixels and hands the rest on.

    A stored tile that lies in memory is answered on the spot. Other requests run in threads of their own, so that a slow
    disk or decoder never delays the event loop or the wrapped application; the newest comes first, with those that can go
    along, and a request whose client went away before its turn is dropped.
    """

    def __init__(self, asgi_app: AsgiApplication, *, settings: PixelSettings, pool: PixelPool | None = None) -> None:
        self._wrapped = asgi_app
        self._service = PixelService(settings, pool)
        self.quick = self._service.quick
        at_once = 4 + (os.cpu_count() or 2)
        self._threads = ThreadPoolExecutor(max_workers=2 * at_once, thread_name_prefix="pixels")
        self._turns = Turns(at_once)
        self._gathering = Gathering(self._service.reply_together, self._threads, at_once, of_this_machine())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._wrapped(scope, receive, send)
            return
        cookies = stated = b""
        for name, value in scope["headers"]:  # ASGI sends names in lower case
            if name == b"cookie":
                cookies = value
            elif name == b"if-none-match":
                stated = value
        path = scope["path"] + IN_SRGB if scope.get("query_string") == _IN_SRGB else scope["path"]
        if scope["method"] == "GET" and (quick := self.quick.answer(path, cookies, stated)) is not None and quick.pieces is not None:
            body = b"".join(quick.pieces)
            ready = [(b"etag", quick.tag.encode()), *JPEG_HEADERS, (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": ready})
            await send({"type": "http.response.body", "body": body})
            return
        await self._reply(scope, path, receive, send)

    async def _reply(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        """Answer with whatever takes longer, or is no picture."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"] if name in _NEEDED}
        reply = self._service.reply_at_once(scope["method"], path, headers)
        if reply is not None:
            await _send(send, scope["method"], reply)
            return
        work = asyncio.create_task(self._reply_in_turn(scope["method"], path, headers))
        gone = asyncio.create_task(_until_disconnect(receive))
        both: set[asyncio.Future[Any]] = {work, gone}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            return
        reply = work.result()
        if isinstance(reply.body, Stream):
            await self._send_stream(send, scope["method"], reply, gone)
            return
        gone.cancel()
        await _send(send, scope["method"], reply)

    async def _send_stream(self, send: Send, method: str, reply: Reply, gone: asyncio.Task[None]) -> None:
        """Send a long body as fast as it is taken; no thread waits for the client, and reading ends when that goes away."""
        loop, stream = asyncio.get_running_loop(), reply.body
        assert isinstance(stream, Stream)  # noqa: S101 -- narrows the type, the caller looked
        headers = [_encoded(name, value) for name, value in reply.headers.items()]
        try:
            await send({"type": "http.response.start", "status": int(reply.status), "headers": headers})
            chunks = iter(stream)
            while method != "HEAD" and not gone.done() and (chunk := await loop.run_in_executor(None, next, chunks, b"")):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def _reply_in_turn(self, method: str, path: str, headers: dict[str, str]) -> Reply:
        group = together(method, path)
        reply = None if group is None else await self._gathering.ask(group, Request(method, path, headers))
        if reply is not None:
            return reply
        await self._turns.take()
        answer = asyncio.get_running_loop().run_in_executor(self._threads, self._service.reply, method, path, headers)
        answer.add_done_callback(lambda _: self._turns.give_back())  # the thread goes on even if nobody waits any more
        return await asyncio.shield(answer)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start the decoders with the server and stop them with it; neither Django nor Channels takes part in this."""
        loop = asyncio.get_running_loop()
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                loop.run_in_executor(self._threads, self._service.start)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await loop.run_in_executor(None, self._service.stop)
                self._threads.shutdown(wait=False, cancel_futures=True)
                await send({"type": "lifespan.shutdown.complete"})
                return


class PixelWsgi:
    """A WSGI application that answers for pixels and hands the rest on; it runs in the server's own thread."""

    def __init__(self, wsgi_app: WsgiApplication, *, settings: PixelSettings, pool: PixelPool | None = None) -> None:
        self._wrapped = wsgi_app
        self._service = PixelService(settings, pool)
        self._quick = self._service.quick

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._wrapped(environ, start_response)
        if environ.get("QUERY_STRING") == IN_SRGB[1:]:
            path += IN_SRGB
        method: str = environ.get("REQUEST_METHOD", "GET")
        cookies, stated = environ.get("HTTP_COOKIE", "").encode("latin-1"), environ.get("HTTP_IF_NONE_MATCH", "").encode("latin-1")
        quick = self._quick.answer(path, cookies, stated, wait=True) if method == "GET" else None
        if quick is not None and quick.pieces is not None:
            body = b"".join(quick.pieces)
            start_response("200 OK", [("ETag", quick.tag), ("Content-Length", str(len(body))), *_JPEG_HEADERS])
            return [body]
        headers = {name: str(environ[key]) for name, key in _IN_ENVIRON.items() if key in environ}
        reply = self._service.reply(method, path, headers)
        start_response(f"{int(reply.status)} {HTTPStatus(reply.status).phrase}", list(reply.headers.items()))
        if method == "HEAD":
            return []
        return [reply.body] if isinstance(reply.body, bytes) else reply.body


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, method: str, reply: Reply) -> None:
    headers = [_encoded(name, value) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": int(reply.status), "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else reply.body})


@lru_cache(maxsize=1024)
def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    """A header as ASGI wants it; most of them are the same on every tile."""
    return name.lower().encode("latin-1"), value.encode("latin-1")
