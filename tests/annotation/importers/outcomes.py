"""What came of reading one file, short enough for a table."""

from dataclasses import dataclass, field
from pathlib import Path

from annotation.importers.facts import Options, Target
from annotation.importers.problems import FileError
from annotation.importers.registry import read_source
from annotation.importers.source import Source


@dataclass(frozen=True)
class Outcome:
    """`format` is "" and `marks` 0 for a file that is refused as a whole; `first` is (place, code) of the first refusal."""

    format: str
    marks: int
    refused: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    first: tuple[str, str] = ("", "")


def outcome(path: Path) -> Outcome:
    """Read a file for a large image of its own name, y running down."""
    target = Target("image", path.name, 100_000, 100_000, spacing_um=(0.23, 0.23), centre_offset_nm=(0, 0))
    try:
        reader, reading = read_source(Source(path.name, path.read_bytes()), [target], Options(y_axis="down"))
    except FileError as error:
        return Outcome("", 0, first=(error.place, error.code))
    first = reading.refused[0] if reading.refused else None
    return Outcome(
        reader.name,
        len(reading.marks),
        dict(sorted(reading.refused_counts.items())),
        {code: note.count for code, note in sorted(reading.notes.items())},
        (first.place, first.code) if first else ("", ""),
    )
