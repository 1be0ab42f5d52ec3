"""One pool for all pixel tests, and how a source is made from an inspection."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from viewer.tiles.pool import PixelPool


@pytest.fixture(scope="session")
def pool() -> Iterator[PixelPool]:
    """Two real workers."""
    shared = PixelPool(workers=2)
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def opened(pool: PixelPool) -> Callable[..., tuple[dict[str, Any], dict[str, Any]]]:
    """Inspect a file and make the source that the catalogue would store for it."""

    def inspect(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        found = pool.inspect(str(path))
        source = {
            "engine": found["engine"],
            "kind": found["kind"],
            "paths": [str(path)],
            "frame_map": None,
            "levels": found["levels"],
            "encoding": found["frames"]["encoding"] if found["frames"] else None,
        }
        return found, source

    return inspect
