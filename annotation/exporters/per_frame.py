"""Files for tools that know single pictures only: one for each image, or for each marked frame of a stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from annotation.exporters.base import LossReport
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.schema.facts import AnnotationFacts, ImageFacts
from annotation.schema.spool import Spool

__all__ = ["FrameSpools", "around", "marks_by_picture", "picture_name"]


def picture_name(image: ImageFacts, frame: int | None) -> str:
    """Return the name of an image, or of one frame of it (frames count from 0), as files without their ending bear it."""
    return image.id if frame is None else f"{image.id}-{frame:06d}"


class FrameSpools:
    """What is written for each picture of one image while its marks stream by in any order of frames."""

    def __init__(self) -> None:
        self._spools: dict[int | None, Spool] = {}

    def of(self, frame: int | None) -> Spool:
        """Return the bytes of a frame, or of the whole image."""
        if frame not in self._spools:
            self._spools[frame] = Spool()
        return self._spools[frame]

    def in_order(self) -> Iterator[tuple[int | None, Spool]]:
        """Yield each picture that has been written to, frames ascending."""
        for frame in sorted(self._spools, key=lambda number: -1 if number is None else number):
            yield frame, self._spools[frame]

    def close(self) -> None:
        """Free the bytes."""
        for spool in self._spools.values():
            spool.close()


class Picture(NamedTuple):
    """One mark on one picture."""

    mark: OnFrame
    spool: Spool


@contextmanager
def marks_by_picture(
    rows: Iterable[AnnotationFacts], image: ImageFacts, losses: LossReport
) -> Iterator[tuple[FrameSpools, Iterator[Picture]]]:
    """Give the pictures of an image and its marks, each with the bytes of its picture.

    An image without any mark on it is a picture without marks: a finding too.
    """
    spools = FrameSpools()

    def pictures() -> Iterator[Picture]:
        empty = True
        for mark in frame_by_frame(rows, image, losses):
            empty = False
            yield Picture(mark, spools.of(mark.row.frame))
        if empty:
            spools.of(None)

    try:
        yield spools, pictures()
    finally:
        spools.close()


def around(head: str, spool: Spool, tail: str) -> tuple[int, Iterator[bytes]]:
    """Return the size and the bytes of a file whose middle was written while its marks streamed by."""
    first, last = head.encode(), tail.encode()
    return len(first) + spool.size + len(last), _joined(first, spool, last)


def _joined(first: bytes, spool: Spool, last: bytes) -> Iterator[bytes]:
    yield first
    yield from spool.chunks()
    yield last
