"""The disk space of all sidecars together, and which of them have to go when it is short."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import Final
from uuid import UUID

from viewer.tiles.made import places
from viewer.tiles.stored.index_file import UnusableIndex, paths_of

# What the disk keeps free for everybody else.
RESERVE_BYTES: Final = 1 << 30
# A sidecar that was looked at within a day stays: two slides must not drive each other out for ever.
UNUSED_S: Final = 86_400.0
STRAY_S: Final = 3_600.0
UUID_LETTERS: Final = 36


class Room:
    """Counts and makes room.

    Args:
        data_dir: holds `manifests/` and `made/`.
        limit_bytes: what all sidecars may take.
        reserve_bytes: what stays free on the disk.
    """

    def __init__(self, data_dir: Path, limit_bytes: int, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._manifests, self._folder = data_dir / "manifests", data_dir / places.FOLDER
        self._limit_bytes, self._reserve_bytes = limit_bytes, reserve_bytes

    def left_bytes(self, image_id: UUID) -> int:
        """What a sidecar of this image may take, if need be in the place of those that nobody uses."""
        kept = sum(size for path, size, _ in self._files() if not self._may_go(path, image_id))
        self._folder.mkdir(parents=True, exist_ok=True)
        gone = sum(size for path, size, _ in self._files() if self._may_go(path, image_id))
        free = shutil.disk_usage(self._folder).free + gone - self._reserve_bytes
        return max(0, min(self._limit_bytes - kept, free))

    def make_room(self, wanted_bytes: int, image_id: UUID) -> None:
        """Remove sidecars unused for long, the oldest first, until as much is left."""
        files = sorted(self._files(), key=lambda file: file[2])
        taken = sum(size for _, size, _ in files)
        free = shutil.disk_usage(self._folder).free - self._reserve_bytes
        for path, size, _ in files:
            if taken + wanted_bytes <= self._limit_bytes and wanted_bytes <= free:
                return
            if self._may_go(path, image_id):
                path.unlink(missing_ok=True)
                taken, free = taken - size, free + size

    def remove_strays(self) -> None:
        """Remove finished sidecars that no index speaks of any more, as one of an earlier revision, and old beginnings."""
        before = time.time() - STRAY_S
        for path, _, used_s in self._files():
            if used_s < before and str(path) not in self._spoken_of(path.name[:UUID_LETTERS]):
                path.unlink(missing_ok=True)
                path.with_suffix(".journal").unlink(missing_ok=True)

    def _spoken_of(self, image_id: str) -> list[str]:
        """The sidecars that the index of an image names."""
        try:
            return paths_of(self._manifests / f"{image_id}{places.INDEX_SUFFIX}")
        except (OSError, UnusableIndex):
            return []

    def _may_go(self, path: Path, image_id: UUID) -> bool:
        if path.name.startswith(str(image_id)):
            return path.suffix == places.FILE_SUFFIX  # of an earlier revision
        with contextlib.suppress(OSError):
            return path.stat().st_mtime < time.time() - UNUSED_S
        return False

    def _files(self) -> list[tuple[Path, int, float]]:
        """Every sidecar, finished or not: path, bytes, when it was used last."""
        found: list[tuple[Path, int, float]] = []
        with contextlib.suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                with contextlib.suppress(OSError):
                    status = path.stat()
                    if path.suffix in {places.FILE_SUFFIX, ".part"}:
                        found.append((path, status.st_size, status.st_mtime))
        return found
