"""The pixel application for a benchmark of isolation: with pixel workers, and with the same readers in the web process itself."""

import importlib
import os
import threading
from typing import Any

from bench.tile_site import _nothing, _settings
from viewer.tiles import render, worker
from viewer.tiles.app import PixelApp
from viewer.tiles.pool import PixelPool


class InProcess(PixelPool):
    """Renders in the thread that asks, one picture at a time: what no server should do with a stranger's file."""

    _rendering = threading.Lock()

    def _ask(self, header: dict[str, Any], path: str) -> tuple[dict[str, Any], bytes]:
        with self._rendering:
            return render.serve(header)

    def warm_up(self) -> None:
        """Import what a worker would import."""
        for name in worker._ENGINES:  # noqa: SLF001 -- so that both sides have the same
            importlib.import_module(name)


in_process = PixelApp(_nothing, settings=_settings, pool=InProcess())
in_workers = PixelApp(_nothing, settings=_settings, pool=PixelPool(workers=int(os.environ.get("BENCH_WORKERS", "2"))))
