"""Write the table of imports into ``docs/interchange.md`` from what the readers declare, or with ``--check`` fail when it differs."""

import sys
from pathlib import Path
from typing import Final

from annotation.importers.reading import MAX_MARKS
from annotation.importers.registry import READERS
from annotation.importers.source import MAX_BYTES
from annotation.schema.shapes import MAX_VERTICES

TARGET: Final = Path(__file__).resolve().parent.parent / "docs" / "interchange.md"
BEGIN: Final = "<!-- imports: begin -->"
END: Final = "<!-- imports: end -->"
_HEAD: Final = f"""
What a file is, its content tells, never its name. A file has at most {MAX_BYTES >> 20} MiB and {MAX_MARKS:,} marks of {MAX_VERTICES:,}
vertices each; more outlines than that are cells, see [cells.md](cells.md). Vertices are moved onto the 1/8 px grid, and the preview
says by how much. Lines, arrows and rulers, and shapes that cannot be valid, are refused one by one with their place. How to import:
[importing.md](importing.md#bringing-marks-in).

| format | what goes in | what is lost |
|---|---|---|
"""


def generate() -> str:
    """Return what stands between the two markers."""
    rows = []
    for reader in READERS.values():
        lost = " ".join(reader.losses.values()) or ("everything" if reader.takes.startswith("nothing") else "nothing")
        rows.append(f"| {reader.title} | {reader.takes} | {lost} |")
    return _HEAD + "\n".join(rows) + "\n"


def written(text: str) -> str:
    """Return the page with the table in its place."""
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}{generate()}{END}{rest.split(END, 1)[1]}"


if __name__ == "__main__":
    page = TARGET.read_text("utf-8")
    if "--check" not in sys.argv:
        TARGET.write_text(written(page), "utf-8")
    elif written(page) != page:
        sys.exit("docs/interchange.md is not what the code says; write it with: .venv/bin/python -m scripts.import_doc")
