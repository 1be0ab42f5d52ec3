"""Reads a file in a process of its own: `python -m annotation.importers.process SOURCE MARKS BYTES`, with the request on its input.

A file that somebody uploads may take any time and any memory, and what decodes it may crash. The process has limits on all of it,
writes its marks as a line of JSON each, and says what came of it in one line on standard output.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from annotation.importers.facts import Options, Target
from annotation.importers.preview import preview
from annotation.importers.problems import FileError
from annotation.importers.registry import read_source
from annotation.importers.source import MAX_BYTES, Source

__all__ = ["marks_of", "read_file"]

MAX_MEMORY_BYTES: Final = 4 << 30
MAX_SECONDS: Final = 600.0
# The file was read to where it is wrong; everything that is no answer is a crash.
_ANSWERS: Final = (0, 1)


def read_file(
    source: Path,
    marks: Path,
    *,
    name: str,
    candidates: Sequence[Target],
    options: Options,
    seconds: float = MAX_SECONDS,
    memory_bytes: int = MAX_MEMORY_BYTES,
) -> dict[str, Any]:
    """Read a file in a process of its own and return its preview.

    Args:
        source: the file.
        marks: where its marks are written, one a line; only there afterwards if nothing is raised.
        name: as the file came.
        candidates: images of the campaign.
        options: what a person chose.
        seconds: after which the process is ended.
        memory_bytes: address space that it may take.

    Raises:
        FileError: when the file as a whole cannot be read, or takes too much.
    """
    choices = {"images": dict(options.images), "classes": list(options.classes), "y_axis": options.y_axis}
    request = json.dumps({"name": name, "candidates": [one.to_json() for one in candidates], "options": choices}).encode()
    command = [sys.executable, "-m", "annotation.importers.process", *map(str, (source, marks, memory_bytes))]
    try:
        done = subprocess.run(  # noqa: S603 -- our own module, named here
            command, input=request, capture_output=True, timeout=seconds, check=False, cwd=Path(__file__).parents[2]
        )
        said = json.loads(done.stdout) if done.returncode in _ANSWERS else None
    except subprocess.TimeoutExpired as error:
        raise FileError("reading_crashed", "", f"{seconds:.0f} s") from error
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise FileError("reading_crashed", "", done.stderr.decode("utf-8", "replace").strip()[-200:])
    if "error" in said:
        raise FileError(*said["error"])
    return said


def marks_of(marks: Path) -> Iterator[dict[str, Any]]:
    """Yield the marks that were written, as `ImportedMark.to_json` gives them."""
    with marks.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _read_here(source: Path, asked: dict[str, Any], marks: Path) -> dict[str, Any]:
    if source.stat().st_size > MAX_BYTES:
        raise FileError("file_too_large")
    chosen = asked["options"]
    options = Options(chosen["images"], tuple(chosen["classes"]), chosen["y_axis"])
    candidates = [Target.from_json(one) for one in asked["candidates"]]
    reader, reading = read_source(Source(asked["name"], source.read_bytes()), candidates, options)
    # Whole or not at all: the process of a worker that was killed may still write while the next one reads.
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".marks", dir=marks.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as lines:
            for mark in reading.marks:
                lines.write(json.dumps(mark.to_json()) + "\n")
        Path(temporary).replace(marks)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return preview(reader, reading)


def main(arguments: list[str]) -> int:
    """Answer with a preview or an error on standard output; 1 for an error."""
    source, marks, memory_bytes = arguments
    request = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    try:
        said = _read_here(Path(source), request, Path(marks))
    except FileError as error:
        said = {"error": [error.code, error.place, error.detail]}
    sys.stdout.write(json.dumps(said))
    return 1 if "error" in said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
