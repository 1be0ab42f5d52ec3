"""Slides whose stored tiles can be handed over at once: open files and mapped indexes, as many as are in use and no more."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from viewer.readers.errors import ReaderError, WorkerBusy
from viewer.tiles.made import places
from viewer.tiles.made.plan import is_completed
from viewer.tiles.stored import index_file
from viewer.tiles.stored.index_file import IndexedLevel, MappedIndex, UnusableIndex
from viewer.tiles.stored.jpeg import Head, Pieces, join_fragments

MAX_SLIDES: Final = 64
MAX_DESCRIPTORS: Final = 256
RETRY_S: Final = 60.0
LOOK_AGAIN_S: Final = 0.25
_MAX_WAITING: Final = 1_024
_NO_WAITING: Final = getattr(os, "RWF_NOWAIT", 0)  # Linux only


class Indexer(Protocol):
    """Whoever makes an index in a process of its own; `PixelPool` does."""

    def stored_index(self, source: dict[str, Any]) -> bytes:
        """The packed index of a slide."""


class Place(NamedTuple):
    """Where a stored tile lies.

    Attributes:
        level: as its index has it.
        file: number of the open file among those of the slide and its sidecar.
        offset: in bytes.
        length: likewise.
    """

    level: IndexedLevel
    file: int
    offset: int
    length: int


class StoredSlide:
    """One slide with its index and its files open, and its sidecar if it has one; closed when the last user lets go of it.

    Raises:
        UnusableIndex: when the index is broken, or was made for another revision or other files.
        OSError: when the index or a file is not there.
    """

    __slots__ = ("_current_until_s", "_descriptors", "_files", "_heads", "_index", "_made_from", "_mtimes_ns", "made", "revision", "used_s")

    def __init__(self, manifest: Path, revision: str) -> None:
        self._descriptors: list[int] = []
        self._heads: dict[tuple[int, int], Head] = {}
        self._files = (str(manifest), str(manifest.with_suffix(places.INDEX_SUFFIX)))
        self._mtimes_ns = _mtimes_ns(self._files)
        self.revision = revision
        self.used_s = self._current_until_s = 0.0
        self._index = MappedIndex(manifest.with_suffix(index_file.SUFFIX), revision)
        if self._index.levels:
            for path, size in zip(self._index.paths, self._index.sizes, strict=True):
                self._descriptors.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
                if os.fstat(self._descriptors[-1]).st_size != size:
                    raise UnusableIndex
        self.made = places.open_made(manifest.parent, manifest.stem, revision)
        self._made_from = len(self._descriptors)
        for path in self.made.paths if self.made else ():
            self._descriptors.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
            places.note_use(self._descriptors[-1])

    def __del__(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)

    @property
    def descriptors(self) -> int:
        """How many files it keeps open, the mapped indexes among them."""
        return len(self._descriptors) + (1 if self.made is None else 2)

    def is_current(self, now_s: float) -> bool:
        """Whether the image was still as it is here when last looked at, which is at most `LOOK_AGAIN_S` ago.

        What is answered in between is what was right a moment before, under an address that only ever meant that.
        """
        self.used_s = now_s
        if now_s < self._current_until_s:
            return True
        current = _mtimes_ns(self._files) == self._mtimes_ns
        self._current_until_s = now_s + LOOK_AGAIN_S if current else 0.0
        return current

    def place(self, level: int, column: int, row: int) -> Place | None:
        """Where a tile is stored, in the slide or in its sidecar; None where it has to be rendered, or the grid has none."""
        known = self._index.levels.get(level)
        if known is not None and column < known.columns and row < known.rows:
            file, offset, length = self._index.place(known, column, row)
            if length:
                return Place(known, file, offset, length)
        if self.made is None:
            return None
        known = self.made.levels.get(level)
        if known is None or column >= known.columns or row >= known.rows:
            return None
        file, offset, length = self.made.place(known, column, row)
        return Place(known, self._made_from + file, offset, length) if length else None

    def read(self, place: Place) -> Pieces | None:
        """The tile as a JPEG file in two pieces, waiting for the disk; None where it is not what the index promised."""
        return self._complete(place, os.pread(self._descriptors[place.file], place.length, place.offset))

    def read_at_once(self, place: Place) -> Pieces | None:
        """Like `read`, but None too where the disk would have to be waited for."""
        if not _NO_WAITING:
            return None
        buffer = bytearray(place.length)
        try:
            if os.preadv(self._descriptors[place.file], [buffer], place.offset, _NO_WAITING) != place.length:
                return None
        except OSError:  # not in memory, or a file system that cannot tell
            return None
        return self._complete(place, buffer)

    def _complete(self, place: Place, stored: bytes | bytearray) -> Pieces | None:
        """The pieces of the JPEG file. Tiles of a level nearly always begin alike, so the last beginning that was checked is remembered."""
        recipe = place.level.recipe
        whole = join_fragments(stored) if recipe.fragmented else stored
        if whole is None:
            return None
        key = place.level.level, place.file
        known = self._heads.get(key)
        if known is None or not whole.startswith(known.stored):
            known = recipe.head_of(whole)
            if known is None:
                return None
            self._heads[key] = known
        return known.pieces(whole)


class Shelf:
    """The slides in use, the least recently used put away first; thread-safe.

    Args:
        manifests: the folder that holds manifests, and the indexes beside them.
    """

    def __init__(self, manifests: Path) -> None:
        self._manifests = manifests
        self._lock = threading.Lock()
        self._slides: dict[str, StoredSlide] = {}  # read without the lock, changed with it
        self._descriptors = 0
        self._making: set[str] = set()
        self._not_before: dict[str, float] = {}

    def ready(self, image: str, revision: str) -> StoredSlide | None:
        """The slide if it is open, of this revision and current.

        Args:
            image: 32 hexadecimal digits.
            revision: as in the address.
        """
        slide = self._slides.get(image)
        return slide if slide is not None and slide.revision == revision and slide.is_current(time.monotonic()) else None

    def fetch(self, image_id: UUID, revision: str, source: dict[str, Any], indexer: Indexer) -> StoredSlide | None:
        """The slide, opened and if need be indexed now; None where that is not possible, or somebody else is at it.

        Args:
            image_id: of the image.
            revision: as in its manifest.
            source: as in its manifest.
            indexer: asked when there is no index for this revision yet.
        """
        slide = self.ready(image_id.hex, revision)
        if slide is not None or not is_completed(str(source.get("kind")), source.get("levels") or []):
            return slide
        manifest = self._manifests / f"{image_id}.json"
        for attempt in (1, 2):
            try:
                opened = self._keep(image_id.hex, StoredSlide(manifest, revision))
            except (OSError, UnusableIndex):
                if attempt == 2 or not self._made(image_id, revision, source, indexer):
                    return None
            else:
                if opened.made is None:
                    places.wish(self._manifests, image_id)
                return opened
        return None

    def _made(self, image_id: UUID, revision: str, source: dict[str, Any], indexer: Indexer) -> bool:
        """Make the index unless somebody is at it, or it failed a moment ago; whether it was made."""
        key = image_id.hex
        with self._lock:
            if key in self._making or self._not_before.get(key, 0.0) > time.monotonic():
                return False
            self._making.add(key)
        try:
            write_index(self._manifests, image_id, revision, source, indexer)
        except (OSError, ReaderError, UnusableIndex):
            with self._lock:
                if len(self._not_before) >= _MAX_WAITING:
                    self._not_before.clear()
                self._not_before[key] = time.monotonic() + RETRY_S
            return False
        finally:
            with self._lock:
                self._making.discard(key)
        return True

    def _keep(self, image: str, slide: StoredSlide) -> StoredSlide:
        with self._lock:
            self._take(image)
            slide.is_current(time.monotonic())
            self._slides[image] = slide
            self._descriptors += slide.descriptors
            while len(self._slides) > 1 and (len(self._slides) > MAX_SLIDES or self._descriptors > MAX_DESCRIPTORS):
                self._take(min(self._slides, key=lambda one: self._slides[one].used_s))
        return slide

    def _take(self, image: str) -> None:
        slide = self._slides.pop(image, None)
        if slide is not None:
            self._descriptors -= slide.descriptors


def _mtimes_ns(files: tuple[str, ...]) -> list[int]:
    """When each file was written last, 0 for one that is not there."""
    found: list[int] = []
    for path in files:
        try:
            found.append(os.stat(path).st_mtime_ns)  # noqa: PTH116 -- paths are text all the way
        except OSError:
            found.append(0)
    return found


def write_index(manifests: Path, image_id: UUID, revision: str, source: dict[str, Any], indexer: Indexer) -> None:
    """Make the index of an image and put it beside its manifest; an empty one for a file that cannot be indexed.

    Raises:
        WorkerBusy: when nobody could look at the file now.
        OSError: when the disk does not take it, or a file of the image is gone.
        UnusableIndex: when the indexer answered nonsense.
    """
    try:
        packed = indexer.stored_index(source)
    except WorkerBusy:
        raise
    except ReaderError as error:
        if error.code == "pool_closed":
            raise
        packed = index_file.pack([])
    bound = index_file.bind(packed, revision=revision, paths=[str(path) for path in source["paths"]])
    index_file.write(manifests / f"{image_id}{index_file.SUFFIX}", bound)
