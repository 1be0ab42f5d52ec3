"""Channel layers of both kinds: in the process, and on a real Redis."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, channel_layers
from channels_redis.core import RedisChannelLayer
from django.db import connections

from tests.ports import free_port
from tests.redis_server import redis_server


@pytest.fixture(autouse=True)
async def _no_connection_left() -> AsyncIterator[None]:
    """Close the connection of the thread in which asynchronous code uses the database; PostgreSQL drops no database in use."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Redis server that lives as long as the tests."""
    with redis_server(tmp_path_factory.mktemp("redis")) as (url, _server):
        yield url


@pytest.fixture
def mortal_layer(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A layer whose Redis the test may kill."""
    with redis_server(tmp_path) as (url, server):
        before = channel_layers.set("default", RedisChannelLayer(hosts=[url]))
        yield server
        channel_layers.set("default", before)


@pytest.fixture
def memory_layer() -> Iterator[None]:
    """The layer of a site that is one process."""
    before = channel_layers.set("default", InMemoryChannelLayer())
    yield
    channel_layers.set("default", before)


@pytest.fixture
def redis_layer(redis_url: str) -> Iterator[None]:
    """The layer of a site of several processes."""
    before = channel_layers.set("default", RedisChannelLayer(hosts=[redis_url]))
    yield
    channel_layers.set("default", before)


@pytest.fixture(params=["memory", "redis"])
def layer(request: pytest.FixtureRequest) -> str:
    """Either layer."""
    request.getfixturevalue(f"{request.param}_layer")
    return str(request.param)


@pytest.fixture
def dead_layer() -> Iterator[None]:
    """A Redis that is not there."""
    before = channel_layers.set("default", RedisChannelLayer(hosts=[f"redis://127.0.0.1:{free_port()}/0"]))
    yield
    channel_layers.set("default", before)
