"""What is answered for a video besides its frames: the stored stream in parts, the frame index, and the strip of small pictures.

No codec and no database: bytes are read from where they lie. Only an index that is missing is made anew, by a pixel worker.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from viewer.readers.errors import MalformedFile, OutOfRange
from viewer.readers.video.spans import Span, Spans
from viewer.readers.video.times import SUFFIX
from viewer.tiles.ranges import Unsatisfiable, asked_part

MOST_BYTES: Final = 4 << 20
CHUNK_BYTES: Final = 256 << 10


class Indexer(Protocol):
    """What makes a frame index; a `PixelPool` does."""

    def frame_times(self, source: dict[str, Any]) -> bytes:
        """The packed frame index of a video."""


class Stream:
    """The whole of a stored stream, opened when it is sent and read a chunk at a time.

    Args:
        path: of the file that holds it.
        spans: where in the file.
    """

    def __init__(self, path: str, spans: list[Span]) -> None:
        self._path, self._spans = path, spans

    def __iter__(self) -> Iterator[bytes]:
        run = Spans(self._path, self._spans)
        try:
            for place in range(0, run.size, CHUNK_BYTES):
                yield run.upto(place, CHUNK_BYTES)
        finally:
            run.close()


Answer = tuple[HTTPStatus, dict[str, str], bytes | Stream]


def stream_answer(source: dict[str, Any], method: str, headers: dict[str, str], tag: str) -> Answer:
    """Status, headers and body for the stored stream of a video.

    Args:
        source: as in the manifest.
        method: GET or HEAD; a range counts for GET alone (RFC 9110, 14.2).
        headers: as sent, lower-case names.
        tag: strong entity tag.

    Raises:
        OutOfRange: when the video has no stream that browsers play.
        MalformedFile: when the file is gone or shorter than it was.
    """
    video = source.get("video") or {}
    if not video.get("spans"):
        raise OutOfRange("no_such_frame")
    path, spans = str(source["paths"][0]), [(int(start), int(length)) for start, length in video["spans"]]
    try:
        run = Spans(path, spans)
    except OSError as error:
        raise MalformedFile("not_found") from error
    try:
        said = {"Content-Type": str(video["media_type"]).partition(";")[0], "Accept-Ranges": "bytes", "ETag": tag}
        return _answer(run, Stream(path, spans), headers if method == "GET" else {}, said)
    finally:
        run.close()


def _answer(run: Spans, stream: Stream, headers: dict[str, str], said: dict[str, str]) -> Answer:
    try:
        part = asked_part(headers.get("range"), headers.get("if-range"), said["ETag"], run.size, MOST_BYTES)
    except Unsatisfiable:
        empty = {"Content-Range": f"bytes */{run.size}", "Content-Length": "0"}
        return HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {**said, **empty}, b""
    if part is None:
        return HTTPStatus.OK, {**said, "Content-Length": str(run.size)}, stream
    body = run.upto(part.start, part.length)
    if len(body) != part.length:
        raise MalformedFile("truncated")
    said["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{run.size}"
    return HTTPStatus.PARTIAL_CONTENT, {**said, "Content-Length": str(part.length)}, body


def times_of(manifests: Path, image_id: UUID, source: dict[str, Any], indexer: Indexer) -> bytes:
    """The packed frame index of a video, made and kept where it is not there yet.

    Raises:
        ReaderError: when it has to be made and cannot be.
    """
    path = manifests / f"{image_id}{SUFFIX}"
    try:
        return path.read_bytes()
    except OSError:
        packed = indexer.frame_times(source)
    with contextlib.suppress(OSError):
        keep_times(path, packed)
    return packed


def keep_times(path: Path, packed: bytes) -> None:
    """Put a frame index in its place, whole or not at all.

    Raises:
        OSError: when the disk does not take it.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(packed)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
