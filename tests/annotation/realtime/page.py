"""A page at the other end of a socket, spoken to through the ASGI protocol itself."""

from __future__ import annotations

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from asgiref.typing import ASGI3Application

JSON = dict[str, Any]


class Page:
    """One WebSocket to an ASGI application, with the session cookie and the origin that a browser would send."""

    def __init__(
        self, application: ASGI3Application | Any, path: str, *, cookie: str = "", origin: str | None = "http://127.0.0.1"
    ) -> None:
        headers = [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        scope = {"type": "websocket", "asgi": {"version": "3.0"}, "path": path, "query_string": b"", "headers": headers, "subprotocols": []}
        self.wire = ApplicationCommunicator(application, scope)

    async def connect(self) -> bool:
        """Shake hands; return whether the application accepted."""
        await self.wire.send_input({"type": "websocket.connect"})
        return bool((await self.wire.receive_output(15))["type"] == "websocket.accept")

    async def receive(self) -> JSON:
        """Return the next message."""
        output = await self.wire.receive_output(15)
        assert output["type"] == "websocket.send", output
        message: JSON = json.loads(output["text"])
        return message

    async def receive_nothing(self) -> bool:
        """Return whether no message is waiting."""
        return bool(await self.wire.receive_nothing(timeout=0.1, interval=0.02))

    async def closed_with(self) -> tuple[int, str]:
        """Return code and reason of the closing, passing over what comes before it."""
        while (output := await self.wire.receive_output(15))["type"] != "websocket.close":
            pass
        await self.disconnect(output["code"])
        return output["code"], output["reason"]

    async def send(self, *, text: str | None = None, data: bytes | None = None) -> None:
        """Send something that the application did not ask for."""
        await self.wire.send_input({"type": "websocket.receive", "text": text, "bytes": data})

    async def disconnect(self, code: int = 1000) -> None:
        """Go away, and wait until the application has noticed."""
        await self.wire.send_input({"type": "websocket.disconnect", "code": code})
        await self.wire.wait(15)
