"""An archive that is made as a file, case by case, and goes on where it was when its maker died.

Beside the archive lies a journal: a line for each moment after a case, with the bytes up to which the archive holds then, the entries
that came since the line before, and what was counted as lost. Whoever goes on cuts the archive at the last whole line.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final

from annotation.exporters.package import Begun, Package
from annotation.exporters.zipstream import Written

__all__ = ["BY_CASE", "Archive"]

BY_CASE: Final = frozenset(
    {
        "document",
        "qupath",
        "histomicsui",
        "asap",
        "imagescope",
        "mask-png",
        "mask-tiff",
        "web-annotation",
        "fhir",
        "dicom-sr",
        "dicom-seg",
        "dicom-ann",
        "crops",
    }
)
"""Formats in which every case stands by itself. The others gather all cases in one file, and begin anew."""
EVERY_S: Final = 0.25
"""Seconds between two lines of the journal: what may have to be made once more."""
_PIECE: Final = 1 << 20


class Archive:
    """The file of an export on its way.

    Args:
        path: of the archive; the journal lies beside it.
        by_case: go on where an earlier attempt was; else it begins anew.
        every_s: seconds between two lines of the journal.

    Raises:
        BlockingIOError: while another process makes the same archive.
    """

    def __init__(self, path: Path, *, by_case: bool, every_s: float = EVERY_S) -> None:
        self._path, self._journal = path, journal_of(path)
        self._every_s = every_s
        self._names: list[str] = []
        path.touch()
        self._file = path.open("r+b")
        # a maker whose lease ended may still be at it: two at one file would spoil it
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.begun = Begun()
        """What an earlier attempt made."""
        self.done_cases: set[str] = set()
        """The names of the cases that it made."""
        if by_case:
            self._recall()
        else:
            self._journal.unlink(missing_ok=True)

    def saw(self, name: str) -> None:
        """Take note that the case of that name comes next."""
        self._names.append(name)

    def write(
        self, package: Package, after_case: Callable[[int, int], None], watch: Callable[[int], None] = lambda _size: None
    ) -> tuple[str, int]:
        """Make the rest of the archive; return the SHA-256 and the bytes of the whole.

        Args:
            package: prepared with `begun`, over the cases that are not among `done_cases`.
            after_case: called with the number of cases and of bytes that are done; what it raises ends the making.
            watch: called with the number of bytes after each piece; likewise.

        Raises what the package raises, and OSError.
        """
        with self._file as file, self._journal.open("ab") as journal:
            file.truncate(self.begun.offset)
            file.seek(self.begun.offset)
            last = time.monotonic()

            def told() -> None:
                nonlocal last
                after_case(package.case_count, file.tell())
                if time.monotonic() - last >= self._every_s:
                    self._note(file, journal, package)
                    last = time.monotonic()

            package.after_case = told
            for chunk in package.stream():
                file.write(chunk)
                watch(file.tell())
            _settle(file)
        return _digest(self._path)

    def close(self) -> None:
        """Let the file go, so that another process may go on with it."""
        self._file.close()

    def _note(self, file: BinaryIO, journal: BinaryIO, package: Package) -> None:
        """Add a line to the journal, after the bytes that it speaks of are on the disk."""
        _settle(file)
        part = package.part(file.tell())
        line = {
            "cases": self._names,
            "count": part.cases,
            "entries": part.entries,
            "listing": part.listing.decode(),
            "losses": part.losses,
            "offset": part.offset,
        }
        journal.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        _settle(journal)
        self._names = []

    def _recall(self) -> None:
        """Read the journal up to its last whole line, and forget what comes after it."""
        if not self._journal.exists():
            return
        whole = 0
        with self._journal.open("rb") as file:
            for line in file:
                said = _line(line)
                if said is None or said["offset"] > self._path.stat().st_size:
                    break
                whole += len(line)
                self._take(said)
        os.truncate(self._journal, whole)

    def _take(self, said: dict[str, Any]) -> None:
        self.done_cases.update(said["cases"])
        self.begun.cases, self.begun.offset, self.begun.losses = said["count"], said["offset"], said["losses"]
        self.begun.entries += [Written(*entry) for entry in said["entries"]]
        self.begun.listing += said["listing"].encode()


def journal_of(path: Path) -> Path:
    """Return where the journal of an archive lies."""
    return path.with_suffix(path.suffix + ".journal")


def forget(paths: Iterable[Path]) -> None:
    """Remove archives with their journals, those that are not there too."""
    for path in paths:
        path.unlink(missing_ok=True)
        journal_of(path).unlink(missing_ok=True)


def _line(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
