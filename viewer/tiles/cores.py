"""How many cores of this machine tiles are being rendered on, as far as the processes of one user know.

A second worker of a web process renders nothing sooner where all cores are taken; it only leaves fewer tiles to go together. So
each rendering holds a lock for the core that it keeps busy, whoever began it. A process that ends lets its locks go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_NOBODY_KNOWS: Final = -1


class Cores:
    """Locks for the cores, one file each; not thread-safe, and it never waits.

    Its files are opened when it is first asked: what is opened before a fork would be one lock for both processes.

    Args:
        count: of cores.
        folder: for the files, of this user alone; on a local disk, as the machine is what is shared.
    """

    def __init__(self, count: int, folder: Path) -> None:
        self._count, self._folder = count, folder
        self._free: list[int] = []
        self._crowd: int | None = None  # locked by whoever renders without a core of its own
        self._crowding = 0

    def join(self) -> int:
        """Render, whether a core is free or not.

        Returns:
            what has to be given to `leave`.
        """
        crowd = self._opened()
        core = self._taken()
        if core is not None:
            return core
        self._crowding += 1
        if crowd != _NOBODY_KNOWS and self._crowding == 1:
            _locked(crowd, fcntl.LOCK_SH)
        return crowd

    def join_free(self) -> int | None:
        """As `join` where a core is free and nobody renders without one; else None."""
        crowd = self._opened()
        if crowd == _NOBODY_KNOWS:
            return self.join()
        if self._crowding or not _locked(crowd, fcntl.LOCK_EX):
            return None
        fcntl.flock(crowd, fcntl.LOCK_UN)
        return self._taken()

    def leave(self, core: int) -> None:
        """What was begun with `join` is done."""
        if core != self._crowd:
            fcntl.flock(core, fcntl.LOCK_UN)
            self._free.append(core)
            return
        self._crowding -= 1
        if core != _NOBODY_KNOWS and not self._crowding:
            fcntl.flock(core, fcntl.LOCK_UN)

    def _opened(self) -> int:
        """The lock of the crowd. Where there can be no files nobody knows of others, and all cores are as good as free."""
        if self._crowd is None:
            self._crowd = _NOBODY_KNOWS
            with contextlib.suppress(OSError):
                self._folder.mkdir(mode=0o700, exist_ok=True)
                found = self._folder.lstat()
                if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
                    self._free = [os.open(self._folder / f"core-{number}", _FLAGS, 0o600) for number in range(self._count)]
                    self._crowd = os.open(self._folder / "crowd", _FLAGS, 0o600)
        return self._crowd

    def _taken(self) -> int | None:
        for core in reversed(self._free):  # the one used last is most likely still free
            if _locked(core, fcntl.LOCK_EX):
                self._free.remove(core)
                return core
        return None


def of_this_machine() -> Cores:
    """All cores, as all processes of this user share them."""
    return Cores(os.cpu_count() or 1, Path(tempfile.gettempdir(), f"mitate-{os.getuid()}"))


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
