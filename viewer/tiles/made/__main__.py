"""`python -m viewer.tiles.made DATA_DIR --limit-bytes N`: completes slides in the background until told to stop.

`manage.py serve` starts it. It knows no database: wishes lie as files in the data folder, and manifests say the rest. Only one
such process works on a data folder; a second one waits for the first to end.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from viewer.tiles.made import places
from viewer.tiles.pool import PixelPool

NICENESS: Final = 10
LOOK_EVERY_S: Final = 3.0
SETTLED_S: Final = 5.0
# A site that starts has other things to do.
FIRST_LOOK_S: Final = 15.0


def main() -> None:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(prog="python -m viewer.tiles.made", description="Make the tiles that slides do not store.")
    parser.add_argument("data_dir", type=Path, help="the site's data folder")
    parser.add_argument("--limit-bytes", type=int, required=True, help="disk space that all made tiles may take")
    parser.add_argument("--memory-bytes", type=int, default=3 << 30, help="address space of a pixel worker; default: %(default)s")
    parser.add_argument("--workers", type=int, default=1, help="pixel workers at a time; default: %(default)s")
    parser.add_argument("--all", action="store_true", help="first wish for every image that has a manifest")
    parser.add_argument("--once", action="store_true", help="stop when nothing is left to do")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, _leave)
    os.nice(NICENESS)  # the pixel workers inherit it
    try:
        with _alone(options.data_dir):
            _work(options)
    except KeyboardInterrupt:
        return


def _work(options: argparse.Namespace) -> None:
    if options.all:
        for path in (options.data_dir / "manifests").glob("*.json"):
            places.wish(path.parent, path.stem)
    failed: set[str] = set()
    time.sleep(0.0 if options.once else FIRST_LOOK_S)
    while True:
        settled_s = 0.0 if options.once else SETTLED_S
        if any(True for _ in places.wishes(options.data_dir, settled_s=settled_s)):
            from viewer.tiles.made.completing import Completer  # noqa: PLC0415 -- numpy and more, for sites that need it

            pool = PixelPool(workers=options.workers, memory_limit_bytes=options.memory_bytes)
            try:
                completer = Completer(options.data_dir, limit_bytes=options.limit_bytes, pool=pool, workers=options.workers, failed=failed)
                completer.run_once(settled_s=settled_s)
            finally:
                pool.close()  # a site at rest keeps no worker for this
        if options.once:
            return
        time.sleep(LOOK_EVERY_S)


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Hold the lock of the data folder; the kernel lets go of it when this process ends, however it ends."""
    folder = data_dir / places.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
