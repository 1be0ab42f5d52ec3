"""The pixel application alone, for a benchmark: what stands behind it answers 404."""

import os
from pathlib import Path
from typing import Any

from viewer.tiles.app import PixelApp, PixelSettings


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


app = PixelApp(
    _nothing,
    settings=PixelSettings(Path(os.environ["BENCH_DATA"]), os.environ["BENCH_KEY"].encode(), cache_bytes=1 << 30),
)
