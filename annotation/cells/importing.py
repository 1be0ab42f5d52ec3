"""Makes a layer of a GeoJSON file, in a process of its own: `python -m annotation.cells.importing SOURCE TARGET WIDTH HEIGHT BYTES`.

A file that somebody uploads may take any time and any memory. The process has limits on both, says what came of it in one line of
JSON, and takes nobody else with it when it dies.
"""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from annotation.cells.geojson import WHOLE, Batch, CellReader, NotCells, Placement, Refused
from annotation.cells.layer import LayerWriter

MAX_CELLS: Final = 5_000_000
MAX_MEMORY_BYTES: Final = 3 << 30
MAX_SECONDS: Final = 3_600
MAX_EXAMPLES: Final = 20
PARTS: Final = "parts.json"
_GZIP: Final = b"\x1f\x8b"
# The file was read to where it is wrong; everything that is no answer is a crash.
_ANSWERS: Final = (0, 1)


@dataclass(slots=True)
class Report:
    """What came of a file.

    Attributes:
        code: "" for a layer that was written; else why there is none.
        detail: more about that, for the error's reader.
        labels: classes of the file, as the cells number them.
        cells: outlines in the layer.
        refused: how many features were no cells, by code.
        examples: the first of those.
    """

    code: str = ""
    detail: str = ""
    labels: list[str] = field(default_factory=list)
    cells: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    examples: list[Refused] = field(default_factory=list)


def import_file(
    source: Path, target: Path, *, width_px: int, height_px: int, seconds: float = MAX_SECONDS, memory_bytes: int = MAX_MEMORY_BYTES
) -> Report:
    """Make a layer of a file, in a process of its own.

    Args:
        source: GeoJSON, plain or gzip; or a folder of such files with a ``PARTS`` that says where each lies in the image.
        target: the layer; only there afterwards if the report has no code.
        width_px: of the image that the cells lie on.
        height_px: likewise.
        seconds: after which the process is ended.
        memory_bytes: address space that it may take.
    """
    command = [sys.executable, "-m", "annotation.cells.importing", str(source), str(target), *map(str, (width_px, height_px, memory_bytes))]
    try:
        done = subprocess.run(  # noqa: S603 -- our own module, named here
            command, capture_output=True, timeout=seconds, check=False, cwd=Path(__file__).parents[2]
        )
        said = json.loads(done.stdout) if done.returncode in _ANSWERS else None
    except subprocess.TimeoutExpired:
        return Report(code="import_too_slow")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return Report(code="import_crashed", detail=done.stderr.decode("utf-8", "replace").strip()[-300:])
    return Report(**said)


def make_layer(source: Path, target: Path, *, width_px: int, height_px: int) -> Report:
    """Make a layer of a file, here and now; see :func:`import_file`."""
    reader = CellReader(width_px=width_px, height_px=height_px)
    refused: Counter[str] = Counter()
    examples: list[Refused] = []
    try:
        with LayerWriter(target) as writer:
            for path, placement in _parts(source):
                for batch in _batches(reader, path, placement):
                    writer.add(batch.cells)
                    refused.update(one.code for one in batch.refused)
                    examples += batch.refused[: MAX_EXAMPLES - len(examples)]
                    if writer.count + refused.total() > MAX_CELLS:
                        return Report(code="too_many_cells", detail=str(MAX_CELLS))
            if writer.count == 0:
                return Report(code="no_cells" if refused else "no_features", refused=dict(refused), examples=examples)
            writer.finish(reader.labels)
            return Report("", "", reader.labels, writer.count, dict(refused), examples)
    except NotCells as error:
        return Report(code=error.code, detail=f"{error.feature}: {error.detail}"[:500])
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        return Report(code="bad_gzip", detail=str(error)[:500])


def _parts(source: Path) -> list[tuple[Path, Placement]]:
    """The files of a layer: one, or those that the model of a run answered with."""
    if not source.is_dir():
        return [(source, WHOLE)]
    listed = json.loads((source / PARTS).read_bytes())
    return [(source / part["file"], Placement(part["scale"], part["left_px"], part["top_px"])) for part in listed]


def _batches(reader: CellReader, path: Path, placement: Placement) -> Iterator[Batch]:
    """Cells of one file; that a part of a picture holds none is no fault, where a whole layer is told to hold none later."""
    with _opened(path) as stream:
        try:
            yield from reader.batches(stream, placement)
        except NotCells as error:
            if error.code != "no_features":
                raise


def _opened(source: Path) -> BinaryIO:
    with source.open("rb") as file:
        is_packed = file.read(2) == _GZIP
    return cast("BinaryIO", gzip.open(source, "rb")) if is_packed else source.open("rb")


def main(arguments: list[str]) -> int:
    """Answer with a report on standard output; 1 where there is no layer."""
    source, target, width_px, height_px, memory_bytes = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    report = make_layer(Path(source), Path(target), width_px=int(width_px), height_px=int(height_px))
    sys.stdout.write(json.dumps(asdict(report)))
    return 1 if report.code else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
