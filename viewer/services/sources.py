"""The files of an import: a file, a folder with its folders, archives; one after the other, none held in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from viewer.services.archives import Entry, entries, is_zip
from viewer.services.dicomdir import REFUSALS, follow
from viewer.services.reasons import Refused


class Found(NamedTuple):
    """A file on the way: on the disk or in an archive; why it is skipped (a code), if it is, and whether that is a refusal."""

    path: Path
    skipped: str = ""
    entry: Entry | None = None
    detail: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether it is left out because something is wrong with it, not because it is none of the images."""
        return self.skipped.startswith("archive_") or self.skipped in REFUSALS

    @property
    def size_bytes(self) -> int:
        """Bytes of the file as far as they are known before it is read; 0 for one that cannot be asked."""
        if self.entry:
            return self.entry.info.file_size
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file for reading once, front to back.

        Raises:
            Refused: ``unreadable_source``, or what is wrong with its archive.
        """
        if self.entry:
            with self.entry.open() as stream:
                yield stream
            return
        try:
            stream = self.path.open("rb")
        except OSError as error:
            raise Refused("unreadable_source") from error
        with stream:
            yield stream


def find_files(root: Path) -> Iterator[Found]:
    """Yield the files of a folder, its folders and its archives in the order of their names; folders behind links are left out."""
    files = _on_disk(root)
    for found in follow(list(files)) if _has_index(root) else files:
        if found.skipped or not is_zip(found.path):
            yield found
        else:
            yield from files_of_archive(found.path)


def files_of_archive(path: Path) -> Iterator[Found]:
    """Yield the files of an archive, or the archive itself with the reason for which it is refused whole."""
    try:
        yield from follow([Found(Path(f"{path}/{entry.name}"), entry.refused, entry) for entry in entries(path)])
    except Refused as refusal:
        yield Found(path, refusal.code, detail=refusal.detail)


def _has_index(root: Path) -> bool:
    """Return whether a folder holds the index of a medium; then its files are listed whole before the first is taken."""
    return root.is_dir() and any(name.upper() == "DICOMDIR" for _folder, _folders, names in os.walk(root) for name in names)


def _on_disk(root: Path) -> Iterator[Found]:
    if not root.is_dir():
        yield Found(root, _reason_to_skip(root))
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            yield Found(path, _reason_to_skip(path))


def _reason_to_skip(path: Path) -> str:
    if path.name.startswith("."):
        return "hidden_file"
    if not path.is_file():  # a pipe or a device would be read for ever
        return "not_a_file" if path.exists() else "unreadable_source"
    return "dicomdir" if path.name.upper() == "DICOMDIR" else ""
