"""Slides spread over several files (MIRAX, Hamamatsu VMS and VMU): which files belong to one, and that none lies elsewhere.

OpenSlide joins the names in such a slide's key file to its folder and opens what comes out, `../` and links included. So the
key file is read here first. A name must be plain: no folder, no backslash (GLib would read it as an escape), nothing hidden.
What GLib's reader may take for the name of a file is checked in whatever section it stands.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from viewer.readers.errors import LimitExceeded, MalformedFile, MissingCompanion, ReaderError

MIRAX_SUFFIX: Final = ".mrxs"
SUFFIXES: Final = frozenset({MIRAX_SUFFIX, ".vms", ".vmu"})
SLIDEDAT: Final = "Slidedat.ini"
# What OpenSlide reads of a key file at most.
MAX_KEY_FILE_BYTES: Final = {MIRAX_SUFFIX: 1 << 20, ".vms": 64 << 10, ".vmu": 64 << 10}
MAX_COMPANIONS: Final = 4_096
MAX_POSITIONS: Final = 8_000_000
MAX_CAMERA_PX: Final = 64_000_000
_LONGEST_NAME_BYTES: Final = 255
_NAMES: Final = {
    MIRAX_SUFFIX: re.compile(r"INDEXFILE|FILE_\d+"),
    ".vms": re.compile(r"ImageFile.*|MapFile|OptimisationFile|MacroImage"),
    ".vmu": re.compile(r"ImageFile.*|MapFile|MacroImage"),
}
_SPARED: Final = "OptimisationFile"
# A second ImageFile for a deeper layer: ImageFile(z,x,y) and ImageFile(z) with z above 0 are never opened.
_OTHER_LAYER: Final = re.compile(r"ImageFile\(\s*[1-9]\d*(\s*,[^,]*,[^,]*)?\)")


def is_spread(name: str) -> bool:
    """Whether a file of this name is the first of a slide that is spread over several files."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def folder_of(main: Path) -> Path:
    """Where the companions of the slide at `main` lie."""
    return main.with_suffix("") if main.suffix.lower() == MIRAX_SUFFIX else main.parent


def key_file_of(main: Path) -> Path:
    """The file that names the companions of the slide at `main`."""
    return folder_of(main) / SLIDEDAT if main.suffix.lower() == MIRAX_SUFFIX else main


def named_files(suffix: str, key_file: bytes) -> list[str]:
    """The companions that a key file names, each once, in their order; the key file itself is not among them.

    Args:
        suffix: of the slide's first file, one of `SUFFIXES`.
        key_file: the content of `key_file_of`.

    Raises:
        MissingCompanion: `companion_unsafe`, when a name leads out of the slide's folder.
        LimitExceeded: for too many names, images or pixels.
        MalformedFile: when it is no key file, or names nothing.
    """
    if len(key_file) > MAX_KEY_FILE_BYTES[suffix]:
        raise LimitExceeded("too_many_tiles", "the key file is too long")
    entries = list(_entries(key_file))
    names: dict[str, None] = {}
    for key, value in entries:
        if _NAMES[suffix].fullmatch(key) and value:
            _check_name(value)
            if not _OTHER_LAYER.fullmatch(key) and key != _SPARED:
                names[value] = None
    if not names:
        raise MalformedFile("malformed", "the key file names no image")
    if len(names) > MAX_COMPANIONS:
        raise LimitExceeded("too_many_tiles", f"{len(names)} files")
    if suffix == MIRAX_SUFFIX:
        _check_camera(entries)
    return list(names)


def optional_files(suffix: str, key_file: bytes) -> list[str]:
    """Names of files that speed a slide up where they are there, and may be missing."""
    if suffix == MIRAX_SUFFIX:
        return []
    return [value for key, value in _entries(key_file) if key == _SPARED and value]


def check(main: Path) -> None:
    """Refuse a slide whose companions are missing, are no plain files, or lie outside its own folder.

    Raises:
        MissingCompanion: `companion_files` with the name that is missing, or `companion_unsafe`.
        ReaderError: as `named_files`.
    """
    suffix, folder = main.suffix.lower(), folder_of(main)
    if folder.is_symlink():
        raise MissingCompanion("companion_unsafe", folder.name)
    key_file = key_file_of(main)
    _check_plain(key_file)
    try:
        with key_file.open("rb") as file:
            raw = file.read(MAX_KEY_FILE_BYTES[suffix] + 1)
    except OSError as error:
        raise ReaderError("not_found") from error
    for name in named_files(suffix, raw):
        _check_plain(folder / name)
    for name in optional_files(suffix, raw):
        if (folder / name).is_symlink():
            raise MissingCompanion("companion_unsafe", name)


def _check_plain(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError) as error:
        raise MissingCompanion("companion_files", path.name) from error
    if not stat.S_ISREG(mode):
        raise MissingCompanion("companion_unsafe", path.name)


def _entries(key_file: bytes) -> Iterator[tuple[str, str]]:
    """Every `key=value`, in whatever section; a locale in brackets after a MIRAX key is dropped, as GLib may."""
    for line in key_file.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").split("\n"):
        key, equals, value = line.partition("=")
        if equals and not key.lstrip().startswith("#"):
            yield re.sub(r"\[[^\]]*\]$", "", key.strip()), value.strip()


def _check_name(name: str) -> None:
    plain = name == PurePosixPath(name).name and not name.startswith(".")
    if not plain or "\\" in name or any(ord(ch) < 32 or 0xD800 <= ord(ch) < 0xE000 for ch in name):
        raise MissingCompanion("companion_unsafe")
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        raise MissingCompanion("companion_unsafe")


def _check_camera(entries: list[tuple[str, str]]) -> None:
    """Refuse numbers for which OpenSlide would reserve memory without end: positions, and pixels of one camera image."""
    across, down = (_largest(entries, f"IMAGENUMBER_{axis}") for axis in "XY")
    if across * down > MAX_POSITIONS:
        raise LimitExceeded("too_many_tiles", f"{across} x {down} images")
    wide, high = (_largest(entries, f"DIGITIZER_{side}") for side in ("WIDTH", "HEIGHT"))
    if wide * high > MAX_CAMERA_PX:
        raise LimitExceeded("tile_size", f"{wide} x {high}")


def _largest(entries: list[tuple[str, str]], key: str) -> int:
    found = (re.match(r"\+?0*(\d*)", value) for name, value in entries if name == key)
    return max((int(number[1][:18] or 0) for number in found if number), default=0)
