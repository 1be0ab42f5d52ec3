"""Child processes that decode pixels, so that no codec ever runs in a web process.

`PixelPool` knows what can be asked for; `viewer.tiles.crew` sees to the children. All methods are thread-safe and block the
calling thread; what cannot be answered is a `ReaderError`.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from viewer.readers import errors
from viewer.tiles import wire
from viewer.tiles.crew import Crew
from viewer.tiles.packing import GZIP

# A tenth of a processor where others want it: opening a stranger's file is no hurry, and still ends within its limit.
INSPECTION_NICENESS: Final = 10


class Encoded(NamedTuple):
    """Bytes ready to be sent.

    Attributes:
        content_type: media type of the body.
        body: the bytes, already content-encoded if `headers` says so.
        headers: further response headers.
    """

    content_type: str
    body: bytes
    headers: dict[str, str]


class PixelPool(Crew):
    """A crew of workers and what they can be asked for; arguments as for `Crew`."""

    def __init__(self, *, workers: int = 2, memory_limit_bytes: int = 3 << 30, wall_limit_s: float = 30.0, niceness: int = 0) -> None:
        super().__init__(workers=workers, memory_limit_bytes=memory_limit_bytes, wall_limit_s=wall_limit_s, niceness=niceness)
        self._aside: PixelPool | None = None

    def inspect(self, path: str) -> dict[str, Any]:
        """What the file at `path` holds, after its first pixels were decoded once.

        Returns:
            the inspection: engine, kind, size, levels, spacing, frames, DICOM identity, acquisition, warnings.

        Raises:
            ReaderError: with the reason why the file is refused.
        """
        # Whoever looks at images always finds a worker and a processor, however many bad files are being opened.
        if self._aside is not None:
            return self._aside.inspect(path)
        absolute = str(Path(path).absolute())  # a child has a working directory of its own
        return self._ask({"verb": "inspect", "path": absolute}, absolute)[0]

    def inspect_first(self, paths: Sequence[str]) -> list[dict[str, Any]]:
        """What `inspect` says of the first of these absolute paths, at least of one; see `viewer.tiles.inspecting`.

        Returns:
            a mapping a file, with `result` or `error`.

        Raises:
            ReaderError: when no worker answers.
        """
        if self._aside is not None:
            return self._aside.inspect_first(paths)
        lines = self._ask({"verb": "inspect_all", "paths": list(paths)}, paths[0])[1].split(b"\n")
        try:
            return [wire.parse_header(line) for line in lines]
        except wire.WireClosed as error:
            raise errors.WorkerCrashed("worker_crashed") from error

    def listed_files(self, path: str) -> list[list[str]]:
        """The files that a DICOMDIR lists, each as the names of its folders and its own; see `viewer.readers.dicomdir`.

        Raises:
            ReaderError: when it is no index.
        """
        if self._aside is not None:
            return self._aside.listed_files(path)
        files = self._ask({"verb": "listed", "path": path}, path)[0].get("files")
        return [[str(part) for part in name] for name in files] if isinstance(files, list) else []

    def stored_index(self, source: dict[str, Any]) -> bytes:
        """The packed index of the tiles that a slide stores as JPEG; see `viewer.tiles.stored.index_file`.

        Raises:
            ReaderError: when the file cannot be parsed.
        """
        return self._ask({"verb": "index", "source": source}, str(source["paths"][0]))[1]

    def make(self, job: dict[str, Any], path: str) -> tuple[list[int], bytes]:
        """Tiles for a sidecar: their lengths, and the JPEG files one after the other; see `viewer.tiles.made.maker`.

        Raises:
            ReaderError: when they cannot be made.
        """
        answer, body = self._ask({"verb": "make", **job}, path)
        return [int(length) for length in answer.get("lengths", [])], body

    def tile(self, source: dict[str, Any], level: int, column: int, row: int, view: str = "") -> Encoded:
        """One tile of a slide or photograph as JPEG; column and row are 0-based.

        `view` says which plane and channels are shown, see `viewer.readers.views`; empty, the reader chooses.

        Raises:
            OutOfRange: when the level's grid has no such tile, or the image no such view.
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "tile", "source": source, "level": level, "column": column, "row": row, "view": view})

    def tiles(
        self, source: dict[str, Any], level: int, cells: Sequence[tuple[int, int]], *, view: str = "", srgb: bool = False
    ) -> list[Encoded | errors.ReaderError]:
        """Tiles of one level, (column, row) each, for less than the same number of `tile`s costs.

        A cell that cannot be answered is a `ReaderError` in its place.

        Raises:
            ReaderError: when a worker does not survive them, and nobody knows which one it was.
        """
        found: list[Encoded | errors.ReaderError] = []
        header = {"verb": "tiles", "source": source, "level": level, "view": view, **({"srgb": True} if srgb else {})}
        while len(found) < len(cells):
            answer, body = self._ask({**header, "cells": list(cells[len(found) :])}, str(source["paths"][0]))
            found += _parted(answer.get("tiles"), body, at_most=len(cells) - len(found))
        return found

    def tile_in_srgb(self, source: dict[str, Any], level: int, column: int, row: int) -> Encoded:
        """Like `tile`, with the slide's colour profile applied; the same where it has none.

        Raises:
            OutOfRange: when the level's grid has no such tile.
            ReaderError: when it cannot be decoded.
        """
        place = {"level": level, "column": column, "row": row}
        return self._encoded({"verb": "tile", "source": source, "srgb": True, **place})

    def frame(self, source: dict[str, Any], frame: int, *, packing: str = GZIP) -> Encoded:
        """One frame (0-based): packed little-endian samples for values, JPEG for colour; see `viewer.tiles.packing`.

        Raises:
            OutOfRange: when there is no such frame.
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "frame", "packing": packing, **_of_one_file(source, frame)})

    def overlay(self, source: dict[str, Any], frame: int) -> Encoded:
        """What is drawn over a frame (0-based), as a palette PNG of the frame's size; see `viewer.readers.dicom_overlays`.

        Raises:
            OutOfRange: when nothing is drawn over it.
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "overlay", **_of_one_file(source, frame)})

    def strip(self, source: dict[str, Any]) -> Encoded:
        """Small pictures of a video's frames side by side in one JPEG, as its manifest lists them.

        Raises:
            OutOfRange: when the image is no video.
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "strip", "source": source})

    def frame_times(self, source: dict[str, Any]) -> bytes:
        """The packed frame index of a video; see `viewer.readers.video.times`.

        Raises:
            OutOfRange: when the image is no video.
            ReaderError: when the file cannot be parsed.
        """
        return self._ask({"verb": "times", "source": source}, str(source["paths"][0]))[1]

    def thumbnail(self, source: dict[str, Any], *, max_px: int = 256) -> Encoded:
        """A JPEG of the whole image whose longer side has at most `max_px` pixels.

        Raises:
            ReaderError: when it cannot be decoded.
        """
        return self._encoded({"verb": "thumbnail", "source": source, "max_px": max_px})

    def region(
        self,
        source: dict[str, Any],
        *,
        x: float,
        y: float,
        width: float,
        height: float,
        out_width: int,
        out_height: int,
        frame: int = 0,
    ) -> Encoded:
        """A rectangle of level-0 pixels as an RGB PNG of `out_width` x `out_height`; white outside the image.

        Raises:
            OutOfRange: when the rectangle is empty, not finite or asked for too large.
            ReaderError: when it cannot be decoded.
        """
        rectangle = {"x": x, "y": y, "width": width, "height": height}
        wanted = {"out_width": out_width, "out_height": out_height, "frame": frame}
        return self._encoded({"verb": "region", "source": source, **rectangle, **wanted})

    def share(self, path: str, wanted: str, **details: Any) -> tuple[dict[str, Any], bytes]:
        """What of one DICOM instance may leave the site; see `viewer.tiles.share`.

        Args:
            path: of the instance's file, absolute.
            wanted: metadata, bulk, frame, head or rendered.
            **details: plain values that say more about it.

        Raises:
            OutOfRange: when the instance has no such frame or value.
            ReaderError: when it cannot be answered.
        """
        return self._ask({"verb": "share", "path": path, "wanted": wanted, **details}, path)

    def warm_up(self) -> None:
        """As `Crew.warm_up`; and from now on files are inspected by children of their own, which stand back."""
        with self._lock:
            if self._aside is None and not self._closed:
                self._aside = PixelPool(
                    workers=max(1, self._limit - 1),
                    memory_limit_bytes=self._memory_limit_bytes,
                    wall_limit_s=self._wall_limit_s,
                    niceness=INSPECTION_NICENESS,
                )
        super().warm_up()

    def close(self) -> None:
        """Stop every child; requests that wait or run fail with `pool_closed` or `worker_crashed`."""
        super().close()
        if self._aside is not None:
            self._aside.close()

    def _encoded(self, header: dict[str, Any]) -> Encoded:
        paths = header["source"].get("paths") or [""]
        return _encoded(*self._ask(header, str(paths[0])))


def _encoded(answer: dict[str, Any], body: bytes) -> Encoded:
    return Encoded(str(answer["content_type"]), body, {str(k): str(v) for k, v in answer["headers"].items()})


def _parted(said: Any, body: bytes, *, at_most: int) -> list[Encoded | errors.ReaderError]:
    """What a worker said of each of some tiles, with its part of the body.

    Raises:
        WorkerCrashed: when it is none or more than were asked for, or lengths and body do not go together.
    """
    if not isinstance(said, list) or not 0 < len(said) <= at_most:
        raise errors.WorkerCrashed("worker_crashed")
    found: list[Encoded | errors.ReaderError] = []
    begin = 0
    try:
        for one in said:
            if "error" in one:
                found.append(errors.from_json(one["error"]))
                continue
            end = begin + int(one["length"])
            if not begin <= end <= len(body):
                raise errors.WorkerCrashed("worker_crashed")
            found.append(_encoded(one, body[begin:end]))
            begin = end
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.WorkerCrashed("worker_crashed") from error
    return found


def _of_one_file(source: dict[str, Any], frame: int) -> dict[str, Any]:
    """A frame of a series as the frame of the one file that holds it: a thousand paths need not cross for each slice."""
    frame_map = source.get("frame_map")
    if source.get("kind") != "frames" or not frame_map or not 0 <= frame < len(frame_map):
        return {"source": source, "frame": frame}
    file, index = frame_map[frame]
    if not 0 <= file < len(source["paths"]):
        return {"source": source, "frame": frame}
    return {"source": {**source, "paths": [source["paths"][file]], "frame_map": [[0, index]]}, "frame": 0}


class _Shared:
    """The one pool of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pool: PixelPool | None = None
        self.owner = 0
        self.options: dict[str, Any] = {}


_shared: Final = _Shared()


def configure_default_pool(*, workers: int = 2, memory_limit_bytes: int = 3 << 30, wall_limit_s: float = 30.0) -> None:
    """Say how the shared pool is to be made; a pool that exists already is closed and made anew when next asked for."""
    with _shared.lock:
        old, _shared.pool = _shared.pool, None
        _shared.options = {"workers": workers, "memory_limit_bytes": memory_limit_bytes, "wall_limit_s": wall_limit_s}
    if old is not None:
        old.close()


def default_pool() -> PixelPool:
    """The pool that this process shares; made on first use, closed when the interpreter ends."""
    with _shared.lock:
        # A fork has copied the pool but not the right to its pipes.
        if _shared.pool is None or _shared.owner != os.getpid():
            _shared.pool, _shared.owner = PixelPool(**_shared.options), os.getpid()
            atexit.register(_shared.pool.close)
        return _shared.pool
