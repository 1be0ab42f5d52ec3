"""Refuses request bodies that nobody will read, before Django spools them to disk.

Under ASGI Django takes the whole body before it looks at the address or the session. A stranger could fill the disk with it.
"""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

# Above the 1 MB of a batch of operations and the 2 MB of any other JSON.
ORDINARY_BYTES = 4 << 20
# Room for the multipart frame around a file.
_FRAME_BYTES = 1 << 20
_UPLOAD = re.compile(
    r"/api/collections/[0-9a-f-]{36}/uploads/|/dicomweb/collections/[0-9a-f-]{36}/studies(?:/[0-9.]{1,64})?|"
    r"/api/campaigns/[0-9a-f-]{36}/images/[0-9a-f-]{36}/cell-layers/|/api/campaigns/[0-9a-f-]{36}/imports/|/api/code-tables/"
)
_PART = re.compile(r"/api/collections/[0-9a-f-]{36}/uploads/tus/[0-9a-f-]{36}/")
# One part of an upload that comes in parts. Django takes the whole body before anything looks at it; what a killed server had of
# it is lost, so that parts are small.
PART_BYTES = 16 << 20
_SESSION_COOKIE = re.compile(rb"(?:^|;\s*)sessionid=[0-9a-z]{16,}")


class BodyTooLarge(Exception):
    """More bytes came than the request may have."""


class BodyLimit:
    """An ASGI application around another: large bodies only for people with a session, and only where files are taken."""

    def __init__(self, application: Application, *, upload_bytes: int) -> None:
        self._application = application
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = self._limit(scope["path"], headers)
        if int(headers.get(b"content-length", b"0")) > limit:
            await _refuse(send, limit)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > limit:
                    raise BodyTooLarge
            return message

        try:
            await self._application(scope, counted, send)
        except BodyTooLarge:
            # Only a body without a stated length comes here, and Django reads it before it answers anything.
            await _refuse(send, limit)

    def _limit(self, path: str, headers: dict[bytes, bytes]) -> int:
        if not _SESSION_COOKIE.search(headers.get(b"cookie", b"")):
            return ORDINARY_BYTES
        if _PART.fullmatch(path):
            return PART_BYTES
        return self._upload_bytes + _FRAME_BYTES if _UPLOAD.fullmatch(path) else ORDINARY_BYTES


async def _refuse(send: Send, limit: int) -> None:
    error = {
        "code": "too_large",
        "message": f"The request is larger than {limit} bytes. / 送信されたデータが大きすぎます。",
        "hint": "Sign in before sending files, and send each file by itself. / サインインしてから、ファイルを一つずつ送ってください。",
    }
    body = json.dumps({"error": error}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
