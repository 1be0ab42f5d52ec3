"""Completes slides one after the other: takes a wish, has pixel workers make the tiles, and puts the sidecar in its place.

Runs in a process of its own, never in a web process, and gives way to everybody else. It can be killed at any time: what is
finished stays, and what was begun goes on at the next start.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
import numpy.typing as npt

from viewer.readers.errors import ReaderError
from viewer.tiles.made import places
from viewer.tiles.made.maker import recipe_json
from viewer.tiles.made.plan import AddedLevel, added_levels, is_completed
from viewer.tiles.made.room import Room
from viewer.tiles.made.sidecar import GrowingSidecar, Layout, made_recipe
from viewer.tiles.pool import PixelPool
from viewer.tiles.stored.index_file import MappedIndex, UnusableIndex, bind, pack, write
from viewer.tiles.stored.shelf import write_index

TILES_A_JOB: Final = 48
# At the quality in which tiles are made; only to see beforehand whether there is room.
BYTES_A_PIXEL: Final = 0.5
SHRUNK_BYTES_A_PIXEL: Final = 0.4

Outcome = Literal["made", "nothing", "no_room", "failed", "gone"]
_log: Final = logging.getLogger(__name__)


class _OutOfRoom(Exception):
    """The sidecar became larger than there is room for."""


@dataclass(frozen=True, slots=True)
class _Piece:
    level: int
    cells: list[int]
    job: dict[str, Any]


class Completer:
    """Makes sidecars; for one process at a time.

    Args:
        data_dir: holds `manifests/` and `made/`.
        limit_bytes: what all sidecars may take on disk.
        pool: decodes and encodes.
        workers: how many jobs are given to the pool at a time.
        failed: slides (with their revision) that are not tried again; added to.
    """

    def __init__(self, data_dir: Path, *, limit_bytes: int, pool: PixelPool, workers: int = 1, failed: set[str] | None = None) -> None:
        self._data_dir, self._manifests = data_dir, data_dir / "manifests"
        self._folder = data_dir / places.FOLDER
        self._pool, self._workers = pool, workers
        self._room = Room(data_dir, limit_bytes)
        self._failed = set() if failed is None else failed

    def run_once(self, *, settled_s: float = 0.0) -> int:
        """Carry out every wish that is there and settled (see `places.wishes`); return how many sidecars were made."""
        made = 0
        for path in places.wishes(self._data_dir, settled_s=settled_s):
            asked_ns = path.stat().st_mtime_ns
            outcome = self._complete_named(path.name)
            _log.info("levels of %s: %s", path.name, outcome)
            made += outcome == "made"
            if path.stat().st_mtime_ns == asked_ns:  # else it was wished for again meanwhile, as for a new revision
                path.unlink(missing_ok=True)
        self._room.remove_strays()
        return made

    def _complete_named(self, name: str) -> Outcome:
        manifest = self._manifest(name)
        if manifest is None:
            return "gone"
        state = f"{name}-{manifest['revision']}"
        if state in self._failed:
            return "failed"
        try:
            return self.complete(UUID(name), manifest)
        except (OSError, ReaderError, UnusableIndex) as error:
            # Not tried again until the next start: a slide that ends its workers would do so for ever.
            self._failed.add(state)
            _log.warning("levels of %s could not be made: %s", name, type(error).__name__)
            return "failed"

    def complete(self, image_id: UUID, manifest: dict[str, Any]) -> Outcome:
        """Make the sidecar of one slide as its manifest has it, unless it has one.

        Raises:
            ReaderError: when the slide cannot be read.
            OSError: when the disk does not take it.
        """
        revision, source = str(manifest["revision"]), manifest["source"]
        if not is_completed(str(source.get("kind")), source["levels"]) or places.open_made(self._manifests, image_id, revision) is not None:
            return "nothing"
        stored = self._stored(image_id, revision, source)
        work = _Work(source, stored, self._room.left_bytes(image_id))
        index = self._manifests / f"{image_id}{places.INDEX_SUFFIX}"
        if not work.levels:
            if not work.left_out:
                write(index, bind(pack([]), revision=revision, paths=[]))
            return "no_room" if work.left_out else "nothing"
        self._room.make_room(work.expected_bytes, image_id)
        layout = Layout(work.levels, revision=revision, sizes=stored.sizes)
        sidecar = GrowingSidecar(self._folder, f"{image_id}-{revision}", layout)
        try:
            self._fill(sidecar, work, image_id)
            sidecar.finish(index, revision=revision)
        except _OutOfRoom:
            sidecar.discard()
            return "no_room"
        finally:
            sidecar.close()
        return "made"

    def _fill(self, sidecar: GrowingSidecar, work: _Work, image_id: UUID) -> None:
        room = self._room.left_bytes(image_id)
        for number in [int(level["index"]) for level in work.levels]:
            pieces = (piece for piece in work.pieces(number, sidecar) if (number, piece.cells[0]) not in sidecar.done)
            with ThreadPoolExecutor(self._workers, thread_name_prefix="levels") as threads:
                try:
                    for batch in _batches(pieces, self._workers * 2):
                        for piece, (lengths, body) in zip(batch, threads.map(self._made, batch), strict=True):
                            sidecar.add(number, piece.cells, lengths, body)
                            if sidecar.size_bytes > room:
                                raise _OutOfRoom
                finally:
                    threads.shutdown(cancel_futures=True)

    def _made(self, piece: _Piece) -> tuple[list[int], bytes]:
        lengths, body = self._pool.make(piece.job, str(piece.job["path"]))
        if len(lengths) != len(piece.cells) or sum(lengths) != len(body) or min(lengths, default=0) < 0:
            raise ReaderError("worker_crashed")
        return lengths, body

    def _stored(self, image_id: UUID, revision: str, source: dict[str, Any]) -> MappedIndex:
        """The index of what the slide itself stores, made now if it is missing."""
        path = self._manifests / f"{image_id}.tiles"
        with contextlib.suppress(OSError, UnusableIndex):
            return MappedIndex(path, revision)
        write_index(self._manifests, image_id, revision, source, self._pool)
        return MappedIndex(path, revision)

    def _manifest(self, name: str) -> dict[str, Any] | None:
        """The manifest of the image of this name, if there is one."""
        try:
            manifest = json.loads((self._manifests / f"{UUID(name)}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return manifest if isinstance(manifest, dict) and isinstance(manifest.get("source"), dict) else None


class _Work:
    """What is to be made of one slide: its own levels where they are not stored as JPEG, coarsest first, then missing ones.

    Attributes:
        levels: as a manifest has them, in the order in which they are made.
        expected_bytes: about.
        left_out: whether more would be made if there were room.
    """

    def __init__(self, source: dict[str, Any], stored: MappedIndex, room_bytes: int) -> None:
        self._source, self._stored = source, stored
        self._announced: dict[int, dict[str, Any]] = {int(level["index"]): level for level in source["levels"]}
        self._added: dict[int, AddedLevel] = {added.level.index: added for added in added_levels(source["levels"])}
        self._gaps = {number: gaps for number, level in self._announced.items() if (gaps := self._gaps_of(number, level)).size}
        self.levels: list[dict[str, Any]] = []
        self.expected_bytes, self.left_out = 0, False
        for number in sorted(self._gaps, key=lambda one: -float(self._announced[one]["downsample"])):
            self._take(self._announced[number], BYTES_A_PIXEL * self._gaps[number].size, room_bytes)
        for added in self._added.values():
            if self._is_known(added.source):
                level: dict[str, Any] = added.level.as_json()
                self._take(level, SHRUNK_BYTES_A_PIXEL * level["columns"] * level["rows"], room_bytes)

    def pieces(self, number: int, sidecar: GrowingSidecar) -> Iterator[_Piece]:
        """The jobs that make one level; those for a missing level need their source to be made."""
        cells = self._gaps.get(number)
        if cells is None:
            level = self._added[number].level
            cells = np.arange(level.grid.columns * level.grid.rows)
        for start in range(0, cells.size, TILES_A_JOB):
            chosen = [int(cell) for cell in cells[start : start + TILES_A_JOB]]
            job = self._shrink(self._added[number], chosen, sidecar) if number in self._added else self._render(number, chosen)
            yield _Piece(number, chosen, {"path": str(self._source["paths"][0]), **job})

    def _gaps_of(self, number: int, level: dict[str, Any]) -> npt.NDArray[np.int64]:
        """The tiles of a level that the slide does not store as JPEG."""
        known = self._stored.levels.get(number)
        if known is None:
            return np.arange(int(level["columns"]) * int(level["rows"]))
        return np.flatnonzero(np.frombuffer(self._stored.lengths(known), "<u4") == 0)

    def _take(self, level: dict[str, Any], weight: float, room_bytes: int) -> None:
        wanted = int(weight * level["tile_width"] * level["tile_height"])
        if self.expected_bytes + wanted > room_bytes:
            self.left_out = True
            return
        self.expected_bytes += wanted
        self.levels.append(level)

    def _is_known(self, number: int) -> bool:
        """Whether a level is there whole, or will be."""
        taken = any(int(level["index"]) == number for level in self.levels)
        return taken or (number in self._announced and number not in self._gaps)

    def _render(self, number: int, cells: list[int]) -> dict[str, Any]:
        columns = int(self._announced[number]["columns"])
        spots = [[cell % columns, cell // columns] for cell in cells]
        return {"kind": "render", "source": self._source, "level": number, "cells": spots}

    def _shrink(self, added: AddedLevel, cells: list[int], sidecar: GrowingSidecar) -> dict[str, Any]:
        columns, factor, grid = added.level.grid.columns, added.factor, added.level.grid
        steps = [(down, across) for down in range(factor) for across in range(factor)]
        finer = [
            [
                self._place(added.source, cell % columns * factor + across, cell // columns * factor + down, sidecar)
                for down, across in steps
            ]
            for cell in cells
        ]
        files = [{"path": str(sidecar.part), "recipe": recipe_json(made_recipe(grid.tile.width, grid.tile.height))}]
        known = self._stored.levels.get(added.source)
        if known is not None:
            recipe = recipe_json(known.recipe)
            files += [{"path": self._stored.paths[file], "recipe": recipe} for file in (known.file, *known.others)]
        return {"kind": "shrink", "factor": factor, "tile": [grid.tile.width, grid.tile.height], "files": files, "cells": finer}

    def _place(self, number: int, column: int, row: int, sidecar: GrowingSidecar) -> tuple[int, int, int] | None:
        """Number of file (0: the sidecar, then those of the level), offset and length of a finer tile; None beyond the level's end."""
        level = self._announced.get(number) or self._added[number].level.as_json()
        columns, rows = int(level["columns"]), int(level["rows"])
        if column >= columns or row >= rows:
            return None
        known = self._stored.levels.get(number)
        if known is not None:
            file, offset, length = self._stored.place(known, column, row)
            if length:
                return 1 + (known.file, *known.others).index(file), offset, length
        if number not in sidecar.lengths:
            return None
        cell = row * columns + column
        length = int(sidecar.lengths[number][cell])
        return (0, int(sidecar.offsets[number][cell]), length) if length else None


def _batches(pieces: Iterator[_Piece], size: int) -> Iterator[list[_Piece]]:
    """A few at a time, so that neither jobs nor their answers pile up."""
    batch: list[_Piece] = []
    for piece in pieces:
        batch.append(piece)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
