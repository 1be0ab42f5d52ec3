"""The tables of an MP4 track that say where each sample lies and when it is shown (ISO/IEC 14496-12, 8.6 to 8.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from viewer.readers.errors import LimitExceeded, MalformedFile
from viewer.readers.video.boxes import boxes, children
from viewer.readers.video.track import MAX_FRAMES, Flags, Ints, Samples, check_count

_EMPTY: Final = np.zeros(0, dtype=np.int64)
_NOT_SYNC: Final = 0x0001_0000
# Flags of tfhd and trun (14496-12, 8.8.7 and 8.8.8): a field follows where its bit is set.
_TFHD_FIELDS: Final = ((0x1, 8, "base"), (0x2, 4, "description"), (0x8, 4, "duration"), (0x10, 4, "size"), (0x20, 4, "flags"))
_TRUN_COLUMNS: Final = ((0x100, "durations"), (0x200, "sizes"), (0x400, "flags"), (0x800, "shifts"))


def numbers(raw: memoryview, start: int, count: int, kind: str = ">u4") -> Ints:
    """`count` big-endian numbers at `start` of a table.

    Raises:
        MalformedFile: when the table is shorter.
    """
    if count < 0 or start + count * np.dtype(kind).itemsize > len(raw):
        raise MalformedFile("malformed", "a table cut short")
    return np.frombuffer(raw, dtype=kind, count=count, offset=start).astype(np.int64)


@dataclass(slots=True)
class Table:
    """One entry a sample, in decoding order: ticks at which it is decoded and how much later it is shown, place, kind."""

    decoded: Ints
    durations: Ints
    shifts: Ints
    offsets: Ints
    sizes: Ints
    keys: Flags

    def samples(self) -> Samples:
        """The samples, all of them shown."""
        shown = np.ones(len(self.sizes), dtype=np.bool_)
        return Samples(self.decoded + self.shifts, self.offsets, self.sizes, self.keys, shown)


def read_table(tables: dict[bytes, memoryview]) -> Table:
    """The samples that the movie header itself lists; none in a fragmented file.

    Raises:
        MalformedFile: for tables that are cut short or contradict each other.
        LimitExceeded: for more samples than are read.
    """
    sizes = _sizes(tables)
    count = len(sizes)
    durations = _runs(tables.get(b"stts"), count, ">u4")
    shifts = _runs(tables[b"ctts"], count, ">i4") if b"ctts" in tables else np.zeros(count, dtype=np.int64)
    keys = np.ones(count, dtype=np.bool_)
    if b"stss" in tables:
        listed = numbers(tables[b"stss"], 8, _count(tables[b"stss"]))
        if len(listed) and (int(listed.min()) < 1 or int(listed.max()) > count):
            raise MalformedFile("malformed", "a key frame that is no frame")
        keys[:] = False
        keys[listed - 1] = True
    decoded = np.concatenate(([0], np.cumsum(durations)))[:count]
    return Table(decoded, durations, shifts, _offsets(tables, sizes), sizes, keys)


def _count(raw: memoryview, at: int = 4) -> int:
    count = int.from_bytes(raw[at : at + 4], "big")
    check_count(count)
    return count


def _sizes(tables: dict[bytes, memoryview]) -> Ints:
    if b"stsz" not in tables:
        raise MalformedFile("malformed", "no table of sample sizes")
    raw = tables[b"stsz"]
    same, count = int.from_bytes(raw[4:8], "big"), _count(raw, 8)
    return np.full(count, same, dtype=np.int64) if same else numbers(raw, 12, count)


def _runs(raw: memoryview | None, count: int, kind: str) -> Ints:
    """A table of (how many, value) as one value a sample."""
    if raw is None or count == 0:
        return np.zeros(count, dtype=np.int64)
    runs = _count(raw)
    lengths = numbers(raw, 8, 2 * runs)[0::2]
    values = numbers(raw, 8, 2 * runs, kind)[1::2]
    if int(lengths.sum()) < count or int(lengths.max(initial=0)) > MAX_FRAMES:
        raise MalformedFile("malformed", "times for fewer or more frames than there are")
    return np.repeat(values, lengths)[:count]


def _offsets(tables: dict[bytes, memoryview], sizes: Ints) -> Ints:
    """Where each sample begins: chunks by their offsets, samples in a chunk one behind the other."""
    count = len(sizes)
    if count == 0:
        return _EMPTY
    wide = tables.get(b"co64")
    raw = wide if wide is not None else tables.get(b"stco")
    groups = tables.get(b"stsc")
    if raw is None or groups is None:
        raise MalformedFile("malformed", "no table of chunks")
    chunks = numbers(raw, 8, _count(raw), ">u8" if wide is not None else ">u4")
    described = numbers(groups, 8, 3 * _count(groups)).reshape(-1, 3)
    firsts, each = described[:, 0], described[:, 1]
    ends = np.concatenate((firsts[1:], [len(chunks) + 1]))
    if len(firsts) == 0 or firsts[0] != 1 or (np.diff(ends) < 0).any() or (ends < firsts).any() or (each < 1).any():
        raise MalformedFile("malformed", "chunks out of order")
    per_chunk = np.repeat(each, ends - firsts)[: len(chunks)]
    if int(per_chunk.max(initial=0)) > MAX_FRAMES or len(per_chunk) < len(chunks) or int(per_chunk.sum()) < count:
        raise MalformedFile("malformed", "chunks for fewer samples than there are")
    chunk_of = np.repeat(np.arange(len(chunks)), np.minimum(per_chunk, count))[:count]
    before = np.concatenate(([0], np.cumsum(sizes)))[:count]
    first_in_chunk = np.searchsorted(chunk_of, np.arange(len(chunks)))
    return chunks[chunk_of] + before - before[np.minimum(first_in_chunk[chunk_of], count - 1)]


class Fragments:
    """Movie fragments: samples listed piece by piece, as cameras and browsers record them.

    Args:
        track: number of the picture track.
        extends: the `mvex` box, which holds what fragments leave out.
    """

    def __init__(self, track: int, extends: memoryview) -> None:
        self._track = track
        self._defaults = {"duration": 0, "size": 0, "flags": 0}
        for kind, content in boxes(extends):
            if kind == b"trex" and int.from_bytes(content[4:8], "big") == track:
                values = [int(value) for value in numbers(content, 12, 3)]
                self._defaults = dict(zip(("duration", "size", "flags"), values, strict=True))
        self._clock = 0
        self._pieces: list[Table] = []

    def append(self, table: Table, fragments: list[tuple[int, memoryview]]) -> Table:
        """The table with the samples of all fragments, each given as its place in the file and its content."""
        self._pieces = [table]
        self._clock = int(table.durations.sum())
        for place, content in fragments:
            for kind, part in boxes(content):
                if kind == b"traf":
                    self._read(place, part)
        columns = ("decoded", "durations", "shifts", "offsets", "sizes", "keys")
        return Table(*(np.concatenate([getattr(piece, name) for piece in self._pieces]) for name in columns))

    def _read(self, place: int, traf: memoryview) -> None:
        parts = children(traf)
        head = parts.get(b"tfhd")
        if head is None or int.from_bytes(head[4:8], "big") != self._track:
            return
        fields = self._header(head)
        base = fields.get("base", place)
        if b"tfdt" in parts:
            raw = parts[b"tfdt"]
            self._clock = int.from_bytes(raw[4:12] if raw[0] == 1 else raw[4:8], "big")
        following = base
        for kind, content in boxes(traf):
            if kind == b"trun":
                following = self._run(content, base, following, {**self._defaults, **fields})

    def _header(self, raw: memoryview) -> dict[str, int]:
        flags, at = int.from_bytes(raw[1:4], "big"), 8
        fields = {}
        for bit, width, name in _TFHD_FIELDS:
            if flags & bit:
                fields[name] = int.from_bytes(raw[at : at + width], "big")
                at += width
        return fields

    def _run(self, raw: memoryview, base: int, following: int, given: dict[str, int]) -> int:
        """Take in one run; returns where the samples behind it begin."""
        flags, count, at = int.from_bytes(raw[1:4], "big"), _count(raw), 8
        check_count(count + sum(len(piece.sizes) for piece in self._pieces))
        if flags & 0x1:
            following = base + int(numbers(raw, at, 1, ">i4")[0])
            at += 4
        first_flags = int.from_bytes(raw[at : at + 4], "big") if flags & 0x4 else None
        at += 4 if flags & 0x4 else 0
        names = [name for bit, name in _TRUN_COLUMNS if flags & bit]
        rows = numbers(raw, at, count * len(names)).reshape(count, len(names)) if names else np.zeros((count, 0), dtype=np.int64)
        stated = {name: rows[:, number] for number, name in enumerate(names)}
        durations = stated.get("durations", np.full(count, given["duration"], dtype=np.int64))
        sizes = stated.get("sizes", np.full(count, given["size"], dtype=np.int64))
        kinds = stated.get("flags", np.full(count, given["flags"], dtype=np.int64)).copy()
        if first_flags is not None and count:
            kinds[0] = first_flags
        shifts = stated.get("shifts", np.zeros(count, dtype=np.int64)).astype(np.uint32).astype(np.int32).astype(np.int64)
        if int(sizes.sum()) < 0 or int(durations.sum()) > 1 << 53:
            raise LimitExceeded("too_many_frames", "a fragment")
        decoded = self._clock + np.concatenate(([0], np.cumsum(durations)))[:count]
        offsets = following + np.concatenate(([0], np.cumsum(sizes)))[:count]
        self._pieces.append(Table(decoded, durations, shifts, offsets, sizes, (kinds & _NOT_SYNC) == 0))
        self._clock += int(durations.sum())
        return following + int(sizes.sum())
