"""The real pixel application under load: a server on a free port, many images, and people who ask for tiles and frames.

Each image is a new name for one of a few real files, so that no answer comes from the cache.
"""

import itertools
import json
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from viewer.tiles import grant
from viewer.tiles.app import PixelApp, PixelSettings
from viewer.tiles.pool import PixelPool

KEY = b"a key for loads, thirty-two byte"
REVISION = "1"


class PixelSite:
    """A running pixel application over some image files.

    Args:
        folder: for manifests and cache.
        files: real images; each gets `copies` names.
        pool: decodes.
    """

    def __init__(self, folder: Path, files: list[Path], pool: PixelPool, *, copies: int = 40) -> None:
        (folder / "manifests").mkdir(parents=True)
        self._addresses: list[tuple[uuid.UUID, str]] = []
        for path in files:
            found = pool.inspect(str(path))
            paths = _paths_of(found)
            for _ in range(copies):
                image = uuid.uuid4()
                source = {"engine": found["engine"], "kind": found["kind"], "paths": [str(path)], "frame_map": None}
                manifest = {"id": str(image), "revision": int(REVISION), "source": source}
                (folder / "manifests" / f"{image}.json").write_text(json.dumps(manifest))
                self._addresses += [(image, f"/pixels/{image}/{REVISION}/{rest}") for rest in paths]
        random.Random(7).shuffle(self._addresses)
        self._fresh = itertools.cycle(self._addresses)
        settings = PixelSettings(data_dir=folder, signing_key=KEY, cache_bytes=1 << 30)
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        application = PixelApp(_nothing_else, settings=settings, pool=pool)
        self._server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="on"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    @property
    def size(self) -> int:
        """How many different answers there are; after that many requests the cache would take part."""
        return len(self._addresses)

    def request(self) -> tuple[str, dict[str, str]]:
        """The address of a tile or frame that nobody asked for yet, and the cookie that grants it."""
        image, path = next(self._fresh)
        token = grant.sign(image, 1, time.time() + 600, KEY)
        return path, {"Cookie": f"{grant.cookie_name(image)}={token}"}


def _paths_of(found: dict[str, Any]) -> list[str]:
    if found["kind"] == "frames":
        return [f"frames/{number}" for number in range(found["frame_count"])]
    return [
        f"tiles/{level['index']}/{column}/{row}"
        for level in found["levels"]
        for column in range(level["columns"])
        for row in range(level["rows"])
    ]


async def _nothing_else(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("only pixels are asked for")


@dataclass
class Load:
    """What some people who ask one request after the other got.

    Attributes:
        started: monotonic seconds at which each answered request was sent.
        seconds: how long it took.
        failures: status and text of every answer that was not the picture.
    """

    site: PixelSite
    people: int = 4
    started: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask while the block runs."""
        stop = threading.Event()
        threads = [threading.Thread(target=self._ask, args=(stop,)) for _ in range(self.people)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _ask(self, stop: threading.Event) -> None:
        with httpx.Client(base_url=self.site.url, timeout=60) as http:
            while not stop.is_set():
                path, headers = self.site.request()
                sent = time.monotonic()
                answer = http.get(path, headers=headers)
                if answer.status_code != 200 or not answer.content:
                    self.failures.append(f"{answer.status_code} {answer.text[:200]}")
                self.started.append(sent)
                self.seconds.append(time.monotonic() - sent)
