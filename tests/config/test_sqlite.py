"""Writers of one process stand in line; a line that somebody leaves without a word goes on."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, connections
from pytest_django.plugin import DjangoDbBlocker

from config.sqlite import base
from config.sqlite.base import DatabaseWrapper

Connect = Callable[[], DatabaseWrapper]
LIMIT_S = 30.0


@pytest.fixture
def connect(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Connect]:
    """Make connections to one file; a thread needs its own."""
    opened: list[DatabaseWrapper] = []
    base_settings = connections.settings["default"] | {
        "NAME": tmp_path / "turns.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;"},
    }

    def make() -> DatabaseWrapper:
        wrapper = DatabaseWrapper(dict(base_settings), "turns")
        wrapper.inc_thread_sharing()
        opened.append(wrapper)
        return wrapper

    with django_db_blocker.unblock():
        with make().cursor() as cursor:
            cursor.execute("CREATE TABLE number (id INTEGER PRIMARY KEY, value INTEGER)")
            cursor.execute("CREATE TABLE part (id INTEGER PRIMARY KEY, number INTEGER REFERENCES number DEFERRABLE INITIALLY DEFERRED)")
            cursor.execute("INSERT INTO number (id, value) VALUES (1, 0)")
        yield make
        for wrapper in opened:
            wrapper.close()


def begin(connection: DatabaseWrapper) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(connection: DatabaseWrapper, finish: str) -> None:
    getattr(connection, finish)()
    connection.set_autocommit(True)


def add_one(connection: DatabaseWrapper) -> None:
    """Read and write in one transaction: two at once would lose one."""
    begin(connection)
    with connection.cursor() as cursor:
        value = cursor.execute("SELECT value FROM number").fetchone()[0]
        time.sleep(0.001)
        cursor.execute("UPDATE number SET value = %s", [value + 1])
    end(connection, "commit")


def test_eight_threads_take_turns(connect: Connect) -> None:
    def work(connection: DatabaseWrapper) -> None:
        for _ in range(25):
            add_one(connection)

    threads = [threading.Thread(target=work, args=[connect()]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    with connect().cursor() as cursor:
        assert cursor.execute("SELECT value FROM number").fetchone()[0] == 200
    assert not base._turn.locked()


@pytest.mark.parametrize("leave", ["commit", "rollback", "close"])
def test_whoever_leaves_gives_up_the_turn(connect: Connect, leave: str) -> None:
    first, second = connect(), connect()
    begin(first)
    assert base._turn.locked()
    if leave == "close":
        first.close()
    else:
        end(first, leave)
    assert not base._turn.locked()
    add_one(second)


def test_a_refused_commit_keeps_the_turn_until_it_is_rolled_back(connect: Connect) -> None:
    first, second = connect(), connect()
    begin(first)
    with first.cursor() as cursor:
        cursor.execute("INSERT INTO part (number) VALUES (7)")
    with pytest.raises(IntegrityError):
        first.commit()
    assert base._turn.locked()
    end(first, "rollback")
    add_one(second)


def test_who_waits_too_long_tries_without_a_turn(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "WAIT_S", 0.05)
    holder, other = connect(), connect()
    begin(holder)
    # Another process's line does not stand in this one's way: SQLite itself decides once the holder is done.
    timer = threading.Timer(0.3, lambda: end(holder, "commit"))
    timer.start()
    add_one(other)
    timer.join()
    assert not base._turn.locked()
