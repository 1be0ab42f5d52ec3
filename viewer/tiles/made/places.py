"""Where sidecars lie, which of them count, and who waits for one. Light enough for the web process."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from viewer.tiles.stored.index_file import MappedIndex, UnusableIndex

FOLDER: Final = "made"
WISHES: Final = "wanted"
INDEX_SUFFIX: Final = ".made"
FILE_SUFFIX: Final = ".jpgs"


def open_made(manifests: Path, image_id: UUID | str, revision: str) -> MappedIndex | None:
    """The index of a finished sidecar of this revision whose file is there as it was written; else None."""
    try:
        index = MappedIndex(manifests / f"{image_id}{INDEX_SUFFIX}", revision)
        sizes = [os.stat(path).st_size for path in index.paths]  # noqa: PTH116 -- paths are text all the way
    except (OSError, UnusableIndex):
        return None
    return index if sizes == index.sizes else None


def note_use(descriptor: int) -> None:
    """Say that a sidecar is looked at; when room is short, those unused longest go first."""
    with contextlib.suppress(OSError):
        os.utime(descriptor)


def wish(manifests: Path, image_id: UUID | str) -> None:
    """Ask for a slide's sidecar; whoever completes levels finds it. A disk that does not take it only delays that."""
    folder = manifests.parent / FOLDER / WISHES
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / str(image_id)).touch()


def wishes(data_dir: Path, *, settled_s: float = 0.0) -> Iterator[Path]:
    """The wishes, the oldest first; the name of each is an image's id.

    Args:
        data_dir: of the site.
        settled_s: leaves out what was wished for (again) less than so many seconds ago: the files of a slide come one by one.
    """
    before_ns = time.time_ns() - int(settled_s * 1e9)
    found: list[tuple[int, Path]] = []
    with contextlib.suppress(FileNotFoundError):
        for path in (data_dir / FOLDER / WISHES).iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.append((path.stat().st_mtime_ns, path))
    yield from (path for asked_ns, path in sorted(found) if asked_ns <= before_ns)
