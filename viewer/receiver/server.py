"""A receiver of instances by C-STORE (PS3.4 annex B): one event loop, one thread for each instance that is being stored."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from viewer.models import Collection
from viewer.receiver.arriving import Arriving, Incoming
from viewer.receiver.association import Association
from viewer.receiver.dimse import Command
from viewer.receiver.rules import Rules

# Connections beyond the permitted associations are told so in the protocol; still more are not even listened to.
_WAITING_FACTOR: Final = 4


class Receiver:
    """Takes instances into one collection.

    Args:
        collection: where to.
        rules: who may send, and how much.
        threads: how many instances are stored at a time.
        tls: with which connections are secured; None for plain ones.
    """

    def __init__(self, collection: Collection, rules: Rules, *, threads: int, tls: ssl.SSLContext | None = None) -> None:
        self._collection, self._rules, self._tls = collection, rules, tls
        self._threads = ThreadPoolExecutor(threads, "storing")
        self._stopping = asyncio.Event()
        self._running: dict[asyncio.Task[None], Association] = {}

    def stop(self) -> None:
        """Take no further instance; those on their way may arrive. Called in the event loop."""
        self._stopping.set()

    async def run(self, host: str, port: int, ready: Callable[[int], None]) -> None:
        """Listen until told to stop.

        Args:
            host: address to listen on.
            port: to listen on; 0 for any free one.
            ready: called with the port once peers can connect.

        Raises:
            OSError: when the address cannot be listened on.
        """
        handshake_s = self._rules.request_s if self._tls else None
        server = await asyncio.start_server(self._connected, host, port, ssl=self._tls, ssl_handshake_timeout=handshake_s)
        ready(int(server.sockets[0].getsockname()[1]))
        await self._stopping.wait()
        server.close()
        for task, association in self._running.items():
            if not association.established:
                task.cancel()
        if self._running:
            _, late = await asyncio.wait(list(self._running), timeout=self._rules.grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        # What is being stored at this moment becomes whole; its sender will ask again and hear that it is there.
        self._threads.shutdown()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._stopping.is_set() or len(self._running) >= self._rules.associations * _WAITING_FACTOR:
            writer.close()
            return
        association = Association((reader, writer), self._rules, self._open, self._threads, self._stopping)
        self._running[task] = association
        try:
            await association.run(others=lambda: sum(each.established for each in self._running.values()))
        except asyncio.CancelledError:
            # Told to stop while the peer was still speaking; the task, which the stream server made, ends quietly.
            return
        finally:
            del self._running[task]

    def _open(self, command: Command, syntax: str) -> Incoming:
        return Arriving(self._collection, command, syntax, limit_bytes=self._rules.instance_bytes)


def tls_context(certificate: str, key: str, callers: str) -> ssl.SSLContext:
    """Return what secures connections (PS3.15 B.9: TLS 1.2 or newer).

    Args:
        certificate: path of the receiver's certificate, with its chain (PEM).
        key: path of its private key (PEM).
        callers: path of the certificates (PEM) by which a sender's own certificate is checked; empty: senders need none.

    Raises:
        OSError: when a file cannot be read or is none; ``ssl.SSLError`` is one.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if callers:
        context.load_verify_locations(callers)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
