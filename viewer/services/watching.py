"""A watched folder: what devices put there goes into a collection once nobody writes to it any more.

A unit is what lies directly in the folder: a file, or a folder with all that is in it, as an examination or a medium with its index.
It is taken when names, sizes and times of its files have not changed for a while. Each file then moves to ``done/`` or ``refused/``,
there with its reason beside it. The folders stay: a device may go on writing to them.

Nothing is remembered but what lies where. A file that went in while the process was killed is still there at the next start, is found
to be in the collection already, and moves on. Two processes on one folder exclude each other.
"""

import fcntl
import hashlib
import logging
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Final

from django.utils import timezone

from viewer.models import Collection
from viewer.services.imports import import_files
from viewer.services.ingest import IngestResult
from viewer.services.reasons import RETRY_LATER, Refused
from viewer.services.reports import outcome_of
from viewer.services.sources import Found, find_files
from viewer.services.storage import data_dir, write_json_atomically
from viewer.services.window import ImportWindow, wait_until_open

_log = logging.getLogger(__name__)
DONE: Final = "done"
REFUSED: Final = "refused"
_REASON_SUFFIX: Final = ".reason.txt"
_LONGEST_NAME: Final = 255
# What could not be stored is not tried again before the disk had time to be emptied.
_PAUSE_S: Final = 60.0
# Deeper than any device writes; who walks deeper runs out of stack.
_DEEPEST: Final = 64
Signature = tuple[tuple[str, int, int], ...]


class Stopped(Exception):
    """The watching was ended while files were being taken; what is not taken yet stays where it is."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How a folder is watched.

    Attributes:
        quiet_s: how long a unit must not change, in seconds.
        language: of the reasons.
        window: the hours to keep to; None for all.
    """

    quiet_s: float = 10.0
    language: str = "ja"
    window: ImportWindow | None = None


@dataclass(slots=True)
class _Unit:
    """What was seen of a unit, and since when it has been so (seconds of the monotonic clock)."""

    signature: Signature
    since_s: float
    not_before_s: float = 0.0


@dataclass(slots=True)
class Watch:
    """One folder and the collection that it goes into.

    Attributes:
        root: absolute.
        collection: where to.
        options: how.
        stop: set to end; the file that is being taken is finished.
        counts: of files since the start, by outcome.
    """

    root: Path
    collection: Collection
    options: WatchOptions
    stop: Event = field(default_factory=Event)
    counts: Counter[str] = field(default_factory=Counter)
    _units: dict[str, _Unit] = field(default_factory=dict)

    def look(self) -> bool:
        """Look at the folder once and take what is quiet; return whether anything still has to become so.

        Raises:
            Stopped: when it is to end.
        """
        now = time.monotonic()
        seen = {name: self._seen(name, now) for name in _names_in(self.root)}
        self._units = {name: unit for name, unit in seen.items() if unit.signature}
        for name, unit in list(self._units.items()):
            if now - unit.since_s >= self.options.quiet_s and now >= unit.not_before_s:
                self._wait_for_window()
                self._take(name, unit)
        self.say("watching")
        return bool(self._units)

    def say(self, state: str, until: datetime | None = None) -> None:
        """Keep what is going on where ``watch --status`` reads it."""
        said = {
            "path": os.fsencode(self.root).decode("utf-8", "replace"),
            "collection": self.collection.slug,
            "state": state,
            "until": until.isoformat(timespec="minutes") if until else None,
            "counts": dict(self.counts),
            "at": timezone.localtime().isoformat(timespec="seconds"),
        }
        write_json_atomically(_status_path(self.root), said)

    def _seen(self, name: str, now: float) -> _Unit:
        signature = _signature(self.root / name)
        before = self._units.get(name)
        if before and before.signature == signature:
            return before
        return _Unit(signature, now, before.not_before_s if before else 0.0)

    def _wait_for_window(self) -> None:
        window = self.options.window
        if self.stop.is_set() or (
            window and not wait_until_open(window, stop=self.stop, told=lambda opens: self.say("waiting for the import window", opens))
        ):
            raise Stopped
        self.say("importing")

    def _take(self, name: str, unit: _Unit) -> None:
        """Take a unit, and move its files one by one as their results come."""
        base = self.root / name
        taking = _Taking(self.root, {Path(self.root, path): (size, time_ns) for path, size, time_ns in unit.signature})
        taking.refuse_what_is_not_followed()
        results = import_files(
            collection=self.collection,
            found=find_files(base) if base.exists() else (),
            language=self.options.language,
            before_each=self._wait_for_window,
        )
        for found, result in results:
            outcome = outcome_of(found, result)
            self.counts[outcome] += 1
            _log.info("%s: %s %s", outcome, _printable(found.path), result.code)
            taking.note(found, result)
        if taking.finish():
            unit.not_before_s = time.monotonic() + _PAUSE_S
        else:
            self._units.pop(name, None)


class _Taking:
    """The files of a unit on their way out of it.

    Args:
        root: the watched folder.
        files: size and time of each, as they were when the unit was quiet.
    """

    def __init__(self, root: Path, files: dict[Path, tuple[int, int]]) -> None:
        self._root = root
        self._left = files
        self._reasons: dict[Path, list[str]] = {}
        self._refused: set[Path] = set()
        self._later: set[Path] = set()

    def refuse_what_is_not_followed(self) -> None:
        """Move away links and the like before anybody could open what they point to, and what lies absurdly deep."""
        for path in list(self._left):
            if len(path.relative_to(self._root).parts) > _DEEPEST:
                self._left.clear()
                top = self._root / path.relative_to(self._root).parts[0]
                self._put(top, REFUSED, [_sentence(Refused("unreadable_source", f"folders nested deeper than {_DEEPEST}"))])
                return
            if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
                self._refused.add(path)
                self._reasons[path] = [_sentence(Refused("not_a_file"))]
                self._move(path)

    def note(self, found: Found, result: IngestResult) -> None:
        """Move a file that has its result; one that is an archive waits for the results of all its files."""
        path = next((each for each in (found.path, *found.path.parents) if each in self._left), None)
        if path is None:
            self._tell_missing(found, result)
            return
        if result.code in RETRY_LATER:
            self._later.add(path)
        outcome = outcome_of(found, result)
        if outcome in {"refused", "skipped"}:
            inside = "" if found.path == path else f"{_printable(found.path.relative_to(path))}: "
            self._reasons.setdefault(path, []).append(f"{inside}{_sentence(result)}")
        if outcome == "refused":
            self._refused.add(path)
        if found.path == path and path not in self._later:
            self._move(path)

    def finish(self) -> bool:
        """Move the rest: archives, and parts of slides that have no result of their own. Return whether some have to stay."""
        for path in list(self._left):
            if path not in self._later:
                self._move(path)
        return bool(self._left)

    def _tell_missing(self, found: Found, result: IngestResult) -> None:
        """Leave a note where a file that an index lists would lie."""
        if found.skipped != "dicomdir_missing" or not found.path.is_relative_to(self._root):
            return
        relative = found.path.relative_to(self._root)
        if len(relative.parts) <= _DEEPEST and all(len(os.fsencode(part)) < _LONGEST_NAME - 20 for part in relative.parts):
            target = _free_name(_own_folder(self._root, (REFUSED, *relative.parent.parts)), relative.name)
            _reason_path(target).write_text(_sentence(result) + "\n", "utf-8")

    def _move(self, path: Path) -> None:
        """Move a file out of the way, unless it is no longer the one that was taken."""
        size, time_ns = self._left.pop(path)
        try:
            now = path.lstat()
        except FileNotFoundError:
            return
        # Somebody may have written to it meanwhile: it becomes quiet again, and is looked at again.
        if (now.st_size, now.st_mtime_ns) == (size, time_ns):
            self._put(path, REFUSED if path in self._refused else DONE, self._reasons.get(path, []))

    def _put(self, path: Path, where: str, reasons: list[str]) -> None:
        folder = _own_folder(self._root, (where, *path.relative_to(self._root).parent.parts))
        target = _free_name(folder, path.name)
        if reasons:
            _reason_path(target).write_text("\n".join(reasons) + "\n", "utf-8")
        path.rename(target)


def _sentence(said: IngestResult | Refused) -> str:
    return f"{said.code}: {said.text} {said.hint}".rstrip()


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Be the only one that watches a folder.

    Raises:
        BlockingIOError: another process does.
        OSError: the folder or what belongs into it cannot be used.
    """
    for name in (DONE, REFUSED):
        _own_folder(root, (name,))
    path = _status_path(root).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def status_paths() -> list[Path]:
    """Return where the states of watched folders lie."""
    return sorted((data_dir() / "watch").glob("*.json"))


def _status_path(root: Path) -> Path:
    return data_dir() / "watch" / f"{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}.json"


def _names_in(root: Path) -> list[str]:
    return sorted(entry.name for entry in os.scandir(root) if entry.name not in {DONE, REFUSED} and not entry.name.startswith("."))


def _signature(path: Path) -> Signature:
    """Return names (below the watched folder), sizes and times of the files of a unit; links are seen, not followed."""
    found: list[tuple[str, int, int]] = []
    waiting = [(path, path.name)]
    while waiting:
        place, name = waiting.pop()
        try:
            facts = place.lstat()
            if stat.S_ISDIR(facts.st_mode):
                waiting += [(each, f"{name}/{each.name}") for each in place.iterdir() if not each.name.startswith(".")]
            else:
                found.append((name, facts.st_size, facts.st_mtime_ns))
        except OSError:  # gone meanwhile, or closed to us: not there
            continue
    return tuple(sorted(found))


def _own_folder(root: Path, parts: tuple[str, ...]) -> Path:
    """Return a folder below the watched one, made where it is missing.

    Raises:
        NotADirectoryError: something else is in its place; a link is never followed.
    """
    folder = root
    for part in parts:
        folder /= part
        folder.mkdir(exist_ok=True)
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise NotADirectoryError(f"{folder} is no folder")
    return folder


def _free_name(folder: Path, name: str) -> Path:
    """Return a path that nothing has yet: files of one name come again and again."""
    target, number = folder / name, 1
    while os.path.lexists(target) or os.path.lexists(_reason_path(target)):
        number += 1
        target = folder / f"{number}-{name}" if len(os.fsencode(name)) < _LONGEST_NAME - 10 else folder / f"{number}-{_short(name)}"
    return target


def _reason_path(target: Path) -> Path:
    whole = target.name + _REASON_SUFFIX
    return target.with_name(whole if len(os.fsencode(whole)) <= _LONGEST_NAME else _short(target.name) + _REASON_SUFFIX)


def _short(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:32]


def _printable(path: Path) -> str:
    """Return a path without what a terminal or a log would act on."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(ch if ch.isprintable() else "\ufffd" for ch in text)
