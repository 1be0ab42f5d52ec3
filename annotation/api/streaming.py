"""Answers that are made while they are sent, under WSGI and under ASGI alike."""

from collections.abc import Iterator
from typing import Protocol

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request


class Download(Protocol):
    """Something to send as a file; `close` may be called at any time, and more than once."""

    file_name: str

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes."""
        ...

    def close(self) -> None:
        """Free what is held."""
        ...


class _Body:
    """The pieces of a download. The response closes it, also when nobody has taken a single piece."""

    def __init__(self, download: Download) -> None:
        self._chunks = download.chunks()
        self.close = download.close

    def take(self) -> bytes | None:
        """Return the next piece, None at the end."""
        return next(self._chunks, None)


class _PlainBody(_Body):
    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)


class _AsyncBody(_Body):
    def __aiter__(self) -> "_AsyncBody":
        return self

    async def __anext__(self) -> bytes:
        # in the request's own thread, where its database connection lives
        chunk = await sync_to_async(self.take)()
        if chunk is None:
            raise StopAsyncIteration
        return chunk


def stream_file(request: Request, download: Download, *, content_type: str, size: int | None = None) -> StreamingHttpResponse:
    """Return a response that sends a file piece by piece; memory holds one piece at a time."""
    # Under ASGI Django would collect a plain iterator in memory before it sends the first byte.
    body = _AsyncBody(download) if hasattr(request, "scope") else _PlainBody(download)
    disposition = content_disposition_header(as_attachment=True, filename=download.file_name) or "attachment"
    response = StreamingHttpResponse(body, content_type=content_type, headers={"Content-Disposition": disposition})
    response.headers["Cache-Control"] = "private, no-store"
    if size is not None:
        response.headers["Content-Length"] = str(size)
    return response
