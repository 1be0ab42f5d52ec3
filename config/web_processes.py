"""Web processes side by side, each listening on a socket of its own.

Processes that share one listening socket share it badly: the one that wakes first accepts all that waits, and the six
connections over which a browser asks for a screen of tiles end in one process while the others idle. With SO_REUSEPORT
(socket(7)) the kernel deals new connections out among the listeners.
"""

import socket
from typing import Any

import uvicorn
from uvicorn.config import Config
from uvicorn.supervisors import Multiprocess


class _Place:
    """An address of which every process makes a listener for itself: what is unpickled is a new socket."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port

    def __reduce__(self) -> tuple[Any, tuple[str, int]]:
        return _bound, (self.host, self.port)


def _bound(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    return listener


def run_web(application: str, *, host: str, port: int, workers: int, **settings: Any) -> None:
    """Run an ASGI application under uvicorn until told to stop.

    application is an import string; settings are uvicorn's own. Raises SystemExit where the address is taken or the
    application does not start.
    """
    if workers == 1:
        uvicorn.run(application, host=host, port=port, **settings)
        return
    config = Config(application, host=host, port=port, workers=workers, **settings)
    try:
        # Bound and not listening: it gets no connection, and keeps the port while processes come and go.
        keeper = _bound(host, port)
    except OSError as error:
        raise SystemExit(f"Cannot listen on {host}:{port}: {error.strerror}") from error
    with keeper:
        place: Any = _Place(host, keeper.getsockname()[1])
        Multiprocess(config, sockets=[place]).run()
