"""The pixel application alone, for a benchmark, as ASGI and as WSGI: what stands behind it answers 404."""

import os
from pathlib import Path
from typing import Any

from viewer.tiles.app import PixelApp, PixelSettings, PixelWsgi


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _nothing_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [("Content-Length", "0")])
    return [b""]


_settings = PixelSettings(Path(os.environ["BENCH_DATA"]), os.environ["BENCH_KEY"].encode(), cache_bytes=1 << 30)
app = PixelApp(_nothing, settings=_settings)
wsgi = PixelWsgi(_nothing_wsgi, settings=_settings)
