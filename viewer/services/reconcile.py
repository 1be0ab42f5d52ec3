"""Brings disk and database together again after a crash: what belongs to nothing goes, what can be rewritten is."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from viewer.models import Image, Instance
from viewer.readers.companions import check, is_spread
from viewer.readers.errors import ReaderError
from viewer.services import search_index
from viewer.services.manifests import manifest_is_current, members_of, write_manifest
from viewer.services.resumable import sweep
from viewer.services.storage import absolute, data_dir, images_dir, incoming_dir, manifests_dir

# A file that is younger may belong to an upload that goes on at this moment.
SETTLED_S: Final = 3600


@dataclass(slots=True)
class Reconciled:
    """What was found; paths are relative to the data folder.

    Attributes:
        removed: files and folders that belonged to nothing.
        rewritten: manifests that were missing or said something else than the database.
        missing: files that the database has and the disk has not; only a backup brings those back.
    """

    removed: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def reconcile(*, settled_s: float = SETTLED_S) -> Reconciled:
    """Remove orphan files, rewrite manifests, and name what is lost.

    Args:
        settled_s: age in seconds from which an unknown file counts as left behind; 0 only while nothing else runs.
    """
    found = Reconciled()
    before = time.time() - settled_s
    # First: a stored file is a link of one that came in, and removing that one makes this one look new.
    _remove_orphans(found, before)
    for folder in _children(incoming_dir()):
        if folder.stat().st_mtime <= before:
            _remove(folder, found)
    found.removed += sweep()
    _check_instances(found)
    _check_manifests(found, before)
    if search_index.is_available() and not search_index.is_complete():
        search_index.rebuild()
    return found


def _children(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(folder.iterdir())


def _remove(path: Path, found: Reconciled) -> None:
    found.removed.append(str(path.relative_to(data_dir())))
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _remove_orphans(found: Reconciled, before: float) -> None:
    """Remove stored files that no instance names, a folder of one collection at a time so that memory stays bounded."""
    for collection in _children(images_dir()):
        for group in _children(collection):
            files = [Path(entry.path) for entry in os.scandir(group)] if group.is_dir() else [group]
            names = {str(path.relative_to(data_dir())): path for path in files}
            known = set(Instance.objects.filter(path__in=names).values_list("path", flat=True))
            known |= {name for name, path in names.items() if path.is_dir() and _holds_slide(name)}
            for name in sorted(names.keys() - known):
                if names[name].lstat().st_ctime <= before:
                    _remove(names[name], found)
            if group.is_dir() and not any(group.iterdir()) and group.stat().st_mtime <= before:
                group.rmdir()


def _holds_slide(folder: str) -> bool:
    """Return whether a folder is that of a slide of several files, which all belong to the one that an instance names."""
    return Instance.objects.filter(path__startswith=f"{folder}/").exists()


def _check_instances(found: Reconciled) -> None:
    for path in Instance.objects.order_by("pk").values_list("path", flat=True).iterator(chunk_size=2000):
        if not absolute(path).is_file() or (is_spread(path) and not _is_whole(absolute(path))):
            found.missing.append(path)


def _is_whole(main: Path) -> bool:
    try:
        check(main)
    except ReaderError:
        return False
    return True


def _check_manifests(found: Reconciled, before: float) -> None:
    for image in Image.objects.order_by("pk").iterator(chunk_size=200):
        members = members_of(image)
        if not manifest_is_current(image, members):
            write_manifest(image, members)
            found.rewritten.append(str(image.pk))
    for path in _children(manifests_dir()):
        known = _is_uuid(path.stem) and Image.objects.filter(pk=path.stem).exists()
        if not known and path.stat().st_mtime <= before:
            _remove(path, found)


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.replace("-", "").isalnum() and all(ch in "0123456789abcdef-" for ch in text)
