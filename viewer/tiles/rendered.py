"""Pixels that have to be made: taken from the cache on disk, made once for many who ask, kept for the next.

All methods are thread-safe and block the calling thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from viewer.readers import errors
from viewer.tiles.cache import TileCache
from viewer.tiles.pool import Encoded

Outcome = Encoded | errors.ReaderError


class Rendered:
    """What was rendered, and what is being rendered at this moment.

    Args:
        folder: of the cache on disk.
        limit_bytes: of that cache.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._cache = TileCache(folder, limit_bytes)
        self._lock = threading.Lock()
        self._running: dict[str, Future[Encoded]] = {}

    def one(self, image: str, key: str, render: Callable[[], Encoded]) -> Encoded:
        """An answer by its key, rendered if there is none yet.

        Raises:
            ReaderError: as `render` does.
        """
        stored = self._cache.get(image, key)
        if stored is not None:
            return stored
        future, mine = self._claim(key)
        if not mine:
            return future.result()
        try:
            encoded = render()
            self._cache.put(image, key, encoded)
            future.set_result(encoded)
        except BaseException as error:
            future.set_exception(error)
            raise
        finally:
            self._end(key)
        return encoded

    def several(self, image: str, keys: Sequence[str], render: Callable[[list[int]], Sequence[Outcome]]) -> list[Outcome]:
        """Answers by their keys; those that are not there yet are rendered together.

        Args:
            image: whose they are.
            keys: one an answer, each once.
            render: given the places in `keys` of what is wanted, answers in that order.

        Raises:
            ReaderError: as `render` does; what others wait for fails with it.
        """
        outcomes: dict[int, Outcome] = {}
        futures: dict[int, tuple[Future[Encoded], bool]] = {}
        for place, key in enumerate(keys):
            stored = self._cache.get(image, key)
            if stored is not None:
                outcomes[place] = stored
            else:
                futures[place] = self._claim(key)
        own = [place for place, (_, mine) in futures.items() if mine]
        try:
            for place, outcome in zip(own, render(own) if own else [], strict=True):
                if isinstance(outcome, errors.ReaderError):
                    futures[place][0].set_exception(outcome)
                else:
                    self._cache.put(image, keys[place], outcome)
                    futures[place][0].set_result(outcome)
        except BaseException as error:
            for place in own:
                if not futures[place][0].done():
                    futures[place][0].set_exception(error)
            raise
        finally:
            for place in own:
                self._end(keys[place])
        return [outcomes[place] if place in outcomes else _outcome(futures[place][0]) for place in range(len(keys))]

    def _claim(self, key: str) -> tuple[Future[Encoded], bool]:
        """Where the answer will be, and whether the caller has to make it."""
        with self._lock:
            future = self._running.get(key)
            if future is not None:
                return future, False
            future = self._running[key] = Future()
            return future, True

    def _end(self, key: str) -> None:
        with self._lock:
            self._running.pop(key, None)


def _outcome(future: Future[Encoded]) -> Outcome:
    try:
        return future.result()
    except errors.ReaderError as error:
        return error
