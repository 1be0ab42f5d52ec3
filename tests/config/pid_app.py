"""An ASGI application that answers with the number of the process it runs in."""

import os
from typing import Any


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer any request."""
    body = str(os.getpid()).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
