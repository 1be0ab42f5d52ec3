"""The files of an import: a file, a folder with its folders, archives; one after the other, none held in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from viewer.readers import companions
from viewer.readers.companions import MIRAX_SUFFIX, is_spread
from viewer.services.archives import entries, is_zip
from viewer.services.dicomdir import REFUSALS, follow
from viewer.services.reasons import Refused
from viewer.services.slide_sets import Part, SlideSet, gather


class Found(NamedTuple):
    """A file on the way, or a slide of several files: on the disk or in an archive; why it is skipped (a code), if it is."""

    path: Path
    skipped: str = ""
    entry: Part | None = None
    detail: str = ""
    slide: SlideSet | None = None

    @property
    def is_refused(self) -> bool:
        """Whether it is left out because something is wrong with it, not because it is none of the images."""
        return self.skipped.startswith("archive_") or self.skipped in REFUSALS

    @property
    def size_bytes(self) -> int:
        """Bytes of the file as far as they are known before it is read; 0 for one that cannot be asked."""
        if self.entry:
            return self.entry.size_bytes
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
        slides, rest = gather(Part(entry.name, entry.open, entry.refused, entry.info.file_size) for entry in entries(path))
    except Refused as refusal:
        yield Found(path, refusal.code, detail=refusal.detail)
        return
    yield from (Found(Path(f"{path}/{slide.main.name}"), slide=slide) for slide in slides)
    yield from follow([Found(Path(f"{path}/{part.name}"), part.refused, part) for part in rest])


def _has_index(root: Path) -> bool:
    """Return whether a folder holds the index of a medium; then its files are listed whole before the first is taken."""
    return root.is_dir() and any(name.upper() == "DICOMDIR" for _folder, _folders, names in os.walk(root) for name in names)


def _on_disk(root: Path) -> Iterator[Found]:
    if not root.is_dir():
        yield from _in_folder(root.parent, [root.name], only=root.name)
        return
    for folder, folders, names in os.walk(root):
        own = {Path(name).stem for name in names if name.lower().endswith(MIRAX_SUFFIX)}
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in own)
        yield from _in_folder(Path(folder), sorted(names))


def _in_folder(folder: Path, names: list[str], only: str = "") -> Iterator[Found]:
    """Yield the files of a folder, slides of several files first; if `only` one is wanted, it takes its companions from there."""
    if not any(is_spread(name) for name in names):
        yield from (Found(folder / name, _reason_to_skip(folder / name)) for name in names)
        return
    around = sorted(set(names) | {entry.name for entry in os.scandir(folder) if entry.is_file()}) if only else list(names)
    for beside in (companions.folder_of(folder / name) for name in names if name.lower().endswith(MIRAX_SUFFIX)):
        around += [f"{beside.name}/{each.name}" for each in (sorted(beside.iterdir()) if beside.is_dir() else [])]
    slides, rest = gather(_part(folder, name) for name in around if not only or not is_spread(name) or name == only)
    yield from (Found(folder / slide.main.name, slide=slide) for slide in slides)
    yield from (Found(folder / part.name, _reason_to_skip(folder / part.name)) for part in rest if only in ("", part.name))


def _part(folder: Path, name: str) -> Part:
    path = folder / name
    beside_main = path.parent == folder or not path.parent.is_symlink()
    plain = beside_main and path.is_file() and not path.is_symlink()
    return Part(name, lambda: path.open("rb"), "" if plain else "not_a_file")


def _reason_to_skip(path: Path) -> str:
    if path.name.startswith("."):
        return "hidden_file"
    if not path.is_file():  # a pipe or a device would be read for ever
        return "not_a_file" if path.exists() else "unreadable_source"
    return "dicomdir" if path.name.upper() == "DICOMDIR" else ""
