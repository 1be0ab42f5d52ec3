"""Run the benchmarks named on the command line, or all; each prints a Markdown table row per figure."""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterable

from bench import (
    apart,
    bulk,
    catalogue,
    cells,
    codes,
    dicomweb,
    exporting,
    frames,
    freeze,
    giant,
    ingest,
    interchange_kills,
    isolation,
    kills,
    marks,
    opening,
    places,
    rendering,
    saving,
    tiles,
    video,
)

BENCHES: dict[str, Callable[[], Iterable[tuple[str, str]]]] = {
    "opening": opening.run,
    "frames": frames.run,
    "saving": saving.run,
    "marks": marks.run,
    "places": places.run,
    "kills": kills.run,
    "exporting": exporting.run,
    "bulk": bulk.run,
    "interchange-kills": interchange_kills.run,
    "giant": giant.run,
    "isolation": isolation.run,
    "tiles": tiles.run,
    "rendering": rendering.run,
    "apart": apart.run,
    "video": video.run,
    "ingest": ingest.run,
    "cells": cells.run,
    "catalogue": catalogue.run,
    "codes": codes.run,
    "freeze": freeze.run,
    "dicomweb": dicomweb.run,
}


def main(names: list[str]) -> None:
    """Run and print."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    for name in names or list(BENCHES):
        print(f"\n### {name}\n\n| what | measured |\n|---|---|")
        for what, figure in BENCHES[name]():
            print(f"| {what} | {figure} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
