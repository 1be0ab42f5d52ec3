"""Looking at many small files in few messages: each message costs as much as a small file does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from viewer.readers import errors
from viewer.tiles.pool import PixelPool

Inspected = dict[str, Any] | errors.ReaderError


def inspect_all(pool: PixelPool, paths: Sequence[str]) -> list[Inspected]:
    """What each of many files holds, or why it is refused, in their order; as `PixelPool.inspect`.

    Where a worker ends, overruns or runs out of memory on some of them, each of those is asked for once more by itself, so
    that the refusal falls on the one file that deserves it.
    """
    absolute = [str(Path(path).absolute()) for path in paths]  # a child has a working directory of its own
    found: list[Inspected] = []
    while len(found) < len(absolute):
        rest = absolute[len(found) :]
        try:
            said = _usable(pool.inspect_first(rest))[: len(rest)]
        except errors.WorkerBusy as error:
            return [*found, *(error for _ in rest)]
        except errors.ReaderError:
            return [*found, *(_alone(pool, path) for path in rest)]
        found += said or [_alone(pool, rest[0])]
    return found


def _usable(answers: list[dict[str, Any]]) -> list[Inspected]:
    """The answers up to the first that says nothing of its file: a lack of memory may be the doing of those before."""
    usable: list[Inspected] = []
    for answer in answers:
        error, result = answer.get("error"), answer.get("result")
        if isinstance(result, dict):
            usable.append(result)
        elif isinstance(error, dict) and error.get("code") != "out_of_memory":
            usable.append(errors.from_json(error))
        else:
            break
    return usable


def _alone(pool: PixelPool, path: str) -> Inspected:
    try:
        return pool.inspect(path)
    except errors.ReaderError as error:
        return error
