"""An HTTP transport that connects to one address, keeps one deadline, and follows nothing."""

import ssl
import time
import typing
from collections.abc import Iterable

import httpcore
import httpx

SocketOption = typing.Any


class Deadline:
    """The instant at which everything must be over, on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, 0 if none."""
        return max(0.0, self._end - time.monotonic())

    def shorten(self, timeout_s: float | None) -> float:
        """Return the smaller of a time limit and what is left; raises ``httpcore.ReadTimeout`` when nothing is."""
        left = self.left()
        if left <= 0.0:
            raise httpcore.ReadTimeout
        return left if timeout_s is None else min(timeout_s, left)


class _DeadlineStream(httpcore.NetworkStream):
    """A connection every step of which ends at the deadline: a drop a second does not keep it open."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.shorten(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.shorten(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, self._deadline.shorten(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> typing.Any:
        return self._stream.get_extra_info(info)


class _PinnedBackend(httpcore.NetworkBackend):
    """Opens connections to the pinned address, whatever host the request names."""

    def __init__(self, pinned: str, deadline: Deadline) -> None:
        self._pinned = pinned
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._backend.connect_tcp(self._pinned, port, self._deadline.shorten(timeout), local_address, socket_options)
        return _DeadlineStream(stream, self._deadline)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOption] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.UnsupportedProtocol


class _Body(httpx.SyncByteStream):
    """Hands httpx the raw bytes of an httpcore answer."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> typing.Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class PinnedTransport(httpx.BaseTransport):
    """One exchange with one address. TLS still checks the certificate against the host's name.

    Errors are those of httpcore: the client translates them into its own.
    """

    def __init__(self, pinned: str, deadline: Deadline) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=1,
            max_keepalive_connections=0,
            http1=True,
            http2=False,
            retries=0,
            network_backend=_PinnedBackend(pinned, deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and return the answer with its body unread."""
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions)

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()
