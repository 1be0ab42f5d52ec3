"""Django's SQLite engine, with writers of this process standing in line.

SQLite has one writer at a time. Who finds it busy sleeps and looks again, ever more rarely, and whoever comes by in between
goes first: with eight readers saving at once one in twenty waited a second. A lock wakes the next one at once. Other
processes are still met by SQLite's own waiting. https://www.sqlite.org/c3ref/busy_timeout.html
"""

from threading import Lock
from typing import Any, Final

from django.db.backends.sqlite3 import base

WAIT_S: Final = 20.0
"""Longest wait for one's turn, in seconds; after it SQLite's own waiting decides."""
_turn: Final = Lock()


# Django's stubs leave out what they call private, though its own engines are made of it.
class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions begin when no other thread of this process is in one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        self._has_turn = self._has_turn or _turn.acquire(timeout=WAIT_S)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        # Not in a finally: after a refused commit the transaction goes on until it is rolled back.
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turn.release()
