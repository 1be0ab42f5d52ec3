"""A DICOMDIR guides the import of its medium: what it lists is taken in its order, what it does not list is left out, both told.

The index only ever chooses among files that came with it. The names in it are compared, never opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from viewer.readers.errors import ReaderError, WorkerBusy
from viewer.services.reasons import Refused
from viewer.services.storage import Quarantine
from viewer.tiles.pool import default_pool

if TYPE_CHECKING:
    from viewer.services.sources import Found

INDEX: Final = "dicomdir"
"""The code with which a file is found that is an index."""
REFUSALS: Final = frozenset({INDEX, "dicomdir_damaged", "dicomdir_missing", "dicomdir_unsafe_name", "workers_busy"})
"""Codes of this module that say that something is wrong."""
Key = tuple[str, ...]


def follow(found: list[Found]) -> Iterator[Found]:
    """Yield the files of an import, those below an index as it lists them.

    An index none of whose files are here guides nothing: it is told so, and the others are taken as they are.

    Args:
        found: all of them.
    """
    rest = found
    for index in sorted((each for each in found if each.skipped == INDEX), key=lambda each: (len(each.path.parts), each.path)):
        if index not in rest:  # below another one, which does not list it
            continue
        inside = [each for each in rest if each is not index and index.path.parent in each.path.parents]
        try:
            told = _as_listed(index, inside, _listed(index))
        except Refused as refusal:
            told = [index._replace(skipped=refusal.code, detail=refusal.detail), *inside]
        yield from told
        gone = {id(each) for each in (index, *inside)}
        rest = [each for each in rest if id(each) not in gone]
    yield from rest


def _listed(index: Found) -> list[list[str]]:
    """Return the names in an index, read by a pixel worker.

    Raises:
        Refused: ``dicomdir_damaged``; ``workers_busy`` where another attempt may read it.
    """
    with Quarantine("DICOMDIR") as quarantine, index.open() as stream:
        quarantine.write_all(stream)
        quarantine.finish(synced=False)
        try:
            return default_pool().listed_files(str(quarantine.path))
        except WorkerBusy as error:
            raise Refused(error.code) from error
        except ReaderError as error:
            raise Refused("dicomdir_damaged", error.text) from error


def _as_listed(index: Found, inside: list[Found], names: list[list[str]]) -> list[Found]:
    folder = index.path.parent
    here: dict[Key, Found] = {}
    for each in inside:
        here.setdefault(_key(each.path.relative_to(folder).parts), each)
    told: dict[Key, Found] = {}
    some = False
    for name in names:
        key = _key(tuple(name))
        shown = Path(folder, *(part.replace("/", "_").replace("\0", "_") for part in name))
        if not all(map(_is_plain, name)):
            told[key] = index._replace(path=shown, skipped="dicomdir_unsafe_name", entry=None)
        elif key in here:
            told[key] = here[key]
            some = True
        else:
            told[key] = index._replace(path=shown, skipped="dicomdir_missing", entry=None)
    if not some:
        return [index, *inside]
    taken = {id(each) for each in told.values()}
    unlisted = [each if each.skipped else each._replace(skipped="dicomdir_unlisted") for each in inside if id(each) not in taken]
    return [index._replace(skipped="dicomdir_followed"), *told.values(), *unlisted]


def _key(parts: tuple[str, ...]) -> Key:
    """Return a name for comparing: media are read in lower case, with versions, or with the dot of an empty suffix (ISO 9660)."""
    return tuple(part.strip().upper().partition(";")[0].rstrip(".") for part in parts)


def _is_plain(part: str) -> bool:
    return part.strip() not in {"", ".", ".."} and not set(part) & set("/\\\0:")
