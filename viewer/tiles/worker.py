"""The pixel worker: the only process in which image codecs run.

Started as `python -m viewer.tiles.worker <memory limit, bytes> <wall limit, s> <niceness>`. It reads requests from standard input
and answers on what was standard output, one at a time, and ends when its input ends. Its first message, before any
answer, says that it is warm. It limits itself: address space, CPU time per request, wall time per request, no core dumps.
"""

from __future__ import annotations

import importlib
import os
import resource
import select
import signal
import sys
import time
import warnings
from typing import Any, Final

from viewer.readers import errors
from viewer.tiles import wire

WALL_GRACE_S: Final = 5.0
# After this a worker answers what it has of many files, so that others get their turn.
BATCH_S: Final = 1.0
_ENGINES: Final = (
    "viewer.tiles.render",
    "viewer.readers.openslide",
    "viewer.readers.dicom",
    "viewer.readers.raster",
    "viewer.readers.tiff_slide",
    "viewer.readers.video.reader",
)


def main() -> None:
    """Serve requests until standard input ends."""
    memory_limit_bytes, wall_limit_s = int(sys.argv[1]), float(sys.argv[2])
    answers = os.dup(1)
    os.dup2(2, 1)  # what a codec prints must not get between the messages
    os.nice(int(sys.argv[3]))
    _limit(memory_limit_bytes)
    _warm_up()
    wire.send(answers, wire.pack({"warm": True}))
    inbox = wire.Inbox(0, wire.parse_request)
    clock = _Clock(wall_limit_s)
    while True:
        try:
            header, _ = inbox.receive()
        except wire.WireClosed:
            return
        clock.start()
        message, body, leaving = _answer(header)
        wire.send(answers, message, body)
        clock.stop()
        if leaving:
            return


def _limit(memory_limit_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes our input
    warnings.simplefilter("ignore")


class _Clock:
    """Lets the kernel end this process if a request overruns, even when the parent is gone.

    Args:
        wall_limit_s: of one request; the kernel waits `WALL_GRACE_S` longer.
    """

    def __init__(self, wall_limit_s: float) -> None:
        self._wall_s = wall_limit_s + WALL_GRACE_S
        self._cpu_s = 2 * wall_limit_s + WALL_GRACE_S
        self._renew_s = 0.0

    def start(self) -> None:
        """A request begins."""
        signal.setitimer(signal.ITIMER_REAL, self._wall_s)
        now_s = time.monotonic()
        if now_s >= self._renew_s:  # the limit counts whole seconds; saying it again for each tile would be dearer than it is exact
            self._renew_s = now_s + 1
            used = resource.getrusage(resource.RUSAGE_SELF)
            limit_s = int(used.ru_utime + used.ru_stime + self._cpu_s) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, resource.RLIM_INFINITY))

    def stop(self) -> None:
        """It is answered."""
        signal.setitimer(signal.ITIMER_REAL, 0)


def _warm_up() -> None:
    """Import the engines while nobody waits; the first request stops that and imports what it needs."""
    for name in _ENGINES:
        if select.select([0], [], [], 0)[0]:
            return
        importlib.import_module(name)


def _answer(header: dict[str, Any]) -> tuple[bytes, bytes, bool]:
    """The answer's beginning and its body, and whether this process should end after it."""
    if header.get("verb") == "inspect_all":
        return _inspect_all(header["paths"])
    said, body, leaving = _said(header)
    return wire.PREFIX.pack(len(said), len(body)) + said, body, leaving


def _inspect_all(paths: list[str]) -> tuple[bytes, bytes, bool]:
    """What `inspect` says of each file, a line each; of the first ones only, when they take long or memory ran out."""
    until = time.monotonic() + BATCH_S
    lines: list[bytes] = []
    leaving = False
    for path in paths:
        said, _, leaving = _said({"verb": "inspect", "path": path})
        lines.append(said)
        if leaving or time.monotonic() > until:
            break
    return wire.pack({"result": {}, "leaving": leaving}, b"\n".join(lines)), b"", leaving


def _said(header: dict[str, Any]) -> tuple[bytes, bytes, bool]:
    """The answer's header as JSON and its body, and whether this process should end after it."""
    try:
        from viewer.tiles import render  # noqa: PLC0415 -- engines load on first use

        result, body = render.serve(header)
        return wire.encode({"result": result}), body, False
    except errors.ReaderError as error:
        return wire.encode({"error": errors.to_json(error)}), b"", False
    except MemoryError:
        # What is left of the address space is unknown, so a fresh process takes over.
        return wire.encode({"error": {"type": "LimitExceeded", "code": "out_of_memory"}, "leaving": True}), b"", True
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 -- the isolation boundary: codecs raise anything, even BaseException
        detail = type(error).__name__
        return wire.encode({"error": {"type": "MalformedFile", "code": "pixels_undecodable", "detail": detail}}), b"", False


if __name__ == "__main__":
    main()
